//! Where a plan that is applied is not as it was made: rows that ask for something else, and cells that
//! say what was approved. Nothing is sent then.

use std::path::Path;

use anyhow::Result;

use crate::application::command_line::join;
use crate::application::plan_guard::plan_columns::EditedCell;
use crate::application::results::usage_notes::{self, UseNote};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::hint::{Hinted, WithHint};
use crate::model::outcome::Outcome;
use crate::model::row::Row;
use crate::model::wording::{it_or_them, plural, rows_listed};
use crate::setting::Setting;
use crate::sheet::Sheet;
use crate::sheet::organization_counts::OrganizationCounts;
use crate::sheet::problem::shorten;
use crate::sheet::result_columns::SKIPPED;
use crate::sheet::selection::Selection;

/// Rows or cells named.
const NAMED: usize = 10;

/// What a plan says will be changed, told apart as the page about the run does.
#[derive(Debug, Clone, Default)]
pub(in crate::application) struct PlannedChanges {
    pub(in crate::application) rows: u64,
    /// Those of these rows.
    pub(in crate::application) organizations: OrganizationCounts,
    /// Where none is set now.
    pub(in crate::application) values_set: u64,
    pub(in crate::application) values_changed: u64,
    pub(in crate::application) values_cleared: u64,
    /// Rows in which rules send calls to a number that is not set.
    pub(in crate::application) leading_nowhere: u64,
}

/// Said of a plan, and once more before it is applied.
pub(in crate::application) fn say_leading_nowhere(rows: u64, told_in: &str) -> String {
    format!(
        "warning: in {} a rule sends calls to a number that is not set, so those calls have nowhere to go; {told_in} which",
        plural(rows, "row")
    )
}

impl PlannedChanges {
    pub(in crate::application) fn add(
        &mut self,
        setting: &Setting,
        row: &Row<'_>,
        found: &CurrentValues,
    ) {
        let changes = row.changes.iter().enumerate();
        let mut is_changed = false;
        for (index, change) in changes {
            if setting.is_met(index, change, found.get(index)) {
                continue;
            }
            is_changed = true;
            match change {
                Change::Clear => self.values_cleared += 1,
                Change::Set(_) | Change::Keep if found.get(index).is_some() => {
                    self.values_changed += 1;
                }
                Change::Set(_) | Change::Keep => self.values_set += 1,
            }
        }
        if is_changed {
            self.rows += 1;
            self.organizations.add(row.org_id.as_deref());
        }
    }

    /// Counts what the plan noted of a row.
    pub(in crate::application) fn add_notes(
        &mut self,
        selection: &Selection<'_>,
        row: &Row<'_>,
        planned: &Outcome,
    ) {
        let Selection {
            columns,
            duplicates,
            ..
        } = *selection;
        let notes = usage_notes::of_row(columns.setting, duplicates, Some(row), planned);
        self.leading_nowhere += u64::from(notes.iter().any(UseNote::leads_nowhere));
    }
}

/// What of a plan, or of the sheet that was planned, is not as it was.
#[derive(Debug, Default)]
pub(in crate::application) struct PlanEdits {
    rows: u64,
    rows_named: Vec<String>,
    /// Cells in which these rows ask for something else, and whether all of them only lack what a
    /// spreadsheet takes off.
    asked: u64,
    asked_named: Vec<String>,
    are_typed: bool,
    /// Some of these rows were not planned where they are now.
    are_elsewhere: bool,
    /// Rows below another one for their location that was planned to be sent after them.
    moved: Vec<u64>,
    /// Rows that were not to be sent, as they were the same as another one, which is left out now.
    repeats: Vec<u64>,
    unapproved: u64,
    unapproved_named: Vec<String>,
    cells: u64,
    cells_named: Vec<String>,
}

impl PlanEdits {
    /// A row that asks for something that was not planned.
    pub(in crate::application) fn add_row(&mut self, row: u64) {
        self.rows += 1;
        if self.rows_named.len() < NAMED {
            self.rows_named.push(row.to_string());
        }
    }

    /// The same with the cells that say so.
    pub(in crate::application) fn add_asked(
        &mut self,
        sheet: &Sheet,
        row: u64,
        cells: &[EditedCell],
    ) {
        self.add_row(row);
        self.are_typed |= cells.is_empty();
        for cell in cells {
            self.are_typed |= !cell.is_lost_in_a_spreadsheet();
            self.asked += 1;
            if self.asked_named.len() < NAMED {
                self.asked_named.push(described(sheet, cell));
            }
        }
    }

    /// A row that the plan could not approve, or that is of a place that was not planned.
    pub(in crate::application) fn add_unknown(&mut self, row: u64, is_elsewhere: bool) {
        self.add_row(row);
        self.are_elsewhere |= is_elsewhere;
    }

    /// A row of several for one location that stand in another order than they were planned in.
    pub(in crate::application) fn add_moved(&mut self, row: u64) {
        self.moved.push(row);
    }

    /// A row that was not to be sent since another one asks for the same, which somebody left out.
    pub(in crate::application) fn add_repeat(&mut self, row: u64) {
        self.repeats.push(row);
    }

    /// A row that was planned and that the plan does not approve any more.
    pub(in crate::application) fn add_unapproved(&mut self, row: u64) {
        self.unapproved += 1;
        if self.unapproved_named.len() < NAMED {
            self.unapproved_named.push(row.to_string());
        }
    }

    pub(in crate::application) fn add_cell(&mut self, sheet: &Sheet, cell: &EditedCell) {
        self.cells += 1;
        if self.cells_named.len() < NAMED {
            self.cells_named.push(described(sheet, cell));
        }
    }

    /// Refuses to send rows of results for which nothing was approved; `again` plans them.
    pub(in crate::application) fn refuse_unknown(
        self,
        path: &Path,
        results: &Path,
        again: Option<&str>,
    ) -> Result<()> {
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
            if self.are_elsewhere {
                format!(
                    "to send the others, put {them} back as the results had {them}, and add --skip-invalid"
                )
            } else {
                "to send the others, add --skip-invalid".to_string()
            },
        );
        Err(match again {
            Some(plan) => refused.with_hint(format!(
                "to change {them}, correct {them} in `{}`, then {}",
                results.display(),
                plan_and_send(plan)
            )),
            None => refused,
        })
    }

    /// Refuses to send rows of results that ask for something else than was approved; `again` plans
    /// them, which comes first, since whoever corrected them wants that.
    pub(in crate::application) fn refuse_corrected(
        self,
        path: &Path,
        results: &Path,
        again: Option<&str>,
    ) -> Result<()> {
        if self.rows == 0 {
            return Ok(());
        }
        let more = more_than(self.rows, &self.rows_named);
        let (verb, row) = if self.rows == 1 {
            ("asks", "row")
        } else {
            ("ask", "rows")
        };
        let said = format!(
            "{} {verb} for something else than was approved in `{}`: {row} {}{more}",
            plural(self.rows, "row"),
            path.display(),
            self.rows_named.join(", ")
        );
        let back = format!(
            "to send what was approved, put the cells back as they were in `{}`",
            results.display()
        );
        Err(match again {
            Some(plan) => {
                let them = it_or_them(self.rows);
                let first = format!("to send {them} so, first {}", plan_and_send(plan));
                Hinted::new(said, first).with_hint(back)
            }
            None => Hinted::new(said, back),
        })
    }

    /// Refuses to send what was not approved.
    pub(in crate::application) fn refuse(self, path: &Path) -> Result<()> {
        let plan = path.display();
        if self.rows > 0 {
            let verb = if self.rows == 1 { "is" } else { "are" };
            let more = more_than(self.rows, &self.rows_named);
            let mut cells: Vec<String> = self
                .asked_named
                .iter()
                .map(|one| format!("\n  {one}"))
                .collect();
            cells.push(more_than(self.asked, &self.asked_named).to_string());
            let refused = Hinted::new(
                format!(
                    "{} {verb} not as planned in `{plan}`: row {}{more}{}",
                    plural(self.rows, "row"),
                    self.rows_named.join(", "),
                    cells.concat()
                ),
                "what was approved is sent, and nothing else; put the cells back as they were, delete these rows from a plan that you apply, or make a new plan",
            );
            return Err(if self.asked > 0 && !self.are_typed {
                refused.with_hint("a spreadsheet has dropped the `+`: format the columns as text and type the numbers again, or make the plan as a workbook, which keeps them")
            } else {
                refused
            });
        }
        if !self.moved.is_empty() {
            return Err(Hinted::new(
                format!(
                    "the rows of `{plan}` stand in another order than they were planned in, and the last of several rows for one location is what it has in the end: {}",
                    rows_listed(&self.moved, NAMED)
                ),
                "put the rows back in the order of the plan, or sort the sheet that was planned and make a new plan",
            ));
        }
        if !self.repeats.is_empty() {
            let (was, it) = match self.repeats.len() {
                1 => ("was", "it"),
                _ => ("were", "them"),
            };
            return Err(Hinted::new(
                format!(
                    "{} of `{plan}` {was} not to be sent, as the row above {it} asked for the same; that one was left out or moved since",
                    rows_listed(&self.repeats, NAMED)
                ),
                format!(
                    "to leave {it} out as well, write `{SKIPPED}` into `action`; to send what was planned, put the other row back"
                ),
            ));
        }
        if self.unapproved > 0 {
            let more = more_than(self.unapproved, &self.unapproved_named);
            let row = if self.unapproved == 1 { "row" } else { "rows" };
            return Err(Hinted::new(
                format!(
                    "`{plan}` does not approve {row} {}{more}: deleted there since it was made, changed, hidden, or marked `{SKIPPED}`",
                    self.unapproved_named.join(", ")
                ),
                format!(
                    "to send what it approves, apply the plan itself: wxbulk apply {}",
                    join(&[plan.to_string()])
                ),
            ));
        }
        if self.cells > 0 {
            let more = more_than(self.cells, &self.cells_named);
            return Err(Hinted::new(
                format!(
                    "{} of `{plan}` {} changed since it was made:\n  {}{more}",
                    plural(self.cells, "cell"),
                    if self.cells == 1 { "was" } else { "were" },
                    self.cells_named.join("\n  ")
                ),
                "these columns only show what was approved; to leave a row out, delete it or write `skipped` into `action`; to send something else, change the sheet and make a new plan",
            ));
        }
        Ok(())
    }
}

/// How rows of results that were corrected are planned and sent.
pub(in crate::application) fn plan_and_send(plan: &str) -> String {
    format!(
        "plan what is not done and look at the plan, which ends with the command that sends it:\n  {plan}"
    )
}

/// What was planned in a cell, and what stands there now.
fn described(sheet: &Sheet, cell: &EditedCell) -> String {
    let place = sheet.place_of(cell.row, cell.column);
    let shown = |text: &str| match text {
        "" => "nothing".to_string(),
        text => format!("`{}`", shorten(text)),
    };
    let (planned, found) = (shown(&cell.planned), shown(&cell.found));
    format!("{place}: {planned} was planned, and {found} stands there now")
}

fn more_than(count: u64, named: &[String]) -> &'static str {
    if count > named.len() as u64 {
        ", …"
    } else {
        ""
    }
}
