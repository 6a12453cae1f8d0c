//! What the cells of one row mean: ids, numbers, `REMOVE`, or what is wrong with them.

use std::borrow::Cow;

use csv::ByteRecord;

use crate::row::{Change, NUMBERS, Row};
use crate::sheet::Numbered;
use crate::sheet::columns::Columns;
use crate::sheet::problem::{Place, Problem, column_letters, shorten};
use crate::webex::ids::{self, IdFault, Kind};

/// Digits a number has. No length is published: this spans extensions and the longest E.164
/// number with a prefix before it.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=20;

/// The word that clears a number, in any case; Control Hub's own sheets use it too.
const REMOVE: &str = "REMOVE";

/// Reads one record; `default_org` stands in for an empty `orgId`.
pub fn read_row<'r>(
    numbered: &'r Numbered,
    columns: &Columns,
    header: &ByteRecord,
    default_org: Option<&str>,
) -> Result<Row<'r>, Vec<Problem>> {
    let Numbered { row, record } = numbered;
    if let Some(problem) = wrong_width(*row, record, columns.width) {
        return Err(vec![problem]);
    }
    let mut problems = Vec::new();
    let place = |column| {
        let name = header.get(column).unwrap_or_default();
        Place::cell(*row, column, shorten(&String::from_utf8_lossy(name)))
    };
    let mut cell = |column: Option<usize>| -> &'r str {
        let bytes = column.and_then(|column| record.get(column));
        let bytes = bytes.unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_else(|_| {
            let found = shorten(&String::from_utf8_lossy(bytes));
            problems.push(Problem::new(
                place(column.unwrap_or_default()),
                format!("`{found}` is not UTF-8 text; save the sheet as \"CSV UTF-8\""),
            ));
            ""
        })
    };
    let org_cell = cell(columns.org_id);
    let location_cell = cell(Some(columns.location_id));
    let number_cells = columns.numbers.map(&mut cell);
    if !problems.is_empty() {
        return Err(problems);
    }

    let org_id = match ids::read(org_cell, Kind::Organization) {
        Ok(id) => Some(id.text),
        Err(IdFault::Empty) => default_org.map(|id| Cow::Owned(id.to_string())),
        Err(fault) => {
            let column = columns.org_id.unwrap_or_default();
            problems.push(Problem::new(
                place(column),
                say_fault(&fault, org_cell, Kind::Organization),
            ));
            None
        }
    };
    let location = match ids::read(location_cell, Kind::Location) {
        Ok(id) => Some(id),
        Err(fault) => {
            let message = say_fault(&fault, location_cell, Kind::Location);
            problems.push(Problem::new(place(columns.location_id), message));
            None
        }
    };
    let mut changes = [const { Change::Keep }; NUMBERS];
    for (index, text) in number_cells.into_iter().enumerate() {
        match read_change(text) {
            Ok(change) => changes[index] = change,
            Err(message) => {
                let column = columns.numbers[index].unwrap_or_default();
                problems.push(Problem::new(place(column), message));
            }
        }
    }
    match location {
        Some(location) if problems.is_empty() => {
            if changes.iter().all(|change| *change == Change::Keep) {
                return Err(vec![Problem::nothing_to_change(*row)]);
            }
            Ok(Row {
                number: *row,
                org_id,
                location_id: location.text,
                key: location.key,
                changes,
            })
        }
        _ => Err(problems),
    }
}

/// Cells beyond the header's that are all empty do no harm: spreadsheets like to add them.
fn wrong_width(row: u64, record: &ByteRecord, width: usize) -> Option<Problem> {
    let cells = record.len();
    if cells < width {
        return Some(Problem::new(
            Place::row(row),
            format!("it has {cells} cells and the header has {width}; are separators missing?"),
        ));
    }
    let surplus = (width..cells).rfind(|index| !record[*index].is_empty())?;
    Some(Problem::new(
        Place::row(row),
        format!(
            "it has {} cells (up to column {}) and the header has {width}; does a cell hold a separator without quotes around it?",
            surplus + 1,
            column_letters(surplus)
        ),
    ))
}

fn say_fault(fault: &IdFault, cell: &str, kind: Kind) -> String {
    let (wanted, like) = match kind {
        Kind::Organization => (
            "an organisation's id",
            "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8…",
        ),
        Kind::Location => ("a location's id", "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OL…"),
    };
    match fault {
        IdFault::Empty => format!("it is empty; {wanted} must stand here"),
        IdFault::OtherKind(found) => {
            format!(
                "this is {found}, where {wanted} must stand: `{}`",
                shorten(cell.trim())
            )
        }
        IdFault::NoId => format!(
            "`{}` is not {wanted}; such an id looks like `{like}` or is a UUID",
            shorten(cell.trim())
        ),
    }
}

/// What a number cell asks for, or what is wrong with it.
fn read_change(cell: &str) -> Result<Change<'_>, String> {
    if is_number(cell) {
        return Ok(Change::Set(Cow::Borrowed(cell)));
    }
    let text = cell.trim_matches(|character| ids::is_blank(character) || is_apostrophe(character));
    if text.is_empty() {
        return Ok(Change::Keep);
    }
    if text.eq_ignore_ascii_case(REMOVE) {
        return Ok(Change::Clear);
    }
    let refuse = |why: &str| Err(format!("`{}` {why}", shorten(text)));
    if looks_calculated(text) {
        return refuse(
            "is not a phone number any more but a value a spreadsheet calculated; type the number again in a cell formatted as text",
        );
    }
    if text.replace(ids::is_blank, "").contains("(0)") {
        return refuse(
            "has a `(0)` in it, which is dialled or not depending on where the caller is; write the number as it is to be dialled",
        );
    }
    let number: String = text
        .chars()
        .filter(|character| !is_separator(*character))
        .map(narrow)
        .collect();
    if is_number(&number) {
        return Ok(Change::Set(Cow::Owned(number)));
    }
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse("is not a number; digits with a `+` in front are, and `REMOVE` clears one");
    }
    refuse(&format!(
        "has {} digits; a number has {} to {}",
        digits.len(),
        DIGITS.start(),
        DIGITS.end()
    ))
}

/// Digits with an optional leading `+`, of a length a number can have.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1.20256E+10`, `12025550101.0`, `12025550101.00`: taking the dot for a separator would make
/// another number of it.
fn looks_calculated(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some((mantissa, exponent)) = text.split_once(['E', 'e']) {
        let mantissa = mantissa.replacen(['.', ','], "", 1);
        return number(&mantissa) && number(exponent.trim_start_matches(['+', '-']));
    }
    text.split_once('.')
        .is_some_and(|(whole, fraction)| number(whole) && number(fraction) && fraction.len() <= 2)
}

fn is_apostrophe(character: char) -> bool {
    matches!(character, '\'' | '\u{2018}' | '\u{2019}' | '`' | '\u{b4}')
}

/// What people put between digits to read them better: blanks, hyphens and dashes, dots,
/// brackets. Not `/` or `,`, which also stand between two numbers.
fn is_separator(character: char) -> bool {
    ids::is_blank(character)
        || matches!(
            character,
            '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' | '\u{ff0d}'
        )
}

/// Full-width digits and plus sign, as East Asian keyboards write them, to the plain ones.
fn narrow(character: char) -> char {
    match character {
        '\u{ff10}'..='\u{ff19}' => {
            char::from_digit(u32::from(character) - 0xff10, 10).unwrap_or(character)
        }
        '\u{ff0b}' => '+',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cleaned_of_what_only_helps_reading() {
        for (cell, number) in [
            ("+12025550101", "+12025550101"),
            ("123", "123"),
            ("+1 (202) 555-0101", "+12025550101"),
            ("202.555.0101", "2025550101"),
            ("'+49-6100773123", "+496100773123"),
            ("\u{2019}5501", "5501"),
            (
                "\u{a0}+44\u{202f}20\u{2011}7946 0000\u{200b}",
                "+442079460000",
            ),
            ("\u{202a}+12025550101\u{202c}", "+12025550101"),
            ("＋４９１２３", "+49123"),
            ("00442079460000", "00442079460000"),
        ] {
            assert_eq!(read_change(cell), Ok(Change::Set(number.into())), "{cell}");
        }
    }

    #[test]
    fn empty_cells_keep_and_the_word_clears() {
        for cell in ["", " ", "\u{a0}", "'", "\u{feff}"] {
            assert_eq!(read_change(cell), Ok(Change::Keep), "{cell:?}");
        }
        for cell in ["REMOVE", "remove", " Remove\u{a0}"] {
            assert_eq!(read_change(cell), Ok(Change::Clear), "{cell:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_and_never_guessed() {
        let said: Vec<String> = [
            "12",
            "123456789012345678901",
            "1.20256E+10",
            "1,2E10",
            "12025550101.0",
            "+49 (0) 6100 773123",
            "n/a",
            "5501/5502",
            "12,025,550,101",
            "1+2025550101",
            "++12025550101",
            "+",
            "-",
            "١٢٣٤",
            "#REF!",
        ]
        .iter()
        .map(|cell| read_change(cell).expect_err(cell))
        .collect();
        insta::assert_snapshot!(said.join("\n"), @"
        `12` has 2 digits; a number has 3 to 20
        `123456789012345678901` has 21 digits; a number has 3 to 20
        `1.20256E+10` is not a phone number any more but a value a spreadsheet calculated; type the number again in a cell formatted as text
        `1,2E10` is not a phone number any more but a value a spreadsheet calculated; type the number again in a cell formatted as text
        `12025550101.0` is not a phone number any more but a value a spreadsheet calculated; type the number again in a cell formatted as text
        `+49 (0) 6100 773123` has a `(0)` in it, which is dialled or not depending on where the caller is; write the number as it is to be dialled
        `n/a` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `5501/5502` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `12,025,550,101` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `1+2025550101` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `++12025550101` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `+` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `-` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `١٢٣٤` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `#REF!` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        ");
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_cell_holds_only_a_number_goes_out(cell in "\\PC*|[+0-9 ().E'-]*") {
            if let Ok(Change::Set(number)) = read_change(&cell) {
                assert!(is_number(&number), "{number}");
            }
        }
    }
}
