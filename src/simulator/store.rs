//! The organizations, locations and entities that exist, and the outgoing permissions set on them.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::{Map, Value};

use super::outgoing_permissions::{CustomSwitches, OutgoingPermissions};
use super::resource_id::{ResourceId, ResourceKind};
use super::route::Target;

/// A location, person, workspace or virtual line.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) kind: ResourceKind,
    pub(super) id: ResourceId,
    pub(super) organization: ResourceId,
    pub(super) name: String,
    pub(super) profile: Profile,
    pub(super) permissions: OutgoingPermissions,
}

/// What lists and details tell about a record beside its name.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) country: String,
    pub(super) state: String,
    pub(super) time_zone: String,
    pub(super) email: String,
    /// Where an entity is.
    pub(super) location: Option<ResourceId>,
}

/// A record that exists: a stored one, or one that was never changed where every well-formed id exists.
#[derive(Debug)]
pub(super) enum RecordRef {
    Stored(usize),
    Unchanged {
        kind: ResourceKind,
        id: ResourceId,
        organization: ResourceId,
    },
}

#[derive(Debug)]
pub(super) struct Organization {
    pub(super) id: ResourceId,
    /// Empty for an invented one.
    pub(super) name: String,
}

#[derive(Debug)]
pub(super) struct Store {
    pub(super) any_id_exists: bool,
    /// The organization of a user for whom none is configured.
    pub(super) own: ResourceId,
    pub(super) organizations: Vec<Organization>,
    pub(super) records: Vec<Record>,
    pub(super) index: HashMap<ResourceId, usize>,
}

impl RecordRef {
    pub(super) fn id<'store>(&'store self, store: &'store Store) -> &'store ResourceId {
        match self {
            RecordRef::Stored(at) => &store.records[*at].id,
            RecordRef::Unchanged { id, .. } => id,
        }
    }
}

impl Store {
    /// Of two records with one id the first counts.
    pub(super) fn add(&mut self, mut record: Record) {
        if self.index.contains_key(&record.id) {
            return;
        }
        let at = self.records.len();
        if record.name.is_empty() {
            record.name = format!("{} {}", record.kind.title(), at + 1);
        }
        self.index.insert(record.id.clone(), at);
        self.records.push(record);
    }

    /// Adds an organization that has no locations, unless it exists.
    pub(super) fn add_organization(&mut self, id: ResourceId) {
        if !self.organizations.iter().any(|known| known.id == id) {
            let name = String::new();
            self.organizations.push(Organization { id, name });
        }
    }

    /// The location or entity with this id, if it belongs to this organization.
    pub(super) fn find(&self, target: &Target, organization: &ResourceId) -> Option<RecordRef> {
        let id = ResourceId::read(&target.id, target.kind)?;
        match self.index.get(&id) {
            Some(at) if self.any_id_exists || self.records[*at].organization == *organization => {
                Some(RecordRef::Stored(*at))
            }
            None if self.any_id_exists => Some(RecordRef::Unchanged {
                kind: target.kind,
                id,
                organization: organization.clone(),
            }),
            _ => None,
        }
    }

    pub(super) fn record(&self, record: &RecordRef) -> Option<&Record> {
        match record {
            RecordRef::Stored(at) => Some(&self.records[*at]),
            RecordRef::Unchanged { .. } => None,
        }
    }

    pub(super) fn permissions(&self, record: &RecordRef) -> Cow<'_, OutgoingPermissions> {
        match record {
            RecordRef::Stored(at) => Cow::Borrowed(&self.records[*at].permissions),
            RecordRef::Unchanged { kind, .. } => Cow::Owned(OutgoingPermissions {
                custom: CustomSwitches::of(*kind),
                ..OutgoingPermissions::default()
            }),
        }
    }

    pub(super) fn set_permissions(&mut self, record: RecordRef, permissions: OutgoingPermissions) {
        match record {
            RecordRef::Stored(at) => self.records[at].permissions = permissions,
            RecordRef::Unchanged {
                kind,
                id,
                organization,
            } => self.add(Record {
                kind,
                id,
                organization,
                name: String::new(),
                profile: Profile::default(),
                permissions,
            }),
        }
    }

    /// The stored records of one kind in one organization.
    pub(super) fn records_of(&self, kind: ResourceKind, organization: &ResourceId) -> Vec<&Record> {
        let belongs =
            |record: &&Record| record.kind == kind && record.organization == *organization;
        self.records.iter().filter(belongs).collect()
    }

    /// Whether an organization exists. Where every well-formed id exists, all of them do.
    pub(super) fn has_organization(&self, id: &ResourceId) -> bool {
        self.any_id_exists || self.organizations.iter().any(|known| known.id == *id)
    }

    /// Whether all organizations can be listed, which they cannot where every well-formed id exists.
    pub(super) fn lists_organizations(&self) -> bool {
        !self.any_id_exists
    }

    /// The name of a stored record.
    pub(super) fn name_of(&self, id: &ResourceId) -> Option<&str> {
        let at = self.index.get(id)?;
        Some(&self.records[*at].name)
    }

    /// The ids and names of the organizations that locations, entities or users name.
    pub(super) fn organizations(&self) -> impl Iterator<Item = (&ResourceId, Cow<'_, str>)> {
        self.organizations
            .iter()
            .enumerate()
            .map(|(at, organization)| {
                let name = if organization.name.is_empty() {
                    Cow::Owned(format!("Organization {}", at + 1))
                } else {
                    Cow::Borrowed(organization.name.as_str())
                };
                (&organization.id, name)
            })
    }

    /// Every stored record with its organization and its permissions as they were set.
    pub(super) fn state(&self) -> Value {
        let entries = self.records.iter().map(|record| {
            let mut fields = record.permissions.as_stored();
            let organization = record.organization.canonical();
            fields.insert("orgId".to_owned(), organization.into());
            (record.id.canonical(), fields.into())
        });
        Value::Object(entries.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use super::super::initial_data::{Location, Locations};
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

    fn find(store: &Store, id: &str, organization: &ResourceId) -> Option<RecordRef> {
        let (kind, id) = (ResourceKind::Location, id.to_owned());
        store.find(&Target { kind, id }, organization)
    }

    #[test]
    fn a_location_exists_in_its_own_organization_only() {
        let locations = listed(&[("1", Some("a")), ("2", Some("b")), ("3", None)]);
        let store = Store::new(locations, Vec::new(), None).unwrap();
        let own = store.own.clone();
        let [a, b] =
            ["a", "b"].map(|own_part| ResourceId::new(ResourceKind::Organization, own_part));
        for (id, organization, exists) in [
            ("1", &a, true),
            ("1", &b, false),
            ("1", &own, false),
            ("3", &own, true),
            ("4", &own, false),
        ] {
            let found = find(&store, &location_id(id), organization);
            assert_eq!(found.is_some(), exists, "{id} {organization:?}");
        }
    }

    #[test]
    fn the_only_organization_of_all_locations_is_the_default_users() {
        let locations = listed(&[("1", Some("a")), ("2", Some("a"))]);
        let store = Store::new(locations, Vec::new(), None).unwrap();
        assert_eq!(store.own.own_part(), "a");
        assert_eq!(store.organizations().count(), 1);
    }

    #[test]
    fn any_well_formed_location_can_be_changed_and_is_in_the_state_only_then() {
        let mut store = Store::new(Locations::AnyWellFormed, Vec::new(), None).unwrap();
        let own = store.own.clone();
        let id = location_id("31161");
        assert_eq!(store.state(), Value::Object(Map::new()));
        for number in ["123", "456"] {
            let record = find(&store, &id, &own).unwrap();
            let mut permissions = store.permissions(&record).into_owned();
            permissions.numbers[0] = Some(number.to_owned());
            store.set_permissions(record, permissions);
        }
        assert_eq!(store.state()[&id]["autoTransferNumber1"], "456");
        assert_eq!(store.records_of(ResourceKind::Location, &own).len(), 1);
        assert!(find(&store, "31161", &own).is_none());
        assert!(find(&store, &organization_id("1"), &own).is_none());
    }

    #[test]
    fn an_id_that_cannot_be_parsed_is_named() {
        let location = Location {
            id: "nonsense".to_owned(),
            ..Location::default()
        };
        let locations = Locations::Exactly(vec![location]);
        let refusal = Store::new(locations, Vec::new(), None).unwrap_err();
        assert!(refusal.contains("`nonsense`"), "{refusal}");
    }
}
