//! The locations, people, workspaces and virtual lines that exist when the simulator starts.

use serde::Deserialize;

use super::calling_permissions::CallTypePermission;
use super::digit_patterns::DigitPattern;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<Location>")]
pub enum Locations {
    /// Every id that decodes to a location exists, in whatever organization is named.
    #[default]
    AnyWellFormed,
    Exactly(Vec<Location>),
}

impl From<Vec<Location>> for Locations {
    fn from(locations: Vec<Location>) -> Locations {
        Locations::Exactly(locations)
    }
}

/// Ids may be encoded or bare UUIDs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Location {
    pub id: String,
    /// `None` is the organization of the default user.
    pub organization: Option<String>,
    /// Empty for an invented one.
    pub organization_name: String,
    pub name: String,
    /// Two letters; empty is `US`.
    pub country: String,
    pub state: String,
    /// Empty is `America/Chicago`.
    pub time_zone: String,
    /// `None` is unset.
    pub numbers: [Option<String>; 3],
    /// Those that differ from the defaults, that are restricted, or of which the call type is an old one.
    pub calling_permissions: Vec<CallTypePermission>,
    pub digit_patterns: Vec<DigitPattern>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntityKind {
    #[default]
    Person,
    Workspace,
    VirtualLine,
}

impl EntityKind {
    /// The kind that is called so; `None` for a location, which is no entity.
    pub fn named(noun: &str) -> Option<EntityKind> {
        match noun {
            "person" => Some(EntityKind::Person),
            "workspace" => Some(EntityKind::Workspace),
            "virtual line" => Some(EntityKind::VirtualLine),
            _ => None,
        }
    }
}

/// A person, workspace or virtual line, which may have outgoing permissions of its own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Entity {
    pub kind: EntityKind,
    pub id: String,
    /// `None` is the organization of the default user.
    pub organization: Option<String>,
    /// Empty for an invented one.
    pub organization_name: String,
    /// The id of its location.
    pub location: Option<String>,
    /// The last word is the last name of a person or virtual line.
    pub name: String,
    /// Only people have one.
    pub email: String,
    pub numbers: [Option<String>; 3],
    pub use_custom_transfer_numbers: bool,
    /// Whether it has outgoing permissions of its own. A workspace without them ignores an update of its numbers.
    pub use_custom_permissions: bool,
    pub calling_permissions: Vec<CallTypePermission>,
}
