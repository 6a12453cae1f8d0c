//! How a run stands, as a value: for a person in words, for a program as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::credential_status::CredentialStatus;
use super::next_steps::NextStep;
use crate::journal::{Author, Damage, GateRecord, InputFile, Machine, Organization, Person};
use crate::model::clock;
use crate::model::outcome::OutcomeKind;
use crate::model::run_id::RunId;
use crate::sheet::row_selector::RowSelector;

/// How a run stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunStatus {
    pub results: PathBuf,
    pub journal: PathBuf,
    pub run: RunId,
    /// As it is typed: `apply`, `plan`, `undo` or `export`.
    pub command: String,
    pub rehearsal: bool,
    pub state: RunState,
    /// Why it ended before every row had its outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    pub started_at: Timestamp,
    /// When it began or went on last, and when something was last written.
    pub began_at: Timestamp,
    pub last_sign_at: Timestamp,
    /// When a row was finished last, in this part of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_row_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Who began it, where somebody else went on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<Author>,
    /// All credentials, where there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<CredentialStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    pub sheet: InputFile,
    /// Whose rows it is about, and which part of the sheet; none where it is the whole sheet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organizations: Vec<Organization>,
    #[serde(skip_serializing_if = "RowSelector::is_whole_sheet")]
    pub part: RowSelector,
    /// What became of a plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,
    pub rows: RowCounts,
    pub outcomes: BTreeMap<OutcomeKind, u64>,
    /// Rows a second, of a run that goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_per_second: Option<f64>,
    /// How long the rest takes at that rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_left: Option<f64>,
    /// The service said not to ask before a time that is still to come; of several users, see `credentials`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<GateRecord>,
    pub results_file: ResultsFile,
    /// What is wrong with the run's copy of the sheet, where it is needed to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet_copy: Option<SheetCopy>,
    /// The run that undid this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub undone: Option<Undone>,
    /// What was said of rows that this undo could not put back.
    #[serde(skip)]
    pub not_undone: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub damage: Option<Damage>,
    pub next: Vec<NextStep>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    Running,
    /// Every row has its outcome.
    Finished,
    /// It stopped by itself or was told to, and wrote its results.
    Stopped,
    /// It was killed.
    Killed,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowCounts {
    /// Rows that the run is to send.
    pub to_send: u64,
    pub done: u64,
    pub left: u64,
    /// Rows that were on their way when something was last written, as far as it is noted.
    pub in_flight: u64,
    /// Rows whose values from before are kept.
    pub with_earlier: u64,
}

/// What became of a plan, and of the sheet that it was made of.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// The runs that applied it, or a part of it.
    pub applied: Vec<AppliedPlan>,
    /// Whether the sheet has changed since; `None` where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet_changed: Option<bool>,
}

/// A run that applied a plan.
#[derive(Debug, Clone, Serialize)]
pub struct AppliedPlan {
    pub results: PathBuf,
    #[serde(skip_serializing_if = "RowSelector::is_whole_sheet")]
    pub part: RowSelector,
}

/// What stands where the run writes its results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResultsFile {
    Missing,
    AsWritten,
    /// A part of the run wrote them, and more has happened since.
    Older,
    /// Somebody saved them, or they are another file.
    Changed,
}

/// Why a run cannot go on with its own copy of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SheetCopy {
    /// It is damaged. The sheet is as it was, and takes its place.
    Damaged,
    /// It is damaged, and the sheet is not as it was.
    Lost,
}

/// Other runs took back what this one did, the last of them `by` and `at`.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    pub by: RunId,
    pub at: Timestamp,
    /// Every row of it is done.
    pub completely: bool,
    /// Each of them, in the order of time.
    pub parts: Vec<UndonePart>,
}

/// A run that took back what another one did, or some of it.
#[derive(Debug, Clone, Serialize)]
pub struct UndonePart {
    pub by: RunId,
    /// The name of its results.
    pub results: String,
    pub at: Timestamp,
}

impl Undone {
    /// `a.undo.results.csv`, 2026-03-07 10:31:02; of several, one after the other. A `mark` stands around each name.
    pub fn runs_in_words(&self, mark: &str) -> String {
        let parts = self.parts.iter();
        let parts: Vec<String> = parts
            .map(|part| {
                format!(
                    "{mark}{}{mark}, {}",
                    part.results,
                    clock::date_and_time(part.at)
                )
            })
            .collect();
        parts.join(", and ")
    }
}

impl RunStatus {
    pub fn is_running(&self) -> bool {
        self.state == RunState::Running
    }

    /// Rows that are not as asked, as far as it is known.
    pub(super) fn failed(&self) -> u64 {
        let failed = self.outcomes.iter().filter(|(kind, _)| !kind.is_success());
        failed.map(|(_, count)| count).sum()
    }

    /// Rows that were changed, or may have been.
    pub(super) fn changed(&self) -> u64 {
        let count = |kind| self.outcomes.get(&kind).copied().unwrap_or_default();
        [
            OutcomeKind::Updated,
            OutcomeKind::Partly,
            OutcomeKind::Unknown,
        ]
        .into_iter()
        .map(count)
        .sum::<u64>()
            + self.rows.in_flight
    }
}
