//! Says what is wrong with what was typed, in the form that all other errors have.

use std::error::Error as _;
use std::ffi::OsString;
use std::num::{ParseFloatError, ParseIntError};

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{CommandFactory, FromArgMatches};

use super::{Cli, typed_command};

/// Reads what was typed. Help and the version are printed here, and end the process; of a mistake
/// the words for the person come back.
pub fn parse(typed: impl IntoIterator<Item = OsString>) -> Result<Cli, String> {
    let typed: Vec<OsString> = typed.into_iter().collect();
    let parsed = Cli::command()
        .try_get_matches_from(&typed)
        .and_then(|matches| {
            let mut cli = Cli::from_arg_matches(&matches)?;
            typed_command::hand_over(typed_command::take_apart(&typed, &matches), &mut cli);
            Ok(cli)
        });
    parsed.map_err(|error| match to_message(&error, &typed) {
        Some(words) => words,
        None => error.exit(),
    })
}

fn to_message(error: &Error, typed: &[OsString]) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(ContextValue::Strings(texts)) if !texts.is_empty() => Some(texts.join("` or `")),
        _ => None,
    };
    // Without what stands for its value.
    let name = |text: String| match text.split_once(' ') {
        Some((flag, _)) if flag.starts_with('-') => flag.to_string(),
        _ => text,
    };
    let argument = text(ContextKind::InvalidArg).map(name);
    let value = text(ContextKind::InvalidValue);
    let said = match error.kind() {
        ErrorKind::UnknownArgument => match argument? {
            flag if flag.starts_with('-') => format!("there is no flag `{flag}`"),
            word => format!("`{word}` is one word too many"),
        },
        ErrorKind::InvalidSubcommand => {
            let word = text(ContextKind::InvalidSubcommand)?;
            format!("there is no command `{word}`")
        }
        ErrorKind::MissingRequiredArgument => match error.get(ContextKind::InvalidArg)? {
            ContextValue::Strings(missing) => format!("`{}` is missing", missing.join("` and `")),
            _ => return None,
        },
        ErrorKind::InvalidValue => match (value, text(ContextKind::InvalidArg)?) {
            (Some(value), _) => {
                format!("{}: `{value}` is not one of the possible values", argument?)
            }
            (None, usage) => format!("`{}` needs a value, as in `{usage}`", argument?),
        },
        ErrorKind::ValueValidation => {
            let why = error.source()?;
            let why = if why.is::<ParseFloatError>() || why.is::<ParseIntError>() {
                "is not a number".to_string()
            } else {
                format!("cannot be used: {why}")
            };
            format!("{}: `{}` {why}", argument?, value?)
        }
        ErrorKind::ArgumentConflict => match text(ContextKind::PriorArg).map(name)? {
            prior if Some(&prior) == argument.as_ref() => format!("`{prior}` is given twice"),
            prior => format!("`{}` cannot be used together with `{prior}`", argument?),
        },
        _ => return None,
    };
    let suggested = [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ];
    let suggested = suggested.into_iter().find_map(text);
    let possible = text(ContextKind::ValidValue);
    let hint = match (suggested, possible) {
        (Some(suggested), _) => format!("did you mean `{suggested}`?"),
        (None, Some(possible)) => format!("it is `{possible}`"),
        (None, None) => format!("{} --help shows all there is", command(typed)),
    };
    Some(format!("error: {said}\nhint: {hint}"))
}

/// The command that was typed, as far as there is such a one.
fn command(typed: &[OsString]) -> String {
    let command = Cli::command();
    let known = typed.get(1).and_then(|word| command.find_subcommand(word));
    known.map_or("wxbulk".to_string(), |known| {
        format!("wxbulk {}", known.get_name())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_is_answered_with_what_to_do() {
        let said: Vec<String> = [
            "apply numbers.csv --outpt x",
            "apply numbers.csv --nonsense",
            "apply numbers.csv more.csv",
            "chek numbers.csv",
            "nonsense",
            "apply",
            "apply numbers.csv --output",
            "apply numbers.csv --summary xml",
            "completions ksh",
            "apply numbers.csv --rehearse --rehearse-speed fast",
            "apply numbers.csv --rehearse --token-file token.txt",
            "apply numbers.csv --rehearse --rehearse",
            "apply numbers.csv --rehearse-speed 2",
        ]
        .into_iter()
        .map(|line| {
            let words = ["wxbulk"].into_iter().chain(line.split(' '));
            let mistake = parse(words.map(OsString::from)).expect_err("a mistake");
            format!("{line}\n{mistake}")
        })
        .collect();
        insta::assert_snapshot!(said.join("\n\n"), @"
        apply numbers.csv --outpt x
        error: there is no flag `--outpt`
        hint: did you mean `--output`?

        apply numbers.csv --nonsense
        error: there is no flag `--nonsense`
        hint: wxbulk apply --help shows all there is

        apply numbers.csv more.csv
        error: `more.csv` is one word too many
        hint: wxbulk apply --help shows all there is

        chek numbers.csv
        error: there is no command `chek`
        hint: did you mean `check`?

        nonsense
        error: there is no command `nonsense`
        hint: wxbulk --help shows all there is

        apply
        error: `<SHEET>` is missing
        hint: wxbulk apply --help shows all there is

        apply numbers.csv --output
        error: `--output` needs a value, as in `--output <FILE>`
        hint: wxbulk apply --help shows all there is

        apply numbers.csv --summary xml
        error: --summary: `xml` is not one of the possible values
        hint: it is `json`

        completions ksh
        error: <SHELL>: `ksh` is not one of the possible values
        hint: did you mean `zsh`?

        apply numbers.csv --rehearse --rehearse-speed fast
        error: --rehearse-speed: `fast` is not a number
        hint: wxbulk apply --help shows all there is

        apply numbers.csv --rehearse --token-file token.txt
        error: `--rehearse` cannot be used together with `--token-file`
        hint: wxbulk apply --help shows all there is

        apply numbers.csv --rehearse --rehearse
        error: `--rehearse` is given twice
        hint: wxbulk apply --help shows all there is

        apply numbers.csv --rehearse-speed 2
        error: `--rehearse` is missing
        hint: wxbulk apply --help shows all there is
        ");
    }
}
