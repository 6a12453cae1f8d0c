//! Which rows a plan approves by its file: those that stand in it as they were planned, and that nobody
//! marked as skipped or hid.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Result, anyhow};

use super::plan_columns::PlanColumns;
use super::plan_in_force::obey_action;
use super::planned_requests::{PlannedRequests, RowsInOrder};
use super::{NewPlan, restored_plan};
use crate::application::earlier_runs::recorded_reading;
use crate::application::run_settings::RunSettings;
use crate::journal::RecordedRun;
use crate::sheet::directory::Directory;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

/// Rows by their numbers in the plan's record.
#[derive(Debug)]
pub(super) struct ApprovedRows(HashSet<u64>);

impl ApprovedRows {
    pub(super) fn read(
        path: &Path,
        run: &RecordedRun,
        settings: &RunSettings,
        directory: &Directory,
    ) -> Result<ApprovedRows> {
        let plan = open_plan(path, run, settings)?;
        let columns = plan.columns.as_ref().map_err(|problems| {
            let problem = problems.first().map(ToString::to_string);
            anyhow!("`{}`: {}", path.display(), problem.unwrap_or_default())
        })?;
        let requests = PlannedRequests::read(run, |_| true)?;
        let cells = PlanColumns::find(&plan, columns.setting, true);
        let mut planned = run.records()?;
        let mut in_order = RowsInOrder::default();
        let mut rows = HashSet::new();
        let mut records = plan.records()?;
        let mut numbered = NumberedRecord::default();
        // What was done about hidden rows was said when the plan was applied.
        let is_of_results = settings.spec.sheet.reading.rows.is_of_results();
        while records.read(&mut numbered)? {
            let is_hidden = plan.hidden.is_row_hidden(numbered.row) && !is_of_results;
            let Ok(row) = plan.read_row(columns, &numbered, directory) else {
                continue;
            };
            let is_approved = !plan.is_skipped_in_plan(&numbered) && !is_hidden;
            let found = in_order.next_by_cells(
                &requests,
                &mut planned,
                &cells,
                &numbered,
                &row,
                is_approved,
            )?;
            rows.extend(found.filter(|_| is_approved).map(|found| found.number));
        }
        Ok(ApprovedRows(rows))
    }

    pub(super) fn has(&self, row: u64) -> bool {
        self.0.contains(&row)
    }
}

/// Opens the file of a plan, which has the marks of whoever approved it.
pub(super) fn open_plan(path: &Path, run: &RecordedRun, settings: &RunSettings) -> Result<Sheet> {
    let mut reading = ReadOptions::default();
    recorded_reading::read_as_the_run(&mut reading, run.header());
    let mut plan = Sheet::open(path, reading)?;
    if let Some(new_plan) = NewPlan::in_place_of(path, settings) {
        restored_plan::restore(path, &mut plan, true)?;
        obey_action(&mut plan, run, &new_plan)?;
    }
    Ok(plan)
}
