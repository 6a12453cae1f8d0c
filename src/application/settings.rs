//! What a run is to do and how, as values with their meaning. Where they come from is not known here.

use std::path::PathBuf;
use std::time::Duration;

use crate::application::progress::ProgressMode;
use crate::application::results::Form;
use crate::application::suggested_commands::TypedCommand;
use crate::engine::pipeline::{RunPolicy, Task, UsageCheck};
use crate::journal::Machine;
use crate::pace::{Memory, PaceSettings};
use crate::sheet::ReadOptions;
use crate::sheet::check::DuplicatePolicy;
use crate::webex::base_url::BaseUrl;
use crate::webex::token::Credentials;

/// What a sheet is and how it is read.
#[derive(Debug)]
pub struct SheetSettings {
    pub path: PathBuf,
    pub reading: ReadOptions,
    pub duplicates: DuplicatePolicy,
}

/// What a run is to do with a sheet.
#[derive(Debug)]
pub struct RunSpec {
    /// The command as it is typed.
    pub command: &'static str,
    pub sheet: SheetSettings,
    pub task: Task,
    pub form: Form,
    /// Where the results or the plan go.
    pub output: PathBuf,
    /// A file that says which numbers each row must find: in the columns `present1` to `present3`.
    pub preconditions: Option<PathBuf>,
    pub confirmation: Confirmation,
    pub backup: Backup,
    /// Of which rows it is asked what uses their numbers.
    pub usage_check: UsageCheck,
    /// The beginning of the question that asks for consent.
    pub question: &'static str,
}

/// Everything a run needs to know.
#[derive(Debug)]
pub struct RunSettings {
    /// What was typed, for the commands that are suggested.
    pub typed: TypedCommand,
    pub spec: RunSpec,
    pub start: Start,
    /// Why the run is made, in the person's words.
    pub note: Option<String>,
    /// Where it runs, and as whom.
    pub machine: Machine,
    /// Rows of a results file that are done already and would be sent again.
    pub done_before: u64,
    pub bad_rows: BadRows,
    pub target: Target,
    pub pace: PaceSettings,
    /// Where the rate of an earlier run is looked up, and this run's noted.
    pub memory: Option<Memory>,
    pub policy: RunPolicy,
    pub timeout: Duration,
    /// A double-click in Excel loses nothing of the output.
    pub for_excel: bool,
    /// Where a page about the run goes.
    pub report: Option<PathBuf>,
    pub progress: ProgressMode,
    pub summary: SummaryFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Fresh,
    Resume,
}

/// What rows with a problem do to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadRows {
    /// Nothing is sent.
    Refuse,
    /// They are left out.
    Skip,
}

#[derive(Debug)]
pub enum Target {
    Service {
        base_url: BaseUrl,
        credentials: Credentials,
    },
    /// A simulator inside this program, so many times faster than life.
    Rehearsal { speed: f64 },
}

/// Whether the current values are read and kept before they are changed, where the task leaves it
/// open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backup {
    /// The person at the terminal says.
    Ask,
    /// They are not.
    No,
}

impl Target {
    /// Who has to wait when the service says so: the holder of these credentials.
    pub fn user(&self) -> String {
        match self {
            Target::Service { credentials, .. } => credentials.fingerprint(),
            Target::Rehearsal { .. } => "rehearsal".into(),
        }
    }
}

/// Whether the user is asked before anything is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    Ask,
    Given,
}

impl Confirmation {
    pub fn from_flag(yes: bool) -> Confirmation {
        if yes {
            Confirmation::Given
        } else {
            Confirmation::Ask
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SummaryFormat {
    Text,
    Json,
    /// Only what must be known: how to go on, and what failed.
    Quiet,
}
