//! The commands that a person is told to type. Each can be pasted, and keeps every guard that the
//! person had chosen: what one run was held to, the next one is too.

use std::path::Path;

use crate::application::command_line::{TypedCommand, TypedFlag, as_operand, join};
use crate::application::output_name::{OutputNames, is_undo_sheet};
use crate::application::run_settings::{BadRows, RunSettings};
use crate::engine::abort::MissingCredential;
use crate::engine::pipeline::Task;
use crate::journal::{BeginRecord, MeaningfulSettings};
use crate::sheet::check::DuplicatePolicy;
use crate::webex::base_url::WEBEX;

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
const OF_RESULTS: &[&str] = &["include", "only-failed"];

/// Flags that say how the file of a sheet is written. Its results are a file of our own.
const OF_THE_FILE: &[&str] = &["encoding", "sheet"];

/// Flags that say which rows are sent, of which an undo puts back all.
const OF_THE_ROWS: &[&str] = &["rows", "skip-invalid", "where"];

/// Flags that say what the cells of a sheet mean, which a plan of it knows.
const OF_THE_CELLS: &[&str] = &[
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
const OF_A_REHEARSAL: &[&str] = &["rehearse", "rehearse-speed"];

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
    let next = send_failed_of(settings, &spec.output, spec.preconditions.as_deref())?;
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

/// The same of the results of an `apply`, whose rows are held against a plan.
fn send_failed_of<'t>(
    settings: &'t RunSettings,
    results: &Path,
    plan: Option<&Path>,
) -> Option<NextCommand<'t>> {
    next_of_results(settings, results, plan, &[])
}

fn next_of_results<'t>(
    settings: &'t RunSettings,
    results: &Path,
    plan: Option<&Path>,
    left_out: &[&str],
) -> Option<NextCommand<'t>> {
    let spec = &settings.spec;
    if spec.task == Task::Read || spec.command == "undo" {
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
    next.keep_all_but(&[OF_RESULTS, OF_THE_FILE, replaced, left_out]);
    next.add_what_is_in_force(settings);
    Some(next)
}

/// What a new plan of the rows in conflict holds.
#[derive(Debug, Clone, Copy)]
pub struct PlannedAgain {
    /// All rows of the results that are not done.
    pub are_all: bool,
    /// None of which is known that it cannot be approved.
    pub are_approved: bool,
}

/// The commands that plan the rows of the results which conflict, and that send them under the new plan, for
/// whoever wants to change what was found there. Where others are not done, the second one names the rows as
/// well.
pub fn plan_conflicts(settings: &RunSettings, planned: PlannedAgain) -> Option<[String; 2]> {
    let spec = &settings.spec;
    let conflicts = ["--where", "outcome=conflict"];
    let [plan, mut send] = plan_and_send(settings, &spec.output, &conflicts)?;
    send.add(&["--include", "conflict"]);
    if !planned.are_all {
        send.add(&conflicts);
    }
    if !planned.are_approved && !send.has("--skip-invalid") {
        send.add(&["--skip-invalid"]);
    }
    Some([plan, send].map(NextCommand::into_line))
}

/// The commands that plan the rows of results which are not done, as they stand there now, and that send
/// them under the new plan.
pub fn plan_corrected(settings: &RunSettings, results: &Path) -> Option<[String; 2]> {
    let commands = plan_and_send(settings, results, &["--only-failed"])?;
    Some(commands.map(NextCommand::into_line))
}

/// A command that plans rows of results, and one that sends what failed in them under that plan.
fn plan_and_send<'t>(
    settings: &'t RunSettings,
    results: &Path,
    narrowed: &[&str],
) -> Option<[NextCommand<'t>; 2]> {
    let path = OutputNames::of_sheet(results, "plan").next_plan();
    let mut plan = settings.typed.next("plan", &results.to_string_lossy());
    plan.keep_all_but(&[OF_RESULTS, OF_THE_FILE]);
    plan.add_what_is_in_force(settings);
    plan.add(narrowed);
    plan.add(&["--output", &as_operand(&path.to_string_lossy())]);
    Some([plan, send_failed_of(settings, results, Some(&path))?])
}

/// The command that plans the rows of one of our own files.
pub fn plan_of(settings: &RunSettings, file: &Path) -> String {
    let mut next = settings.typed.next("plan", &file.to_string_lossy());
    next.keep_all_but(&[OF_RESULTS, OF_THE_FILE]);
    next.into_line()
}

/// The command that lists every problem of the sheet.
pub fn list_problems(settings: &RunSettings) -> String {
    let sheet = settings.spec.sheet.path.to_string_lossy();
    let mut next = settings.typed.next("check", &sheet);
    next.keep_all_but(&[]);
    next.add(&["--format", "csv"]);
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

/// The command that applies this plan; `None` where it makes none.
pub fn apply_plan(settings: &RunSettings) -> Option<String> {
    let spec = &settings.spec;
    let is_plan = spec.command == "plan" && spec.task == Task::Read;
    // What the rows of an undo must find, only `undo` looks at.
    let is_of_undo = is_undo_sheet(&spec.sheet.path);
    let apply = || {
        if spec.sheet.reading.rows.is_of_results() {
            send_under_plan(settings)
        } else {
            to_apply(settings, &[])
        }
    };
    (is_plan && !is_of_undo).then(apply)
}

/// The command that sends rows of results under this plan of them: what is known of them from before stays
/// with them.
fn send_under_plan(settings: &RunSettings) -> String {
    let plan = as_operand(&settings.spec.output.to_string_lossy());
    let mut next = settings.typed.next("apply", &settings.sheet_as_typed());
    next.add(&["--only-failed", "--backup", "--if-unchanged", &plan]);
    // The plan says why it was made.
    next.keep_all_but(&[&["note", "only-failed"]]);
    next.into_line()
}

/// The command that applies this plan without the rows for which it approves nothing.
pub fn apply_without_them(settings: &RunSettings) -> String {
    to_apply(settings, &["--skip-invalid"])
}

fn to_apply(settings: &RunSettings, added: &[&str]) -> String {
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

/// The command that puts back what this run changes; `None` where it keeps nothing to put back.
pub fn undo_this(settings: &RunSettings) -> Option<String> {
    let spec = &settings.spec;
    if spec.task != Task::ReadThenWrite {
        return None;
    }
    let results = spec.output.to_string_lossy();
    let mut next = settings.typed.next("undo", &results);
    next.keep_all_but(&[OF_THE_ROWS, &["even-if-used", "force"]]);
    Some(next.into_line())
}

/// This undo of all rows of the results.
pub fn undo_all(settings: &RunSettings) -> String {
    let undone = settings.typed.file.as_deref().unwrap_or_default();
    let mut next = settings.typed.next("undo", undone);
    next.keep_all_but(&[OF_THE_ROWS]);
    next.into_line()
}

/// This undo with a journal named in the place of its results.
pub fn undo_by_journal(settings: &RunSettings, journal: &Path) -> String {
    let mut next = settings.typed.next("undo", &journal.to_string_lossy());
    next.keep_all_but(&[]);
    next.into_line()
}

/// The same of a run that `began` so and left these results. Where they have another name since, or an
/// older wxbulk wrote them, it has only what the run itself says of where it went.
pub fn undo(results: &Path, began: Option<&BeginRecord>, settings: &MeaningfulSettings) -> String {
    let name = results.file_name().unwrap_or_default().to_string_lossy();
    if let Some(began) = began
        && began.undo_command.contains(&*name)
    {
        return began.undo_command.clone();
    }
    let results = as_operand(&results.to_string_lossy());
    let mut words = vec!["wxbulk".into(), "undo".into(), results];
    if settings.base_url != WEBEX {
        words.extend(["--base-url".into(), settings.base_url.clone()]);
    }
    if let Some(org) = &settings.org {
        words.extend(["--org".into(), org.clone()]);
    }
    join(&words)
}

/// The recorded command that undoes a run, with another name for its results.
pub fn undo_renamed(began: &BeginRecord, results: &str) -> Option<String> {
    let named = |results: &str| join(&["undo".into(), as_operand(results)]);
    let (was, is) = (named(&began.results), named(results));
    let command = &began.undo_command;
    let is_recorded = !began.results.is_empty() && command.contains(&was);
    is_recorded.then(|| command.replacen(&was, &is, 1))
}

/// A command that follows one that was typed.
#[derive(Debug)]
struct NextCommand<'t> {
    words: Vec<String>,
    name: &'static str,
    typed: &'t [TypedFlag],
}

impl TypedCommand {
    /// Another command of the same program, about a file.
    fn next(&self, command: &'static str, file: &str) -> NextCommand<'_> {
        let program = self.words.first().map_or("wxbulk", String::as_str);
        NextCommand {
            words: vec![program.into(), command.into(), as_operand(file)],
            name: command,
            typed: &self.flags,
        }
    }
}

impl NextCommand<'_> {
    fn add(&mut self, words: &[&str]) {
        self.words.extend(words.iter().map(ToString::to_string));
    }

    /// Keeps the flags that were typed and that the command takes, but for these and those of one run.
    fn keep_all_but(&mut self, left_out: &[&[&str]]) {
        let name = self.name;
        self.keep(|flag| {
            let is_in = |names: &&[&str]| names.contains(&&*flag.name);
            let is_taken = flag.commands.iter().any(|command| command == name);
            is_taken && !is_in(&OF_ONE_RUN_ONLY) && !left_out.iter().any(is_in)
        });
    }

    /// Keeps the flags that were typed and for which this is so.
    fn keep(&mut self, is_kept: impl Fn(&TypedFlag) -> bool) {
        for flag in self.typed.iter().filter(|flag| is_kept(flag)) {
            self.words.push(format!("--{}", flag.name));
            self.words.extend(flag.value.clone());
        }
    }

    /// Adds what the run took over from an earlier part of it, or from its plan, and nobody typed.
    fn add_what_is_in_force(&mut self, settings: &RunSettings) {
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

    fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|word| word == flag)
    }

    fn into_line(self) -> String {
        join(&self.words)
    }
}

impl RunSettings {
    /// The file of the sheet as it was named; one that is read from standard input by its own name.
    fn sheet_as_typed(&self) -> String {
        let typed = self.typed.file.clone();
        typed.unwrap_or_else(|| self.spec.sheet.path.to_string_lossy().into_owned())
    }
}
