//! Values of the service in cells of ours, letter for letter: `*7201`, `+12025550101;ext=55`,
//! `sip:desk@example.com`. Only what a spreadsheet would take for a formula gets an apostrophe in front,
//! which is taken off again when the cell is read. In a workbook a number is text without it.

use std::borrow::Cow;

use crate::model::change::Change;
use crate::sheet::number::{REMOVE, reads_as_itself};
use crate::sheet::result_columns::OR;
use crate::table::strip_text_formula;

const APOSTROPHE: char = '\'';

/// What stands for a NUL character, which no cell can hold.
const NUL_SHOWN: &str = "\u{2400}";

/// A value as it stands in a cell.
pub fn to_cell(value: &str) -> Cow<'_, str> {
    if value.contains('\0') {
        let shown = value.replace('\0', NUL_SHOWN);
        return Cow::Owned(to_cell(&shown).into_owned());
    }
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r', APOSTROPHE])
        || value.starts_with(['\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if is_formula && !reads_as_itself(value) {
        Cow::Owned(format!("{APOSTROPHE}{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

/// The same in a workbook, whose cells say that they are text: a number needs no apostrophe there.
pub fn to_workbook_cell(value: &str) -> Cow<'_, str> {
    match to_cell(value) {
        Cow::Owned(cell) => Cow::Owned(without_apostrophe(&cell).to_string()),
        Cow::Borrowed(cell) => Cow::Borrowed(cell),
    }
}

/// What a cell of an undo's sheet becomes in a workbook or in CSV; it may hold several values.
pub fn copied(cell: &str, into_workbook: bool) -> String {
    let values = cell.split(OR);
    let values = values.map(|one| match of_cell(one) {
        value if into_workbook => to_workbook_cell(value),
        value => to_cell(value),
    });
    values.collect::<Vec<_>>().join(OR)
}

fn without_apostrophe(cell: &str) -> &str {
    let bare = cell.strip_prefix(APOSTROPHE);
    bare.filter(|bare| bare.starts_with(['+', '-']))
        .unwrap_or(cell)
}

/// The value that stands in a cell.
pub fn of_cell(cell: &str) -> &str {
    let text = strip_text_formula(cell);
    text.strip_prefix(APOSTROPHE).unwrap_or(text)
}

/// Whether a cell of an undo's sheet can hold the value: it means nothing else there.
pub fn fits(value: &str, separator: &str) -> bool {
    !value.contains(separator) && !value.contains('\0') && !value.eq_ignore_ascii_case(REMOVE)
}

/// What a cell asks for.
pub(super) fn read_change(cell: &str) -> Change<'_> {
    match of_cell(cell) {
        "" => Change::Keep,
        REMOVE => Change::Clear,
        value => Change::Set(Cow::Borrowed(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_no_apostrophe_in_a_workbook_and_comes_back() {
        for (value, cell) in [
            ("+49-6100773123", "+49-6100773123"),
            ("-5501", "-5501"),
            ("+12025550101;ext=55", "+12025550101;ext=55"),
            ("=1+1", "'=1+1"),
            ("'+5501", "''+5501"),
            ("5501", "5501"),
        ] {
            assert_eq!(to_workbook_cell(value), cell);
            assert_eq!(copied(&to_cell(value), true), cell);
            assert_eq!(copied(cell, true), cell);
            assert_eq!(copied(cell, false), to_cell(value));
            assert_eq!(of_cell(cell), value);
        }
        let (in_csv, in_workbook) = ("'+49-61|'+49-62|5501", "+49-61|+49-62|5501");
        assert_eq!(copied(in_csv, true), in_workbook);
        assert_eq!(copied(in_workbook, false), in_csv);
        for cell in ["", "REMOVE", "'+49-61"] {
            assert_eq!(copied(cell, false), cell);
        }
    }

    #[test]
    fn every_value_comes_back_and_none_is_a_formula() {
        for (value, cell) in [
            ("+12025550101", "+12025550101"),
            ("*7201", "*7201"),
            ("+12025550101;ext=55", "'+12025550101;ext=55"),
            ("sip:desk@example.com", "sip:desk@example.com"),
            ("=1+1", "'=1+1"),
            ("'5501", "''5501"),
            ("-5501", "'-5501"),
            ("\u{ff0b}49", "'\u{ff0b}49"),
            (" 5501 ", " 5501 "),
        ] {
            assert_eq!(to_cell(value), cell);
            assert_eq!(of_cell(cell), value);
            assert_eq!(read_change(cell), Change::Set(value.into()));
        }
        assert_eq!(read_change("REMOVE"), Change::Clear);
        assert_eq!(read_change(""), Change::Keep);
        assert!(!fits("5501|5502", "|") && !fits("Remove", "|") && fits("*7201", "|"));
    }
}
