//! Calling permissions: the action for each call type, with partial updates and restricted call types.
//!
//! The ten call types, their actions and defaults are those of the
//! [reference](https://developer.webex.com/calling/docs/api/v1/location-call-settings). An update names the call types
//! that it changes; the others keep their values.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::http_response::ApiError;

/// The call types of the reference.
const CALL_TYPES: [&str; 10] = [
    "INTERNAL_CALL",
    "TOLL_FREE",
    "INTERNATIONAL",
    "OPERATOR_ASSISTED",
    "CHARGEABLE_DIRECTORY_ASSISTED",
    "SPECIAL_SERVICES_I",
    "SPECIAL_SERVICES_II",
    "PREMIUM_SERVICES_I",
    "PREMIUM_SERVICES_II",
    "NATIONAL",
];

/// Call types that are blocked and cannot be transferred by default. All others are allowed and can be.
const BLOCKED_BY_DEFAULT: [&str; 3] =
    ["INTERNATIONAL", "PREMIUM_SERVICES_I", "PREMIUM_SERVICES_II"];

const ACTIONS: [&str; 6] = [
    "ALLOW",
    "BLOCK",
    "AUTH_CODE",
    "TRANSFER_NUMBER_1",
    "TRANSFER_NUMBER_2",
    "TRANSFER_NUMBER_3",
];

/// What an update of a restricted call type is answered, which the reference does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RestrictedUpdate {
    #[default]
    Refused,
    /// 204, and the call type keeps its action.
    Ignored,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallTypePermission {
    /// Also an old one, such as `URL_DIALING`, which is read but cannot be updated.
    pub call_type: String,
    pub action: String,
    pub transfer_enabled: bool,
    /// Whether the service fixes it.
    #[serde(default, rename = "isCallTypeRestrictionEnabled")]
    pub restricted: bool,
}

impl CallTypePermission {
    fn default_of(call_type: &str) -> CallTypePermission {
        let blocked = BLOCKED_BY_DEFAULT.contains(&call_type);
        CallTypePermission {
            call_type: call_type.to_owned(),
            action: if blocked { "BLOCK" } else { "ALLOW" }.to_owned(),
            transfer_enabled: !blocked,
            restricted: false,
        }
    }
}

/// The permissions of one location or entity. Only those that differ from the defaults are stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CallingPermissions(Vec<CallTypePermission>);

impl CallingPermissions {
    pub(super) fn new(permissions: Vec<CallTypePermission>) -> CallingPermissions {
        let mut all = CallingPermissions::default();
        for permission in permissions {
            all.set(permission);
        }
        all
    }

    fn of(&self, call_type: &str) -> CallTypePermission {
        let stored = self.0.iter().find(|stored| stored.call_type == call_type);
        stored
            .cloned()
            .unwrap_or_else(|| CallTypePermission::default_of(call_type))
    }

    fn set(&mut self, permission: CallTypePermission) {
        self.0
            .retain(|stored| stored.call_type != permission.call_type);
        let is_old = !CALL_TYPES.contains(&permission.call_type.as_str());
        if is_old || permission != CallTypePermission::default_of(&permission.call_type) {
            self.0.push(permission);
        }
    }

    /// Validates the whole update before it changes anything.
    pub(super) fn update(
        &mut self,
        body: &Map<String, Value>,
        restricted: RestrictedUpdate,
    ) -> Result<(), ApiError> {
        let Some(Value::Array(elements)) = body.get("callingPermissions") else {
            return Err(ApiError::bad_request(
                "Invalid value for 'callingPermissions'.",
                25024,
                25024,
            ));
        };
        let mut changes = Vec::with_capacity(elements.len());
        for element in elements {
            let change = self.parse(element)?;
            match restricted {
                _ if !change.restricted => changes.push(change),
                RestrictedUpdate::Ignored => {}
                RestrictedUpdate::Refused => {
                    let call_type = &change.call_type;
                    let message =
                        format!("Call type {call_type} is restricted and cannot be modified.");
                    return Err(ApiError::bad_request(message, 25097, 27705));
                }
            }
        }
        for change in changes {
            self.set(change);
        }
        Ok(())
    }

    /// All three fields are required. Others, such as a restriction sent back as it was read, are ignored.
    fn parse(&self, element: &Value) -> Result<CallTypePermission, ApiError> {
        let invalid = |field: &str| {
            let message = format!("Invalid value for '{field}' in 'callingPermissions'.");
            ApiError::bad_request(message, 25024, 25024)
        };
        let text = |field: &str, known: &[&str]| {
            let text = element[field].as_str();
            let text = text.filter(|text| known.contains(text));
            text.map(str::to_owned).ok_or_else(|| invalid(field))
        };
        let call_type = text("callType", &CALL_TYPES)?;
        Ok(CallTypePermission {
            restricted: self.of(&call_type).restricted,
            call_type,
            action: text("action", &ACTIONS)?,
            transfer_enabled: element["transferEnabled"]
                .as_bool()
                .ok_or_else(|| invalid("transferEnabled"))?,
        })
    }

    /// As `GET …/outgoingPermission` answers: all call types, then the old ones.
    pub(super) fn as_read(&self) -> Value {
        let known = CALL_TYPES.iter().map(|call_type| self.of(call_type));
        let is_old =
            |stored: &&CallTypePermission| !CALL_TYPES.contains(&stored.call_type.as_str());
        let old = self.0.iter().filter(is_old).cloned();
        let all = known.chain(old).map(|permission| {
            json!({
                "callType": permission.call_type,
                "action": permission.action,
                "transferEnabled": permission.transfer_enabled,
                "isCallTypeRestrictionEnabled": permission.restricted,
            })
        });
        all.collect()
    }

    /// By call type, those that differ from the defaults.
    pub(super) fn as_stored(&self) -> Map<String, Value> {
        let stored = self.0.iter().map(|permission| {
            let fields = json!({
                "action": permission.action,
                "transferEnabled": permission.transfer_enabled,
            });
            (permission.call_type.clone(), fields)
        });
        stored.collect()
    }
}

/// An action that an update may set.
pub(super) fn parse_action(value: &Value) -> Result<String, ApiError> {
    let action = value.as_str().filter(|action| ACTIONS.contains(action));
    action
        .map(str::to_owned)
        .ok_or_else(|| ApiError::bad_request("Invalid value for 'action'.", 25024, 25024))
}
