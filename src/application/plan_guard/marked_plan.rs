//! What whoever approved a plan of results has made of its file: rows that they left out, and cells that only show
//! what was approved.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Result;

use super::approved_rows::open_plan;
use super::plan_columns::PlanColumns;
use super::plan_edits::PlanEdits;
use super::recorded_plan::{keyed, what_it_saw};
use crate::application::run_settings::{RunSettings, Start};
use crate::journal::{Journal, RecordedRun};
use crate::model::hint::Hinted;
use crate::model::row::Row;
use crate::sheet::directory::Directory;
use crate::sheet::problem::Problem;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::{NumberedRecord, Sheet};

/// The rows of results, by their numbers, that somebody left out of a plan of them: who goes on with a run leaves out
/// what it began without.
pub(super) fn declined(
    path: &Path,
    run: &RecordedRun,
    settings: &RunSettings,
    results: &Sheet,
) -> Result<HashSet<u64>> {
    if let Some(rows) = declined_before(settings) {
        return Ok(rows);
    }
    if !path.exists() {
        return Err(Hinted::new(
            format!(
                "the plan `{}` is not there, and it says which rows are left out",
                path.display()
            ),
            "put it back",
        ));
    }
    let plan = open_plan(path, run, settings)?;
    MarkedPlan::read(&plan, run, path)?.declined(results)
}

/// Those that the run began without.
fn declined_before(settings: &RunSettings) -> Option<HashSet<u64>> {
    if settings.start == Start::Fresh {
        return None;
    }
    let run = RecordedRun::open(&Journal::path_for(&settings.spec.output)).ok()?;
    let ranges = &run.last_begin()?.left_out_of_plan;
    Some(ranges.iter().flat_map(|(from, to)| *from..=*to).collect())
}

/// The rows of the file, by the fingerprints of what they ask for.
#[derive(Debug, Default)]
struct MarkedPlan {
    left_out: HashSet<u32>,
    kept: HashSet<u32>,
    /// What was approved when the plan was made.
    planned: HashMap<u32, u64>,
    /// Some row of the file cannot be read, and may be any of those that are not found.
    has_unreadable: bool,
}

impl MarkedPlan {
    fn read(plan: &Sheet, run: &RecordedRun, path: &Path) -> Result<MarkedPlan> {
        // One that the plan could not approve is a problem, and not left out.
        let planned = keyed(run, |record| what_it_saw(&record).map(|_| record.check))?;
        let mut marked = MarkedPlan {
            planned,
            ..MarkedPlan::default()
        };
        let Ok(columns) = &plan.columns else {
            return Ok(marked);
        };
        let cells = PlanColumns::find(plan, columns.setting, true);
        let mut edits = PlanEdits::default();
        let mut planned = run.records()?;
        let mut records = plan.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let row = match plan.read_row(columns, &numbered, &Directory::default()) {
                Ok(row) => row,
                Err(problems) => {
                    let of_plan = |one: &Problem| one.kind == ProblemKind::NotPlanned;
                    marked.has_unreadable |= !problems.iter().any(of_plan);
                    continue;
                }
            };
            let check = row.fingerprint();
            let is_hidden = plan.hidden.is_row_hidden(numbered.row);
            if is_hidden || plan.is_skipped_in_plan(&numbered) {
                marked.left_out.insert(check);
                continue;
            }
            marked.kept.insert(check);
            let Some(number) = marked.planned.get(&check) else {
                edits.add_row(row.number);
                continue;
            };
            let record = planned.of_row(*number)?;
            if let Some(record) = &record
                && let Some(seen) = what_it_saw(record)
            {
                cells.compare(&numbered, &row, record, seen, |cell| {
                    edits.add_cell(plan, &cell);
                });
            }
        }
        edits.refuse(path)?;
        Ok(marked)
    }

    /// Which rows of the results these are. What is done is no matter of the plan.
    fn declined(&self, results: &Sheet) -> Result<HashSet<u64>> {
        let mut declined = HashSet::new();
        let Ok(columns) = &results.columns else {
            return Ok(declined);
        };
        let mut records = results.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            if results.is_settled(columns, &numbered) {
                continue;
            }
            if let Ok(row) = results.read_row(columns, &numbered, &Directory::default())
                && self.leaves_out(&row)
            {
                declined.insert(row.number);
            }
        }
        Ok(declined)
    }

    fn leaves_out(&self, row: &Row<'_>) -> bool {
        let check = row.fingerprint();
        if self.kept.contains(&check) {
            return false;
        }
        let is_deleted = self.planned.contains_key(&check) && !self.has_unreadable;
        self.left_out.contains(&check) || is_deleted
    }
}
