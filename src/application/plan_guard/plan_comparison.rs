//! Compares what is sent with what a plan recorded and approves.

use std::collections::{HashMap, HashSet};
use std::mem::take;
use std::path::Path;

use anyhow::Result;

use super::NewPlan;
use super::planned_places::PlannedPlaces;
use super::planned_requests::RowsInOrder;
use super::recorded_plan::{DeletedRows, Plan, PlannedRows, what_it_saw};
use crate::application::earlier_runs::edited_rows::asks_as_checked;
use crate::application::earlier_runs::renamed_rows::is_other_name;
use crate::application::plan_guard::plan_columns::{EditedCell, PlanColumns};
use crate::application::plan_guard::plan_edits::{PlanEdits, PlannedChanges};
use crate::application::run_settings::RunSettings;
use crate::journal::{RecordReader, RowRecord};
use crate::model::failure_groups::Rows;
use crate::model::row::{Row, TargetKey};
use crate::model::wording::{plural, rows_listed};
use crate::sheet::NumberedRecord;
use crate::sheet::name_beside_id::NameBesideId;
use crate::sheet::selection::{Choice, SKIPPED_BY_PLAN, Selection};
use crate::stderr::say;

/// Deleted rows that are named; the others are counted.
const ROWS_NAMED: usize = 5;

impl Plan {
    /// Makes sure that the plan approved what each row of results asks for that is sent. What a name means is
    /// known only now.
    pub(super) fn ensure_it_approves_results(
        &mut self,
        selection: &Selection<'_>,
        path: &Path,
        again: Option<&str>,
    ) -> Result<()> {
        let mut unknown = PlanEdits::default();
        let mut others = PlanEdits::default();
        let mut planned = self.run.records()?;
        let Selection { sheet, columns, .. } = *selection;
        let mut reached: HashMap<TargetKey, u64> = HashMap::new();
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let row = match selection.choose(&numbered) {
                Choice::Send(row) => row,
                // What was done before the plan was made is none of its rows.
                Choice::Keep if self.is_older_than(columns, &numbered) => continue,
                Choice::Keep => {
                    let row = sheet.read_row(columns, &numbered, selection.directory);
                    if let Ok(row) = row
                        && self.has_several_for(&row)
                    {
                        let above = reached.get(&row.key).copied().unwrap_or_default();
                        let own = self.next_of_place(columns, &row, false, above, &mut planned)?;
                        reached.extend(own.map(|own| (row.key, own)));
                    }
                    continue;
                }
                Choice::Leave(_) => continue,
            };
            let in_part = selection.duplicates.superseded(row.number).is_some();
            // Nothing was recorded of one that was the same as the row before it.
            let is_of_repeat = columns.same_as(&numbered.record).is_some();
            let above = reached.get(&row.key).copied().filter(|_| !is_of_repeat);
            let above = above.unwrap_or_default();
            let mut own = self.next_of_place(columns, &row, in_part, above, &mut planned)?;
            // What was approved for another row of the location was not for one that is corrected.
            if self.has_several_for(&row)
                && let Some(check) = sheet.check_under_plan(columns, &numbered.record)
                && let Ok(whole) = sheet.read_row(columns, &numbered, selection.directory)
            {
                own = own.filter(|_| asks_as_checked(&check, &whole));
            }
            if let Some(own) = own {
                reached.insert(row.key, own);
                self.found.insert(row.number, own);
            }
            let record = self.record_of(&row, &mut planned)?;
            if record.as_ref().and_then(what_it_saw).is_none() {
                unknown.add_unknown(row.number, record.is_none());
            } else if own.is_none() {
                others.add_row(row.number);
            }
        }
        let results = &sheet.path;
        unknown.refuse_unknown(path, results, again)?;
        others.refuse_corrected(path, results, again)
    }

    /// Compares the rows that are sent with what was planned.
    pub(super) fn compare(&mut self, selection: &Selection<'_>) -> Result<PlanEdits> {
        let sheet = selection.sheet;
        let setting = selection.columns.setting;
        let is_own = matches!(self.rows, PlannedRows::Requests(_));
        let cells = PlanColumns::find(sheet, setting, is_own);
        let mut edits = PlanEdits::default();
        let mut changes = PlannedChanges::default();
        let mut planned = self.run.records()?;
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        let mut are_there: HashSet<u64> = HashSet::new();
        let mut unread = 0;
        let mut places = PlannedPlaces::default();
        let mut in_order = RowsInOrder::default();
        let names = selection.directory.names_alone();
        while records.read(&mut numbered)? {
            let mut of_row = Vec::new();
            let mut is_moved = false;
            let choice = selection.choose(&numbered);
            if let PlannedRows::Requests(rows) = &self.rows {
                // A row that nobody manages was not deleted.
                if let Ok(row) = sheet.read_row(selection.columns, &numbered, &names) {
                    let is_sent = matches!(choice, Choice::Send(_));
                    let found = in_order.next_by_cells(
                        rows,
                        &mut planned,
                        &cells,
                        &numbered,
                        &row,
                        is_sent,
                    )?;
                    if let Some(found) = found {
                        of_row.push(found.number);
                        is_moved = found.is_moved;
                        if rows.first(row.fingerprint()) != Some(found.number) {
                            self.found.insert(numbered.row, found.number);
                        }
                    }
                } else {
                    of_row = places.named_in(&self.run, &mut planned, &numbered)?;
                    // Names are looked up only of rows that are sent.
                    unread += u64::from(of_row.is_empty() && sheet.leaves_out(&numbered));
                }
                are_there.extend(&of_row);
            }
            if let Choice::Leave(outcome) = &choice
                && &*outcome.message == SKIPPED_BY_PLAN
            {
                self.skipped.append(&mut of_row);
            }
            let Choice::Send(row) = choice else {
                if is_own && cells.asks_nothing_any_more(selection, &numbered) {
                    edits.add_row(numbered.row);
                }
                continue;
            };
            if cells.is_of_repeat(&numbered) {
                edits.add_repeat(row.number);
                continue;
            }
            let record = self.record_of(&row, &mut planned)?;
            let Some((record, seen)) = record
                .as_ref()
                .and_then(|record| Some((record, what_it_saw(record)?)))
            else {
                let (run, columns) = (&self.run, selection.columns);
                let cells = places.edited(run, &mut planned, columns, &numbered, &row)?;
                edits.add_asked(sheet, row.number, &cells);
                continue;
            };
            // Of several rows for one location it matters which comes last.
            if !is_own && record.row != row.number && selection.duplicates.shares(row.key) {
                edits.add_row(row.number);
                continue;
            }
            if !self.approves(record) {
                edits.add_unapproved(row.number);
                continue;
            }
            if is_moved {
                edits.add_moved(row.number);
            }
            if is_own && let Some(renamed) = renamed(selection, &numbered, &row, record) {
                edits.add_cell(sheet, &renamed);
            }
            let found = seen.with(&record.outcome.set_before);
            changes.add(setting, &row, &found);
            changes.add_notes(selection, &row, &record.outcome);
            cells.compare(&numbered, &row, record, seen, |cell| {
                edits.add_cell(sheet, &cell);
            });
        }
        self.changes = Some(changes);
        if let PlannedRows::Requests(rows) = &self.rows {
            let deleted = rows.all().filter(|row| !are_there.contains(row));
            let deleted = approvable(deleted, &mut planned)?;
            self.skipped = approvable(take(&mut self.skipped), &mut planned)?;
            self.deleted = DeletedRows {
                count: (deleted.len() as u64).saturating_sub(unread),
                named: Some(deleted).filter(|_| unread == 0).unwrap_or_default(),
            };
        }
        Ok(edits)
    }

    /// The rows of the sheet that were planned and do not stand in the plan any more.
    pub(super) fn deleted(&self) -> Rows {
        Rows::of(&self.deleted.named)
    }

    /// Those that are marked as skipped there.
    pub(super) fn skipped(&self) -> Rows {
        Rows::of(&self.skipped)
    }

    pub(super) fn say_what_was_deleted(&self, settings: &RunSettings) {
        let DeletedRows { count, named } = &self.deleted;
        if *count == 0 {
            return;
        }
        let was = if *count == 1 { "was" } else { "were" };
        let sheet = NewPlan::of(settings).map_or(String::new(), |new_plan| new_plan.sheet);
        let which = match &named[..] {
            [] => String::new(),
            named => format!(": {} of `{sheet}`", rows_listed(named, ROWS_NAMED)),
        };
        say(&format!(
            "note: {} of the plan {was} deleted and will not be sent{which}. Rows are numbered from here on as they stand in `{}`",
            plural(*count, "row"),
            settings.spec.sheet.path.display()
        ));
    }
}

/// Those of some planned rows that the plan could approve, in their order.
fn approvable(
    rows: impl IntoIterator<Item = u64>,
    planned: &mut RecordReader<'_>,
) -> Result<Vec<u64>> {
    let mut found = Vec::new();
    for row in rows {
        let record = planned.of_row(row)?;
        if record.as_ref().and_then(what_it_saw).is_some() {
            found.push(row);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// The name of a row that is another than the one that was planned, while the plan's id stayed beside it.
fn renamed(
    selection: &Selection<'_>,
    numbered: &NumberedRecord,
    row: &Row<'_>,
    record: &RowRecord,
) -> Option<EditedCell> {
    let columns = selection.columns;
    let found = NameBesideId::of_target(columns, &numbered.record)?;
    let planned = record.place.as_ref().map(|place| &*place.name)?;
    is_other_name(columns.setting.target, found.name, planned).then(|| EditedCell {
        row: row.number,
        column: found.name_column,
        found: found.name.to_string(),
        planned: planned.to_string(),
    })
}
