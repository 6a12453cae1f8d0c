//! Whether the very first answer is one of the service. What stands in front of it answers too: a gateway while
//! nothing gets through, a proxy that forbids it, a network that wants people to sign in.
//!
//! Each error of the service has a tracking id, and what says when to come back is kept to whoever says so.

use crate::engine::abort::AbortReason;
use crate::model::outcome::with_status;
use crate::model::response::{
    ApiResult, Body, Delivery, Response, RetryAfter, TransportCause, TransportError,
};
use crate::webex::error_body;

/// What of a result leaves it open whether there is a service at all.
pub(super) fn no_contact(result: &ApiResult) -> Option<TransportError> {
    match result {
        Err(error) => Some(error.clone()),
        Ok(response) => is_of_a_gateway(response).then(|| TransportError {
            delivery: Delivery::MaybeSent,
            cause: TransportCause::Gateway,
            message: with_status(response.status, &response.message).into(),
        }),
    }
}

/// Each error of the service has a tracking id, and one that says when to come back is kept to. A 511 is
/// that of a network that wants people to sign in.
fn is_of_a_gateway(response: &Response) -> bool {
    let is_error = matches!(response.status, 500..=599) && response.status != 511;
    let is_marked = !response.tracking_id.is_empty() || !response.error_code.is_empty();
    is_error && !is_marked && response.retry_after == RetryAfter::Missing
}

/// Why it is pointless to ask on after the very first answer: the service says nothing with a web page, never
/// leads elsewhere, and marks its errors.
pub(super) fn not_of_the_service(result: &ApiResult, page: &[u8]) -> Option<AbortReason> {
    let response = result.as_ref().ok()?;
    let is_open = !response.tracking_id.is_empty() || response.retry_after != RetryAfter::Missing;
    if is_open || response.status == 429 || is_of_a_gateway(response) {
        return None;
    }
    let is_page = response.body == Body::Invalid || page.trim_ascii_start().starts_with(b"<");
    let said = match &*response.message {
        "" => format!("a web page: {}", error_body::read(page, "").message),
        said => said.to_string(),
    };
    (is_page || matches!(response.status, 300..=399 | 407 | 511)).then(|| {
        AbortReason::NotTheService {
            message: with_status(response.status, &said),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_a_redirect_and_an_unmarked_511_are_not_of_the_service() {
        let page = |status| Response {
            body: Body::Invalid,
            ..Response::bare(status)
        };
        let tracked = |response| Response {
            tracking_id: "NA_1".into(),
            ..response
        };
        for (response, body, is_elsewhere) in [
            (page(403), "", true),
            (page(401), "", true),
            (page(404), "", true),
            (Response::bare(200), "\r\n<html>Sign in</html>", true),
            (Response::bare(302), "", true),
            (Response::bare(511), "", true),
            (Response::bare(200), "{}", false),
            (Response::bare(403), "", false),
            (Response::bare(404), "", false),
            (page(503), "", false),
            (page(429), "", false),
            (tracked(page(403)), "", false),
        ] {
            let shown = format!("{response:?} {body}");
            let reason = not_of_the_service(&Ok(response), body.as_bytes());
            assert_eq!(reason.is_some(), is_elsewhere, "{shown}");
        }
    }

    #[test]
    fn an_error_of_something_in_front_of_the_service_is_no_answer_of_it() {
        let answer = |status| Response::bare(status);
        for (response, is_contact) in [
            (answer(500), false),
            (answer(502), false),
            (answer(504), false),
            (answer(522), false),
            (answer(511), true),
            (answer(404), true),
            (answer(204), true),
            (
                Response {
                    tracking_id: "NA_1".into(),
                    ..answer(502)
                },
                true,
            ),
            (
                Response {
                    retry_after: RetryAfter::Unreadable,
                    ..answer(503)
                },
                true,
            ),
        ] {
            let shown = format!("{response:?}");
            assert_eq!(no_contact(&Ok(response)).is_none(), is_contact, "{shown}");
        }
    }
}
