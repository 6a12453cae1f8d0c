//! The stage for `--rehearse`: a simulator inside this program that knows just the locations, or what
//! else is set, of the sheet and behaves as the service is said to.

pub(in crate::application) mod rehearsed_values;

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, anyhow};

use crate::application::rehearsal::rehearsed_values::RehearsedValues;
use crate::model::ids;
use crate::model::row::TargetKey;
use crate::sheet::names_of_row::{called, names_in};
use crate::sheet::selection::{Choice, Selection};
use crate::simulator::{
    Access, Bearer, Behavior, ClockSpeed, Entity, EntityKind, Location, Locations, Secret,
    Simulator, User,
};
use crate::webex::base_url::BaseUrl;
use crate::webex::token::Token;

/// The address, and the token of each user. All of them manage all organizations.
pub fn start(
    selection: &Selection<'_>,
    speed: f64,
    users: usize,
) -> Result<(BaseUrl, Vec<Token>, Simulator)> {
    let speed = ClockSpeed::new(speed).map_err(|error| anyhow!("--rehearse-speed: {error}"))?;
    let (locations, entities) = known_things(selection)?;
    let tokens: Vec<String> = match users {
        1 => vec!["rehearsal".into()],
        _ => (1..=users)
            .map(|user| format!("rehearsal-{user}"))
            .collect(),
    };
    let one_each = tokens.iter().map(|token| User {
        access: Access {
            bearer: Bearer::Exactly(Secret::new(token)),
            ..Access::default()
        },
        ..User::default()
    });
    let behavior = Behavior {
        locations: Locations::Exactly(locations),
        entities,
        users: one_each.filter(|_| users > 1).collect(),
        ..Behavior::rehearsal(speed)
    };
    let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let simulator = Simulator::start(behavior, anywhere).context("cannot start the simulator")?;
    let base_url = BaseUrl::read(&simulator.base_url())?;
    let tokens = tokens.iter().map(|token| Token::read(token));
    Ok((base_url, tokens.collect::<Result<_>>()?, simulator))
}

/// Each location, or entity, of the sheet once. Those that only have a name get an id, and those of one
/// name in one organization the same.
pub fn known_things(selection: &Selection<'_>) -> Result<(Vec<Location>, Vec<Entity>)> {
    let (mut locations, mut entities) = (Vec::new(), Vec::new());
    let found = RehearsedValues::of(selection);
    let found = found.as_ref();
    let kind = EntityKind::named(selection.columns.setting.target.noun);
    let default_org = selection.sheet.default_org_name();
    let mut organizations = HashMap::new();
    let mut names = HashSet::new();
    for with_ids in [true, false] {
        let mut records = selection.sheet.records()?;
        while let Some(numbered) = records.next_record() {
            let numbered = numbered?;
            let record = &numbered.record;
            let called = called(selection.columns, record);
            let is_repeat = selection.duplicates.of_row(numbered.row).is_some();
            if is_repeat || called.is_any() == with_ids {
                continue;
            }
            let row = match selection.choose(&numbered) {
                Choice::Send(row) => Some(row),
                // Its name is looked up as well, whatever it asks for.
                Choice::Leave(_) if called.target.is_some() => None,
                Choice::Leave(_) | Choice::Keep => continue,
            };
            let org_id = if let Some(row) = &row {
                row.org_id.as_deref().map(String::from)
            } else {
                let (sheet, columns) = (selection.sheet, selection.columns);
                let Some(org_id) = sheet.org_of_named(columns, record, selection.directory) else {
                    continue;
                };
                org_id
            };
            let given = names_in(selection.columns, record);
            let org_id = org_id.as_deref();
            // A name given with --org stands in for it until it is looked up.
            let default_org = default_org.filter(|name| org_id == Some(*name));
            let organization_called = called.organization.or(default_org);
            let [organization_name, name] = [given.organization.or(default_org), given.target]
                .map(|name| name.unwrap_or_default().to_string());
            let mut organization = org_id.map(String::from);
            if with_ids
                && default_org.is_none()
                && let Some(id) = &organization
            {
                organizations
                    .entry(organization_name.clone())
                    .or_insert_with(|| id.clone());
            }
            if let Some(name) = organization_called {
                let known = organizations.entry(name.to_string());
                organization = Some(known.or_insert_with(|| made_up(None, name)).clone());
            }
            let is_new = names.insert((organization.clone(), name.clone()));
            let id = match called.target {
                Some(_) if !is_new => continue,
                Some(name) => made_up(organization.as_deref(), name),
                None => row.map_or_else(String::new, |row| row.target_id.into_owned()),
            };
            let numbers = found.map_or_else(Default::default, |found| found.numbers(&numbered));
            if let Some(kind) = kind {
                entities.push(Entity {
                    kind,
                    id,
                    organization,
                    organization_name,
                    email: name.clone(),
                    name,
                    numbers,
                    use_custom_transfer_numbers: found.is_some_and(|found| found.is_yes(&numbered)),
                    use_custom_permissions: true,
                    ..Entity::default()
                });
                continue;
            }
            locations.push(Location {
                id,
                organization,
                organization_name,
                name,
                numbers,
                calling_permissions: found
                    .map_or_else(Vec::new, |found| found.permissions(&numbered)),
                ..Location::default()
            });
        }
        if selection
            .columns
            .org_name
            .or(selection.columns.target_name)
            .is_none()
        {
            break;
        }
    }
    Ok((locations, entities))
}

/// A UUID for what has only a name.
fn made_up(org_id: Option<&str>, name: &str) -> String {
    let TargetKey(key) = ids::key_of_name(org_id, name);
    format!(
        "{:08x}-0000-4000-8000-0000{:08x}",
        key >> 32,
        key & 0xffff_ffff
    )
}
