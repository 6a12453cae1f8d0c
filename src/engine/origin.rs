//! Whether an answer is one of the service, by its status and its marks. What stands in front of the service
//! answers too: a gateway while nothing gets through, a proxy that forbids it, a network that wants people to
//! sign in.
//!
//! Each error of the service has a tracking id, its successes have a body that the call can have, and it never
//! leads elsewhere.

use crate::model::response::{Body, Response, RetryAfter};

/// Who seems to have answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Service,
    /// A proxy or a load balancer that does not get through to the service.
    Gateway,
    /// A proxy, a sign-in page, or a server that knows nothing of the path.
    SomethingElse,
    /// The service or something in front of it: both say so.
    Open,
}

impl Origin {
    pub(super) fn of(response: &Response) -> Origin {
        let is_marked = is_marked(response);
        let waits = response.retry_after != RetryAfter::Missing;
        match response.status {
            // A limiter in front of the service, which is waited for as the service is.
            429 => Origin::Open,
            408 | 423 | 425 | 500..=510 | 512..=599 if waits => Origin::Open,
            // A network that wants people to sign in.
            511 if !is_marked => Origin::SomethingElse,
            500..=599 if !is_marked => Origin::Gateway,
            _ if response.body == Body::Invalid => Origin::SomethingElse,
            200..=202 | 204 => Origin::Service,
            200..=399 => Origin::SomethingElse,
            401 | 403 | 408 | 423 | 425 => Origin::Open,
            407 | 500..=599 if is_marked => Origin::Open,
            _ if !response.tracking_id.is_empty() => Origin::Service,
            _ => Origin::SomethingElse,
        }
    }
}

/// Whether an answer has a tracking id or an error code, or says when to come back, which is kept to whoever
/// says so.
pub(super) fn is_marked(response: &Response) -> bool {
    !response.tracking_id.is_empty()
        || !response.error_code.is_empty()
        || response.retry_after != RetryAfter::Missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_marks_and_successes_a_body_of_the_call() {
        let bare = Response::bare;
        let page = |status| Response {
            body: Body::Invalid,
            ..bare(status)
        };
        let tracked = |response| Response {
            tracking_id: "NA_1".into(),
            ..response
        };
        let coded = |status| Response {
            error_code: "25223".into(),
            ..bare(status)
        };
        let waits = |response| Response {
            retry_after: RetryAfter::Unreadable,
            ..response
        };
        for (origin, responses) in [
            (
                Origin::Service,
                vec![bare(200), bare(204), tracked(bare(400)), tracked(bare(404))],
            ),
            (
                Origin::Gateway,
                vec![
                    bare(500),
                    bare(502),
                    bare(504),
                    bare(522),
                    page(503),
                    page(500),
                ],
            ),
            (
                Origin::SomethingElse,
                vec![
                    bare(203),
                    bare(302),
                    tracked(bare(302)),
                    bare(400),
                    bare(404),
                    bare(407),
                    bare(451),
                    bare(511),
                    bare(600),
                    page(200),
                    page(401),
                    page(403),
                ],
            ),
            (
                Origin::Open,
                vec![
                    bare(401),
                    bare(403),
                    bare(429),
                    page(429),
                    tracked(bare(502)),
                    coded(500),
                    waits(bare(503)),
                    waits(page(503)),
                    waits(page(423)),
                    waits(bare(407)),
                    tracked(bare(511)),
                ],
            ),
        ] {
            for response in responses {
                assert_eq!(Origin::of(&response), origin, "{response:?}");
            }
        }
    }
}
