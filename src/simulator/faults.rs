//! Fault injection: which faults occur, how often and for which requests.

use std::fmt;
use std::str::FromStr;

use super::seeded_rng::seeded_rng;
use super::units::{ParseError, Probability};

/// One way in which a request can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This status; the request is not executed.
    Status(u16),
    /// The connection is reset before the update takes effect.
    ResetBefore,
    /// The connection is reset after the update took effect.
    ResetAfter,
    /// No response for the behavior's `stall`; the update took effect in half of the cases.
    Stall,
    /// The connection closes in the middle of the body.
    Truncated,
    /// A body of one megabyte.
    Oversized,
    /// A body without end.
    Endless,
    NonUtf8,
    BadGzip,
    /// 429 with an unusual Retry-After that is over within seconds.
    OddRetryAfter,
    /// 429 with a Retry-After that cannot be parsed.
    UnreadableRetryAfter,
    /// 429 with a Retry-After of a year or more.
    AbsurdRetryAfter,
    /// 302 to another host.
    Redirect,
}

/// The documented error statuses of the call, 408 and 425.
const STATUSES: [u16; 17] = [
    400, 401, 403, 404, 405, 408, 409, 410, 415, 423, 425, 428, 429, 500, 502, 503, 504,
];

/// The faults that a retry gets past; `all` stands for them.
const TRANSIENT: [Fault; 15] = [
    Fault::Status(408),
    Fault::Status(423),
    Fault::Status(429),
    Fault::Status(500),
    Fault::Status(502),
    Fault::Status(503),
    Fault::Status(504),
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::Stall,
    Fault::Truncated,
    Fault::Oversized,
    Fault::Endless,
    Fault::NonUtf8,
    Fault::BadGzip,
];

const NAMED: [(&str, Fault); 12] = [
    ("reset-before", Fault::ResetBefore),
    ("reset-after", Fault::ResetAfter),
    ("stall", Fault::Stall),
    ("truncated", Fault::Truncated),
    ("oversized", Fault::Oversized),
    ("endless", Fault::Endless),
    ("non-utf8", Fault::NonUtf8),
    ("bad-gzip", Fault::BadGzip),
    ("odd-retry-after", Fault::OddRetryAfter),
    ("unreadable-retry-after", Fault::UnreadableRetryAfter),
    ("absurd-retry-after", Fault::AbsurdRetryAfter),
    ("redirect", Fault::Redirect),
];

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Fault::Status(status) = self {
            return write!(formatter, "{status}");
        }
        let named = NAMED.iter().find(|(_, fault)| fault == self);
        formatter.write_str(named.map_or("", |(name, _)| name))
    }
}

/// How often a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// With this probability at each request.
    EachRequest,
    /// With this probability at a location's first read and at its first update, never later.
    OncePerLocation,
}

/// Faults with their probabilities. At most one occurs at each request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    entries: Vec<(Fault, Probability, When)>,
}

impl Faults {
    pub const NONE: Faults = Faults {
        entries: Vec::new(),
    };

    /// Refuses probabilities that add up to more than 100%.
    pub fn with(
        mut self,
        fault: Fault,
        probability: Probability,
        when: When,
    ) -> Result<Faults, ParseError> {
        self.entries.push((fault, probability, when));
        let sum: f64 = self.of(when).map(|(_, probability)| probability).sum();
        // Room for the rounding of many small probabilitys.
        if sum > 1.0 + 1e-9 {
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

    /// The fault of the `turn`-th request (from zero) for a subject. It depends on nothing else.
    pub(super) fn draw(&self, seed: u64, subject: &str, turn: u64) -> Option<Fault> {
        let once = (turn == 0)
            .then(|| self.draw_kind(seed, subject, turn, When::OncePerLocation))
            .flatten();
        once.or_else(|| self.draw_kind(seed, subject, turn, When::EachRequest))
    }

    fn draw_kind(&self, seed: u64, subject: &str, turn: u64, when: When) -> Option<Fault> {
        let purpose = match when {
            When::EachRequest => "fault",
            When::OncePerLocation => "fault once",
        };
        let mut drawn = seeded_rng(seed, purpose, subject, turn).f64();
        for (fault, probability) in self.of(when) {
            if drawn < probability {
                return Some(fault);
            }
            drawn -= probability;
        }
        None
    }

    fn of(&self, when: When) -> impl Iterator<Item = (Fault, f64)> {
        self.entries
            .iter()
            .filter(move |entry| entry.2 == when)
            .map(|(fault, probability, _)| (*fault, probability.of_one()))
    }
}

/// `500=2%,reset-after=1%`, `all=5%`, `503=1% once`, or `none`.
impl FromStr for Faults {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Faults, ParseError> {
        let mut faults = Faults::NONE;
        if text.trim() == "none" {
            return Ok(faults);
        }
        for part in text.split(',').map(str::trim) {
            let (name, probability) = part.split_once('=').ok_or_else(|| {
                ParseError(format!(
                    "`{part}` is not a fault; write its name and its probability, like `500=2%`, and `once` after it for one \
                     a location at most"
                ))
            })?;
            let (probability, when) = match probability.trim().strip_suffix("once") {
                Some(probability) => (probability, When::OncePerLocation),
                None => (probability, When::EachRequest),
            };
            let probability: Probability = probability.parse()?;
            if name.trim() == "all" {
                for fault in TRANSIENT {
                    faults = faults.with(fault, probability, when)?;
                }
            } else {
                faults = faults.with(parse_fault(name.trim())?, probability, when)?;
            }
        }
        Ok(faults)
    }
}

fn parse_fault(name: &str) -> Result<Fault, ParseError> {
    let status = STATUSES.iter().find(|status| status.to_string() == name);
    if let Some(status) = status {
        return Ok(Fault::Status(*status));
    }
    let found = NAMED.iter().find(|(known, _)| *known == name);
    found.map(|(_, fault)| *fault).ok_or_else(|| {
        let names: Vec<&str> = NAMED.iter().map(|(known, _)| *known).collect();
        ParseError(format!(
            "`{name}` is not a fault the simulator knows; it knows `all`, the statuses of the service such as `429`, \
             `500` and `503`, and {}",
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Faults {
        text.parse().unwrap()
    }

    #[test]
    fn every_fault_can_be_typed_by_the_name_it_is_logged_under() {
        for fault in TRANSIENT.into_iter().chain(NAMED.map(|(_, fault)| fault)) {
            assert_eq!(parse_fault(&fault.to_string()), Ok(fault));
        }
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
            .filter_map(|subject| faults.draw(3, &subject.to_string(), 1))
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
            .map(|turn| faults.draw(3, "a", turn).is_some())
            .collect();
        assert_eq!(drawn_faults, [true, false, false, false]);
    }
}
