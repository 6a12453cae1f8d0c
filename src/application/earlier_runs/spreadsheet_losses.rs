//! What spreadsheets make of a number by themselves when they open a CSV file and save it: the `+` and the
//! zeros in front are gone, its thousands are separated, or a long number is `4.97E+12` or ends in zeros.

/// Digits of a number that a spreadsheet keeps; it puts zeros for any beyond.
const DIGITS_KEPT: usize = 15;

/// Digits between two separators of thousands.
const THOUSANDS: usize = 3;

/// Whether a cell has what a spreadsheet leaves of the `number` that was written into it, or that number with
/// the apostrophe by which a spreadsheet marks text. A `+` that a person has added is no loss.
pub(in crate::application) fn is_left_of(found: &str, number: &str) -> bool {
    if found == number || found.is_empty() {
        return false;
    }
    let bare = number.strip_prefix('+').unwrap_or(number);
    let digits = without_marks(found);
    let is_bare = digits == bare || digits == bare.trim_start_matches('0');
    digits == number || is_bare || is_shortened(found, number)
}

/// The number of a cell without what a spreadsheet may add to it: the apostrophe that marks text, and separators
/// of thousands, as in `12.025.550.101`.
pub(in crate::application) fn without_marks(found: &str) -> String {
    let text = found.strip_prefix('\'').unwrap_or(found);
    let separators = ['.', ',', ' ', '\'', '\u{2019}', '\u{a0}', '\u{202f}'];
    let Some(separator) = text.chars().find(|one| separators.contains(one)) else {
        return text.to_string();
    };
    let mut groups = text.split(separator);
    let are_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let first = groups.next().unwrap_or_default();
    let is_grouped = (1..=THOUSANDS).contains(&first.len())
        && are_digits(first)
        && groups.all(|group| group.len() == THOUSANDS && are_digits(group));
    if is_grouped {
        text.replace(separator, "")
    } else {
        text.to_string()
    }
}

/// Whether one of two spellings only lacks a `+` or zeros in front of the other.
pub(in crate::application) fn are_alike_but_for_losses(one: &str, other: &str) -> bool {
    let bare = |number: &str| number.trim_start_matches(['+', '0']).to_string();
    !one.is_empty() && bare(one) == bare(other)
}

/// Whether the zeros at the end of a number may be those that a spreadsheet puts for the digits it does not keep.
pub(in crate::application) fn may_end_in_lost_digits(found: &str) -> bool {
    let is_digits = found.bytes().all(|byte| byte.is_ascii_digit());
    let beyond = found.get(DIGITS_KEPT..).unwrap_or_default();
    is_digits && !beyond.is_empty() && beyond.bytes().all(|byte| byte == b'0')
}

/// Whether a cell has the first digits of the number, rounded or not, and zeros for the others.
fn ends_in_lost_digits(found: &str, number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let (Ok(shown), Ok(whole)) = (found.parse::<u128>(), digits.parse::<u128>()) else {
        return false;
    };
    let is_as_long = found.len() == digits.len() && may_end_in_lost_digits(found);
    let beyond = u32::try_from(found.len().saturating_sub(DIGITS_KEPT)).unwrap_or_default();
    let unit = 10_u128.saturating_pow(beyond);
    is_as_long && shown != whole && shown.abs_diff(whole) < unit
}

/// Whether a cell has what a spreadsheet makes of a long number: `4.97E+12`, with a comma in some countries, or
/// `12345678901234500000`.
pub(in crate::application) fn is_shortened(found: &str, number: &str) -> bool {
    if ends_in_lost_digits(found, number) {
        return true;
    }
    let found = found.replace(',', ".");
    let Some((mantissa, power)) = found.split_once("E+") else {
        return false;
    };
    let digits = number.trim_start_matches('+').replace('-', "");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (Ok(power), Ok(shown)) = (power.parse::<usize>(), found.parse::<f64>()) else {
        return false;
    };
    let Ok(whole) = digits.parse::<f64>() else {
        return false;
    };
    let decimals = mantissa.split_once('.').map_or(0, |(_, after)| after.len());
    let unit = 10_f64.powi(i32::try_from(power).unwrap_or_default())
        / 10_f64.powi(i32::try_from(decimals).unwrap_or_default());
    is_number && digits.len() == power + 1 && (shown - whole).abs() < unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_makes_of_a_long_number_is_known() {
        for (found, number, is_it) in [
            ("4.97E+12", "+4970771234567", true),
            ("4,97E+12", "+4970771234567", true),
            ("4.97077E+12", "+4970771234567", true),
            ("5E+12", "+4970771234567", true),
            ("4.97E+11", "+49-7077123456", true),
            ("4.99E+12", "+4970771234567", false),
            ("4.97E+13", "+4970771234567", false),
            ("4.97E+12", "sip:desk@example.com", false),
            ("4.97E+12", "", false),
            ("E+12", "+4970771234567", false),
            ("4970771234567", "+4970771234567", false),
            ("4.97E+99999999999999999999", "+4970771234567", false),
            ("1.23457E+19", "12345678901234567890", true),
            ("12345678901234500000", "12345678901234567890", true),
            ("12345678901234600000", "12345678901234567890", true),
            ("12345678901234400000", "12345678901234567890", false),
            ("12345678901234500000", "12345678901234500000", false),
            ("12345678901234500000", "1234567890123456789", false),
            ("12345678901234567891", "12345678901234567890", false),
            ("123456789012340", "123456789012345", false),
        ] {
            assert_eq!(is_shortened(found, number), is_it, "{found}");
        }
    }

    #[test]
    fn what_a_person_has_typed_is_no_loss() {
        for (found, number, is_it) in [
            ("12025550101", "+12025550101", true),
            ("711555", "0711555", true),
            ("'+12025550101", "+12025550101", true),
            ("1.2E+10", "+12025550101", true),
            ("'12025550101", "+12025550101", true),
            ("'711555", "0711555", true),
            ("12.025.550.101", "+12025550101", true),
            ("12,025,550,101", "+12025550101", true),
            ("12 025 550 101", "+12025550101", true),
            ("12\u{a0}025\u{a0}550\u{a0}101", "+12025550101", true),
            ("12\u{202f}025\u{202f}550\u{202f}101", "+12025550101", true),
            ("12'025'550'101", "+12025550101", true),
            ("12\u{2019}025\u{2019}550\u{2019}101", "+12025550101", true),
            ("5.501", "5501", true),
            ("12.025.550.102", "+12025550101", false),
            ("12.025,550.101", "+12025550101", false),
            ("120.25.550.101", "+12025550101", false),
            ("1202.555.0101", "+12025550101", false),
            ("+12025550101", "+12025550101", false),
            ("+12025550101", "12025550101", false),
            ("0711555", "711555", false),
            ("12025550102", "+12025550101", false),
            ("1.4E+10", "+12025550101", false),
            ("", "+12025550101", false),
            ("REMOVE", "+12025550101", false),
        ] {
            assert_eq!(is_left_of(found, number), is_it, "{found} of {number}");
        }
    }
}
