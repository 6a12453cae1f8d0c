//! Which rows a plan approves by its file: those that stand in it as they were planned, and that nobody
//! marked as skipped or hid.

use std::collections::HashSet;
use std::path::Path;

use anyhow::{Result, anyhow};

use super::plan_in_force::obey_action;
use super::recorded_plan::{keyed, what_it_saw};
use super::{NewPlan, restored_plan};
use crate::application::earlier_runs::recorded_reading;
use crate::application::run_settings::RunSettings;
use crate::journal::RecordedRun;
use crate::model::row::{Row, TargetKey};
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
        let requests = keyed(run, |record| Some(record.check))?;
        let mut rows = HashSet::new();
        let mut records = plan.records()?;
        let mut numbered = NumberedRecord::default();
        // What was done about hidden rows was said when the plan was applied.
        let is_of_results = settings.spec.sheet.reading.rows.is_of_results();
        while records.read(&mut numbered)? {
            let is_hidden = plan.hidden.is_row_hidden(numbered.row) && !is_of_results;
            if let Ok(row) = plan.read_row(columns, &numbered, directory)
                && !plan.is_skipped_in_plan(&numbered)
                && !is_hidden
            {
                rows.extend(requests.get(&row.fingerprint()));
            }
        }
        Ok(ApprovedRows(rows))
    }

    pub(super) fn has(&self, row: u64) -> bool {
        self.0.contains(&row)
    }
}

/// Opens the file of a plan, which has the marks of whoever approved it.
fn open_plan(path: &Path, run: &RecordedRun, settings: &RunSettings) -> Result<Sheet> {
    let mut reading = ReadOptions::default();
    recorded_reading::read_as_the_run(&mut reading, run.header());
    let mut plan = Sheet::open(path, reading)?;
    if let Some(new_plan) = NewPlan::in_place_of(path, settings) {
        restored_plan::restore(path, &mut plan, true)?;
        obey_action(&mut plan, &new_plan)?;
    }
    Ok(plan)
}

/// The rows of results that somebody left out of a plan of them, by marking or deleting its rows.
pub(super) fn declined(
    path: &Path,
    run: &RecordedRun,
    settings: &RunSettings,
    results: &Sheet,
) -> Result<HashSet<u64>> {
    let plan = open_plan(path, run, settings)?;
    let (mut marked, mut kept) = (HashSet::new(), HashSet::new());
    let mut places: HashSet<TargetKey> = HashSet::new();
    each_row(&plan, |numbered, row| {
        places.insert(row.key);
        let requests = if plan.is_skipped_in_plan(numbered) {
            &mut marked
        } else {
            &mut kept
        };
        requests.insert(row.fingerprint());
    })?;
    // One that the plan could not approve is a problem, and not left out.
    let planned = keyed(run, |record| what_it_saw(&record).map(|_| record.check))?;
    let mut declined = HashSet::new();
    let columns = results.columns.as_ref().ok();
    each_row(results, |numbered, row| {
        // What is done is no matter of the plan.
        if columns.is_some_and(|columns| results.is_settled(columns, numbered)) {
            return;
        }
        let check = row.fingerprint();
        let is_marked = marked.contains(&check) && !kept.contains(&check);
        let is_deleted = planned.contains_key(&check) && !places.contains(&row.key);
        if is_marked || is_deleted {
            declined.insert(row.number);
        }
    })?;
    Ok(declined)
}

/// Hands on the rows of a file that can be read.
fn each_row(sheet: &Sheet, mut each: impl FnMut(&NumberedRecord, &Row<'_>)) -> Result<()> {
    let Ok(columns) = &sheet.columns else {
        return Ok(());
    };
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        if let Ok(row) = sheet.read_row(columns, &numbered, &Directory::default()) {
            each(&numbered, &row);
        }
    }
    Ok(())
}
