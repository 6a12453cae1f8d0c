//! What can be known of a token before anything is sent: whether it is accepted, which organizations
//! it manages, and whether it may read what a run has to read. Whether it may change anything, only
//! a change can tell.

use std::collections::HashSet;
use std::num::NonZeroU32;

use anyhow::Result;

use crate::application::exit_code::ExitCode;
use crate::application::settings::RunSettings;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError, QueryPolicy};
use crate::model::row::Row;
use crate::model::wording::plural;
use crate::pace::Pacer;
use crate::platform::StopRequests;
use crate::setting::Setting;
use crate::sheet::Sheet;
use crate::sheet::check::CheckedSheet;
use crate::sheet::directory::{self, Directory};
use crate::sheet::names::ResolvedNames;
use crate::stderr::say;
use crate::webex::Queries;

/// Tries for a question without which the run can go on.
const FEW_TRIES: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);

const FORBIDDEN: u16 = 403;

/// Questions before a run, asked as the run will ask its own.
pub fn api<'a, S: Queries, T: StopRequests>(
    settings: &RunSettings,
    service: &'a S,
    pacer: &'a mut Pacer,
    stop: &'a mut T,
) -> ApiClient<'a, S, T> {
    let policy = QueryPolicy {
        retry: settings.policy.retry,
        longest_wait: settings.policy.longest_wait,
        seed: settings.policy.seed,
    };
    ApiClient::new(service, pacer, stop, policy, say)
}

/// Asks what the rows can be held against, and what their names mean unless that is `known`. A reason
/// means that there is no point in a run; what else has no answer is said, and the run will show.
pub async fn consult<S: Queries, T: StopRequests>(
    api: &mut ApiClient<'_, S, T>,
    sheet: &mut Sheet,
    checked: &CheckedSheet,
    known: Option<&ResolvedNames>,
) -> Result<Option<AbortReason>> {
    if let Some(known) = known {
        // Also where nothing more can be asked: what is done must be told.
        sheet.directory = Directory::default().with_names(known.clone());
    }
    let tries = api.policy.retry.tries;
    if checked.named == 0 {
        api.policy.retry.tries = FEW_TRIES.min(tries);
    }
    let organizations = match api.organizations().await {
        Ok(organizations) => organizations,
        Err(QueryError::Stopped(reason)) => return Ok(Some(reason)),
        Err(query_error) => {
            say(&format!(
                "note: the service does not say which organizations the token manages, so those of the rows are not checked: {query_error}"
            ));
            Vec::new()
        }
    };
    api.policy.retry.tries = tries;
    sheet.directory = Directory::new(&organizations);
    if checked.named == 0 {
        return Ok(None);
    }
    let mut names = match known {
        Some(known) => known.clone(),
        None => ResolvedNames::of_organizations(organizations.clone()),
    };
    sheet.directory = Directory::new(&organizations).with_names(names.clone());
    if known.is_none() {
        let wanted = organizations_with_named_locations(sheet)?;
        if !wanted.is_empty() {
            let count = plural(wanted.len() as u64, "organization");
            say(&format!("looking up the locations of {count} by name"));
        }
        for org_id in wanted {
            let locations = match api.locations(org_id.as_deref()).await {
                Err(QueryError::Stopped(reason)) => {
                    // Half of the names are no better than none.
                    sheet.directory = Directory::default();
                    return Ok(Some(reason));
                }
                answer => answer.map_err(|query_error| query_error.to_string()),
            };
            names.add_locations(org_id, locations);
        }
        sheet.directory = Directory::new(&organizations).with_names(names);
    }
    Ok(None)
}

/// Each once, in the order of the sheet.
fn organizations_with_named_locations(sheet: &Sheet) -> Result<Vec<Option<String>>> {
    let mut wanted = Vec::new();
    let mut seen = HashSet::new();
    let Ok(columns) = &sheet.columns else {
        return Ok(wanted);
    };
    let mut records = sheet.records()?;
    while let Some(numbered) = records.next_record() {
        let record = numbered?.record;
        if sheet.is_settled(columns, &record) {
            continue;
        }
        if let Some(org_id) = sheet.org_of_named(columns, &record)
            && seen.insert(org_id.as_deref().map(directory::key_of))
        {
            wanted.push(org_id);
        }
    }
    Ok(wanted)
}

/// An administrator of some locations may perhaps not list them, and one location may be closed to
/// a token that reads all others: only both together show that the right is missing.
pub async fn ensure_it_may_read<S: Queries, T: StopRequests>(
    api: &mut ApiClient<'_, S, T>,
    setting: &Setting,
    first: &Row<'_>,
) -> Result<(), AbortReason> {
    let mut answer = api.one_location(first.org_id.as_deref()).await;
    if is_forbidden(&answer) {
        answer = api.setting_of(setting, first).await;
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

pub fn is_forbidden<T>(answer: &Result<T, QueryError>) -> bool {
    matches!(answer, Err(QueryError::Refused { status, .. }) if *status == FORBIDDEN)
}

/// Says why a command ends that left nothing to go on with.
pub fn say_why_not(query_error: QueryError) -> Result<ExitCode> {
    let QueryError::Stopped(reason) = query_error else {
        return Err(query_error.into());
    };
    say(&format!("stopped: {reason}"));
    if let Some(hint) = reason.hint() {
        say(&format!("hint: {hint}"));
    }
    Ok(match reason {
        AbortReason::Interrupted => ExitCode::Interrupted,
        _ => ExitCode::NothingSent,
    })
}
