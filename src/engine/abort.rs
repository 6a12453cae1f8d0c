//! Why a run ends before its last row.

use std::fmt;
use std::time::Duration;

use crate::engine::failure_limit::{FORBIDDEN_AT_THE_START, FailureLimit};
use crate::engine::origin::is_marked;
use crate::model::clock;
use crate::model::outcome::with_status;
use crate::model::response::{
    ApiResult, Body, Response, TransportCause, TransportError, message_of,
};
use crate::model::wording::rows_listed;
use crate::platform;

/// Rows that are named where several have the same fault.
const ROWS_NAMED: usize = 10;

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
    /// The access token is over, and what was asked for a new one answered something else.
    NoTokenGiven {
        message: String,
    },
    /// The access token is over, and the newer one of its file is that of another organization or user.
    TokenOfAnother {
        message: String,
    },
    /// Every answer so far was 403.
    Forbidden {
        message: String,
    },
    /// Several answers in a row cannot be the service's, or the first one, or a page says that the token is refused.
    NotTheService {
        message: String,
    },
    /// The numbers must be read, and the token may not.
    MayNotRead {
        message: String,
    },
    /// One of several may not do what others may.
    MayNotChange {
        message: String,
    },
    /// Nothing has answered: for minutes, or for seconds where nothing ever had.
    Unreachable {
        cause: TransportCause,
        message: String,
    },
    TooManyFailures {
        failures: u64,
        limit: FailureLimit,
    },
    /// The rows that were to go first are done, and a person is to see them before the rest goes.
    FirstRowsDone,
    /// The same, and these of them are not as they were wanted.
    FirstRowsFailed {
        rows: Vec<u64>,
    },
    /// The service asked for a longer wait than the user allows.
    WaitTooLong {
        wait: Duration,
        until: String,
    },
    /// One of several users has to wait, and is not waited for: the others are sent.
    StillToWait {
        wait: Duration,
        until: String,
    },
    /// One of several could not be asked which organizations it manages, and the others do without it.
    NotAsked {
        /// `customers/b.txt`
        credential: String,
        message: String,
    },
    /// A part of a run has nobody who manages the organizations of rows that are left.
    NotManaged {
        /// `Acme, Ajax, …`
        organizations: String,
        /// Who took part before and does not now; empty where nobody is known.
        missing: Vec<MissingCredential>,
    },
    /// What happens cannot be written down, so nothing more may happen.
    CannotRecord(anyhow::Error),
    /// The sheet could not be read on.
    SheetUnreadable(anyhow::Error),
}

/// Credentials that took part in a run before and are not there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingCredential {
    /// `customers/b.txt`
    pub name: String,
    /// Whose it is, where that is known.
    pub person: String,
    pub is_service_app: bool,
}

impl fmt::Display for MissingCredential {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MissingCredential { name, person, .. } = self;
        write!(formatter, "`{name}`")?;
        if !person.is_empty() {
            write!(formatter, " ({person})")?;
        }
        Ok(())
    }
}

impl fmt::Display for AbortReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AbortReason::Interrupted => formatter.write_str("interrupted"),
            AbortReason::Unauthorized { message } => {
                write!(formatter, "Webex rejected the access token: {message}")
            }
            AbortReason::NotRenewed { message } => write!(
                formatter,
                "the service does not give a new access token for the refresh token: {message}"
            ),
            AbortReason::NoTokenGiven { message } => write!(
                formatter,
                "no new access token came for the refresh token: {message}"
            ),
            AbortReason::TokenOfAnother { message } => write!(
                formatter,
                "the access token has ended, and the newer one of its file {message}"
            ),
            AbortReason::Forbidden { message } => write!(
                formatter,
                "the first {FORBIDDEN_AT_THE_START} answers were all 403, so the token may not change these settings: {message}"
            ),
            AbortReason::NotTheService { message } => write!(
                formatter,
                "the last answer did not come from Webex: {message}"
            ),
            AbortReason::MayNotRead { message } => {
                write!(
                    formatter,
                    "the token may not read these settings: {message}"
                )
            }
            AbortReason::MayNotChange { message } => {
                write!(
                    formatter,
                    "the token may not change these settings: {message}"
                )
            }
            AbortReason::Unreachable { message, .. } => {
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
            AbortReason::FirstRowsFailed { rows } => {
                let are = if rows.len() == 1 { "is" } else { "are" };
                let rows = rows_listed(rows, ROWS_NAMED);
                write!(formatter, "of the first rows, {rows} {are} not as wanted")
            }
            AbortReason::WaitTooLong { wait, until } => write!(
                formatter,
                "the service asks to wait {} (until {until}), longer than --max-wait allows",
                clock::in_words(*wait)
            ),
            AbortReason::StillToWait { wait, until } => write!(
                formatter,
                "the service asks to wait {} (until {until}), and the others do not wait for it",
                clock::in_words(*wait)
            ),
            AbortReason::NotAsked {
                credential,
                message,
            } => write!(
                formatter,
                "cannot ask which organizations `{credential}` manages: {message}"
            ),
            AbortReason::NotManaged { organizations, .. } => {
                write!(formatter, "no credential here manages {organizations}")
            }
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
    /// Why nothing more can be asked once a token was refused: the service does not say so with a page, nor
    /// without a word and a tracking id. Where it `is_known`, it has answered something else before.
    pub(super) fn of_refused_token(result: &ApiResult, is_known: bool) -> AbortReason {
        let message = message_of(result);
        let is_foreign = |response: &Response| match response.body {
            Body::Invalid => true,
            Body::Wordless => !is_known && !is_marked(response),
            Body::Valid | Body::Mixed | Body::Bare => false,
        };
        match result {
            Ok(response) if is_foreign(response) => AbortReason::NotTheService {
                message: with_status(response.status, message),
            },
            _ => AbortReason::Unauthorized {
                message: message.to_string(),
            },
        }
    }

    pub fn unreachable(error: &TransportError) -> AbortReason {
        AbortReason::Unreachable {
            cause: error.cause,
            message: error.message.to_string(),
        }
    }

    /// Whether the service asks to wait for longer than it is waited.
    pub fn is_wait(&self) -> bool {
        matches!(
            self,
            AbortReason::WaitTooLong { .. } | AbortReason::StillToWait { .. }
        )
    }

    /// The same once more, where it leaves rows for later.
    pub fn for_later(&self) -> Option<AbortReason> {
        match self {
            AbortReason::NotManaged {
                organizations,
                missing,
            } => Some(AbortReason::NotManaged {
                organizations: organizations.clone(),
                missing: missing.clone(),
            }),
            AbortReason::NotAsked {
                credential,
                message,
            } => Some(AbortReason::NotAsked {
                credential: credential.clone(),
                message: message.clone(),
            }),
            AbortReason::WaitTooLong { wait, until } => Some(AbortReason::WaitTooLong {
                wait: *wait,
                until: until.clone(),
            }),
            AbortReason::StillToWait { wait, until } => Some(AbortReason::StillToWait {
                wait: *wait,
                until: until.clone(),
            }),
            _ => None,
        }
    }

    /// One word for programs.
    pub fn word(&self) -> &'static str {
        match self {
            AbortReason::Interrupted => "interrupted",
            AbortReason::Unauthorized { .. }
            | AbortReason::NotRenewed { .. }
            | AbortReason::NoTokenGiven { .. }
            | AbortReason::TokenOfAnother { .. } => "token",
            AbortReason::Forbidden { .. }
            | AbortReason::MayNotRead { .. }
            | AbortReason::MayNotChange { .. } => "forbidden",
            AbortReason::NotTheService { .. } => "not-the-service",
            AbortReason::Unreachable { .. } => "unreachable",
            AbortReason::TooManyFailures { .. } => "max-failures",
            AbortReason::FirstRowsDone => "first-rows-done",
            AbortReason::FirstRowsFailed { .. } => "first-rows-failed",
            AbortReason::WaitTooLong { .. } | AbortReason::StillToWait { .. } => "asked-to-wait",
            AbortReason::NotAsked { .. } => "not-asked",
            AbortReason::NotManaged { .. } => "not-managed",
            AbortReason::CannotRecord(_) => "cannot-record",
            AbortReason::SheetUnreadable(_) => "sheet-unreadable",
        }
    }
}
