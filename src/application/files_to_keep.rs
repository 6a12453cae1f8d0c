//! Which of the files of a run to keep, for the line at its end; `docs/guide.md` says it of all of them.

use crate::application::run_settings::{RunSettings, Target};
use crate::application::spool::Spool;
use crate::engine::pipeline::Task;
use crate::journal::Journal;
use crate::model::wording::plural;
use crate::sheet::check::CheckedSheet;

/// What to keep after a run that `is_complete` or goes on; nothing of a rehearsal, which leaves nothing
/// that anyone needs, of an export, which keeps nothing but its sheet, and of a selftest, which says what
/// counts itself.
pub(super) fn describe(
    settings: &RunSettings,
    checked: &CheckedSheet,
    is_complete: bool,
) -> Option<String> {
    let spec = &settings.spec;
    if matches!(spec.command, "export" | "selftest")
        || matches!(settings.target, Target::Rehearsal { .. })
    {
        return None;
    }
    let results = spec.output.display();
    let journal = Journal::path_for(&spec.output);
    let journal = journal.display();
    Some(if !is_complete {
        let sheet = Spool::path_for(&spec.output);
        format!(
            "keep `{journal}`, which --resume needs, and `{}`, which it needs if the sheet is changed",
            sheet.display()
        )
    } else if spec.task == Task::Read {
        let others = if checked.outside > 0 {
            format!(
                "; the plan also holds the {} outside of that part, so to show it to one customer mail the page that `wxbulk report` makes of their rows with --org",
                plural(checked.outside, "row")
            )
        } else {
            String::new()
        };
        format!(
            "keep `{journal}` beside `{results}`: apply sends the plan as it is recorded there{others}"
        )
    } else {
        let (what_for, without) = if spec.task == Task::ReadThenWrite {
            (
                "undo",
                "undo puts back only rows that no spreadsheet has changed",
            )
        } else {
            (
                "--only-failed",
                "cells count as a spreadsheet has left them",
            )
        };
        let mailed = match checked.organizations + checked.organizations_unsent.len() {
            // Whose the rows are that were not sent, nobody has asked.
            0 | 1 if checked.rows > checked.rows_to_send() => {
                "the results hold all rows of the sheet, also those that were not sent".to_string()
            }
            0 | 1 => "the results alone can be mailed".to_string(),
            // One customer is not to see the numbers of another.
            several => format!(
                "the results hold rows of {}",
                plural(several as u64, "organization")
            ),
        };
        format!(
            "keep `{results}` for {what_for}, and `{journal}` beside it: without the journal {without}; {mailed}"
        )
    })
}
