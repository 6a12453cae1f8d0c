//! The three auto transfer numbers of a virtual line, in place of its location's.

use super::target_kind::{Entry, Listing, TargetKind, text};
use super::{Resource, Setting, Takes, WriteRequest, own_numbers};
use crate::model::ids::Kind;

pub static VIRTUAL_LINE_NUMBERS: Setting = Setting {
    name: "virtual-line-numbers",
    target: &VIRTUAL_LINE,
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
        "the virtual line has no outgoing permissions of its own, or Webex still shows the values from before. In Control Hub choose the virtual line, Calling, Outgoing call permissions, and see that custom settings are on; then send the row again",
    ),
    used_in: &[],
};

const NUMBERS: Resource = Resource {
    path: [
        "/telephony/config/virtualLines/",
        "/outgoingPermission/autoTransferNumbers",
    ],
    fields: 0..4,
    names: &own_numbers::NAMES,
    read_body: own_numbers::read,
};

static VIRTUAL_LINE: TargetKind = TargetKind {
    noun: "virtual line",
    plural: "virtual lines",
    id: Kind {
        segments: &["VIRTUAL_LINE", "VIRTUAL_LINES"],
        name: "a virtual line's id",
        like: "Y2lzY29zcGFyazovL3VzL1ZJUlRVQUxfTElORS8…",
    },
    id_column: "virtualLineId",
    id_spellings: &["virtuallineid"],
    name_column: "virtualLineName",
    name_spellings: &["virtuallinename"],
    words: &["virtual", "virtuell", "virtuelle", "virtualline"],
    also_called: &[],
    has_common_name: false,
    ignores_case: false,
    list: Listing {
        path: "/telephony/config/virtualLines",
        name: "virtualLines",
        most: 1000,
        scope: "spark-admin:telephony_config_read",
        read: |entry| {
            let name = match text(entry, "displayName") {
                empty if empty.is_empty() => {
                    let [first, last] = ["firstName", "lastName"].map(|name| text(entry, name));
                    format!("{first} {last}").trim().to_string()
                }
                name => name,
            };
            Entry {
                names: vec![name],
                ..Entry::default()
            }
        },
    },
};
