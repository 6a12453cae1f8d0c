//! Whether the body of a success can be the service's own answer to a change.

use serde_json::Value;

/// Keys of an object that says an error, whatever its status; as [`is_key_of_an_error`] reads them.
const KEYS_OF_AN_ERROR: [&str; 7] = [
    "error",
    "errors",
    "errorcode",
    "errormessage",
    "exception",
    "fault",
    "message",
];

/// Nothing, or an object that says no error. The error says what it is instead.
pub(super) fn check(body: &[u8]) -> Result<(), &'static str> {
    let body = body.trim_ascii();
    if body.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(fields)) if fields.keys().any(|key| is_key_of_an_error(key)) => {
            Err("the answer says an error")
        }
        Ok(Value::Object(_)) => Ok(()),
        Err(_) if body.starts_with(b"<") => Err("the answer is a web page"),
        Ok(_) | Err(_) => Err("the answer is not one of Webex"),
    }
}

fn is_key_of_an_error(key: &str) -> bool {
    let key: String = key.chars().filter(char::is_ascii_alphabetic).collect();
    KEYS_OF_AN_ERROR.contains(&key.to_ascii_lowercase().as_str())
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
