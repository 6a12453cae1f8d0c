//! Durations, rates, probabilities and the clock's speed as they are typed.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

/// A text that cannot be parsed. The message says what can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError(pub(super) String);

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

/// Deserializes what is typed as a text.
pub(super) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = ParseError>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

pub(super) fn optional<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = ParseError>,
{
    parsed(deserializer).map(Some)
}

pub(super) fn parsed_duration<'de, D>(deserializer: D) -> Result<Duration, D::Error>
where
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map_err(D::Error::custom)
}

/// `200ms`, `2s`, `1.5s`, `2min`, `1h`, or `0`.
pub fn parse_duration(text: &str) -> Result<Duration, ParseError> {
    let text = text.trim();
    let refused = || {
        ParseError(format!(
            "`{text}` is not a length of time; write it like `200ms`, `1.5s`, `2min` or `1h`"
        ))
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let unit_at = text
        .find(|character: char| character.is_ascii_alphabetic())
        .ok_or_else(refused)?;
    let (count, unit) = text.split_at(unit_at);
    let seconds_each = match unit {
        "ms" => 0.001,
        "s" | "sec" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3600.0,
        _ => return Err(refused()),
    };
    let count: f64 = count.trim().parse().map_err(|_| refused())?;
    Duration::try_from_secs_f64(count * seconds_each).map_err(|_| refused())
}

/// A number of requests per time, such as `20/s`, `300/min` or `1000/h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestRate {
    pub count: NonZeroU32,
    pub per: Duration,
}

impl RequestRate {
    /// The time between two requests.
    pub(super) fn interval(self) -> Duration {
        self.per / self.count.get()
    }
}

impl FromStr for RequestRate {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<RequestRate, ParseError> {
        let refused = || {
            ParseError(format!(
                "`{text}` is not a rate; write whole requests and a time, like `20/s`, `300/min` or `1000/h`"
            ))
        };
        let (count, per) = text.split_once('/').ok_or_else(refused)?;
        let count = count.trim().parse().map_err(|_| refused())?;
        let per = match per.trim() {
            "s" | "sec" | "second" => Duration::from_secs(1),
            "m" | "min" | "minute" => Duration::from_mins(1),
            "h" | "hour" => Duration::from_hours(1),
            _ => return Err(refused()),
        };
        Ok(RequestRate { count, per })
    }
}

/// Between 0 and 1, typed as `5%`.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Probability(f64);

impl Probability {
    pub const NONE: Probability = Probability(0.0);

    pub fn percent(percent: f64) -> Result<Probability, ParseError> {
        if (0.0..=100.0).contains(&percent) {
            Ok(Probability(percent / 100.0))
        } else {
            Err(ParseError(format!(
                "`{percent}%` is not a probability; it lies between `0%` and `100%`"
            )))
        }
    }

    pub(super) fn of_one(self) -> f64 {
        self.0
    }
}

impl FromStr for Probability {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Probability, ParseError> {
        let refused = || {
            ParseError(format!(
                "`{text}` is not a probability; write it like `5%` or `0.5%`"
            ))
        };
        let percent = text.trim().strip_suffix('%').ok_or_else(refused)?;
        Probability::percent(percent.trim().parse().map_err(|_| refused())?)
    }
}

/// How many times faster than real time the service's time passes.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct ClockSpeed(f64);

impl ClockSpeed {
    pub const REAL: ClockSpeed = ClockSpeed(1.0);

    /// The bounds keep every time derived from it within the range of a clock.
    pub fn new(times: f64) -> Result<ClockSpeed, ParseError> {
        if (0.001..=1_000_000.0).contains(&times) {
            Ok(ClockSpeed(times))
        } else {
            Err(ParseError(format!(
                "`{times}` is not a speed; it lies between 0.001 and 1000000, and 1 is the service's own"
            )))
        }
    }

    pub(super) fn real_to_simulated(self, real: Duration) -> Duration {
        Duration::try_from_secs_f64(real.as_secs_f64() * self.0).unwrap_or(Duration::MAX)
    }

    pub(super) fn simulated_to_real(self, simulated: Duration) -> Duration {
        Duration::try_from_secs_f64(simulated.as_secs_f64() / self.0).unwrap_or(Duration::MAX)
    }
}

impl FromStr for ClockSpeed {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<ClockSpeed, ParseError> {
        let times = text.trim().trim_end_matches('x');
        ClockSpeed::new(times.parse().map_err(|_| {
            ParseError(format!(
                "`{text}` is not a speed; write it like `1`, `20` or `20x`"
            ))
        })?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_with_their_unit() {
        for (text, milliseconds) in [
            ("0", 0),
            ("200ms", 200),
            ("1.5s", 1500),
            (" 2 min", 120_000),
            ("1h", 3_600_000),
        ] {
            let wanted = Duration::from_millis(milliseconds);
            assert_eq!(parse_duration(text), Ok(wanted), "{text}");
        }
        for text in ["", "5", "-1s", "s", "1 week", "NaNs", "infs", "1e999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_need_a_count_and_a_time() {
        for (text, count, seconds) in [("20/s", 20, 1), ("300/min", 300, 60), ("7 / h", 7, 3600)] {
            let rate: RequestRate = text.parse().unwrap();
            assert_eq!((rate.count.get(), rate.per.as_secs()), (count, seconds));
        }
        for text in ["", "20", "0/s", "-1/s", "1.5/s", "20/day", "/s"] {
            let complaint = text.parse::<RequestRate>().unwrap_err().to_string();
            assert!(complaint.contains("300/min"), "{complaint}");
        }
    }

    #[test]
    fn probabilities_and_speeds_outside_their_bounds_are_refused() {
        assert!("0.5%".parse::<Probability>().is_ok());
        for text in ["5", "101%", "-1%", "NaN%", "%"] {
            assert!(text.parse::<Probability>().is_err(), "{text}");
        }
        assert_eq!("20x".parse(), ClockSpeed::new(20.0));
        for text in ["0", "-1", "NaN", "inf", "fast"] {
            assert!(text.parse::<ClockSpeed>().is_err(), "{text}");
        }
    }
}
