//! Results that an older wxbulk wrote: they have no checks, and an empty cell where no value was set.
//!
//! A file without checks of which neither can be told was written by this wxbulk and has lost the column.

use anyhow::Result;

use super::row_cells::EarlierCell;
use crate::journal::Sent;
use crate::sheet::columns::Columns;
use crate::sheet::country::{Lost, what_may_be_lost};
use crate::sheet::number::number_in;
use crate::sheet::problem::shorten;
use crate::sheet::result_columns::{NONE_SET, PREVIOUS};
use crate::sheet::{NumberedRecord, Sheet};

/// Whether the file has earlier values, and neither checks nor the marks of an older wxbulk: rows with
/// some of their earlier values empty, and no `none`.
pub(super) fn are_cells_unproven(sheet: &Sheet, columns: &Columns) -> Result<bool> {
    let Some(previous) = columns.previous().filter(|_| !columns.has_checks()) else {
        return Ok(false);
    };
    let (mut has_values, mut has_gaps) = (false, false);
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let cells = previous.iter().flatten();
        let cells = cells.map(|at| numbered.record.get(*at).unwrap_or_default());
        let (empty, filled): (Vec<_>, Vec<_>) = cells.partition(|cell| cell.is_empty());
        if filled.contains(&NONE_SET.as_bytes()) {
            return Ok(true);
        }
        has_values |= !filled.is_empty();
        has_gaps |= !filled.is_empty() && !empty.is_empty();
    }
    Ok(has_values && !has_gaps)
}

/// Results of an older wxbulk have no checks. A cell of theirs that a spreadsheet may have changed
/// is not relied on, and an empty one may not have been read.
pub(super) fn doubt_of(
    columns: &Columns,
    cells: &[EarlierCell<'_>],
    sent: &mut Sent,
) -> Option<String> {
    let names = columns.setting.columns(PREVIOUS);
    for (index, cell) in cells.iter().enumerate() {
        match cell {
            EarlierCell::Value(value) => {
                let number = number_in(value);
                let is_sound = number.is_some_and(|one| what_may_be_lost(&one).is_none());
                if sent.0[index].is_some() && !is_sound {
                    return Some(format!(
                        "a spreadsheet may have changed its cell `{}` (`{}`)",
                        names[index],
                        shorten(value)
                    ));
                }
            }
            EarlierCell::NoneSet => {}
            EarlierCell::NotRead => sent.0[index] = None,
        }
    }
    None
}

/// What was sent, should the cells have lost a `+`.
pub(super) fn with_a_plus(sent: &Sent) -> Option<Sent> {
    let mut has_lost = false;
    let values = sent.0.iter().map(|value| match value {
        Some(value) if what_may_be_lost(value) == Some(Lost::Plus) => {
            has_lost = true;
            Some(format!("+{value}").into())
        }
        value => value.clone(),
    });
    let values = values.collect();
    has_lost.then_some(Sent(values))
}
