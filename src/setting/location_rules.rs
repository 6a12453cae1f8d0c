//! The rules of a location for outgoing calls: what becomes of calls of each type, and whether they may
//! be transferred or forwarded.
//!
//! <https://developer.webex.com/calling/docs/api/v1/location-call-settings> documents
//! `callingPermissions`: a list with an element for each call type. A change names the call types that
//! change and gives all three fields of each, so the present values are read first. Types that the
//! service restricts, and older ones that it may still list, are never sent.

use serde_json::{Map, Value, json};

use super::number_usage::{PATTERNS, is_unclear, usage_of_type};
use super::target_kind::LOCATION;
use super::{
    Field, FieldKind, ReadBody, Reading, Resource, Setting, Takes, WriteRequest, location_numbers,
};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;

pub static LOCATION_RULES: Setting = Setting {
    name: "location-rules",
    target: &LOCATION,
    noun: "rule",
    title: "Rules for outgoing calls",
    fields: &FIELDS,
    read_scope: "spark-admin:telephony_config_read",
    write_scope: "spark-admin:telephony_config_write",
    resources: &[RULES],
    writes: &[WriteRequest {
        resource: &RULES,
        takes: Takes::All,
        body: write,
    }],
    needs_read: true,
    imply: |_| {},
    when_ignored: None,
    used_in: &[location_numbers::NUMBERS, PATTERNS],
};

const RULES: Resource = Resource {
    path: ["/telephony/config/locations/", "/outgoingPermission"],
    fields: 0..20,
    names: &NAMES,
    read_body: read,
};

/// What a body is made of.
pub(super) const NAMES: [&str; 5] = [
    "callingPermissions",
    "callType",
    "action",
    "transferEnabled",
    "isCallTypeRestrictionEnabled",
];

/// What becomes of calls of each type; then whether they may be transferred.
pub(super) const FIELDS: [Field; 20] = [
    action(
        "internalCall",
        "INTERNAL_CALL",
        "InternalCall",
        &["internalcall", "internalcalls"],
    ),
    action(
        "tollFree",
        "TOLL_FREE",
        "TollFree",
        &["tollfree", "tollfreecall", "tollfreecalls"],
    ),
    action(
        "international",
        "INTERNATIONAL",
        "International",
        &["international", "internationalcall", "internationalcalls"],
    ),
    action(
        "operatorAssisted",
        "OPERATOR_ASSISTED",
        "OperatorAssisted",
        &[
            "operatorassisted",
            "operatorassistedcall",
            "operatorassistedcalls",
            "operatorassistance",
        ],
    ),
    action(
        "chargeableDirectoryAssisted",
        "CHARGEABLE_DIRECTORY_ASSISTED",
        "ChargeableDirectoryAssisted",
        &[
            "chargeabledirectoryassisted",
            "chargeabledirectoryassistedcall",
            "chargeabledirectoryassistedcalls",
            "chargeabledirectoryassistance",
        ],
    ),
    action(
        "specialServices1",
        "SPECIAL_SERVICES_I",
        "SpecialServices1",
        &[
            "specialservices1",
            "specialservicesi",
            "specialservices1calls",
            "specialservicesicalls",
        ],
    ),
    action(
        "specialServices2",
        "SPECIAL_SERVICES_II",
        "SpecialServices2",
        &[
            "specialservices2",
            "specialservicesii",
            "specialservices2calls",
            "specialservicesiicalls",
        ],
    ),
    action(
        "premiumServices1",
        "PREMIUM_SERVICES_I",
        "PremiumServices1",
        &[
            "premiumservices1",
            "premiumservicesi",
            "premiumservices1calls",
            "premiumservicesicalls",
        ],
    ),
    action(
        "premiumServices2",
        "PREMIUM_SERVICES_II",
        "PremiumServices2",
        &[
            "premiumservices2",
            "premiumservicesii",
            "premiumservices2calls",
            "premiumservicesiicalls",
        ],
    ),
    action(
        "national",
        "NATIONAL",
        "National",
        &["national", "nationalcall", "nationalcalls"],
    ),
    transfer(
        "internalCallTransfer",
        "INTERNAL_CALL",
        "InternalCallTransfer",
        &[
            "internalcalltransfer",
            "internalcallstransfer",
            "internalcalltransferenabled",
            "internalcallstransferenabled",
        ],
    ),
    transfer(
        "tollFreeTransfer",
        "TOLL_FREE",
        "TollFreeTransfer",
        &["tollfreetransfer", "tollfreetransferenabled"],
    ),
    transfer(
        "internationalTransfer",
        "INTERNATIONAL",
        "InternationalTransfer",
        &["internationaltransfer", "internationaltransferenabled"],
    ),
    transfer(
        "operatorAssistedTransfer",
        "OPERATOR_ASSISTED",
        "OperatorAssistedTransfer",
        &[
            "operatorassistedtransfer",
            "operatorassistedtransferenabled",
        ],
    ),
    transfer(
        "chargeableDirectoryAssistedTransfer",
        "CHARGEABLE_DIRECTORY_ASSISTED",
        "ChargeableDirectoryAssistedTransfer",
        &[
            "chargeabledirectoryassistedtransfer",
            "chargeabledirectoryassistedtransferenabled",
        ],
    ),
    transfer(
        "specialServices1Transfer",
        "SPECIAL_SERVICES_I",
        "SpecialServices1Transfer",
        &[
            "specialservices1transfer",
            "specialservicesitransfer",
            "specialservices1transferenabled",
            "specialservicesitransferenabled",
        ],
    ),
    transfer(
        "specialServices2Transfer",
        "SPECIAL_SERVICES_II",
        "SpecialServices2Transfer",
        &[
            "specialservices2transfer",
            "specialservicesiitransfer",
            "specialservices2transferenabled",
            "specialservicesiitransferenabled",
        ],
    ),
    transfer(
        "premiumServices1Transfer",
        "PREMIUM_SERVICES_I",
        "PremiumServices1Transfer",
        &[
            "premiumservices1transfer",
            "premiumservicesitransfer",
            "premiumservices1transferenabled",
            "premiumservicesitransferenabled",
        ],
    ),
    transfer(
        "premiumServices2Transfer",
        "PREMIUM_SERVICES_II",
        "PremiumServices2Transfer",
        &[
            "premiumservices2transfer",
            "premiumservicesiitransfer",
            "premiumservices2transferenabled",
            "premiumservicesiitransferenabled",
        ],
    ),
    transfer(
        "nationalTransfer",
        "NATIONAL",
        "NationalTransfer",
        &["nationaltransfer", "nationaltransferenabled"],
    ),
];

/// Call types, which are half of the fields.
const TYPES: usize = FIELDS.len() / 2;

const YES: &str = "yes";
const NO: &str = "no";

const fn action(
    column: &'static str,
    name: &'static str,
    suffix: &'static str,
    spellings: &'static [&'static str],
) -> Field {
    Field {
        column,
        name,
        spellings,
        suffix,
        kind: FieldKind::Action,
    }
}

const fn transfer(
    column: &'static str,
    name: &'static str,
    suffix: &'static str,
    spellings: &'static [&'static str],
) -> Field {
    Field {
        column,
        name,
        spellings,
        suffix,
        kind: FieldKind::YesOrNo,
    }
}

/// The call types that change, each with what it does not change as it is.
pub(super) fn write(changes: &[Change<'_>], current: &CurrentValues) -> Vec<u8> {
    let value = |index: usize| match changes.get(index) {
        Some(Change::Set(value)) => Some(value.as_ref()),
        _ => current.get(index),
    };
    let is_changed = |index: usize| matches!(changes.get(index), Some(Change::Set(_)));
    let types = (0..TYPES).filter(|index| is_changed(*index) || is_changed(index + TYPES));
    let elements = types.filter_map(|index| {
        Some(json!({
            "callType": FIELDS[index].name,
            "action": value(index)?,
            "transferEnabled": value(index + TYPES)? == YES,
        }))
    });
    let elements: Vec<Value> = elements.collect();
    json!({ "callingPermissions": elements }).to_string().into()
}

/// What a list of rules says of the call types that may be changed, and which numbers the others use. Half a
/// rule is none.
pub(super) fn read(body: &[u8]) -> ReadBody {
    let object: Result<Map<String, Value>, _> = serde_json::from_slice(body);
    let rules = object
        .ok()
        .and_then(|mut object| object.remove("callingPermissions"));
    let Some(Value::Array(rules)) = rules else {
        return ReadBody::Other;
    };
    let mut values: Vec<Option<String>> = vec![None; FIELDS.len()];
    let mut restricted = Vec::new();
    let mut usages = Vec::new();
    // A location always has rules.
    let mut is_partial = rules.is_empty();
    for rule in &rules {
        let text = |name: &str| rule.get(name).and_then(Value::as_str);
        let Some(call_type) = text("callType") else {
            return ReadBody::Other;
        };
        let Some(index) = (0..TYPES).find(|index| FIELDS[*index].name == call_type) else {
            // Of an older type nothing is needed but what it uses.
            match text("action").filter(|action| !is_unclear(action)) {
                Some(action) => usages.extend(usage_of_type(call_type, action)),
                None => is_partial = true,
            }
            continue;
        };
        let may_transfer = rule.get("transferEnabled").and_then(Value::as_bool);
        let (Some(action), Some(may_transfer)) = (text("action"), may_transfer) else {
            return ReadBody::Other;
        };
        values[index] = Some(action.to_string());
        values[index + TYPES] = Some(if may_transfer { YES } else { NO }.to_string());
        let is_restricted = rule.get("isCallTypeRestrictionEnabled");
        if is_restricted.and_then(Value::as_bool) == Some(true) {
            restricted.extend([index, index + TYPES]);
        }
    }
    ReadBody::Values(Reading {
        values: CurrentValues::of(values.iter().map(Option::as_deref)),
        restricted,
        usages,
        is_partial,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NATIONAL: usize = 9;

    fn reading(body: &str) -> Option<Reading> {
        match read(body.as_bytes()) {
            ReadBody::Values(reading) => Some(reading),
            ReadBody::Empty | ReadBody::Other => None,
        }
    }

    #[test]
    fn what_changes_is_sent_with_the_rest_of_its_type_as_it_is() {
        let read = reading(
            r#"{"callingPermissions":[
            {"callType":"INTERNATIONAL","action":"BLOCK","transferEnabled":false,"isCallTypeRestrictionEnabled":false},
            {"callType":"URL_DIALING","action":"ALLOW","transferEnabled":true},
            {"callType":"CASUAL","action":"TRANSFER_NUMBER_2","transferEnabled":true},
            {"callType":"NATIONAL","action":"ALLOW","transferEnabled":true,"isCallTypeRestrictionEnabled":true}]}"#,
        )
        .expect("a reading");
        assert_eq!(read.restricted, [NATIONAL, NATIONAL + TYPES]);
        assert_eq!(read.values.get(2), Some("BLOCK"));
        assert_eq!(read.values.get(0), None);
        assert_eq!(
            read.usages,
            [usage_of_type("CASUAL", "TRANSFER_NUMBER_2").expect("a use")]
        );

        let mut changes = vec![Change::Keep; FIELDS.len()];
        let body = |changes: &[Change<'_>]| {
            String::from_utf8(write(changes, &read.values)).expect("a text")
        };
        changes[2] = Change::Set("TRANSFER_NUMBER_2".into());
        assert_eq!(
            body(&changes),
            r#"{"callingPermissions":[{"action":"TRANSFER_NUMBER_2","callType":"INTERNATIONAL","transferEnabled":false}]}"#
        );
        changes[2] = Change::Keep;
        changes[2 + TYPES] = Change::Set("yes".into());
        assert_eq!(
            body(&changes),
            r#"{"callingPermissions":[{"action":"BLOCK","callType":"INTERNATIONAL","transferEnabled":true}]}"#
        );
    }

    #[test]
    fn half_a_rule_is_no_answer() {
        for body in [
            "",
            "{}",
            "[]",
            r#"{"callingPermissions":null}"#,
            r#"{"callingPermissions":[{"callType":"NATIONAL","action":"ALLOW"}]}"#,
            r#"{"callingPermissions":[{"callType":"NATIONAL","transferEnabled":true}]}"#,
            r#"{"callingPermissions":["NATIONAL"]}"#,
            r#"{"message":"not now"}"#,
        ] {
            assert_eq!(reading(body), None, "{body}");
        }
        // An older type lacks what it likes; then not all is known that uses numbers.
        for (older, is_partial) in [
            (r#"{"callType":"URL_DIALING","action":"ALLOW"}"#, false),
            (r#"{"callType":"URL_DIALING","action":null}"#, true),
            (r#"{"callType":"URL_DIALING"}"#, true),
        ] {
            let national = r#"{"callType":"NATIONAL","action":"ALLOW","transferEnabled":true}"#;
            let read = reading(&format!(r#"{{"callingPermissions":[{older},{national}]}}"#));
            let read = read.expect("a list");
            assert_eq!(read.values.get(NATIONAL), Some("ALLOW"), "{older}");
            assert_eq!(read.is_partial, is_partial, "{older}");
        }
        let none = reading(r#"{"callingPermissions":[]}"#).expect("a list");
        assert_eq!(none.values.get(NATIONAL), None);
    }

    #[test]
    fn every_column_has_its_pair_and_is_found_by_its_own_name() {
        for index in 0..TYPES {
            let (action, transfer) = (&FIELDS[index], &FIELDS[index + TYPES]);
            assert_eq!(action.name, transfer.name);
            assert_eq!(format!("{}Transfer", action.column), transfer.column);
            for field in [action, transfer] {
                assert!(field.spellings.contains(&&*field.column.to_lowercase()));
            }
            let api: String = action.name.to_lowercase().replace('_', "");
            assert!(action.spellings.contains(&&*api), "{api}");
        }
    }
}
