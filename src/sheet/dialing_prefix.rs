//! Prefixes that people write before a number because they dial them within its country: those of carriers and of
//! mobile numbers, and those that hide who calls. They are no part of the number abroad, as the trunk prefix is
//! none (`numbering_plan.rs`). The numbering library knows those in use. A cell with one is a problem that says
//! which number it seems to be.

use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::numbering_plan::Plan;
use crate::sheet::problem_kind::ProblemKind;

/// Country codes, and prefixes there that the library does not know: some are over and still stand in sheets.
const LISTED: [(&str, &str); 9] = [
    // Before mobile numbers and between areas, until 2019:
    // https://en.wikipedia.org/wiki/Telephone_numbers_in_Mexico
    ("52", "044"),
    ("52", "045"),
    ("52", "01"),
    ("52", "1"),
    // Before areas and mobile numbers, until 2016: https://en.wikipedia.org/wiki/Telephone_numbers_in_Chile
    ("56", "0"),
    // Between areas, until 2009: https://en.wikipedia.org/wiki/Telephone_numbers_in_Ukraine
    ("380", "8"),
    // They hide who calls.
    ("44", "141"),
    ("61", "1831"),
    ("81", "184"),
];

/// Argentina's code, and what is dialed before a mobile number of one's own area: no area begins so.
/// <https://en.wikipedia.org/wiki/Telephone_numbers_in_Argentina>
const ARGENTINA: &str = "54";
const OWN_AREA: &str = "15";

/// Digits of such a number, with the prefix.
const WITH_OWN_AREA: std::ops::RangeInclusive<usize> = 8..=10;

/// What is wrong with a number of a country, as far as it is written, that names no area: it cannot be completed.
pub(super) fn of_own_area(plan: &Plan, digits: &str) -> Option<CellDiagnostic> {
    let is_one = plan.code == ARGENTINA
        && WITH_OWN_AREA.contains(&digits.len())
        && digits.starts_with(OWN_AREA);
    is_one.then(|| CellDiagnostic {
        kind: ProblemKind::TrunkPrefix,
        says: "begins with 15, which is dialed in Argentina before a mobile number of one's own area, and does not say which area that is; write +549, the area code and the number without 15, for example +5491123456789".to_string(),
    })
}

/// What is wrong with digits that are no number of a country, and are one without a prefix. Where they are
/// `bare`, they may be those of a number of another country that lost its `+`.
pub(super) fn before_number(plan: &Plan, digits: &str, is_bare: bool) -> Option<CellDiagnostic> {
    let number = without_prefix(plan, digits)?;
    if let Some(exit) = abroad(plan, digits, &number) {
        return Some(CellDiagnostic {
            kind: ProblemKind::CountryUnclear,
            says: format!(
                "begins with {exit}, which is dialed before the code of another country; write {number} if that is the number"
            ),
        });
    }
    let other = Plan::of_international(digits)
        .filter(|(other, after_code)| is_bare && *other != plan && other.is_in_use(after_code));
    let or_other = other.map_or_else(String::new, |_| format!("; if it is +{digits}, write that"));
    Some(CellDiagnostic {
        kind: ProblemKind::TrunkPrefix,
        says: format!(
            "has a prefix in it that is dialed only inside the country; if the number is {number}, write that{or_other}"
        ),
    })
}

/// What is dialed before a number, where that is one of another country.
fn abroad<'d>(plan: &Plan, digits: &'d str, number: &str) -> Option<&'d str> {
    let number = number.strip_prefix('+')?;
    let (other, _) = Plan::of_international(number)?;
    digits.strip_suffix(number).filter(|_| other != plan)
}

fn without_prefix(plan: &Plan, digits: &str) -> Option<String> {
    let listed = LISTED.iter().filter(|(code, _)| *code == plan.code);
    let mut rests = listed.filter_map(|(_, prefix)| digits.strip_prefix(prefix));
    let is_number = |rest: &str| {
        let after_code = plan.national(rest)?;
        let is_one = plan.is_in_use(after_code);
        is_one.then(|| format!("+{}{after_code}", plan.code))
    };
    rests.find_map(is_number).or_else(|| plan.as_dialed(digits))
}

#[cfg(test)]
mod tests {
    use crate::sheet::country::Country;
    use crate::sheet::number::read_change;

    /// The number that a cell is, or that is named as what it seems to be.
    fn read(cell: &str, code: &str) -> String {
        let country: Country = code.parse().expect("a code");
        match read_change(cell, Some(&country)) {
            Ok(change) => change.field().unwrap_or_default().to_string(),
            Err(diagnostic) => {
                let (_, said) = diagnostic.says.split_once("` ").expect("a cell");
                said.to_string()
            }
        }
    }

    #[test]
    fn what_is_dialed_within_a_country_is_no_part_of_a_number() {
        for (code, cell, number) in [
            ("+54", "011 15 1234-5678", "+5491112345678"),
            ("+54", "0111512345678", "+5491112345678"),
            ("+54", "11 15 1234 5678", "+5491112345678"),
            ("+54", "+54 11 15 1234 5678", "+5491112345678"),
            ("+52", "044 55 1234 5678", "+525512345678"),
            ("+52", "0455512345678", "+525512345678"),
            ("+52", "01 55 1234 5678", "+525512345678"),
            ("+52", "+52 1 55 1234 5678", "+525512345678"),
            ("+52", "+5204455 1234 5678", "+525512345678"),
            ("+55", "0 21 11 91234-5678", "+5511912345678"),
            ("+55", "02111912345678", "+5511912345678"),
            ("+55", "90 21 11 91234-5678", "+5511912345678"),
            ("+56", "09 9123 4567", "+56991234567"),
            ("+56", "02 2123 4567", "+56221234567"),
            ("+506", "1900 2212 3456", "+50622123456"),
            ("+86", "17951 138 0013 8000", "+8613800138000"),
            ("+380", "8 044 123 4567", "+380441234567"),
            ("+44", "141 020 7946 0000", "+442079460000"),
            ("+61", "1831 02 1234 5678", "+61212345678"),
        ] {
            let said = format!(
                "has a prefix in it that is dialed only inside the country; if the number is {number}, write that"
            );
            assert_eq!(read(cell, code), said, "{cell} {code}");
        }
        for (code, cell, prefix) in [
            ("+7", "810 44 20 7946 0000", "810"),
            ("+7", "8 10 44 20 7946 0000", "810"),
            ("+7", "8-10-44-20-7946-0000", "810"),
            ("+358", "990 44 20 7946 0000", "990"),
        ] {
            let said = format!(
                "begins with {prefix}, which is dialed before the code of another country; write +442079460000 if that is the number"
            );
            assert_eq!(read(cell, code), said, "{cell} {code}");
        }
        assert_eq!(
            read("1 55 1234 5678", "+52"),
            "has a prefix in it that is dialed only inside the country; if the number is +525512345678, write that; if it is +15512345678, write that"
        );
    }

    #[test]
    fn a_mobile_number_of_ones_own_area_cannot_be_completed() {
        for cell in [
            "15 1234-5678",
            "1512345678",
            "15 5123-4567",
            "015 1234-5678",
            "15-123-4567",
            "15 123456",
            "+54 15 1234 5678",
            "+541512345678",
        ] {
            let said = read(cell, "+54");
            assert!(said.starts_with("begins with 15, which"), "{cell}: {said}");
        }
    }

    #[test]
    fn numbers_that_begin_so_and_are_whole_are_sent() {
        for (code, cell, number) in [
            ("+54", "011 1234 5678", "+541112345678"),
            ("+54", "11 1512-3456", "+541115123456"),
            ("+54", "9 11 1234 5678", "+5491112345678"),
            ("+54", "1512", "1512"),
            ("+49", "0151 23456789", "+4915123456789"),
            ("+1", "15123456789", "+15123456789"),
            ("+52", "55 1234 5678", "+525512345678"),
            ("+55", "011 91234-5678", "+5511912345678"),
            ("+57", "03 310 1234567", "+573101234567"),
            ("+44", "0141 496 0000", "+441414960000"),
            ("+1", "442079460000", "442079460000"),
            ("+1", "01144 20 7946 0000", "011442079460000"),
            ("+61", "0011 1 202 555 0101", "001112025550101"),
        ] {
            assert_eq!(read(cell, code), number, "{cell} {code}");
        }
    }
}
