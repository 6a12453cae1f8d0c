//! Builds the store from the initial data.

use std::collections::HashMap;

use super::calling_permissions::CallingPermissions;
use super::digit_patterns::DigitPatterns;
use super::initial_data::{Entity, EntityKind, Location, Locations};
use super::outgoing_permissions::{CustomSwitches, OutgoingPermissions};
use super::resource_id::{ResourceId, ResourceKind};
use super::store::{Organization, Profile, Record, Store};

/// The organization of a user for whom none is configured.
const OWN_ORGANIZATION: &str = "5ca1ab1e-0000-4000-8000-000000000001";

impl Store {
    /// The error names an id that cannot be parsed. Of two records with one id the first counts.
    pub(super) fn new(
        locations: Locations,
        entities: Vec<Entity>,
        own: Option<&str>,
    ) -> Result<Store, String> {
        let (any_id_exists, locations) = match locations {
            Locations::AnyWellFormed => (true, Vec::new()),
            Locations::Exactly(locations) => (false, locations),
        };
        let own_or_invented = parse(own.unwrap_or(OWN_ORGANIZATION), ResourceKind::Organization)?;
        let mut store = Store {
            any_id_exists,
            own: own_or_invented,
            organizations: Vec::new(),
            records: Vec::with_capacity(locations.len() + entities.len()),
            index: HashMap::with_capacity(locations.len() + entities.len()),
        };
        let mut known = HashMap::new();
        let named = |organization: &Option<String>, name: &String| {
            parse_organization(organization.as_deref()).map(|id| (id, name.clone()))
        };
        let of_locations = locations
            .iter()
            .map(|one| named(&one.organization, &one.organization_name));
        let of_entities = entities
            .iter()
            .map(|one| named(&one.organization, &one.organization_name));
        let mut organizations = Vec::with_capacity(locations.len());
        for organization in of_locations.chain(of_entities) {
            let (organization, organization_name) = organization?;
            if let Some(id) = &organization {
                let at = *known.entry(id.clone()).or_insert(store.organizations.len());
                if at == store.organizations.len() {
                    let (id, name) = (id.clone(), String::new());
                    store.organizations.push(Organization { id, name });
                }
                let name = &mut store.organizations[at].name;
                if name.is_empty() {
                    name.clone_from(&organization_name);
                }
            }
            organizations.push(organization);
        }
        match store.organizations.as_slice() {
            // An administrator who fills in the organization still has only the one.
            [only] if own.is_none() => store.own = only.id.clone(),
            _ if known.contains_key(&store.own) => {}
            _ => store.organizations.insert(
                0,
                Organization {
                    id: store.own.clone(),
                    name: String::new(),
                },
            ),
        }
        for (location, organization) in locations.into_iter().zip(organizations) {
            store.add_location(location, organization)?;
        }
        for entity in entities {
            store.add_entity(entity)?;
        }
        Ok(store)
    }

    fn add_location(
        &mut self,
        location: Location,
        organization: Option<ResourceId>,
    ) -> Result<(), String> {
        let id = parse(&location.id, ResourceKind::Location)?;
        let permissions = OutgoingPermissions {
            numbers: set_only(location.numbers),
            calling: CallingPermissions::new(location.calling_permissions),
            digit_patterns: DigitPatterns::new(location.digit_patterns, &id),
            custom: None,
        };
        self.add(Record {
            kind: ResourceKind::Location,
            id,
            organization: organization.unwrap_or_else(|| self.own.clone()),
            name: location.name,
            profile: Profile {
                country: location.country,
                state: location.state,
                time_zone: location.time_zone,
                ..Profile::default()
            },
            permissions,
        });
        Ok(())
    }

    fn add_entity(&mut self, entity: Entity) -> Result<(), String> {
        let kind = match entity.kind {
            EntityKind::Person => ResourceKind::Person,
            EntityKind::Workspace => ResourceKind::Workspace,
            EntityKind::VirtualLine => ResourceKind::VirtualLine,
        };
        let organization = parse_organization(entity.organization.as_deref())?;
        let organization = organization.unwrap_or_else(|| self.own.clone());
        self.add_organization(organization.clone());
        let location = entity.location.as_deref();
        let location = location.map(|id| parse(id, ResourceKind::Location));
        let custom = CustomSwitches::of(kind).map(|off| CustomSwitches {
            transfer_numbers: entity.use_custom_transfer_numbers,
            permissions: entity.use_custom_permissions,
            ..off
        });
        self.add(Record {
            kind,
            id: parse(&entity.id, kind)?,
            organization,
            name: entity.name,
            profile: Profile {
                email: entity.email,
                location: location.transpose()?,
                ..Profile::default()
            },
            permissions: OutgoingPermissions {
                numbers: set_only(entity.numbers),
                calling: CallingPermissions::new(entity.calling_permissions),
                custom,
                ..OutgoingPermissions::default()
            },
        });
        Ok(())
    }
}

pub(super) fn parse(text: &str, kind: ResourceKind) -> Result<ResourceId, String> {
    ResourceId::read_or_convert(text, kind).ok_or_else(|| {
        format!(
            "`{text}` is not the id of a {}",
            kind.title().to_lowercase()
        )
    })
}

fn parse_organization(text: Option<&str>) -> Result<Option<ResourceId>, String> {
    let text = text.filter(|text| !text.trim().is_empty());
    text.map(|text| parse(text, ResourceKind::Organization))
        .transpose()
}

/// An empty number is an unset one, as after an update.
fn set_only(numbers: [Option<String>; 3]) -> [Option<String>; 3] {
    numbers.map(|number| number.filter(|number| !number.is_empty()))
}
