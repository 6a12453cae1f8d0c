//! Whether a sheet of a workbook may be the one that is meant: it has the columns, and a row that could be sent.
//! One that explains the columns has words below their names.

use super::ReadOptions;
use super::cell_text::text_in;
use super::columns::Columns;
use super::dialect::{self, Dialect};
use super::row_reader::{read_field, read_id};
use super::xlsx::{self, Fit};
use crate::model::change::Change;
use crate::setting::FieldKind;
use csv::ByteRecord;

/// What a sheet that begins so may be. `is_whole`: there is no more of it.
pub(super) fn of_sheet(start: &[u8], is_whole: bool, reading: &ReadOptions) -> Fit {
    let found = Dialect::find(
        start,
        Some(xlsx::SEPARATOR),
        reading.default_org.is_some(),
        &reading.ignored_columns,
        reading.setting,
    );
    let Ok(Some(found)) = found else {
        return Fit::Not;
    };
    match &found.columns {
        Ok(columns) if !is_whole || has_rows(start, &found, columns, reading) => Fit::Usable,
        Ok(_) => Fit::WithoutRows,
        Err(_) if Columns::nearly_has_them(&found.header) => Fit::Nearly,
        Err(_) => Fit::Not,
    }
}

fn has_rows(start: &[u8], found: &Dialect, columns: &Columns, reading: &ReadOptions) -> bool {
    let Ok(mut records) = dialect::records(start, found.delimiter, found.has_separator_line) else {
        return true;
    };
    while let Some(Ok(numbered)) = records.next_record() {
        if numbered.row > found.header_row && may_be_meant(columns, &numbered.record, reading) {
            return true;
        }
    }
    false
}

/// Whether a row could be sent, be it once it is corrected.
fn may_be_meant(columns: &Columns, record: &ByteRecord, reading: &ReadOptions) -> bool {
    let id = columns
        .target_id
        .map_or(String::new(), |column| text_in(record, column));
    if !id.trim().is_empty() {
        let is_word = |id: &str| id.contains(char::is_whitespace) || id.contains("...");
        let is_damaged = || id.contains(|one: char| one.is_ascii_digit()) && !is_word(id.trim());
        return read_id(&id, columns.setting.target.id).is_ok() || is_damaged();
    }
    let is_named = columns
        .target_name
        .is_some_and(|column| !text_in(record, column).trim().is_empty());
    let mut fields = columns.fields.iter().enumerate();
    is_named
        && fields.any(|(index, column)| {
            let text = column.map_or(String::new(), |column| text_in(record, column));
            let text = text.trim();
            let kind = columns.setting.kind(index).unwrap_or(FieldKind::Number);
            let is_change = read_field(text, kind, reading).is_ok_and(|read| read != Change::Keep);
            is_change
                || text.starts_with(|first: char| first.is_ascii_digit() || "+(".contains(first))
        })
}
