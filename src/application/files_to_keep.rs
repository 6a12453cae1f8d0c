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
    let mut lines = Vec::new();
    if !is_complete {
        let sheet = Spool::path_for(&spec.output);
        lines.push(format!(
            "keep: `{journal}`, the record of the run, for --resume, and `{}`, its copy of the sheet, in case the sheet is changed",
            sheet.display()
        ));
        if let Some((_, record)) = plan(settings) {
            lines.push(format!("keep: `{record}`, to which the rows are held"));
        }
        lines.push("delete: nothing".to_string());
    } else if spec.task == Task::Read {
        lines.push(format!(
            "keep: `{results}` and its record `{journal}`; apply sends the plan as it is recorded there"
        ));
        if checked.outside > 0 {
            lines.push(format!(
                "mail: to one customer the page that `wxbulk report` makes of their rows with --org, since the plan also holds the {} outside of that part",
                plural(checked.outside, "row")
            ));
        }
        lines.push(what_is_not_needed(settings, not_done));
    } else {
        let what_for = if spec.task == Task::ReadThenWrite {
            "undo, which without the record puts back only rows that no spreadsheet has changed"
        } else {
            "--only-failed, which without the record takes the cells as a spreadsheet has left them"
        };
        lines.push(format!(
            "keep: `{results}` and its record `{journal}` for {what_for}"
        ));
        if let Some((plan, record)) = plan(settings).filter(|_| not_done > 0) {
            lines.push(format!(
                "keep: `{plan}` and `{record}` until all rows are done"
            ));
        }
        let organizations = [
            checked.organizations,
            checked.organizations_unsent.len(),
            checked.organizations_left_out,
        ];
        lines.push(match organizations.iter().sum::<usize>() {
            0 | 1 if checked.rows > checked.rows_to_send() => format!(
                "mail: `{results}`; it holds all rows of the sheet, also those that were not sent"
            ),
            0 | 1 => format!("mail: `{results}` alone"),
            // One customer is not to see the numbers of another.
            several => format!(
                "mail: to one customer the page that `wxbulk report` makes of their rows with --org, since `{results}` holds rows of {}",
                plural(several as u64, "organization")
            ),
        });
        lines.push(what_is_not_needed(settings, not_done));
    }
    Some(lines.join("\n"))
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
    let sheet = format!("`{}`", path.display());
    let mut unneeded = Vec::new();
    if settings.spec.task == Task::Read {
        // A plan and its sheet are sent to those who look at them.
        let sheet = if is_kept {
            String::new()
        } else {
            format!("; {sheet} is needed only to plan again")
        };
        return format!("delete: nothing{sheet}");
    }
    // What a person has typed is theirs, whether a run needs it or not.
    if settings.spec.command == "undo" && not_done == 0 {
        unneeded.push(sheet);
    }
    if let Some((plan, record)) = plan(settings).filter(|_| not_done == 0) {
        unneeded.push(format!("`{plan}`"));
        unneeded.push(format!("`{record}`"));
    }
    let unneeded = match &unneeded[..] {
        [] => "nothing".to_string(),
        some => format!("{}, as you like", listed(some)),
    };
    format!("delete: {unneeded}")
}
