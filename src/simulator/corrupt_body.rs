//! Response bodies that are corrupt, or not what the endpoint returns.

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

use serde_json::{Value, json};

use super::fault_kinds::Fault;
use super::http_response::{BodyEnd, HttpResponse};

/// Far more than a careful client reads of an error, small enough to send often.
const OVERSIZED: usize = 1 << 20;

/// The size of the chunk that an endless body repeats.
const ENDLESS_CHUNK: usize = 1 << 14;

/// A gzip header followed by bytes that cannot be decompressed.
const BAD_GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff this was never compressed";

const NON_UTF8: &[u8] = b"{\"message\":\"caf\xe9 \xff\xfe\",\"errors\":[]}";

/// Corrupts the body as the fault says. Faults of other kinds leave it as it is.
pub(super) fn corrupted(mut response: HttpResponse, fault: Fault) -> HttpResponse {
    let whole = if response.body.is_empty() {
        Bytes::from_static(b"{\"message\":\"The request was successful.\"}")
    } else {
        response.body.clone()
    };
    match fault {
        Fault::Truncated => {
            let sent = whole.len() / 2;
            response.body = whole.slice(..sent);
            response.ending = BodyEnd::CutShort {
                missing: (whole.len() - sent) as u64,
            };
        }
        Fault::Oversized => response.body = padded(&whole, OVERSIZED),
        Fault::Endless => {
            response.body = padded(b"", ENDLESS_CHUNK);
            response.ending = BodyEnd::Never;
        }
        Fault::NonUtf8 => response.body = Bytes::from_static(NON_UTF8),
        Fault::BadGzip => {
            response.body = Bytes::from_static(BAD_GZIP);
            let gzip = HeaderValue::from_static("gzip");
            response.headers.push((CONTENT_ENCODING, gzip));
        }
        _ => return response,
    }
    // A 204 has no body that could be corrupted.
    if response.status == StatusCode::NO_CONTENT {
        response.status = StatusCode::OK;
        let json = HeaderValue::from_static("application/json");
        response.headers.push((CONTENT_TYPE, json));
    }
    response
}

/// A 200 whose JSON is valid, but no answer of an endpoint that returns numbers, permissions or a list.
pub(super) fn wrong_body(turn: usize) -> HttpResponse {
    let bodies = [
        json!({"message": "The request was successful."}),
        json!({"items": []}),
        json!([]),
        json!({"auto_transfer_number1": "+12025550199"}),
        json!({"errors": [{"description": "Internal error."}]}),
        json!("OK"),
        Value::Null,
    ];
    HttpResponse::json(StatusCode::OK, &bodies[turn % bodies.len()])
}

/// The text after a number of spaces.
fn padded(text: &[u8], spaces: usize) -> Bytes {
    let mut body = vec![b' '; spaces];
    body.extend_from_slice(text);
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_without_a_body_gets_a_corrupt_body() {
        for fault in [
            Fault::Truncated,
            Fault::Oversized,
            Fault::Endless,
            Fault::NonUtf8,
            Fault::BadGzip,
        ] {
            let response = corrupted(HttpResponse::no_content(), fault);
            assert_eq!(response.status, StatusCode::OK, "{fault}");
            assert!(!response.body.is_empty(), "{fault}");
        }
    }

    #[test]
    fn a_truncated_answer_promises_more_than_it_holds() {
        let whole = HttpResponse::json(StatusCode::OK, &"0123456789".into());
        let length = whole.body.len() as u64;
        let response = corrupted(whole, Fault::Truncated);
        let sent = response.body.len() as u64;
        assert_eq!(
            response.ending,
            BodyEnd::CutShort {
                missing: length - sent
            }
        );
    }

    #[test]
    fn corrupt_bodies_cannot_be_read() {
        let response = corrupted(HttpResponse::no_content(), Fault::NonUtf8);
        assert!(std::str::from_utf8(&response.body).is_err());
        let response = corrupted(HttpResponse::no_content(), Fault::Oversized);
        assert!(response.body.len() > 64 * 1024);
    }
}
