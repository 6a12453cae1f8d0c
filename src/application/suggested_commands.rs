//! The commands that a person is told to type. Each can be pasted, and keeps every guard that the
//! person had chosen: what one run was held to, the next one is too.

use std::path::Path;

use crate::application::output_name::OutputNames;
use crate::application::run_settings::RunSettings;
use crate::engine::pipeline::Task;
use crate::journal::{BeginRecord, MeaningfulSettings};
use crate::platform;
use crate::webex::base_url::WEBEX;

/// A command as it was typed, taken apart. A name that is no text could not be printed so that it can
/// be typed again, so these are texts.
#[derive(Debug, Clone, Default)]
pub struct TypedCommand {
    /// All its words, the program first.
    pub words: Vec<String>,
    /// The file that it names.
    pub file: Option<String>,
    /// Its flags by their long names, with their values.
    pub flags: Vec<(String, Option<String>)>,
    /// The folder where it was typed, from which it names its files.
    pub folder: String,
}

/// Flags of a run that the next one does not take over: they name its own files, say how it began, or
/// answer its question. Those that follow from the settings are added again.
const OF_ONE_RUN_ONLY: &[&str] = &[
    "backup",
    "exit-code",
    "first",
    "forget-wait",
    "if-unchanged",
    "include",
    "log-file",
    "only-failed",
    "output",
    "report",
    "report-changes",
    "resume",
    "summary",
    "yes",
];

/// Flags of a run that a plan of its results needs as well.
const OF_A_PLAN_TOO: &[&str] = &[
    "base-url",
    "country",
    "credentials",
    "org",
    "rate",
    "service-app",
    "setting",
    "token-file",
];

/// Flags of a run that a check of its sheet needs as well.
const OF_A_CHECK_TOO: &[&str] = &[
    "allow-duplicates",
    "country",
    "encoding",
    "hidden",
    "ignore-column",
    "include",
    "only-failed",
    "org",
    "separator",
    "setting",
    "sheet",
];

/// Flags that say how the file of a sheet is written. Its results are a file of our own.
const OF_THE_FILE: &[&str] = &["encoding", "sheet"];

/// Flags of `apply` that say what the cells of a sheet mean and which rows are sent, which `undo` has
/// from the run.
const OF_THE_SHEET: &[&str] = &[
    "allow-duplicates",
    "country",
    "even-if-used",
    "hidden",
    "ignore-column",
    "no-backup",
    "rows",
    "separator",
    "setting",
    "skip-invalid",
    "where",
];

/// Flags of a rehearsal that a plan in earnest does not have.
const OF_A_REHEARSAL: &[&str] = &["no-backup", "rehearse", "rehearse-speed"];

const FORGET_WAIT: &str = "--forget-wait";

/// This command with `--resume`.
pub fn with_resume(settings: &RunSettings) -> String {
    with_flag(settings, "--resume")
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
    let typed = &settings.typed;
    if spec.command == "undo" {
        let mut words = typed.begin("undo", typed.file.as_deref()?);
        words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY]));
        return Some(join(&words));
    }
    let words = words_to_send_failed(settings, spec.preconditions.as_deref())?;
    Some(join(&words))
}

/// The same of an `apply`, whose rows are held against a plan.
fn words_to_send_failed(settings: &RunSettings, plan: Option<&Path>) -> Option<Vec<String>> {
    let (spec, typed) = (&settings.spec, &settings.typed);
    if spec.task == Task::Read || spec.command == "undo" {
        return None;
    }
    let mut words = typed.begin("apply", &spec.output.to_string_lossy());
    words.push("--only-failed".into());
    let mut replaced: &[&str] = &[];
    if spec.task == Task::ReadThenWrite {
        words.push("--backup".into());
        replaced = &["no-backup"];
    }
    if let Some(plan) = plan {
        words.extend(["--if-unchanged".into(), as_operand(&plan.to_string_lossy())]);
    }
    words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY, OF_THE_FILE, replaced]));
    Some(words)
}

/// The commands that plan the rows of the results which conflict, where they were held against a plan, and
/// that send them under the new plan. Where there are rows for which the old one approved nothing
/// (`some_not_approved`), the second one names the rows as well.
pub fn plan_conflicts(settings: &RunSettings, some_not_approved: bool) -> Option<[String; 2]> {
    let spec = &settings.spec;
    spec.preconditions.as_ref()?;
    let plan = OutputNames::of_sheet(&spec.output, "plan").next_plan();
    let conflicts = ["--where".to_string(), "outcome=conflict".to_string()];
    let typed = &settings.typed;
    let mut words = typed.begin("plan", &spec.output.to_string_lossy());
    words.extend(typed.flags_among(OF_A_PLAN_TOO));
    words.extend(conflicts.clone());
    words.extend(["--output".into(), as_operand(&plan.to_string_lossy())]);
    let mut send = words_to_send_failed(settings, Some(&plan))?;
    send.extend(["--include", "conflict"].map(String::from));
    if some_not_approved {
        send.extend(conflicts);
    }
    Some([join(&words), join(&send)])
}

/// The command that plans the rows of one of our own files.
pub fn plan_of(settings: &RunSettings, file: &Path) -> String {
    let typed = &settings.typed;
    let mut words = typed.begin("plan", &file.to_string_lossy());
    words.extend(typed.flags_among(OF_A_PLAN_TOO));
    join(&words)
}

/// The command that lists every problem of the sheet.
pub fn list_problems(settings: &RunSettings) -> String {
    let typed = &settings.typed;
    let mut words = typed.begin("check", &settings.spec.sheet.path.to_string_lossy());
    words.extend(typed.flags_among(OF_A_CHECK_TOO));
    words.extend(["--format", "csv"].map(String::from));
    join(&words)
}

/// The command that makes this plan once more, under a name of its own.
pub fn same_plan_again(settings: &RunSettings) -> String {
    let typed = &settings.typed;
    let sheet = settings.spec.sheet.path.to_string_lossy();
    let mut words = typed.begin("plan", typed.file.as_deref().unwrap_or(&sheet));
    words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY]));
    join(&words)
}

/// The command that makes this plan once more, in a file of its own, with what uses the numbers.
pub fn plan_with_usage(settings: &RunSettings) -> String {
    let typed = &settings.typed;
    let sheet = settings.spec.sheet.path.to_string_lossy();
    let mut words = typed.begin("plan", typed.file.as_deref().unwrap_or(&sheet));
    words.extend(typed.flags_among(&["include", "only-failed"]));
    words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY]));
    words.push("--usage".into());
    join(&words)
}

/// The command that plans in earnest what was rehearsed. Whose token it takes is not known in a rehearsal.
pub fn plan_after_rehearsal(settings: &RunSettings) -> String {
    let typed = &settings.typed;
    let sheet = settings.spec.sheet.path.to_string_lossy();
    let mut words = typed.begin("plan", typed.file.as_deref().unwrap_or(&sheet));
    if typed.flags.iter().any(|(name, _)| name == "only-failed") {
        words.push("--only-failed".into());
    }
    words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY, OF_A_REHEARSAL]));
    join(&words)
}

/// The command that applies this plan without the rows for which it approves nothing.
pub fn apply_without_them(settings: &RunSettings) -> String {
    let typed = &settings.typed;
    let mut words = typed.begin("apply", &settings.spec.output.to_string_lossy());
    words.push("--skip-invalid".into());
    // The plan knows how its sheet is read, and why it was made.
    let of_the_plan: &[&str] = &["note", "usage"];
    words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY, OF_THE_FILE, OF_THE_SHEET, of_the_plan]));
    join(&words)
}

/// The command that makes a new plan of a sheet, as the plan that was applied `was` made of it.
pub fn new_plan(settings: &RunSettings, sheet: &str, was: &MeaningfulSettings) -> String {
    let typed = &settings.typed;
    let mut words = typed.begin("plan", sheet);
    let values = [
        ("org", &was.org),
        ("country", &was.country),
        ("sheet", &was.sheet),
        ("encoding", &was.encoding),
        ("separator", &was.separator),
        ("hidden", &was.hidden),
    ];
    for (name, value) in values {
        let value = value.iter().cloned();
        words.extend(value.flat_map(|value| [format!("--{name}"), value]));
    }
    let ignored = was.ignored_columns.iter().cloned();
    words.extend(ignored.flat_map(|name| ["--ignore-column".to_string(), name]));
    words.extend(was.part.flags());
    let switches = [
        ("--allow-duplicates", was.allow_duplicates),
        ("--even-if-used", was.even_if_used),
        ("--skip-invalid", was.skip_invalid),
    ];
    let switches = switches.into_iter().filter(|(_, is_on)| *is_on);
    words.extend(switches.map(|(name, _)| name.to_string()));
    let note = settings.note.iter().cloned();
    words.extend(note.flat_map(|note| ["--note".to_string(), note]));
    let said_above: &[&str] = &["note", "org"];
    words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY, OF_THE_FILE, OF_THE_SHEET, said_above]));
    join(&words)
}

/// The command that puts back what this run changes; `None` where it keeps nothing to put back.
pub fn undo_this(settings: &RunSettings) -> Option<String> {
    let spec = &settings.spec;
    if spec.task != Task::ReadThenWrite {
        return None;
    }
    let typed = &settings.typed;
    let mut words = typed.begin("undo", &spec.output.to_string_lossy());
    // What named the place of a selftest, and what an undo is not forced to.
    let left_out: &[&str] = &["force", "location", "name"];
    words.extend(typed.flags_without(&[OF_ONE_RUN_ONLY, OF_THE_FILE, OF_THE_SHEET, left_out]));
    Some(join(&words))
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

impl TypedCommand {
    /// The beginning of another command of the same program.
    fn begin(&self, command: &str, file: &str) -> Vec<String> {
        let program = self.words.first().map_or("wxbulk", String::as_str);
        vec![program.into(), command.into(), as_operand(file)]
    }

    /// Those of these flags that were typed.
    fn flags_among(&self, kept: &[&str]) -> Vec<String> {
        let flags = self.flags.iter();
        let flags = flags.filter(|(name, _)| kept.contains(&name.as_str()));
        flags
            .flat_map(|(name, value)| [format!("--{name}")].into_iter().chain(value.clone()))
            .collect()
    }

    /// The flags that were typed but for these.
    fn flags_without(&self, left_out: &[&[&str]]) -> Vec<String> {
        let mut words = Vec::new();
        for (name, value) in &self.flags {
            if !left_out.iter().any(|names| names.contains(&name.as_str())) {
                words.push(format!("--{name}"));
                words.extend(value.clone());
            }
        }
        words
    }
}

/// A name that begins as a flag does is not taken for one when its folder stands before it.
fn as_operand(name: &str) -> String {
    if name.starts_with('-') && name != "-" {
        format!("./{name}")
    } else {
        name.to_string()
    }
}

/// A command of these words, as a shell takes it.
pub(crate) fn join(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    quoted.join(" ")
}

/// Quotes a word where a shell would take it apart.
fn quote(word: &str) -> String {
    // PowerShell makes several words of one with a comma, and something else of one with an `@`.
    let plain = if cfg!(windows) {
        "-_./:=+"
    } else {
        "-_./:=+,@%"
    };
    let is_plain = |character: char| character.is_alphanumeric() || plain.contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_string();
    }
    platform::quoted_for_shell(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_a_shell_would_take_apart_are_quoted() {
        assert_eq!(quote("sheets/20%.csv"), "sheets/20%.csv");
        #[cfg(unix)]
        for (word, quoted) in [
            ("my sheet.csv", "'my sheet.csv'"),
            ("$5 `each`.csv", "'$5 `each`.csv'"),
            ("Ann's.csv", r"'Ann'\''s.csv'"),
            ("", "''"),
        ] {
            assert_eq!(quote(word), quoted);
        }
        #[cfg(windows)]
        assert_eq!(quote("my sheet.csv"), "\"my sheet.csv\"");
    }
}
