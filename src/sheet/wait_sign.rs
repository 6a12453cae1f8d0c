//! What is dialed before a number and then waits for a tone, as it is written in some countries: `8~10 44 20 …`,
//! `8w10…`. The sign stands between two numbers of no range.

use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::numbering_plan::Plan;
use crate::sheet::problem_kind::ProblemKind;

/// What is dialed before the sign and behind it, before the code of another country.
const ABROAD: [(&str, &str); 7] = [
    ("8", "10"),
    ("0", "0"),
    ("0", "00"),
    ("9", "00"),
    ("9", "011"),
    ("00", ""),
    ("011", ""),
];

/// So many digits are dialed before the sign at most.
const MOST_BEFORE: usize = 3;

/// So many digits behind the sign are no end of a range of extensions.
const SHORTEST_NUMBER: usize = 7;

pub(super) fn read(text: &str) -> Option<CellDiagnostic> {
    let (before, behind) = text.split_once(['~', 'w', 'W'])?;
    let before = before.trim();
    let is_lead = (1..=MOST_BEFORE).contains(&before.len())
        && before.bytes().all(|byte| byte.is_ascii_digit());
    let is_number = |character: char| {
        character.is_ascii_digit() || matches!(character, ' ' | '-' | '.' | '(' | ')' | '~')
    };
    if !is_lead || !behind.chars().all(is_number) {
        return None;
    }
    let digits: String = behind.chars().filter(char::is_ascii_digit).collect();
    if digits.len() < SHORTEST_NUMBER {
        return None;
    }
    let mut abroad = ABROAD.iter().filter(|(lead, _)| *lead == before);
    let found = abroad.find_map(|(_, exit)| {
        let number = digits.strip_prefix(exit)?;
        let (plan, after_code) = Plan::of_international(number)?;
        plan.is_in_use(after_code).then_some((*exit, number))
    });
    let sign = text[before.len()..].trim_start().chars().next()?;
    let waits = format!("the `{sign}` there waits for a tone");
    let says = match found {
        Some((exit, number)) => format!(
            "begins with `{before}{sign}{exit}`, which is dialed before the code of another country ({waits}); write +{number} if that is the number"
        ),
        None => format!(
            "begins with `{before}{sign}`, which is dialed before the number ({waits}); leave it out, and write + and the country code"
        ),
    };
    Some(CellDiagnostic {
        kind: ProblemKind::CountryUnclear,
        says,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_for_a_tone_is_no_range() {
        for (cell, says) in [
            ("8~10 44 20 7946 0000", "begins with `8~10`"),
            ("8~10 44 20 7946 0000", "write +442079460000"),
            ("8 ~ 10 1 202 555 0101", "write +12025550101"),
            ("8w10442079460000", "begins with `8w10`"),
            ("8~10~44-20-7946-0000", "write +442079460000"),
            ("9~011 44 20 7946 0000", "write +442079460000"),
            ("00~44 20 7946 0000", "write +442079460000"),
            ("8~495 123-45-67", "leave it out"),
            ("0~30 1234567", "leave it out"),
        ] {
            let said = read(cell).expect(cell).says;
            assert!(said.contains(says), "{cell}: {said}");
        }
        for cell in [
            "5501~5510",
            "10~20",
            "8~10",
            "+12025550101~5501",
            "2025550101w5501",
        ] {
            assert!(read(cell).is_none(), "{cell}");
        }
    }
}
