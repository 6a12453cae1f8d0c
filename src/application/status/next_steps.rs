//! What can be done with a run as it stands: whole commands, none of which bypasses what the run
//! was held to.

use std::path::Path;

use serde::Serialize;

use super::place_of_files;
use super::run_status::{ResultsFile, RunState, RunStatus, SheetCopy};
use crate::journal::{BeginRecord, MeaningfulSettings};
use crate::model::outcome::OutcomeKind;
use crate::model::wording::{it_or_them, plural};
use crate::platform;

/// A command that makes sense now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextStep {
    /// What it does: `to go on with it`.
    pub purpose: String,
    pub command: String,
    /// The folder where it is typed, if that is known.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub folder: String,
}

/// What other runs of the folder leave to be done.
#[derive(Debug)]
pub(super) struct OtherRuns {
    /// What failed stands in the results of a later one.
    pub(super) have_what_failed: bool,
    /// Rows that an undo may have put back would count as done.
    pub(super) keep_it_from_going_on: bool,
    /// The command that undoes the run that went on from its results last, and this one with it.
    pub(super) undo_of_newest: Option<String>,
    /// The command that goes on with an undo of the run.
    pub(super) unfinished_undo: Option<String>,
    /// It has taken over what others changed, so an undo of it puts that back as well.
    pub(super) are_undone_with_it: bool,
}

/// The process of a run at work on this machine, where it can be told to stop from another window.
fn process_here(status: &RunStatus, began: &BeginRecord) -> Option<u32> {
    let machine = began.machine.as_ref()?;
    let is_here = machine.host == platform::host_name();
    (cfg!(unix) && status.is_running() && is_here).then_some(machine.process)
}

/// Whether an undo of the run would put something back.
fn can_be_undone(status: &RunStatus, settings: &MeaningfulSettings, others: &OtherRuns) -> bool {
    let has_changed = status.changed() > 0 || others.are_undone_with_it;
    status.rows.with_earlier > 0 && has_changed && !settings.plan
}

/// A command about the rows that are not done, with those in conflict if there are any; empty where there is
/// no command.
fn with_conflicts(command: &str, conflicts: u64) -> String {
    if command.is_empty() || conflicts == 0 {
        return command.to_string();
    }
    format!("{command} --include conflict")
}

fn they_are(rows: u64) -> &'static str {
    if rows == 1 { "it is" } else { "they are" }
}

fn to_send_again(rows: u64, is_under_plan: bool) -> String {
    let rows = plural(rows, "row");
    if is_under_plan {
        format!("to send the {rows} again that failed, as approved")
    } else {
        format!("to send the {rows} again that failed, corrected where `message` says so")
    }
}

fn to_plan_unapproved(rows: u64) -> String {
    let they_are = they_are(rows);
    let rows = plural(rows, "row");
    format!("to plan the {rows} for which nothing was approved, once {they_are} corrected there")
}

fn to_plan_corrected(rows: u64) -> String {
    let (them, they_are) = (it_or_them(rows), they_are(rows));
    format!("to send something else in {them}, plan {them} once {they_are} corrected there")
}

/// What can be done next. How the run `began` says with which commands.
pub(super) fn after(
    status: &RunStatus,
    settings: &MeaningfulSettings,
    began: BeginRecord,
    others: OtherRuns,
) -> Vec<NextStep> {
    let began = place_of_files::adapt(began, &status.run, &status.results, settings);
    let stop = process_here(status, &began);
    let BeginRecord {
        apply_command: apply,
        resume_command: resume,
        retry_command: retry,
        undo_command: undo,
        folder,
        not_approved,
        plan_command,
        ..
    } = began;
    let mut next = Vec::new();
    let mut add = |purpose: &str, command: String| {
        if !command.is_empty() {
            next.push(NextStep {
                purpose: purpose.into(),
                command,
                folder: folder.clone(),
            });
        }
    };
    if status.damage.is_some() {
        return next;
    }
    if status.state == RunState::Running {
        if let Some(process) = stop {
            add(
                "to stop it, so that it can go on later",
                format!("kill {process}"),
            );
        }
        add("to go on with it once it has stopped", resume);
        return next;
    }
    if let Some(plan) = &status.plan
        && status.state == RunState::Finished
        && plan.applied.is_empty()
        && !status.rehearsal
    {
        add("to apply it", apply);
    }
    let failed = status.failed().saturating_sub(not_approved);
    let conflicts = status.outcomes.get(&OutcomeKind::Conflict);
    let conflicts = conflicts.copied().unwrap_or_default();
    let plan_command = with_conflicts(&plan_command, conflicts);
    let is_undone = status
        .undone
        .as_ref()
        .is_some_and(|undone| undone.completely);
    let is_undone_in_part = status.undone.is_some() || others.keep_it_from_going_on;
    // What failed in it is of no use alone, or stands in the results of a later run.
    let is_over = is_undone_in_part || others.have_what_failed;
    match status.state {
        RunState::Stopped | RunState::Killed
            if is_undone_in_part || others.undo_of_newest.is_some() => {}
        // It would be refused.
        RunState::Stopped | RunState::Killed if status.sheet_copy == Some(SheetCopy::Lost) => {}
        RunState::Stopped | RunState::Killed => add("to go on with it", resume),
        RunState::Finished if is_over => {}
        // The results are made of the sheet and the journal.
        RunState::Finished if status.results_file == ResultsFile::Missing => {
            let sheet = Path::new(&folder).join(&status.sheet.name);
            if failed > 0 && sheet.is_file() {
                add("to write its results once more", resume);
            }
        }
        RunState::Finished => {
            if retry.is_empty() && failed > 0 && not_approved == 0 {
                add("to plan what is not done", plan_command.clone());
            }
            if failed > conflicts {
                let is_under_plan = !plan_command.is_empty() && !retry.is_empty();
                add(
                    &to_send_again(failed - conflicts, is_under_plan),
                    retry.clone(),
                );
                // A corrected row is not what was approved.
                if is_under_plan && not_approved == 0 {
                    add(&to_plan_corrected(failed - conflicts), plan_command.clone());
                }
            }
            if conflicts > 0 && status.command == "apply" {
                let rows = plural(conflicts, "row");
                let what =
                    format!("to send the {rows} in conflict, once nothing is in the way any more");
                add(&what, with_conflicts(&retry, conflicts));
            }
        }
        RunState::Running => {}
    }
    if not_approved > 0 && status.state == RunState::Finished && !is_over {
        add(&to_plan_unapproved(not_approved), plan_command);
    }
    let can_be_undone = can_be_undone(status, settings, &others);
    if let Some(resume) = others.unfinished_undo {
        add("to go on with the undo of it", resume);
    } else if can_be_undone && !is_undone && !status.rehearsal {
        match others.undo_of_newest {
            Some(newest) => add("to undo it and what went on from its results", newest),
            None => add("to undo it", undo),
        }
    }
    next
}
