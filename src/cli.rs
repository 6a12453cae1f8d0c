//! The flags as a person types them. What they mean is settled in `settings`.

mod mistakes;
mod pages;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use clap_complete::Shell;

pub use mistakes::read;
pub use pages::{write_completions, write_man_pages};

/// Changes Webex Calling settings in bulk from a spreadsheet.
#[derive(Debug, Parser)]
#[command(name = "wxbulk", version = env!("WXBULK_VERSION"), disable_help_subcommand = true)]
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

`wxbulk apply --help`, and so on, shows the flags of each command.";

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
    /// Write a page about a run, for those who have to know how it went
    Report(ReportFlags),
    /// List locations and their numbers, as a sheet that `apply` takes
    #[command(
        // There is nothing to rehearse where nothing changes, and no row of the user's.
        mut_arg("rehearse", |flag| flag.hide(true)),
        mut_arg("rehearse_speed", |flag| flag.hide(true)),
        mut_arg("skip_invalid", |flag| flag.hide(true)),
    )]
    Export(Box<ExportFlags>),
    /// Run a local server that behaves like the service, to rehearse against
    Simulator(SimulatorFlags),
    /// Print what makes a shell complete wxbulk's commands and flags
    #[command(after_help = COMPLETIONS_HELP)]
    Completions {
        /// The shell you type in
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Write the manual pages into a folder
    #[command(after_help = "Example:\n  wxbulk man /usr/local/share/man/man1")]
    Man {
        /// Where they go; it is made where there is none
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
}

const COMPLETIONS_HELP: &str = "Example:\n  \
    wxbulk completions bash > ~/.local/share/bash-completion/completions/wxbulk";

#[derive(Debug, Args)]
pub struct SheetFlags {
    /// The sheet: a CSV file or .xlsx workbook with the columns orgId, locationId, n1, n2, n3; - for standard input
    #[arg(value_name = "SHEET")]
    pub sheet: PathBuf,

    /// The organisation of rows whose orgId is empty
    #[arg(long, value_name = "ORG_ID", help_heading = "Sheet")]
    pub org: Option<String>,

    /// The country of numbers without one, by its calling code, such as +1
    #[arg(long, value_name = "+CODE", help_heading = "Sheet")]
    pub country: Option<String>,

    /// Take a results file and only the rows of it that are not as asked
    #[arg(long, conflicts_with = "allow_duplicates", help_heading = "Sheet")]
    pub only_failed: bool,

    /// Send several rows for one location one after the other, in the order of the sheet
    #[arg(long, help_heading = "Sheet")]
    pub allow_duplicates: bool,

    /// Which sheet of a workbook [default: the first]
    #[arg(long = "sheet", value_name = "NAME", help_heading = "Sheet")]
    pub sheet_name: Option<String>,

    /// What the sheet's letters are written in, such as windows-1252 [default: found]
    #[arg(long, value_name = "NAME", help_heading = "Sheet")]
    pub encoding: Option<String>,

    /// What stands between two cells: comma, semicolon, tab, pipe or another [default: found]
    #[arg(long, value_name = "CHARACTER", help_heading = "Sheet")]
    pub separator: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk check numbers.csv")]
pub struct CheckFlags {
    #[command(flatten)]
    pub sheet: SheetFlags,

    /// Write a copy of the sheet with what is certain put right, each change listed
    #[arg(long, value_name = "OUT")]
    pub fix: Option<PathBuf>,

    /// The list of problems: text, json (counts and first ones), or csv (all, to put beside the sheet)
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: String,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example, a rehearsal that changes nothing:\n  wxbulk apply numbers.csv --rehearse\n\n\
    The access token is read from --token-file, else WEBEX_ACCESS_TOKEN, else WEBEX_TOKEN. \
    A service app, which outlives a token, is read from --service-app, a file of lines \
    NAME=value, or from SERVICE_APP_CLIENT_ID, SERVICE_APP_CLIENT_SECRET and \
    SERVICE_APP_REFRESH_TOKEN, which come before the token's variables.\n\n\
    Exit codes: 0 every row is as asked, 1 some are not, 2 nothing was sent,\n\
    3 stopped before the end, 130 interrupted; after 3 and 130, --resume goes on."
)]
pub struct ApplyFlags {
    #[command(flatten)]
    pub sheet: SheetFlags,

    /// Where the results go [default: the sheet's name with .results.csv]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Do not ask before sending
    #[arg(short, long)]
    pub yes: bool,

    /// Read and keep the present numbers before changing them, so that `undo` can put them back
    #[arg(long)]
    pub backup: bool,

    /// Leave rows alone whose present numbers are no longer those of this plan
    #[arg(long, value_name = "PLAN")]
    pub if_unchanged: Option<PathBuf>,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk plan numbers.csv --token-file token.txt")]
pub struct PlanFlags {
    #[command(flatten)]
    pub sheet: SheetFlags,

    /// Where the plan goes [default: the sheet's name with .plan.csv]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk undo numbers.results.csv --token-file token.txt")]
pub struct UndoFlags {
    /// The results of an `apply --backup`, or of an `undo`
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,

    /// Where the results go [default: the name of RESULTS with .undo.results.csv]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Do not ask before sending
    #[arg(short, long)]
    pub yes: bool,

    /// The organisation of rows whose orgId is empty
    #[arg(long, value_name = "ORG_ID", help_heading = "Sheet")]
    pub org: Option<String>,

    /// Put the numbers back even where somebody changed them since
    #[arg(long)]
    pub force: bool,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk report numbers.results.csv -o report.html")]
pub struct ReportFlags {
    /// The results of a run; its journal has to be beside them
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,

    /// Where the page goes [default: the name of RESULTS with .report.html]
    #[arg(short, long, value_name = "FILE.html")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk export -o numbers.csv --token-file token.txt")]
pub struct ExportFlags {
    /// Where the sheet goes
    #[arg(short, long, value_name = "FILE", default_value = "locations.csv")]
    pub output: PathBuf,

    /// The organisation to export [default: the token's own]
    #[arg(long, value_name = "ORG_ID")]
    pub org: Option<String>,

    /// Every organisation that the token manages
    #[arg(long, conflicts_with = "org")]
    pub all_orgs: bool,

    #[command(flatten)]
    pub run: RunFlags,
}

/// How any run goes about it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag; `settings` makes policies of them"
)]
#[derive(Debug, Args)]
pub struct RunFlags {
    /// Go on with a run that ended early
    #[arg(long)]
    pub resume: bool,

    /// Send to a simulator inside this program: no token, no network, nothing changes
    #[arg(long, conflicts_with_all = ["base_url", "token_file", "service_app"])]
    pub rehearse: bool,

    /// How many times faster than real life a rehearsal runs
    #[arg(long, value_name = "TIMES", requires = "rehearse", default_value = "1")]
    pub rehearse_speed: f64,

    /// Leave out bad rows instead of sending nothing
    #[arg(long, help_heading = "Sheet")]
    pub skip_invalid: bool,

    /// Requests under way at once, at most
    #[arg(
        short,
        long,
        value_name = "N",
        default_value = "10",
        help_heading = "Speed"
    )]
    pub concurrency: String,

    /// Never send faster than this, such as 5/s or 300/min; without it the rate is found
    #[arg(long, value_name = "RATE", help_heading = "Speed")]
    pub rate: Option<String>,

    /// Neither begin at the rate that an earlier run found nor note this run's
    #[arg(long, help_heading = "Speed")]
    pub forget_rate: bool,

    /// Stop when more rows than this fail: a number, or a share such as 5%
    #[arg(long, value_name = "N|P%", help_heading = "When to give up")]
    pub max_failures: Option<String>,

    /// Stop when the service asks to wait longer than this
    #[arg(
        long,
        value_name = "TIME",
        default_value = "2h",
        help_heading = "When to give up"
    )]
    pub max_wait: String,

    /// Take a request for lost after this long
    #[arg(
        long,
        value_name = "TIME",
        default_value = "60s",
        help_heading = "When to give up"
    )]
    pub timeout: String,

    #[command(flatten)]
    pub service: ServiceFlags,

    /// When progress is forced onto the disk: row, group (ten times a second) or none
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "group",
        help_heading = "Output"
    )]
    pub durability: String,

    /// Write a CSV that opens in Excel by a double-click without a digit lost (.xlsx needs no such care)
    #[arg(long, help_heading = "Output")]
    pub excel: bool,

    /// Write a page about the run as well, for those who have to know how it went
    #[arg(long, value_name = "FILE.html", help_heading = "Output")]
    pub report: Option<PathBuf>,

    /// Print the summary as json on stdout instead of as text
    #[arg(long, value_name = "FORMAT", value_parser = ["json"], help_heading = "Output")]
    pub summary: Option<String>,

    #[command(flatten)]
    pub talk: TalkFlags,
}

#[derive(Debug, Args)]
pub struct ServiceFlags {
    /// The service, where it is not the public one
    #[arg(long, value_name = "URL", help_heading = "Service")]
    pub base_url: Option<String>,

    /// Read the access token from this file
    #[arg(long, value_name = "FILE", help_heading = "Service")]
    pub token_file: Option<PathBuf>,

    /// Fetch access tokens with the service app in this file, which only you may read
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "token_file",
        help_heading = "Service"
    )]
    pub service_app: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk whoami --token-file token.txt\n\n\
    Exit codes: 0 the token reads calling settings, 2 it does not.")]
pub struct WhoamiFlags {
    #[command(flatten)]
    pub service: ServiceFlags,
}

#[derive(Debug, Args)]
pub struct TalkFlags {
    /// Show no progress
    #[arg(short, long, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,

    /// Say more: each pause and each new try; twice: every answer
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub verbose: u8,

    /// Note in this file every answer, every row and what failed in full, one JSON object a line
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub log_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example, a service that allows 5 requests a second:\n  \
    wxbulk simulator --limit bucket:5/s,burst=10 --latency 200ms..800ms")]
pub struct SimulatorFlags {
    /// Where to listen; port 0 takes a free one. The address is the first line on stdout
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: String,

    /// Know exactly the locations of this sheet [default: any well-formed id]
    #[arg(long, value_name = "SHEET")]
    pub locations: Option<PathBuf>,

    /// What it lets through, such as bucket:5/s,burst=10 or window:300/min [default: all]
    #[arg(long, value_name = "RULE", help_heading = "Limit")]
    pub limit: Option<String>,

    /// What a 429 says: honest, date, missing, a time such as 2s, or text:… [default: honest]
    #[arg(long, value_name = "WHAT", help_heading = "Limit")]
    pub retry_after: Option<String>,

    /// How long an answer takes, such as 250ms or 200ms..800ms [default: no time]
    #[arg(long, value_name = "TIME", help_heading = "Trouble")]
    pub latency: Option<String>,

    /// How often what goes wrong, such as all=5% or 500=2%,reset-after=1%
    #[arg(long, value_name = "FAULTS", help_heading = "Trouble")]
    pub faults: Option<String>,

    /// How many times faster than real life it all goes
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<String>,

    /// How long an access token lasts: a number of requests such as 200, or a time such as 12h
    #[arg(long, value_name = "LIFE", help_heading = "Tokens")]
    pub token_life: Option<String>,

    /// Give a new refresh token with each access token, and end the old one
    #[arg(long, help_heading = "Tokens")]
    pub rotate_refresh_tokens: bool,

    /// The only scopes a token has, such as spark-admin:telephony_config_read [default: all]
    #[arg(
        long,
        value_name = "SCOPES",
        value_delimiter = ',',
        help_heading = "Tokens"
    )]
    pub scopes: Vec<String>,

    /// Send an empty page before each page of a list, as the service may
    #[arg(long, help_heading = "Trouble")]
    pub empty_pages: bool,

    /// How often another client changes a location between two requests, such as 1%
    #[arg(long, value_name = "SHARE", help_heading = "Trouble")]
    pub meddling: Option<String>,

    /// Chance begins here: the same seed, the same faults
    #[arg(long, value_name = "N", default_value = "1", help_heading = "Trouble")]
    pub seed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn each_help_fits_80_columns_and_has_an_example() {
        let mut cli = Cli::command().term_width(80);
        cli.build();
        for command in cli.get_subcommands_mut() {
            let help = command.render_help().to_string();
            let name = command.get_name();
            assert!(help.contains("Example"), "`{name}` has no example");
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "`{name}`: {line}");
            }
        }
    }

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Cli::command().debug_assert();
    }
}
