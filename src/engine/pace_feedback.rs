//! What a result says to the pace, and which waits are too long; for the pipeline and for single
//! questions alike.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::abort::AbortReason;
use crate::model::clock;
use crate::model::response::ApiResult;
use crate::pace::{Feedback, Pacer};
use crate::retry::{self, RetryDecision};

/// Only a 429 says that we are too fast. A time to wait counts on whatever status it comes.
pub(super) fn verdict(result: &ApiResult, decision: RetryDecision) -> Feedback {
    match (result, decision) {
        (Ok(response), RetryDecision::Throttled { wait }) if response.status == 429 => {
            Feedback::Throttled { wait }
        }
        (_, RetryDecision::Throttled { wait }) => Feedback::Held { wait },
        (Err(_), _) => Feedback::Silent,
        (Ok(_), _) => match retry::announced_wait(result) {
            Some(wait) => Feedback::Held { wait: Some(wait) },
            None => Feedback::Accepted,
        },
    }
}

/// How long nothing may leave, which is an error where it is longer than the user allows.
pub(super) fn bearable_wait(
    pacer: &Pacer,
    longest: Duration,
    now: Instant,
) -> Result<Duration, AbortReason> {
    let opens = pacer.status(now).closed_until;
    let wait = opens.map_or(Duration::ZERO, |opens| opens.duration_since(now));
    if wait > longest {
        let until = clock::time_of_day(clock::now(), wait);
        return Err(AbortReason::WaitTooLong { wait, until });
    }
    Ok(wait)
}
