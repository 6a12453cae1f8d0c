//! A rate as a person types it: `5/s`, `300/min`, `1000/h`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Above this a ceiling means nothing: no machine sends that many requests.
const FASTEST_PER_SECOND: f64 = 1_000_000.0;
/// Below one a day a typing mistake is likelier than a wish.
const SLOWEST_PER_SECOND: f64 = 1.0 / 86_400.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    count: f64,
    unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Second,
    Minute,
    Hour,
}

/// Why a text is no rate, in a sentence for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RateError(String);

impl Rate {
    pub fn per_second(self) -> f64 {
        self.count / self.unit.seconds()
    }

    /// The time between two requests at this rate.
    pub fn period(self) -> Duration {
        Duration::from_secs_f64(1.0 / self.per_second())
    }
}

impl Unit {
    fn seconds(self) -> f64 {
        match self {
            Self::Second => 1.0,
            Self::Minute => 60.0,
            Self::Hour => 3_600.0,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "s" | "sec" | "second" => Some(Self::Second),
            "m" | "min" | "minute" => Some(Self::Minute),
            "h" | "hour" => Some(Self::Hour),
            _ => None,
        }
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (count, unit) = text.split_once('/').ok_or_else(|| {
            RateError(format!(
                "`{text}` names no unit of time; write for example `5/s`, `300/min` or `1000/h`"
            ))
        })?;
        let unit = Unit::parse(unit.trim()).ok_or_else(|| {
            RateError(format!(
                "`{}` is not a unit of time; write `/s`, `/min` or `/h`",
                unit.trim()
            ))
        })?;
        let count: f64 = count.trim().parse().map_err(|_| {
            RateError(format!(
                "`{}` is not a number; write for example `5/s`",
                count.trim()
            ))
        })?;
        let rate = Self { count, unit };
        let per_second = rate.per_second();
        if per_second.is_nan() || per_second <= 0.0 {
            return Err(RateError(format!(
                "a rate of `{text}` would never send anything; it must be more than zero"
            )));
        }
        if per_second > FASTEST_PER_SECOND {
            return Err(RateError(format!(
                "`{text}` is no limit at all; leave the rate out to go as fast as the service allows"
            )));
        }
        if per_second < SLOWEST_PER_SECOND {
            return Err(RateError(format!(
                "`{text}` is slower than one request a day; write for example `1/min`"
            )));
        }
        Ok(rate)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Second => "s",
            Unit::Minute => "min",
            Unit::Hour => "h",
        };
        write!(formatter, "{}/{unit}", self.count)
    }
}

impl fmt::Display for RateError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for RateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_reads_as_people_write_it() {
        for (text, per_second, shown) in [
            ("5/s", 5.0, "5/s"),
            ("300/min", 5.0, "300/min"),
            ("0.5/s", 0.5, "0.5/s"),
            ("3600/h", 1.0, "3600/h"),
            (" 60 / Minute ", 1.0, "60/min"),
            ("2/SEC", 2.0, "2/s"),
        ] {
            let rate: Rate = text.parse().unwrap();
            assert!((rate.per_second() - per_second).abs() < 1e-9, "{text}");
            assert_eq!(rate.to_string(), shown);
            assert_eq!(shown.parse::<Rate>().unwrap(), rate, "{shown}");
        }
    }

    #[test]
    fn nonsense_is_refused_with_a_sentence_that_helps() {
        for (text, says) in [
            ("5", "names no unit"),
            ("", "names no unit"),
            ("five/s", "is not a number"),
            ("/s", "is not a number"),
            ("5/fortnight", "is not a unit"),
            ("0/s", "never send anything"),
            ("-3/s", "never send anything"),
            ("nan/s", "never send anything"),
            ("inf/s", "no limit at all"),
            ("1e300/min", "no limit at all"),
            ("1e-300/h", "one request a day"),
        ] {
            let error = text.parse::<Rate>().unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
