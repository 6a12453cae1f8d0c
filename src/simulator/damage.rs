//! Answers that arrive broken.

use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};

use super::answer::{Answer, Ending};
use super::faults::Fault;

/// Far above what a careful client reads of an error, small enough to send often.
const OVERSIZED: usize = 1 << 20;

/// The piece an endless body consists of.
const ENDLESS_PIECE: usize = 1 << 14;

/// The head of a gzip file, then bytes no inflater takes.
const BAD_GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff this was never compressed";

const NON_UTF8: &[u8] = b"{\"message\":\"caf\xe9 \xff\xfe\",\"errors\":[]}";

/// Damages an answer in the way of the fault; a fault of another kind leaves it whole.
pub(super) fn damaged(mut answer: Answer, fault: Fault) -> Answer {
    let whole = if answer.body.is_empty() {
        Bytes::from_static(b"{\"message\":\"All is well, though this text has little to say.\"}")
    } else {
        answer.body.clone()
    };
    match fault {
        Fault::Truncated => {
            let sent = whole.len() / 2;
            answer.body = whole.slice(..sent);
            answer.ending = Ending::CutShort {
                missing: (whole.len() - sent) as u64,
            };
        }
        Fault::Oversized => answer.body = padded(&whole, OVERSIZED),
        Fault::Endless => {
            answer.body = padded(b"", ENDLESS_PIECE);
            answer.ending = Ending::Never;
        }
        Fault::NonUtf8 => answer.body = Bytes::from_static(NON_UTF8),
        Fault::BadGzip => {
            answer.body = Bytes::from_static(BAD_GZIP);
            let gzip = HeaderValue::from_static("gzip");
            answer.headers.push((CONTENT_ENCODING, gzip));
        }
        _ => return answer,
    }
    // 204 has no body that could be broken.
    if answer.status == StatusCode::NO_CONTENT {
        answer.status = StatusCode::OK;
        let json = HeaderValue::from_static("application/json");
        answer.headers.push((CONTENT_TYPE, json));
    }
    answer
}

/// The text with so many spaces before it that its meaning lies beyond them.
fn padded(text: &[u8], spaces: usize) -> Bytes {
    let mut body = vec![b' '; spaces];
    body.extend_from_slice(text);
    body.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_success_without_a_body_becomes_one_with_a_broken_body() {
        for fault in [
            Fault::Truncated,
            Fault::Oversized,
            Fault::Endless,
            Fault::NonUtf8,
            Fault::BadGzip,
        ] {
            let answer = damaged(Answer::no_content(), fault);
            assert_eq!(answer.status, StatusCode::OK, "{fault}");
            assert!(!answer.body.is_empty(), "{fault}");
        }
    }

    #[test]
    fn a_truncated_answer_promises_more_than_it_holds() {
        let whole = Answer::json(StatusCode::OK, &"0123456789".into());
        let length = whole.body.len() as u64;
        let answer = damaged(whole, Fault::Truncated);
        let sent = answer.body.len() as u64;
        assert_eq!(
            answer.ending,
            Ending::CutShort {
                missing: length - sent
            }
        );
    }

    #[test]
    fn broken_bodies_are_broken() {
        let answer = damaged(Answer::no_content(), Fault::NonUtf8);
        assert!(std::str::from_utf8(&answer.body).is_err());
        let answer = damaged(Answer::no_content(), Fault::Oversized);
        assert!(answer.body.len() > 64 * 1024);
    }
}
