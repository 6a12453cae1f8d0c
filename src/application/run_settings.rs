//! What a run is to do and how, as values with their meaning. Where they come from is not known here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::application::command_line::TypedCommand;
use crate::application::progress::ProgressMode;
use crate::application::results::Form;
use crate::application::values_put_back::RowsBack;
use crate::engine::pipeline::{RunPolicy, Task, UsageCheck};
use crate::journal::{BeginRecord, GateRecord, Journal, Machine, RecordedRun};
use crate::model::run_id::RunId;
use crate::pace::PaceSettings;
use crate::sheet::ReadOptions;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::row_selector::RowSelector;
use crate::webex::base_url::BaseUrl;
use crate::webex::http::proxy::Proxy;
use crate::webex::token::{NamedCredentials, digest};

/// What a sheet is and how it is read.
#[derive(Debug)]
pub struct SheetSettings {
    pub path: PathBuf,
    pub reading: ReadOptions,
    /// The rows that the run is about.
    pub part: RowSelector,
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
    /// How many rows go first and are read back; a person sees them before the rest goes.
    pub first: Option<u64>,
    /// The exit code tells whether a plan found a difference.
    pub fails_on_difference: bool,
    /// A plan in which nothing differs is not kept.
    pub is_kept_if_different: bool,
    /// Of which rows it is asked what uses their numbers.
    pub usage_check: UsageCheck,
    /// A number is cleared although it is used.
    pub even_if_used: bool,
}

impl RunSpec {
    /// The current values are read and kept before they are changed.
    pub fn keep_current_values(&mut self) {
        self.task = Task::ReadThenWrite;
        if self.form == Form::Results {
            self.form = Form::ResultsWithPrevious;
        }
    }
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
    pub lineage: Lineage,
    pub bad_rows: BadRows,
    pub target: Target,
    pub pace: PaceSettings,
    /// Users of the service whose rows the sheet has.
    pub users: usize,
    /// Where it is kept what outlives the process: rates that were found, and times to wait.
    pub state: Option<PathBuf>,
    /// The rate of an earlier run is not looked up, and this run's not kept.
    pub forget_rate: bool,
    /// The person wants to go on before that.
    pub forget_wait: bool,
    pub policy: RunPolicy,
    pub timeout: Duration,
    /// A double-click in Excel loses nothing of the output.
    pub for_excel: bool,
    /// Where a page about the run goes.
    pub report: Option<PathBuf>,
    pub report_changes: ChangeList,
    pub progress: ProgressMode,
    pub summary: SummaryFormat,
}

impl RunSettings {
    /// Whether the sheet is a plan that is applied as it stands.
    pub fn is_of_own_plan(&self) -> bool {
        let is_own = self.spec.preconditions.as_ref() == Some(&self.spec.sheet.path);
        self.spec.command == "apply" && is_own
    }

    /// Nothing is told but errors.
    pub fn is_quiet(&self) -> bool {
        self.progress == ProgressMode::Hidden || self.summary.is_quiet()
    }
}

/// By what name a time to wait is kept for a user of a service: it shows neither.
pub fn waiting_user(base_url: &BaseUrl, user: &str) -> String {
    digest(&format!("{base_url}\n{user}"))
}

/// Whether the list of changes is open when the page is, and so is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeList {
    Folded,
    Open,
}

impl ChangeList {
    pub fn from_flag(open: bool) -> ChangeList {
        if open {
            ChangeList::Open
        } else {
            ChangeList::Folded
        }
    }
}

/// The runs that came before this one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lineage {
    /// The run whose failed rows this one sends again.
    pub follows: Option<RunId>,
    /// When the first of those began.
    pub first_began: Option<Timestamp>,
    /// The rows are those of results from which a run can go on.
    pub is_of_results: bool,
    /// The run that this one undoes.
    pub undoes: Option<RunId>,
    /// That run was an undo itself, and what these results had set is set again.
    pub sets_again: Option<PathBuf>,
    /// Rows of that run that cannot be put back, or organizations that an export lacks.
    pub left_out: u64,
    /// What was said of the rows that cannot be put back.
    pub not_undone: Vec<String>,
    /// Rows of an undo that earlier undos have put back.
    pub back_already: RowsBack,
    /// Later runs that changed some of what this one is to put back.
    pub later: Vec<LaterChanges>,
    /// The times to wait that they were told.
    pub gates: Vec<GateRecord>,
    /// How those began whose rows these are, of which the organization may be known from them alone.
    pub begun: Vec<BeginRecord>,
    /// How many requests a second the last of them got through.
    pub requests_a_second: Option<f64>,
}

impl Lineage {
    /// Takes over the times to wait that a run was told, if it has a journal that can be read. Of a plan that is
    /// applied also for whom it was.
    pub fn add(&mut self, results: &Path, is_plan: bool) {
        if let Ok(run) = RecordedRun::open(&Journal::path_for(results)) {
            self.gates.extend_from_slice(run.gates());
            if is_plan {
                self.add_real(&[run]);
            }
        }
    }

    /// Takes over for whom real runs were, and how fast.
    pub fn add_real(&mut self, runs: &[RecordedRun]) {
        let real = runs.iter().filter(|run| !run.header().settings.rehearsal);
        for run in real {
            self.begun.extend(run.last_begin().cloned());
            let found = run.requests_a_second();
            self.requests_a_second = found.or(self.requests_a_second);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Fresh,
    Resume,
}

impl Start {
    pub fn from_flag(resume: bool) -> Start {
        if resume { Start::Resume } else { Start::Fresh }
    }
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
        /// What the environment names.
        proxy: Option<Proxy>,
        /// At least one; if there are several, they are used side by side.
        credentials: Vec<NamedCredentials>,
    },
    /// A simulator inside this program, a number of times faster than life, with a number of users.
    Rehearsal { speed: f64, users: usize },
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
    /// Only how to go on, where it was stopped: what came of it is told otherwise.
    WhereStopped,
}

impl SummaryFormat {
    /// Nothing is said of a run that goes as it should.
    pub fn is_quiet(self) -> bool {
        matches!(self, SummaryFormat::Quiet | SummaryFormat::WhereStopped)
    }
}

/// A run that changed, after the run that is undone, some of what the undo puts back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaterChanges {
    /// What its results are called.
    pub(in crate::application) results: String,
    /// The command that undoes it.
    pub(in crate::application) undo: String,
    /// It is the undone run itself, whose later rows are outside of the part that is undone.
    pub(in crate::application) is_same_run: bool,
    /// The rows of the undone results, by their numbers there.
    pub(in crate::application) rows: Vec<u64>,
}
