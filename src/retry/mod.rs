//! The retry policy: decides from the result of one request what follows it. Never waits, no I/O.
//!
//! It knows requests and results, not rows: a token refresh or a page of a list is classified as a
//! change is. What a decision means to a row is up to the pipeline.
//!
//! | class | results | then |
//! |---|---|---|
//! | succeeded | 200, 201, 202 and 204 with a body that this call can have | done |
//! | throttled | 429; 423, 408, 425 and 5xx with a Retry-After | everyone waits until then, and the request goes first. It does not count as a try: the service said when to come back. Without a readable time the gate of `pace` waits 15 s, then twice as long each time; only the request itself, where others pass meanwhile (`engine::pipeline::throttling`) |
//! | transient | 408, 423, 425, 500, 502, 503, 504, and any break after sending | tried again after 1 s, 2 s, 4 s … up to 30 s, each with full jitter; the 15th failure is the last, which is some 150 s of waiting: long enough for a back end to restart |
//! | not sent | no name, no connection, no TLS | tried again, and does not count: whether the service can be reached at all is decided for the whole run (`engine::circuit_breaker`) |
//! | unauthorized | 401 | a new access token, where there can be one (`engine::token_renewal`) |
//! | refused | every other status; a success with a body that this call cannot have | given up at once |
//!
//! A 423 without a Retry-After is tried again like a 503: a lock passes by its nature, and the
//! request is safe to send twice.
//!
//! Apart from its class a result may leave a change in doubt ([`may_have_been_applied`]): every 5xx and
//! what is no status at all, 408, any break after sending, and a success with the wrong body, since a gateway may answer
//! so after the service took the change. 429 and 423 say that nothing was done.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::model::response::{ApiResult, Body, Delivery, Response, RetryAfter};

#[cfg(test)]
mod tests;

/// How stubborn a request is.
#[derive(Debug, Clone, Copy)]
pub struct RetryPolicy {
    /// Tries that may end in an error before the request is given up. Throttled tries do not count.
    pub tries: NonZeroU32,
    /// The longest possible wait after the first error; it doubles with each further one.
    pub first_delay: Duration,
    pub longest_delay: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        RetryPolicy {
            // Where every other try fails one row in thirty thousand is given up; and one broken
            // location does not hold up the end of a run for long.
            tries: NonZeroU32::MIN.saturating_add(14),
            first_delay: Duration::from_secs(1),
            longest_delay: Duration::from_secs(30),
        }
    }
}

/// What follows a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryDecision {
    /// The service did what was asked.
    Succeeded,
    /// Everyone waits and this request goes first. `None`: the service did not say (readably)
    /// how long.
    Throttled { wait: Option<Duration> },
    /// An error that may pass: try again after this long, without holding anyone up. `counts`:
    /// it is one of the tries.
    Retry { after: Duration, counts: bool },
    /// The token is not, or no longer, accepted.
    Unauthorized,
    /// It was refused, or it failed too often.
    GiveUp,
}

/// Decides what follows `result` for a request that failed `errors_before` times already.
///
/// `chance` in 0..1 spreads the retries out (full jitter).
pub fn decide(
    result: &ApiResult,
    errors_before: u32,
    policy: &RetryPolicy,
    chance: f64,
) -> RetryDecision {
    let counts = match classify(result) {
        ResponseClass::Succeeded => return RetryDecision::Succeeded,
        ResponseClass::Refused => return RetryDecision::GiveUp,
        ResponseClass::Unauthorized => return RetryDecision::Unauthorized,
        ResponseClass::Throttled => {
            return RetryDecision::Throttled {
                wait: announced_wait(result),
            };
        }
        ResponseClass::Transient => true,
        ResponseClass::NotSent => false,
    };
    if counts && errors_before.saturating_add(1) >= policy.tries.get() {
        return RetryDecision::GiveUp;
    }
    RetryDecision::Retry {
        after: back_off(errors_before, policy, chance),
        counts,
    }
}

/// Whether a request that changes something may have taken effect although it did not succeed.
pub fn may_have_been_applied(result: &ApiResult) -> bool {
    match result {
        Ok(response) => match response.status {
            200..=299 => !is_success(response),
            // What is no status of HTTP tells nothing, like a 500 (RFC 9110, 15).
            status => matches!(status, ..200 | 408 | 500..),
        },
        Err(error) => error.delivery == Delivery::MaybeSent,
    }
}

/// The time that the service asks to wait, on whatever status it says so.
pub fn announced_wait(result: &ApiResult) -> Option<Duration> {
    match result {
        Ok(Response {
            retry_after: RetryAfter::Wait(wait),
            ..
        }) => Some(*wait),
        _ => None,
    }
}

/// What a result means by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ResponseClass {
    Succeeded,
    Throttled,
    Transient,
    NotSent,
    Unauthorized,
    Refused,
}

fn classify(result: &ApiResult) -> ResponseClass {
    let response = match result {
        Ok(response) => response,
        Err(error) => {
            return match error.delivery {
                Delivery::MaybeSent => ResponseClass::Transient,
                Delivery::NotSent => ResponseClass::NotSent,
            };
        }
    };
    let told_to_wait = response.retry_after != RetryAfter::Missing;
    match response.status {
        200..=299 if is_success(response) => ResponseClass::Succeeded,
        401 => ResponseClass::Unauthorized,
        429 => ResponseClass::Throttled,
        408 | 423 | 425 | 500..=599 if told_to_wait => ResponseClass::Throttled,
        408 | 423 | 425 | 500 | 502 | 503 | 504 => ResponseClass::Transient,
        _ => ResponseClass::Refused,
    }
}

/// 203 comes from something between us and the service, and 207 tells of several results.
fn is_success(response: &Response) -> bool {
    matches!(response.status, 200 | 201 | 202 | 204) && response.body != Body::Invalid
}

/// Exponential back-off with full jitter: anything from nothing to the whole of the step, so
/// that requests which failed together do not come back together.
fn back_off(errors_before: u32, policy: &RetryPolicy, chance: f64) -> Duration {
    let doublings = errors_before.min(16);
    policy
        .first_delay
        .saturating_mul(1 << doublings)
        .min(policy.longest_delay)
        .mul_f64(chance.clamp(0.0, 1.0))
}
