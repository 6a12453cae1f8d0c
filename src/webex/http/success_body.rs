//! Whether the body of a success can be the service's own answer to a change.

use serde_json::Value;

/// How keys begin that say an error, whatever the status.
const KEYS_OF_AN_ERROR: [&str; 4] = ["error", "exception", "fault", "message"];

/// Keys by which an object says that all went well, or not.
const KEYS_OF_SUCCESS: [&str; 3] = ["success", "ok", "successful"];

/// Words for a status that is no success, and for one that is.
const FAILED: [&str; 5] = ["error", "failed", "failure", "fail", "denied"];
const DONE: [&str; 4] = ["ok", "success", "accepted", "updated"];

/// Some programs write it before all their text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

pub(super) const NOT_OF_WEBEX: &str = "the answer is not one of Webex";

/// What a key of an object says of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Success,
    Error,
    Nothing,
}

/// The object in a body that has more to say than that all went well; `None`: it says no more. The error
/// says what it is instead.
pub(super) fn check(body: &[u8]) -> Result<Option<&[u8]>, &'static str> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let body = body.trim_ascii();
    if body.is_empty() {
        return Ok(None);
    }
    let fields = match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(fields)) => fields,
        Err(_) if body.starts_with(b"<") => return Err("the answer is a web page"),
        Ok(_) | Err(_) => return Err(NOT_OF_WEBEX),
    };
    let said: Vec<Says> = fields.iter().map(|(key, value)| says(key, value)).collect();
    if said.contains(&Says::Error) {
        return Err("the answer says an error");
    }
    Ok(said.contains(&Says::Nothing).then_some(body))
}

fn says(key: &str, value: &Value) -> Says {
    let key: String = key.chars().filter(char::is_ascii_alphabetic).collect();
    let key = key.to_ascii_lowercase();
    let is_nothing = match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    };
    let status = || value.as_str().unwrap_or_default().to_ascii_lowercase();
    match key.as_str() {
        "trackingid" => Says::Success,
        "status" if DONE.contains(&status().as_str()) => Says::Success,
        "status" if FAILED.contains(&status().as_str()) => Says::Error,
        key if KEYS_OF_SUCCESS.contains(&key) => match value {
            Value::Bool(true) => Says::Success,
            _ => Says::Error,
        },
        key if !is_nothing && KEYS_OF_AN_ERROR.iter().any(|begin| key.starts_with(begin)) => {
            Says::Error
        }
        _ => Says::Nothing,
    }
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
            (r#"{"message":"no"}"#, Some("the answer says an error")),
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
            (r#"{"status":"ok","success":true}"#, false),
            (r#"{"code":401,"msg":"unauthorized"}"#, true),
            (r#"{"autoTransferNumber1":null}"#, true),
        ] {
            let read = check(body.as_bytes()).map(|object| object.is_some());
            assert_eq!(read, Ok(is_read), "{body}");
        }
    }
}
