//! Whether the very first answer is one of the service. What stands in front of it answers too, and then it is
//! pointless to ask on.

use crate::engine::abort::AbortReason;
use crate::engine::origin::{Origin, is_marked};
use crate::model::outcome::with_status;
use crate::model::response::{ApiResult, Body, Delivery, TransportCause, TransportError};
use crate::webex::error_body;

/// What of a result leaves it open whether there is a service at all.
pub(super) fn no_contact(result: &ApiResult) -> Option<TransportError> {
    match result {
        Err(error) => Some(error.clone()),
        Ok(response) => (Origin::of(response) == Origin::Gateway).then(|| TransportError {
            delivery: Delivery::MaybeSent,
            cause: TransportCause::Gateway,
            message: with_status(response.status, &response.message).into(),
        }),
    }
}

/// Why it is pointless to ask on after the very first answer: the service says nothing with a web page, never
/// leads elsewhere, and marks its errors.
pub(super) fn not_of_the_service(result: &ApiResult, page: &[u8]) -> Option<AbortReason> {
    let response = result.as_ref().ok()?;
    let origin = Origin::of(response);
    if is_marked(response) || response.status == 429 || origin == Origin::Gateway {
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
    use crate::model::response::{Response, RetryAfter};

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
