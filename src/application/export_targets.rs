//! What there is to export: the locations of organizations, or what else is set. Users with organizations of
//! their own list them side by side.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, anyhow, bail};

use crate::application::credential_owners::{self, NamedOrganizations};
use crate::application::kept_wait;
use crate::application::lane_queries::api_client;
use crate::application::organization_queries::{ask_about_each, not_in};
use crate::application::own_organization::own_organization;
use crate::application::parallel_tasks::SharedStop;
use crate::application::query_refusals::with_scope;
use crate::application::run_lanes::managed_by;
use crate::application::run_settings::RunSettings;
use crate::application::session::{AskedOwner, Session};
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::model::ids;
use crate::platform::StopRequests;
use crate::setting::Setting;
use crate::setting::target_kind::{LOCATION, TargetKind};
use crate::sheet::export_sheet::{AboutLocation, ExportedTarget};
use crate::sheet::managed_organizations::{ManagedOrganizations, key_of as key_of_organization};
use crate::sheet::names::Names;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::error_body::{flatten, one_line};
use crate::webex::lists::{Listed, LocationDetails, Organization};

/// What there is to export.
#[derive(Debug, Default)]
pub struct Found {
    pub targets: Vec<ExportedTarget>,
    /// What is missing in it: what these credentials manage, or what is of these organizations.
    pub left_out: Vec<String>,
}

/// The things of an organization, and what is known of them besides.
type ListedOrganization = (Vec<Listed>, HashMap<String, AboutLocation>);

/// All that is to be exported, organization by organization.
pub async fn list<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    setting: &Setting,
    org: Option<String>,
    all_orgs: bool,
) -> Result<Found> {
    if !kept_wait::hold(settings, session, |_, _| None).await? {
        bail!("nothing was asked");
    }
    let mut found = Found::default();
    let (managed, wanted) = if session.has_several {
        let asked_for = NamedOrganizations {
            kind: setting.target,
            ids: org.as_deref().into_iter().collect(),
        };
        let asked = credential_owners::ask_all(settings, session, &asked_for).await;
        let left_out = asked.map_err(QueryError::Stopped)?;
        if all_orgs {
            // What they manage is not known.
            let names = left_out.names.iter();
            let unlisted = left_out.unlisted.iter();
            found.left_out = names
                .map(|name| format!("what `{name}` manages"))
                .chain(unlisted.map(|name| format!("what else `{name}` manages")))
                .collect();
        }
        wanted_of_several(session, org, all_orgs, !left_out.names.is_empty())?
    } else {
        wanted_of_one(settings, session, org, all_orgs).await?
    };
    let name_of = |id: &str| {
        let organization = managed.iter().find(|organization| organization.id == id);
        organization.map_or(String::new(), |organization| one_line(&organization.name))
    };
    let answers = ask_for_all(settings, session, setting.target, wanted).await?;
    let mut seen = HashSet::new();
    let things = setting.target.plural;
    let is_any_listed = answers.iter().any(|(_, answer)| answer.is_ok());
    for (org, answer) in answers {
        let org_id = org.unwrap_or_default();
        let org_name = name_of(&org_id);
        let (listed, about) = match answer {
            Ok(listed) => listed,
            // One of many may have no calling, or may have withdrawn its consent; and one of several
            // credentials may end while the others go on.
            Err(error)
                if all_orgs
                    && (matches!(error, QueryError::Refused { .. })
                        || (session.has_several && is_any_listed)) =>
            {
                say(&format!(
                    "the {things} of `{org_name}` ({org_id}) cannot be listed and are left out: {}",
                    with_scope(&error, setting)
                ));
                found
                    .left_out
                    .push(format!("the {things} of `{org_name}` ({org_id})"));
                continue;
            }
            Err(stopped @ QueryError::Stopped(_)) => return Err(stopped.into()),
            Err(query_error) => {
                let why = with_scope(&query_error, setting);
                let of = match &*org_id {
                    "" => String::new(),
                    org_id => format!(" of `{org_id}`"),
                };
                bail!("cannot list the {things}{of}: {why}");
            }
        };
        for Listed { id, entry } in listed {
            // A list that changes while its pages are read can have one twice.
            if !entry.has_no_calling && seen.insert(id.clone()) {
                let name = entry.names.first().map(|name| one_line(name));
                found.targets.push(ExportedTarget {
                    org_id: org_id.clone(),
                    org_name: org_name.clone(),
                    about: about.get(&key_of(&id)).cloned(),
                    target_id: id,
                    target_name: name.unwrap_or_default(),
                });
            }
        }
    }
    Ok(found)
}

/// The organizations that are known by name, and those that are to be exported.
type Wanted = (Vec<Organization>, Vec<Option<String>>);

/// The id of an organization that was named by it or by its name.
fn id_of(org: String, managed: &[Organization]) -> Result<String> {
    if key_of_organization(&org).is_some() {
        return Ok(org);
    }
    if managed.is_empty() {
        bail!(
            "--org: Webex does not say which organizations the token manages, so `{org}` cannot be looked up; name its id"
        );
    }
    let known = managed.iter().map(|one| (one.name.clone(), one.id.clone()));
    let names = Names::new(known);
    let id = names.id_of(&org, &org, "organization", "--org");
    let id = id.map_err(|fault| anyhow!("--org: {}", fault.says))?;
    Ok(id.to_string())
}

async fn wanted_of_one<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    org: Option<String>,
    all_orgs: bool,
) -> Result<Wanted> {
    let mut api = api_client(settings, &mut session.lanes[0], &mut session.stop);
    let mut owner = None;
    let managed = match api.organizations().await {
        Ok(organizations) => organizations,
        // A token that may read locations need not be one that may list organizations.
        Err(QueryError::Refused { .. }) if !all_orgs => Vec::new(),
        Err(query_error) => return Err(query_error).context("cannot list the organizations"),
    };
    let wanted = match org {
        Some(org) => vec![Some(id_of(org, &managed)?)],
        None if all_orgs => managed.iter().map(|one| Some(one.id.clone())).collect(),
        None => {
            let person = api.person().await;
            owner = person.as_ref().ok().cloned();
            vec![own_organization(person, &managed)?]
        }
    };
    session.owner = Some(AskedOwner {
        organizations: managed.clone(),
        person: owner,
    });
    Ok((managed, wanted))
}

/// Those that were asked manage them.
fn wanted_of_several<S, T>(
    session: &Session<S, T>,
    org: Option<String>,
    all_orgs: bool,
    some_are_left_out: bool,
) -> Result<Wanted> {
    let managed = managed_by(&session.lanes);
    let is_by_id = org
        .as_deref()
        .map_or(all_orgs, |org| key_of_organization(org).is_some());
    if some_are_left_out && !is_by_id {
        bail!(
            "a credential was left out, and an organization of it may be meant\nhint: name the organization's id with --org, or put that credential right first"
        );
    }
    let org = org.map(|org| {
        let is_by_name = key_of_organization(&org).is_none();
        let known = ManagedOrganizations::new(&managed).of_several(session.lanes.len());
        if is_by_name && let Err(fault) = known.settled(&org) {
            bail!("--org: {}", fault.says);
        }
        id_of(org, &managed)
    });
    let org = org.transpose()?;
    let wanted = match (org, &managed[..]) {
        (Some(org), _) if session.lanes.iter().any(|lane| lane.manages(Some(&org))) => {
            vec![Some(org)]
        }
        (Some(org), _) => bail!("none of the credentials manages the organization `{org}`"),
        (None, [only]) => vec![Some(only.id.clone())],
        (None, all) if all_orgs => all.iter().map(|one| Some(one.id.clone())).collect(),
        (None, several) => bail!(
            "the credentials manage {} organizations\nhint: take them all with --all-orgs, or name one with --org",
            several.len()
        ),
    };
    Ok((managed, wanted))
}

/// What is listed for each organization, in their order.
async fn ask_for_all<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    kind: &TargetKind,
    wanted: Vec<Option<String>>,
) -> Result<Vec<(Option<String>, Result<ListedOrganization, QueryError>)>, QueryError> {
    // Credentials that may not read what else is known of locations; it is said once.
    let without_details = RefCell::new(HashSet::new());
    let ask = async |api: &mut ApiClient<'_, S, &mut SharedStop>, number, org: Option<&str>| {
        let listed = api.targets(kind, org).await?;
        let asks_for_details = *kind == LOCATION && !without_details.borrow().contains(&number);
        if listed.is_empty() || !asks_for_details {
            return Ok((listed, HashMap::new()));
        }
        let about = match api.location_details(org).await {
            Ok(details) => by_id(details),
            Err(stopped @ QueryError::Stopped(_)) => return Err(stopped),
            // It may not be read, or not be understood; an export does without.
            Err(query_error) => {
                let mut without_details = without_details.borrow_mut();
                if without_details.is_empty() {
                    say(&format!(
                        "note: country, state and time zone are left out; to read them takes the scope spark-admin:locations_read: {query_error}"
                    ));
                }
                without_details.insert(number);
                HashMap::new()
            }
        };
        Ok((listed, about))
    };
    let put_together = |(all, about): &mut ListedOrganization, (more, more_about)| {
        all.extend(not_in(all, more));
        about.extend(more_about);
    };
    let answers = ask_about_each(settings, session, wanted, ask, put_together).await;
    answers.map_err(QueryError::Stopped)
}

/// What is known of locations, by their ids.
fn by_id(details: Vec<LocationDetails>) -> HashMap<String, AboutLocation> {
    let details = details.into_iter().map(|one| {
        let about = AboutLocation {
            country: flatten(&one.address.country),
            state: flatten(&one.address.state),
            time_zone: flatten(&one.time_zone),
        };
        (key_of(&one.id), about)
    });
    details.collect()
}

/// What two lists call one location, however they write its id.
fn key_of(id: &str) -> String {
    let read = ids::read(id, ids::LOCATION);
    read.map_or_else(|_| id.to_string(), |id| id.text.into_owned())
}
