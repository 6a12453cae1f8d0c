//! What goes wrong, how often, and for whom.

use std::fmt;
use std::str::FromStr;

use super::seeded_rng::seeded_rng;
use super::units::{ParseError, Share};

/// One way in which a request can end other than it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An response with this status instead of the work being done.
    Status(u16),
    /// The connection breaks before the change took effect.
    ResetBefore,
    /// The connection breaks after the change took effect.
    ResetAfter,
    /// No response for as long as the behavior's `stall`; the change may or may not have taken effect.
    Stall,
    /// The response ends before it is whole.
    Truncated,
    /// An response of a megabyte.
    Oversized,
    /// An response that does not end.
    Endless,
    NonUtf8,
    BadGzip,
    /// 429 with a Retry-After that is unusual but passes within seconds.
    OddRetryAfter,
    /// 429 with a Retry-After nobody can read.
    UnreadableRetryAfter,
    /// 429 with a Retry-After of a year and more.
    AbsurdRetryAfter,
    /// 302 to another host.
    Redirect,
}

/// The documented statuses and the transient ones seen on the way there.
const STATUSES: [u16; 17] = [
    400, 401, 403, 404, 405, 408, 409, 410, 415, 423, 425, 428, 429, 500, 502, 503, 504,
];

/// What a client gets past by asking again; `all` means these.
const PASSING: [Fault; 15] = [
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

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Each request has the chance.
    EachRequest,
    /// Each location has the chance, once: at its first read and at its first change.
    OncePerLocation,
}

/// Chances of faults; no more than one fault strikes a request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Faults {
    entries: Vec<(Fault, Share, When)>,
}

impl Faults {
    pub const NONE: Faults = Faults {
        entries: Vec::new(),
    };

    /// Refuses chances that add up to more than certainty.
    pub fn with(mut self, fault: Fault, chance: Share, when: When) -> Result<Faults, ParseError> {
        self.entries.push((fault, chance, when));
        let sum: f64 = self.of(when).map(|(_, chance)| chance).sum();
        // Room for the rounding of many small chances.
        if sum > 1.0 + 1e-9 {
            return Err(ParseError(format!(
                "the faults' chances add up to {:.0}%, and no request can fail more often than always",
                sum * 100.0
            )));
        }
        Ok(self)
    }

    pub(super) fn is_none(&self) -> bool {
        self.entries.is_empty()
    }

    /// The fault that befalls the `turn`-th request of a subject, counted from zero, whatever else is going on.
    pub(super) fn draw(&self, seed: u64, subject: &str, turn: u64) -> Option<Fault> {
        let once = (turn == 0)
            .then(|| self.draw_when(seed, subject, turn, When::OncePerLocation))
            .flatten();
        once.or_else(|| self.draw_when(seed, subject, turn, When::EachRequest))
    }

    fn draw_when(&self, seed: u64, subject: &str, turn: u64, when: When) -> Option<Fault> {
        let purpose = match when {
            When::EachRequest => "fault",
            When::OncePerLocation => "fault once",
        };
        let mut drawn = seeded_rng(seed, purpose, subject, turn).f64();
        for (fault, chance) in self.of(when) {
            if drawn < chance {
                return Some(fault);
            }
            drawn -= chance;
        }
        None
    }

    fn of(&self, when: When) -> impl Iterator<Item = (Fault, f64)> {
        self.entries
            .iter()
            .filter(move |entry| entry.2 == when)
            .map(|(fault, chance, _)| (*fault, chance.of_one()))
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
            let (name, chance) = part.split_once('=').ok_or_else(|| {
                ParseError(format!(
                    "`{part}` is not a fault; write its name and its chance, like `500=2%`, and `once` after it for one \
                     a location at most"
                ))
            })?;
            let (chance, when) = match chance.trim().strip_suffix("once") {
                Some(chance) => (chance, When::OncePerLocation),
                None => (chance, When::EachRequest),
            };
            let chance: Share = chance.parse()?;
            if name.trim() == "all" {
                for fault in PASSING {
                    faults = faults.with(fault, chance, when)?;
                }
            } else {
                faults = faults.with(parse_fault(name.trim())?, chance, when)?;
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
        for fault in PASSING.into_iter().chain(NAMED.map(|(_, fault)| fault)) {
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
    fn faults_strike_as_often_as_asked_each_kind_by_itself() {
        let faults = faults("all=5%");
        let struck: Vec<Fault> = (0..10_000)
            .filter_map(|subject| faults.draw(3, &subject.to_string(), 1))
            .collect();
        for fault in PASSING {
            let count = struck.iter().filter(|one| **one == fault).count();
            assert!((400..600).contains(&count), "{fault}: {count}");
        }
    }

    #[test]
    fn a_fault_once_per_location_never_strikes_twice() {
        let faults = faults("503=100% once");
        let struck: Vec<bool> = (0..4)
            .map(|turn| faults.draw(3, "a", turn).is_some())
            .collect();
        assert_eq!(struck, [true, false, false, false]);
    }
}
