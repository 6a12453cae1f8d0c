//! What a cell that can mean one thing only is, as it would be sent.

use std::borrow::Cow;

use crate::model::change::Change;
use crate::model::ids::{self, IdFault, Kind};
use crate::sheet::cell_diagnostics::ID_BEGINS;
use crate::sheet::country::Country;
use crate::sheet::number::{REMOVE, read_change, without_separators};
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::row_reader::read_id;
use crate::table::strip_text_formula;

/// A spreadsheet keeps this number of digits; the others become zeros.
const DIGITS_KEPT: usize = 15;

/// Digits between two separators of thousands.
const GROUP: usize = 3;

/// What was put right in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixRule {
    /// Blanks, quotes and what is invisible, around a number or an id.
    Around,
    /// What helps to read a number: blanks, hyphens, dots, brackets.
    Separators,
    /// The `.0` that a spreadsheet appended.
    Decimal,
    /// The spelling of `REMOVE`.
    Remove,
    /// The UUID that Control Hub shows.
    Uuid,
    /// The country that was named for bare national numbers.
    Country,
    /// Cells beyond the last column, with nothing but blanks in them.
    Beyond,
}

impl FixRule {
    /// The kind in one word, told by its beginning from what is still wrong.
    pub fn word(self) -> &'static str {
        match self {
            FixRule::Around => "fixed-around",
            FixRule::Separators => "fixed-separators",
            FixRule::Decimal => "fixed-decimal",
            FixRule::Remove => "fixed-remove",
            FixRule::Uuid => "fixed-uuid",
            FixRule::Country => "fixed-country",
            FixRule::Beyond => "fixed-beyond",
        }
    }
}

/// The id as it would be sent, where the cell holds one.
pub(super) fn fixed_id(cell: &str, kind: Kind) -> Option<(FixRule, Cow<'_, str>)> {
    let id = match read_id(cell, kind) {
        Ok(id) => id.text,
        Err(IdFault::Empty) => Cow::Borrowed(""),
        // It is whole, but stands in the wrong place.
        Err(IdFault::OtherKind(_)) => return None,
        Err(IdFault::NoId) => {
            let is_of_it =
                |character: &char| !ids::is_blank(*character) && !ids::is_quote(*character);
            let bare: String = cell.chars().filter(is_of_it).collect();
            let is_one = bare.matches(ID_BEGINS).count() < 2;
            let id = ids::read(&bare, kind).ok().filter(|_| is_one)?;
            Cow::Owned(id.text.into_owned())
        }
    };
    let kind = if id.len() > cell.len() {
        FixRule::Uuid
    } else {
        FixRule::Around
    };
    Some((kind, id))
}

/// What a number cell asks for, as plainly as it can be written.
pub(super) fn fixed_number<'c>(
    cell: &'c str,
    country: Option<&Country>,
) -> Option<(FixRule, Cow<'c, str>)> {
    let bare = strip_text_formula(cell.trim_matches(ids::is_blank));
    let bare = bare.trim_matches(|character| ids::is_blank(character) || ids::is_quote(character));
    match read_change(cell, country) {
        Ok(Change::Keep) => Some((FixRule::Around, Cow::Borrowed(""))),
        Ok(Change::Clear) => Some((FixRule::Remove, Cow::Borrowed(REMOVE))),
        Ok(Change::Set(number)) => {
            let kind = if number == bare {
                FixRule::Around
            } else if without_separators(bare).is_some_and(|bare| bare == number) {
                FixRule::Separators
            } else {
                FixRule::Country
            };
            Some((kind, number))
        }
        Err(damage) if damage.kind == ProblemKind::Decimal => {
            let (whole, fraction) = bare.split_once('.')?;
            // `101.000` is 101,000 where the point separates thousands.
            let may_be_thousands = whole.len() <= GROUP && fraction.len() == GROUP;
            let is_certain = whole.len() <= DIGITS_KEPT
                && !may_be_thousands
                && fraction.bytes().all(|digit| digit == b'0');
            match read_change(whole, country) {
                Ok(Change::Set(number)) if is_certain => Some((FixRule::Decimal, number)),
                _ => None,
            }
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str =
        "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzBmM2E2YjFjLTU4ZDItNGU3Zi05YTAxLWIyYzNkNGU1ZjYwNw";
    const NUMERIC_ID: &str = "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzMxMTY";

    #[test]
    fn numbers_are_put_right_where_they_can_mean_one_thing_only() {
        use FixRule::*;
        for (cell, fixed) in [
            ("+12025550101", Some((Around, "+12025550101"))),
            (" '+12025550101\u{200b}", Some((Around, "+12025550101"))),
            ("\u{201c}5501\u{201d}", Some((Around, "5501"))),
            ("=\"+12025550101\"", Some((Around, "+12025550101"))),
            ("+1 (202) 555-0101", Some((Separators, "+12025550101"))),
            ("12025550101.0", Some((Decimal, "12025550101"))),
            ("+12025550101.00", Some((Decimal, "+12025550101"))),
            ("5501.000", Some((Decimal, "5501"))),
            ("101.00", Some((Decimal, "101"))),
            ("101.000", None),
            ("12.000", None),
            ("1.000", None),
            ("\u{a0}", Some((Around, ""))),
            ("Remove ", Some((Remove, "REMOVE"))),
            ("5501\n5502", None),
            ("5501.5", None),
            ("-5501.0", None),
            ("12345678901234567.0", None),
            ("1.20256E+10", None),
            ("12,025,550,101", None),
            ("12O25550101", None),
            ("2025-01-05", None),
            ("n/a", None),
        ] {
            let fixed = fixed.map(|(kind, text)| (kind, Cow::Borrowed(text)));
            assert_eq!(fixed_number(cell, None), fixed, "{cell}");
        }
        let country: super::Country = "+1".parse().expect("a code");
        let fixed = fixed_number("202-555-0101", Some(&country));
        assert_eq!(fixed, Some((Country, "+12025550101".into())));
    }

    #[test]
    fn ids_are_put_right_where_they_are_whole() {
        let fixed = |cell: &str| {
            let fixed = fixed_id(cell, ids::LOCATION);
            fixed.map(|(_, text)| text.into_owned())
        };
        let whole = Some(ID.to_string());
        for cell in [
            ID.to_string(),
            format!(" {ID}\u{a0}"),
            format!("'{ID}"),
            format!("\u{201c}{ID}\u{201d}"),
            format!("{}\n{}", &ID[..40], &ID[40..]),
            "0F3A6B1C-58D2-4E7F-9A01-B2C3D4E5F607".to_string(),
        ] {
            assert_eq!(fixed(&cell), whole, "{cell}");
        }
        for cell in [
            &ID[..60],
            &ID.to_lowercase(),
            "London",
            &format!("{NUMERIC_ID} {NUMERIC_ID}"),
            &format!("{ID} {ID}"),
        ] {
            assert_eq!(fixed(cell), None, "{cell}");
        }
    }
}
