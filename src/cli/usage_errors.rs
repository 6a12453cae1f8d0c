//! Says what is wrong with what was typed. clap's own messages are shown, except where something
//! better is known than they tell, and never with what may be a secret.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, Error, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use super::guesses::{advice_for, command_for, copied_from_a_document, whole_quotation};
use super::usage_hints::{self, text};
use super::{Cli, typed_command};
use crate::application::command_line::join;
use crate::model::token_shape::{hide_secrets, is_token, words_in};

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
                let known = usage_hints::unexpected_word(&argument, words);
                Some(known.unwrap_or_else(|| unexpected_word(&argument, words)))
            }
        }
        ErrorKind::InvalidSubcommand => {
            let word = text(error, ContextKind::InvalidSubcommand)?;
            unknown_command(&word, words).or_else(|| usage_hints::unknown_command(&word, words))
        }
        ErrorKind::MissingRequiredArgument => {
            usage_hints::missing_argument(&text(error, ContextKind::InvalidArg)?, words)
        }
        ErrorKind::ArgumentConflict => usage_hints::conflict(
            &text(error, ContextKind::InvalidArg)?,
            &text(error, ContextKind::PriorArg)?,
            words,
        ),
        _ => None,
    })
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
    let is_about_help = words.get(1).is_some_and(|first| first == "help");
    if let Some(command) = command_for(word).filter(|_| !is_about_help) {
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
    #[expect(clippy::too_many_lines, reason = "a table of what is typed and said")]
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
            "undo numbers.csv --token-file=token.txt --rows 2-5 --rehearse",
            "undo",
            "aply numbers.csv --yes",
            "help aply",
            "help run",
            "rehearsal numbers.csv",
            "simulate numbers.xlsx",
            "simulator numbers.xlsx",
            "version",
            "whoami token.txt",
            "export numbers.xlsx",
            "apply numbers.xlsx /help",
            "apply numbers.xlsx /Y",
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
        error: unrecognized command `chek`
        hint: wxbulk check numbers.csv

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
        error: the sheet is missing
        hint: wxbulk apply numbers.xlsx

        $ wxbulk apply numbers.csv --output
        error: a value is required for '--output <FILE>' but none was supplied

        For more information, try '--help'.

        $ wxbulk apply numbers.csv --summary xml
        error: invalid value 'xml' for '--summary <FORMAT>'
          [possible values: json]

        For more information, try '--help'.

        $ wxbulk apply numbers.csv --rehearse --token-file token.txt
        error: `--rehearse` sends to a simulator, which --token-file has nothing to do with
        hint: wxbulk apply numbers.csv --rehearse

        $ wxbulk undo numbers.csv --token-file=token.txt --rows 2-5 --rehearse
        error: `--rehearse` sends to a simulator, which --token-file has nothing to do with
        hint: wxbulk undo numbers.csv --rows 2-5 --rehearse

        $ wxbulk undo
        error: the results of a run are missing
        hint: wxbulk undo numbers.results.xlsx
        hint: wxbulk status lists the runs of this folder

        $ wxbulk aply numbers.csv --yes
        error: unrecognized command `aply`
        hint: wxbulk apply numbers.csv --yes

        $ wxbulk help aply
        error: unrecognized command `aply`
        hint: wxbulk help apply

        $ wxbulk help run
        error: unrecognized command `run`
        hint: wxbulk help apply

        $ wxbulk rehearsal numbers.csv
        error: unrecognized command `rehearsal`
        hint: wxbulk apply numbers.csv --rehearse

        $ wxbulk simulate numbers.xlsx
        error: unrecognized command `simulate`
        hint: wxbulk apply numbers.xlsx --rehearse

        $ wxbulk simulator numbers.xlsx
        error: `wxbulk simulator` takes no file, and `numbers.xlsx` stands where one would
        hint: to practise with a sheet: wxbulk apply numbers.xlsx --rehearse

        $ wxbulk version
        error: unrecognized command `version`
        hint: wxbulk --version

        $ wxbulk whoami token.txt
        error: `wxbulk whoami` takes no file, and `token.txt` stands where one would
        hint: a token's file belongs after --token-file: wxbulk whoami --token-file token.txt

        $ wxbulk export numbers.xlsx
        error: `wxbulk export` takes no file, and `numbers.xlsx` stands where one would
        hint: the sheet that is written belongs after --output: wxbulk export --output numbers.xlsx

        $ wxbulk apply numbers.xlsx /help
        error: unexpected argument `/help`
        hint: flags begin with hyphens here: --help

        $ wxbulk apply numbers.xlsx /Y
        error: unexpected argument `/Y`
        hint: flags begin with hyphens here: -y
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
