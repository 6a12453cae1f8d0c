//! What spreadsheets make of a number by themselves when they open a CSV file and save it: the `+` and the
//! zeros in front are gone, or a long number is `4.97E+12`.

/// Whether a cell has what a spreadsheet leaves of the `number` that was written into it, or that number with
/// the apostrophe by which a spreadsheet marks text. A `+` that a person has added is no loss.
pub(in crate::application) fn is_left_of(found: &str, number: &str) -> bool {
    if found == number || found.is_empty() {
        return false;
    }
    let bare = number.strip_prefix('+').unwrap_or(number);
    let is_marked = found.strip_prefix('\'').is_some_and(|text| text == number);
    let is_bare = found == bare || found == bare.trim_start_matches('0');
    is_marked || is_bare || is_shortened(found, number)
}

/// Whether one of two spellings only lacks a `+` or zeros in front of the other.
pub(in crate::application) fn are_alike_but_for_losses(one: &str, other: &str) -> bool {
    let bare = |number: &str| number.trim_start_matches(['+', '0']).to_string();
    !one.is_empty() && bare(one) == bare(other)
}

/// Whether a cell has what a spreadsheet makes of a long number: `4.97E+12`, with a comma in some countries.
pub(in crate::application) fn is_shortened(found: &str, number: &str) -> bool {
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
