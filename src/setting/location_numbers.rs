//! The three auto transfer numbers of a location, to which its outgoing rules may send calls.
//!
//! <https://developer.webex.com/calling/docs/api/v1/locations-call-settings> documents
//! `autoTransferNumber1` to `autoTransferNumber3`. A field that is left out keeps its value, and the
//! empty text clears it. What is not set is read back as `null`, as the empty text, or not at all.

use super::number_usage::{PATTERNS, RULES};
use super::target_kind::LOCATION;
use super::{Field, FieldKind, Resource, Setting, Takes, WriteRequest, flat_json_body};

pub static LOCATION_NUMBERS: Setting = Setting {
    name: "location-numbers",
    target: &LOCATION,
    noun: "number",
    title: "Auto transfer numbers",
    fields: &FIELDS,
    read_scope: "spark-admin:telephony_config_read",
    write_scope: "spark-admin:telephony_config_write",
    resources: &[NUMBERS],
    writes: &[WriteRequest {
        resource: &NUMBERS,
        takes: Takes::All,
        body: |changes, _| flat_json_body::write(&NAMES, changes),
    }],
    needs_read: false,
    imply: |_| {},
    when_ignored: None,
    used_in: &[RULES, PATTERNS],
};

pub(super) const NUMBERS: Resource = Resource {
    path: [
        "/telephony/config/locations/",
        "/outgoingPermission/autoTransferNumbers",
    ],
    fields: 0..3,
    names: &NAMES,
    read_body: |body| flat_json_body::read(&NAMES, body),
};

pub(super) const FIELDS: [Field; 3] = [
    Field {
        column: "n1",
        name: NAMES[0],
        spellings: &["n1", "number1", "autotransfernumber1"],
        suffix: "1",
        kind: FieldKind::Number,
    },
    Field {
        column: "n2",
        name: NAMES[1],
        spellings: &["n2", "number2", "autotransfernumber2"],
        suffix: "2",
        kind: FieldKind::Number,
    },
    Field {
        column: "n3",
        name: NAMES[2],
        spellings: &["n3", "number3", "autotransfernumber3"],
        suffix: "3",
        kind: FieldKind::Number,
    },
];

pub(super) const NAMES: [&str; 3] = [
    "autoTransferNumber1",
    "autoTransferNumber2",
    "autoTransferNumber3",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::Change;
    use crate::model::current_values::CurrentValues;
    use crate::setting::{ReadBody, Reading};

    #[test]
    fn only_the_fields_that_change_are_sent() {
        let changes = [
            Change::Keep,
            Change::Clear,
            Change::Set("+12025550101".into()),
        ];
        let [only] = LOCATION_NUMBERS.writes else {
            panic!("one request")
        };
        let none = CurrentValues::default();
        let part = LOCATION_NUMBERS.part(only, &changes, &none);
        let body = LOCATION_NUMBERS.body(only, &part, &none);
        let body = String::from_utf8(body).expect("a text");
        assert_eq!(
            body,
            r#"{"autoTransferNumber2":"","autoTransferNumber3":"+12025550101"}"#
        );
    }

    #[test]
    fn what_is_read_is_the_numbers_nothing_or_something_else() {
        let values = |values: [Option<&str>; 3]| {
            ReadBody::Values(Reading {
                values: CurrentValues::of(values),
                ..Reading::default()
            })
        };
        for (body, read) in [
            (
                r#"{"autoTransferNumber1":"+12025550101","autoTransferNumber2":null,"autoTransferNumber3":""}"#,
                values([Some("+12025550101"), None, None]),
            ),
            (
                r#"{"autoTransferNumber2":"*7201","more":[1]}"#,
                values([None, Some("*7201"), None]),
            ),
            (r#"{"autoTransferNumber3":null}"#, values([None; 3])),
            (
                r#"{"autoTransferNumber1":"sip:front\u0020desk@example.com"}"#,
                values([Some("sip:front desk@example.com"), None, None]),
            ),
            ("{}", ReadBody::Empty),
            (" { } ", ReadBody::Empty),
            (r#"{"message":"not now"}"#, ReadBody::Other),
            (r#"{"items":[]}"#, ReadBody::Other),
            (r#"{"auto_transfer_number_1":"5501"}"#, ReadBody::Other),
            (r#"{"autoTransferNumber1":5501}"#, ReadBody::Other),
            ("[]", ReadBody::Other),
            ("null", ReadBody::Other),
            ("", ReadBody::Other),
            ("<html></html>", ReadBody::Other),
            (r#"{"autoTransferNumber1":"550"#, ReadBody::Other),
        ] {
            assert_eq!((NUMBERS.read_body)(body.as_bytes()), read, "{body}");
        }
    }

    #[test]
    fn changes_are_met_when_sending_them_would_change_nothing() {
        let present = CurrentValues::of([Some("2025550101"), None, Some("+49-6100773123")]);
        let set = |number: &'static str| Change::Set(number.into());
        for (changes, are_met) in [
            ([Change::Keep, Change::Keep, Change::Keep], true),
            (
                [set("+12025550101"), Change::Clear, set("+496100773123")],
                true,
            ),
            ([set("+12025550102"), Change::Keep, Change::Keep], false),
            ([Change::Clear, Change::Keep, Change::Keep], false),
            ([Change::Keep, set("5501"), Change::Keep], false),
        ] {
            assert_eq!(
                LOCATION_NUMBERS.are_met(&changes, &present),
                are_met,
                "{changes:?}"
            );
        }
    }
}
