//! The commands that a person is told to type. Each can be pasted, and keeps every guard that the
//! person had chosen: what one run was held to, the next one is too.

use std::path::Path;

use crate::application::settings::RunSettings;
use crate::engine::pipeline::Task;
use crate::journal::MeaningfulSettings;
use crate::platform;
use crate::webex::base_url::WEBEX;

/// A command as it was typed, taken apart. A name that is no text could not be printed so that it can
/// be typed again, so these are texts.
#[derive(Debug, Clone, Default)]
pub struct TypedCommand {
    /// All its words, the program first.
    pub words: Vec<String>,
    /// Its flags by their long names, with their values.
    pub flags: Vec<(String, Option<String>)>,
}

/// Flags of a run that the next one over its results does not take over: they name its own files, say
/// how it began, or answer its question. Those that follow from the settings are added anew.
const OF_ONE_RUN_ONLY: &[&str] = &[
    "backup",
    "exit-code",
    "first",
    "force",
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
    "org",
    "rate",
    "service-app",
    "setting",
    "token-file",
];

const FORGET_WAIT: &str = "--forget-wait";

/// This command with `--resume`.
pub fn with_resume(settings: &RunSettings) -> String {
    with_flag(settings, "--resume")
}

/// This command with another flag. What was only for this time, to go on before the service wants to
/// be asked, is not repeated.
pub fn with_flag(settings: &RunSettings, flag: &str) -> String {
    let words = settings.typed.words.iter();
    let mut words: Vec<String> = words.filter(|word| *word != FORGET_WAIT).cloned().collect();
    if !words.iter().any(|word| word == flag) {
        words.push(flag.into());
    }
    join(&words)
}

/// This command with `--setting`.
pub fn with_setting(settings: &RunSettings, name: &str) -> String {
    let mut words = settings.typed.words.clone();
    words.extend(["--setting".into(), name.into()]);
    join(&words)
}

/// The command that sends again what the results say failed, where anything was sent.
pub fn send_failed(settings: &RunSettings) -> Option<String> {
    if settings.spec.task == Task::Read {
        return None;
    }
    if settings.spec.command == "undo" {
        return Some(undo_again(settings));
    }
    let typed = &settings.typed;
    let program = typed.words.first().map_or("wxbulk", String::as_str);
    let results = settings.spec.output.display().to_string();
    let mut words: Vec<String> = [program, "apply", &results, "--only-failed"]
        .map(String::from)
        .into();
    if settings.spec.task == Task::ReadThenWrite {
        words.push("--backup".into());
    }
    if let Some(plan) = &settings.spec.preconditions {
        words.extend(["--if-unchanged".into(), plan.display().to_string()]);
    }
    for (name, value) in &typed.flags {
        if !OF_ONE_RUN_ONLY.contains(&name.as_str()) {
            words.push(format!("--{name}"));
            words.extend(value.clone());
        }
    }
    Some(join(&words))
}

/// The command that plans the rows of the results again, where they were held against a plan.
pub fn plan_again(settings: &RunSettings) -> Option<String> {
    settings.spec.preconditions.as_ref()?;
    let typed = &settings.typed;
    let program = typed.words.first().map_or("wxbulk", String::as_str);
    let results = settings.spec.output.display().to_string();
    let mut words: Vec<String> = [program, "plan", &results].map(String::from).into();
    for (name, value) in &typed.flags {
        if OF_A_PLAN_TOO.contains(&name.as_str()) {
            words.push(format!("--{name}"));
            words.extend(value.clone());
        }
    }
    Some(join(&words))
}

/// The same undo, which finds what is back already and tries the rest.
fn undo_again(settings: &RunSettings) -> String {
    let mut words = Vec::new();
    let mut typed = settings.typed.words.iter();
    while let Some(word) = typed.next() {
        match word.as_str() {
            "-o" | "--output" => drop(typed.next()),
            "--resume" | FORGET_WAIT => {}
            word if word.starts_with("--output=") => {}
            word => words.push(word.to_string()),
        }
    }
    let output = settings.spec.output.with_extension("again.csv");
    words.extend(["--output".into(), output.display().to_string()]);
    join(&words)
}

/// The command that puts back what a run with these settings changed, for whoever has wxbulk.
pub fn undo(results: &Path, settings: &MeaningfulSettings) -> String {
    let mut words = vec![
        "wxbulk".into(),
        "undo".into(),
        results.display().to_string(),
    ];
    if settings.base_url != WEBEX {
        words.extend(["--base-url".into(), settings.base_url.clone()]);
    }
    if let Some(org) = &settings.org {
        words.extend(["--org".into(), org.clone()]);
    }
    join(&words)
}

/// A command of these words, as a shell takes it.
pub(crate) fn join(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    quoted.join(" ")
}

/// Quotes a word where a shell would take it apart.
fn quote(word: &str) -> String {
    let is_plain =
        |character: char| character.is_alphanumeric() || "-_./:=,@%+".contains(character);
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
