//! The flags that several commands have.
//!
//! The heading of a struct stays in force behind it, so a command names its own flags first.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::application::command_line::TypedCommand;
use crate::setting;

fn setting_help() -> String {
    let names = setting::names();
    format!("What the sheet sets: {names} [default: seen from its columns]")
}

/// Which sheet, and how it is read.
#[derive(Debug, Args)]
#[command(next_help_heading = "Sheet")]
pub struct SheetFlags {
    /// The sheet: a CSV file or .xlsx workbook with the columns orgId, locationId, n1, n2, n3; - for standard input
    #[arg(value_name = "SHEET", help_heading = None)]
    pub sheet: PathBuf,

    /// The organization of rows whose orgId is empty, by its id or name
    #[arg(long, value_name = "ORG", hide_short_help = true)]
    pub org: Option<String>,

    #[arg(long, value_name = "NAME", help = setting_help(), hide_short_help = true)]
    pub setting: Option<String>,

    /// The country of numbers without one, by its calling code, such as +1
    #[arg(long, value_name = "+CODE", hide_short_help = true)]
    pub country: Option<String>,

    /// The sheet is a results file: take only the rows of it that are not as asked
    #[arg(long)]
    pub only_failed: bool,

    /// With --only-failed, also take the rows that were left alone because of a conflict
    #[arg(
        long,
        value_name = "OUTCOME",
        value_parser = ["conflict"],
        requires = "only_failed",
        hide_short_help = true
    )]
    pub include: Option<String>,

    /// Send several rows for one location one after the other, in the order of the sheet
    #[arg(long, hide_short_help = true)]
    pub allow_duplicates: bool,

    /// A column that is yours although its name looks like one of ours; may be given several times
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub ignore_column: Vec<String>,

    /// What to do with rows and number columns that are hidden in a workbook: include or skip
    #[arg(long, value_name = "WHAT", hide_short_help = true)]
    pub hidden: Option<String>,

    /// Which sheet of a workbook [default: the visible one that has these columns]
    #[arg(long = "sheet", value_name = "NAME", hide_short_help = true)]
    pub sheet_name: Option<String>,

    /// The sheet's character encoding, such as windows-1252 [default: detected]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub encoding: Option<String>,

    /// What separates two cells: comma, semicolon, tab, pipe or another character [default: detected]
    #[arg(long, value_name = "CHARACTER", hide_short_help = true)]
    pub separator: Option<String>,
}

/// Which rows of the sheet.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Sheet")]
pub struct PartFlags {
    /// Take only these rows, by their numbers in the spreadsheet, such as 2-500 or 2-500,700
    #[arg(long, value_name = "ROWS", hide_short_help = true)]
    pub rows: Option<String>,

    /// Take only rows with this value in this column, such as wave=1; all of several must match
    #[arg(long = "where", value_name = "COLUMN=VALUE", hide_short_help = true)]
    pub cells: Vec<String>,
}

/// How any run goes about it.
#[derive(Debug, Args)]
#[command(next_help_heading = None)]
pub struct RunFlags {
    /// The whole command, for the commands that are suggested.
    #[arg(skip)]
    pub typed: TypedCommand,

    /// Go on with a run that ended early
    #[arg(long)]
    pub resume: bool,

    /// Send to a simulator inside this program: no token, no network, nothing changes
    #[arg(long, conflicts_with_all = ["base_url", "token_file", "service_app"])]
    pub rehearse: bool,

    /// How many times faster than real life a rehearsal runs
    #[arg(
        long,
        value_name = "TIMES",
        requires = "rehearse",
        default_value = "1",
        hide_short_help = true
    )]
    pub rehearse_speed: f64,

    /// Leave out bad rows instead of sending nothing
    #[arg(long, help_heading = "Sheet", hide_short_help = true)]
    pub skip_invalid: bool,

    #[command(flatten)]
    pub speed: SpeedFlags,

    #[command(flatten)]
    pub giving_up: GivingUpFlags,

    #[command(flatten)]
    pub service: ServiceFlags,

    #[command(flatten)]
    pub output: OutputFlags,

    #[command(flatten)]
    pub verbosity: VerbosityFlags,
}

/// How fast requests leave.
#[derive(Debug, Args)]
#[command(next_help_heading = "Speed")]
pub struct SpeedFlags {
    /// Most requests under way at once, of each user
    #[arg(
        short,
        long,
        value_name = "N",
        default_value = "10",
        hide_short_help = true
    )]
    pub concurrency: String,

    /// Never send faster than this, all users together, such as 5/s or 300/min; without it the rate is found
    #[arg(long, value_name = "RATE", hide_short_help = true)]
    pub rate: Option<String>,

    /// Do not begin at the rate that an earlier run found, and do not remember this run's
    #[arg(long, hide_short_help = true)]
    pub forget_rate: bool,

    /// Go on before the time until which the service asked an earlier run to wait; asks first
    #[arg(long, hide_short_help = true)]
    pub forget_wait: bool,
}

/// How long it is tried.
#[derive(Debug, Args)]
#[command(next_help_heading = "When to give up")]
pub struct GivingUpFlags {
    /// Stop when more rows than this fail, those of the run's earlier parts included: a number, or a share such as 5% once 50 rows are done. Unknown rows count, conflicts do not
    #[arg(long, value_name = "N|P%", hide_short_help = true)]
    pub max_failures: Option<String>,

    /// Stop when the service asks to wait longer than this
    #[arg(
        long,
        value_name = "TIME",
        default_value = "2h",
        hide_short_help = true
    )]
    pub max_wait: String,

    /// Give up on a request after this long, and try again
    #[arg(
        long,
        value_name = "TIME",
        default_value = "60s",
        hide_short_help = true
    )]
    pub timeout: String,
}

/// Whom a run speaks to, and with which token.
#[derive(Debug, Args)]
#[command(next_help_heading = "Service")]
pub struct ServiceFlags {
    /// The address of the service, if it is not the public one
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub base_url: Option<String>,

    /// Read the access token from this file
    ///
    /// May be given several times, as for several users.
    #[arg(long, value_name = "FILE")]
    pub token_file: Vec<PathBuf>,

    /// Fetch access tokens with the service app in this file, which only you may read
    ///
    /// May be given several times, as for several organizations.
    #[arg(long, value_name = "FILE")]
    pub service_app: Vec<PathBuf>,

    /// Use every token file and service app in this folder side by side, each for the organizations that it manages
    #[arg(long, value_name = "FOLDER", hide_short_help = true)]
    pub credentials: Option<PathBuf>,
}

/// In what form results are written, and what is written besides.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputFlags {
    /// Write a CSV that Excel opens by a double-click without losing a digit (.xlsx needs no such care)
    #[arg(long, hide_short_help = true)]
    pub excel: bool,

    /// Why the run is made, such as the number of a change; kept in the journal and on the page
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,

    /// Also write a page about the run, for those who need to know how it went
    #[arg(long, value_name = "FILE.html", hide_short_help = true)]
    pub report: Option<PathBuf>,

    /// Have the list of changes open on that page, so that it is printed too
    #[arg(long, requires = "report", hide_short_help = true)]
    pub report_changes: bool,

    /// Print the summary as json on stdout instead of as text
    #[arg(long, value_name = "FORMAT", value_parser = ["json"], hide_short_help = true)]
    pub summary: Option<String>,
}

/// How much is said, and where it is noted.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct VerbosityFlags {
    /// Say nothing but errors on standard error
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say more: each pause and each retry; given twice, every answer
    #[arg(short, long, action = ArgAction::Count, hide_short_help = true)]
    pub verbose: u8,

    /// Log every answer and row to this file, and in full what failed, as one JSON object per line
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub log_file: Option<PathBuf>,
}
