//! Reads of an answer what is needed, and no more.

use reqwest::Response;
use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

use crate::clock;
use crate::reply::Answer;
use crate::webex::{errors, retry_after};

/// How much of an answer is read; an error that matters says so in its first lines.
const LONGEST_BODY: usize = 64 * 1024;

pub(super) async fn read_answer(mut response: Response) -> Answer {
    let status = response.status();
    let retry_after = retry_after::read(
        response
            .headers()
            .get_all(RETRY_AFTER)
            .iter()
            .map(HeaderValue::as_bytes),
        clock::now(),
    );
    let tracking_id = header_text(response.headers(), "trackingid");
    let codes = header_text(response.headers(), "cisco-spark-error-codes");
    // Read even on success: a connection with an unread answer cannot be used again.
    let body = read_body(&mut response).await;
    if status.is_success() {
        return Answer {
            status: status.as_u16(),
            tracking_id: tracking_id.unwrap_or_default().into(),
            ..Answer::default()
        };
    }
    let mut error = errors::read(&body, codes.as_deref());
    if error.message.is_empty() {
        error.message = status
            .canonical_reason()
            .unwrap_or("no reason given")
            .to_lowercase();
    }
    if status.is_redirection() {
        let target = header_text(response.headers(), "location").unwrap_or_default();
        error.message =
            format!("redirected to `{target}`, which is not followed; is --base-url right?");
    }
    Answer {
        status: status.as_u16(),
        retry_after,
        error_code: error.code.into(),
        message: error.message.into(),
        tracking_id: tracking_id.unwrap_or(error.tracking_id).into(),
        present: None,
    }
}

/// The body up to [`LONGEST_BODY`]. What cannot be read (broken off, bad gzip) is left out: the
/// status has been said, and that is what counts.
pub(super) async fn read_body(response: &mut Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = LONGEST_BODY - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == LONGEST_BODY {
            break;
        }
    }
    body
}

pub(super) fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    Some(errors::flatten(&String::from_utf8_lossy(value.as_bytes())))
}
