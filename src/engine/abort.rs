//! Why a run ends before its last row, and what to do before going on.

use std::fmt;
use std::time::Duration;

use crate::engine::failure_limit::{FORBIDDEN_AT_THE_START, FOREIGN_AT_THE_START, FailureLimit};
use crate::model::clock;
use crate::platform;

/// Why a run ended before its last row.
#[derive(Debug)]
pub enum AbortReason {
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
    /// No answer so far can be the service's.
    NotTheService {
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
    /// The rows that were to go first are done, and a person is to see them before the rest goes.
    FirstRowsDone,
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

impl fmt::Display for AbortReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AbortReason::Interrupted => formatter.write_str("interrupted"),
            AbortReason::Unauthorized { message } => write!(
                formatter,
                "the service does not accept the access token (any more): {message}"
            ),
            AbortReason::NotRenewed { message } => write!(
                formatter,
                "the service does not give a new access token for the refresh token: {message}"
            ),
            AbortReason::Forbidden { message } => write!(
                formatter,
                "the first {FORBIDDEN_AT_THE_START} answers were all 403, so the token may not change these settings: {message}"
            ),
            AbortReason::NotTheService { message } => write!(
                formatter,
                "the first {FOREIGN_AT_THE_START} answers did not come from Webex: {message}"
            ),
            AbortReason::MayNotRead { message } => {
                write!(
                    formatter,
                    "the token may not read these settings: {message}"
                )
            }
            AbortReason::Unreachable { message } => {
                write!(formatter, "the service cannot be reached: {message}")
            }
            AbortReason::TooManyFailures { failures, limit } => {
                write!(
                    formatter,
                    "{failures} rows failed, and --max-failures is {limit}"
                )
            }
            AbortReason::FirstRowsDone => {
                formatter.write_str("the first rows were sent and read back, as --first asks")
            }
            AbortReason::WaitTooLong { wait, until } => write!(
                formatter,
                "the service asks to wait {} (until {until}), longer than --max-wait allows",
                clock::in_words(*wait)
            ),
            AbortReason::CannotRecord(error) => {
                write!(
                    formatter,
                    "the results cannot be written: {}",
                    platform::describe_error(error)
                )
            }
            AbortReason::SheetUnreadable(error) => {
                write!(
                    formatter,
                    "the rest of the sheet cannot be read: {}",
                    platform::describe_error(error)
                )
            }
        }
    }
}

impl AbortReason {
    /// One word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            AbortReason::Interrupted => "interrupted",
            AbortReason::Unauthorized { .. } | AbortReason::NotRenewed { .. } => "token",
            AbortReason::Forbidden { .. } | AbortReason::MayNotRead { .. } => "forbidden",
            AbortReason::NotTheService { .. } => "not-the-service",
            AbortReason::Unreachable { .. } => "unreachable",
            AbortReason::TooManyFailures { .. } => "max-failures",
            AbortReason::FirstRowsDone => "first-rows-done",
            AbortReason::WaitTooLong { .. } => "asked-to-wait",
            AbortReason::CannotRecord(_) => "cannot-record",
            AbortReason::SheetUnreadable(_) => "sheet-unreadable",
        }
    }

    /// What to do before going on, where there is something to do.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            AbortReason::Interrupted | AbortReason::SheetUnreadable(_) => None,
            AbortReason::Unauthorized { .. } => {
                Some("get a new access token first; a personal one lasts 12 hours")
            }
            AbortReason::NotRenewed { .. } => Some(
                "a refresh token ends when it is not used for 90 days or when access is withdrawn; first authorize the app again and save its new refresh token",
            ),
            AbortReason::Forbidden { .. } => Some(
                "the token needs the scope `spark-admin:telephony_config_write`, and its user must administer these organizations",
            ),
            AbortReason::NotTheService { .. } => Some(
                "check --base-url, the proxy (`HTTPS_PROXY`), and in a browser whether this network wants you to sign in first",
            ),
            AbortReason::MayNotRead { .. } => Some(
                "the token needs the scope `spark-admin:telephony_config_read`, and its user must administer these organizations",
            ),
            AbortReason::Unreachable { .. } => Some(
                "look at the network, the VPN and the proxy (`HTTPS_PROXY`) first; a certificate that is not trusted is often the company proxy's own, and belongs in this computer's certificate store",
            ),
            AbortReason::TooManyFailures { .. } => {
                Some("look in the results first to see why they failed")
            }
            AbortReason::FirstRowsDone => {
                Some("compare what was wanted with what was found before you go on")
            }
            AbortReason::WaitTooLong { .. } => {
                Some("go on when that time has come, or with a longer --max-wait")
            }
            AbortReason::CannotRecord(_) => {
                Some("first make room on the disk, or make the folder writable again")
            }
        }
    }
}
