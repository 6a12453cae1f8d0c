//! The commands that make plans, and that send what was planned.

use std::path::Path;

use super::next_command::{
    NextCommand, OF_A_REHEARSAL, OF_RESULTS, OF_THE_CELLS, OF_THE_FILE, OF_THE_ROWS,
};
use crate::application::command_line::as_operand;
use crate::application::run_settings::{BadRows, RunSettings};
use crate::application::undo_sheet_name::is_undo_sheet;
use crate::engine::pipeline::Task;
use crate::journal::MeaningfulSettings;
use crate::sheet::RowFilter;

/// The command that plans all rows of the results that are not done, as they stand there then. Such a plan
/// ends with the command that sends what it approves.
pub fn plan_what_is_left(settings: &RunSettings, has_conflicts: bool) -> Option<String> {
    let spec = &settings.spec;
    if spec.task == Task::Read || spec.command == "undo" {
        return None;
    }
    let mut plan = plan_of_results(settings, &spec.output);
    if has_conflicts {
        plan.add(&["--include", "conflict"]);
    }
    Some(plan.into_line())
}

/// The same of results whose rows were corrected.
pub fn plan_corrected(settings: &RunSettings, results: &Path) -> Option<String> {
    let spec = &settings.spec;
    let is_sent = spec.task != Task::Read && spec.command != "undo";
    is_sent.then(|| plan_of_results(settings, results).into_line())
}

/// Its plan has a name of its own each time.
fn plan_of_results<'t>(settings: &'t RunSettings, results: &Path) -> NextCommand<'t> {
    let mut plan = settings.typed.next("plan", &results.to_string_lossy());
    plan.has_new_outcomes = results == settings.spec.output;
    plan.keep_all_but(&[OF_RESULTS, OF_THE_FILE]);
    plan.add_what_is_in_force(settings);
    plan.add(&["--only-failed"]);
    plan
}

/// The command that plans the rows of one of our own files.
pub fn plan_of(settings: &RunSettings, file: &Path) -> String {
    let mut next = settings.typed.next("plan", &file.to_string_lossy());
    next.keep_all_but(&[OF_RESULTS, OF_THE_FILE]);
    next.into_line()
}

/// The command that makes this plan once more of the corrected sheet, under a name of its own.
pub fn same_plan_again(settings: &RunSettings) -> String {
    let mut next = settings.typed.next("plan", &settings.sheet_as_typed());
    next.keep_all_but(&[&["skip-invalid"]]);
    next.keep(|flag| flag.name == "usage");
    next.into_line()
}

/// The command that makes this plan once more, in a file of its own, with what uses the numbers.
pub fn plan_with_usage(settings: &RunSettings) -> String {
    let mut next = settings.typed.next("plan", &settings.sheet_as_typed());
    next.keep_all_but(&[]);
    next.add(&["--usage"]);
    next.into_line()
}

/// The command that plans in earnest what was rehearsed. Whose token it takes is not known in a rehearsal.
pub fn plan_after_rehearsal(settings: &RunSettings) -> String {
    let mut next = settings.typed.next("plan", &settings.sheet_as_typed());
    next.keep_all_but(&[OF_A_REHEARSAL]);
    next.into_line()
}

/// The command that applies this plan; `None` where it makes none. Where it is one of results, the run that
/// wrote these goes on, unless rows would change that it has done: `has_done_rows`.
pub fn apply_plan(settings: &RunSettings, has_done_rows: bool) -> Option<String> {
    let spec = &settings.spec;
    let is_plan = spec.command == "plan" && spec.task == Task::Read;
    // What the rows of an undo must find, only `undo` looks at.
    let is_of_undo = is_undo_sheet(&spec.sheet.path);
    (is_plan && !is_of_undo).then(|| to_apply(settings, has_done_rows, &[]))
}

/// The command that applies this plan without the rows for which it approves nothing.
pub fn apply_without_them(settings: &RunSettings, has_done_rows: bool) -> String {
    to_apply(settings, has_done_rows, &["--skip-invalid"])
}

fn to_apply(settings: &RunSettings, has_done_rows: bool, added: &[&str]) -> String {
    let rows = settings.spec.sheet.reading.rows;
    let goes_on = settings.lineage.is_of_results && !has_done_rows;
    if rows.is_of_results() || goes_on {
        return send_under_plan(settings, added);
    }
    let plan = settings.spec.output.to_string_lossy();
    let mut next = settings.typed.next("apply", &plan);
    next.add(added);
    // The plan knows how its sheet is read, and why it was made.
    let of_the_plan: &[&str] = &["note"];
    next.keep_all_but(&[
        OF_RESULTS,
        OF_THE_FILE,
        OF_THE_ROWS,
        OF_THE_CELLS,
        of_the_plan,
    ]);
    next.into_line()
}

/// The command that sends rows of results under this plan of them: what is known of them from before stays
/// with them.
fn send_under_plan(settings: &RunSettings, added: &[&str]) -> String {
    let spec = &settings.spec;
    let plan = as_operand(&spec.output.to_string_lossy());
    let mut next = settings.typed.next("apply", &settings.sheet_as_typed());
    next.add(&["--only-failed"]);
    if spec.sheet.reading.rows != RowFilter::OnlyFailed {
        next.add(&["--include", "conflict"]);
    }
    next.add(&["--backup", "--if-unchanged", &plan]);
    next.add(added);
    // The plan says why it was made.
    let said_above: &[&str] = &["note", "skip-invalid"];
    next.keep_all_but(&[OF_RESULTS, said_above]);
    if settings.bad_rows == BadRows::Skip && !next.has("--skip-invalid") {
        next.add(&["--skip-invalid"]);
    }
    next.into_line()
}

/// The command that makes a new plan of a sheet, as the plan that was applied `was` made of it.
pub fn new_plan(settings: &RunSettings, sheet: &str, was: &MeaningfulSettings) -> String {
    let mut next = settings.typed.next("plan", sheet);
    let values = [
        ("--org", &was.org),
        ("--country", &was.country),
        ("--sheet", &was.sheet),
        ("--encoding", &was.encoding),
        ("--separator", &was.separator),
        ("--hidden", &was.hidden),
    ];
    for (flag, value) in values {
        if let Some(value) = value {
            next.add(&[flag, value]);
        }
    }
    for column in &was.ignored_columns {
        next.add(&["--ignore-column", column]);
    }
    next.words.extend(was.part.flags());
    let switches = [
        ("--only-failed", was.only_failed),
        ("--allow-duplicates", was.allow_duplicates),
        ("--even-if-used", was.even_if_used),
        ("--skip-invalid", was.skip_invalid),
    ];
    for (switch, _) in switches.iter().filter(|(_, is_on)| *is_on) {
        next.add(&[switch]);
    }
    if was.include_conflicts {
        next.add(&["--include", "conflict"]);
    }
    if let Some(note) = &settings.note {
        next.add(&["--note", note]);
    }
    let said_above: &[&str] = &["note"];
    next.keep_all_but(&[
        OF_A_REHEARSAL,
        OF_RESULTS,
        OF_THE_FILE,
        OF_THE_ROWS,
        OF_THE_CELLS,
        said_above,
    ]);
    next.into_line()
}
