//! The fate of every status, as one table.

use std::fmt::Write;

use super::*;
use crate::model::response::TransportCause;
use crate::model::response::TransportError;

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands for what a request comes to"
)]
fn response(status: u16, retry_after: RetryAfter) -> ApiResult {
    Ok(Response {
        status,
        retry_after,
        ..Response::default()
    })
}

fn broken(delivery: Delivery) -> ApiResult {
    Err(TransportError {
        cause: TransportCause::Broken,
        delivery,
        message: "gone".into(),
    })
}

/// What the first and the last try end in without a `Retry-After`, what the first ends in with one
/// of 7 s, and whether a change is in doubt afterwards.
#[test]
fn every_status_and_its_fate() {
    let policy = RetryPolicy::default();
    let last = policy.tries.get() - 1;
    let mut table = String::new();
    for status in [
        200, 201, 202, 203, 204, 207, 301, 302, 304, 307, 400, 401, 402, 403, 404, 405, 407, 408,
        409, 410, 412, 415, 421, 423, 425, 428, 429, 451, 500, 501, 502, 503, 504, 511, 520, 599,
    ] {
        let say = |retry_after, errors| match decide(
            &response(status, retry_after),
            errors,
            &policy,
            1.0,
        ) {
            RetryDecision::Succeeded => "succeeded".to_string(),
            RetryDecision::GiveUp => "give up".to_string(),
            RetryDecision::Throttled { wait: Some(wait) } => format!("everyone waits {wait:?}"),
            RetryDecision::Throttled { wait: None } => "everyone waits".to_string(),
            RetryDecision::Retry { after, .. } => format!("again in {after:?}"),
            RetryDecision::Unauthorized => "unauthorized".to_string(),
        };
        let told = RetryAfter::Wait(Duration::from_secs(7));
        let in_doubt = may_have_been_applied(&response(status, RetryAfter::Missing));
        writeln!(
            table,
            "{status}: {} · {} · {}{}",
            say(RetryAfter::Missing, 0),
            say(RetryAfter::Missing, last),
            say(told, 0),
            if in_doubt { " · in doubt" } else { "" }
        )
        .expect("a string takes it");
    }
    insta::assert_snapshot!(table, @"
    200: succeeded · succeeded · succeeded
    201: succeeded · succeeded · succeeded
    202: succeeded · succeeded · succeeded
    203: give up · give up · give up · in doubt
    204: succeeded · succeeded · succeeded
    207: give up · give up · give up · in doubt
    301: give up · give up · give up
    302: give up · give up · give up
    304: give up · give up · give up
    307: give up · give up · give up
    400: give up · give up · give up
    401: unauthorized · unauthorized · unauthorized
    402: give up · give up · give up
    403: give up · give up · give up
    404: give up · give up · give up
    405: give up · give up · give up
    407: give up · give up · give up
    408: again in 1s · give up · everyone waits 7s · in doubt
    409: give up · give up · give up
    410: give up · give up · give up
    412: give up · give up · give up
    415: give up · give up · give up
    421: give up · give up · give up
    423: again in 1s · give up · everyone waits 7s
    425: again in 1s · give up · everyone waits 7s
    428: give up · give up · give up
    429: everyone waits · everyone waits · everyone waits 7s
    451: give up · give up · give up
    500: again in 1s · give up · everyone waits 7s · in doubt
    501: give up · give up · everyone waits 7s · in doubt
    502: again in 1s · give up · everyone waits 7s · in doubt
    503: again in 1s · give up · everyone waits 7s · in doubt
    504: again in 1s · give up · everyone waits 7s · in doubt
    511: give up · give up · everyone waits 7s · in doubt
    520: give up · give up · everyone waits 7s · in doubt
    599: give up · give up · everyone waits 7s · in doubt
    ");
}

#[test]
fn a_success_with_a_body_of_something_else_is_given_up_and_leaves_the_change_in_doubt() {
    let foreign = Ok(Response {
        body: Body::Invalid,
        ..Response::bare(200)
    });
    let policy = RetryPolicy::default();
    assert_eq!(decide(&foreign, 0, &policy, 0.5), RetryDecision::GiveUp);
    assert!(may_have_been_applied(&foreign));
}

#[test]
fn a_request_that_may_have_arrived_is_given_up_in_doubt_and_one_that_never_left_is_not() {
    let policy = RetryPolicy::default();
    let last = policy.tries.get() - 1;
    let sent = broken(Delivery::MaybeSent);
    assert_eq!(decide(&sent, last, &policy, 0.5), RetryDecision::GiveUp);
    assert!(may_have_been_applied(&sent));
    let not_sent = broken(Delivery::NotSent);
    assert!(matches!(
        decide(&not_sent, last, &policy, 0.5),
        RetryDecision::Retry { counts: false, .. }
    ));
    assert!(!may_have_been_applied(&not_sent));
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
