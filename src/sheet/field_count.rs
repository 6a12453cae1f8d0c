//! Rows with fewer or more cells than the header.
//!
//! Cells beyond the header's that are all empty do no harm: spreadsheets like to add them. Nor do cells
//! that are missing at the end, once the location's is there: Excel leaves out separators where the last
//! columns of sixteen rows are empty, people who type do so too, and any spreadsheet fills such rows up
//! when it saves them again. A separator that is missing further in moves an id into a column where it is
//! refused; only among the numbers it could go unseen, so such rows are counted for the user to hear.

use csv::ByteRecord;

use crate::model::ids::{self, Kind};
use crate::sheet::columns::Columns;
use crate::sheet::problem::{Place, Problem, column_letters};
use crate::sheet::problem_kind::ProblemKind;

/// What is wrong with the number of cells in a row.
pub(super) fn wrong_width(row: u64, record: &ByteRecord, columns: &Columns) -> Option<Problem> {
    let cells = record.len();
    let width = columns.width;
    let refuse = |kind, message: String| Some(Problem::of_kind(kind, Place::row(row), message));
    let location = columns.location();
    let location = columns
        .location_name
        .map_or(location, |name| name.min(location));
    if cells <= location {
        return refuse(
            ProblemKind::Width,
            format!(
                "it ends before the location's column, {}; are separators missing?",
                column_letters(location)
            ),
        );
    }
    let surplus = (width..cells).rfind(|index| !record[*index].is_empty())?;
    let has = format!(
        "it has {} cells (up to column {}) and the header has {width}",
        surplus + 1,
        column_letters(surplus)
    );
    if let Some(found) = shifted_location(record, columns) {
        let (found, wanted) = (column_letters(found), column_letters(columns.location()));
        return refuse(
            ProblemKind::Shifted,
            format!(
                "{has}, and the location's id stands in column {found} instead of {wanted}: a cell before it holds a separator without quotes around it"
            ),
        );
    }
    refuse(
        ProblemKind::Width,
        format!("{has}; does a cell hold a separator without quotes around it?"),
    )
}

/// Where the location's id went when the cells of a row have moved to the right.
fn shifted_location(record: &ByteRecord, columns: &Columns) -> Option<usize> {
    let is_location = |index: &usize| {
        let cell = record.get(*index).unwrap_or_default();
        std::str::from_utf8(cell).is_ok_and(|cell| ids::read(cell, Kind::Location).is_ok())
    };
    let at = columns.location_id?;
    if is_location(&at) {
        return None;
    }
    (at + 1..record.len()).find(is_location)
}
