//! What keeps a cell from being a number, in words.

use crate::model::ids;
use crate::sheet::cell_diagnostics::{CellDiagnostic, ID_BEGINS, all_digits, damage, look_alike};
use crate::sheet::country::{Country, Unclear};
use crate::sheet::digit_groups::COMPLETE;
use crate::sheet::group_faults::GroupFault;
use crate::sheet::numbering_plan::{LONGEST, Plan};
use crate::sheet::problem_kind::ProblemKind;

/// `+49 (0) 30 1234567`.
pub(super) fn of_optional_zero(text: &str) -> Option<CellDiagnostic> {
    text.replace(ids::is_blank, "").contains("(0)").then(|| {
        damage(
            ProblemKind::OptionalZero,
            "has a `(0)` in it, which is dialed only inside the country; after a country code leave it out, otherwise write 0 without brackets",
        )
    })
}

/// Names what keeps a cell from being a number, where it is known; `is_number` tells whether a
/// part of it would be one.
pub(super) fn of_no_number(text: &str, is_number: impl Fn(&str) -> bool) -> Option<CellDiagnostic> {
    if text.starts_with(ID_BEGINS) || ids::read(text, ids::LOCATION).is_ok() {
        return Some(damage(
            ProblemKind::WrongColumn,
            "is an id, but this column holds phone numbers; are the cells of this row in the wrong columns?",
        ));
    }
    if has_thousands_separators(text) {
        return Some(damage(
            ProblemKind::Thousands,
            "has thousands separators; format the cell as text and take them out",
        ));
    }
    if holds_several(text, &is_number) {
        return Some(several_numbers());
    }
    look_alike(text, is_number)
}

/// Numbers below each other, which would be as good as one without the line break.
pub(super) fn of_several_lines(text: &str) -> Option<CellDiagnostic> {
    let lines = text.split(is_line_end);
    let with_digits = lines.filter(|line| line.contains(char::is_numeric));
    (with_digits.count() > 1).then(several_numbers)
}

pub(super) fn several_numbers() -> CellDiagnostic {
    damage(
        ProblemKind::SeveralNumbers,
        "holds more than one number; leave one in this cell and put the others into n1, n2 or n3",
    )
}

/// `12,025,550,101`. Groups that begin with three digits, `501,502`, may as well be numbers of
/// their own.
fn has_thousands_separators(text: &str) -> bool {
    let text = match text.rsplit_once('.') {
        Some((whole, fraction)) if all_digits(fraction) => whole,
        _ => text,
    };
    [',', '\'', '\u{2019}'].into_iter().any(|separator| {
        let mut groups = text.split(separator);
        let first = groups.next().unwrap_or_default();
        let mut rest = groups.peekable();
        all_digits(first)
            && first.len() < 3
            && rest.peek().is_some()
            && rest.all(|group| group.len() == 3 && all_digits(group))
    })
}

fn holds_several(text: &str, is_number: &impl Fn(&str) -> bool) -> bool {
    let all_are_numbers = |parts: Vec<&str>| parts.len() > 1 && parts.into_iter().all(is_number);
    let marked = text.replace(" or ", "/").replace(" and ", "/");
    let is_between =
        |character| is_line_end(character) || matches!(character, '/' | ';' | ',' | '|' | '&');
    let parts = marked.split(is_between);
    let words: Vec<&str> = text.split_whitespace().collect();
    all_are_numbers(
        parts
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect(),
    ) || all_are_numbers(words)
        || (text.starts_with('+') && all_are_numbers(text[1..].split('+').map(str::trim).collect()))
}

fn is_line_end(character: char) -> bool {
    matches!(
        character,
        '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}'
    )
}

pub(super) fn say_trunk(plan: &Plan, after_code: &str, rest: &str) -> String {
    format!(
        "has `{}` (the trunk prefix, dialed only inside the country) after the country code +{code}; write +{code}{rest}",
        &after_code[..after_code.len() - rest.len()],
        code = plan.code
    )
}

pub(super) fn lacks_zero(plan: &Plan, after_code: &str) -> Option<CellDiagnostic> {
    plan.lacks_zero(after_code).then(|| CellDiagnostic {
        kind: ProblemKind::TrunkPrefix,
        says: format!(
            "lacks the 0 that such numbers of +{code} keep after the country code; write +{code}0{after_code}",
            code = plan.code
        ),
    })
}

pub(super) fn say_zero(digits: &str) -> String {
    let prefix = ["00", "011"].into_iter().find(|prefix| {
        let rest = digits.strip_prefix(prefix);
        rest.is_some_and(|rest| Plan::of_international(rest).is_some())
    });
    match prefix {
        Some(prefix) => format!(
            "has the prefix `{prefix}` after the `+`, which means the same; write +{}",
            &digits[prefix.len()..]
        ),
        None => {
            "has a `0` after the `+`, but no country code begins with 0; replace the 0 with the country code"
                .to_string()
        }
    }
}

pub(super) fn say_fault(fault: GroupFault, digits: &str) -> CellDiagnostic {
    let (kind, says) = match fault {
        GroupFault::Minus => (
            ProblemKind::Negative,
            "has a minus sign at an end or is all in brackets, which a spreadsheet takes for a negative amount; format the cell as text and type the digits alone".to_string(),
        ),
        GroupFault::Decimal => (
            ProblemKind::Decimal,
            "has a decimal point, as if it were an amount; format the cell as text and enter the phone number with digits only".to_string(),
        ),
        GroupFault::Range => (
            ProblemKind::Range,
            "is a range; put one number into the cell".to_string(),
        ),
        GroupFault::Ambiguous if digits.len() > LONGEST => (
            ProblemKind::SeveralNumbers,
            "is a range or two numbers; leave one in this cell and put the other into n1, n2 or n3".to_string(),
        ),
        GroupFault::Ambiguous if digits.len() < COMPLETE => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a range, two numbers or one number of {} digits; if it is one, write it as {digits}",
                digits.len()
            ),
        ),
        GroupFault::Ambiguous => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a range, two numbers or one number of {} digits; for one number, write + and the country code, or {digits}; for two, put the second into n1, n2 or n3",
                digits.len()
            ),
        ),
        GroupFault::PossiblyRange(whole) => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a range, two numbers or one number; if it is one, write {whole}; for two, put the second into n1, n2 or n3"
            ),
        ),
        GroupFault::PossiblyDate => (
            ProblemKind::SeveralNumbers,
            format!(
                "could be a date, a range, two numbers or one number of {} digits; if it is one, write it as {digits}",
                digits.len()
            ),
        ),
        GroupFault::PossiblyListed => (
            ProblemKind::SeveralNumbers,
            format!(
                "begins as a line of a list does; write the number alone, or {digits} if that is the number"
            ),
        ),
        GroupFault::Extension { complete, rest } => (
            ProblemKind::Extension,
            format!(
                "has `{rest}` after the complete number `{complete}`: an extension or the end of a range? Enter {complete} alone"
            ),
        ),
        GroupFault::PossiblyExtension { complete, rest } => (
            ProblemKind::Extension,
            format!(
                "has `{rest}` after `{complete}`, which is a complete number: if `{rest}` is an extension, enter {complete} alone; if all of it is one number, write {complete}{rest}"
            ),
        ),
    };
    CellDiagnostic { kind, says }
}

pub(super) fn not_a_number() -> CellDiagnostic {
    CellDiagnostic {
        kind: ProblemKind::NotANumber,
        says: "is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number".to_string(),
    }
}

/// A slash behind what may be an area code.
pub(super) fn one_or_two(plain: &str) -> CellDiagnostic {
    let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
    CellDiagnostic {
        kind: ProblemKind::SeveralNumbers,
        says: format!(
            "holds more than one number, or one with a slash behind its area code; for one number, write {digits}; for two, leave one in this cell and put the other into n1, n2 or n3"
        ),
    }
}

pub(super) fn say_unclear(unclear: &Unclear, digits: &str, country: &Country) -> CellDiagnostic {
    let code = country.code();
    let after_code = digits.strip_prefix(&code[1..]).unwrap_or(digits);
    let (kind, says) = match unclear {
        Unclear::WithCode => (
            ProblemKind::CountryUnclear,
            format!(
                "can be read with or without the country code {code}, as {code}{after_code} or as {code}{digits}; write the one that is meant"
            ),
        ),
        Unclear::KeptTrunk(rest) => {
            let says = say_trunk(country.plan(), after_code, rest);
            let may_be_national = country.plan().national(digits) == Some(digits);
            let own = &code[1..];
            let says = if may_be_national {
                format!("{says}, or {code}{digits} if {own} is part of its area code")
            } else {
                says
            };
            (ProblemKind::TrunkPrefix, says)
        }
        Unclear::BehindTrunk(rest) => {
            return behind_trunk_and_code(country.plan(), digits, rest);
        }
    };
    CellDiagnostic { kind, says }
}

/// `rest` follows the country code, which stands behind a trunk prefix at the beginning of the digits.
pub(super) fn behind_trunk_and_code(plan: &Plan, digits: &str, rest: &str) -> CellDiagnostic {
    let code = &plan.code;
    let trunk = &digits[..digits.len() - code.len() - rest.len()];
    let national = plan
        .national(digits)
        .filter(|national| plan.is_ordinary(national.len()));
    let or_national = national.map_or_else(String::new, |national| {
        format!(", or +{code}{national} if {code} is part of its area code")
    });
    CellDiagnostic {
        kind: ProblemKind::CountryUnclear,
        says: format!(
            "has the country code {code} behind `{trunk}`, which is dialed only inside the country; write +{code}{rest}{or_national}"
        ),
    }
}
