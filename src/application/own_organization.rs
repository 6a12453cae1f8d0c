//! The organization that is meant where a command names none: the token's own.

use anyhow::{Context, Result, bail};

use crate::engine::api_queries::QueryError;
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
