//! The organizations and locations that exist, and the numbers set on them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::resource_id::{ResourceId, ResourceKind};
use super::transfer_numbers::{NumbersUpdate, TransferNumbers, as_set};

/// The organization of the token where none is configured.
const OWN_ORGANIZATION: &str = "5ca1ab1e-0000-4000-8000-000000000001";

#[derive(Debug, Clone, Default)]
pub enum Locations {
    /// Every id that decodes to a location exists, in whatever organization is named.
    #[default]
    AnyWellFormed,
    Exactly(Vec<Location>),
}

/// Ids may be encoded or bare UUIDs.
#[derive(Debug, Clone, Default)]
pub struct Location {
    pub id: String,
    /// `None` is the token's own organization.
    pub organization: Option<String>,
    /// Empty for an invented one.
    pub organization_name: String,
    pub name: String,
    /// `None` is unset.
    pub numbers: [Option<String>; 3],
}

#[derive(Debug)]
pub(super) struct LocationRecord {
    pub(super) id: ResourceId,
    pub(super) organization: ResourceId,
    pub(super) name: String,
    pub(super) numbers: TransferNumbers,
}

/// A location that exists: a stored one, or one that was never changed where every well-formed id exists.
#[derive(Debug)]
pub(super) enum LocationRef {
    Stored(usize),
    Unchanged {
        id: ResourceId,
        organization: ResourceId,
    },
}

#[derive(Debug, Clone)]
pub(super) struct Organization {
    pub(super) id: ResourceId,
    pub(super) name: String,
}

#[derive(Debug)]
pub(super) struct Store {
    any_id_exists: bool,
    own: ResourceId,
    organizations: Vec<Organization>,
    locations: Vec<LocationRecord>,
    index: HashMap<ResourceId, usize>,
}

impl Store {
    /// Names an id that cannot be parsed. Of two locations with one id the first counts.
    pub(super) fn new(locations: Locations, own: Option<&str>) -> Result<Store, String> {
        let (any_id_exists, listed) = match locations {
            Locations::AnyWellFormed => (true, Vec::new()),
            Locations::Exactly(listed) => (false, listed),
        };
        let organization = |text: &str| {
            ResourceId::read_or_convert(text, ResourceKind::Organization)
                .ok_or_else(|| format!("`{text}` is not an organization's id"))
        };
        let mut organizations: Vec<Organization> = Vec::new();
        let mut known: HashMap<ResourceId, usize> = HashMap::new();
        let mut read = Vec::with_capacity(listed.len());
        for location in listed {
            let id = ResourceId::read_or_convert(&location.id, ResourceKind::Location)
                .ok_or_else(|| format!("`{}` is not a location's id", location.id))?;
            let named = location
                .organization
                .as_deref()
                .filter(|text| !text.trim().is_empty());
            let named = named.map(organization).transpose()?;
            if let Some(id) = &named {
                let at = *known.entry(id.clone()).or_insert(organizations.len());
                if at == organizations.len() {
                    let (id, name) = (id.clone(), String::new());
                    organizations.push(Organization { id, name });
                }
                let name = &mut organizations[at].name;
                if name.is_empty() {
                    name.clone_from(&location.organization_name);
                }
            }
            read.push((id, named, location));
        }
        let own = match (own, organizations.as_slice()) {
            (Some(text), _) => organization(text)?,
            // An administrator who fills in the organization still has only the one.
            (None, [only]) => only.id.clone(),
            (None, _) => organization(OWN_ORGANIZATION)?,
        };
        if !known.contains_key(&own) {
            let (id, name) = (own.clone(), String::new());
            organizations.insert(0, Organization { id, name });
        }
        for (at, organization) in organizations.iter_mut().enumerate() {
            if organization.name.is_empty() {
                organization.name = format!("Organization {}", at + 1);
            }
        }
        let mut store = Store {
            any_id_exists,
            own,
            organizations,
            locations: Vec::with_capacity(read.len()),
            index: HashMap::with_capacity(read.len()),
        };
        for (id, named, location) in read {
            if !store.index.contains_key(&id) {
                let organization = named.unwrap_or_else(|| store.own.clone());
                store.add(id, organization, location.name, location.numbers);
            }
        }
        Ok(store)
    }

    fn add(
        &mut self,
        id: ResourceId,
        organization: ResourceId,
        name: String,
        numbers: TransferNumbers,
    ) -> usize {
        let at = self.locations.len();
        let name = if name.is_empty() {
            format!("Location {}", at + 1)
        } else {
            name
        };
        self.index.insert(id.clone(), at);
        // An empty number is an unset one, as after a change.
        let numbers = numbers.map(|number| number.filter(|number| !number.is_empty()));
        self.locations.push(LocationRecord {
            id,
            organization,
            name,
            numbers,
        });
        at
    }

    /// The location with this id, if it belongs to this organization. No organization means the token's own.
    pub(super) fn find(&self, id: &str, organization: Option<&str>) -> Option<LocationRef> {
        let id = ResourceId::read(id, ResourceKind::Location)?;
        let organization = self.organization(organization)?;
        match self.index.get(&id) {
            Some(at) if self.any_id_exists || self.locations[*at].organization == organization => {
                Some(LocationRef::Stored(*at))
            }
            None if self.any_id_exists => Some(LocationRef::Unchanged { id, organization }),
            _ => None,
        }
    }

    fn organization(&self, named: Option<&str>) -> Option<ResourceId> {
        match named.filter(|text| !text.is_empty()) {
            Some(text) => ResourceId::read(text, ResourceKind::Organization),
            None => Some(self.own.clone()),
        }
    }

    pub(super) fn numbers(&self, location: &LocationRef) -> TransferNumbers {
        match location {
            LocationRef::Stored(at) => self.locations[*at].numbers.clone(),
            LocationRef::Unchanged { .. } => TransferNumbers::default(),
        }
    }

    pub(super) fn change(&mut self, location: LocationRef, change: NumbersUpdate) {
        let at = match location {
            LocationRef::Stored(at) => at,
            LocationRef::Unchanged { id, organization } => {
                self.add(id, organization, String::new(), TransferNumbers::default())
            }
        };
        change.apply(&mut self.locations[at].numbers);
    }

    /// The stored locations of one organization; `None` for an organization that the token does not manage.
    pub(super) fn locations_of(&self, organization: Option<&str>) -> Option<Vec<&LocationRecord>> {
        let organization = self.organization(organization)?;
        let mut managed = self.organizations.iter();
        if !self.any_id_exists && !managed.any(|managed| managed.id == organization) {
            return None;
        }
        let of_it = |location: &&LocationRecord| location.organization == organization;
        Some(self.locations.iter().filter(of_it).collect())
    }

    pub(super) fn location(&self, at: usize) -> &LocationRecord {
        &self.locations[at]
    }

    /// The organizations that the token manages. Where every well-formed id exists they cannot be listed, and none is.
    pub(super) fn organizations(&self) -> &[Organization] {
        if self.any_id_exists {
            return &[];
        }
        &self.organizations
    }

    pub(super) fn own(&self) -> &ResourceId {
        &self.own
    }

    /// Every stored location with its organization and its numbers as they were set.
    pub(super) fn state(&self) -> Value {
        let entries = self.locations.iter().map(|location| {
            let mut fields = as_set(&location.numbers);
            fields["orgId"] = location.organization.canonical().into();
            (location.id.canonical(), fields)
        });
        Value::Object(entries.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD_NO_PAD;

    fn location_id(own: &str) -> String {
        BASE64_STANDARD_NO_PAD.encode(format!("ciscospark://us/LOCATION/{own}"))
    }

    fn organization_id(own: &str) -> String {
        BASE64_STANDARD_NO_PAD.encode(format!("ciscospark://us/ORGANIZATION/{own}"))
    }

    fn listed(entries: &[(&str, Option<&str>)]) -> Locations {
        let entries = entries.iter().map(|(id, organization)| Location {
            id: location_id(id),
            organization: organization.map(organization_id),
            ..Location::default()
        });
        Locations::Exactly(entries.collect())
    }

    fn change(number: &str) -> NumbersUpdate {
        NumbersUpdate::read(format!(r#"{{"autoTransferNumber1":"{number}"}}"#).as_bytes()).unwrap()
    }

    #[test]
    fn a_location_is_known_in_its_own_organization_only() {
        let locations = listed(&[("1", Some("a")), ("2", Some("b")), ("3", None)]);
        let store = Store::new(locations, None).unwrap();
        let own = store.own().canonical();
        for (id, organization, known) in [
            ("1", Some(organization_id("a")), true),
            ("1", Some(organization_id("b")), false),
            ("1", None, false),
            ("3", None, true),
            ("3", Some(own), true),
            ("4", None, false),
            ("1", Some("a".to_owned()), false),
        ] {
            let found = store.find(&location_id(id), organization.as_deref());
            assert_eq!(found.is_some(), known, "{id} {organization:?}");
        }
    }

    #[test]
    fn the_only_organization_of_all_locations_is_the_tokens_own() {
        let locations = listed(&[("1", Some("a")), ("2", Some("a"))]);
        let store = Store::new(locations, None).unwrap();
        assert!(store.find(&location_id("2"), None).is_some());
        assert_eq!(store.organizations().len(), 1);
    }

    #[test]
    fn any_well_formed_location_takes_a_change_and_shows_in_the_state_only_then() {
        let mut store = Store::new(Locations::AnyWellFormed, None).unwrap();
        let id = location_id("31161");
        let find = |store: &Store| store.find(&id, None).unwrap();
        assert_eq!(store.numbers(&find(&store)), TransferNumbers::default());
        assert_eq!(store.state(), Value::Object(Map::new()));
        store.change(find(&store), change("123"));
        store.change(find(&store), change("456"));
        assert_eq!(store.state()[&id]["autoTransferNumber1"], "456");
        assert_eq!(store.locations_of(None).unwrap().len(), 1);
        assert!(store.find("31161", None).is_none());
        assert!(store.find(&organization_id("1"), None).is_none());
    }

    #[test]
    fn a_list_with_what_is_no_id_is_refused_by_name() {
        let location = Location {
            id: "nonsense".to_owned(),
            ..Location::default()
        };
        let refusal = Store::new(Locations::Exactly(vec![location]), None).unwrap_err();
        assert!(refusal.contains("`nonsense`"), "{refusal}");
    }
}
