//! What the runs before this one did to its rows, which the journal has taken over from theirs.

use std::mem::take;

use super::journal_gathering::Gathering;
use crate::journal::{RowChange, RowRecord};

impl Gathering<'_> {
    /// Adds what an earlier run did to a place; `None` where nobody knows what became of it.
    pub(super) fn add_carried_change(&mut self, row: u64, change: RowChange) -> Option<RowRecord> {
        let mut record = RowRecord {
            row,
            check: 0,
            finished_at: change.finished_at.unwrap_or_default(),
            place: change.place,
            sent: change.sent.into_iter().next_back(),
            outcome: change.outcome?,
        };
        self.name_organization(record.place.as_mut());
        let first = change.earlier.as_ref();
        self.changes.add(self.setting, &record, first);
        Some(record)
    }

    /// Adds the rows that earlier runs have done or left, and this one did not send.
    pub(super) fn add_carried(&mut self) {
        let end = self.sittings.last().and_then(|last| last.end.clone());
        let of_this_run = end.map(|end| end.without_record).unwrap_or_default();
        for (row, changes) in take(&mut self.carried) {
            let mut latest = None;
            for change in changes {
                latest = self.add_carried_change(row, change);
            }
            // Why this run did not get it done is told by its end.
            let Some(record) = latest.filter(|_| !of_this_run.contains(row)) else {
                continue;
            };
            self.organizations.add(&record);
            for run in &mut self.earlier {
                if run.header.started_at <= record.finished_at {
                    run.rows += 1;
                    break;
                }
            }
            // What became of those that were chosen their results tell.
            if self.chosen.is_none() || !record.outcome.kind.is_success() {
                self.add_cause(&record);
            }
            if self.chosen.is_none() {
                *self.recorded.entry(record.outcome.kind).or_default() += 1;
            }
        }
    }
}
