//! The text of a cell, and whether it looks like a phone number.

use csv::ByteRecord;

use crate::model::ids;
use crate::sheet::number::number_in;
use crate::table::strip_text_formula;

/// Shorter bare digits may count anything.
pub(super) const SHORTEST_LOCAL: usize = 7;

/// With its area at least: an extension looks like any other number.
pub(super) fn is_phone_number(text: &str) -> bool {
    let number = number_in(text);
    number.is_some_and(|number| number.starts_with('+') || number.len() >= SHORTEST_LOCAL)
}

/// Whether a cell has a text.
pub fn has_text(record: &ByteRecord, column: usize) -> bool {
    let first = record.get(column).and_then(|cell| cell.first());
    // Nearly all texts begin so, and need not be looked at further.
    first.is_some_and(u8::is_ascii_alphanumeric) || !text_in(record, column).is_empty()
}

/// The text of a cell, without blanks around it and what keeps a spreadsheet from changing it.
pub fn text_in(record: &ByteRecord, column: usize) -> String {
    let text = String::from_utf8_lossy(record.get(column).unwrap_or_default());
    strip_text_formula(&text)
        .trim_matches(ids::is_blank)
        .to_string()
}
