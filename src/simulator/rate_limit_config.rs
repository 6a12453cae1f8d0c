//! Rate limits as they are configured and typed.

use std::num::NonZeroU32;
use std::str::FromStr;

use super::typed_units::{ParseError, RequestRate};

/// The algorithm, whether refused requests count, and whether requests before the Retry-After are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limit {
    pub rule: Rule,
    pub refused: Refused,
    pub early: Early,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    #[default]
    Unlimited,
    /// Permits up to `burst` requests at once.
    TokenBucket {
        rate: RequestRate,
        burst: NonZeroU32,
    },
    /// Counts from zero at the start of each period.
    FixedWindow { rate: RequestRate },
    /// Never more than the count within any interval of the period's length.
    SlidingLog { rate: RequestRate },
    /// Evenly spaced, without bursts.
    Leaky { rate: RequestRate },
    /// Limits the requests in flight, not their rate.
    Concurrency { most: NonZeroU32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Refused {
    #[default]
    CostNothing,
    /// A refused request counts like any other.
    CostAsMuch,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Early {
    #[default]
    JudgedAfresh,
    /// A request before the announced Retry-After has passed is answered 429, as Cisco documents.
    Refused,
}

impl Limit {
    /// Refused requests do not count, and early ones are not refused as such.
    pub fn of(rule: Rule) -> Limit {
        Limit {
            rule,
            ..Limit::default()
        }
    }
}

impl FromStr for Limit {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Limit, ParseError> {
        let mut parts = text.split(',').map(str::trim);
        let rule = parts.next().unwrap_or_default();
        let mut limit = Limit::of(parse_rule(rule)?);
        for part in parts {
            match (part, &mut limit.rule) {
                ("refused-cost", _) => limit.refused = Refused::CostAsMuch,
                ("strict", _) => limit.early = Early::Refused,
                (_, Rule::TokenBucket { burst, .. }) if part.starts_with("burst=") => {
                    *burst = part["burst=".len()..].parse().map_err(|_| {
                        ParseError(format!(
                            "`{part}` is not a burst; write a whole number above zero, like `burst=10`"
                        ))
                    })?;
                }
                _ => {
                    return Err(ParseError(format!(
                        "`{part}` does not go with the limit `{rule}`; after it may come `refused-cost`, `strict`, \
                         and for a bucket `burst=10`"
                    )));
                }
            }
        }
        Ok(limit)
    }
}

fn parse_rule(text: &str) -> Result<Rule, ParseError> {
    if text == "none" {
        return Ok(Rule::Unlimited);
    }
    let (kind, argument) = text.split_once(':').unwrap_or(("bucket", text));
    match kind.trim() {
        "bucket" => {
            let rate: RequestRate = argument.parse()?;
            let burst = NonZeroU32::MIN;
            Ok(Rule::TokenBucket { rate, burst })
        }
        "window" => argument.parse().map(|rate| Rule::FixedWindow { rate }),
        "sliding" => argument.parse().map(|rate| Rule::SlidingLog { rate }),
        "leaky" => argument.parse().map(|rate| Rule::Leaky { rate }),
        "concurrency" => match argument.trim().parse() {
            Ok(most) => Ok(Rule::Concurrency { most }),
            Err(_) => Err(ParseError(format!(
                "`{argument}` is not a number of requests at once; write it like `concurrency:10`"
            ))),
        },
        _ => Err(ParseError(format!(
            "`{text}` is not a limit; write `none`, a rate like `300/min`, `bucket:20/s,burst=10`, `window:300/min`, \
             `sliding:300/min`, `leaky:5/s` or `concurrency:10`"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_limit_can_be_typed() {
        let rate: RequestRate = "20/s".parse().unwrap();
        let ten = NonZeroU32::new(10).unwrap();
        let one = NonZeroU32::MIN;
        for (text, rule) in [
            ("none", Rule::Unlimited),
            ("20/s", Rule::TokenBucket { rate, burst: one }),
            (
                "bucket:20/s, burst=10",
                Rule::TokenBucket { rate, burst: ten },
            ),
            ("window:20/s", Rule::FixedWindow { rate }),
            ("sliding:20/s", Rule::SlidingLog { rate }),
            ("leaky:20/s", Rule::Leaky { rate }),
            ("concurrency:10", Rule::Concurrency { most: ten }),
        ] {
            assert_eq!(text.parse(), Ok(Limit::of(rule)), "{text}");
        }
        let hard: Limit = "leaky:20/s,refused-cost,strict".parse().unwrap();
        assert_eq!(
            (hard.refused, hard.early),
            (Refused::CostAsMuch, Early::Refused)
        );
    }

    #[test]
    fn a_limit_that_is_not_understood_is_refused_with_what_would_be() {
        for (text, hint) in [
            ("", "300/min"),
            ("cup:20/s", "bucket:20/s"),
            ("bucket:20/s,burst=0", "burst=10"),
            ("window:20/s,burst=3", "for a bucket"),
            ("concurrency:0", "concurrency:10"),
            ("leaky:20", "20/s"),
        ] {
            let complaint = text.parse::<Limit>().unwrap_err().to_string();
            assert!(complaint.contains(hint), "{text}: {complaint}");
        }
    }
}
