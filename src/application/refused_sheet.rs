//! What a sheet comes to of which nothing may be sent.

use std::error::Error;
use std::fmt::{self, Display};

use serde_json::{Value, json};

use crate::application::sheet_notes::say_counts;
use crate::sheet::check::CheckedSheet;

/// Why nothing of a sheet is sent. A person was told where it was found, so that only programs are told with
/// this.
#[derive(Debug)]
pub struct RefusedSheet {
    why: String,
    pub hints: Vec<String>,
    rows: u64,
    ready: u64,
    bad_rows: u64,
    problems: u64,
}

impl RefusedSheet {
    pub(super) fn of(checked: &CheckedSheet, hints: Vec<String>) -> RefusedSheet {
        RefusedSheet {
            why: say_counts(checked),
            hints,
            rows: checked.rows,
            ready: checked.rows_to_send(),
            bad_rows: checked.bad_rows,
            problems: checked.problems,
        }
    }

    /// The counts, named as in the JSON of `check`.
    pub fn add_counts(&self, summary: &mut Value) {
        summary["rows"] = json!(self.rows);
        summary["readyToSend"] = json!(self.ready);
        summary["badRows"] = json!(self.bad_rows);
        summary["problems"] = json!(self.problems);
    }
}

impl Display for RefusedSheet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; nothing was sent", self.why)
    }
}

impl Error for RefusedSheet {}
