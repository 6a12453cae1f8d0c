//! Numbers that a spreadsheet has changed and whose rows or journals tell what was written.

use anyhow::Result;

use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::spreadsheet_losses::{
    is_left_of, may_end_in_lost_digits, without_marks,
};
use crate::model::change::Change;
use crate::model::wording::plural;
use crate::setting::FieldKind;
use crate::sheet::cell_text::text_in;
use crate::sheet::columns::Columns;
use crate::sheet::problem::shorten;
use crate::sheet::restored_cells::RestoredCells;
use crate::sheet::row_check::{CheckedPart, RowCheck};
use crate::sheet::{NumberedRecord, Sheet};
use crate::stderr::say;

/// What spreadsheets take away in front of a number.
const LOST: [&str; 4] = ["+", "0", "00", "+0"];

/// What was restored, for a person.
#[derive(Debug, Default)]
pub(in crate::application) struct Restored {
    pub(in crate::application) cells: RestoredCells,
    rows: u64,
    last: u64,
    /// The first cell, what stands there, and the number.
    first: Option<String>,
}

impl Restored {
    /// Looks through a sheet; `each` is handed the rows in which a spreadsheet may have written numbers.
    pub(in crate::application) fn find(
        sheet: &Sheet,
        columns: &Columns,
        mut each: impl FnMut(&mut Restored, &NumberedRecord) -> Result<()>,
    ) -> Result<Restored> {
        let mut restored = Restored::default();
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            if may_be_harmed(columns, &numbered) {
                each(&mut restored, &numbered)?;
            }
        }
        Ok(restored)
    }

    /// Adds what `written` says of the cells of a row in which a spreadsheet has changed the number.
    pub(in crate::application) fn add(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        numbered: &NumberedRecord,
        written: impl Fn(usize, &str) -> Option<String>,
    ) {
        let fields = columns.setting.fields.iter().zip(&columns.fields);
        for (index, (field, column)) in fields.enumerate() {
            let (FieldKind::Number, Some(column)) = (field.kind, *column) else {
                continue;
            };
            let found = text_in(&numbered.record, column);
            let Some(number) = written(index, &found).filter(|one| is_left_of(&found, one)) else {
                continue;
            };
            // A country that was named makes the same number of it.
            if sheet.field_in(columns, numbered, index) == Some(Change::Set((&*number).into())) {
                continue;
            }
            self.cells.add(numbered.row, index, &number);
            self.rows += u64::from(self.last != numbered.row);
            self.last = numbered.row;
            self.first.get_or_insert_with(|| {
                let place = sheet.place_of(numbered.row, column);
                format!("{place}: `{}`, which was `{number}`", shorten(&found))
            });
        }
    }

    /// Adds the cells of a row in which digits are lost: `is_lost` says so of those that may be.
    pub(in crate::application) fn add_lost(
        &mut self,
        columns: &Columns,
        numbered: &NumberedRecord,
        is_lost: impl Fn(usize, &str) -> bool,
    ) {
        let fields = columns.setting.fields.iter().zip(&columns.fields);
        for (index, (field, column)) in fields.enumerate() {
            let (FieldKind::Number, Some(column)) = (field.kind, *column) else {
                continue;
            };
            let found = text_in(&numbered.record, column);
            if may_end_in_lost_digits(&found) && is_lost(index, &found) {
                self.cells.add_lost(numbered.row, index);
            }
        }
    }

    /// Says whose numbers count.
    pub(in crate::application) fn tell(&self, sheet: &Sheet, record: &str) {
        let Some(first) = &self.first else { return };
        say(&format!(
            "note: a spreadsheet has changed numbers in {} of `{}`, the first is in {first}; {record} counts in their place",
            plural(self.rows, "row"),
            sheet.path.display()
        ));
    }
}

/// Whether a cell of a number may have been written by a spreadsheet: it has no `+`.
fn may_be_harmed(columns: &Columns, numbered: &NumberedRecord) -> bool {
    let mut cells = columns.fields.iter().flatten();
    cells.any(|column| {
        let cell = numbered.record.get(*column).unwrap_or_default();
        !cell.is_empty() && !cell.starts_with(b"+")
    })
}

/// The number that a cell had by the check of its row.
pub(in crate::application) fn proven(
    check: &RowCheck,
    index: usize,
    found: &str,
) -> Option<String> {
    let mut spellings = spellings(found).into_iter();
    spellings.find(|one| check.holds(CheckedPart::Sent(index), Some(one)))
}

/// What may have been written where a spreadsheet has left this. What is no number it leaves alone; the few digits
/// of a check would prove some spelling of it by chance.
pub(in crate::application) fn spellings(found: &str) -> Vec<String> {
    let digits = without_marks(found);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Vec::new();
    }
    let lost = LOST.iter().map(|lost| format!("{lost}{digits}"));
    let marked = (digits != found).then(|| digits.clone());
    lost.chain(marked).collect()
}

/// Takes the numbers that the checks of rows prove for those that a spreadsheet has made of them, in rows whose
/// journal is not there.
pub(in crate::application) fn restore_proven(
    earlier: &EarlierRuns,
    sheet: &mut Sheet,
) -> Result<()> {
    let Ok(columns) = sheet.columns.clone() else {
        return Ok(());
    };
    let restored = Restored::find(sheet, &columns, |restored, numbered| {
        let check = earlier.check_in(&columns, numbered);
        if let Some(check) = check.filter(|check| earlier.is_missing(&check.run)) {
            restored.add(sheet, &columns, numbered, |index, found| {
                let is_as_written = check.holds(CheckedPart::Sent(index), Some(found));
                proven(&check, index, found).filter(|_| !is_as_written)
            });
        }
        Ok(())
    })?;
    sheet.restore(restored.cells);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_of_numbers_a_spreadsheet_takes_something_away() {
        for (found, written) in [
            ("5501", &["+5501", "05501", "005501", "+05501"][..]),
            ("REMOVE", &[]),
            ("*7201", &[]),
            ("sip:desk@example.com", &[]),
            ("", &[]),
        ] {
            assert_eq!(spellings(found), written, "{found}");
        }
    }
}
