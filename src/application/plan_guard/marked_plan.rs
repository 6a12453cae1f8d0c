//! What whoever approved a plan of results has made of its file: rows that they left out, and cells that only show
//! what was approved.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Result, bail};

use super::approved_rows::open_plan;
use super::plan_columns::PlanColumns;
use super::plan_edits::PlanEdits;
use super::planned_requests::{PlannedRequests, RowsInOrder};
use super::recorded_plan::{for_each, what_it_saw};
use crate::application::run_settings::{RunSettings, Start};
use crate::journal::{Journal, RecordedRun};
use crate::model::hint::Hinted;
use crate::model::row::TargetKey;
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

/// The rows of the file, by their numbers in the plan's record.
#[derive(Debug, Default)]
struct MarkedPlan {
    left_out: HashSet<u64>,
    kept: HashSet<u64>,
    planned: PlannedRequests,
    /// What was approved when the plan was made.
    approved: HashSet<u64>,
    /// Some row of the file cannot be read, and may be any of those that are not found.
    has_unreadable: bool,
}

impl MarkedPlan {
    fn read(plan: &Sheet, run: &RecordedRun, path: &Path) -> Result<MarkedPlan> {
        let mut marked = MarkedPlan {
            planned: PlannedRequests::read(run, |_| true)?,
            ..MarkedPlan::default()
        };
        // One that the plan could not approve is a problem, and not left out.
        for_each(run, |record| {
            let is_approved = what_it_saw(&record).is_some();
            marked.approved.extend(is_approved.then_some(record.row));
        })?;
        let Ok(columns) = &plan.columns else {
            return Ok(marked);
        };
        let cells = PlanColumns::find(plan, columns.setting, true);
        let mut edits = PlanEdits::default();
        let mut planned = run.records()?;
        let mut in_order = RowsInOrder::default();
        let mut records = plan.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let row = match plan.read_row(columns, &numbered, &Directory::default()) {
                Ok(row) => row,
                Err(problems) => {
                    // It may stand for a row that is not agreed to.
                    if let Some(problem) = problems
                        .iter()
                        .find(|one| one.kind == ProblemKind::NotAnAction)
                    {
                        bail!("{}: {problem}", path.display());
                    }
                    let of_plan = |one: &Problem| one.kind == ProblemKind::NotPlanned;
                    marked.has_unreadable |= !problems.iter().any(of_plan);
                    continue;
                }
            };
            if cells.is_of_repeat(&numbered) {
                continue;
            }
            let is_hidden = plan.hidden.is_row_hidden(numbered.row);
            let is_left_out = is_hidden || plan.is_skipped_in_plan(&numbered);
            let found = in_order.next_by_cells(
                &marked.planned,
                &mut planned,
                &cells,
                &numbered,
                &row,
                !is_left_out,
            )?;
            let number = found.map(|found| found.number);
            if is_left_out {
                marked.left_out.extend(number);
                continue;
            }
            marked.kept.extend(number);
            let record = number.map(|number| planned.of_row(number)).transpose()?;
            let record = record.flatten();
            match record.as_ref().and_then(what_it_saw).zip(record.as_ref()) {
                Some((seen, record)) => {
                    cells.compare(&numbered, &row, record, seen, |cell| {
                        edits.add_cell(plan, &cell);
                    });
                }
                None => edits.add_row(row.number),
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
        let mut in_order = RowsInOrder::default();
        let mut above: HashMap<TargetKey, (u32, bool)> = HashMap::new();
        while records.read(&mut numbered)? {
            if results.is_settled(columns, &numbered) {
                continue;
            }
            let Ok(row) = results.read_row(columns, &numbered, &Directory::default()) else {
                continue;
            };
            let same = above.get(&row.key);
            let same = same.filter(|(asked, _)| *asked == row.fingerprint());
            let is_declined = if let Some((_, is_declined)) = same {
                // Nothing was planned for itself.
                *is_declined
            } else {
                // The plan has the rows where they stood in the results.
                let is_there = |number| Ok(number == row.number);
                let found = in_order.next(&self.planned, &row, true, is_there)?;
                found.is_some_and(|found| self.leaves_out(found.number))
            };
            above.insert(row.key, (row.fingerprint(), is_declined));
            if is_declined {
                declined.insert(row.number);
            }
        }
        Ok(declined)
    }

    fn leaves_out(&self, number: u64) -> bool {
        if self.kept.contains(&number) {
            return false;
        }
        let is_deleted = self.approved.contains(&number) && !self.has_unreadable;
        self.left_out.contains(&number) || is_deleted
    }
}
