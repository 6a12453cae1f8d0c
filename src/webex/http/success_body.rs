//! Whether the body of a success can be the service's own answer to a change.

use serde_json::Value;

use crate::webex::stated_outcome::{Says, may_say_an_error, says, says_an_error};

/// Some programs write it before all their text.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) const AN_ERROR: &str = "the answer says an error";
pub(super) const NOT_OF_THIS_CALL: &str = "the answer is not what this call answers";
pub(super) const NOT_OF_WEBEX: &str = "the answer is not one of Webex";
pub(super) const WITH_SECRETS: &str = "the answer repeats an access token or another secret";
pub(super) const A_PAGE: &str = "the answer is a web page";

/// The object in a body that has more to say than that all went well; `None`: it says no more. The error
/// says what it is instead.
pub(super) fn check(body: &[u8]) -> Result<Option<Value>, &'static str> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let body = body.trim_ascii();
    if body.is_empty() {
        return Ok(None);
    }
    let object = match serde_json::from_slice::<Value>(body) {
        Ok(object @ Value::Object(_)) => object,
        Err(_) if is_page(body) => return Err(A_PAGE),
        Ok(_) | Err(_) => return Err(NOT_OF_WEBEX),
    };
    if may_say_an_error(&object) {
        return Err(what_is_said(&object));
    }
    let says_nothing = |(key, value): (&String, &Value)| says(key, value) == Says::Nothing;
    let is_more = object
        .as_object()
        .is_some_and(|fields| fields.iter().any(says_nothing));
    Ok(is_more.then_some(object))
}

/// What an answer is that may say an error.
pub(super) fn what_is_said(object: &Value) -> &'static str {
    if says_an_error(object) {
        AN_ERROR
    } else {
        NOT_OF_THIS_CALL
    }
}

/// Whether a body that is no JSON is a page of a gateway, of a proxy or of a network that wants people to sign in.
pub(super) fn is_page(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_nothing_and_an_object_without_an_error_are_a_success() {
        for (body, expected) in [
            ("", None),
            (" \r\n", None),
            ("{}", None),
            ("\u{feff}{}", None),
            (r#"{"autoTransferNumber1":"5501","error":null}"#, None),
            (r#"{"success":"false"}"#, Some("the answer says an error")),
            (
                r#"{"errorDescription":"no"}"#,
                Some("the answer says an error"),
            ),
            (r#"{"status":"ok","success":true}"#, None),
            (r#"{"success":false}"#, Some("the answer says an error")),
            (r#"{"status":"FAILED"}"#, Some("the answer says an error")),
            (r#"{"autoTransferNumber1":"+12025550101"}"#, None),
            (r#"{"autoTransferNumber1":null,"trackingId":"x"}"#, None),
            ("null", Some("the answer is not one of Webex")),
            ("[]", Some("the answer is not one of Webex")),
            ("\"ok\"", Some("the answer is not one of Webex")),
            ("true", Some("the answer is not one of Webex")),
            ("OK", Some("the answer is not one of Webex")),
            (
                r#"{"autoTransferNumber1":"+1"#,
                Some("the answer is not one of Webex"),
            ),
            ("<html>Sign in</html>", Some("the answer is a web page")),
            ("\n<!DOCTYPE html>", Some("the answer is a web page")),
            (
                "<?xml version=\"1.0\"?><ok/>",
                Some("the answer is a web page"),
            ),
            (
                r#"{"message":"Success"}"#,
                Some("the answer is not what this call answers"),
            ),
            (
                r#"{"code":0,"message":"OK"}"#,
                Some("the answer is not what this call answers"),
            ),
            (
                r#"{"code":401,"message":"no"}"#,
                Some("the answer says an error"),
            ),
            (
                r#"{"error":"invalid_token"}"#,
                Some("the answer says an error"),
            ),
            (r#"{"Error_Code":1}"#, Some("the answer says an error")),
            (r#"{"fault":{"code":1}}"#, Some("the answer says an error")),
        ] {
            assert_eq!(check(body.as_bytes()).err(), expected, "{body}");
        }
    }

    #[test]
    fn what_says_no_more_than_success_need_not_be_read() {
        for (body, is_read) in [
            ("", false),
            ("{}", false),
            (r#"{"trackingId":"x"}"#, false),
            (r#"{"trackingId":"failed: not permitted"}"#, true),
            (r#"{"status":"ok","success":true}"#, false),
            (r#"{"code":0,"msg":"unauthorized"}"#, true),
            (r#"{"autoTransferNumber1":null}"#, true),
        ] {
            let read = check(body.as_bytes()).map(|object| object.is_some());
            assert_eq!(read, Ok(is_read), "{body}");
        }
    }
}
