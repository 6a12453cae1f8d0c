//! The three auto transfer numbers of a person, in place of the location's.

use serde_json::Value;

use super::target_kind::{Entry, Listing, TargetKind};
use super::{Resource, Setting, Takes, WriteRequest, own_numbers};
use crate::model::ids::Kind;

pub static PERSON_NUMBERS: Setting = Setting {
    name: "person-numbers",
    target: &PERSON,
    noun: "value",
    title: "Auto transfer numbers",
    fields: &own_numbers::FIELDS,
    read_scope: "spark-admin:telephony_config_read",
    write_scope: "spark-admin:telephony_config_write",
    resources: &[NUMBERS],
    writes: &[WriteRequest {
        resource: &NUMBERS,
        takes: Takes::All,
        body: own_numbers::write,
    }],
    needs_read: true,
    imply: own_numbers::imply,
    when_ignored: Some(
        "the person has no outgoing permissions of their own, or Webex still shows the values from before. In Control Hub choose the user, Calling, Outgoing call permissions, and see that custom settings are on; then send the row again",
    ),
    used_in: &[],
};

const NUMBERS: Resource = Resource {
    path: [
        "/telephony/config/people/",
        "/outgoingPermission/autoTransferNumbers",
    ],
    fields: 0..4,
    names: &own_numbers::NAMES,
    read_body: own_numbers::read,
};

static PERSON: TargetKind = TargetKind {
    noun: "person",
    plural: "people",
    id: Kind {
        segments: &["PEOPLE", "PERSON"],
        name: "a person's id",
        like: "Y2lzY29zcGFyazovL3VzL1BFT1BMR…",
    },
    id_column: "personId",
    id_spellings: &["personid"],
    name_column: "email",
    name_spellings: &["email", "emailaddress"],
    words: &["person", "people", "user", "benutzer"],
    also_called: &[],
    has_common_name: true,
    ignores_case: true,
    list: Listing {
        path: "/people?callingData=true",
        name: "items",
        most: 100,
        scope: "spark-admin:people_read",
        read: |entry| {
            let emails = entry.get("emails").and_then(Value::as_array);
            let emails = emails.into_iter().flatten().filter_map(Value::as_str);
            Entry {
                names: emails.map(String::from).collect(),
                // Only who has Webex Calling has a location.
                has_no_calling: !entry.get("locationId").is_some_and(Value::is_string),
            }
        },
    },
};
