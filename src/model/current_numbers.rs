//! The numbers that a location has at the moment, as the service tells them.

use serde::{Deserialize, Serialize};

/// How many auto transfer numbers a location has.
pub const NUMBERS: usize = 3;

/// The numbers of a location; `None` where one is not set.
///
/// They are kept as the service spells them but for its separators: what was set as
/// `+12025550101` may read `2025550101`. Compare them with [`is_same_number`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentNumbers(pub [Option<Box<str>>; NUMBERS]);

impl CurrentNumbers {
    /// Takes each number as it was read; an empty one is not set.
    pub fn of(read: [Option<&str>; NUMBERS]) -> CurrentNumbers {
        CurrentNumbers(read.map(|number| {
            let bare: String = number?
                .chars()
                .filter(|character| is_significant(*character))
                .collect();
            (!bare.is_empty()).then(|| bare.into())
        }))
    }

    /// Number by number; the empty text where one is not set.
    pub fn texts(&self) -> [&str; NUMBERS] {
        self.0
            .each_ref()
            .map(|number| number.as_deref().unwrap_or_default())
    }
}

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

/// Whether two spellings mean one number.
///
/// A number of the North American plan is read back as ten bare digits, so these equal the same
/// with `+1` in front.
pub fn is_same_number(one: &str, other: &str) -> bool {
    significant(one).eq(significant(other))
}

fn significant(number: &str) -> impl Iterator<Item = char> {
    let is_north_american = number
        .chars()
        .filter(|character| is_significant(*character))
        .count()
        == 10
        && !number.contains('+');
    let prefix = if is_north_american { "+1" } else { "" };
    prefix.chars().chain(
        number
            .chars()
            .filter(|character| is_significant(*character)),
    )
}

fn is_significant(character: char) -> bool {
    character.is_ascii_digit() || character == '+'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_the_service_spells_it() {
        for (one, other, is_same) in [
            ("+496100773123", "+49-6100773123", true),
            ("+12025550101", "2025550101", true),
            ("2025550101", "202-555-0101", true),
            ("5501", "5501", true),
            ("5501", "5502", false),
            ("+442025550101", "2025550101", false),
            ("+2025550101", "2025550101", false),
            ("", "5501", false),
        ] {
            assert_eq!(is_same_number(one, other), is_same, "{one} and {other}");
            assert_eq!(is_same_number(other, one), is_same, "{other} and {one}");
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

    #[test]
    fn separators_are_not_kept_and_an_empty_number_is_none() {
        let present = CurrentNumbers::of([Some("+49-6100773123"), Some(""), None]);
        assert_eq!(present.texts(), ["+496100773123", "", ""]);
        assert_eq!(present.0[1], None);
    }
}
