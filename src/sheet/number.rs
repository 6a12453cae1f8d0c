//! What a cell with a number asks for: digits as they are sent, `REMOVE`, nothing; or what is wrong with
//! it. Only what helps to read a number is taken out, and no digit is guessed.

use std::borrow::Cow;

use crate::model::change::Change;
use crate::model::ids;
use crate::sheet::cell_diagnostics::{self, CellDiagnostic};
use crate::sheet::country::Country;
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;
use crate::table::strip_text_formula;

/// Digits a number has. No length is published: this spans extensions and the longest E.164
/// number with a prefix before it.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=20;

/// The word that clears a number, in any case; Control Hub's own sheets use it too.
pub const REMOVE: &str = "REMOVE";

/// What a number cell asks for in a country, or what is wrong with it.
pub(super) fn read_change_in<'c>(
    cell: &'c str,
    country: Option<&Country>,
) -> Result<Change<'c>, CellDiagnostic> {
    let change = read_change(cell)?;
    let (Change::Set(number), Some(country)) = (&change, country) else {
        return Ok(change);
    };
    match country.complete(number.clone()) {
        Ok(number) => Ok(Change::Set(number)),
        Err(_) => Err(CellDiagnostic {
            kind: ProblemKind::CountryUnclear,
            says: format!(
                "`{}` can be read with or without the country code {code}; write it as {code}…",
                shorten(cell),
                code = country.code()
            ),
        }),
    }
}

/// The number that a cell with this text asks for; `None` where the text is refused, or asks for
/// something else.
pub fn number_in(text: &str) -> Option<Cow<'_, str>> {
    match read_change(text) {
        Ok(Change::Set(number)) => Some(number),
        _ => None,
    }
}

/// What a number cell asks for, or what is wrong with it.
fn read_change(cell: &str) -> Result<Change<'_>, CellDiagnostic> {
    match cell {
        "" => return Ok(Change::Keep),
        REMOVE => return Ok(Change::Clear),
        number if is_number(number) => return Ok(Change::Set(Cow::Borrowed(number))),
        _ => {}
    }
    let text = strip_text_formula(cell.trim_matches(ids::is_blank));
    let text = text.trim_matches(|character| ids::is_blank(character) || ids::is_quote(character));
    if text.is_empty() {
        return Ok(Change::Keep);
    }
    if text.eq_ignore_ascii_case(REMOVE) {
        return Ok(Change::Clear);
    }
    let refuse = |kind, why: &str| {
        let says = format!("`{}` {why}", shorten(text));
        Err(CellDiagnostic { kind, says })
    };
    if let Some(CellDiagnostic { kind, says }) = cell_diagnostics::of_raw_number(text) {
        return refuse(kind, &says);
    }
    let number = without_separators(text);
    if is_number(&number) {
        if let Some(CellDiagnostic { kind, says }) = cell_diagnostics::of_several_lines(text) {
            return refuse(kind, &says);
        }
        return Ok(Change::Set(Cow::Owned(number)));
    }
    let is_number_cell = |part: &str| is_number(&without_separators(part));
    if let Some(CellDiagnostic { kind, says }) =
        cell_diagnostics::of_no_number(text, is_number_cell)
    {
        return refuse(kind, &says);
    }
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return refuse(
            ProblemKind::NotANumber,
            "is not a number; digits with a `+` in front are, and `REMOVE` clears one",
        );
    }
    refuse(
        ProblemKind::WrongLength,
        &format!(
            "has {} digits; a number has {} to {}",
            digits.len(),
            DIGITS.start(),
            DIGITS.end()
        ),
    )
}

pub(super) fn without_separators(text: &str) -> String {
    text.chars()
        .filter(|character| !is_separator(*character))
        .map(narrow)
        .collect()
}

/// Digits with an optional leading `+`, of a length a number can have.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
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
            ("\u{201c}+12025550101\u{201d}", "+12025550101"),
            ("=\"+12025550101\"", "+12025550101"),
            ("\n+12025550101\r\n", "+12025550101"),
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
            "########",
            "=A2",
            "2025-01-05",
            "Jan-25",
            "1202555O1O1",
            "l2025550101",
            "501, 502",
            "5501\n5502",
            "5501\r\n5502",
            "5501-\u{2028}(5502)",
            "+1 202 555 0101\r+1 202 555 0102",
            "+12025550101 +12025550102",
            "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f607",
        ]
        .iter()
        .map(|cell| read_change(cell).expect_err(cell).says)
        .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        `12` has 2 digits; a number has 3 to 20
        `123456789012345678901` has 21 digits; a number has 3 to 20
        `1.20256E+10` is not a phone number any more but a value a spreadsheet calculated; type the number again in a cell formatted as text
        `1,2E10` is not a phone number any more but a value a spreadsheet calculated; type the number again in a cell formatted as text
        `12025550101.0` is not a phone number any more but a value a spreadsheet calculated; type the number again in a cell formatted as text
        `+49 (0) 6100 773123` has a `(0)` in it, which is dialled or not depending on where the caller is; write the number as it is to be dialled
        `n/a` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `5501/5502` holds several numbers; one stands in a cell, and the next has a column of its own
        `12,025,550,101` has thousands separators; format the cell as text and take them out
        `1+2025550101` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `++12025550101` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `+` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `-` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `١٢٣٤` is not a number; digits with a `+` in front are, and `REMOVE` clears one
        `#REF!` is what a spreadsheet puts where a formula fails; mend the formula or type the value
        `########` is what a spreadsheet shows where a column is too narrow; widen it and save the sheet again
        `=A2` is a formula; in the spreadsheet, copy the cells and paste them as values
        `2025-01-05` is a date, which spreadsheets make of some numbers; type the number again in a cell formatted as text
        `Jan-25` is a date, which spreadsheets make of some numbers; type the number again in a cell formatted as text
        `1202555O1O1` has the letter `O` where the digit `0` seems to be meant; type the digit
        `l2025550101` has the letter `l` where the digit `1` seems to be meant; type the digit
        `501, 502` holds several numbers; one stands in a cell, and the next has a column of its own
        `5501\u{a}5502` holds several numbers; one stands in a cell, and the next has a column of its own
        `5501\u{d}\u{a}5502` holds several numbers; one stands in a cell, and the next has a column of its own
        `5501-\u{2028}(5502)` holds several numbers; one stands in a cell, and the next has a column of its own
        `+1 202 555 0101\u{d}+1 202 555 0102` holds several numbers; one stands in a cell, and the next has a column of its own
        `+12025550101 +12025550102` holds several numbers; one stands in a cell, and the next has a column of its own
        `0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f607` is an id, where a number must stand; are the cells of this row in the wrong columns?
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
