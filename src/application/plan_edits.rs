//! Where a plan that is applied is not as it was made: rows that ask for something else, and cells that
//! say what was approved. Nothing is sent then.

use std::path::Path;

use anyhow::Result;

use crate::application::edited_rows::is_lost_in_a_spreadsheet;
use crate::application::plan_guard::NewPlan;
use crate::application::results::plan_cells;
use crate::application::results::use_notes::{self, UseNote};
use crate::journal::RowRecord;
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::hint::{Hinted, WithHint};
use crate::model::outcome::Outcome;
use crate::model::row::Row;
use crate::model::wording::plural;
use crate::setting::Setting;
use crate::sheet::problem::shorten;
use crate::sheet::questions::text_in;
use crate::sheet::result_columns::{ACTION, NEW};
use crate::sheet::{NumberedRecord, Sheet};

/// Rows or cells named.
const NAMED: usize = 10;

/// What a plan says will be changed, told apart as the page about the run does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PlannedChanges {
    pub(super) rows: u64,
    /// Where none is set now.
    pub(super) values_set: u64,
    pub(super) values_changed: u64,
    pub(super) values_cleared: u64,
    /// Rows in which rules send calls to a number that is not set.
    pub(super) leading_nowhere: u64,
}

/// Said of a plan, and once more before it is applied.
pub(super) fn say_leading_nowhere(rows: u64) -> String {
    format!(
        "warning: in {} a rule sends calls to a number that is not set, so those calls have nowhere to go; `reason` in the plan says which",
        plural(rows, "row")
    )
}

impl PlannedChanges {
    pub(super) fn add(&mut self, setting: &Setting, row: &Row<'_>, seen: &CurrentValues) {
        let changes = row.changes.iter().enumerate();
        let mut is_changed = false;
        for (index, change) in changes {
            if setting.is_met(index, change, seen.get(index)) {
                continue;
            }
            is_changed = true;
            match change {
                Change::Clear => self.values_cleared += 1,
                Change::Set(_) | Change::Keep if seen.get(index).is_some() => {
                    self.values_changed += 1;
                }
                Change::Set(_) | Change::Keep => self.values_set += 1,
            }
        }
        self.rows += u64::from(is_changed);
    }

    /// Counts what the plan noted of a row.
    pub(super) fn add_notes(&mut self, setting: &Setting, row: &Row<'_>, planned: &Outcome) {
        let notes = use_notes::of_row(setting, Some(row), planned);
        self.leading_nowhere += u64::from(notes.iter().any(UseNote::leads_nowhere));
    }
}

/// The columns of a plan that say what was approved; none where it is another sheet that is sent.
#[derive(Debug)]
pub(super) struct PlanColumns<'s> {
    setting: &'s Setting,
    new: Vec<Option<usize>>,
    action: Option<usize>,
}

/// A cell that does not say what was planned.
#[derive(Debug)]
pub(super) struct EditedCell {
    row: u64,
    column: usize,
    found: String,
    planned: String,
}

impl<'s> PlanColumns<'s> {
    pub(super) fn find(sheet: &Sheet, setting: &'s Setting, is_plan: bool) -> PlanColumns<'s> {
        let place = |name: &str| sheet.column_called(name).filter(|_| is_plan);
        let columns = setting.columns(NEW);
        PlanColumns {
            setting,
            new: columns.iter().map(|name| place(name)).collect(),
            action: place(ACTION),
        }
    }

    /// Hands on each cell of a row that does not say what was planned. What a spreadsheet does to a
    /// number by itself is no edit.
    pub(super) fn compare(
        &self,
        numbered: &NumberedRecord,
        row: &Row<'_>,
        record: &RowRecord,
        seen: &CurrentValues,
        mut edited: impl FnMut(EditedCell),
    ) {
        let mut look = |column: Option<usize>, planned: &str, is_same: &dyn Fn(&str) -> bool| {
            let Some(column) = column else { return };
            let found = text_in(&numbered.record, column);
            if !is_same(&found) {
                edited(EditedCell {
                    row: numbered.row,
                    column,
                    found,
                    planned: planned.to_string(),
                });
            }
        };
        for (index, column) in self.new.iter().enumerate() {
            let planned = plan_cells::value_then(self.setting, row, seen, index);
            look(*column, planned, &|found| {
                found == planned
                    || (!found.is_empty() && !planned.is_empty())
                        && (self.setting.is_same(index, found, planned)
                            || is_lost_in_a_spreadsheet(found, planned))
            });
        }
        let (planned, _) = plan_cells::action(record.outcome.kind);
        look(self.action, planned, &|found| {
            found.eq_ignore_ascii_case(planned)
        });
    }
}

/// What of a plan, or of the sheet that was planned, is not as it was.
#[derive(Debug, Default)]
pub(super) struct PlanEdits {
    rows: u64,
    rows_named: Vec<String>,
    cells: u64,
    cells_named: Vec<String>,
}

impl PlanEdits {
    /// A row that asks for something that was not planned.
    pub(super) fn add_row(&mut self, row: u64) {
        self.rows += 1;
        if self.rows_named.len() < NAMED {
            self.rows_named.push(row.to_string());
        }
    }

    pub(super) fn add_cell(&mut self, sheet: &Sheet, cell: &EditedCell) {
        self.cells += 1;
        if self.cells_named.len() < NAMED {
            let place = sheet.place_of(cell.row, cell.column);
            let shown = |text: &str| match text {
                "" => "nothing".to_string(),
                text => format!("`{}`", shorten(text)),
            };
            self.cells_named.push(format!(
                "{place}: {} was planned, and {} stands there now",
                shown(&cell.planned),
                shown(&cell.found)
            ));
        }
    }

    /// Refuses to send rows for which nothing was approved.
    pub(super) fn refuse_unknown(self, path: &Path, new_plan: Option<&NewPlan>) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let more = more_than(self.rows, &self.rows_named);
        let (row, them) = match self.rows {
            1 => ("row", "it"),
            _ => ("rows", "them"),
        };
        let refused = Hinted::new(
            format!(
                "nothing was approved in `{}` for {row} {}{more}",
                path.display(),
                self.rows_named.join(", ")
            ),
            format!(
                "to send the others, put {them} back as the results had {them}, and add --skip-invalid"
            ),
        );
        Err(match new_plan {
            Some(new_plan) => refused.with_hint(format!(
                "to change {them}, correct {them} in `{}` and make a new plan: {}",
                new_plan.sheet, new_plan.command
            )),
            None => refused,
        })
    }

    /// Refuses to send what was not approved.
    pub(super) fn refuse(self, path: &Path) -> Result<()> {
        let plan = path.display();
        if self.rows > 0 {
            let verb = if self.rows == 1 { "is" } else { "are" };
            let more = more_than(self.rows, &self.rows_named);
            return Err(Hinted::new(
                format!(
                    "{} {verb} not as planned in `{plan}`: row {}{more}",
                    plural(self.rows, "row"),
                    self.rows_named.join(", ")
                ),
                "what was approved is sent, and nothing else; put the cells back as they were, delete these rows from a plan that you apply, or make a new plan",
            ));
        }
        if self.cells > 0 {
            let more = more_than(self.cells, &self.cells_named);
            return Err(Hinted::new(
                format!(
                    "{} of `{plan}` changed since it was made:\n  {}{more}",
                    match self.cells {
                        1 => "1 cell was".to_string(),
                        cells => format!("{} were", plural(cells, "cell")),
                    },
                    self.cells_named.join("\n  ")
                ),
                "these columns only show what was approved; to leave a row out, delete it or write `skipped` into `action`; to send something else, change the sheet and make a new plan",
            ));
        }
        Ok(())
    }
}

fn more_than(count: u64, named: &[String]) -> &'static str {
    if count > named.len() as u64 {
        ", …"
    } else {
        ""
    }
}
