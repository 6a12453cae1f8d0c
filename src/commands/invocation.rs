//! The commands that the user is told to type, made from the one they typed.

use std::env;
use std::path::Path;

/// This command with `--resume`.
pub(super) fn with_resume() -> String {
    let mut words: Vec<String> = env::args().collect();
    if !words.iter().any(|word| word == "--resume") {
        words.push("--resume".into());
    }
    join(&words)
}

/// The command that sends again what `results` says failed.
pub(super) fn send_failed(results: &Path) -> String {
    let program = env::args().next().unwrap_or_else(|| "wxbulk".into());
    let results = results.display().to_string();
    join(&[program, "apply".into(), results, "--only-failed".into()])
}

fn join(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
    quoted.join(" ")
}

/// Quotes a word where a shell would take it apart; in double quotes, which every shell knows.
fn quote(word: &str) -> String {
    let is_plain =
        |character: char| character.is_alphanumeric() || "-_./\\:=,@%+~".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_string();
    }
    format!("\"{}\"", word.replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_blanks_are_quoted() {
        assert_eq!(quote("C:\\Users\\a.csv"), "C:\\Users\\a.csv");
        assert_eq!(quote("my sheet.csv"), "\"my sheet.csv\"");
        assert_eq!(quote(""), "\"\"");
    }
}
