//! The three auto transfer numbers of a workspace, in place of its location's.
//!
//! A change of them is answered with a success and ignored as long as the workspace has no outgoing
//! permissions of its own: <https://github.com/jeokrohn/wxc_sdk> tests it so.

use super::target_kind::{Entry, Listing, TargetKind, text};
use super::{Resource, Setting, Takes, WriteRequest, own_numbers};
use crate::model::ids::Kind;

pub static WORKSPACE_NUMBERS: Setting = Setting {
    name: "workspace-numbers",
    target: &WORKSPACE,
    noun: "value",
    title: "Auto transfer numbers",
    fields: &own_numbers::FIELDS,
    read_scope: "spark-admin:workspaces_read",
    write_scope: "spark-admin:workspaces_write",
    resources: &[NUMBERS],
    writes: &[WriteRequest {
        resource: &NUMBERS,
        takes: Takes::All,
        body: own_numbers::write,
    }],
    needs_read: true,
    imply: own_numbers::imply,
    when_ignored: Some(
        "the workspace has no outgoing permissions of its own, or Webex still shows the values from before. In Control Hub choose the workspace, Calling, Outgoing call permissions, and see that custom settings are on; then send the row again",
    ),
    used_in: &[],
};

const NUMBERS: Resource = Resource {
    path: [
        "/workspaces/",
        "/features/outgoingPermission/autoTransferNumbers",
    ],
    fields: 0..4,
    names: &own_numbers::NAMES,
    read_body: own_numbers::read,
};

static WORKSPACE: TargetKind = TargetKind {
    noun: "workspace",
    plural: "workspaces",
    id: Kind {
        segments: &["PLACE", "PLACES", "WORKSPACE", "WORKSPACES"],
        name: "a workspace's id",
        like: "Y2lzY29zcGFyazovL3VzL1BMQUNFL…",
    },
    id_column: "workspaceId",
    id_spellings: &["workspaceid"],
    name_column: "workspaceName",
    name_spellings: &["workspacename"],
    words: &[
        "workspace",
        "workspaces",
        "arbeitsbereich",
        "arbeitsbereiche",
        "werkruimte",
    ],
    also_called: &["room", "rooms", "raum", "räume", "salle", "sala"],
    has_common_name: false,
    ignores_case: false,
    list: Listing {
        path: "/workspaces",
        name: "items",
        most: 1000,
        scope: "spark-admin:workspaces_read",
        read: |entry| {
            let calling = entry.get("calling").and_then(|calling| calling.get("type"));
            let kind = calling.and_then(|kind| kind.as_str());
            Entry {
                names: vec![text(entry, "displayName")],
                has_no_calling: kind.is_some_and(|kind| kind != "webexCalling"),
            }
        },
    },
};
