//! Which of the files of a run to keep, for the line at its end; `docs/guide.md` says it of all of them.

use crate::application::plan_guard;
use crate::application::run_settings::{RunSettings, Target};
use crate::application::spool::Spool;
use crate::engine::pipeline::Task;
use crate::journal::Journal;
use crate::model::wording::{listed, plural};
use crate::sheet::check::CheckedSheet;
use crate::sheet::is_standard_input;

/// What to keep after a run that `is_complete` or goes on; nothing of a rehearsal, which leaves nothing
/// that anyone needs, of an export, which keeps nothing but its sheet, and of a selftest, which says what
/// counts itself.
///
/// `not_done`: rows that another run may send.
pub(super) fn describe(
    settings: &RunSettings,
    checked: &CheckedSheet,
    is_complete: bool,
    not_done: u64,
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
            "keep `{journal}`, which --resume needs, and `{}`, which it needs if the sheet is changed{}; no lock is left",
            sheet.display(),
            match plan(settings) {
                Some((_, record)) => format!("; and `{record}`, to which the rows are held"),
                None => String::new(),
            }
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
            "keep `{journal}` beside `{results}`: apply sends the plan as it is recorded there{others}; {}",
            what_is_not_needed(settings, not_done)
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
            "keep `{results}` for {what_for}, and `{journal}` beside it: without the journal {without}; {mailed}; {}",
            what_is_not_needed(settings, not_done)
        )
    })
}

/// The plan that the rows are held to, and its record.
fn plan(settings: &RunSettings) -> Option<(String, String)> {
    let plan = settings.spec.preconditions.as_ref();
    let plan = plan.filter(|path| plan_guard::is_plan(path))?;
    let record = Journal::path_for(plan);
    Some((plan.display().to_string(), record.display().to_string()))
}

/// What can be deleted once a run is complete. Of the plan, `--only-failed` needs the record.
fn what_is_not_needed(settings: &RunSettings, not_done: u64) -> String {
    let path = &settings.spec.sheet.path;
    // Results stay as long as an undo may be wanted.
    let is_kept = is_standard_input(path) || settings.spec.sheet.reading.rows.is_of_results();
    let sheet = Some(format!("`{}`", path.display()));
    let mut sheet = sheet.filter(|_| !is_kept);
    let mut needed = String::new();
    let mut others = Vec::new();
    if settings.spec.task == Task::Read {
        // A plan and its sheet are sent to those who look at them.
        needed = match sheet.take() {
            Some(sheet) => format!("{sheet} is needed only to plan again; "),
            None => String::new(),
        };
    } else if let Some((plan, record)) = plan(settings) {
        let is_own = settings.is_of_own_plan();
        sheet = sheet.filter(|_| !is_own);
        if not_done > 0 {
            needed = format!("keep `{plan}` and `{record}` until all rows are done; ");
        } else {
            others.push(format!("`{plan}`"));
            others.push(format!("`{record}`"));
        }
    }
    let unneeded: Vec<String> = sheet.into_iter().chain(others).collect();
    if unneeded.is_empty() {
        return format!("{needed}no copy of the sheet and no lock is left");
    }
    format!(
        "{needed}{} can be deleted, and no copy of the sheet and no lock is left",
        listed(&unneeded)
    )
}
