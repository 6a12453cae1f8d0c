//! The commands that the user is told to type, made from the one they typed.

use std::env;
use std::path::Path;

use crate::engine::pipeline::Task;
use crate::journal::MeaningfulSettings;
use crate::platform;
use crate::webex::base_url::WEBEX;

/// This command with `--resume`.
pub fn with_resume() -> String {
    let mut words: Vec<String> = typed().collect();
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    join(&words)
}

/// The command that sends again what `results` says failed, where anything was sent.
pub fn send_failed(results: &Path, task: Task) -> Option<String> {
    if task == Task::Read {
        return None;
    }
    let program = typed().next().unwrap_or_else(|| "wxbulk".into());
    let results = results.display().to_string();
    let mut words = vec![program, "apply".into(), results, "--only-failed".into()];
    words.extend(kept(typed()));
    Some(join(&words))
}

/// The flags among the words typed that the next command needs as well: where it sends, with what
/// it gets in, and what the rows leave open.
fn kept(mut typed: impl Iterator<Item = String>) -> Vec<String> {
    const ALONE: [&str; 2] = ["--rehearse", "--backup"];
    const WITH_A_VALUE: [&str; 5] = [
        "--base-url",
        "--token-file",
        "--service-app",
        "--org",
        "--country",
    ];
    let mut kept = Vec::new();
    while let Some(word) = typed.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, _)) => (flag, None),
            None if WITH_A_VALUE.contains(&&*word) => (&*word, typed.next()),
            None => (&*word, None),
        };
        if ALONE.contains(&flag) || WITH_A_VALUE.contains(&flag) {
            kept.push(word);
            kept.extend(value);
        }
    }
    kept
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
    fn the_next_command_goes_to_the_same_place_with_the_same_key() {
        let kept = |line: &str| kept(line.split(' ').map(String::from)).join(" ");
        let typed = "wxbulk apply a.csv --yes --token-file t.txt --rate 5/s --org=O --backup -o b";
        assert_eq!(kept(typed), "--token-file t.txt --org=O --backup");
        assert_eq!(
            kept("wxbulk apply a.csv --rehearse --rehearse-speed 2"),
            "--rehearse"
        );
        assert_eq!(kept("wxbulk apply a.csv --base-url"), "--base-url");
    }

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
