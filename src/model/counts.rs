//! How many rows have each outcome.

use std::collections::BTreeMap;

use crate::model::outcome::{Outcome, OutcomeKind};

/// Counts of what stands in a results file.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Counts {
    by_kind: BTreeMap<OutcomeKind, u64>,
    /// By HTTP status of the last answer; `None`: an attempt was made and got no answer.
    by_status: BTreeMap<Option<u16>, u64>,
    pub rows: u64,
    /// Rows that are `unknown` although the service confirmed them.
    pub confirmed_and_unseen: u64,
}

impl Counts {
    pub fn add(&mut self, outcome: &Outcome) {
        self.add_kept(outcome);
        if outcome.attempts > 0 {
            *self.by_status.entry(outcome.status).or_default() += 1;
        }
    }

    /// A row of which an earlier run has told.
    pub fn add_kept(&mut self, outcome: &Outcome) {
        self.add_kind(outcome.kind);
        self.confirmed_and_unseen += u64::from(outcome.is_confirmed_and_unseen());
    }

    /// A row of which only the outcome is known.
    pub fn add_kind(&mut self, kind: OutcomeKind) {
        self.rows += 1;
        *self.by_kind.entry(kind).or_default() += 1;
    }

    /// Counts what came to `from` as `into`.
    pub fn take_for(&mut self, from: OutcomeKind, into: OutcomeKind) {
        if let Some(count) = self.by_kind.remove(&from) {
            *self.by_kind.entry(into).or_default() += count;
        }
    }

    pub fn absorb(&mut self, other: &Counts) {
        self.rows += other.rows;
        self.confirmed_and_unseen += other.confirmed_and_unseen;
        for (kind, count) in &other.by_kind {
            *self.by_kind.entry(*kind).or_default() += count;
        }
        for (status, count) in &other.by_status {
            *self.by_status.entry(*status).or_default() += count;
        }
    }

    pub fn of(&self, kind: OutcomeKind) -> u64 {
        self.by_kind.get(&kind).copied().unwrap_or_default()
    }

    /// The outcomes that there are, and how many rows have each.
    pub fn by_kind(&self) -> &BTreeMap<OutcomeKind, u64> {
        &self.by_kind
    }

    /// The outcomes of the last answers: their HTTP statuses, and how many rows have each.
    pub fn by_status(&self) -> &BTreeMap<Option<u16>, u64> {
        &self.by_status
    }

    /// Rows that are not as the sheet asks.
    pub fn not_done(&self) -> u64 {
        let kinds = OutcomeKind::ALL.into_iter();
        kinds
            .filter(|kind| !kind.is_success())
            .map(|kind| self.of(kind))
            .sum()
    }
}
