//! The requests of a selftest that change something, as the rows of a sheet. They always stand at the same
//! places; one that cannot be asked at a location asks for nothing there, and is not sent.
//!
//! The cells of a row say what its request may do at worst, and what must be found before it: so a resumed
//! run and an undo know what may be there. What somebody else put there meanwhile is left alone.

use std::path::Path;

use anyhow::{Result, bail};

use super::Place;
use super::plain_reads::PlainReads;
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::row::Row;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::sheet::number::REMOVE;
use crate::sheet::result_columns::{OR, PRESENT};
use crate::sheet::verbatim;
use crate::table::{Cell, CsvStyle, Table};

/// The numbers as they are.
pub(super) const SAME: u64 = 2;
/// An extension of two digits in a place that no rule uses.
pub(super) const EXTENSION: u64 = 3;
pub(super) const BACK: u64 = 4;
/// An empty object. The cells say that it may clear the numbers. Where no number is free, it could take one away
/// from a rule, and is not asked: the row sends one number as it is, in its own body.
pub(super) const EMPTY: u64 = 5;
/// The numbers as they were, in the opposite order.
pub(super) const REVERSED: u64 = 6;
/// The numbers that are set, in the spelling that the program sends.
pub(super) const SPELLED: u64 = 7;
/// Puts back the spelling that was there as well.
const AS_BEFORE: u64 = 8;
/// Only read, where all is as before: it asks for the first number as it was.
pub(super) const LAST: u64 = 9;

/// Rows that are sent although they would change nothing.
pub const ALWAYS_SENT: &[u64] = &[SAME, EMPTY, REVERSED, SPELLED, AS_BEFORE];

/// Whether a row is read back: its cells say what has to be there. Those of the empty object say what it does at
/// worst.
pub fn is_read_back(row: &Row<'_>) -> bool {
    !has_empty_object(row)
}

/// Whether an empty object is sent for a row.
pub(super) fn has_empty_object(row: &Row<'_>) -> bool {
    let mut changes = row.changes.iter();
    row.number == EMPTY && !changes.any(|change| matches!(change, Change::Set(_)))
}

const NUMBERS: usize = LOCATION_NUMBERS.fields.len();

/// Either of these will do; the one that is not set there now.
const EXTENSIONS: [&str; 2] = ["77", "78"];

/// A row: the cell of each number, empty where it is left as it is, and the values that may be there
/// besides those from before.
struct ProbeRow {
    question: &'static str,
    cells: [String; NUMBERS],
    others: [Vec<String>; NUMBERS],
}

/// Writes the sheet.
pub(super) fn write(path: &Path, place: &Place, reads: &PlainReads) -> Result<()> {
    let numbers = &reads.numbers;
    let mut values = (0..NUMBERS).filter_map(|index| numbers.get(index));
    if values.any(|value| !verbatim::fits(value, OR)) {
        bail!(
            "a number of this location cannot stand in a sheet, so it could not be put back; choose another location"
        );
    }
    let mut table = Table::create(path, CsvStyle::default())?;
    let ids = ["orgId", "locationId"].into_iter().map(String::from);
    let fields = LOCATION_NUMBERS
        .column_names()
        .into_iter()
        .map(String::from);
    let names = ids.chain(fields).chain(LOCATION_NUMBERS.columns(PRESENT));
    for name in names.chain(["question".to_string()]) {
        table.cell(Cell::Name(name.as_bytes()))?;
    }
    table.end_row()?;
    for row in rows(numbers, reads.free_number()) {
        table.cell(Cell::text(place.org_id.as_deref().unwrap_or_default()))?;
        table.cell(Cell::text(&place.location_id))?;
        for cell in &row.cells {
            table.cell(Cell::text(cell))?;
        }
        for (index, others) in row.others.iter().enumerate() {
            let before = verbatim::to_cell(numbers.text(index)).into_owned();
            let mut found = vec![before];
            found.extend(others.iter().cloned());
            table.cell(Cell::text(&found.join(OR)))?;
        }
        table.cell(Cell::text(row.question))?;
        table.end_row()?;
    }
    let only = std::iter::once(path.to_path_buf());
    table.persist_as_first(only).map(drop)
}

fn rows(numbers: &CurrentValues, free: Option<usize>) -> [ProbeRow; 8] {
    let set = |index: usize| numbers.get(index);
    let before = |index: usize| {
        set(index).map_or(REMOVE.into(), |value| verbatim::to_cell(value).into_owned())
    };
    let spelled = |index: usize| {
        let plain = set(index).map(|value| LOCATION_NUMBERS.plain(index, value));
        plain.map_or(String::new(), |plain| {
            verbatim::to_cell(&plain).into_owned()
        })
    };
    let extension = |index: usize| {
        let other = EXTENSIONS.into_iter().find(|one| set(index) != Some(*one));
        let is_free = free == Some(index);
        other.filter(|_| is_free).unwrap_or_default().to_string()
    };
    let is_any_set = (0..NUMBERS).any(|index| set(index).is_some());
    let cleared = |index: usize| {
        let may_be = set(index).is_some() || (!is_any_set && index == 0);
        if may_be {
            REMOVE.to_string()
        } else {
            String::new()
        }
    };
    let first_set = (0..NUMBERS).find(|index| set(*index).is_some());
    let is_risky = free.is_none() && is_any_set;
    let empty = |index: usize| match is_risky {
        true if first_set == Some(index) => before(index),
        true => String::new(),
        false => cleared(index),
    };
    let first = |index: usize| if index == 0 { before(0) } else { String::new() };
    let probe = |question, cell: &dyn Fn(usize) -> String| ProbeRow {
        question,
        cells: std::array::from_fn(cell),
        others: [const { Vec::new() }; NUMBERS],
    };
    // The service may have cleared a number instead of setting it, and have set an extension.
    let back = |question, cell: &dyn Fn(usize) -> String| ProbeRow {
        others: std::array::from_fn(|index| {
            let mut others = vec![String::new()];
            others.extend(Some(extension(index)).filter(|one| !one.is_empty()));
            others
        }),
        ..probe(question, cell)
    };
    [
        probe("same numbers", &before),
        probe("two-digit extension", &extension),
        back("put back", &before),
        probe("empty object", &empty),
        back("other order", &before),
        probe("other spelling", &spelled),
        back("put back", &before),
        back("last look", &first),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_never_asks_for_just_what_the_one_before_it_asks_for() {
        let all = ["+12025550101", "5502", "+49-6100773123"];
        for set in 0..8_usize {
            let values = (0..3).map(|index| (set >> index & 1 == 1).then(|| all[index]));
            let numbers = CurrentValues::of(values);
            let rows = rows(&numbers, Some(2));
            let asked: Vec<_> = rows.iter().map(|row| row.cells.clone()).collect();
            let twins = (1..8).filter(|index| asked[*index] == asked[index - 1]);
            assert_eq!(twins.count(), 0, "{set:03b} {asked:?}");
        }
    }

    #[test]
    fn what_is_put_back_is_what_was_there() {
        let numbers = CurrentValues::of([Some("+49-6100773123"), None, None]);
        let rows = rows(&numbers, Some(2));
        let cells = |row: u64| {
            rows[usize::try_from(row - SAME).expect("small")]
                .cells
                .clone()
        };
        assert_eq!(cells(SAME), ["'+49-6100773123", REMOVE, REMOVE]);
        assert_eq!(cells(EXTENSION), ["", "", "77"]);
        assert_eq!(cells(EMPTY), [REMOVE, "", ""]);
        assert_eq!(cells(SPELLED), ["+496100773123", "", ""]);
        for row in [BACK, REVERSED, AS_BEFORE] {
            assert_eq!(cells(row), cells(SAME));
        }
        assert_eq!(cells(LAST), ["'+49-6100773123", "", ""]);
    }
}
