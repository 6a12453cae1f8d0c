//! A slash behind the area code: `030/1234567` is how a number is written in Germany and around it. A slash
//! stands between two numbers as well.

use std::ops::RangeInclusive;

use crate::sheet::country::Country;
use crate::sheet::numbering_plan::Plan;

/// Digits of an area code without the prefix that is dialed before it.
const AREA: RangeInclusive<usize> = 1..=5;

/// Digits behind it, at least.
const SHORTEST_BEHIND: usize = 5;

/// What a slash in a cell may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Slash {
    /// It stands behind the area code of a number, which is written so without it.
    OfNumber(String),
    /// The same, but nothing says whose area code that is.
    Possibly,
    Other,
}

/// Looks at a cell with plain characters between its digits.
pub(super) fn read(plain: &str, country: Option<&Country>) -> Slash {
    let Some((before, behind)) = plain.split_once('/') else {
        return Slash::Other;
    };
    let [area, rest] = [before, behind].map(|part| part.replace([' ', '-', '.', '(', ')'], ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_local = rest.len() >= SHORTEST_BEHIND && are_digits(&rest) && !rest.starts_with('0');
    if !is_local || !are_digits(area.trim_start_matches('+')) {
        return Slash::Other;
    }
    let of_number = || Slash::OfNumber(format!("{before} {behind}"));
    let international = area.strip_prefix('+').or_else(|| area.strip_prefix("00"));
    if let Some(digits) = international {
        let is_number = Plan::of_international(digits).is_some_and(|(plan, area)| {
            AREA.contains(&area.len()) && plan.is_possible(area.len() + rest.len())
        });
        return if is_number { of_number() } else { Slash::Other };
    }
    let is_area = area.starts_with('0') && AREA.contains(&(area.len() - 1));
    match country.map(|country| {
        country
            .complete(&(area + &rest))
            .is_ok_and(|one| one.is_some())
    }) {
        _ if !is_area => Slash::Other,
        None => Slash::Possibly,
        Some(true) => of_number(),
        Some(false) => Slash::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_behind_an_area_code_is_part_of_one_number() {
        for (plain, country, is_number) in [
            ("030/1234567", "+49", true),
            ("0221 / 98765-0", "+49", true),
            ("(0221)/98765", "+49", true),
            ("02/123.45.67", "+32", true),
            ("044/668 18 00", "+41", true),
            ("06-1/123-4567", "+36", true),
            ("+49 30/1234567", "+1", true),
            ("0049 30/1234567", "+1", true),
            ("030/1234", "+49", false),
            ("030/1234567/8", "+49", false),
            ("5501/55102", "+49", false),
            ("05501/05502", "+49", false),
            ("202/555-0101", "+1", false),
            ("+49 301234567/1234568", "+49", false),
            ("+290 22158/22159", "+49", false),
        ] {
            let country: Country = country.parse().expect("a code");
            let read = read(plain, Some(&country));
            assert_eq!(matches!(read, Slash::OfNumber(_)), is_number, "{plain}");
        }
        assert_eq!(read("030/1234567", None), Slash::Possibly);
        assert_eq!(read("5501/55102", None), Slash::Other);
        assert_eq!(
            read("+49 30/1234567", None),
            Slash::OfNumber("+49 30 1234567".into())
        );
    }
}
