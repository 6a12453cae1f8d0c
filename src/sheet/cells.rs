//! What the cells of one row mean: ids, numbers, `REMOVE`, or what is wrong with them.

use std::borrow::Cow;
use std::cell::RefCell;

use csv::ByteRecord;

use crate::row::{Change, NUMBERS, Row};
use crate::sheet::Numbered;
use crate::sheet::columns::Columns;
use crate::sheet::country::Country;
use crate::sheet::damage::{self, Damage};
use crate::sheet::kind::ProblemKind;
use crate::sheet::problem::{Place, Problem, column_letters, shorten};
use crate::sheet::register::Register;
use crate::table::unprotected;
use crate::webex::ids::{self, Id, IdFault, Kind};

/// Digits a number has. No length is published: this spans extensions and the longest E.164
/// number with a prefix before it.
const DIGITS: std::ops::RangeInclusive<usize> = 3..=20;

/// The word that clears a number, in any case; Control Hub's own sheets use it too.
pub const REMOVE: &str = "REMOVE";

/// The organisation's id that was read last. Rows of one organisation mostly stand together, and
/// its id need not be looked at in each.
#[derive(Debug, Default)]
pub struct LastOrganisation(RefCell<String>);

impl LastOrganisation {
    fn read<'c>(&self, cell: &'c str) -> Result<Cow<'c, str>, IdFault> {
        if !cell.is_empty() && *self.0.borrow() == cell {
            return Ok(Cow::Borrowed(cell));
        }
        let id = read_id(cell, Kind::Organization)?.text;
        if id == cell {
            cell.clone_into(&mut self.0.borrow_mut());
        }
        Ok(id)
    }
}

/// Reads one record. `default_org` stands in for an empty `orgId`; bare national numbers are
/// those of `country`.
pub fn read_row<'r>(
    numbered: &'r Numbered,
    columns: &Columns,
    header: &ByteRecord,
    default_org: Option<&str>,
    country: Option<&Country>,
    register: &Register,
    last_organisation: &LastOrganisation,
) -> Result<Row<'r>, Vec<Problem>> {
    let Numbered { row, record } = numbered;
    if let Some(problem) = wrong_width(*row, record, columns) {
        return Err(vec![problem]);
    }
    let place = |column| {
        let name = header.get(column).unwrap_or_default();
        Place::cell(*row, column, shorten(&String::from_utf8_lossy(name)))
    };
    let text = std::str::from_utf8(record.as_slice()).ok();
    let cell = |column: Option<usize>| -> Option<&'r str> {
        let Some(range) = column.and_then(|column| record.range(column)) else {
            return Some("");
        };
        let of_whole_text = text.and_then(|text| text.get(range.clone()));
        of_whole_text.or_else(|| std::str::from_utf8(&record.as_slice()[range]).ok())
    };
    let [one, two, three] = columns.numbers;
    let known = [columns.org_id, columns.location_id, one, two, three];
    let [
        Some(org_cell),
        Some(location_cell),
        Some(one),
        Some(two),
        Some(three),
    ] = known.map(cell)
    else {
        let unreadable = known.into_iter().flatten();
        let unreadable = unreadable.filter(|column| cell(Some(*column)).is_none());
        return Err(unreadable
            .map(|column| {
                let found = shorten(&String::from_utf8_lossy(&record[column]));
                let says = format!("`{found}` is not UTF-8 text; save the sheet as \"CSV UTF-8\"");
                Problem::of_kind(ProblemKind::NotText, place(column), says)
            })
            .collect());
    };
    let called = called(columns, record);

    let mut problems = Vec::new();
    let org_id = read_org(org_cell, &called, default_org, register, last_organisation);
    let org_id = org_id.and_then(|org_id| match register.fault(org_id.as_deref()) {
        Some(damage) => Err(damage),
        None => Ok(org_id),
    });
    let org_id = org_id.unwrap_or_else(|Damage { kind, says }| {
        let column = called.organization.and(columns.org_name);
        let place = column.or(columns.org_id).map_or(Place::row(*row), place);
        problems.push(Problem::of_kind(kind, place, says));
        None
    });
    let location = match read_id(location_cell, Kind::Location) {
        Ok(id) => Some(id),
        // Of an organisation that is none there is nothing to look up.
        Err(IdFault::Empty) if called.location.is_some() && !problems.is_empty() => None,
        Err(fault) => {
            let id = match called.location {
                Some(name) => register.location(org_id.as_deref(), name),
                None => Err(name_fault(&fault, location_cell, Kind::Location)),
            };
            id.map_err(|Damage { kind, says }| {
                let column = called.location.and(columns.location_name);
                let place = place(column.unwrap_or(columns.location()));
                problems.push(Problem::of_kind(kind, place, says));
            })
            .ok()
        }
    };
    let mut changes = [const { Change::Keep }; NUMBERS];
    for (index, text) in [one, two, three].into_iter().enumerate() {
        match read_change_in(text, country) {
            Ok(change) => changes[index] = change,
            Err(Damage { kind, says }) => {
                let column = columns.numbers[index].unwrap_or_default();
                problems.push(Problem::of_kind(kind, place(column), says));
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
                expected: Change::NONE,
            })
        }
        _ => Err(problems),
    }
}

/// Cells beyond the header's that are all empty do no harm: spreadsheets like to add them. Nor do
/// cells that are missing at the end, once the location's is there: Excel leaves out separators where
/// the last columns of sixteen rows are empty, people who type do so too, and any spreadsheet fills
/// such rows up when it saves them again. A separator that is missing further in moves an id into a
/// column where it is refused; only among the numbers it could go unseen, so such rows are counted
/// for the user to hear.
fn wrong_width(row: u64, record: &ByteRecord, columns: &Columns) -> Option<Problem> {
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

/// What a row calls its organisation and its location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Called<'r> {
    pub organization: Option<&'r str>,
    pub location: Option<&'r str>,
}

impl Called<'_> {
    pub fn is_any(&self) -> bool {
        self.organization.is_some() || self.location.is_some()
    }
}

/// The names that a row gives.
pub fn names_in<'r>(columns: &Columns, record: &'r ByteRecord) -> Called<'r> {
    Called {
        organization: text_in(columns.org_name, record),
        location: text_in(columns.location_name, record),
    }
}

fn text_in(column: Option<usize>, record: &ByteRecord) -> Option<&str> {
    let cell = record.get(column?)?;
    let text = std::str::from_utf8(cell).unwrap_or_default();
    let text = unprotected(text).trim_matches(ids::is_blank);
    (!text.is_empty()).then_some(text)
}

/// The names that stand in for ids which a row does not give.
pub fn called<'r>(columns: &Columns, record: &'r ByteRecord) -> Called<'r> {
    let stands_in = |name: Option<usize>, id: Option<usize>| {
        let name = text_in(name, record)?;
        text_in(id, record).is_none().then_some(name)
    };
    Called {
        organization: stands_in(columns.org_name, columns.org_id),
        location: stands_in(columns.location_name, columns.location_id),
    }
}

/// The organisation of a row. Where it gives no id, what it is called counts before `default_org`; but
/// a location with an id is found without that too.
pub fn read_org<'r>(
    cell: &'r str,
    called: &Called<'r>,
    default_org: Option<&str>,
    register: &Register,
    last_organisation: &LastOrganisation,
) -> Result<Option<Cow<'r, str>>, Damage> {
    match (last_organisation.read(cell), called.organization) {
        (Ok(id), _) => Ok(Some(id)),
        (Err(IdFault::Empty), Some(name))
            if called.location.is_some() || register.tells_organizations() =>
        {
            register.organization(name).map(Some)
        }
        (Err(IdFault::Empty), _) => Ok(default_org.map(|id| Cow::Owned(id.to_string()))),
        (Err(fault), _) => Err(name_fault(&fault, cell, Kind::Organization)),
    }
}

/// What is wrong with a cell that should hold an id.
fn name_fault(fault: &IdFault, cell: &str, kind: Kind) -> Damage {
    let (wanted, like) = match kind {
        Kind::Organization => (
            "an organisation's id",
            "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8…",
        ),
        Kind::Location => ("a location's id", "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OL…"),
    };
    let text = cell.trim_matches(ids::is_blank);
    let shown = shorten(text);
    let (kind, says) = match fault {
        IdFault::Empty => (
            ProblemKind::MissingId,
            format!("it is empty; {wanted} must stand here"),
        ),
        IdFault::OtherKind(found) => (
            ProblemKind::WrongColumn,
            format!("this is {found}, where {wanted} must stand: `{shown}`"),
        ),
        IdFault::NoId => match damage::of_id(text, kind) {
            Some(Damage { kind, says }) => (kind, format!("`{shown}` {says}")),
            None => (
                ProblemKind::NotAnId,
                format!("`{shown}` is not {wanted}; such an id looks like `{like}` or is a UUID"),
            ),
        },
    };
    Damage { kind, says }
}

/// The id in a cell.
pub(super) fn read_id(cell: &str, kind: Kind) -> Result<Id<'_>, IdFault> {
    ids::read(unprotected(cell), kind)
}

/// What a number cell asks for in a country, or what is wrong with it.
pub(super) fn read_change_in<'c>(
    cell: &'c str,
    country: Option<&Country>,
) -> Result<Change<'c>, Damage> {
    let change = read_change(cell)?;
    let (Change::Set(number), Some(country)) = (&change, country) else {
        return Ok(change);
    };
    match country.complete(number.clone()) {
        Ok(number) => Ok(Change::Set(number)),
        Err(_) => Err(Damage {
            kind: ProblemKind::CountryUnclear,
            says: format!(
                "`{}` can be read with or without the country code {code}; write it as {code}…",
                shorten(cell),
                code = country.code()
            ),
        }),
    }
}

/// What a number cell asks for, or what is wrong with it.
fn read_change(cell: &str) -> Result<Change<'_>, Damage> {
    match cell {
        "" => return Ok(Change::Keep),
        REMOVE => return Ok(Change::Clear),
        number if is_number(number) => return Ok(Change::Set(Cow::Borrowed(number))),
        _ => {}
    }
    let text = unprotected(cell.trim_matches(ids::is_blank));
    let text = text.trim_matches(|character| ids::is_blank(character) || ids::is_quote(character));
    if text.is_empty() {
        return Ok(Change::Keep);
    }
    if text.eq_ignore_ascii_case(REMOVE) {
        return Ok(Change::Clear);
    }
    let refuse = |kind, why: &str| {
        let says = format!("`{}` {why}", shorten(text));
        Err(Damage { kind, says })
    };
    if let Some(Damage { kind, says }) = damage::of_raw_number(text) {
        return refuse(kind, &says);
    }
    let number = without_separators(text);
    if is_number(&number) {
        return Ok(Change::Set(Cow::Owned(number)));
    }
    let is_number_cell = |part: &str| is_number(&without_separators(part));
    if let Some(Damage { kind, says }) = damage::of_no_number(text, is_number_cell) {
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
            "+12025550101 +12025550102",
            "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f607",
        ]
        .iter()
        .map(|cell| read_change(cell).expect_err(cell).says)
        .collect();
        insta::assert_snapshot!(said.join("\n"), @"
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
