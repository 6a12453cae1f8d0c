//! What can be known of a token before anything is sent: whether it is accepted, which organizations
//! it manages, and whether it may read what a run has to read. Whether it may change anything, only
//! a change can tell.

use std::collections::HashSet;
use std::num::NonZeroU32;

use anyhow::Result;

use crate::application::credential_owners::{self, NamedOrganizations};
use crate::application::exit_code::ExitCode;
use crate::application::lane_queries::api_client;
use crate::application::left_out_credentials::LeftOut;
use crate::application::organization_queries::ask_about_each;
use crate::application::parallel_tasks::SharedStop;
use crate::application::run_lanes::{RunLane, managed_by};
use crate::application::run_settings::{Confirmation, RunSettings, Start, Target};
use crate::application::service_facts::ServiceFacts;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::engine::pipeline::Task;
use crate::model::row::Row;
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::setting::Setting;
use crate::sheet::check::CheckedSheet;
use crate::sheet::directory::Directory;
use crate::sheet::managed_organizations::{ManagedOrganizations, key_of};
use crate::sheet::names::ResolvedNames;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::{Organization, Person};

/// Tries for a question without which the run can go on.
const FEW_TRIES: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

const FORBIDDEN: u16 = 403;

/// A list whose pages have no more entries may take long, so it is said what is done.
const SMALL_PAGE: u32 = 100;

/// Asks what the rows can be held against, what their names mean unless an earlier part of the run
/// knows, and whether the token may read what the run has to read. What has no answer is said, and
/// the run will show.
pub(super) async fn look_up<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    known: Option<&ResolvedNames>,
) -> Result<ServiceFacts> {
    if checked.rows_to_send() == 0 {
        return Ok(ServiceFacts::default());
    }
    let is_asked = session.is_asked();
    let mut facts = if session.has_several {
        // An export has listed what it reads by those who answered.
        let left_out = if is_asked {
            LeftOut::default()
        } else {
            let named = checked.organizations_named.iter();
            let wanted = NamedOrganizations {
                kind: selection.columns.setting.target,
                ids: named.filter_map(|one| one.id.as_deref()).collect(),
            };
            match credential_owners::ask_all(settings, session, &wanted).await {
                Ok(left_out) => left_out,
                Err(reason) => return Ok(ServiceFacts::nothing_but(known, reason)),
            }
        };
        let mut facts = names_of_several(settings, session, selection, checked, known).await?;
        if !left_out.names.is_empty() {
            facts.directory.managed.lacks_some = true;
        }
        if left_out.unasked.is_some() {
            facts.directory.managed.is_partial = true;
        }
        facts.unasked = left_out.unasked;
        facts
    } else {
        facts_of_one(settings, session, selection, checked, known).await?
    };
    let reads = settings.spec.task != Task::Write || settings.spec.first.is_some();
    // Of several one may lack the right that others have; the run leaves it out when it sees that.
    if facts.abort.is_none() && reads && !session.has_several && !is_asked {
        let selection = Selection {
            directory: &facts.directory,
            ..*selection
        };
        if let Some(first) = selection.rows_to_send(None, Vec::new())?.next() {
            let (first, setting) = (first?, selection.columns.setting);
            if let Some(mut api) = api_for(settings, session, first.org_id.as_deref()) {
                let may = ensure_it_may_read(&mut api, setting, &first).await;
                facts.abort = may.err();
            }
        }
    }
    Ok(facts)
}

/// Asks by the first user who manages an organization.
fn api_for<'a, S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &'a mut Session<S, T>,
    organization: Option<&str>,
) -> Option<ApiClient<'a, S, &'a mut T>> {
    let Session { lanes, stop, .. } = session;
    let lane = lanes.iter_mut().find(|lane| lane.manages(organization))?;
    Some(api_client(settings, lane, stop))
}

async fn facts_of_one<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    known: Option<&ResolvedNames>,
) -> Result<ServiceFacts> {
    let (organizations, asked_person) = match session.owner.take() {
        Some(owner) => (owner.organizations, owner.person),
        None => match organizations_of_one(settings, session, checked).await {
            Ok(organizations) => (organizations, None),
            Err(reason) => return Ok(ServiceFacts::nothing_but(known, reason)),
        },
    };
    if settings.start == Start::Resume && !organizations.is_empty() {
        // Rows of others stay for later.
        session.lanes[0].credentials[0].manages = Some(organizations.clone());
    }
    let mut person = asked_person;
    if person.is_none() && !organizations.is_empty() {
        // Before names are looked up: it decides what rows mean that name no organization.
        person = match whose(settings, session).await {
            Ok(person) => person,
            Err(reason) => return Ok(ServiceFacts::nothing_but(known, reason)),
        };
    }
    if !organizations.is_empty() {
        session.lanes[0].person.clone_from(&person);
    }
    let may_tell = |facts: &ServiceFacts| {
        // Where not even the organizations are told, whose token it is is not told either.
        !facts.directory.is_empty() || settings.spec.confirmation == Confirmation::Ask
    };
    let is_told = !organizations.is_empty();
    let mut facts =
        names_and_organizations(settings, session, organizations, selection, checked, known)
            .await?;
    if person.is_none() && !is_told && facts.abort.is_none() && may_tell(&facts) {
        match whose(settings, session).await {
            Ok(found) => person = found,
            Err(reason) => facts.abort = Some(reason),
        }
    }
    if let Some(person) = &person {
        facts.directory.managed.set_own_of_token(&person.org_id);
    }
    facts.person = person;
    Ok(facts)
}

/// What the token manages; nothing where the service does not say it. An error is why nothing can be sent.
async fn organizations_of_one<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    checked: &CheckedSheet,
) -> Result<Vec<Organization>, AbortReason> {
    let mut api = api_client(settings, &mut session.lanes[0], &mut session.stop);
    if checked.named == 0 {
        api.policy.retry.tries = FEW_TRIES.min(api.policy.retry.tries);
    }
    match api.organizations().await {
        Ok(organizations) => Ok(organizations),
        Err(QueryError::Stopped(reason)) => Err(reason),
        Err(query_error) => {
            say(&format!(
                "note: the service does not say which organizations the token manages, so those of the rows are not checked: {query_error}"
            ));
            Ok(Vec::new())
        }
    }
}

/// Whose token it is. A token without the scope for that does as well. An error is why nothing can be sent.
async fn whose<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
) -> Result<Option<Person>, AbortReason> {
    let mut api = api_client(settings, &mut session.lanes[0], &mut session.stop);
    api.policy.retry.tries = NonZeroU32::MIN;
    match api.person().await {
        Ok(person) => Ok(Some(person)),
        Err(QueryError::Stopped(
            reason @ (AbortReason::Interrupted | AbortReason::NotTheService { .. }),
        )) => Err(reason),
        Err(_) => Ok(None),
    }
}

/// What the credentials manage is known already.
async fn names_of_several<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    known: Option<&ResolvedNames>,
) -> Result<ServiceFacts> {
    let organizations = managed_by(&session.lanes);
    let credentials = session.lanes.iter().flat_map(RunLane::records).collect();
    let facts =
        names_and_organizations(settings, session, organizations, selection, checked, known);
    Ok(ServiceFacts {
        credentials,
        ..facts.await?
    })
}

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

async fn names_and_organizations<S: Queries, T: StopRequests>(
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
        let answers = match ask_about_each(settings, session, wanted, ask).await {
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

/// An administrator of some locations may perhaps not list them, and one location may be closed to
/// a token that reads all others: only both together show that the right is missing.
async fn ensure_it_may_read<S: Queries, T: StopRequests>(
    api: &mut ApiClient<'_, S, T>,
    setting: &Setting,
    first: &Row<'_>,
) -> Result<(), AbortReason> {
    let mut answer = api
        .one_target(setting.target, first.org_id.as_deref())
        .await;
    if is_forbidden(&answer)
        && let Some(resource) = setting.resources.first()
    {
        answer = api.resource_of(resource, first).await.map(drop);
    }
    match answer {
        Err(QueryError::Refused { status, message }) if status == FORBIDDEN => {
            Err(AbortReason::MayNotRead { message })
        }
        Err(QueryError::Stopped(reason)) => Err(reason),
        // What else is wrong, the run deals with in its own session.
        _ => Ok(()),
    }
}

/// Why things cannot be listed, with the scope that it takes where that is one of its own.
pub fn with_scope(query_error: &QueryError, setting: &Setting) -> String {
    let scope = setting.target.list.scope;
    match query_error {
        QueryError::Refused { status, .. }
            if *status == FORBIDDEN && scope != setting.read_scope =>
        {
            format!(
                "{query_error} (to list {} takes the scope {scope})",
                setting.target.plural
            )
        }
        _ => query_error.to_string(),
    }
}

pub fn is_forbidden<T>(answer: &Result<T, QueryError>) -> bool {
    matches!(answer, Err(QueryError::Refused { status, .. }) if *status == FORBIDDEN)
}

/// Says why a command ends that left nothing to go on with.
pub fn say_why_not(query_error: QueryError, setting: &Setting) -> Result<ExitCode> {
    let QueryError::Stopped(reason) = query_error else {
        return Err(query_error.into());
    };
    say(&format!("stopped: {reason}"));
    if let Some(hint) = reason.hint(setting) {
        say(&format!("hint: {hint}"));
    }
    Ok(match reason {
        AbortReason::Interrupted => ExitCode::Interrupted,
        _ => ExitCode::NothingSent,
    })
}
