//! Whether the body of a success can be the service's own answer to a change.

use serde_json::Value;

/// Keys of an object that says an error, whatever its status; as [`says_an_error`] reads them.
const KEYS_OF_AN_ERROR: [&str; 7] = [
    "error",
    "errors",
    "errorcode",
    "errormessage",
    "exception",
    "fault",
    "message",
];

/// Keys by which an object says that all went well, or not.
const KEYS_OF_SUCCESS: [&str; 3] = ["success", "ok", "successful"];

/// Words for a status that is no success.
const FAILED: [&str; 5] = ["error", "failed", "failure", "fail", "denied"];

/// Some programs write it before all their text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Nothing, or an object that says no error. The error says what it is instead.
pub(super) fn check(body: &[u8]) -> Result<(), &'static str> {
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let body = body.trim_ascii();
    if body.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(fields))
            if fields.iter().any(|(key, value)| says_an_error(key, value)) =>
        {
            Err("the answer says an error")
        }
        Ok(Value::Object(_)) => Ok(()),
        Err(_) if body.starts_with(b"<") => Err("the answer is a web page"),
        Ok(_) | Err(_) => Err("the answer is not one of Webex"),
    }
}

fn says_an_error(key: &str, value: &Value) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphabetic).collect();
    let key = key.to_ascii_lowercase();
    let is_failure = |text: &str| FAILED.contains(&text.to_ascii_lowercase().as_str());
    KEYS_OF_AN_ERROR.contains(&key.as_str())
        || (KEYS_OF_SUCCESS.contains(&key.as_str()) && *value == Value::Bool(false))
        || (key == "status" && value.as_str().is_some_and(is_failure))
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
            (r#"{"errors":[]}"#, Some("the answer says an error")),
            (
                r#"{"error":"invalid_token"}"#,
                Some("the answer says an error"),
            ),
            (r#"{"Error_Code":1}"#, Some("the answer says an error")),
            (r#"{"fault":{}}"#, Some("the answer says an error")),
        ] {
            assert_eq!(check(body.as_bytes()).err(), expected, "{body}");
        }
    }
}
