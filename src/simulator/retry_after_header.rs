//! The values of the `Retry-After` header, correct and otherwise.

use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::strtime;

use super::typed_units::{ClockSpeed, ParseError, parse_duration};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RetryAfterPolicy {
    /// The real wait, rounded up to whole seconds of the service's time.
    #[default]
    Honest,
    /// The real wait as an HTTP date.
    HonestDate,
    /// The end of the real wait in seconds since 1970.
    EpochSeconds,
    /// The end of the real wait in milliseconds since 1970.
    EpochMilliseconds,
    Fixed(Duration),
    Missing,
    /// This text, whatever it means.
    Text(String),
}

/// The header's values, and the wait they announce in the service's time, where one can be read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RetryAfterValues {
    pub(super) values: Vec<String>,
    pub(super) wait: Option<Duration>,
}

impl RetryAfterValues {
    fn one(value: impl Into<String>, wait: Option<Duration>) -> RetryAfterValues {
        let values = vec![value.into()];
        RetryAfterValues { values, wait }
    }
}

impl RetryAfterPolicy {
    /// The header where a request would pass after `wait` of the service's time.
    pub(super) fn values(
        &self,
        wait: Duration,
        speed: ClockSpeed,
        wall: Timestamp,
    ) -> RetryAfterValues {
        match self {
            RetryAfterPolicy::Honest => {
                let wait = whole_seconds(wait);
                RetryAfterValues::one(seconds_text(wait, speed), Some(wait))
            }
            RetryAfterPolicy::HonestDate => {
                let wait = whole_seconds(wait);
                let date = http_date(wall, speed.simulated_to_real(wait), DateFormat::ImfFixdate);
                RetryAfterValues::one(date, Some(wait))
            }
            RetryAfterPolicy::EpochSeconds | RetryAfterPolicy::EpochMilliseconds => {
                let wait = whole_seconds(wait);
                let end = end_of(wall, speed.simulated_to_real(wait));
                let epoch = match self {
                    RetryAfterPolicy::EpochSeconds => end.as_second(),
                    _ => end.as_millisecond(),
                };
                RetryAfterValues::one(epoch.to_string(), Some(wait))
            }
            RetryAfterPolicy::Fixed(wait) => {
                RetryAfterValues::one(seconds_text(*wait, speed), Some(*wait))
            }
            RetryAfterPolicy::Missing => RetryAfterValues::default(),
            RetryAfterPolicy::Text(text) => RetryAfterValues::one(text, None),
        }
    }
}

impl FromStr for RetryAfterPolicy {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<RetryAfterPolicy, ParseError> {
        if let Some(text) = text.strip_prefix("text:") {
            return Ok(RetryAfterPolicy::Text(text.to_owned()));
        }
        match text {
            "honest" => Ok(RetryAfterPolicy::Honest),
            "date" => Ok(RetryAfterPolicy::HonestDate),
            "epoch" => Ok(RetryAfterPolicy::EpochSeconds),
            "epoch-ms" => Ok(RetryAfterPolicy::EpochMilliseconds),
            "missing" => Ok(RetryAfterPolicy::Missing),
            _ => parse_duration(text).map(RetryAfterPolicy::Fixed).map_err(|_| {
                ParseError(format!(
                    "`{text}` is not a Retry-After; write `honest`, `date`, `epoch`, `epoch-ms`, `missing`, a time like `2s`, or `text:` and \
                     the text to send"
                ))
            }),
        }
    }
}

/// Values that have been observed, or that the standard permits, and that are over within seconds.
pub(super) fn odd(turn: usize, wall: Timestamp) -> RetryAfterValues {
    let second = Duration::from_secs(1);
    let dated = |form| http_date(wall, second, form);
    let odd: [Vec<String>; 9] = [
        vec!["0".into()],
        vec!["-5".into()],
        vec!["1.5".into()],
        vec!["+1".into()],
        vec!["Wed, 21 Oct 2015 07:28:00 GMT".into()],
        vec![dated(DateFormat::ImfFixdate)],
        vec![dated(DateFormat::Rfc850)],
        vec![dated(DateFormat::Asctime)],
        vec!["1".into(), "2".into()],
    ];
    let values = odd[turn % odd.len()].clone();
    RetryAfterValues { values, wait: None }
}

/// Values that cannot be parsed. The first was observed at the real service.
pub(super) fn unreadable(turn: usize) -> RetryAfterValues {
    let texts = ["rand(30),add(30)", "", "soon", "1;2", "30 seconds"];
    RetryAfterValues::one(texts[turn % texts.len()], None)
}

/// Values so large that a client should ask its user before it waits.
pub(super) fn absurd(turn: usize) -> RetryAfterValues {
    let texts = [
        "31536000",
        "99999999999999999999999",
        "1e300",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ];
    RetryAfterValues::one(texts[turn % texts.len()], None)
}

/// At least one second: a client that is told zero would retry at once.
fn whole_seconds(wait: Duration) -> Duration {
    let up = u64::from(wait.subsec_nanos() > 0);
    Duration::from_secs((wait.as_secs() + up).max(1))
}

/// Seconds, rounded up to milliseconds, which only occur where `speed` compresses time.
fn seconds_text(wait: Duration, speed: ClockSpeed) -> String {
    let real = speed.simulated_to_real(wait);
    let real = real + Duration::from_nanos(999_999);
    let (seconds, milliseconds) = (real.as_secs(), real.subsec_millis());
    if milliseconds == 0 {
        seconds.to_string()
    } else {
        format!("{seconds}.{milliseconds:03}")
    }
}

#[derive(Debug, Clone, Copy)]
enum DateFormat {
    ImfFixdate,
    Rfc850,
    Asctime,
}

/// A `Date` header.
pub(super) fn date_header(wall: Timestamp) -> String {
    strtime::format(IMF_FIXDATE, wall).unwrap_or_default()
}

const IMF_FIXDATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// One of the three date formats of RFC 9110, rounded up to whole seconds.
fn http_date(wall: Timestamp, wait: Duration, form: DateFormat) -> String {
    let format = match form {
        DateFormat::ImfFixdate => IMF_FIXDATE,
        DateFormat::Rfc850 => "%A, %d-%b-%y %H:%M:%S GMT",
        DateFormat::Asctime => "%a %b %e %H:%M:%S %Y",
    };
    strtime::format(format, end_of(wall, wait)).unwrap_or_default()
}

/// Never before the end of the wait in a form that has whole seconds.
fn end_of(wall: Timestamp, wait: Duration) -> Timestamp {
    let wait = wait.saturating_add(Duration::from_nanos(999_999_999));
    wall.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced(policy: &str, milliseconds: u64, speed: f64) -> Vec<String> {
        let policy: RetryAfterPolicy = policy.parse().unwrap();
        let wall = "2026-03-01T10:00:00.25Z".parse().unwrap();
        let speed = ClockSpeed::new(speed).unwrap();
        policy
            .values(Duration::from_millis(milliseconds), speed, wall)
            .values
    }

    #[test]
    fn every_policy_sends_what_its_name_says() {
        for (policy, milliseconds, speed, wanted) in [
            ("honest", 0, 1.0, vec!["1"]),
            ("honest", 2001, 1.0, vec!["3"]),
            ("honest", 2000, 20.0, vec!["0.100"]),
            ("honest", 60_000, 20.0, vec!["3"]),
            ("2s", 60_000, 1.0, vec!["2"]),
            ("2s", 60_000, 3.0, vec!["0.667"]),
            ("missing", 60_000, 1.0, vec![]),
            (
                "text:rand(30),add(30)",
                60_000,
                1.0,
                vec!["rand(30),add(30)"],
            ),
            ("date", 1500, 1.0, vec!["Sun, 01 Mar 2026 10:00:03 GMT"]),
            ("epoch", 1500, 1.0, vec!["1772359203"]),
            ("epoch-ms", 1500, 1.0, vec!["1772359203249"]),
        ] {
            assert_eq!(announced(policy, milliseconds, speed), wanted, "{policy}");
        }
    }

    #[test]
    fn an_announced_date_never_lies_before_the_wait_is_over() {
        let wall: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let after = |wait| http_date(wall, wait, DateFormat::ImfFixdate);
        assert!(after(Duration::from_secs(2)).contains("10:00:02"));
        assert!(after(Duration::from_millis(2001)).contains("10:00:03"));
        assert!(after(Duration::MAX).contains("9999"));
    }

    #[test]
    fn the_odd_dates_come_in_all_three_forms() {
        let wall: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let all: Vec<String> = (0..9).flat_map(|turn| odd(turn, wall).values).collect();
        for wanted in [
            "Sun, 01 Mar 2026 10:00:01 GMT",
            "Sunday, 01-Mar-26 10:00:01 GMT",
            "Sun Mar  1 10:00:01 2026",
        ] {
            assert!(all.iter().any(|text| text == wanted), "{wanted} in {all:?}");
        }
    }

    #[test]
    fn an_unknown_policy_is_refused_with_the_known_ones() {
        for text in ["", "2", "rand(30)", "Honest"] {
            let complaint = text.parse::<RetryAfterPolicy>().unwrap_err().to_string();
            assert!(complaint.contains("`honest`"), "{complaint}");
        }
    }
}
