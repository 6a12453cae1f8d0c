//! A command that follows one that was typed: which of the flags it keeps, and what of the run it adds.

use crate::application::command_line::{TypedCommand, TypedFlag, as_operand, join};
use crate::application::run_settings::{BadRows, RunSettings};
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::result_columns::is_of_results;

/// Flags of a run that no other takes over: they name its own files, say how it began, or answer its
/// question. Those that follow from the settings are added again.
const OF_ONE_RUN_ONLY: &[&str] = &[
    "backup",
    "exit-code",
    "first",
    "forget-rate",
    "forget-wait",
    "if-unchanged",
    "log-file",
    "output",
    "report",
    "report-changes",
    "resume",
    "summary",
    "usage",
    "yes",
];

/// Flags that say which rows of results are meant.
pub(super) const OF_RESULTS: &[&str] = &["include", "only-failed"];

/// Flags that say how the file of a sheet is written. Its results are a file of our own.
pub(super) const OF_THE_FILE: &[&str] = &["encoding", "sheet"];

/// Flags that say which rows are sent, of which an undo puts back all.
pub(super) const OF_THE_ROWS: &[&str] = &["rows", "skip-invalid", "where"];

/// Flags that say what the cells of a sheet mean, which a plan of it knows.
pub(super) const OF_THE_CELLS: &[&str] = &[
    "allow-duplicates",
    "country",
    "even-if-used",
    "hidden",
    "ignore-column",
    "org",
    "separator",
    "setting",
];

/// Flags of a rehearsal that a plan in earnest does not have.
pub(super) const OF_A_REHEARSAL: &[&str] = &["rehearse", "rehearse-speed"];

/// A command that follows one that was typed.
#[derive(Debug)]
pub(super) struct NextCommand<'t> {
    pub(super) words: Vec<String>,
    name: &'static str,
    typed: &'t [TypedFlag],
    /// It is about results in which the outcomes are others than when `--where` was typed.
    pub(super) has_new_outcomes: bool,
}

impl TypedCommand {
    /// Another command of the same program, about a file.
    pub(super) fn next(&self, command: &'static str, file: &str) -> NextCommand<'_> {
        let program = self.words.first().map_or("wxbulk", String::as_str);
        NextCommand {
            words: vec![program.into(), command.into(), as_operand(file)],
            name: command,
            typed: &self.flags,
            has_new_outcomes: false,
        }
    }
}

impl NextCommand<'_> {
    pub(super) fn add(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(ToString::to_string));
    }

    /// Keeps the flags that were typed and that the command takes, but for these and those of one run.
    pub(super) fn keep_all_but(&mut self, left_out: &[&[&str]]) {
        let (name, has_new_outcomes) = (self.name, self.has_new_outcomes);
        self.keep(|flag| {
            let is_outdated = has_new_outcomes && is_of_outcomes(flag);
            let is_in = |names: &&[&str]| names.contains(&&*flag.name);
            let is_taken = flag.commands.iter().any(|command| command == name);
            is_taken && !is_outdated && !is_in(&OF_ONE_RUN_ONLY) && !left_out.iter().any(is_in)
        });
    }

    /// Keeps the flags that were typed and for which this is so.
    pub(super) fn keep(&mut self, is_kept: impl Fn(&TypedFlag) -> bool) {
        for flag in self.typed.iter().filter(|flag| is_kept(flag)) {
            self.words.push(format!("--{}", flag.name));
            self.words.extend(flag.value.clone());
        }
    }

    /// Adds what the run took over from an earlier part of it, or from its plan, and nobody typed.
    pub(super) fn add_what_is_in_force(&mut self, settings: &RunSettings) {
        let spec = &settings.spec;
        let are_in_order = spec.sheet.duplicates == DuplicatePolicy::InOrder;
        let is_unguarded = spec.command == "apply" && spec.even_if_used;
        let switches = [
            ("--allow-duplicates", are_in_order),
            ("--even-if-used", is_unguarded),
            ("--skip-invalid", settings.bad_rows == BadRows::Skip),
        ];
        for (switch, is_on) in switches {
            if is_on && !self.has(switch) {
                self.add(&[switch]);
            }
        }
        if let Some(note) = settings.note.as_ref().filter(|_| !self.has("--note")) {
            self.add(&["--note", note]);
        }
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|word| word == flag)
    }

    pub(super) fn into_line(self) -> String {
        join(&self.words)
    }
}

/// Whether a flag chooses rows by what a run wrote into its results.
fn is_of_outcomes(flag: &TypedFlag) -> bool {
    let column = flag.value.as_ref().and_then(|value| value.split_once('='));
    flag.name == "where" && column.is_some_and(|(column, _)| is_of_results(column))
}

impl RunSettings {
    /// The file of the sheet as it was named; one that is read from standard input by its own name.
    pub(super) fn sheet_as_typed(&self) -> String {
        let typed = self.typed.file.clone();
        typed.unwrap_or_else(|| self.spec.sheet.path.to_string_lossy().into_owned())
    }
}
