//! The rows of a plan by what they ask for. Several of them may ask for the same: which of these a row of a
//! file is, its place among the rows for its location tells, and what its cells show.

use std::collections::{HashMap, HashSet};

use anyhow::Result;

use super::plan_columns::PlanColumns;
use super::recorded_plan::for_each;
use crate::journal::{RecordReader, RecordedRun, RowRecord};
use crate::model::row::{Row, TargetKey};
use crate::sheet::NumberedRecord;

/// Their numbers in the plan's record, by the fingerprints of what they ask for.
#[derive(Debug, Default)]
pub(super) struct PlannedRequests {
    first: HashMap<u32, u64>,
    /// All of them, where there are several.
    several: HashMap<u32, Vec<u64>>,
}

impl PlannedRequests {
    pub(super) fn read(
        run: &RecordedRun,
        is_wanted: impl Fn(&RowRecord) -> bool,
    ) -> Result<PlannedRequests> {
        let mut rows = PlannedRequests::default();
        for_each(run, |record| {
            if is_wanted(&record) {
                rows.add(record.check, record.row);
            }
        })?;
        Ok(rows)
    }

    fn add(&mut self, check: u32, row: u64) {
        let first = *self.first.entry(check).or_insert(row);
        if first != row {
            let several = self.several.entry(check).or_insert_with(|| vec![first]);
            several.push(row);
        }
    }

    pub(super) fn first(&self, check: u32) -> Option<u64> {
        self.first.get(&check).copied()
    }

    /// Those that ask for the same, in their order.
    fn like(&self, check: u32) -> &[u64] {
        match self.several.get(&check) {
            Some(rows) => rows,
            None => self.first.get(&check).map_or(&[], std::slice::from_ref),
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = u64> {
        let single = self.first.iter();
        let single = single.filter(|(check, _)| !self.several.contains_key(check));
        let several = self.several.values().flatten();
        single.map(|(_, row)| row).chain(several).copied()
    }
}

/// Finds the rows of a file, which is read from its top, among those of a plan.
#[derive(Debug, Default)]
pub(super) struct RowsInOrder {
    /// The last row of each location that was found and is sent.
    reached: HashMap<TargetKey, u64>,
    /// Those of several like each other that were found.
    found: HashSet<u64>,
}

/// The row of the plan that a row of a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PlannedRow {
    pub(super) number: u64,
    /// It was planned to be sent before a row for its location that stands above it in the file.
    pub(super) is_moved: bool,
}

impl RowsInOrder {
    /// Of several rows that ask for the same, the next one that the cells of the row fit, or else the next one.
    pub(super) fn next(
        &mut self,
        planned: &PlannedRequests,
        row: &Row<'_>,
        is_sent: bool,
        mut fits: impl FnMut(u64) -> Result<bool>,
    ) -> Result<Option<PlannedRow>> {
        let like = planned.like(row.fingerprint());
        let reached = self.reached.get(&row.key).copied().unwrap_or_default();
        let below = like.partition_point(|number| *number <= reached);
        let left = like[below..].iter().copied();
        let mut left = left.filter(|number| !self.found.contains(number));
        let mut next = left.next();
        if let (Some(first), Some(second)) = (next, left.next()) {
            for number in [first, second].into_iter().chain(left) {
                if fits(number)? {
                    next = Some(number);
                    break;
                }
            }
        }
        let Some(number) = next.or(like.first().copied()) else {
            return Ok(None);
        };
        if like.len() > 1 {
            self.found.insert(number);
        }
        if is_sent && next.is_some() {
            self.reached.insert(row.key, number);
        }
        Ok(Some(PlannedRow {
            number,
            is_moved: next.is_none(),
        }))
    }

    /// The same of a row of a plan's own file, whose `cells` tell which of several it is.
    pub(super) fn next_by_cells(
        &mut self,
        planned: &PlannedRequests,
        records: &mut RecordReader<'_>,
        cells: &PlanColumns,
        numbered: &NumberedRecord,
        row: &Row<'_>,
        is_sent: bool,
    ) -> Result<Option<PlannedRow>> {
        if cells.is_of_repeat(numbered) {
            return Ok(None);
        }
        self.next(planned, row, is_sent, |number| {
            let record = records.of_row(number)?;
            Ok(record.is_some_and(|record| cells.fit(numbered, row, &record)))
        })
    }
}
