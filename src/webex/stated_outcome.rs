//! What the keys of a JSON answer say of the whole, whatever its status: that all went well, or that it
//! did not.

use serde_json::Value;

/// How keys begin that say an error.
const BEGINNINGS_OF_AN_ERROR: [&str; 4] = ["error", "exception", "fail", "fault"];

/// How keys begin of a text for a person, which no success of the service has.
const BEGINNING_OF_A_MESSAGE: &str = "message";

/// What stands anywhere in keys that say an error, such as `hasErrors` and `validationErrors`.
const PART_OF_AN_ERROR: &str = "error";

/// Keys by which an object says that all went well, or not.
const KEYS_OF_SUCCESS: [&str; 8] = [
    "success",
    "ok",
    "successful",
    "issuccess",
    "issuccessful",
    "succeeded",
    "applied",
    "accepted",
];

/// Keys of a word for what came of a request.
const KEYS_OF_A_STATUS: [&str; 4] = ["status", "state", "result", "outcome"];

/// How words begin for a status that is no success.
const FAILED: [&str; 8] = [
    "error",
    "fail",
    "denied",
    "reject",
    "refused",
    "forbidden",
    "unauthorized",
    "invalid",
];

/// Words for a status that is a success.
const DONE: [&str; 4] = ["ok", "success", "accepted", "updated"];

/// Keys of a number that is a status of HTTP.
const KEYS_OF_A_NUMBER: [&str; 5] = ["status", "statuscode", "code", "httpstatus", "httpcode"];

/// What a key of an object says of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    Success,
    Error,
    /// A text that may say an error as well as a success.
    Message,
    Nothing,
}

pub(super) fn says(key: &str, value: &Value) -> Says {
    let key: String = key.chars().filter(char::is_ascii_alphabetic).collect();
    let key = key.to_ascii_lowercase();
    let word = value.as_str().unwrap_or_default().to_ascii_lowercase();
    let is_said = |keys: &[&str]| keys.contains(&key.as_str());
    if key == "trackingid" && is_one_word(&word) {
        return Says::Success;
    }
    if is_said(&KEYS_OF_A_STATUS) && DONE.contains(&word.as_str()) {
        return Says::Success;
    }
    if is_said(&KEYS_OF_SUCCESS) {
        return match value {
            Value::Bool(true) => Says::Success,
            _ => Says::Error,
        };
    }
    let is_failed = is_said(&KEYS_OF_A_STATUS) && FAILED.iter().any(|it| word.starts_with(it));
    let is_failed_number = is_said(&KEYS_OF_A_NUMBER) && number(value) >= Some(400);
    let is_error = key.contains(PART_OF_AN_ERROR)
        || (BEGINNINGS_OF_AN_ERROR.iter()).any(|begin| key.starts_with(begin));
    if is_failed || is_failed_number || (is_error && !is_nothing(value)) {
        return Says::Error;
    }
    if key.starts_with(BEGINNING_OF_A_MESSAGE) && !is_nothing(value) {
        return Says::Message;
    }
    Says::Nothing
}

/// Whether an object says an error or has a message that may be one, itself or anywhere within.
pub(super) fn may_say_an_error(value: &Value) -> bool {
    has(value, &|says| matches!(says, Says::Error | Says::Message))
}

/// Whether an object says an error beyond doubt, itself or anywhere within.
pub(super) fn says_an_error(value: &Value) -> bool {
    has(value, &|says| says == Says::Error)
}

fn has(value: &Value, is_it: &impl Fn(Says) -> bool) -> bool {
    match value {
        Value::Object(fields) => {
            (fields.iter()).any(|(key, value)| is_it(says(key, value)) || has(value, is_it))
        }
        Value::Array(values) => values.iter().any(|value| has(value, is_it)),
        _ => false,
    }
}

/// Whether an object says more than that all went well, and what stands under these names.
pub(super) fn says_more_than(names: &[&str], value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().any(|(key, value)| {
            if names.contains(&key.as_str()) {
                says_more_than(names, value)
            } else {
                says(key, value) != Says::Success && !is_nothing(value)
            }
        }),
        Value::Array(values) => values.iter().any(|value| says_more_than(names, value)),
        _ => false,
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => false,
    }
}

fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_found_however_it_is_said_and_what_is_empty_says_none() {
        for (body, is_one) in [
            (r#"{"status":"rejected"}"#, true),
            (r#"{"status":"error: rejected"}"#, true),
            (r#"{"status":400}"#, true),
            (r#"{"code":"503"}"#, true),
            (r#"{"statusCode":500}"#, true),
            (r#"{"failed":true}"#, true),
            (r#"{"isError":true}"#, true),
            (r#"{"hasErrors":true}"#, true),
            (r#"{"validationErrors":["x"]}"#, true),
            (r#"{"result":"failed"}"#, true),
            (r#"{"isSuccess":false}"#, true),
            (r#"{"applied":false}"#, true),
            (r#"{"data":{"error":"x"}}"#, true),
            (r#"{"callingPermissions":[{"error":"x"}]}"#, true),
            (r#"{"errors":{"a":"b"}}"#, true),
            (
                r#"{"errors":[],"error":null,"hasErrors":false,"failed":false}"#,
                false,
            ),
            (r#"{"status":"active","code":200,"state":"OK"}"#, false),
            (r#"{"message":"Success"}"#, false),
            (r#"{"autoTransferNumber1":"5501","locationId":"x"}"#, false),
            (
                r#"{"callingPermissions":[{"callType":"TOLL_FREE"}]}"#,
                false,
            ),
        ] {
            let value = serde_json::from_str(body).expect("an object");
            assert_eq!(says_an_error(&value), is_one, "{body}");
        }
    }

    #[test]
    fn what_stands_beside_known_names_is_more_unless_it_is_empty() {
        for (body, is_more) in [
            (r#"{"n":"5501"}"#, false),
            (
                r#"{"n":"5501","trackingId":"NA_1","status":"ok","error":null}"#,
                false,
            ),
            (r#"{"n":[{"n":"x"}]}"#, false),
            (r#"{"n":"5501","trackingId":{"error":"x"}}"#, true),
            (r#"{"n":"5501","trackingId":"failed: not permitted"}"#, true),
            (r#"{"n":"5501","reason":"not owned"}"#, true),
            (r#"{"n":"5501","state":"PENDING_APPROVAL"}"#, true),
            (r#"{"n":"5501","warnings":["not applied"]}"#, true),
            (r#"{"n":[{"n":"x","detail":"no"}]}"#, true),
        ] {
            let value = serde_json::from_str(body).expect("an object");
            assert_eq!(says_more_than(&["n"], &value), is_more, "{body}");
        }
    }
}
