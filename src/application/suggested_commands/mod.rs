//! The commands that a person is told to type. Each can be pasted, and keeps every guard that the
//! person had chosen: what one run was held to, the next one is too.

mod next_command;
mod plan_commands;
mod undo_commands;

use std::path::Path;

use crate::application::command_line::{as_operand, join};
use crate::application::output_name::OutputNames;
use crate::application::run_settings::RunSettings;
use crate::engine::abort::MissingCredential;
use crate::engine::pipeline::Task;
use crate::journal::{self, Journal};
use next_command::{NextCommand, OF_RESULTS, OF_THE_FILE};
pub use plan_commands::{
    apply_plan, apply_without_them, new_plan, plan_after_rehearsal, plan_corrected, plan_of,
    plan_what_is_left, plan_with_usage, same_plan_again,
};
pub use undo_commands::{undo, undo_all, undo_by_journal, undo_renamed, undo_this};

const FORGET_WAIT: &str = "--forget-wait";

/// This command with `--resume`.
pub fn with_resume(settings: &RunSettings) -> String {
    with_flag(settings, "--resume")
}

/// This command with `--resume` and the credentials that the run had before. What was in the folder of
/// `--credentials` belongs there.
pub fn with_resume_by(settings: &RunSettings, missing: &[MissingCredential]) -> String {
    let flags = &settings.typed.flags;
    let mut folders = flags.iter().filter(|flag| flag.name == "credentials");
    let folder = folders
        .find_map(|flag| flag.value.as_deref())
        .map(Path::new);
    let is_of_folder = |name: &str| folder.is_some() && Path::new(name).parent() == folder;
    let is_typed = |name: &String| settings.typed.words.contains(name);
    let missing = missing.iter();
    let missing = missing.filter(|one| !is_of_folder(&one.name) && !is_typed(&one.name));
    let added = missing.flat_map(|one| {
        let flag = if one.is_service_app {
            "--service-app"
        } else {
            "--token-file"
        };
        [flag.to_string(), as_operand(&one.name)]
    });
    let resume = "--resume".to_string();
    let words = settings.typed.words.iter();
    let words = words.filter(|word| ![FORGET_WAIT, &resume].contains(&word.as_str()));
    let added = added.chain([resume.clone()]);
    join(&with_words(words.cloned().collect(), added))
}

/// This command with another flag. What was only for this time, to go on before the service wants to
/// be asked, is not repeated.
pub fn with_flag(settings: &RunSettings, flag: &str) -> String {
    let words = settings.typed.words.iter();
    let words: Vec<String> = words.filter(|word| *word != FORGET_WAIT).cloned().collect();
    if words.iter().any(|word| word == flag) {
        return join(&words);
    }
    join(&with_words(words, [flag.to_string()]))
}

/// This command with results of which there are none yet.
pub fn with_other_results(settings: &RunSettings) -> String {
    let spec = &settings.spec;
    let results = OutputNames::of_sheet(&spec.sheet.path, "results").free();
    let mut next = settings
        .typed
        .next(spec.command, &settings.sheet_as_typed());
    next.keep(|flag| flag.name != "output");
    next.add(&["--output", &as_operand(&results.to_string_lossy())]);
    next.into_line()
}

/// This command with `--setting`.
pub fn with_setting(settings: &RunSettings, name: &str) -> String {
    let added = ["--setting".to_string(), name.to_string()];
    join(&with_words(settings.typed.words.clone(), added))
}

/// This command without what the workbook hides.
pub fn without_hidden(settings: &RunSettings) -> String {
    let added = ["--hidden", "skip"].map(String::from);
    join(&with_words(settings.typed.words.clone(), added))
}

/// Flags stand before a `--`, behind which there are only names.
fn with_words(mut words: Vec<String>, added: impl IntoIterator<Item = String>) -> Vec<String> {
    let end = words.iter().position(|word| word == "--");
    let end = end.unwrap_or(words.len());
    words.splice(end..end, added);
    words
}

/// The command that sends again what the results say failed, where anything was sent; of an undo the
/// same undo, which finds what is back already and tries the rest.
pub fn send_failed(settings: &RunSettings) -> Option<String> {
    let spec = &settings.spec;
    if spec.task == Task::Read {
        return None;
    }
    if spec.command == "undo" {
        let mut next = settings.typed.next("undo", settings.typed.file.as_deref()?);
        next.keep_all_but(&[]);
        return Some(next.into_line());
    }
    let next = next_of_results(settings, &spec.output, spec.preconditions.as_deref(), &[])?;
    Some(next.into_line())
}

/// The same of all rows of the results, where the run was about a part of them.
pub fn send_all_failed(settings: &RunSettings) -> Option<String> {
    let spec = &settings.spec;
    if spec.command == "undo" || !spec.sheet.reading.rows.is_of_results() {
        return send_failed(settings);
    }
    let left_out = &["rows", "where"];
    let next = next_of_results(
        settings,
        &spec.output,
        spec.preconditions.as_deref(),
        left_out,
    )?;
    Some(next.into_line())
}

/// Whether the rows are of results, and a plan of a part of them approves nothing for the others: what is left
/// of all of them is to be planned first.
pub fn is_held_to_plan_of_part(settings: &RunSettings) -> bool {
    let spec = &settings.spec;
    let plan = spec.preconditions.as_ref();
    let header = plan.and_then(|plan| journal::header_of(&Journal::path_for(plan)).ok());
    spec.sheet.reading.rows.is_of_results()
        && header.is_some_and(|header| !header.settings.part.is_whole_sheet())
}

/// The command that sends what is left in the results of a run that went on from this one.
pub fn send_left_of(settings: &RunSettings, results: &Path) -> Option<String> {
    next_of_results(settings, results, None, &[]).map(NextCommand::into_line)
}

/// The same of the results of an `apply`, whose rows are held against a plan.
fn next_of_results<'t>(
    settings: &'t RunSettings,
    results: &Path,
    plan: Option<&Path>,
    left_out: &[&str],
) -> Option<NextCommand<'t>> {
    let spec = &settings.spec;
    let is_held_to_part =
        plan == spec.preconditions.as_deref() && is_held_to_plan_of_part(settings);
    if spec.task == Task::Read || spec.command == "undo" || is_held_to_part {
        return None;
    }
    let mut next = settings.typed.next("apply", &results.to_string_lossy());
    next.add(&["--only-failed"]);
    let mut replaced: &[&str] = &[];
    if spec.task == Task::ReadThenWrite {
        next.add(&["--backup"]);
        replaced = &["no-backup"];
    }
    if let Some(plan) = plan {
        next.add(&["--if-unchanged", &as_operand(&plan.to_string_lossy())]);
    }
    next.has_new_outcomes = results == spec.output;
    next.keep_all_but(&[OF_RESULTS, OF_THE_FILE, replaced, left_out]);
    next.add_what_is_in_force(settings);
    Some(next)
}

/// The command that lists every problem of the sheet.
pub fn list_problems(settings: &RunSettings) -> String {
    let sheet = settings.spec.sheet.path.to_string_lossy();
    let mut next = settings.typed.next("check", &sheet);
    next.keep_all_but(&[]);
    next.add(&["--format", "csv"]);
    next.into_line()
}
