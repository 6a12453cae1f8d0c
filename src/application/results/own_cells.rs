//! The cells of the sheet itself in the file that a run leaves: what the person typed, and the ids that did not
//! stand there.

use std::borrow::Cow;

use anyhow::Result;
use csv::ByteRecord;

use super::Form;
use super::replaced_plan_columns::OldPlan;
use super::resolved_ids::Ids;
use crate::sheet::columns::Columns;
use crate::sheet::selection::{Choice, Selection};
use crate::sheet::verbatim;
use crate::table::{Cell, Table};

/// The record with the values of the service in some cells as a workbook or CSV has them.
pub(super) fn with_values<'r>(
    record: &'r ByteRecord,
    places: &[usize],
    into_workbook: bool,
) -> Cow<'r, ByteRecord> {
    if places.is_empty() {
        return Cow::Borrowed(record);
    }
    let cells = record
        .iter()
        .enumerate()
        .map(|(place, cell)| match std::str::from_utf8(cell) {
            Ok(text) if places.contains(&place) => {
                verbatim::copied(text, into_workbook).into_bytes()
            }
            _ => cell.to_vec(),
        });
    Cow::Owned(cells.collect())
}

/// The record with the numbers that a spreadsheet has changed as they were.
pub(super) fn with_restored<'r>(
    record: Cow<'r, ByteRecord>,
    selection: &Selection<'_>,
    row: u64,
) -> Cow<'r, ByteRecord> {
    let restored = selection.sheet.restored_in(selection.columns, row);
    let restored: Vec<(usize, &str)> = restored.collect();
    if restored.is_empty() {
        return record;
    }
    let cells = record.iter().enumerate().map(|(place, cell)| {
        let number = restored.iter().find(|(column, _)| *column == place);
        number.map_or(cell, |(_, number)| number.as_bytes())
    });
    Cow::Owned(cells.collect())
}

/// The columns that are not those of an earlier run.
pub(super) fn own_columns(columns: &Columns) -> impl Iterator<Item = usize> {
    (0..columns.width).filter(|index| columns.is_own(*index))
}

/// Where a plan leaves out what the row asks for, since a later row for its location has set it: what the plan
/// asks for is what it approves.
pub(super) fn unsent_columns(form: Form, selection: &Selection<'_>, row: u64) -> Vec<usize> {
    let later = selection.duplicates.superseded(row);
    let Some(later) = later.filter(|_| form == Form::Plan) else {
        return Vec::new();
    };
    let columns = selection.columns.fields.iter().enumerate();
    let unsent = columns.filter(|(index, _)| later.sets(*index));
    unsent.filter_map(|(_, column)| *column).collect()
}

/// The user's cells and the ids that did not stand there. What an earlier plan said of a row that it could
/// not approve is left out of a row that is sent, and so is what is `unsent`.
pub(super) fn write_own(
    table: &mut Table,
    own: &[usize],
    record: &ByteRecord,
    choice: &Choice<'_>,
    selection: &Selection<'_>,
    old_plan: &OldPlan,
    unsent: &[usize],
) -> Result<()> {
    let columns = selection.columns;
    let (ids, outdated) = match choice {
        Choice::Send(row) => (
            Ids::of(selection.directory, columns, record, row),
            old_plan.refusal(record),
        ),
        Choice::Leave(_) | Choice::Keep => (Ids::default(), [None, None]),
    };
    let cell = |index: usize| {
        let id = ids.in_column(columns, index).map(str::as_bytes);
        let cell = id.or(record.get(index)).unwrap_or_default();
        let is_sent = matches!(choice, Choice::Send(_));
        if outdated.contains(&Some(index)) || is_sent && unsent.contains(&index) {
            b""
        } else {
            cell
        }
    };
    write_own_cells(
        table,
        own,
        record,
        columns.width,
        cell,
        selection.sheet.delimiter(),
    )?;
    ids.write_missing_columns(table, columns)
}

/// The user's cells as `cell` has them. Cells beyond the header's go into the last column, so that the
/// result columns stay where they belong and the row stays as wrong as it was.
fn write_own_cells<'r>(
    table: &mut Table,
    own: &[usize],
    record: &ByteRecord,
    width: usize,
    cell: impl Fn(usize) -> &'r [u8],
    delimiter: u8,
) -> Result<()> {
    let mut surplus = (width..record.len()).rev();
    let (Some(last_surplus), Some((last, others))) = (
        surplus.find(|index| !record[*index].is_empty()),
        own.split_last(),
    ) else {
        let mut cells = own.iter().map(|index| Cell::Text(cell(*index)));
        return cells.try_for_each(|cell| table.cell(cell));
    };
    for index in others {
        table.cell(Cell::Text(cell(*index)))?;
    }
    let mut joined = cell(*last).to_vec();
    for index in width..=last_surplus {
        joined.push(delimiter);
        joined.extend_from_slice(&record[index]);
    }
    table.cell(Cell::Text(&joined))
}
