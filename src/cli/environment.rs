//! The environment, read in this one place.

use std::ffi::OsString;

/// A variable that says something.
pub(super) fn filled_variable(name: &str) -> Option<String> {
    variable(name).filter(|text| !text.trim().is_empty())
}

pub(super) fn variable(name: &str) -> Option<String> {
    os_variable(name)?.into_string().ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
pub(super) fn os_variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}
