//! Which rows of a sheet a run is not about: hidden ones, those outside of its part, those that the plan
//! skips, and those that an earlier run has done.

use std::collections::HashSet;

use anyhow::Result;
use csv::ByteRecord;

use super::applied_plan::AppliedPlan;
use super::columns::Columns;
use super::duplicates::SetSince;
use super::hidden::HiddenPolicy;
use super::resolved_selector::ResolvedSelector;
use super::result_columns::{ACTION, NEW, PRESENT};
use super::row_check::RowCheck;
use super::row_selector::{Condition, RowSelector};
use super::{NumberedRecord, RowFilter, Sheet};
use crate::model::change::Change;
use crate::model::run_id::RunId;

impl Sheet {
    /// Whether the row is not sent since it is hidden. In results a filter is the choice.
    pub fn is_left_out(&self, row: u64) -> bool {
        match self.reading.hidden {
            Some(HiddenPolicy::Include) => false,
            Some(HiddenPolicy::Skip) => self.hidden.is_row_hidden(row) || self.is_value_unseen(row),
            None => self.reading.rows.is_of_results() && self.hidden.is_row_hidden(row),
        }
    }

    /// Whether the row has a value that cannot be seen on what is behind it. Ids are often made so on purpose.
    pub(in crate::sheet) fn is_value_unseen(&self, row: u64) -> bool {
        let Ok(columns) = &self.columns else {
            return false;
        };
        let mut fields = columns.fields.iter().flatten();
        fields.any(|column| self.hidden.are_letters_hidden(row, *column))
    }

    /// Whether nobody said yet what is done with hidden rows and columns.
    pub(in crate::sheet) fn asks_about_hidden(&self) -> bool {
        self.reading.hidden.is_none() && self.reading.rows == RowFilter::All
    }

    /// Chooses the part of the sheet that the run is about. It must have rows.
    pub fn choose_part(&mut self, part: &RowSelector) -> Result<()> {
        if !part.is_whole_sheet() {
            self.part = Some(ResolvedSelector::find(self, part)?);
        }
        Ok(())
    }

    /// What leaves the row out of the part that was chosen.
    pub fn left_out_by(&self, numbered: &NumberedRecord) -> Option<&Condition> {
        self.part.as_ref()?.left_out_by(numbered)
    }

    /// Takes the sheet for a plan with this column `action`: what it skips is left out, and a row for
    /// which it approves nothing is a problem, and so is another one that asks for the same.
    pub fn obey_plan(&mut self, action: usize, not_approved: HashSet<u32>) {
        self.plan = Some(AppliedPlan::itself(action, not_approved));
    }

    /// Takes the sheet for one that has the columns of a plan with this column `action`: what that skips is
    /// left out, and the other rows are looked at again.
    pub fn skip_what_a_plan_skipped(&mut self, action: usize) {
        self.plan = Some(AppliedPlan::to_plan_again(action));
    }

    /// Takes the sheet for results of a run that was held to a plan. A row for which the plan approved
    /// nothing stays a problem, whatever was typed into it since.
    pub fn obey_plan_of_results(&mut self, runs: Vec<RunId>) {
        self.plan = Some(AppliedPlan::of_results(runs));
    }

    /// The check of a row that a run under the plan wrote.
    pub fn check_under_plan(&self, columns: &Columns, record: &ByteRecord) -> Option<RowCheck> {
        self.plan.as_ref()?.check_of(columns, record)
    }

    /// Takes the sheet for results that were planned again. What that plan could not approve, by the
    /// fingerprints of its rows, is a problem for as long as it is asked for; rows that somebody left out of it,
    /// by their numbers here, are left out.
    pub fn obey_plan_of_what_is_left(
        &mut self,
        not_approved: HashSet<u32>,
        declined: HashSet<u64>,
    ) {
        self.plan = Some(AppliedPlan::of_results_again(not_approved, declined));
    }

    /// Those rows, as ranges.
    pub fn left_out_of_plan(&self) -> Vec<(u64, u64)> {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for row in self.plan.as_ref().map_or(Vec::new(), AppliedPlan::declined) {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == row => *last = row,
                _ => ranges.push((row, row)),
            }
        }
        ranges
    }

    /// Whether it has the columns of a plan and none of results.
    pub fn looks_like_a_plan(&self) -> bool {
        let Ok(columns) = &self.columns else {
            return false;
        };
        let is_there = |name: &String| self.column_called(name).is_some();
        let are_there = |prefix| columns.setting.columns(prefix).iter().all(is_there);
        let says_what_to_do = is_there(&ACTION.to_string()) || are_there(NEW);
        columns.results.is_none() && are_there(PRESENT) && says_what_to_do
    }

    /// Whether the sheet is a plan that leaves the row out.
    pub fn is_skipped_in_plan(&self, numbered: &NumberedRecord) -> bool {
        self.plan.as_ref().is_some_and(|plan| plan.skips(numbered))
    }

    /// Whether the row is left out, whatever it asks for.
    pub fn leaves_out(&self, numbered: &NumberedRecord) -> bool {
        self.is_left_out(numbered.row)
            || self.left_out_by(numbered).is_some()
            || self.is_skipped_in_plan(numbered)
            || self.is_unread_in_export(&numbered.record)
    }

    /// Whether an export could not read the row, so that its cells say nothing of what is there.
    pub fn is_unread_in_export(&self, record: &ByteRecord) -> bool {
        let cell = self.not_read.and_then(|column| record.get(column));
        cell.is_some_and(|cell| !cell.trim_ascii().is_empty())
    }

    /// Whether the row is left alone because an earlier run has done it.
    pub fn is_settled(&self, columns: &Columns, numbered: &NumberedRecord) -> bool {
        if !self.reading.rows.is_of_results() {
            return false;
        }
        match &self.settled {
            Some(settled) => {
                let index = usize::try_from(numbered.row).unwrap_or(usize::MAX);
                settled.get(index) == Some(&true)
            }
            None => {
                columns
                    .outcome_in(&numbered.record)
                    .is_some_and(|kind| self.reading.rows.leaves(kind))
                    && !columns.is_left_for_another(&numbered.record)
            }
        }
    }

    /// Tells which rows an earlier run has done, by row number: its journal knows better than
    /// the cells.
    pub fn settle(&mut self, rows: Vec<bool>) {
        self.settled = Some(rows);
    }

    /// Tells what other rows of the earlier runs have set for the locations of those that are sent again.
    pub fn note_set_since(&mut self, set_since: SetSince) {
        self.set_since = Some(set_since);
    }

    /// What rows of earlier runs that come before this one have set at its location, or may have.
    pub fn set_before(&self, row: u64) -> &[Vec<Change<'static>>] {
        let before = self.set_since.as_ref().and_then(|set| set.before.get(&row));
        before.map_or(&[], Vec::as_slice)
    }
}
