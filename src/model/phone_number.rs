//! How two spellings of a phone number compare. Nothing is dropped but separators: `*7201` is another
//! number than `7201`.

/// A number as it can be understood anywhere: one of the North American plan, which is read as ten
/// bare digits, with its `+1`.
pub fn international(number: &str) -> String {
    let is_digit_of_a_plan = |index: usize| matches!(number.as_bytes()[index], b'2'..=b'9');
    let is_north_american = number.len() == 10
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && is_digit_of_a_plan(0)
        && is_digit_of_a_plan(3);
    if is_north_american {
        format!("+1{number}")
    } else {
        number.to_string()
    }
}

/// A number as it is compared by eye with another one: in the same form, where it has that too.
pub fn spelled_like(number: &str, other: &str) -> String {
    let plain = significant(number);
    if other.starts_with('+') && plain.starts_with('+') {
        plain
    } else {
        number.to_string()
    }
}

/// Whether two spellings mean one number.
///
/// A number of the North American plan is read back as ten bare digits, so these equal the same
/// with `+1` in front.
pub fn is_same(one: &str, other: &str) -> bool {
    significant(one) == significant(other)
}

/// A number without what only helps to read it. Ten bare digits are read with `+1`, since that is how
/// the service tells North American numbers.
fn significant(number: &str) -> String {
    let bare: String = number
        .chars()
        .filter(|character| !is_separator(*character))
        .collect();
    if bare.len() == 10 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("+1{bare}");
    }
    bare
}

/// Blanks, hyphens and dashes, dots, brackets.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_beside_each_other_are_spelled_alike() {
        for (number, other, spelled) in [
            ("2025550101", "+12025550102", "+12025550101"),
            ("+49-6100773123", "+496100773124", "+496100773123"),
            ("2025550101", "2025550102", "2025550101"),
            ("2025550101", "", "2025550101"),
            ("5501", "+12025550102", "5501"),
            ("*7201", "+12025550102", "*7201"),
            ("", "+12025550102", ""),
        ] {
            assert_eq!(spelled_like(number, other), spelled, "{number}");
        }
    }

    #[test]
    fn a_number_is_the_same_however_the_service_spells_it() {
        for (one, other, expected) in [
            ("+496100773123", "+49-6100773123", true),
            ("+12025550101", "2025550101", true),
            ("2025550101", "202-555-0101", true),
            ("5501", "5501", true),
            ("5501", "5502", false),
            ("+442025550101", "2025550101", false),
            ("+2025550101", "2025550101", false),
            ("", "5501", false),
            ("*7201", "7201", false),
            ("*7201", "*72 01", true),
            ("+12025550101;ext=55", "+1202555010155", false),
            ("+12025550101;ext=55", "2025550101;ext=55", false),
            ("sip:desk@example.com", "sip:DESK@example.com", false),
            ("(202) 555-0101", "+1.202.555.0101", true),
            ("1025550101", "+11025550101", true),
        ] {
            assert_eq!(is_same(one, other), expected, "{one} and {other}");
            assert_eq!(is_same(other, one), expected, "{other} and {one}");
        }
    }

    #[test]
    fn only_what_can_be_a_north_american_number_gets_its_country_code() {
        for (number, expected) in [
            ("2025550101", "+12025550101"),
            ("+496100773123", "+496100773123"),
            ("1025550101", "1025550101"),
            ("2021550101", "2021550101"),
            ("5501", "5501"),
            ("", ""),
        ] {
            assert_eq!(international(number), expected);
        }
    }
}
