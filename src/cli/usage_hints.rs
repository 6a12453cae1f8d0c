//! What to type instead, where clap knows that something is wrong and this program knows what was meant.

use std::fmt::Write as _;
use std::path::Path;

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, Error};

use super::Cli;
use super::guesses::command_for;
use crate::application::command_line::join;
use crate::application::missing_file::similar_file;

/// Flags that name the service or what opens it, which a rehearsal has no use for.
const OF_THE_SERVICE: [&str; 3] = ["--base-url", "--token-file", "--service-app"];

/// A word too many, where a space in a file name cannot be the reason.
pub(super) fn unexpected_word(word: &str, words: &[String]) -> Option<String> {
    let program = program(words);
    if is_windows_flag(word) {
        let flag = match word.trim_start_matches('/').to_lowercase().as_str() {
            "?" | "h" => "--help".to_string(),
            letter if letter.len() == 1 => format!("-{letter}"),
            name => format!("--{name}"),
        };
        return Some(format!(
            "error: unexpected argument `{word}`\nhint: flags begin with hyphens here: {flag}"
        ));
    }
    let command = words.get(1)?;
    let with = |rest: &[&str]| {
        let all = [program].into_iter().chain(rest.iter().copied());
        join(&all.map(String::from).collect::<Vec<_>>())
    };
    let hint = match command.as_str() {
        "whoami" => format!(
            "a token's file belongs after --token-file: {}",
            with(&["whoami", "--token-file", word])
        ),
        "export" => format!(
            "the sheet that is written belongs after --output: {}",
            with(&["export", "--output", word])
        ),
        "simulator" => format!(
            "to practise with a sheet: {}",
            with(&["apply", word, "--rehearse"])
        ),
        "selftest" => format!("{program} help {command} lists what it takes"),
        _ => return None,
    };
    Some(format!(
        "error: `{program} {command}` takes no file, and `{word}` stands where one would\nhint: {hint}"
    ))
}

/// `/help`, as programs of Windows take it, and no path of a file.
fn is_windows_flag(word: &str) -> bool {
    let name = word.strip_prefix('/').unwrap_or_default();
    let is_name = |name: &str| {
        name.chars()
            .all(|one| one.is_ascii_alphabetic() || one == '-')
    };
    (name == "?" || (!name.is_empty() && is_name(name))) && !Path::new(word).exists()
}

/// A first word that is no command, and no file either.
pub(super) fn unknown_command(word: &str, words: &[String]) -> Option<String> {
    let program = program(words);
    let hint = if words.get(1).is_some_and(|first| first == "help") {
        format!("{program} help {}", similar_command(word)?)
    } else if word.eq_ignore_ascii_case("version") {
        format!("{program} --version")
    } else if let Some(command) = similar_command(word) {
        let rest = words.iter().skip(2).map(String::as_str);
        let all = [program, &command].into_iter().chain(rest);
        join(&all.map(String::from).collect::<Vec<_>>())
    } else {
        let file = similar_file(Path::new(word))?;
        let file = join(&[file.to_string_lossy().into_owned()]);
        return Some(format!(
            "error: `{word}` is no command\n\
             hint: to look for mistakes in `{file}`: {program} check {file}\n\
             hint: to send it: {program} apply {file}"
        ));
    };
    Some(format!(
        "error: unrecognized command `{word}`\nhint: {hint}"
    ))
}

/// The command that was meant, by a slip of the fingers or as other programs call it.
fn similar_command(word: &str) -> Option<String> {
    if let Some(command) = command_for(word) {
        return command.split(' ').next().map(String::from);
    }
    let error = Cli::command()
        .try_get_matches_from(["wxbulk", word])
        .err()?;
    text(&error, ContextKind::SuggestedSubcommand)
}

/// A command without what it is about.
pub(super) fn missing_argument(argument: &str, words: &[String]) -> Option<String> {
    let program = program(words);
    let command = words.get(1)?;
    let (what, example) = match argument {
        "<SHEET>" => ("the sheet", "numbers.xlsx"),
        "<RESULTS>" => ("the results of a run", "numbers.results.xlsx"),
        _ => return None,
    };
    let mut text = format!("error: {what} is missing\nhint: {program} {command} {example}")
        .replace("results of a run is", "results of a run are");
    if argument == "<RESULTS>" {
        let _ = write!(
            text,
            "\nhint: {program} status lists the runs of this folder"
        );
    }
    Some(text)
}

/// A rehearsal for which something of the service was named: the command without that.
pub(super) fn conflict(one: &str, other: &str, words: &[String]) -> Option<String> {
    let flags = [one, other].map(|flag| flag.split([' ', '=']).next().unwrap_or_default());
    if !flags.contains(&"--rehearse") {
        return None;
    }
    let named = flags
        .into_iter()
        .find(|name| OF_THE_SERVICE.contains(name))?;
    let mut kept = Vec::new();
    let mut all = words.iter();
    while let Some(word) = all.next() {
        let flag = word.split('=').next().unwrap_or_default();
        if !OF_THE_SERVICE.contains(&flag) {
            kept.push(word.clone());
        } else if flag == word {
            // Its value is the next word.
            all.next();
        }
    }
    Some(format!(
        "error: `--rehearse` sends to a simulator, which {named} has nothing to do with\nhint: {}",
        join(&kept)
    ))
}

fn program(words: &[String]) -> &str {
    words.first().map_or("wxbulk", String::as_str)
}

/// What clap says of a mistake.
pub(super) fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        Some(ContextValue::Strings(texts)) => texts.first().cloned(),
        _ => None,
    }
}
