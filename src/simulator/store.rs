//! The organizations and locations the service knows, and the numbers set on them.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::resource_id::{ResourceId, ResourceKind};
use super::transfer_numbers::{NumbersUpdate, TransferNumbers, as_set};

/// The organization of the token where nothing else is said.
const OWN_ORGANIZATION: &str = "5ca1ab1e-0000-4000-8000-000000000001";

#[derive(Debug, Clone, Default)]
pub enum Locations {
    /// Any id that decodes to a location is one, in whatever organization is named.
    #[default]
    AnyWellFormed,
    Exactly(Vec<Location>),
}

/// Ids may be in their encoded form or bare UUIDs.
#[derive(Debug, Clone, Default)]
pub struct Location {
    pub id: String,
    /// `None` is the token's own organization.
    pub organization: Option<String>,
    /// Empty for a made-up one.
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

/// A place that exists: one already on record, or one that any well-formed id stands for.
#[derive(Debug)]
pub(super) enum LocationRef {
    OnRecord(usize),
    Untouched {
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
    knows_any: bool,
    own: ResourceId,
    organizations: Vec<Organization>,
    places: Vec<LocationRecord>,
    index: HashMap<ResourceId, usize>,
}

impl Store {
    /// Refuses ids that are none, by name. Of two locations with one id the first stands.
    pub(super) fn new(locations: Locations, own: Option<&str>) -> Result<Store, String> {
        let (knows_any, listed) = match locations {
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
        let mut directory = Store {
            knows_any,
            own,
            organizations,
            places: Vec::with_capacity(read.len()),
            index: HashMap::with_capacity(read.len()),
        };
        for (id, named, location) in read {
            if !directory.index.contains_key(&id) {
                let organization = named.unwrap_or_else(|| directory.own.clone());
                directory.record(id, organization, location.name, location.numbers);
            }
        }
        Ok(directory)
    }

    fn record(
        &mut self,
        id: ResourceId,
        organization: ResourceId,
        name: String,
        numbers: TransferNumbers,
    ) -> usize {
        let at = self.places.len();
        let name = if name.is_empty() {
            format!("Location {}", at + 1)
        } else {
            name
        };
        self.index.insert(id.clone(), at);
        // An empty number is an unset one, as after a change.
        let numbers = numbers.map(|number| number.filter(|number| !number.is_empty()));
        self.places.push(LocationRecord {
            id,
            organization,
            name,
            numbers,
        });
        at
    }

    /// The location with this id, if it is one of this organization; no organization means the token's own.
    pub(super) fn find(&self, id: &str, organization: Option<&str>) -> Option<LocationRef> {
        let id = ResourceId::read(id, ResourceKind::Location)?;
        let organization = self.organization(organization)?;
        match self.index.get(&id) {
            Some(at) if self.knows_any || self.places[*at].organization == organization => {
                Some(LocationRef::OnRecord(*at))
            }
            None if self.knows_any => Some(LocationRef::Untouched { id, organization }),
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
            LocationRef::OnRecord(at) => self.places[*at].numbers.clone(),
            LocationRef::Untouched { .. } => TransferNumbers::default(),
        }
    }

    pub(super) fn change(&mut self, location: LocationRef, change: NumbersUpdate) {
        let at = match location {
            LocationRef::OnRecord(at) => at,
            LocationRef::Untouched { id, organization } => {
                self.record(id, organization, String::new(), TransferNumbers::default())
            }
        };
        change.apply(&mut self.places[at].numbers);
    }

    /// What has been heard of, for one organization; `None` for an organization the token does not manage.
    pub(super) fn places_of(&self, organization: Option<&str>) -> Option<Vec<&LocationRecord>> {
        let organization = self.organization(organization)?;
        let mut managed = self.organizations.iter();
        if !self.knows_any && !managed.any(|managed| managed.id == organization) {
            return None;
        }
        let of_it = |place: &&LocationRecord| place.organization == organization;
        Some(self.places.iter().filter(of_it).collect())
    }

    pub(super) fn place(&self, at: usize) -> &LocationRecord {
        &self.places[at]
    }

    /// All that the token manages. Where it is any that is named, they cannot be listed, and none is.
    pub(super) fn organizations(&self) -> &[Organization] {
        if self.knows_any {
            return &[];
        }
        &self.organizations
    }

    pub(super) fn own(&self) -> &ResourceId {
        &self.own
    }

    /// Every location on record with its organization and its numbers as they were set.
    pub(super) fn state(&self) -> Value {
        let entries = self.places.iter().map(|place| {
            let mut fields = as_set(&place.numbers);
            fields["orgId"] = place.organization.canonical().into();
            (place.id.canonical(), fields)
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
        let directory = Store::new(locations, None).unwrap();
        let own = directory.own().canonical();
        for (id, organization, known) in [
            ("1", Some(organization_id("a")), true),
            ("1", Some(organization_id("b")), false),
            ("1", None, false),
            ("3", None, true),
            ("3", Some(own), true),
            ("4", None, false),
            ("1", Some("a".to_owned()), false),
        ] {
            let found = directory.find(&location_id(id), organization.as_deref());
            assert_eq!(found.is_some(), known, "{id} {organization:?}");
        }
    }

    #[test]
    fn the_only_organization_of_all_locations_is_the_tokens_own() {
        let locations = listed(&[("1", Some("a")), ("2", Some("a"))]);
        let directory = Store::new(locations, None).unwrap();
        assert!(directory.find(&location_id("2"), None).is_some());
        assert_eq!(directory.organizations().len(), 1);
    }

    #[test]
    fn any_well_formed_location_takes_a_change_and_shows_in_the_state_only_then() {
        let mut directory = Store::new(Locations::AnyWellFormed, None).unwrap();
        let id = location_id("31161");
        let find = |directory: &Store| directory.find(&id, None).unwrap();
        assert_eq!(
            directory.numbers(&find(&directory)),
            TransferNumbers::default()
        );
        assert_eq!(directory.state(), Value::Object(Map::new()));
        directory.change(find(&directory), change("123"));
        directory.change(find(&directory), change("456"));
        assert_eq!(directory.state()[&id]["autoTransferNumber1"], "456");
        assert_eq!(directory.places_of(None).unwrap().len(), 1);
        assert!(directory.find("31161", None).is_none());
        assert!(directory.find(&organization_id("1"), None).is_none());
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
