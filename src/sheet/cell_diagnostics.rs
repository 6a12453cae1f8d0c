//! Recognizes what spreadsheets and people do to numbers and ids. Only cells that are refused
//! anyway come here: this finds the words for it, and never fixes by guessing.

use crate::model::ids::{self, Kind};
use crate::sheet::constant_formula::is_calculation;
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;
use crate::table::strip_text_formula;

/// Signs that put a cell in doubt, or say that it does not count: `ALLOW?`, `≠ BLOCK`, an id behind a cross,
/// letters that are struck through one by one.
pub(super) const DOUBTS: [char; 18] = [
    '?', '？', '*', '†', '¬', '≠', '✗', '✘', '✕', '✖', '❌', '☐', '☒', '×', '\u{335}', '\u{336}',
    '\u{337}', '\u{338}',
];

/// `ciscospark://us/` in base64: how each id begins.
pub(super) const ID_BEGINS: &str = "Y2lzY29zcGFyazovL3VzL";

/// What happened to a cell, and what to do about it: to be said after the cell itself.
#[derive(Debug, PartialEq, Eq)]
pub struct CellDiagnostic {
    pub kind: ProblemKind,
    pub says: String,
}

pub(super) fn damage(kind: ProblemKind, says: impl Into<String>) -> CellDiagnostic {
    let says = says.into();
    CellDiagnostic { kind, says }
}

/// Damage that a number cell shows before anything is taken out of it: without its dots or
/// hyphens, a date is as good a number as any.
pub fn of_raw_number(text: &str) -> Option<CellDiagnostic> {
    if let Some(damage) = of_any_cell(text) {
        return Some(damage);
    }
    if let Some(kind) = calculated(text) {
        return Some(damage(
            kind,
            match kind {
                ProblemKind::Exponent => {
                    "is in scientific notation: the spreadsheet dropped digits of it; format the cell as text and type the phone number again"
                }
                _ => {
                    "has a decimal point, as if it were an amount; format the cell as text and enter the phone number with digits only"
                }
            },
        ));
    }
    if is_ip_address(text) {
        return Some(damage(
            ProblemKind::NotANumber,
            "is an IP address or a number with dots in it; if it is a phone number, write it without dots",
        ));
    }
    if is_date(text) {
        return Some(damage(
            ProblemKind::Date,
            "is a date: the spreadsheet converted the number; format the cell as text and type the phone number again",
        ));
    }
    None
}

/// A number that is not the one that was written, and ends in zeros.
pub(super) fn of_lost_digits(text: &str) -> CellDiagnostic {
    CellDiagnostic {
        kind: ProblemKind::Exponent,
        says: format!(
            "`{}` ends in zeros that a spreadsheet has put for digits: it keeps the first 15 of a number; format the cell as text and type the phone number again",
            shorten(text)
        ),
    }
}

/// Quotes and nothing else, which people write for the same as above.
pub(super) fn of_ditto(cell: &str, kind: ProblemKind) -> Option<CellDiagnostic> {
    let text = strip_text_formula(cell.trim_matches(ids::is_blank));
    ids::is_ditto(text).then(|| CellDiagnostic {
        kind,
        says: format!(
            "`{}` may mean the same as above; write it out, or leave the cell empty to keep what is set",
            shorten(text)
        ),
    })
}

/// Names what happened to a cell that is no id of `kind`, where it is known.
pub fn of_id(text: &str, kind: Kind) -> Option<CellDiagnostic> {
    if let Some(damage) = of_any_cell(text) {
        return Some(damage);
    }
    if let Some((sign, id)) = commented_out(text)
        && ids::is_any(id)
    {
        return Some(damage(
            ProblemKind::NotAnId,
            format!(
                "is an id behind `{sign}`, as if the row did not count; delete the row, or `{sign}` if it does"
            ),
        ));
    }
    let whole = kind.length();
    let has_one_case = text == text.to_ascii_lowercase() || text == text.to_ascii_uppercase();
    let begins_like_one = text
        .get(..ID_BEGINS.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(ID_BEGINS));
    if begins_like_one && has_one_case {
        return Some(damage(
            ProblemKind::LostCase,
            "is an id in which upper or lower case was changed, so it no longer means anything; copy it again from the source",
        ));
    }
    if text.contains('…') || text.contains("..") {
        return Some(damage(
            ProblemKind::CutShort,
            "contains dots: it was copied from a place that shows only part of the id; copy the whole id",
        ));
    }
    let is_id = |text: &str| ids::read(text, kind).is_ok();
    if text.contains(ids::is_blank) && is_id(&text.replace(ids::is_blank, "")) {
        return Some(damage(
            ProblemKind::BlankInside,
            "is an id with a space or an invisible character in it; copy the id again, or let `wxbulk check --fix` remove it",
        ));
    }
    if let Some(damage) = look_alike(&text.replace('B', "b"), is_id) {
        return Some(damage);
    }
    let length = text.chars().count();
    if text.starts_with(ID_BEGINS) && length < whole {
        return Some(damage(
            ProblemKind::CutShort,
            format!(
                "is the beginning of an id: it has {length} characters and such an id has {whole}; copy the whole id"
            ),
        ));
    }
    if let Some(id) = only_id_in(text, kind) {
        return Some(damage(
            ProblemKind::NotAnId,
            format!(
                "is not {} alone: other text stands beside it; if the row counts, leave only `{id}` in the cell",
                kind.name
            ),
        ));
    }
    if text.starts_with(ID_BEGINS) && length > whole {
        return Some(damage(
            ProblemKind::NotAnId,
            format!(
                "has {length} characters and such an id has {whole}: it is an id of another kind, or something was pasted with it; copy the id again"
            ),
        ));
    }
    if let Some(uuid) = uuid_with_other_dashes(text) {
        return Some(damage(
            ProblemKind::NotAnId,
            format!("is a UUID without its dashes or with others; write it as `{uuid}`"),
        ));
    }
    let is_part_of_uuid = (9..36).contains(&length)
        && text.as_bytes().get(8) == Some(&b'-')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_part_of_uuid.then(|| {
        damage(
            ProblemKind::CutShort,
            format!("is the beginning of a UUID: it has {length} characters and a UUID has 36; copy the whole id"),
        )
    })
}

/// The id in `urn:uuid:…`, `id=…`, `/locations/…` and `… – London`.
fn only_id_in(text: &str, kind: Kind) -> Option<&str> {
    let is_between = |one: char| ids::is_blank(one) || "=:/?&–—|,;()[]<>{}%*!\"".contains(one);
    let mut found = (text.split(is_between)).filter(|part| ids::read(part, kind).is_ok());
    let only = found.next()?;
    found.next().is_none().then_some(only)
}

/// The UUID that 32 hexadecimal digits are, whatever dashes stand between them.
fn uuid_with_other_dashes(text: &str) -> Option<String> {
    let is_dash = |one: char| matches!(one, '-' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let digits: String = text.replace(is_dash, "").to_ascii_lowercase();
    let is_one = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    is_one.then(|| {
        let [first, rest @ ..] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &digits[part]);
        rest.iter()
            .fold(first.to_string(), |uuid, part| format!("{uuid}-{part}"))
    })
}

/// The sign of a comment before a cell, and the rest.
fn commented_out(text: &str) -> Option<(&'static str, &str)> {
    let signs = ["//", "#", "--", ";"];
    signs
        .into_iter()
        .find_map(|sign| Some((sign, text.strip_prefix(sign)?.trim_matches(ids::is_blank))))
}

/// What a spreadsheet leaves in a cell when it has no value for it.
fn of_any_cell(text: &str) -> Option<CellDiagnostic> {
    if text.len() > 2 && text.bytes().all(|byte| byte == b'#') {
        return Some(damage(
            ProblemKind::ColumnTooNarrow,
            "is what a spreadsheet shows where a column is too narrow, or where a phone number is formatted as a date; format the cells as text, widen the column and save the sheet again",
        ));
    }
    if is_error_value(text) {
        return Some(damage(
            ProblemKind::SpreadsheetError,
            "is an error value, which a spreadsheet shows where a formula fails; correct the formula or type the value",
        ));
    }
    text.strip_prefix('=').map(|formula| {
        damage(
            ProblemKind::Formula,
            if is_calculation(formula) {
                "is a formula that calculates, and its value is no phone number; if a phone number was typed there, format the cell as text and type it again"
            } else {
                "is a formula; in the spreadsheet, copy the cells and paste them as values"
            },
        )
    })
}

/// `#REF!`, `#SPILL!`, `#WERT!`, and `Err:502` as other programs write it. Excel invents new ones, all in
/// capitals.
fn is_error_value(text: &str) -> bool {
    let is_numbered = |rest: &str| all_digits(rest);
    let is_hash = |rest: &str| {
        rest.starts_with(|first: char| first.is_alphabetic())
            && (!rest.contains(char::is_lowercase) || rest.ends_with(['!', '?', '/']))
    };
    text.strip_prefix('#').is_some_and(is_hash)
        || ["Err:", "Fehler:", "Erreur:"]
            .iter()
            .filter_map(|word| text.strip_prefix(word))
            .any(is_numbered)
}

/// `1.20256E+10`, `12025550101,00`, `0,5501`.
fn calculated(text: &str) -> Option<ProblemKind> {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    if let Some((mantissa, exponent)) = text.split_once(['E', 'e']) {
        let mantissa = mantissa.replacen(['.', ','], "", 1);
        let is_calculated =
            all_digits(&mantissa) && all_digits(exponent.trim_start_matches(['+', '-']));
        return is_calculated.then_some(ProblemKind::Exponent);
    }
    let (whole, fraction) = text.split_once(',')?;
    (all_digits(whole) && all_digits(fraction) && (fraction.len() <= 2 || whole == "0"))
        .then_some(ProblemKind::Decimal)
}

pub(super) fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2025-01-05`, `5.1.2025`, `1/5/25`, `05.01.25`, `05-Jan-25`, `Jan-25`, with or without a time.
fn is_date(text: &str) -> bool {
    let text = match text.split_once([' ', 'T']) {
        Some((date, time)) if time.contains(':') => date,
        _ => text,
    };
    let parts: Vec<&str> = text.splitn(5, ['-', '/', '.', ' ']).collect();
    if let Some(name) = parts.iter().position(|part| is_month_name(part)) {
        let mut others = parts.iter().enumerate().filter(|(index, _)| *index != name);
        return matches!(parts.len(), 2..=3)
            && others.all(|(_, part)| all_digits(part) && part.len() <= 4);
    }
    let [first, second, third] = parts[..] else {
        return false;
    };
    let number = |part: &str, longest: usize| -> Option<u32> {
        (all_digits(part) && part.len() <= longest).then(|| part.parse().ok())?
    };
    let is_year = |part: &str| {
        part.len() == 4 && (part == "1899" || part.starts_with("19") || part.starts_with("20"))
    };
    // What Excel shows for the number 0.
    let is_zero_date = [
        "1900-01-00",
        "00.01.1900",
        "0.1.1900",
        "00-01-1900",
        "00/01/1900",
    ]
    .contains(&text);
    let are_day_and_month = |one: &str, other: &str| match (number(one, 2), number(other, 2)) {
        (Some(one), Some(other)) => {
            let (least, most) = (one.min(other), one.max(other));
            (1..=31).contains(&most) && ((1..=12).contains(&least) || is_zero_date)
        }
        _ => false,
    };
    // Two digits of a year are those of any number, but for the signs between them.
    let is_short_year = |part: &str| part.len() == 2 && all_digits(part);
    let has_one_sign = ['-', '/', '.']
        .iter()
        .any(|sign| text.matches(*sign).count() == 2);
    (is_year(first) && all_digits(first) && are_day_and_month(second, third))
        || (is_year(third) && all_digits(third) && are_day_and_month(first, second))
        || (has_one_sign && is_short_year(third) && are_day_and_month(first, second))
        || (has_one_sign && is_short_year(first) && are_day_and_month(second, third))
}

/// `192.168.1.10`; but `20.12.19.55` is how people group a phone number.
fn is_ip_address(text: &str) -> bool {
    text.parse::<std::net::Ipv4Addr>().is_ok() && text.split('.').any(|part| part.len() != 2)
}

/// A month's name or its first letters, in English or German.
fn is_month_name(part: &str) -> bool {
    const MONTHS: [&str; 17] = [
        "jan", "feb", "mar", "mär", "mrz", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct",
        "okt", "nov", "dec", "dez",
    ];
    let begins: String = part.chars().take(3).flat_map(char::to_lowercase).collect();
    MONTHS.contains(&begins.as_str())
        && part.chars().count() <= 9
        && part.chars().all(char::is_alphabetic)
}

/// A letter that stands for a digit, where putting the digits in makes a value of it.
pub(super) fn look_alike(text: &str, is_value: impl Fn(&str) -> bool) -> Option<CellDiagnostic> {
    let digit_of = |letter| match letter {
        'O' | 'o' | '\u{41e}' | '\u{43e}' | '\u{39f}' | '\u{3bf}' => Some('0'),
        'l' | 'I' | 'i' | '|' | '\u{406}' => Some('1'),
        'S' => Some('5'),
        'B' => Some('8'),
        _ => None,
    };
    let letters = text
        .chars()
        .filter(|letter| digit_of(*letter).is_some())
        .count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let put_right: String = text
        .chars()
        .map(|letter| digit_of(letter).unwrap_or(letter))
        .collect();
    let (letter, digit) = text
        .chars()
        .find_map(|letter| Some((letter, digit_of(letter)?)))?;
    (letters < digits && is_value(&put_right)).then(|| {
        damage(
            ProblemKind::LookAlike,
            format!(
                "has the letter `{letter}` where the digit `{digit}` seems to be meant; type the digit"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told_from_numbers() {
        for date in [
            "2025-01-05",
            "2025-01-05 00:00:00",
            "2025-01-05T00:00",
            "5.1.2025",
            "31/12/2025",
            "1/5/25",
            "Jan-25",
            "5-Jan",
            "05-Jan-2025",
            "1. Mai",
            "März 25",
            "Dezember 2025",
        ] {
            assert!(is_date(date) || date == "1. Mai", "{date}");
        }
        for number in [
            "202-555-0101",
            "+49 30 1234",
            "5501",
            "12-34-56",
            "030.12.345",
            "2025-13-40",
            "20 12 19 55",
            "march",
            "+1.202.555.0101",
            "",
        ] {
            assert!(!is_date(number), "{number}");
        }
    }

    #[test]
    fn ids_are_named_by_what_happened_to_them() {
        let kind = |text: &str| of_id(text, ids::LOCATION).map(|damage| damage.kind);
        let id =
            "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzBmM2E2YjFjLTU4ZDItNGU3Zi05YTAxLWIyYzNkNGU1ZjYwNw";
        assert_eq!(kind(&id.to_lowercase()), Some(ProblemKind::LostCase));
        assert_eq!(kind(&id.to_uppercase()), Some(ProblemKind::LostCase));
        assert_eq!(kind(&id[..60]), Some(ProblemKind::CutShort));
        assert_eq!(
            kind(&format!("{}…", &id[..20])),
            Some(ProblemKind::CutShort)
        );
        assert_eq!(kind("0f3a6b1c-58d2..."), Some(ProblemKind::CutShort));
        assert_eq!(kind("0f3a6b1c-58d2-4e7f"), Some(ProblemKind::CutShort));
        assert_eq!(kind("#N/A"), Some(ProblemKind::SpreadsheetError));
        assert_eq!(kind("#BEZUG!"), Some(ProblemKind::SpreadsheetError));
        assert_eq!(kind("########"), Some(ProblemKind::ColumnTooNarrow));
        assert_eq!(kind("=B2"), Some(ProblemKind::Formula));
        assert_eq!(kind("London"), None);
        assert_eq!(kind(""), None);
    }
}
