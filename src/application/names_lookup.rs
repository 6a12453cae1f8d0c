//! What the names in a sheet stand for: which organizations and things they are, as the service lists them.

use std::collections::HashSet;

use anyhow::Result;

use crate::application::organization_queries::{ask_about_each, not_in};
use crate::application::parallel_tasks::SharedStop;
use crate::application::query_refusals::with_scope;
use crate::application::run_settings::{RunSettings, Target};
use crate::application::service_facts::ServiceFacts;
use crate::application::session::Session;
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::sheet::check::CheckedSheet;
use crate::sheet::directory::Directory;
use crate::sheet::managed_organizations::{ManagedOrganizations, key_of};
use crate::sheet::names::ResolvedNames;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::Organization;

/// A list whose pages have no more entries may take long, so it is said what is done.
const SMALL_PAGE: u32 = 100;

/// Rows that name no organization are for the only one there is. Of whom it is not known that it is their own,
/// the requests name it.
fn send_to_the_only_one<S: Queries, T>(session: &mut Session<S, T>, only: &str) {
    for lane in &mut session.lanes {
        let own = lane
            .person
            .as_ref()
            .and_then(|person| key_of(&person.org_id));
        if own.is_none() {
            let credentials = lane.credentials.iter_mut();
            credentials.for_each(|one| one.service.default_to_organization(only));
        }
    }
}

pub(super) async fn names_and_organizations<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    organizations: Vec<Organization>,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    known: Option<&ResolvedNames>,
) -> Result<ServiceFacts> {
    let mut managed = ManagedOrganizations::new(&organizations);
    if session.has_several {
        let credentials = session.lanes.iter().map(|lane| lane.credentials.len());
        managed = managed.of_several(credentials.sum());
    }
    let people = session.lanes.iter().flat_map(|lane| &lane.person);
    let managed = managed.of_people(people.map(|person| &*person.org_id));
    if let Some(only) = managed.only_one() {
        send_to_the_only_one(session, only);
    }
    if checked.named == 0 && !is_compared(settings, checked) {
        return Ok(ServiceFacts {
            directory: managed.into(),
            ..ServiceFacts::default()
        });
    }
    let mut names = match known {
        Some(known) => known.clone(),
        None => ResolvedNames::of_organizations(organizations),
    };
    if known.is_none() {
        let so_far = Directory::from(managed.clone()).with_names(names.clone());
        let setting = selection.columns.setting;
        let kind = setting.target;
        let wanted = organizations_with_named_targets(selection, &so_far)?;
        let takes_long = kind.list.most <= SMALL_PAGE;
        if !wanted.is_empty() && (checked.named > 0 || takes_long) {
            let count = plural(wanted.len() as u64, "organization");
            if !settings.is_quiet() {
                let plural = kind.plural;
                say(&format!("looking up the {plural} of {count} by name"));
            }
        }
        let ask = async |api: &mut ApiClient<'_, S, &mut SharedStop>, _, org: Option<&str>| {
            api.targets(kind, org).await
        };
        let answers = ask_about_each(settings, session, wanted, ask, |all, more| {
            all.extend(not_in(all, more));
        });
        let answers = match answers.await {
            Ok(answers) => answers,
            Err(reason) => return Ok(ServiceFacts::pointless(Directory::default(), reason)),
        };
        let mut unlisted = Vec::new();
        // Of several customers one may be out of reach.
        let is_any_listed = answers.iter().any(|(_, answer)| answer.is_ok());
        for (org_id, answer) in answers {
            let listed = match answer {
                Err(QueryError::Stopped(reason)) if !(is_any_listed && session.has_several) => {
                    return Ok(ServiceFacts::pointless(Directory::default(), reason));
                }
                answer => answer.map_err(|query_error| with_scope(&query_error, setting)),
            };
            if let Err(why) = &listed {
                unlisted.push(why.clone());
            }
            names.add_targets(kind, org_id, listed);
        }
        if let (Some(first), true) = (unlisted.first(), is_compared(settings, checked)) {
            let count = plural(unlisted.len() as u64, "organization");
            say(&format!(
                "note: names beside ids are not held against what Webex has, since the {} of {count} cannot be listed: {first}",
                kind.plural
            ));
        }
    }
    Ok(ServiceFacts {
        directory: Directory::from(managed).with_names(names),
        ..ServiceFacts::default()
    })
}

/// Whether names that stand beside ids are held against what the service lists. What an undo and an export
/// read, wxbulk has written; and a rehearsal knows no names.
fn is_compared(settings: &RunSettings, checked: &CheckedSheet) -> bool {
    let is_of_a_person = matches!(settings.spec.command, "apply" | "plan");
    let is_real = matches!(settings.target, Target::Service { .. });
    is_of_a_person && is_real && checked.named_beside_id > 0
}

/// Each once, in the order of the sheet.
fn organizations_with_named_targets(
    selection: &Selection<'_>,
    directory: &Directory,
) -> Result<Vec<Option<String>>> {
    let Selection { sheet, columns, .. } = *selection;
    let mut wanted = Vec::new();
    let mut seen = HashSet::new();
    let mut records = sheet.records()?;
    while let Some(numbered) = records.next_record() {
        let numbered = numbered?;
        if sheet.is_settled(columns, &numbered) || sheet.left_out_by(&numbered).is_some() {
            continue;
        }
        if let Some(org_id) = sheet.org_of_named(columns, &numbered.record, directory)
            && seen.insert(org_id.as_deref().map(key_of))
        {
            wanted.push(org_id);
        }
    }
    Ok(wanted)
}
