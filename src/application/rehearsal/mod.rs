//! The stage for `--rehearse`: a simulator inside this program that knows just the locations, or what
//! else is set, of the sheet and behaves as the service is said to.

pub(in crate::application) mod rehearsed_values;

use std::collections::{HashMap, HashSet};
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result, anyhow};

use crate::application::rehearsal::rehearsed_values::RehearsedValues;
use crate::model::ids;
use crate::model::row::{Row, TargetKey};
use crate::sheet::NumberedRecord;
use crate::sheet::names_of_row::{called, names_in, text_in};
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
    let kind_of_id = selection.columns.setting.target.id;
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
                // It exists as well, whatever the row asks for.
                Choice::Leave(_) => None,
                Choice::Keep => continue,
            };
            let left_id = match &row {
                Some(_) => None,
                None => id_in(text_in(selection.columns.target_id, record), kind_of_id),
            };
            let Some(org_id) = org_of(selection, &numbered, row.as_ref(), left_id.is_some()) else {
                continue;
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
                None => match row {
                    Some(row) => row.target_id.into_owned(),
                    None => left_id.unwrap_or_default(),
                },
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

/// The organization of a row that is sent or `has_id`, or that names what it is for.
#[expect(
    clippy::option_option,
    reason = "the inner one is the token's own organization"
)]
fn org_of(
    selection: &Selection<'_>,
    numbered: &NumberedRecord,
    row: Option<&Row<'_>>,
    has_id: bool,
) -> Option<Option<String>> {
    let Selection { sheet, columns, .. } = *selection;
    let record = &numbered.record;
    match row {
        Some(row) => Some(row.org_id.as_deref().map(String::from)),
        None if has_id => Some(id_in(text_in(columns.org_id, record), ids::ORGANIZATION)),
        None => {
            called(columns, record).target?;
            sheet.org_of_named(columns, record, selection.directory)
        }
    }
}

/// The id in a cell, if it is one.
fn id_in(cell: Option<&str>, kind: ids::Kind) -> Option<String> {
    let id = ids::read(cell?, kind).ok()?;
    Some(id.text.into_owned())
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
