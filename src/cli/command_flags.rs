//! What each command takes.

use std::path::PathBuf;

use clap::Args;

use super::shared_flags::{PartFlags, RunFlags, ServiceFlags, SheetFlags};
use crate::setting;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk check numbers.csv\n\n\
    Exit codes: 0 every row could be sent, 2 something has to be corrected or\n\
    answered first, or the sheet cannot be read or has no rows.")]
pub struct CheckFlags {
    /// Write a copy of the sheet with what is certain put right, and list each change
    #[arg(long, value_name = "OUT")]
    pub fix: Option<PathBuf>,

    /// The list of problems: text, json (counts and first ones), or csv (all, to put beside the sheet)
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: String,

    #[command(flatten)]
    pub sheet: SheetFlags,

    #[command(flatten)]
    pub part: PartFlags,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example, a rehearsal that changes nothing:\n  wxbulk apply numbers.csv --rehearse",
    after_long_help = "Example, a rehearsal that changes nothing:\n  wxbulk apply numbers.csv --rehearse\n\n\
    The access token is read from --token-file, else WEBEX_ACCESS_TOKEN, else WEBEX_TOKEN. \
    A service app, which outlives a token, is read from --service-app, a file of lines \
    NAME=value, or from SERVICE_APP_CLIENT_ID, SERVICE_APP_CLIENT_SECRET and \
    SERVICE_APP_REFRESH_TOKEN, which come before the token's variables. Several of them, \
    or a folder of such files in --credentials, are used side by side.\n\n\
    Exit codes: 0 every row is as asked, 1 some are not, or a page, JSON or log\n\
    could not be written, 2 nothing was sent, 3 stopped before the end,\n\
    130 interrupted; after 3 and 130, --resume goes on."
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag; `resolve` makes choices of them"
)]
pub struct ApplyFlags {
    /// Send the first N rows, read them back and show them, and ask before the rest
    ///
    /// Without a terminal the run stops there with exit code 3, and --resume takes the rest.
    #[arg(long, value_name = "N")]
    pub first: Option<String>,

    /// Where the results go [default: beside the sheet and in its form, such as march.results.xlsx or march.rehearsal.csv]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Do not ask before sending
    #[arg(short, long)]
    pub yes: bool,

    /// Read and keep the current numbers before changing them, so that `undo` can put them back
    #[arg(long)]
    pub backup: bool,

    /// Do not keep the current numbers, and do not ask whether to; the run cannot be undone
    #[arg(long, conflicts_with_all = ["backup", "if_unchanged"])]
    pub no_backup: bool,

    /// Clear numbers even where rules of the location send calls to them, without looking
    #[arg(long)]
    pub even_if_used: bool,

    /// Leave alone the rows whose present numbers are no longer those of this plan
    #[arg(long, value_name = "PLAN")]
    pub if_unchanged: Option<PathBuf>,

    #[command(flatten)]
    pub sheet: SheetFlags,

    #[command(flatten)]
    pub part: PartFlags,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  wxbulk plan numbers.csv --token-file token.txt\n\n\
    Exit codes: 0 every row was read, 1 some could not be, 2 nothing was read,\n\
    3 stopped before the end, 4 something differs (with --exit-code),\n\
    130 interrupted; after 3 and 130, --resume goes on."
)]
pub struct PlanFlags {
    /// Where the plan goes [default: beside the sheet and in its form, such as march.plan.xlsx]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Verify the sheet: exit with 4 when something differs, and keep a plan only then or with --output
    #[arg(long)]
    pub exit_code: bool,

    /// Also read what uses the numbers of rows that clear none, at two more requests each
    #[arg(long)]
    pub usage: bool,

    /// Plan to clear numbers even where rules of the location send calls to them; the plan says which
    #[arg(long)]
    pub even_if_used: bool,

    #[command(flatten)]
    pub sheet: SheetFlags,

    #[command(flatten)]
    pub part: PartFlags,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk undo numbers.results.csv --token-file token.txt")]
pub struct UndoFlags {
    /// The results of an `apply --backup`, or of an `undo`; where they are lost, the journal
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,

    /// Where the results go [default: the next number, such as march.results-2.csv]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Do not ask before sending
    #[arg(short, long)]
    pub yes: bool,

    /// Put the numbers back even where somebody changed them since, or where rules use those that are cleared
    #[arg(long)]
    pub force: bool,

    /// Clear numbers even where rules of the location send calls to them, without looking
    #[arg(long)]
    pub even_if_used: bool,

    #[command(flatten)]
    pub part: PartFlags,

    /// Only the rows of this customer, by its id or name; of a run that named it with --org, all rows
    #[arg(long, value_name = "ORG", help_heading = "Sheet")]
    pub org: Option<String>,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk report numbers.results.csv -o report.html")]
pub struct ReportFlags {
    /// The results of a run; its journal has to be beside them
    #[arg(value_name = "RESULTS")]
    pub results: PathBuf,

    /// Only the rows of this customer, by its id or name; nothing of others gets onto the page
    #[arg(long, value_name = "ORG")]
    pub org: Option<String>,

    #[command(flatten)]
    pub part: PartFlags,

    /// Where the page goes [default: the name of RESULTS with .report.html, or with the customer before that]
    #[arg(short, long, value_name = "FILE.html")]
    pub output: Option<PathBuf>,

    /// Have the list of changes open, so that it is printed too
    #[arg(long)]
    pub report_changes: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example, a run that goes on in another window:\n  wxbulk status numbers.results.csv --watch\n\n\
    Exit codes: 0 what is recorded is whole, 1 a journal is damaged, 2 it cannot be read."
)]
pub struct StatusFlags {
    /// The results of a run, its journal, its sheet, or a folder with runs
    #[arg(value_name = "FILE|FOLDER", default_value = ".")]
    pub path: PathBuf,

    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Print it again every second, until the run has ended
    #[arg(long)]
    pub watch: bool,
}

fn exported_help() -> String {
    let names = setting::names();
    let usual = setting::ALL[0].name;
    format!("What to export: {names} [default: {usual}]")
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk export -o numbers.csv --token-file token.txt")]
pub struct ExportFlags {
    /// Where the sheet goes [default: locations.csv, or what else is exported]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// The organization to export, by its id or name [default: the token's own]
    #[arg(long, value_name = "ORG")]
    pub org: Option<String>,

    #[arg(long, value_name = "NAME", help = exported_help())]
    pub setting: Option<String>,

    /// Every organization that the token manages
    #[arg(long, conflicts_with = "org")]
    pub all_orgs: bool,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  wxbulk whoami --token-file token.txt\n\n\
    Exit codes: 0 the token reads calling settings, 2 it does not.")]
pub struct WhoamiFlags {
    #[command(flatten)]
    pub service: ServiceFlags,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  wxbulk selftest --location ID --token-file token.txt\n\n\
    It changes the numbers of the location for a moment and puts them back; it asks\n\
    for the location's name first. What it finds goes into a page without names,\n\
    numbers and ids, selftest-….md in the current folder. Started again after it was\n\
    cut off, it goes on and puts the numbers back.\n\n\
    Exit codes: 0 all is as assumed and put back, 1 an answer differs, 2 nothing was\n\
    changed, 3 stopped before the end, or not put back, 130 interrupted."
)]
pub struct SelftestFlags {
    /// The location, by its id
    #[arg(long, value_name = "ID")]
    pub location: String,

    /// The organization of the location [default: the token's own]
    #[arg(long, value_name = "ORG_ID")]
    pub org: Option<String>,

    /// The location's name, where nobody can type it; the selftest goes on only if that is its name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,

    #[command(flatten)]
    pub run: RunFlags,
}

#[derive(Debug, Args)]
#[command(after_help = "Example, to practise with a sheet of your own:\n  \
    wxbulk simulator --locations own.xlsx --listen 127.0.0.1:8080\n\
    and in another window:\n  \
    wxbulk plan own.xlsx --base-url http://127.0.0.1:8080 --token-file any.txt\n\n\
    Example, a service that allows 5 requests a second:\n  \
    wxbulk simulator --limit bucket:5/s,burst=10 --latency 200ms..800ms")]
pub struct SimulatorFlags {
    /// Listen here; port 0 takes a free port. The base URL is the first line on stdout
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub listen: String,

    /// Know and list the locations of this sheet, with no numbers set, and no others [default: every well-formed id, and empty lists]
    #[arg(long, value_name = "SHEET")]
    pub locations: Option<PathBuf>,

    /// Read organizations, users, locations and everything else from this JSON file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Rate limit of each user, such as bucket:5/s,burst=10 or window:300/min [default: none]
    #[arg(long, value_name = "RULE", help_heading = "Limit")]
    pub limit: Option<String>,

    /// Retry-After of a 429: honest, date, missing, a time such as 2s, or text:… [default: honest]
    #[arg(long, value_name = "WHAT", help_heading = "Limit")]
    pub retry_after: Option<String>,

    /// Latency of every response, such as 250ms or 200ms..800ms [default: 0]
    #[arg(long, value_name = "TIME", help_heading = "Faults")]
    pub latency: Option<String>,

    /// Faults and their probabilities, such as all=5% or 500=2%,reset-after=1%
    #[arg(long, value_name = "FAULTS", help_heading = "Faults")]
    pub faults: Option<String>,

    /// Run this many times faster than real time
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<String>,

    /// Seed of the random numbers: the same seed gives the same faults [default: 1]
    #[arg(long, value_name = "N", help_heading = "Faults")]
    pub seed: Option<u64>,
}
