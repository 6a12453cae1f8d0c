//! The commands that the user is told to type, made from the one they typed.

use std::env;
use std::path::Path;

use crate::journal::MeaningfulSettings;
use crate::platform;
use crate::webex::base_url::WEBEX;

/// This command with `--resume`.
pub(super) fn with_resume() -> String {
    let mut words: Vec<String> = typed().collect();
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    join(&words)
}

/// The command that sends again what `results` says failed.
pub(super) fn send_failed(results: &Path) -> String {
    let program = typed().next().unwrap_or_else(|| "wxbulk".into());
    let results = results.display().to_string();
    join(&[program, "apply".into(), results, "--only-failed".into()])
}

/// The command that puts back what a run with these settings changed, for whoever has wxbulk.
pub(super) fn undo(results: &Path, settings: &MeaningfulSettings) -> String {
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

/// What was typed. A name that is no text could not be printed so that it can be typed again.
fn typed() -> impl Iterator<Item = String> {
    env::args_os().map(|word| word.to_string_lossy().into_owned())
}

fn join(words: &[String]) -> String {
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
