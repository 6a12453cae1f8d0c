//! A row on its way, and the outcome it comes to.

use super::trail::Trail;
use crate::outcome::{Outcome, OutcomeKind};
use crate::present::Present;
use crate::reply::{Answer, NoAnswer, Reply};
use crate::row::Row;

/// A row on its way.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) row: Row<'static>,
    pub(super) step: Step,
    /// The numbers before anything was sent, once they are known.
    pub(super) previous: Option<Present>,
    pub(super) attempts: u32,
    /// Attempts that ended in an error and count against the row.
    pub(super) errors: u32,
    /// What the last attempt came to.
    pub(super) last: Option<Reply>,
    /// An attempt may have taken effect although no success came back.
    pub(super) is_doubtful: bool,
    /// The access token of the last attempt.
    pub(super) token: u32,
    /// How often a token was refused.
    pub(super) refusals: u32,
    pub(super) trail: Trail,
}

/// What the next request for a row is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Look,
    Change,
}

/// A request that has no answer yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct OnWire {
    pub(super) step: Step,
    pub(super) attempts: u32,
}

pub(super) fn unfinished_kind(is_doubtful: bool) -> OutcomeKind {
    if is_doubtful {
        OutcomeKind::Unknown
    } else {
        OutcomeKind::NotAttempted
    }
}

pub(super) fn outcome(kind: OutcomeKind, attempts: u32, reply: Reply) -> Outcome {
    match reply {
        Reply::Answer(Answer {
            status,
            error_code,
            message,
            tracking_id,
            ..
        }) => Outcome {
            kind,
            status: Some(status),
            error_code,
            message,
            tracking_id,
            attempts,
            previous: None,
        },
        Reply::NoAnswer(NoAnswer { message, .. }) => Outcome {
            attempts,
            ..Outcome::unsent(kind, message)
        },
    }
}
