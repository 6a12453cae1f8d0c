//! Takes what was typed apart, so that other commands can be suggested from it.

use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};

use super::{Cli, Command};
use crate::application::command_line::{TypedCommand, TypedFlag};
use crate::platform;

/// The words, and the flags of the command among them.
pub(super) fn take_apart(typed: &[OsString], matches: &ArgMatches) -> TypedCommand {
    let words = typed.iter();
    let words = words.map(|word| word.to_string_lossy().into_owned());
    TypedCommand {
        words: words.collect(),
        file: file_of(matches),
        flags: flags_of(matches).unwrap_or_default(),
        folder: platform::current_folder(),
    }
}

/// The first thing that is named without a flag.
fn file_of(matches: &ArgMatches) -> Option<String> {
    let (name, matches) = matches.subcommand()?;
    let command = Cli::command();
    let mut positionals = command.find_subcommand(name)?.get_positionals();
    let values = matches.get_raw(positionals.next()?.get_id().as_str())?;
    values
        .map(|value| value.to_string_lossy().into_owned())
        .next()
}

fn flags_of(matches: &ArgMatches) -> Option<Vec<TypedFlag>> {
    let (name, matches) = matches.subcommand()?;
    let all = Cli::command();
    let command = all.find_subcommand(name)?;
    let mut flags = Vec::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        // Groups of flags have ids too, and defaults were not typed.
        let is_typed = matches.try_contains_id(id).unwrap_or(false)
            && matches.value_source(id) == Some(ValueSource::CommandLine);
        let (Some(long), true) = (argument.get_long(), is_typed) else {
            continue;
        };
        let takes_it = |command: &&clap::Command| {
            let mut arguments = command.get_arguments();
            arguments.any(|argument| argument.get_long() == Some(long))
        };
        let commands = all.get_subcommands().filter(takes_it);
        let commands: Vec<String> = commands.map(|one| one.get_name().to_string()).collect();
        let flag = |value| TypedFlag {
            name: long.to_string(),
            value,
            commands: commands.clone(),
        };
        let values = matches.get_raw(id).into_iter().flatten();
        let values = values.map(|value| value.to_string_lossy().into_owned());
        if argument.get_action().takes_values() {
            flags.extend(values.map(|value| flag(Some(value))));
        } else {
            flags.push(flag(None));
        }
    }
    Some(flags)
}

/// Hands it to the commands that suggest others.
pub(super) fn hand_over(typed: TypedCommand, cli: &mut Cli) {
    let run = match &mut cli.command {
        Some(Command::Apply(flags)) => &mut flags.run,
        Some(Command::Plan(flags)) => &mut flags.run,
        Some(Command::Undo(flags)) => &mut flags.run,
        Some(Command::Export(flags)) => &mut flags.run,
        Some(Command::Selftest(flags)) => &mut flags.run,
        _ => return,
    };
    run.typed = typed;
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;
    use crate::application::run_settings::RunSettings;
    use crate::application::suggested_commands::{
        list_problems, plan_corrected, plan_of, plan_what_is_left, send_failed, undo_this,
        with_resume,
    };
    use crate::cli::resolve;

    /// The settings of an `apply`.
    fn settings(line: &str) -> RunSettings {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let matches = Cli::command().get_matches_from(&words);
        let mut cli = Cli::from_arg_matches(&matches).expect("flags");
        hand_over(take_apart(&words, &matches), &mut cli);
        let Some(Command::Apply(flags)) = cli.command else {
            panic!("not `apply`");
        };
        let (spec, run) = resolve::apply_spec(*flags).expect("a run");
        RunSettings::from_flags(spec, run).expect("settings")
    }

    /// The commands that are suggested after this one: to go on, and to send again what failed.
    fn suggested(line: &str) -> [String; 2] {
        let settings = settings(line);
        let again = send_failed(&settings).expect("a command");
        [with_resume(&settings), again]
    }

    #[test]
    fn every_suggested_command_keeps_what_it_takes_but_for_what_is_of_one_run() {
        let typed = "wxbulk apply a.csv --first 3 -o b.csv -y --backup --even-if-used --if-unchanged p.csv --rehearse --rehearse-speed 2 --org 6513270e-269e-4d37-b2a7-4de452e6b438 --setting location-numbers --country +1 --allow-duplicates --ignore-column x --hidden include --sheet March --encoding utf-8 --separator ; --rows 2-5 --where site=x --skip-invalid -c 5 --rate 5/s --forget-rate --forget-wait --max-failures 5 --max-wait 5m --timeout 30s --excel --note CHG --report r.html --report-changes --summary json -v --log-file l.txt";
        let settings = settings(typed);
        let lines = [
            with_resume(&settings),
            send_failed(&settings).expect("a command"),
            plan_what_is_left(&settings, true).expect("a command"),
            plan_corrected(&settings, &settings.spec.sheet.path).expect("a command"),
            plan_of(&settings, "p.csv".as_ref()),
            list_problems(&settings),
            undo_this(&settings).expect("a command"),
        ];
        insta::assert_snapshot!(lines.join("\n\n"), @r"
        wxbulk apply a.csv --first 3 -o b.csv -y --backup --even-if-used --if-unchanged p.csv --rehearse --rehearse-speed 2 --org 6513270e-269e-4d37-b2a7-4de452e6b438 --setting location-numbers --country +1 --allow-duplicates --ignore-column x --hidden include --sheet March --encoding utf-8 --separator ';' --rows 2-5 --where site=x --skip-invalid -c 5 --rate 5/s --forget-rate --max-failures 5 --max-wait 5m --timeout 30s --excel --note CHG --report r.html --report-changes --summary json -v --log-file l.txt --resume

        wxbulk apply b.csv --only-failed --backup --if-unchanged p.csv --even-if-used --org 6513270e-269e-4d37-b2a7-4de452e6b438 --setting location-numbers --country +1 --allow-duplicates --ignore-column x --hidden include --separator ';' --rows 2-5 --where site=x --rehearse --rehearse-speed 2 --skip-invalid --concurrency 5 --rate 5/s --max-failures 5 --max-wait 5m --timeout 30s --excel --note CHG --verbose

        wxbulk plan b.csv --even-if-used --org 6513270e-269e-4d37-b2a7-4de452e6b438 --setting location-numbers --country +1 --allow-duplicates --ignore-column x --hidden include --separator ';' --rows 2-5 --where site=x --rehearse --rehearse-speed 2 --skip-invalid --concurrency 5 --rate 5/s --max-failures 5 --max-wait 5m --timeout 30s --excel --note CHG --verbose --only-failed --include conflict

        wxbulk plan a.csv --even-if-used --org 6513270e-269e-4d37-b2a7-4de452e6b438 --setting location-numbers --country +1 --allow-duplicates --ignore-column x --hidden include --separator ';' --rows 2-5 --where site=x --rehearse --rehearse-speed 2 --skip-invalid --concurrency 5 --rate 5/s --max-failures 5 --max-wait 5m --timeout 30s --excel --note CHG --verbose --only-failed

        wxbulk plan p.csv --even-if-used --org 6513270e-269e-4d37-b2a7-4de452e6b438 --setting location-numbers --country +1 --allow-duplicates --ignore-column x --hidden include --separator ';' --rows 2-5 --where site=x --rehearse --rehearse-speed 2 --skip-invalid --concurrency 5 --rate 5/s --max-failures 5 --max-wait 5m --timeout 30s --excel --note CHG --verbose

        wxbulk check a.csv --org 6513270e-269e-4d37-b2a7-4de452e6b438 --setting location-numbers --country +1 --allow-duplicates --ignore-column x --hidden include --sheet March --encoding utf-8 --separator ';' --rows 2-5 --where site=x --format csv

        wxbulk undo b.csv --org 6513270e-269e-4d37-b2a7-4de452e6b438 --rehearse --rehearse-speed 2 --concurrency 5 --rate 5/s --max-failures 5 --max-wait 5m --timeout 30s --excel --note CHG --verbose
        ");
    }

    #[test]
    fn a_suggested_command_keeps_every_guard() {
        for (typed, again) in [
            (
                "wxbulk apply a.csv --rehearse --rehearse-speed 2",
                "wxbulk apply a.rehearsal.csv --only-failed --rehearse --rehearse-speed 2",
            ),
            (
                "wxbulk apply a.csv -y --rehearse --backup --org=6513270e-269e-4d37-b2a7-4de452e6b438 -c 5 -o b.csv",
                "wxbulk apply b.csv --only-failed --backup --org 6513270e-269e-4d37-b2a7-4de452e6b438 --rehearse --concurrency 5",
            ),
            (
                "wxbulk apply a.csv --rehearse --if-unchanged a.plan.csv --allow-duplicates --max-failures 5%",
                "wxbulk apply a.rehearsal.csv --only-failed --backup --if-unchanged a.plan.csv --allow-duplicates --rehearse --max-failures 5%",
            ),
            (
                "wxbulk apply a.csv --rehearse --skip-invalid --country +49 --rate 5/s --sheet March -v -v",
                "wxbulk apply a.rehearsal.csv --only-failed --country +49 --rehearse --skip-invalid --rate 5/s --verbose",
            ),
        ] {
            let [resume, failed] = suggested(typed);
            assert_eq!(failed, again);
            assert_eq!(resume, format!("{typed} --resume"));
        }
    }
}
