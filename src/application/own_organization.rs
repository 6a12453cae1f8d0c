//! The organization that is meant where a command names none: the token's own.

use anyhow::{Context, Result, bail};

use crate::application::service_facts::ServiceFacts;
use crate::application::session::Session;
use crate::engine::api_queries::QueryError;
use crate::journal::BeginRecord;
use crate::sheet::check::CheckedSheet;
use crate::sheet::managed_organizations::key_of;
use crate::webex::Queries;
use crate::webex::error_body::flatten;
use crate::webex::lists::{Organization, Person};

/// What is said once of a sheet that names no organization.
pub const OWN_ORGANIZATION: &str = "note: there is no column `orgId`: all rows are for the token's own organization. If the token manages several, add a column orgId or orgName, or --org";

/// The id of the token's own organization. Where it may not be asked there is none, if that can
/// mean only one.
pub fn own_organization(
    person: Result<Person, QueryError>,
    managed: &[Organization],
) -> Result<Option<String>> {
    match (person, managed) {
        (Ok(person), _) => Ok(Some(person.org_id)),
        (Err(QueryError::Refused { .. }), []) => Ok(None),
        (Err(QueryError::Refused { .. }), [only]) => Ok(Some(only.id.clone())),
        (Err(QueryError::Refused { .. }), several) => bail!(
            "the token manages {} organizations, and whose it is may not be asked\nhint: name the organization with --org",
            several.len()
        ),
        (Err(query_error), _) => Err(query_error).context("cannot ask whose token this is"),
    }
}

/// Of a token that may not say whose it is, rows that name no organization are for that of the run they are of,
/// which is named then.
pub(super) fn keep_to<S: Queries, T>(
    session: &mut Session<S, T>,
    begun: &BeginRecord,
    facts: &ServiceFacts,
) {
    let was = &*begun.own_organization;
    let is_known = facts.own_organization().is_some() || !facts.credentials.is_empty();
    if is_known || key_of(was).is_none() {
        return;
    }
    let credentials = session
        .lanes
        .iter_mut()
        .flat_map(|lane| &mut lane.credentials);
    credentials.for_each(|one| one.service.default_to_organization(was));
}

/// Refuses to go on where rows name no organization and the credentials are of another one than when the run
/// began.
pub(super) fn ensure_same(
    checked: &CheckedSheet,
    begun: &BeginRecord,
    facts: &ServiceFacts,
) -> Result<()> {
    let (was, is) = (&*begun.own_organization, facts.own_organization());
    let is_same = key_of(was).is_none() || is.is_some_and(|is| key_of(was) == key_of(is));
    // Of one token that may not be asked it is not known; its requests name the one that was (`keep_to`).
    let is_unknown = is.is_none() && facts.credentials.is_empty();
    if is_same || is_unknown || !checked.names_not_all {
        return Ok(());
    }
    let recorded = begun
        .organizations
        .iter()
        .find(|one| key_of(&one.id) == key_of(was));
    let was = match recorded.map(|one| one.name.as_str()) {
        None | Some("") => was,
        Some(name) => name,
    };
    let whose = begun.person.as_ref().map_or(String::new(), |person| {
        let names = [&person.name, &person.email, &person.id];
        let name = names.into_iter().find(|name| !name.is_empty());
        name.map_or(String::new(), |name| format!(" of {name}"))
    });
    let now = is.map_or("those of several".to_string(), |is| {
        let name = facts
            .directory
            .managed
            .name_of(is)
            .filter(|name| !name.is_empty());
        format!("`{}`", flatten(name.unwrap_or(is)))
    });
    bail!(
        "that run was{whose} for the organization `{was}`, which its rows do not name, and the credentials given now are for {now}\nhint: go on with a token of `{was}` alone"
    )
}
