//! The outgoing permissions of one location or entity: transfer numbers, calling permissions and digit patterns.

use serde_json::{Map, Value};

use super::calling_permissions::CallingPermissions;
use super::digit_patterns::DigitPatterns;
use super::resource_id::ResourceKind;
use super::transfer_numbers::{TransferNumbers, as_set};

#[derive(Debug, Clone, Default)]
pub(super) struct OutgoingPermissions {
    pub(super) numbers: TransferNumbers,
    pub(super) calling: CallingPermissions,
    pub(super) digit_patterns: DigitPatterns,
    /// A location has none: its permissions are those that the entities use by default.
    pub(super) custom: Option<CustomSwitches>,
}

/// Which permissions of its own a person, workspace or virtual line uses.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct CustomSwitches {
    pub(super) transfer_numbers: bool,
    pub(super) permissions: bool,
    /// Without permissions of its own, a workspace ignores an update of its numbers.
    pub(super) must_be_switched_on: bool,
}

impl CustomSwitches {
    /// All off; `None` for a location.
    pub(super) fn of(kind: ResourceKind) -> Option<CustomSwitches> {
        (kind != ResourceKind::Location).then(|| CustomSwitches {
            must_be_switched_on: kind == ResourceKind::Workspace,
            ..CustomSwitches::default()
        })
    }
}

impl OutgoingPermissions {
    /// As they were set, for the tests. Permissions and patterns appear only where they differ from the defaults.
    pub(super) fn as_stored(&self) -> Map<String, Value> {
        let mut fields = as_set(&self.numbers);
        let mut add = |name: &str, value| fields.insert(name.to_owned(), value);
        if let Some(custom) = self.custom {
            add("useCustomTransferNumbers", custom.transfer_numbers.into());
            add("useCustomPermissions", custom.permissions.into());
        }
        let calling = self.calling.as_stored();
        if !calling.is_empty() {
            add("callingPermissions", calling.into());
        }
        if !self.digit_patterns.is_empty() {
            add("digitPatterns", self.digit_patterns.all());
        }
        fields
    }
}
