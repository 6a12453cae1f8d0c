//! The name that a row gives its location, behind the row's number: `row 3 (Oslo)`.

use crate::webex::errors::flatten;

/// ` (Oslo)`; nothing where there is no name.
pub(super) fn in_brackets(name: &str) -> String {
    match name {
        "" => String::new(),
        name => format!(" ({})", flatten(name)),
    }
}
