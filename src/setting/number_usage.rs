//! What uses the numbers of a location: its rules, and its digit patterns, which come before them.
//!
//! Both have the same actions, and one of them sends calls to one of the numbers. What the service does
//! when such a number is cleared is not documented; calls of that kind would have nowhere to go.

use serde_json::{Map, Value};

use super::{ReadBody, Reading, Resource};
use crate::model::usage::Usage;

/// How the actions begin that send calls to a number, which is counted from one behind it.
const TRANSFER: &str = "TRANSFER_NUMBER_";

/// A name of a digit pattern is shown up to this many characters.
const SHOWN: usize = 40;

/// The rules, as far as they use numbers.
pub(super) const RULES: Resource = Resource {
    path: ["/telephony/config/locations/", "/outgoingPermission"],
    fields: 0..0,
    names: &[],
    read_body: |body| {
        read(body, "callingPermissions", false, |rule| {
            Some(calls_of_type(rule.get("callType")?.as_str()?))
        })
    },
};

pub(super) const PATTERNS: Resource = Resource {
    path: [
        "/telephony/config/locations/",
        "/outgoingPermission/digitPatterns",
    ],
    fields: 0..0,
    names: &[],
    read_body: |body| {
        read(body, "digitPatterns", true, |pattern| {
            let text = |name: &str| pattern.get(name).and_then(Value::as_str).map(shorten);
            let digits = text("pattern").unwrap_or_default();
            Some(match text("name") {
                Some(name) => format!("calls to the digit pattern `{name}` ({digits})"),
                None => format!("calls to the digit pattern {digits}"),
            })
        })
    },
};

/// Which number an action sends calls to, counted from zero.
pub(super) fn number_of(action: &str) -> Option<usize> {
    let action = action.trim().to_ascii_uppercase();
    let number: usize = action.strip_prefix(TRANSFER)?.parse().ok()?;
    number.checked_sub(1)
}

/// Whether an action may send calls to a number of which it cannot be told.
pub(super) fn is_unclear(action: &str) -> bool {
    let start = action.trim().get(..TRANSFER.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(TRANSFER)) && number_of(action).is_none()
}

/// Where a rule for a call type sends calls to a number: which.
pub(super) fn usage_of_type(call_type: &str, action: &str) -> Option<Usage> {
    Some(Usage {
        number: number_of(action)?,
        calls: calls_of_type(call_type).into(),
    })
}

pub(super) fn calls_of_type(call_type: &str) -> String {
    format!("{} calls", shorten(call_type))
}

/// A location always has rules, and need not have digit patterns.
fn read(
    body: &[u8],
    list: &str,
    may_be_empty: bool,
    calls: fn(&Map<String, Value>) -> Option<String>,
) -> ReadBody {
    let object: Result<Map<String, Value>, _> = serde_json::from_slice(body);
    let Some(Value::Array(rules)) = object.ok().and_then(|mut object| object.remove(list)) else {
        return ReadBody::Other;
    };
    let mut reading = Reading::default();
    let mut understood = 0;
    for rule in &rules {
        let rule = rule.as_object();
        let action = rule.and_then(|rule| rule.get("action")?.as_str());
        let (Some(rule), Some(action)) = (rule, action.filter(|action| !is_unclear(action))) else {
            // What the others say is so all the same.
            reading.is_partial = true;
            continue;
        };
        understood += 1;
        let Some(number) = number_of(action) else {
            continue;
        };
        reading.usages.push(Usage {
            number,
            calls: calls(rule).unwrap_or_else(|| "some calls".into()).into(),
        });
    }
    // Of a list of which nothing is understood nothing can be said.
    if understood == 0 && (reading.is_partial || !may_be_empty) {
        return ReadBody::Other;
    }
    ReadBody::Values(reading)
}

/// In one line, and not too long.
fn shorten(text: &str) -> String {
    let mut shown: String = text
        .chars()
        .map(|character| match character {
            control if control.is_control() => ' ',
            other => other,
        })
        .take(SHOWN)
        .collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usages(resource: &Resource, body: &str) -> Option<Vec<(usize, String)>> {
        match (resource.read_body)(body.as_bytes()) {
            ReadBody::Values(reading) => {
                let usages = reading.usages.into_iter();
                let usages = usages.map(|usage| (usage.number, usage.calls.into()));
                Some(usages.collect())
            }
            ReadBody::Empty | ReadBody::Other => None,
        }
    }

    #[test]
    fn rules_and_digit_patterns_say_which_calls_go_to_which_number() {
        let rules = r#"{"callingPermissions":[
            {"callType":"INTERNATIONAL","action":"TRANSFER_NUMBER_2","transferEnabled":true},
            {"callType":"NATIONAL","action":"ALLOW","transferEnabled":true},
            {"callType":"CASUAL","action":"TRANSFER_NUMBER_1"}]}"#;
        assert_eq!(
            usages(&RULES, rules),
            Some(vec![
                (1, "INTERNATIONAL calls".into()),
                (0, "CASUAL calls".into())
            ])
        );
        let patterns = r#"{"digitPatterns":[
            {"id":"x","name":"Chi\ncago","pattern":"1312XXXXXXX","action":"TRANSFER_NUMBER_3"},
            {"id":"y","name":"Rest","pattern":"1X","action":"AUTH_CODE"}]}"#;
        assert_eq!(
            usages(&PATTERNS, patterns),
            Some(vec![(
                2,
                "calls to the digit pattern `Chi cago` (1312XXXXXXX)".into()
            )])
        );
        assert_eq!(usages(&PATTERNS, r#"{"digitPatterns":[]}"#), Some(vec![]));
    }

    #[test]
    fn what_is_understood_of_a_list_is_said_also_where_that_is_not_all() {
        let second = r#"{"callType":"NATIONAL","action":"TRANSFER_NUMBER_2"}"#;
        for other in [
            r#"{"callType":"URL_DIALING","action":null}"#,
            r#"{"callType":"URL_DIALING"}"#,
            r#"{"callType":"TOLL_FREE","action":"TRANSFER_NUMBER_X"}"#,
            r#""TOLL_FREE""#,
        ] {
            let body = format!(r#"{{"callingPermissions":[{other},{second}]}}"#);
            let ReadBody::Values(reading) = (RULES.read_body)(body.as_bytes()) else {
                panic!("{body}")
            };
            assert!(reading.is_partial, "{body}");
            assert_eq!(reading.usages.len(), 1, "{body}");
        }
        for action in ["transfer_number_2", " TRANSFER_NUMBER_2 "] {
            assert_eq!(number_of(action), Some(1));
        }
    }

    #[test]
    fn what_is_no_such_list_says_nothing() {
        for body in [
            "",
            "{}",
            "[]",
            r#"{"digitPatterns":{}}"#,
            r#"{"callingPermissions":[{"callType":"NATIONAL"}]}"#,
            r#"{"callingPermissions":["NATIONAL"]}"#,
            r#"{"callingPermissions":[]}"#,
            "<html></html>",
        ] {
            assert_eq!(usages(&RULES, body), None, "{body}");
        }
        assert_eq!(number_of("TRANSFER_NUMBER_0"), None);
        assert_eq!(number_of("TRANSFER_NUMBER_"), None);
    }
}
