//! Says what is wrong with what was typed. clap's own messages are shown, except where something
//! better is known than they tell, and never with what may be a secret.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use super::guesses::{advice_for, command_for, copied_from_a_document, whole_quotation};
use super::{Cli, typed_command};
use crate::application::command_line::join;
use crate::application::possible_secret::{hide_secrets, is_token, words_in};

/// Wherever it was typed: other users see it in the list of processes, and a shell keeps it.
pub(super) const TOKEN_TYPED: &str = "what was typed holds an access token. On the command line others can see it, and the shell remembers it; it is not repeated here";

pub(super) const WHERE_A_TOKEN_BELONGS: &str = "put it into a file and name that with --token-file, or into the variable WEBEX_ACCESS_TOKEN; then remove it from the shell's history";

/// Reads what was typed. Help and the version are printed here, and end the process; of a mistake
/// the message comes back.
pub fn parse(typed: impl IntoIterator<Item = OsString>) -> Result<Cli, String> {
    let typed: Vec<OsString> = typed.into_iter().collect();
    let words = typed.iter().map(|word| word.to_string_lossy().into_owned());
    let words: Vec<String> = words.collect();
    if words
        .iter()
        .skip(1)
        .flat_map(|word| words_in(word))
        .any(is_token)
    {
        return Err(format!(
            "error: {TOKEN_TYPED}\nhint: {WHERE_A_TOKEN_BELONGS}"
        ));
    }
    let parsed = Cli::command()
        .try_get_matches_from(&typed)
        .and_then(|matches| {
            let mut cli = Cli::from_arg_matches(&matches)?;
            typed_command::hand_over(typed_command::take_apart(&typed, &matches), &mut cli);
            Ok(cli)
        });
    parsed.map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        let message = explain(&error, &words).unwrap_or_else(|| error.render().to_string());
        let message = message.trim_end().to_string();
        hide_secrets(message, words.iter().map(String::as_str))
    })
}

/// What is known better than clap does.
fn explain(error: &Error, words: &[String]) -> Option<String> {
    let copied = (1..words.len()).find_map(|index| {
        let word = whole_quotation(&words[index..]);
        let (what, instead) = copied_from_a_document(&word)?;
        Some(format!(
            "error: `{word}` {what}\nhint: type {instead} instead"
        ))
    });
    copied.or_else(|| match error.kind() {
        ErrorKind::UnknownArgument => {
            let argument = text(error, ContextKind::InvalidArg)?;
            if argument.starts_with('-') {
                let name = argument.split('=').next().unwrap_or_default();
                Some(unknown_flag(
                    name,
                    text(error, ContextKind::SuggestedArg),
                    words,
                ))
            } else {
                Some(unexpected_word(&argument, words))
            }
        }
        ErrorKind::InvalidSubcommand => {
            unknown_command(&text(error, ContextKind::InvalidSubcommand)?, words)
        }
        _ => None,
    })
}

fn text(error: &Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    }
}

fn unknown_flag(name: &str, similar: Option<String>, words: &[String]) -> String {
    let advice = match (advice_for(name), similar) {
        (Some(advice), _) => advice.to_string(),
        (None, Some(similar)) => format!("a similar argument exists: `{similar}`"),
        (None, None) => {
            let command = words.get(1).filter(|word| !word.starts_with('-'));
            let command = command.map_or(String::new(), |word| format!(" help {word}"));
            let program = words.first().map_or("wxbulk", String::as_str);
            format!("{program}{command} lists what there is")
        }
    };
    format!("error: unexpected argument `{name}`\nhint: {advice}")
}

/// A name with a space in it arrives in pieces.
fn unexpected_word(word: &str, words: &[String]) -> String {
    let is_name = |word: &String| !word.starts_with('-');
    let arguments = words.get(2..).unwrap_or_default();
    let mut runs = arguments.split(|word| !is_name(word));
    let pieces = runs.find(|pieces| pieces.iter().any(|piece| piece == word));
    let name = pieces.map_or_else(|| word.to_string(), |pieces| pieces.join(" "));
    format!(
        "error: unexpected argument `{word}`. If the file name contains a space, put quotes around it: \"{name}\""
    )
}

fn unknown_command(word: &str, words: &[String]) -> Option<String> {
    let program = words.first().map_or("wxbulk", String::as_str);
    let with = |command: &str| {
        let (name, flag) = command.split_once(' ').unwrap_or((command, ""));
        let rest = words.iter().skip(2).map(String::as_str);
        let all = [program, name].into_iter().chain(rest);
        let flag = Some(flag).filter(|flag| !flag.is_empty());
        join(&all.chain(flag).map(String::from).collect::<Vec<_>>())
    };
    if let Some(command) = command_for(word) {
        let instead = with(command);
        return Some(format!(
            "error: unrecognized command `{word}`\nhint: {instead}"
        ));
    }
    Path::new(word).is_file().then(|| {
        let file = join(&[word.to_string()]);
        format!(
            "error: `{word}` is a file, and the command is missing\n\
             hint: to look for mistakes: {program} check {file}\n\
             hint: to send it: {program} apply {file}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(words: &[&str]) -> String {
        let words = ["wxbulk"].iter().chain(words);
        parse(words.map(OsString::from)).expect_err("a mistake")
    }

    #[test]
    fn each_mistake_is_answered_with_what_to_do() {
        let said: Vec<String> = [
            "apply numbers.csv --outpt x",
            "apply numbers.csv more.csv",
            "apply my new numbers.csv --yes",
            "chek numbers.csv",
            "run numbers.csv --yes",
            "send numbers.csv",
            "resume numbers.csv",
            "preview numbers.csv",
            "Cargo.toml",
            "apply numbers.csv --dry-run",
            "apply numbers.csv --token=abc",
            "apply numbers.csv —yes",
            "apply “my numbers.csv”",
            "apply",
            "apply numbers.csv --output",
            "apply numbers.csv --summary xml",
            "apply numbers.csv --rehearse --token-file token.txt",
        ]
        .into_iter()
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            format!("$ wxbulk {line}\n{}", message(&words))
        })
        .collect();
        insta::assert_snapshot!(said.join("\n\n"), @r#"
        $ wxbulk apply numbers.csv --outpt x
        error: unexpected argument `--outpt`
        hint: a similar argument exists: `--output`

        $ wxbulk apply numbers.csv more.csv
        error: unexpected argument `more.csv`. If the file name contains a space, put quotes around it: "numbers.csv more.csv"

        $ wxbulk apply my new numbers.csv --yes
        error: unexpected argument `new`. If the file name contains a space, put quotes around it: "my new numbers.csv"

        $ wxbulk chek numbers.csv
        error: unrecognized subcommand 'chek'

          tip: a similar subcommand exists: 'check'

        Usage: wxbulk [COMMAND]

        For more information, try '--help'.

        $ wxbulk run numbers.csv --yes
        error: unrecognized command `run`
        hint: wxbulk apply numbers.csv --yes

        $ wxbulk send numbers.csv
        error: unrecognized command `send`
        hint: wxbulk apply numbers.csv

        $ wxbulk resume numbers.csv
        error: unrecognized command `resume`
        hint: wxbulk apply numbers.csv --resume

        $ wxbulk preview numbers.csv
        error: unrecognized command `preview`
        hint: wxbulk plan numbers.csv

        $ wxbulk Cargo.toml
        error: `Cargo.toml` is a file, and the command is missing
        hint: to look for mistakes: wxbulk check Cargo.toml
        hint: to send it: wxbulk apply Cargo.toml

        $ wxbulk apply numbers.csv --dry-run
        error: unexpected argument `--dry-run`
        hint: `wxbulk plan` shows what would change and changes nothing; `--rehearse` sends to a simulator instead of the service

        $ wxbulk apply numbers.csv --token=abc
        error: unexpected argument `--token`
        hint: a token on the command line would be seen by others; put it into a file and name that with --token-file, or into the variable WEBEX_ACCESS_TOKEN

        $ wxbulk apply numbers.csv —yes
        error: `—yes` begins with a long dash, which text processors make of hyphens
        hint: type --yes instead

        $ wxbulk apply “my numbers.csv”
        error: `“my numbers.csv”` has curly quotes, which text processors make of straight ones
        hint: type "my numbers.csv" instead

        $ wxbulk apply
        error: the following required arguments were not provided:
          <SHEET>

        Usage: wxbulk apply <SHEET>

        For more information, try '--help'.

        $ wxbulk apply numbers.csv --output
        error: a value is required for '--output <FILE>' but none was supplied

        For more information, try '--help'.

        $ wxbulk apply numbers.csv --summary xml
        error: invalid value 'xml' for '--summary <FORMAT>'
          [possible values: json]

        For more information, try '--help'.

        $ wxbulk apply numbers.csv --rehearse --token-file token.txt
        error: the argument '--rehearse' cannot be used with '--token-file <FILE>'

        Usage: wxbulk apply --rehearse <SHEET>

        For more information, try '--help'.
        "#);
    }

    #[test]
    fn a_token_in_the_wrong_place_is_not_repeated() {
        let token = "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";
        let with_equals = format!("--token={token}");
        let as_value = format!("--rehearse-speed={token}");
        for words in [
            vec![token],
            vec!["run", token],
            vec!["apply", "numbers.csv", token],
            vec!["apply", "numbers.csv", "--token", token],
            vec!["apply", "numbers.csv", &with_equals],
            vec!["apply", "numbers.csv", "--nonsense", token],
            vec!["apply", "numbers.csv", "--summary", token],
            vec!["apply", "numbers.csv", "--rehearse", &as_value],
            vec!["completions", token],
        ] {
            let message = message(&words);
            assert!(!message.contains(&token[..20]), "{message}");
        }
    }
}
