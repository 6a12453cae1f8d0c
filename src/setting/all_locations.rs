//! The numbers of a location and the rules that send calls to them, in one sheet.
//!
//! A row is written in the order in which no call goes astray: numbers that are set, then rules, then
//! numbers that are cleared.

use super::number_usage::PATTERNS;
use super::target_kind::LOCATION;
use super::{Field, Resource, Setting, Takes, WriteRequest};
use super::{flat_json_body, location_numbers, location_rules};

pub static ALL_LOCATIONS: Setting = Setting {
    name: "all-locations",
    target: &LOCATION,
    noun: "value",
    title: "Auto transfer numbers and rules for outgoing calls",
    fields: &FIELDS,
    read_scope: "spark-admin:telephony_config_read",
    write_scope: "spark-admin:telephony_config_write",
    resources: &[location_numbers::NUMBERS, RULES],
    writes: &[
        WriteRequest {
            resource: &location_numbers::NUMBERS,
            takes: Takes::Set,
            body: |changes, _| flat_json_body::write(&location_numbers::NAMES, changes),
        },
        WriteRequest {
            resource: &RULES,
            takes: Takes::All,
            body: location_rules::write,
        },
        WriteRequest {
            resource: &location_numbers::NUMBERS,
            takes: Takes::Cleared,
            body: |changes, _| flat_json_body::write(&location_numbers::NAMES, changes),
        },
    ],
    needs_read: true,
    imply: |_| {},
    when_ignored: None,
    used_in: &[PATTERNS],
};

const NUMBERS: usize = location_numbers::FIELDS.len();
const RULES_AND_TRANSFERS: usize = location_rules::FIELDS.len();

/// The same rules, which stand behind the numbers here.
const RULES: Resource = Resource {
    path: ["/telephony/config/locations/", "/outgoingPermission"],
    fields: NUMBERS..NUMBERS + RULES_AND_TRANSFERS,
    names: &location_rules::NAMES,
    read_body: location_rules::read,
};

static FIELDS: [Field; NUMBERS + RULES_AND_TRANSFERS] = {
    let mut all = [location_numbers::FIELDS[0]; NUMBERS + RULES_AND_TRANSFERS];
    let mut index = 0;
    while index < all.len() {
        all[index] = if index < NUMBERS {
            location_numbers::FIELDS[index]
        } else {
            location_rules::FIELDS[index - NUMBERS]
        };
        index += 1;
    }
    all
};
