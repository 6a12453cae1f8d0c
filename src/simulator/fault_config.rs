//! How often which faults occur, and for which requests.

use std::str::FromStr;

use super::fault_kinds::{Fault, TRANSIENT, parse_fault};
use super::resource_id::own_part;
use super::seeded_rng::seeded_rng;
use super::typed_units::{ParseError, Probability};

/// How often a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// With this probability at each request.
    EachRequest,
    /// With this probability at a location's first read and at its first update, never later.
    OncePerLocation,
}

#[derive(Debug, Clone, PartialEq)]
struct FaultEntry {
    fault: Fault,
    probability: Probability,
    when: When,
    /// The own part of the id of the only location, entity or organization it concerns.
    only: Option<String>,
}

impl FaultEntry {
    fn concerns(&self, ids: &[&str]) -> bool {
        self.only.as_deref().is_none_or(|only| ids.contains(&only))
    }
}

/// Faults with their probabilities. At most one occurs at each request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    entries: Vec<FaultEntry>,
}

impl Faults {
    pub const NONE: Faults = Faults {
        entries: Vec::new(),
    };

    /// Refuses probabilities that add up to more than 100%.
    fn with(mut self, entry: FaultEntry) -> Result<Faults, ParseError> {
        let (when, only) = (entry.when, entry.only.clone());
        self.entries.push(entry);
        let ids: Vec<&str> = only.as_deref().into_iter().collect();
        let sum: f64 = self.of(when, &ids).map(|(_, share)| share).sum();
        // Room for the rounding of many small probabilities.
        if only.is_none() && sum > 1.0 + 1e-9 {
            return Err(ParseError(format!(
                "the probabilities of the faults add up to {:.0}%, which is more than 100%",
                sum * 100.0
            )));
        }
        Ok(self)
    }

    pub(super) fn is_none(&self) -> bool {
        self.entries.is_empty()
    }

    /// The fault of the `turn`-th request (from zero) for a subject. `ids` are the own parts of the ids that the request
    /// is about. It depends on nothing else.
    pub(super) fn draw(&self, seed: u64, subject: &str, turn: u64, ids: &[&str]) -> Option<Fault> {
        let once = (turn == 0)
            .then(|| self.draw_kind(seed, subject, turn, When::OncePerLocation, ids))
            .flatten();
        once.or_else(|| self.draw_kind(seed, subject, turn, When::EachRequest, ids))
    }

    fn draw_kind(
        &self,
        seed: u64,
        subject: &str,
        turn: u64,
        when: When,
        ids: &[&str],
    ) -> Option<Fault> {
        let purpose = match when {
            When::EachRequest => "fault",
            When::OncePerLocation => "fault once",
        };
        let mut drawn = seeded_rng(seed, purpose, subject, turn).f64();
        for (fault, probability) in self.of(when, ids) {
            if drawn < probability {
                return Some(fault);
            }
            drawn -= probability;
        }
        None
    }

    /// Those for single ids come first, so that a fault of 100% there is certain.
    fn of(&self, when: When, ids: &[&str]) -> impl Iterator<Item = (Fault, f64)> {
        let of = move |is_targeted: bool| {
            self.entries
                .iter()
                .filter(move |entry| entry.when == when && entry.only.is_some() == is_targeted)
                .filter(move |entry| entry.concerns(ids))
                .map(|entry| (entry.fault, entry.probability.of_one()))
        };
        of(true).chain(of(false))
    }
}

/// `500=2%,reset-after=1%`, `all=5%`, `503=1% once`, `429=100% at ID`, or `none`.
impl FromStr for Faults {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Faults, ParseError> {
        let mut faults = Faults::NONE;
        if text.trim() == "none" {
            return Ok(faults);
        }
        for part in text.split(',').map(str::trim) {
            let (name, rest) = part.split_once('=').ok_or_else(|| {
                ParseError(format!(
                    "`{part}` is not a fault; write its name and its probability, like `500=2%`, after it `once` for at \
                     most one a location, and `at` with an id for one location or organization"
                ))
            })?;
            let (rest, only) = match rest.split_once(" at ") {
                Some((rest, id)) => (rest, Some(own_part(id.trim()))),
                None => (rest, None),
            };
            let (probability, when) = match rest.trim().strip_suffix("once") {
                Some(probability) => (probability, When::OncePerLocation),
                None => (rest, When::EachRequest),
            };
            let probability: Probability = probability.parse()?;
            let named = match name.trim() {
                "all" => TRANSIENT.to_vec(),
                name => vec![parse_fault(name)?],
            };
            for fault in named {
                faults = faults.with(FaultEntry {
                    fault,
                    probability,
                    when,
                    only: only.clone(),
                })?;
            }
        }
        Ok(faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Faults {
        text.parse().unwrap()
    }

    #[test]
    fn a_text_that_is_not_understood_is_refused_with_what_would_be() {
        for (text, hint) in [
            ("", "500=2%"),
            ("500", "500=2%"),
            ("500=2", "`5%`"),
            ("666=2%", "reset-after"),
            ("all=7%", "105%"),
            ("500=60%,429=60%", "120%"),
        ] {
            let complaint = text.parse::<Faults>().unwrap_err().to_string();
            assert!(complaint.contains(hint), "{text}: {complaint}");
        }
        assert!("500=60%,429=60% once".parse::<Faults>().is_ok());
    }

    #[test]
    fn each_fault_occurs_as_often_as_configured() {
        let faults = faults("all=5%");
        let drawn_faults: Vec<Fault> = (0..10_000)
            .filter_map(|subject| faults.draw(3, &subject.to_string(), 1, &[]))
            .collect();
        for fault in TRANSIENT {
            let count = drawn_faults.iter().filter(|one| **one == fault).count();
            assert!((400..600).contains(&count), "{fault}: {count}");
        }
    }

    #[test]
    fn a_fault_once_per_location_never_occurs_twice() {
        let faults = faults("503=100% once");
        let drawn_faults: Vec<bool> = (0..4)
            .map(|turn| faults.draw(3, "a", turn, &[]).is_some())
            .collect();
        assert_eq!(drawn_faults, [true, false, false, false]);
    }

    #[test]
    fn a_fault_of_one_id_occurs_nowhere_else_and_before_all_others() {
        let faults = faults(
            "500=100%,401=100% at 31161,429=50% at Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi9h",
        );
        let drawn = |ids: &[&str]| faults.draw(3, "a", 0, ids);
        assert_eq!(drawn(&["31161"]), Some(Fault::Status(401)));
        assert_eq!(drawn(&["31162"]), Some(Fault::Status(500)));
        let of_organization: Vec<_> = (0..50)
            .filter_map(|turn| faults.draw(3, "a", turn, &["1", "a"]))
            .collect();
        assert!(of_organization.contains(&Fault::Status(429)));
        assert!(of_organization.contains(&Fault::Status(500)));
    }
}
