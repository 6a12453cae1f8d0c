//! Decides from what came of one request what happens to its row next. Never waits, no I/O.
//!
//! A 423 without a Retry-After is tried again like a 503: a lock passes by its nature, and the
//! request is safe to send twice.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::model::outcome::OutcomeKind;
use crate::model::response::{ApiResult, Delivery, Response, RetryAfter, TransportError};

/// How stubborn a row is.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Tries that may end in an error before the row is given up. Throttled tries do not count:
    /// they had no effect, and the service said when to come back.
    pub tries: NonZeroU32,
    /// The longest possible wait after the first error; it doubles with each further one.
    pub first_delay: Duration,
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            // Some 150 s of back-off on average: long enough for a restarting back end, and where
            // every other try fails one row in thirty thousand is given up; short enough that one
            // broken location does not hold up the end of a run for long.
            tries: NonZeroU32::MIN.saturating_add(14),
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(30),
        }
    }
}

/// What happens to the row next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// The row is done.
    Finished(OutcomeKind),
    /// Nothing happened; everyone waits and the row goes first. `None`: the service did not
    /// say (readably) how long.
    Throttled { wait: Option<Duration> },
    /// An error that may pass: try again after this long, without holding anyone up. `counts`:
    /// it is held against the row.
    Again { after: Duration, counts: bool },
    /// The token is not, or no longer, accepted.
    Unauthorized,
}

/// Decides what follows `reply` for a row that had `errors_before` failed tries already.
///
/// `chance` in 0..1 spreads the retries out (full jitter).
pub fn decide(
    reply: &ApiResult,
    errors_before: u32,
    policy: &RetryPolicy,
    chance: f64,
) -> RetryDecision {
    let (if_given_up, counts) = match reply {
        Ok(answer) => match fate(answer) {
            ResponseClass::Accepted => return RetryDecision::Finished(OutcomeKind::Updated),
            ResponseClass::Refused => return RetryDecision::Finished(OutcomeKind::Failed),
            ResponseClass::Unauthorized => return RetryDecision::Unauthorized,
            ResponseClass::Throttled => {
                let wait = match answer.retry_after {
                    RetryAfter::Wait(wait) => Some(wait),
                    RetryAfter::Missing | RetryAfter::Unreadable => None,
                };
                return RetryDecision::Throttled { wait };
            }
            ResponseClass::Ambiguous => (OutcomeKind::Unknown, true),
            ResponseClass::Transient => (OutcomeKind::Failed, true),
        },
        Err(TransportError { delivery, .. }) => match delivery {
            Delivery::MaybeSent => (OutcomeKind::Unknown, true),
            // Nothing was sent, so nothing is known about this row: whether anything can be
            // reached at all is decided for the whole run, not a row at a time.
            Delivery::NotSent => (OutcomeKind::Failed, false),
        },
    };
    if counts && errors_before.saturating_add(1) >= policy.tries.get() {
        return RetryDecision::Finished(if_given_up);
    }
    RetryDecision::Again {
        after: back_off(errors_before, policy, chance),
        counts,
    }
}

/// Whether this try may have changed something at the service although it did not succeed.
pub fn may_have_been_applied(reply: &ApiResult) -> bool {
    match reply {
        Ok(answer) => fate(answer) == ResponseClass::Ambiguous,
        Err(error) => error.delivery == Delivery::MaybeSent,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResponseClass {
    Accepted,
    Throttled,
    Unauthorized,
    Ambiguous,
    Transient,
    Refused,
}

fn fate(answer: &Response) -> ResponseClass {
    let told_to_wait = answer.retry_after != RetryAfter::Missing;
    match answer.status {
        200..=299 => ResponseClass::Accepted,
        401 => ResponseClass::Unauthorized,
        429 => ResponseClass::Throttled,
        423 | 503 if told_to_wait => ResponseClass::Throttled,
        502 | 504 => ResponseClass::Ambiguous,
        408 | 423 | 425 | 500 | 503 => ResponseClass::Transient,
        _ => ResponseClass::Refused,
    }
}

/// Exponential back-off with full jitter: anything from nothing to the whole of the step, so
/// that rows which failed together do not come back together.
fn back_off(errors_before: u32, policy: &RetryPolicy, chance: f64) -> Duration {
    let doublings = errors_before.min(16);
    policy
        .first_delay
        .saturating_mul(1 << doublings)
        .min(policy.longest_delay)
        .mul_f64(chance.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    #[expect(
        clippy::unnecessary_wraps,
        reason = "it stands for what a request comes to"
    )]
    fn answer(status: u16, retry_after: RetryAfter) -> ApiResult {
        Ok(Response {
            status,
            retry_after,
            ..Response::default()
        })
    }

    fn silence(delivery: Delivery) -> ApiResult {
        Err(TransportError {
            delivery,
            message: "gone".into(),
        })
    }

    /// What the first and the last try end in, with a `Retry-After` of 7 s and without.
    #[test]
    fn every_status_and_its_fate() {
        let policy = RetryPolicy::default();
        let last = policy.tries.get() - 1;
        let mut table = String::new();
        for status in [
            200, 201, 202, 204, 301, 302, 400, 401, 403, 404, 405, 408, 409, 410, 415, 423, 425,
            428, 429, 500, 501, 502, 503, 504,
        ] {
            let say = |retry_after, errors| match decide(
                &answer(status, retry_after),
                errors,
                &policy,
                1.0,
            ) {
                RetryDecision::Finished(kind) => kind.word().to_string(),
                RetryDecision::Throttled { wait: Some(wait) } => format!("everyone waits {wait:?}"),
                RetryDecision::Throttled { wait: None } => "everyone waits".to_string(),
                RetryDecision::Again { after, .. } => format!("again in {after:?}"),
                RetryDecision::Unauthorized => "unauthorized".to_string(),
            };
            let told = RetryAfter::Wait(Duration::from_secs(7));
            writeln!(
                table,
                "{status}: {} · {} · {}",
                say(RetryAfter::Missing, 0),
                say(RetryAfter::Missing, last),
                say(told, 0)
            )
            .expect("a string takes it");
        }
        insta::assert_snapshot!(table, @"
        200: updated · updated · updated
        201: updated · updated · updated
        202: updated · updated · updated
        204: updated · updated · updated
        301: failed · failed · failed
        302: failed · failed · failed
        400: failed · failed · failed
        401: unauthorized · unauthorized · unauthorized
        403: failed · failed · failed
        404: failed · failed · failed
        405: failed · failed · failed
        408: again in 1s · failed · again in 1s
        409: failed · failed · failed
        410: failed · failed · failed
        415: failed · failed · failed
        423: again in 1s · failed · everyone waits 7s
        425: again in 1s · failed · again in 1s
        428: failed · failed · failed
        429: everyone waits · everyone waits · everyone waits 7s
        500: again in 1s · failed · again in 1s
        501: failed · failed · failed
        502: again in 1s · unknown · again in 1s
        503: again in 1s · failed · everyone waits 7s
        504: again in 1s · unknown · again in 1s
        ");
    }

    #[test]
    fn a_row_that_may_have_arrived_ends_as_unknown_and_one_that_never_left_is_not_given_up() {
        let policy = RetryPolicy::default();
        let last = policy.tries.get() - 1;
        assert_eq!(
            decide(&silence(Delivery::MaybeSent), last, &policy, 0.5),
            RetryDecision::Finished(OutcomeKind::Unknown)
        );
        assert!(matches!(
            decide(&silence(Delivery::NotSent), last, &policy, 0.5),
            RetryDecision::Again { counts: false, .. }
        ));
    }

    #[test]
    fn the_wait_doubles_up_to_a_limit_and_is_spread_by_chance() {
        let policy = RetryPolicy::default();
        assert_eq!(
            [0, 1, 2, 3, 10, u32::MAX].map(|errors| back_off(errors, &policy, 1.0).as_secs()),
            [1, 2, 4, 8, 30, 30]
        );
        assert_eq!(back_off(3, &policy, 0.25).as_secs(), 2);
    }
}
