//! The users whose tokens clients have: who they are, which organizations they manage, and their limits.

use serde::Deserialize;

use super::fault_config::Faults;
use super::rate_limit_config::Limit;
use super::resource_id::{ResourceId, ResourceKind};
use super::store::Store;
use super::store_setup::parse;
use super::token_policy::Access;
use super::typed_units::optional;

/// A person or a service app.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct User {
    /// Empty for an invented one.
    pub name: String,
    pub email: String,
    /// The first is the user's own. Empty for all organizations.
    pub organizations: Vec<String>,
    /// Of an administrator of some locations alone: those. Empty for all.
    pub locations: Vec<String>,
    pub access: Access,
    /// `None` for the behavior's `limit`.
    #[serde(deserialize_with = "optional")]
    pub limit: Option<Limit>,
    /// `None` for the behavior's `faults`.
    #[serde(deserialize_with = "optional")]
    pub faults: Option<Faults>,
}

/// A user as the service knows them.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) id: ResourceId,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) own: ResourceId,
    /// `None` for all organizations.
    managed: Option<Vec<ResourceId>>,
    /// `None` for all locations of these.
    locations: Option<Vec<ResourceId>>,
    /// Those of this user's requests alone.
    pub(super) faults: Option<Faults>,
}

impl Account {
    /// The `number`-th user, from zero. Adds the organizations that have no location yet.
    pub(super) fn new(number: usize, user: &User, store: &mut Store) -> Result<Account, String> {
        let organizations = user.organizations.iter();
        let organizations: Vec<ResourceId> = organizations
            .map(|id| parse(id, ResourceKind::Organization))
            .collect::<Result<_, _>>()?;
        let locations = user.locations.iter();
        let locations: Vec<ResourceId> = locations
            .map(|id| parse(id, ResourceKind::Location))
            .collect::<Result<_, _>>()?;
        for id in &organizations {
            store.add_organization(id.clone());
        }
        let (name, email) = match number {
            0 => (
                "Simulated Administrator".to_owned(),
                "admin@example.com".to_owned(),
            ),
            _ => (
                format!("Simulated User {}", number + 1),
                format!("user{}@example.com", number + 1),
            ),
        };
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let id = format!("5ca1ab1e-0000-4000-8000-{:012x}", number + 2);
        Ok(Account {
            id: ResourceId::new(ResourceKind::Person, &id),
            name: given(&user.name).unwrap_or(name),
            email: given(&user.email).unwrap_or(email),
            own: organizations.first().unwrap_or(&store.own).clone(),
            managed: (!organizations.is_empty()).then_some(organizations),
            locations: (!locations.is_empty()).then_some(locations),
            faults: user.faults.clone(),
        })
    }

    pub(super) fn manages_all(&self) -> bool {
        self.managed.is_none()
    }

    pub(super) fn manages(&self, organization: &ResourceId) -> bool {
        self.managed
            .as_ref()
            .is_none_or(|managed| managed.contains(organization))
    }

    /// Whether the user may see a location. Whatever else there is stands in one of all.
    pub(super) fn sees(&self, id: &ResourceId) -> bool {
        self.locations
            .as_ref()
            .is_none_or(|locations| locations.contains(id))
    }

    /// The organization of a request: the one it names if the user manages it, or the user's own.
    pub(super) fn organization(&self, named: Option<&str>, store: &Store) -> Option<ResourceId> {
        match named.filter(|text| !text.is_empty()) {
            Some(text) => ResourceId::read(text, ResourceKind::Organization)
                .filter(|id| self.manages(id) && store.has_organization(id)),
            None => Some(self.own.clone()),
        }
    }
}
