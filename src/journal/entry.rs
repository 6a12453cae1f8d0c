//! What the lines of a journal say.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::header::{BeginRecord, RunHeader};
use super::row_history::{Place, RowChange, RowOrder, Sent};
use crate::model::current_values::CurrentValues;
use crate::model::failure_groups::FailureGroups;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::run_id::RunId;
use crate::sheet::names::ResolvedNames;
use crate::table::FileChecksum;
use crate::traffic::Interval;

/// One line of the journal.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    Run(RunHeader),
    Begin(BeginRecord),
    Names(ResolvedNames),
    Carried(CarriedRecord),
    Previous(PreviousRecord),
    Row(RowRecord),
    Gate(GateRecord),
    CredentialEnded(CredentialEndRecord),
    Traffic(Interval),
    End(EndRecord),
}

/// [`Entry::Row`] as it is written, without a copy of the record.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum FinishedEntry<'r> {
    Row(&'r RowRecord),
}

/// What an earlier run noted of a row that this one sends again, or leaves as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedRecord {
    pub row: u64,
    pub from: RunId,
    /// Where a row has its place in the order of all rows, if its number does not tell it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<RowOrder>,
    pub changes: Vec<RowChange>,
}

/// The values of a row's target before anything was sent for it. It is on disk before the change
/// leaves: a row with this record and no other was on its way when the program ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousRecord {
    pub row: u64,
    pub check: u32,
    #[serde(rename = "numbers")]
    pub values: CurrentValues,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What is sent next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// A finished row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowRecord {
    pub row: u64,
    pub check: u32,
    pub finished_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
    pub outcome: Outcome,
}

/// The service said not to ask before a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GateRecord {
    pub until: Timestamp,
    pub told_at: Timestamp,
    /// Who is to wait, by the fingerprint of the token.
    pub user: Box<str>,
    /// Whose token it is, where that is known.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub person: Box<str>,
    /// What else the user is known as: the fingerprints of their other tokens, and whoever a newer one is of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Box<str>>,
    /// The answer that said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub tracking_id: Box<str>,
}

impl GateRecord {
    /// Whether this user has to wait, known by the token or as a person.
    pub fn is_for(&self, user: &str) -> bool {
        let known = [&self.user, &self.person].into_iter();
        known.chain(&self.others).any(|known| **known == *user)
    }
}

/// Credentials send nothing more in this part of the run, which goes on with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialEndRecord {
    pub ended_at: Timestamp,
    pub fingerprint: String,
    pub why: String,
}

/// A results file was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndRecord {
    pub finished_at: Timestamp,
    /// Every row has its outcome.
    pub complete: bool,
    pub results: FileChecksum,
    /// Why it ended before every row had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What the results say, in figures.
    #[serde(default)]
    pub outcomes: BTreeMap<OutcomeKind, u64>,
    /// Rows that are not as asked and have no record of their own.
    #[serde(default, skip_serializing_if = "FailureGroups::is_empty")]
    pub without_record: FailureGroups,
    /// Rows that were left out, by the reason why.
    #[serde(default, skip_serializing_if = "FailureGroups::is_empty")]
    pub skipped: FailureGroups,
}
