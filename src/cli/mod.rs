//! The flags as a person types them. What they mean is settled in `settings`.

mod command_flags;
mod completions;
mod credentials;
mod environment;
pub mod flag_values;
mod guesses;
mod man_pages;
pub mod resolve;
mod shared_flags;
mod token_prompt;
mod typed_command;
mod usage_errors;
mod usage_hints;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

pub use command_flags::{
    ApplyFlags, CheckFlags, ExportFlags, PlanFlags, ReportFlags, SelftestFlags, SimulatorFlags,
    StatusFlags, UndoFlags, WhoamiFlags,
};
pub use completions::write_completions;
pub use man_pages::write_man_pages;
pub use shared_flags::{PartFlags, RunFlags, ServiceFlags, SheetFlags, VerbosityFlags};
pub use usage_errors::parse;

/// Changes Webex Calling settings in bulk from a spreadsheet.
#[derive(Debug, Parser)]
#[command(name = "wxbulk", version = env!("WXBULK_VERSION"))]
#[command(max_term_width = 80, subcommand_required = false, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do next, for someone who typed nothing but the program's name.
pub const FIRST_STEPS: &str = "\
wxbulk changes Webex Calling settings in bulk from a spreadsheet. Begin with:

  wxbulk check numbers.csv              look for mistakes; sends nothing
  wxbulk apply numbers.csv --rehearse   practise; nothing changes anywhere
  wxbulk apply numbers.csv              send, after asking you
  wxbulk --help                         all commands";

const EXAMPLES: &str = "\
Example, a sheet from its first check to the change:
  wxbulk check numbers.csv
  wxbulk apply numbers.csv --rehearse
  wxbulk apply numbers.csv --token-file token.txt

`wxbulk help apply`, and so on, shows all flags of a command, `wxbulk apply -h` the usual ones.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List everything that is wrong with a sheet; needs no network and no token
    Check(CheckFlags),
    /// Check a sheet, then send its changes, and write a results file
    Apply(Box<ApplyFlags>),
    /// Say whose the access token is and what it is good for
    Whoami(WhoamiFlags),
    /// Read the present numbers and show what would change; changes nothing
    Plan(Box<PlanFlags>),
    /// Put back the numbers that were there before an `apply --backup`
    Undo(Box<UndoFlags>),
    /// Write a page about a run, for those who need to know how it went
    Report(ReportFlags),
    /// Say how a run stands and what can be done next, or list the runs of a folder
    Status(StatusFlags),
    /// List locations and their numbers, as a sheet that `apply` takes
    #[command(
        // There is nothing to rehearse where nothing changes, and no row of the user's.
        mut_arg("rehearse", |flag| flag.hide(true)),
        mut_arg("rehearse_speed", |flag| flag.hide(true)),
        mut_arg("skip_invalid", |flag| flag.hide(true)),
    )]
    Export(Box<ExportFlags>),
    /// Ask the service, at one location, whether it behaves as wxbulk assumes
    #[command(
        // Its files have their own names, and it is the service itself that is asked.
        mut_arg("rehearse", |flag| flag.hide(true)),
        mut_arg("rehearse_speed", |flag| flag.hide(true)),
        mut_arg("skip_invalid", |flag| flag.hide(true)),
        mut_arg("excel", |flag| flag.hide(true)),
        mut_arg("report", |flag| flag.hide(true)),
        mut_arg("report_changes", |flag| flag.hide(true)),
        mut_arg("summary", |flag| flag.hide(true)),
    )]
    Selftest(Box<SelftestFlags>),
    /// Run a local server that behaves like the service, to practise against
    ///
    /// Each command takes its address with --base-url, and any token of 8 characters or more. Without
    /// --locations or --config every well-formed id exists, and all lists are empty: no name is known, and
    /// there is nothing to export. Nothing is kept when it ends. docs/simulator.md tells the rest.
    Simulator(SimulatorFlags),
    /// Print the script that makes a shell complete wxbulk's commands and flags
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// The shell you type in
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write the manual pages into a folder
    #[command(after_help = "Example:\n  wxbulk man /usr/local/share/man/man1")]
    Man {
        /// Where they go; it is made if it does not exist
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

impl Command {
    /// The flags of a command that is a run.
    pub fn run_flags(&self) -> Option<&RunFlags> {
        match self {
            Command::Apply(flags) => Some(&flags.run),
            Command::Plan(flags) => Some(&flags.run),
            Command::Undo(flags) => Some(&flags.run),
            Command::Export(flags) => Some(&flags.run),
            Command::Selftest(flags) => Some(&flags.run),
            _ => None,
        }
    }
}

const COMPLETIONS_HELP: &str = "Example:\n  \
    wxbulk completions bash > ~/.local/share/bash-completion/completions/wxbulk";

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn each_help_fits_80_columns_and_has_an_example() {
        let mut cli = Cli::command().term_width(80);
        cli.build();
        for command in cli.get_subcommands_mut() {
            let name = command.get_name().to_string();
            if name == "help" {
                continue;
            }
            for help in [command.render_help(), command.render_long_help()] {
                let help = help.to_string();
                assert!(help.contains("Example"), "`{name}` has no example");
                for line in help.lines() {
                    assert!(line.chars().count() <= 80, "`{name}`: {line}");
                }
            }
        }
    }

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
