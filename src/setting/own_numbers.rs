//! The three auto transfer numbers of something that may have its own in place of its location's: a
//! workspace, a person or a virtual line.
//!
//! <https://developer.webex.com/calling/docs/api/v1/workspace-call-settings> documents the numbers as those
//! of a location, and `useCustomTransferNumbers` beside them: whether they are used at all. Each change has
//! to say it, so the present values are read first, and it is sent as it is unless the row says otherwise.

use serde_json::{Map, Value};

use super::{Field, FieldKind, ReadBody, Reading, flat_json_body, location_numbers};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;

pub(super) const FIELDS: [Field; 4] = [
    location_numbers::FIELDS[0],
    location_numbers::FIELDS[1],
    location_numbers::FIELDS[2],
    Field {
        column: "custom",
        name: USED,
        spellings: &["custom", "usecustomtransfernumbers"],
        suffix: "Custom",
        kind: FieldKind::YesOrNo,
    },
];

const NUMBERS: usize = location_numbers::FIELDS.len();
const CUSTOM: usize = NUMBERS;

/// What a body is made of.
pub(super) const NAMES: [&str; 4] = [FIELDS[0].name, FIELDS[1].name, FIELDS[2].name, USED];

const USED: &str = "useCustomTransferNumbers";

const YES: &str = "yes";
const NO: &str = "no";

/// Who sets a number means it to be used.
pub(super) fn imply(changes: &mut [Change<'_>]) {
    let (numbers, others) = changes.split_at_mut(CUSTOM.min(changes.len()));
    let sets_one = numbers
        .iter()
        .any(|change| matches!(change, Change::Set(_)));
    if let (Some(custom @ Change::Keep), true) = (others.first_mut(), sets_one) {
        *custom = Change::Set(YES.into());
    }
}

pub(super) fn write(changes: &[Change<'_>], current: &CurrentValues) -> Vec<u8> {
    let numbers = flat_json_body::fields(&location_numbers::NAMES, changes);
    let custom = match changes.get(CUSTOM) {
        Some(Change::Set(custom)) => Some(custom.as_ref()),
        _ => current.get(CUSTOM),
    };
    let mut object: Map<String, Value> = numbers.collect();
    object.insert(USED.to_string(), (custom == Some(YES)).into());
    Value::Object(object).to_string().into()
}

/// What an object says of the numbers and of their use. Without the one the other is no answer.
pub(super) fn read(body: &[u8]) -> ReadBody {
    let object: Option<Map<String, Value>> = serde_json::from_slice(body).ok();
    let custom = object.as_ref().and_then(|object| object.get(USED));
    let custom = custom.and_then(Value::as_bool);
    let custom = custom.map(|custom| if custom { YES } else { NO });
    let mut reading = match (flat_json_body::read(&location_numbers::NAMES, body), custom) {
        (ReadBody::Values(reading), Some(_)) => reading,
        // Numbers that are not set may be left out.
        (ReadBody::Other, Some(_)) if is_without_numbers(object.as_ref()) => Reading::default(),
        (ReadBody::Empty, None) => return ReadBody::Empty,
        _ => return ReadBody::Other,
    };
    let numbers = (0..NUMBERS).map(|index| reading.values.get(index));
    reading.values = CurrentValues::of(numbers.chain([custom]));
    ReadBody::Values(reading)
}

fn is_without_numbers(object: Option<&Map<String, Value>>) -> bool {
    let has = |name: &&str| object.is_some_and(|object| object.contains_key(*name));
    !location_numbers::NAMES.iter().any(has)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(value: &'static str) -> Change<'static> {
        Change::Set(value.into())
    }

    #[test]
    fn each_change_says_whether_the_numbers_are_used() {
        let keep = || Change::Keep;
        for (changes, custom, body) in [
            (
                [set("5501"), keep(), keep(), keep()],
                "no",
                r#"{"autoTransferNumber1":"5501","useCustomTransferNumbers":true}"#,
            ),
            (
                [set("5501"), keep(), keep(), set("no")],
                "yes",
                r#"{"autoTransferNumber1":"5501","useCustomTransferNumbers":false}"#,
            ),
            (
                [keep(), Change::Clear, keep(), keep()],
                "no",
                r#"{"autoTransferNumber2":"","useCustomTransferNumbers":false}"#,
            ),
            (
                [keep(), Change::Clear, keep(), keep()],
                "yes",
                r#"{"autoTransferNumber2":"","useCustomTransferNumbers":true}"#,
            ),
            (
                [keep(), keep(), keep(), set("yes")],
                "no",
                r#"{"useCustomTransferNumbers":true}"#,
            ),
        ] {
            let mut changes = changes;
            imply(&mut changes);
            let current = CurrentValues::of([None, Some("5502"), None, Some(custom)]);
            let written = String::from_utf8(write(&changes, &current)).expect("a text");
            assert_eq!(written, body);
        }
    }

    #[test]
    fn numbers_without_their_use_are_no_answer() {
        let values = |values: [Option<&str>; 4]| {
            ReadBody::Values(Reading {
                values: CurrentValues::of(values),
                ..Reading::default()
            })
        };
        for (body, wanted) in [
            (
                r#"{"autoTransferNumber1":"5501","autoTransferNumber2":null,"useCustomTransferNumbers":true}"#,
                values([Some("5501"), None, None, Some("yes")]),
            ),
            (
                r#"{"useCustomTransferNumbers":false}"#,
                values([None, None, None, Some("no")]),
            ),
            ("{}", ReadBody::Empty),
            (r#"{"autoTransferNumber1":"5501"}"#, ReadBody::Other),
            (
                r#"{"autoTransferNumber1":5501,"useCustomTransferNumbers":true}"#,
                ReadBody::Other,
            ),
            (r#"{"useCustomTransferNumbers":"yes"}"#, ReadBody::Other),
            ("", ReadBody::Other),
            ("[]", ReadBody::Other),
        ] {
            assert_eq!(read(body.as_bytes()), wanted, "{body}");
        }
    }
}
