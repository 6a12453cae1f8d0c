//! What is said where the service refuses a question.

use anyhow::Result;

use crate::application::exit_code::ExitCode;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::QueryError;
use crate::setting::Setting;
use crate::stderr::say;

pub(super) const FORBIDDEN: u16 = 403;

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
