//! Why a run ends before its last row, and the watch that decides so when going on is pointless.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::clock;
use crate::outcome::OutcomeKind;
use crate::platform;
use crate::reply::Reply;

/// Answers at the start of a run that, all 403, show a token without the right.
const FORBIDDEN_AT_THE_START: u32 = 10;

/// Finished rows before a share of failures means anything.
const SMALLEST_SAMPLE: u64 = 50;

/// Why a run ended before its last row.
#[derive(Debug)]
pub enum StopReason {
    /// The user asked for it.
    Interrupted,
    /// The token is not, or no longer, accepted.
    Unauthorized {
        message: String,
    },
    /// The access token is over, and no new one could be fetched.
    NotRenewed {
        message: String,
    },
    /// Every answer so far was 403.
    Forbidden {
        message: String,
    },
    /// The numbers must be read, and the token may not.
    MayNotRead {
        message: String,
    },
    /// Nothing has answered for minutes.
    Unreachable {
        message: String,
    },
    TooManyFailures {
        failures: u64,
        limit: FailureLimit,
    },
    /// The service asked for a longer wait than the user allows.
    WaitTooLong {
        wait: Duration,
        until: String,
    },
    /// What happens cannot be written down, so nothing more may happen.
    CannotRecord(anyhow::Error),
    /// The sheet could not be read on.
    SheetUnreadable(anyhow::Error),
}

impl fmt::Display for StopReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StopReason::Interrupted => formatter.write_str("interrupted"),
            StopReason::Unauthorized { message } => write!(
                formatter,
                "the service does not accept the access token (any more): {message}"
            ),
            StopReason::NotRenewed { message } => write!(
                formatter,
                "the service does not give a new access token for the refresh token: {message}"
            ),
            StopReason::Forbidden { message } => write!(
                formatter,
                "the first {FORBIDDEN_AT_THE_START} answers were all 403, so the token may not change these settings: {message}"
            ),
            StopReason::MayNotRead { message } => {
                write!(
                    formatter,
                    "the token may not read these settings: {message}"
                )
            }
            StopReason::Unreachable { message } => {
                write!(formatter, "the service cannot be reached: {message}")
            }
            StopReason::TooManyFailures { failures, limit } => {
                write!(
                    formatter,
                    "{failures} rows failed, and --max-failures is {limit}"
                )
            }
            StopReason::WaitTooLong { wait, until } => write!(
                formatter,
                "the service asks to wait {} (until {until}), longer than --max-wait allows",
                clock::in_words(*wait)
            ),
            StopReason::CannotRecord(error) => {
                write!(
                    formatter,
                    "the results cannot be written: {}",
                    platform::describe_error(error)
                )
            }
            StopReason::SheetUnreadable(error) => {
                write!(
                    formatter,
                    "the rest of the sheet cannot be read: {}",
                    platform::describe_error(error)
                )
            }
        }
    }
}

impl StopReason {
    /// What to do before going on, where there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            StopReason::Interrupted | StopReason::SheetUnreadable(_) => None,
            StopReason::Unauthorized { .. } => {
                Some("get a new access token first; a personal one lasts 12 hours")
            }
            StopReason::NotRenewed { .. } => Some(
                "a refresh token ends when it is not used for 90 days or when access is withdrawn; first authorize the app again and save its new refresh token",
            ),
            StopReason::Forbidden { .. } => Some(
                "the token needs the scope `spark-admin:telephony_config_write`, and its user must administer these organizations",
            ),
            StopReason::MayNotRead { .. } => Some(
                "the token needs the scope `spark-admin:telephony_config_read`, and its user must administer these organizations",
            ),
            StopReason::Unreachable { .. } => Some(
                "look at the network, the VPN and the proxy (`HTTPS_PROXY`) first; a certificate that is not trusted is often the company proxy's own, and belongs in this computer's certificate store",
            ),
            StopReason::TooManyFailures { .. } => {
                Some("look in the results first to see why they failed")
            }
            StopReason::WaitTooLong { .. } => {
                Some("go on when that time has come, or with a longer --max-wait")
            }
            StopReason::CannotRecord(_) => {
                Some("first make room on the disk, or make the folder writable again")
            }
        }
    }
}

/// `--max-failures`: so many rows, or such a share of the finished ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailureLimit {
    Rows(u64),
    /// Percent, above 0 and up to 100.
    Share(f64),
}

impl fmt::Display for FailureLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureLimit::Rows(rows) => write!(formatter, "{rows}"),
            FailureLimit::Share(percent) => write!(formatter, "{percent}%"),
        }
    }
}

impl FromStr for FailureLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let limit = match text.strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse()
                .ok()
                .filter(|percent| *percent > 0.0 && *percent <= 100.0)
                .map(FailureLimit::Share),
            None => text.parse().ok().map(FailureLimit::Rows),
        };
        limit.ok_or_else(|| {
            format!("`{text}` is neither a number of rows (`25`) nor a share (`5%`)")
        })
    }
}

/// Watches what comes back and says when going on is pointless.
#[derive(Debug)]
pub struct Watch {
    limit: Option<FailureLimit>,
    /// 403s at the start of the run; `None` once anything else was answered.
    forbidden: Option<u32>,
    finished: u64,
    failures: u64,
}

impl Watch {
    pub fn new(limit: Option<FailureLimit>) -> Watch {
        Watch {
            limit,
            forbidden: Some(0),
            finished: 0,
            failures: 0,
        }
    }

    pub fn answered(&mut self, reply: &Reply) -> Option<StopReason> {
        let Reply::Answer(answer) = reply else {
            return None;
        };
        match (answer.status, &mut self.forbidden) {
            (403, Some(count)) => {
                *count += 1;
                (*count == FORBIDDEN_AT_THE_START).then(|| StopReason::Forbidden {
                    message: answer.message.to_string(),
                })
            }
            // A throttle says nothing about rights.
            (429, _) => None,
            _ => {
                self.forbidden = None;
                None
            }
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "no sheet has 2^52 rows")]
    pub fn finished(&mut self, kind: OutcomeKind) -> Option<StopReason> {
        self.finished += 1;
        if !kind.is_as_asked() {
            self.failures += 1;
        }
        let limit = self.limit?;
        let is_too_much = match limit {
            FailureLimit::Rows(rows) => self.failures > rows,
            FailureLimit::Share(percent) => {
                self.finished >= SMALLEST_SAMPLE
                    && self.failures as f64 * 100.0 > percent * self.finished as f64
            }
        };
        is_too_much.then_some(StopReason::TooManyFailures {
            failures: self.failures,
            limit,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Answer;

    fn answer(status: u16) -> Reply {
        Reply::Answer(Answer::bare(status))
    }

    #[test]
    fn ten_forbidden_answers_stop_a_run_only_when_nothing_else_came_before() {
        let mut watch = Watch::new(None);
        for _ in 0..9 {
            assert!(watch.answered(&answer(403)).is_none());
            assert!(watch.answered(&answer(429)).is_none());
        }
        assert!(matches!(
            watch.answered(&answer(403)),
            Some(StopReason::Forbidden { .. })
        ));
        let mut watch = Watch::new(None);
        watch.answered(&answer(204));
        assert!((0..100).all(|_| watch.answered(&answer(403)).is_none()));
    }

    #[test]
    fn a_number_of_failures_may_be_reached_but_not_passed() {
        let mut watch = Watch::new(Some(FailureLimit::Rows(1)));
        assert!(watch.finished(OutcomeKind::Failed).is_none());
        assert!(watch.finished(OutcomeKind::Updated).is_none());
        assert!(watch.finished(OutcomeKind::Unknown).is_some());
    }

    #[test]
    fn a_share_of_failures_needs_a_sample() {
        let mut watch = Watch::new(Some(FailureLimit::Share(5.0)));
        assert!((0..49).all(|_| watch.finished(OutcomeKind::Failed).is_none()));
        assert!(watch.finished(OutcomeKind::Updated).is_some());
    }

    #[test]
    fn limits_read_as_people_type_them() {
        assert_eq!("25".parse(), Ok(FailureLimit::Rows(25)));
        assert_eq!("0".parse(), Ok(FailureLimit::Rows(0)));
        assert_eq!("2.5 %".parse(), Ok(FailureLimit::Share(2.5)));
        for text in ["", "-1", "5%%", "0%", "101%", "many", "NaN%", "inf%"] {
            assert!(text.parse::<FailureLimit>().is_err(), "{text}");
        }
    }
}
