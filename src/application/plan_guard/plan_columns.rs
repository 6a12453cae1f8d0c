//! The cells of a plan that only show what was approved, compared with what it recorded.

use crate::application::earlier_runs::spreadsheet_losses::{
    are_alike_but_for_losses, is_shortened,
};
use crate::application::plan_guard::recorded_plan::what_it_saw;
use crate::application::results::plan_cells;
use crate::journal::RowRecord;
use crate::model::current_values::CurrentValues;
use crate::model::row::Row;
use crate::setting::Setting;
use crate::sheet::cell_text::text_in;
use crate::sheet::problem::Problem;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::result_columns::{ACTION, NEW, PRESENT, REASON};
use crate::sheet::selection::Selection;
use crate::sheet::{NumberedRecord, Sheet};

/// The columns of a plan that say what was approved; none where it is another sheet that is sent.
#[derive(Debug)]
pub(in crate::application) struct PlanColumns<'s> {
    setting: &'s Setting,
    present: Vec<Option<usize>>,
    new: Vec<Option<usize>>,
    action: Option<usize>,
    reason: Option<usize>,
}

/// A cell that does not say what was planned.
#[derive(Debug)]
pub(in crate::application) struct EditedCell {
    pub(in crate::application) row: u64,
    pub(in crate::application) column: usize,
    pub(in crate::application) found: String,
    pub(in crate::application) planned: String,
}

impl<'s> PlanColumns<'s> {
    pub(in crate::application) fn find(
        sheet: &Sheet,
        setting: &'s Setting,
        is_plan: bool,
    ) -> PlanColumns<'s> {
        let place = |name: &str| plan_cells::place_of(sheet, setting, name).filter(|_| is_plan);
        let places = |prefix| {
            setting
                .columns(prefix)
                .iter()
                .map(|name| place(name))
                .collect()
        };
        PlanColumns {
            setting,
            present: places(PRESENT),
            new: places(NEW),
            action: place(ACTION),
            reason: place(REASON),
        }
    }

    /// Whether a row that the plan would change, or looked at, asks for nothing now: its cells were
    /// emptied, or their column is gone.
    pub(in crate::application) fn asks_nothing_any_more(
        &self,
        selection: &Selection<'_>,
        numbered: &NumberedRecord,
    ) -> bool {
        let Selection {
            sheet,
            columns,
            directory,
            ..
        } = *selection;
        let Err(problems) = sheet.read_row(columns, numbered, directory) else {
            return false;
        };
        let is_nothing = |problem: &Problem| problem.kind == ProblemKind::NothingToChange;
        let mut told = self.present.iter().chain(&self.new).flatten();
        problems.iter().all(is_nothing)
            && !sheet.leaves_out(numbered)
            && told.any(|column| !text_in(&numbered.record, *column).is_empty())
    }

    /// Whether what a row shows of the values is what was planned. Its action may have been changed.
    pub(super) fn fit(&self, numbered: &NumberedRecord, row: &Row<'_>, record: &RowRecord) -> bool {
        let Some(seen) = what_it_saw(record) else {
            return false;
        };
        let mut fit = true;
        self.compare(numbered, row, record, seen, |cell| {
            fit &= Some(cell.column) == self.action;
        });
        fit
    }

    /// Whether a row shows nothing since it was left out as the same as another one, so that nothing was planned
    /// for itself.
    pub(super) fn is_of_repeat(&self, numbered: &NumberedRecord) -> bool {
        let text = |column: usize| text_in(&numbered.record, column);
        let mut values = self.present.iter().chain(&self.new).flatten();
        let reason = self.reason.map(text);
        reason.is_some_and(|reason| plan_cells::is_of_repeat(&reason))
            && values.all(|column| text(*column).is_empty())
    }

    /// Hands on each cell of a row that does not say what was planned.
    pub(in crate::application) fn compare(
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
        let then_found = seen.with(&record.outcome.set_before);
        for (index, (present, new)) in self.present.iter().zip(&self.new).enumerate() {
            let then = plan_cells::value_then(self.setting, row, &then_found, index);
            for (column, planned) in [(present, seen.text(index)), (new, then)] {
                let written = self.setting.plain(index, planned);
                look(*column, &written, &|found| {
                    shows(self.setting, index, found, &written)
                });
            }
        }
        let (planned, _) = plan_cells::action(record.outcome.kind);
        look(self.action, planned, &|found| {
            found.eq_ignore_ascii_case(planned)
        });
    }
}

/// Whether a cell shows what a plan wrote into it. What a spreadsheet does to a number by itself is no
/// edit.
pub(in crate::application) fn shows(
    setting: &Setting,
    index: usize,
    found: &str,
    written: &str,
) -> bool {
    found == written
        || (!found.is_empty() && !written.is_empty())
            && (setting.is_same(index, found, written)
                || are_alike_but_for_losses(found, written)
                || is_shortened(found, written))
}
