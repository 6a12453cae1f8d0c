//! What a plan recorded of each row, compared with what is sent.

use std::collections::HashMap;
use std::hash::Hash;
use std::path::Path;

use anyhow::{Result, bail};

use super::NewPlan;
use super::approved_rows::ApprovedRows;
use super::plan_in_force::ensure_it_is_of_this_service;
use crate::application::plan_guard::plan_edits::PlannedChanges;
use crate::application::run_settings::RunSettings;
use crate::application::suggested_commands::join;
use crate::journal::{Journal, RecordReader, RecordedRun, RowRecord};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::hint::Hinted;
use crate::model::outcome::OutcomeKind;
use crate::model::row::Row;
use crate::sheet::check::CheckedSheet;
use crate::sheet::directory::Directory;
use crate::sheet::selection::Selection;

/// The record of a plan.
#[derive(Debug)]
pub(in crate::application) struct Plan {
    pub(super) run: RecordedRun,
    pub(super) rows: PlannedRows,
    /// What its file approves; `None` where that is the sheet that is sent.
    approved: Option<ApprovedRows>,
    /// What it says will be changed, once it was compared with the sheet.
    pub(super) changes: Option<PlannedChanges>,
    /// Rows that it approved and that were deleted from it.
    pub(super) deleted: DeletedRows,
}

/// Rows that a plan approved and that are not in its file any more.
#[derive(Debug, Default)]
pub(super) struct DeletedRows {
    pub(super) count: u64,
    /// Their numbers in the sheet that was planned; none where rows outside of the part that is sent have
    /// names whose meaning is not known, so that any of them may be one of these.
    pub(super) named: Vec<u64>,
}

/// How the plan's record of a row is found.
#[derive(Debug)]
pub(super) enum PlannedRows {
    /// The sheet that was planned has each row where it was. Where it was sorted or shortened since, they
    /// are known by what they ask for.
    Numbers(HashMap<u32, u64>),
    /// The plan itself may have lost rows, so they are known by what they ask for.
    Requests(HashMap<u32, u64>),
    /// Rows of results may have been corrected or sorted, so they are known by their location.
    Places(HashMap<Box<str>, u64>),
}

impl Plan {
    pub(super) fn open(path: &Path, settings: &RunSettings, directory: &Directory) -> Result<Plan> {
        let run = RecordedRun::open(&Journal::path_for(path))?;
        ensure_it_is_of_this_service(run.header(), settings, path)?;
        let is_own = *path == settings.spec.sheet.path;
        let approved = if is_own {
            None
        } else {
            Some(ApprovedRows::read(path, &run, settings, directory)?)
        };
        let is_approved = |row| approved.as_ref().is_none_or(|rows| rows.has(row));
        let rows = if settings.spec.sheet.reading.rows.is_of_results() {
            let place = |record: RowRecord| Some(record.place?.id);
            PlannedRows::Places(keyed(&run, |record| {
                Some(record)
                    .filter(|one| is_approved(one.row))
                    .and_then(place)
            })?)
        } else {
            let requests = keyed(&run, |record| Some(record.check))?;
            if is_own {
                PlannedRows::Requests(requests)
            } else {
                PlannedRows::Numbers(requests)
            }
        };
        Ok(Plan {
            run,
            rows,
            approved,
            changes: None,
            deleted: DeletedRows::default(),
        })
    }

    /// Reads what it recorded.
    pub(super) fn records(&self) -> Result<RecordReader<'_>> {
        self.run.records()
    }

    /// What it says will be changed, once it was compared.
    pub(super) fn changes(&self) -> Option<PlannedChanges> {
        self.changes.clone()
    }

    /// Makes sure that what is sent was approved.
    pub(super) fn ensure_it_fits(
        &mut self,
        selection: &Selection<'_>,
        path: &Path,
        new_plan: Option<&NewPlan>,
    ) -> Result<()> {
        if matches!(self.rows, PlannedRows::Places(_)) {
            // What was corrected in results is not as it was planned, and is meant.
            return self.ensure_it_knows(selection, path, new_plan);
        }
        let edits = self.compare(selection)?;
        edits.refuse(path)
    }

    /// A plan of a part says nothing of other rows, and its row numbers are those of the whole sheet.
    pub(super) fn ensure_its_part_is_sent(
        &self,
        settings: &RunSettings,
        checked: &CheckedSheet,
        path: &Path,
    ) -> Result<()> {
        let header = self.run.header();
        let part = &header.settings.part;
        let shown = path.display();
        // Results have only the rows of their own run to send again.
        let is_of_results = matches!(self.rows, PlannedRows::Places(_));
        if !is_of_results && !part.covers(&settings.spec.sheet.part) {
            return Err(Hinted::new(
                format!("`{shown}` is the plan of a part of the sheet, and more would be sent"),
                format!("add what the plan was made with: {}", join(&part.flags())),
            ));
        }
        let is_own = matches!(self.rows, PlannedRows::Requests(_));
        if is_own && part.names_rows() && checked.rows != header.input.rows {
            bail!(
                "`{shown}` was made with {part}, and rows were deleted from it since, so the row numbers mean other rows now\n\
                 hint: make a new plan of those rows that are to be sent"
            );
        }
        Ok(())
    }

    pub(super) fn approves(&self, record: &RowRecord) -> bool {
        let approved = self.approved.as_ref();
        approved.is_none_or(|rows| rows.has(record.row))
    }

    /// The plan's record of a row that asks for the same; of a row of results, that of its location.
    pub(super) fn record_of(
        &self,
        row: &Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<RowRecord>> {
        let check = row.fingerprint();
        let number = match &self.rows {
            PlannedRows::Numbers(requests) => {
                let there = records.of_row(row.number)?;
                let is_there = there.is_some_and(|record| record.check == check);
                is_there
                    .then_some(row.number)
                    .or_else(|| requests.get(&check).copied())
            }
            PlannedRows::Requests(rows) => rows.get(&check).copied(),
            PlannedRows::Places(rows) => rows.get(&*row.target_id).copied(),
        };
        let record = match number {
            Some(number) => records.of_row(number)?,
            None => None,
        };
        let is_of_results = matches!(self.rows, PlannedRows::Places(_));
        Ok(record.filter(|record| is_of_results || record.check == check))
    }

    /// What the plan saw of a row's fields; `None` where it has no such row, or could not read it.
    pub(super) fn expected(
        &self,
        row: &Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<Vec<Vec<Change<'static>>>>> {
        let record = self.record_of(row, records)?;
        let seen = record.as_ref().and_then(what_it_saw);
        Ok(seen.map(|seen| row.expecting(seen)))
    }
}

/// What was there when the row was planned; `None` where it could not be planned.
pub(in crate::application) fn what_it_saw(record: &RowRecord) -> Option<&CurrentValues> {
    let is_planned = matches!(
        record.outcome.kind,
        OutcomeKind::Different | OutcomeKind::Unchanged
    );
    record.outcome.previous.as_ref().filter(|_| is_planned)
}

/// Where the plan has each of its rows.
pub(super) fn keyed<K: Eq + Hash>(
    run: &RecordedRun,
    key: impl Fn(RowRecord) -> Option<K>,
) -> Result<HashMap<K, u64>> {
    let mut rows = HashMap::new();
    let mut records = run.records()?;
    // The header of a sheet is row 1 at the least.
    for row in (2..).take(run.finished_rows().len()) {
        if let Some(key) = records.of_row(row)?.and_then(&key) {
            // The plan saw all rows of a location as they were before the first of them.
            rows.entry(key).or_insert(row);
        }
    }
    Ok(rows)
}
