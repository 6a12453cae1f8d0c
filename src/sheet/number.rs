//! What a cell with a number asks for: digits as they are sent, `REMOVE`, nothing; or what is wrong with
//! it. Only what helps to read a number is taken out, and no digit is guessed.

use std::borrow::Cow;

use crate::model::change::Change;
use crate::model::ids;
use crate::model::wording::plural;
use crate::sheet::ambiguous_country_code;
use crate::sheet::area_slash::{self, Slash};
use crate::sheet::cell_diagnostics::{self, CellDiagnostic};
use crate::sheet::country::Country;
use crate::sheet::dialed_abroad;
use crate::sheet::dialing_prefix;
use crate::sheet::digit_groups::DigitGroups;
use crate::sheet::group_faults::{GroupFault, LONGEST_EXTENSION, dialed_in_australia};
use crate::sheet::number_faults::{
    self, lacks_zero, not_a_number, one_or_two, say_fault, say_trunk, say_unclear, say_zero,
};
use crate::sheet::number_words;
use crate::sheet::numbering_plan::{LONGEST, NORTH_AMERICA, Plan};
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::wait_sign;
use crate::table::strip_text_formula;

/// Digits that a number without `+` has: an extension has two at least, and the service takes 30
/// characters at most.
const DIGITS: std::ops::RangeInclusive<usize> = 2..=30;

/// Digits of a number in the areas that have the code `011`: Buenos Aires, Delhi, Johannesburg, Turin.
const LONGEST_OF_AREA_011: usize = 12;

/// Digits of a number of North America, without its country code.
const NORTH_AMERICAN: usize = 10;

/// With its country code, in digits; there are islands that need no more.
const SHORTEST_INTERNATIONAL: usize = 7;

/// The right-to-left override.
const SHOWS_BACKWARDS: char = '\u{202e}';

/// The word that clears a number, in any case; Control Hub's own sheets use it too.
pub const REMOVE: &str = "REMOVE";

/// What a number cell asks for, or what is wrong with it. Bare national numbers are those of `country`.
pub(super) fn read_change<'c>(
    cell: &'c str,
    country: Option<&Country>,
) -> Result<Change<'c>, CellDiagnostic> {
    match cell {
        "" => return Ok(Change::Keep),
        REMOVE => return Ok(Change::Clear),
        number if is_sent_as_it_stands(number, country) => {
            return Ok(Change::Set(Cow::Borrowed(number)));
        }
        _ => {}
    }
    if cell.contains(SHOWS_BACKWARDS) {
        return Err(CellDiagnostic {
            kind: ProblemKind::LookAlike,
            says: format!(
                "`{}` has an invisible character in it that shows the digits backwards; type the phone number again",
                shorten(cell)
            ),
        });
    }
    let text = strip_text_formula(cell.trim_matches(ids::is_blank));
    let text = text.trim_matches(|character| ids::is_blank(character) || ids::is_quote(character));
    if text.is_empty() {
        return cell_diagnostics::of_ditto(cell, ProblemKind::NotANumber)
            .map_or(Ok(Change::Keep), Err);
    }
    if text.eq_ignore_ascii_case(REMOVE) {
        return Ok(Change::Clear);
    }
    match read_number(text, country) {
        Ok(number) => Ok(Change::Set(Cow::Owned(number))),
        Err(CellDiagnostic { kind, says }) => Err(CellDiagnostic {
            kind,
            says: format!("`{}` {says}", shorten(text)),
        }),
    }
}

/// Most cells hold nothing but a number, at which nothing needs a closer look.
fn is_sent_as_it_stands(cell: &str, country: Option<&Country>) -> bool {
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match cell.strip_prefix('+') {
        Some(digits) => {
            all_digits(digits)
                && DigitGroups::read(cell)
                    .is_some_and(|groups| international(&groups, digits, country).is_none())
        }
        None => {
            country.is_none()
                && DIGITS.contains(&cell.len())
                && all_digits(cell)
                && !is_two_numbers(cell)
                && (!cell.starts_with('0')
                    || DigitGroups::read(cell)
                        .is_some_and(|groups| prefixed_fault(&groups, cell, None).is_none()))
        }
    }
}

fn read_number(text: &str, country: Option<&Country>) -> Result<String, CellDiagnostic> {
    if let Some(diagnostic) = cell_diagnostics::of_raw_number(text) {
        return Err(diagnostic);
    }
    let mut plain = in_plain_characters(text);
    if let Some(diagnostic) = number_faults::of_optional_zero(&plain) {
        return Err(diagnostic);
    }
    if let Some(diagnostic) = wait_sign::read(plain.trim()) {
        return Err(diagnostic);
    }
    match area_slash::read(&plain, country) {
        Slash::OfNumber(number) => plain = number,
        Slash::Possibly => return Err(one_or_two(&plain)),
        Slash::Other => {}
    }
    let Some(groups) = DigitGroups::read(&plain) else {
        let is_number = |part: &str| {
            let plain = in_plain_characters(part);
            let groups = DigitGroups::read(&plain);
            groups.is_some_and(|groups| DIGITS.contains(&groups.digits().len()))
        };
        return Err(number_words::read(text, is_number)
            .or_else(|| number_faults::of_no_number(text, is_number))
            .unwrap_or_else(not_a_number));
    };
    if let Some(diagnostic) = number_faults::of_several_lines(text) {
        return Err(diagnostic);
    }
    let digits = groups.digits();
    let refuse = |fault| Err(say_if_it_helps(fault, &digits, country));
    if let Some(fault) = groups.sign_or_point() {
        return refuse(fault);
    }
    if groups.has_plus() {
        return match international(&groups, &digits, country) {
            None => Ok(format!("+{digits}")),
            Some(diagnostic) => Err(diagnostic),
        };
    }
    if let Some(country) = country {
        let after_trunk = digits.strip_prefix('0').unwrap_or(&digits);
        if let Some(diagnostic) = dialing_prefix::of_own_area(country.plan(), after_trunk) {
            return Err(diagnostic);
        }
    }
    if let Some(country) = country
        && let Some(after_code) = country
            .complete(&digits)
            .map_err(|unclear| say_unclear(&unclear, &digits, country))?
    {
        if let Some(diagnostic) = dialed_abroad::or_of_country(&digits, after_code, country) {
            return Err(diagnostic);
        }
        return of_country(&groups, &digits, after_code, country);
    }
    if let Some(country) = country {
        if let Some(dialed) = dialed_abroad::read(&groups, &digits, country)? {
            let groups = groups.without_exit_code(dialed.prefix);
            return match groups.fault_in(dialed.plan, dialed.after_code) {
                None => Ok(digits),
                Some(fault) => refuse(fault),
            };
        }
        if let Some(diagnostic) = dialing_prefix::before_number(country.plan(), &digits, true) {
            return Err(diagnostic);
        }
        let is_complete = |digits: &str| matches!(country.complete(digits), Ok(Some(_)));
        if let Some(fault) = groups.fault_behind_complete(is_complete) {
            return refuse(fault);
        }
    }
    if let Some(fault) = groups.fault_without_country() {
        return refuse(fault);
    }
    let of_no_country = || ambiguous_country_code::of_no_country(&groups, &digits, country?);
    if let Some(diagnostic) = prefixed_fault(&groups, &digits, country).or_else(of_no_country) {
        return Err(diagnostic);
    }
    if is_two_numbers(&digits) {
        return Err(number_faults::several_numbers());
    }
    if !DIGITS.contains(&digits.len()) {
        return Err(CellDiagnostic {
            kind: ProblemKind::WrongLength,
            says: format!(
                "has {}; enter a number of {} to {} digits",
                plural(digits.len() as u64, "digit"),
                DIGITS.start(),
                DIGITS.end()
            ),
        });
    }
    Ok(digits)
}

/// The number of a country that digits are after its code.
fn of_country(
    groups: &DigitGroups<'_>,
    digits: &str,
    after_code: &str,
    country: &Country,
) -> Result<String, CellDiagnostic> {
    let plan = country.plan();
    let mut fault = groups.fault_in(plan, after_code);
    if fault.is_none() && !plan.is_strict() {
        fault = groups.fault_without_country();
    }
    if let Some(fault) = fault {
        return Err(say_if_it_helps(fault, digits, Some(country)));
    }
    let wrong = ambiguous_country_code::of_another_country(groups, digits, after_code, country)
        .or_else(|| lacks_zero(plan, after_code))
        .or_else(|| ambiguous_country_code::with_two_codes(groups, plan, after_code))
        .or_else(|| ambiguous_country_code::behind_trunk(groups, plan, digits, after_code));
    match wrong {
        None => Ok(format!("+{}{after_code}", plan.code)),
        Some(diagnostic) => Err(diagnostic),
    }
}

/// What the grouping of a number says. A number that it calls complete is accepted by itself: behind a prefix
/// that is dialed before a mobile or by a carrier, `0351 15-123-4567`, its beginning is none.
fn say_if_it_helps(fault: GroupFault, digits: &str, country: Option<&Country>) -> CellDiagnostic {
    match &fault {
        GroupFault::Extension { complete, .. } | GroupFault::PossiblyExtension { complete, .. }
            if read_number(complete, country).is_err() =>
        {
            let of_country = country.map(|country| format!(" of {}", country.code()));
            wrong_length(format!(
                "is no number{} as it is grouped; write + and the country code, without what is dialed before the number within the country",
                of_country.unwrap_or_default()
            ))
        }
        _ => say_fault(fault, digits),
    }
}

/// What is wrong with a number that begins with `+`.
fn international(
    groups: &DigitGroups<'_>,
    digits: &str,
    country: Option<&Country>,
) -> Option<CellDiagnostic> {
    if digits.starts_with('0') {
        return Some(CellDiagnostic {
            kind: ProblemKind::CountryCode,
            says: say_zero(digits),
        });
    }
    let found = Plan::of_international(digits);
    let Some((plan, after_code)) = found else {
        if !(SHORTEST_INTERNATIONAL..=LONGEST).contains(&digits.len()) {
            let says = format!(
                "has {} after the `+`; enter the country code and the number, {SHORTEST_INTERNATIONAL} to {LONGEST} digits in all",
                plural(digits.len() as u64, "digit")
            );
            return Some(wrong_length(says));
        }
        return ambiguous_country_code::without_code(groups, digits, found, country);
    };
    if plan.without_kept_trunk(after_code).is_none()
        && !plan.is_possible(after_code.len())
        && let Some(diagnostic) = dialing_prefix::before_number(plan, after_code, false)
    {
        return Some(diagnostic);
    }
    if plan.without_kept_trunk(after_code).is_none()
        && let Some(fault) = groups.fault_in(plan, after_code)
    {
        return Some(say_if_it_helps(fault, digits, country));
    }
    fault_after_code(plan, after_code)
        .or_else(|| ambiguous_country_code::without_code(groups, digits, found, country))
        .or_else(|| ambiguous_country_code::with_two_codes(groups, plan, after_code))
}

/// What is wrong with the digits that follow a country code.
fn fault_after_code(plan: &Plan, after_code: &str) -> Option<CellDiagnostic> {
    if let Some(diagnostic) = dialing_prefix::of_own_area(plan, after_code) {
        return Some(diagnostic);
    }
    if let Some(rest) = plan.without_kept_trunk(after_code) {
        if let Some(behind) = plan.behind_trunk_and_code(after_code) {
            return Some(number_faults::behind_trunk_and_code(
                plan, after_code, behind,
            ));
        }
        return Some(CellDiagnostic {
            kind: ProblemKind::TrunkPrefix,
            says: say_trunk(plan, after_code, rest),
        });
    }
    if let Some(diagnostic) = lacks_zero(plan, after_code) {
        return Some(diagnostic);
    }
    let is_long = plan.code.len() + after_code.len() > LONGEST;
    (is_long || !plan.is_possible(after_code.len())).then(|| {
        wrong_length(format!(
            "has {} after the country code +{}, and a number there has {} digits; look for a missing or an extra digit",
            plural(after_code.len() as u64, "digit"),
            plan.code,
            plan.lengths()
        ))
    })
}

/// What is wrong with the number after `00`, which is dialed before the country code, or after `0011`, which
/// is in Australia, or after `011`, which is in North America. Short ones are extensions.
fn prefixed_fault(
    groups: &DigitGroups,
    bare: &str,
    country: Option<&Country>,
) -> Option<CellDiagnostic> {
    // Elsewhere it is an area code.
    let may_be_north_american = country.is_none_or(|country| country.plan().code == NORTH_AMERICA);
    let is_of_north_america =
        may_be_north_american && bare.starts_with("011") && bare.len() > LONGEST_OF_AREA_011;
    if let Some((plan, after_code)) = dialed_in_australia(bare) {
        return fault_after_code(plan, after_code);
    }
    let prefix = match bare {
        _ if bare.starts_with("00") => "00",
        _ if is_of_north_america => "011",
        _ => return None,
    };
    let digits = &bare[prefix.len()..];
    let (plan, after_code) = Plan::of_international(digits)?;
    let is_long = bare.len() > LONGEST_EXTENSION;
    if let Some(fault) = fault_after_code(plan, after_code) {
        return (is_long || fault.kind == ProblemKind::TrunkPrefix).then_some(fault);
    }
    if !is_long {
        return None;
    }
    let groups = groups.without_exit_code(prefix.len());
    ambiguous_country_code::without_code(&groups, digits, Some((plan, after_code)), country)
        .or_else(|| ambiguous_country_code::with_two_codes(&groups, plan, after_code))
}

/// Two numbers of North America without anything between them.
fn is_two_numbers(digits: &str) -> bool {
    let (first, second) = digits.split_at(digits.len() / 2);
    let is_one = |half: &str| {
        let national = half.strip_prefix(NORTH_AMERICA).unwrap_or(half);
        let plan = Plan::of_code(NORTH_AMERICA);
        national.len() == NORTH_AMERICAN && plan.is_some_and(|plan| plan.is_in_use(national))
    };
    first.len() == second.len() && is_one(first) && is_one(second)
}

fn wrong_length(says: String) -> CellDiagnostic {
    CellDiagnostic {
        kind: ProblemKind::WrongLength,
        says,
    }
}

/// The digits of a cell that holds a number.
pub(super) fn without_separators(text: &str) -> Option<String> {
    let plain = in_plain_characters(text);
    let groups = DigitGroups::read(&plain)?;
    let plus = if groups.has_plus() { "+" } else { "" };
    Some(format!("{plus}{}", groups.digits()))
}

/// The characters that people put between digits, and digits and plus signs as East Asian keyboards
/// write them, in a few plain ones: blank, hyphen, dash, dot, tilde for a range. Not `/` or `,`, which
/// stand between two numbers as well.
fn in_plain_characters(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{ff10}'..='\u{ff19}' => {
                plain.extend(char::from_digit(u32::from(character) - 0xff10, 10));
            }
            '\u{ff0b}' => plain.push('+'),
            '\u{ff08}' => plain.push('('),
            '\u{ff09}' => plain.push(')'),
            '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{fe63}' | '\u{ff0d}' => plain.push('-'),
            '\u{2013}'..='\u{2015}' | '\u{2212}' => plain.push('\u{2013}'),
            '\u{2026}' => plain.push_str(".."),
            '\u{2192}' | '\u{301c}' | '\u{ff5e}' | '\u{223c}' => plain.push('~'),
            blank if blank.is_whitespace() => plain.push(' '),
            invisible if ids::is_blank(invisible) => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The number that a cell with this text asks for; `None` where the text is refused, or asks for
/// something else.
pub fn number_in(text: &str) -> Option<Cow<'_, str>> {
    match read_change(text, None) {
        Ok(Change::Set(number)) => Some(number),
        _ => None,
    }
}

/// Whether a cell with this text is read as this text.
pub fn reads_as_itself(text: &str) -> bool {
    matches!(read_change(text, None), Ok(Change::Set(number)) if number == text)
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
            ("＋４９１２３４", "+491234"),
            ("00442079460000", "00442079460000"),
            ("\u{201c}+12025550101\u{201d}", "+12025550101"),
            ("=\"+12025550101\"", "+12025550101"),
            ("\n+12025550101\r\n", "+12025550101"),
        ] {
            assert_eq!(
                read_change(cell, None),
                Ok(Change::Set(number.into())),
                "{cell}"
            );
        }
    }

    #[test]
    fn empty_cells_keep_and_the_word_clears() {
        for cell in ["", " ", "\u{a0}", "'", "\u{feff}"] {
            assert_eq!(read_change(cell, None), Ok(Change::Keep), "{cell:?}");
        }
        for cell in ["REMOVE", "remove", " Remove\u{a0}"] {
            assert_eq!(read_change(cell, None), Ok(Change::Clear), "{cell:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused_and_never_guessed() {
        let said: Vec<String> = [
            "1",
            "1234567890123456789012345678901",
            "-857",
            "5501-5510",
            "+1 202-555-0101-5501",
            "+49 030 1234567",
            "+0049301234567",
            "+1202555010",
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
        .map(|cell| read_change(cell, None).expect_err(cell).says)
        .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        `1` has 1 digit; enter a number of 2 to 30 digits
        `1234567890123456789012345678901` has 31 digits; enter a number of 2 to 30 digits
        `-857` has a minus sign at an end or is all in brackets, which a spreadsheet takes for a negative amount; format the cell as text and type the digits alone
        `5501-5510` could be a range, two numbers or one number of 8 digits; for one number, write + and the country code, or 55015510; for two, put the second into n1, n2 or n3
        `+1 202-555-0101-5501` has `5501` after the complete number `+12025550101`: an extension or the end of a range? Enter +12025550101 alone
        `+49 030 1234567` has `0` (the trunk prefix, dialed only inside the country) after the country code +49; write +49301234567
        `+0049301234567` has the prefix `00` after the `+`, which means the same; write +49301234567
        `+1202555010` has 9 digits after the country code +1, and a number there has 10 digits; look for a missing or an extra digit
        `1.20256E+10` is in scientific notation: the spreadsheet dropped digits of it; format the cell as text and type the phone number again
        `1,2E10` is in scientific notation: the spreadsheet dropped digits of it; format the cell as text and type the phone number again
        `12025550101.0` has a decimal point, as if it were an amount; format the cell as text and enter the phone number with digits only
        `+49 (0) 6100 773123` has a `(0)` in it, which is dialed only inside the country; after a country code leave it out, otherwise write 0 without brackets
        `n/a` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
        `5501/5502` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
        `12,025,550,101` has thousands separators; format the cell as text and take them out
        `1+2025550101` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
        `++12025550101` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
        `+` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
        `-` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
        `١٢٣٤` is not a phone number. Enter + and digits, for example +12025550101, or REMOVE to clear the number
        `#REF!` is an error value, which a spreadsheet shows where a formula fails; correct the formula or type the value
        `########` is what a spreadsheet shows where a column is too narrow, or where a phone number is formatted as a date; format the cells as text, widen the column and save the sheet again
        `=A2` is a formula; in the spreadsheet, copy the cells and paste them as values
        `2025-01-05` is a date: the spreadsheet converted the number; format the cell as text and type the phone number again
        `Jan-25` is a date: the spreadsheet converted the number; format the cell as text and type the phone number again
        `1202555O1O1` has the letter `O` where the digit `0` seems to be meant; type the digit
        `l2025550101` has the letter `l` where the digit `1` seems to be meant; type the digit
        `501, 502` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
        `5501\u{a}5502` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
        `5501\u{d}\u{a}5502` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
        `5501-\u{2028}(5502)` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
        `+1 202 555 0101\u{d}+1 202 555 0102` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
        `+12025550101 +12025550102` holds more than one number; leave one in this cell and put the others into n1, n2 or n3
        `0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f607` is an id, but this column holds phone numbers; are the cells of this row in the wrong columns?
        ");
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_cell_holds_only_a_number_goes_out(cell in "\\PC*|[+0-9 ().E'-]*") {
            if let Ok(Change::Set(number)) = read_change(&cell, None) {
                let digits = number.strip_prefix('+').unwrap_or(&number);
                assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{number}");
                assert!(DIGITS.contains(&digits.len()), "{number}");
            }
        }
    }
}
