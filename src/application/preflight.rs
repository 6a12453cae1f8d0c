//! What can be known of a token before anything is sent: whether it is accepted, which organizations
//! it manages, and whether it may read what a run has to read. Whether it may change anything, only
//! a change can tell.

use std::num::NonZeroU32;

use anyhow::Result;

use crate::application::credential_owners::{self, NamedOrganizations};
use crate::application::lane_queries::api_client;
use crate::application::left_out_credentials::LeftOut;
use crate::application::names_lookup::names_and_organizations;
use crate::application::query_refusals::{FORBIDDEN, is_forbidden};
use crate::application::run_lanes::{RunLane, managed_by};
use crate::application::run_settings::{Confirmation, RunSettings, Start};
use crate::application::service_facts::ServiceFacts;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::engine::pipeline::Task;
use crate::model::hint::Hinted;
use crate::model::row::Row;
use crate::platform::StopRequests;
use crate::setting::Setting;
use crate::sheet::check::CheckedSheet;
use crate::sheet::names::ResolvedNames;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::{Organization, Person};

/// Tries for a question without which the run can go on.
const FEW_TRIES: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

const UNAUTHORIZED: u16 = 401;
const NOT_FOUND: u16 = 404;

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
            Err(QueryError::Stopped(reason)) => {
                return Ok(ServiceFacts::nothing_but(known, reason));
            }
            Err(query_error) => {
                if known.is_none() && names_organizations(settings, selection, checked) {
                    refuse_a_list_that_failed(&query_error)?;
                }
                say(&format!(
                    "note: the service does not say which organizations the token manages, so those of the rows are not checked: {query_error}"
                ));
                (Vec::new(), None)
            }
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

/// Whether rows name their organizations in words alone.
fn names_organizations(
    settings: &RunSettings,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
) -> bool {
    let (columns, reading) = (selection.columns, &settings.spec.sheet.reading);
    let by_column = columns.org_name.is_some() && columns.org_id.is_none();
    checked.named > 0 && (by_column || reading.default_org_name().is_some())
}

/// Whoever may not list the organizations puts ids into the sheet. Where the list only failed, no row is wrong.
fn refuse_a_list_that_failed(query_error: &QueryError) -> Result<()> {
    match query_error {
        QueryError::Refused {
            status: UNAUTHORIZED | FORBIDDEN | NOT_FOUND,
            ..
        } => Ok(()),
        _ => Err(Hinted::new(
            format!(
                "the organizations of the token could not be listed, so those that the sheet names cannot be looked up: {query_error}"
            ),
            "nothing is wrong in the sheet: type the same command again",
        )),
    }
}

/// What the token manages.
async fn organizations_of_one<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    checked: &CheckedSheet,
) -> Result<Vec<Organization>, QueryError> {
    let mut api = api_client(settings, &mut session.lanes[0], &mut session.stop);
    if checked.named == 0 {
        api.policy.retry.tries = FEW_TRIES.min(api.policy.retry.tries);
    }
    api.organizations().await
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
