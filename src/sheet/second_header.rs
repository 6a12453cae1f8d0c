//! Rows that are none: the header once more, that of another table, and rows that an open quote took into a
//! cell.

use csv::ByteRecord;

use crate::model::ids::{self, Kind};
use crate::sheet::Sheet;
use crate::sheet::columns::Columns;
use crate::sheet::plain_name::normalize;

/// What a row is that has the names of columns in it.
pub(super) enum SecondHeader {
    /// The header once more, as where files were put one below the other.
    Same,
    /// That of another table.
    Other,
}

pub(super) fn second_header(
    sheet: &Sheet,
    columns: &Columns,
    record: &ByteRecord,
) -> Option<SecondHeader> {
    if !columns.is_header(&sheet.header, record) {
        return None;
    }
    let names = |record: &ByteRecord| -> Vec<String> {
        let names = record
            .iter()
            .map(|cell| normalize(&String::from_utf8_lossy(cell)));
        let mut names: Vec<String> = names.collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        names
    };
    if names(record) == names(&sheet.header) {
        Some(SecondHeader::Same)
    } else {
        Some(SecondHeader::Other)
    }
}

/// Whether a line within a cell has an id just where a row has it: a quote that was left
/// open took it in, up to the next quote.
pub(super) fn holds_a_row(record: &ByteRecord, delimiter: u8, kind: Kind, column: usize) -> bool {
    let text = record.as_slice();
    if memchr::memchr2(b'\n', b'\r', text).is_none() {
        return false;
    }
    let is_row = |line: &[u8]| {
        let cell = line.split(|byte| *byte == delimiter).nth(column);
        let cell = cell.and_then(|cell| std::str::from_utf8(cell).ok());
        line.contains(&delimiter) && cell.is_some_and(|cell| ids::read(cell, kind).is_ok())
    };
    record.iter().any(|cell| {
        let mut lines = cell.split(|byte| matches!(byte, b'\n' | b'\r'));
        lines.next();
        lines.any(is_row)
    })
}
