//! The time until a response.

use std::str::FromStr;
use std::time::Duration;

use super::typed_units::{ParseError, parse_duration};

/// Uniformly distributed between two bounds, such as `200ms..800ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Latency {
    least: Duration,
    most: Duration,
}

impl Latency {
    pub const NONE: Latency = Latency {
        least: Duration::ZERO,
        most: Duration::ZERO,
    };

    /// The bounds may come in either order.
    pub fn between(one: Duration, other: Duration) -> Latency {
        Latency {
            least: one.min(other),
            most: one.max(other),
        }
    }

    /// The latency of a response that needs no work, such as a 429.
    pub(super) fn least(self) -> Duration {
        self.least
    }

    pub(super) fn varies(self) -> bool {
        self.least != self.most
    }

    pub(super) fn sample(self, rng: &mut fastrand::Rng) -> Duration {
        self.least + self.most.saturating_sub(self.least).mul_f64(rng.f64())
    }
}

impl FromStr for Latency {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Latency, ParseError> {
        let Some((least, most)) = text.split_once("..") else {
            let always = parse_duration(text)?;
            return Ok(Latency::between(always, always));
        };
        let (least, most) = (parse_duration(least)?, parse_duration(most)?);
        if least > most {
            return Err(ParseError(format!(
                "`{text}` is not a latency; the shorter time comes first, like `200ms..800ms`"
            )));
        }
        Ok(Latency::between(least, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_is_one_time_or_a_range() {
        let milliseconds = Duration::from_millis;
        for (text, least, most) in [("200ms..800ms", 200, 800), ("50ms", 50, 50), ("0", 0, 0)] {
            let wanted = Latency::between(milliseconds(least), milliseconds(most));
            assert_eq!(text.parse(), Ok(wanted), "{text}");
        }
        for text in ["", "5", "800ms..200ms", "1s..", "fast"] {
            assert!(text.parse::<Latency>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_sampled_latency_stays_within_its_bounds() {
        let latency: Latency = "200ms..800ms".parse().unwrap();
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..1000 {
            let sampled = latency.sample(&mut rng).as_millis();
            assert!((200..=800).contains(&sampled), "{sampled}");
        }
    }
}
