//! Bare digits, and the country they are read in: what `--country` makes of national numbers,
//! and which numbers look as if a spreadsheet had eaten their `+`.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// The longest number with its country code, in digits (E.164).
const LONGEST: usize = 15;

/// Shorter ones are extensions or local numbers, which have no country.
const SHORTEST_NATIONAL: usize = 7;

/// Digits with the country code in front; shorter ones may be national.
const WITH_COUNTRY: RangeInclusive<usize> = 11..=LONGEST;

/// How the numbers of a country are told apart by their length, where that is not done by a zero
/// in front that is left out abroad. After the national prefixes in Google's libphonenumber 9.0.
struct Plan {
    code: &'static str,
    /// What is dialled before a number within the country and left out abroad.
    trunk: &'static [&'static str],
    /// Digits of a number without either.
    lengths: RangeInclusive<usize>,
    /// The first digit of such a number.
    begins: RangeInclusive<u8>,
}

const PLANS: [Plan; 6] = [
    Plan::new("1", &["1"], 10..=10, b'2'..=b'9'),
    Plan::new("7", &["8"], 10..=10, b'3'..=b'9'),
    Plan::new("36", &["06"], 8..=9, b'1'..=b'9'),
    Plan::new("370", &["0", "8"], 8..=8, b'3'..=b'9'),
    Plan::new("375", &["80", "8"], 9..=9, b'1'..=b'9'),
    Plan::new("993", &["8"], 8..=8, b'1'..=b'7'),
];

/// Where a zero in front is part of the number and dialled from abroad too: Italy, San Marino,
/// Ivory Coast, Burkina Faso, Niger, Benin, Congo, Tajikistan.
const ZERO_STAYS: [&str; 8] = ["39", "378", "225", "226", "227", "229", "242", "992"];

/// A country's calling code, one to three digits: `+1`, `+49`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country(String);

impl FromStr for Country {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Country, &'static str> {
        let digits = text.trim().trim_start_matches('+');
        let is_code = matches!(digits.len(), 1..=3)
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_code {
            return Err("is no country's calling code; it looks like +1 or +49");
        }
        Ok(Country(digits.to_string()))
    }
}

/// A number can be national or begin with the country code; only its owner knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Unclear;

impl Country {
    /// The code with its `+`.
    pub fn code(&self) -> String {
        format!("+{}", self.0)
    }

    /// A clean number as it is in this country: bare national digits get the code. Extensions,
    /// numbers with a `+`, and those that begin with `00` are left as they are.
    pub fn complete<'n>(&self, number: Cow<'n, str>) -> Result<Cow<'n, str>, Unclear> {
        let digits = number.as_ref();
        if digits.starts_with('+') || digits.starts_with("00") || digits.len() < SHORTEST_NATIONAL {
            return Ok(number);
        }
        let code = self.0.as_str();
        let completed = if let Some(plan) = PLANS.iter().find(|plan| plan.code == code) {
            let Some(national) = plan.national(digits) else {
                return Ok(number);
            };
            format!("+{code}{national}")
        } else if let Some(rest) = digits.strip_prefix('0') {
            let zero_stays = ZERO_STAYS.contains(&code);
            format!("+{code}{}", if zero_stays { digits } else { rest })
        } else if digits.starts_with(code) {
            if !WITH_COUNTRY.contains(&digits.len()) {
                return Err(Unclear);
            }
            format!("+{digits}")
        } else if digits.len() < *WITH_COUNTRY.start() {
            format!("+{code}{digits}")
        } else {
            return Ok(number);
        };
        if completed.len() > LONGEST + 1 {
            return Ok(number);
        }
        Ok(Cow::Owned(completed))
    }
}

impl Plan {
    const fn new(
        code: &'static str,
        trunk: &'static [&'static str],
        lengths: RangeInclusive<usize>,
        begins: RangeInclusive<u8>,
    ) -> Plan {
        Plan {
            code,
            trunk,
            lengths,
            begins,
        }
    }

    /// A number without what may stand before it: nothing, the trunk prefix or the code.
    fn national<'n>(&self, digits: &'n str) -> Option<&'n str> {
        let prefixes = [""].iter().chain(self.trunk).chain([&self.code]);
        let mut without = prefixes.filter_map(|prefix| digits.strip_prefix(*prefix));
        without.find(|rest| {
            self.lengths.contains(&rest.len()) && self.begins.contains(&rest.as_bytes()[0])
        })
    }
}

/// What a number that is accepted may have lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// 11 to 15 bare digits: the country code is there, the `+` is not.
    Plus,
    /// 7 to 10 bare digits that are no number of North America: the 0 in front may be gone.
    Zero,
}

/// What a clean number may have lost to a spreadsheet, which takes `+` and leading zeros away.
pub fn what_may_be_lost(number: &str) -> Option<Lost> {
    let digits = number.as_bytes();
    if matches!(digits.first(), None | Some(b'+' | b'0')) {
        return None;
    }
    // Area code and exchange code of the North American plan never begin with 0 or 1.
    let is_north_american = digits.len() == 10 && digits[0] >= b'2' && digits[3] >= b'2';
    match digits.len() {
        length if WITH_COUNTRY.contains(&length) => Some(Lost::Plus),
        SHORTEST_NATIONAL..=10 if !is_north_american => Some(Lost::Zero),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete(code: &str, number: &str) -> String {
        let country: Country = code.parse().expect("a code");
        match country.complete(number.into()) {
            Ok(number) => number.into_owned(),
            Err(Unclear) => "unclear".into(),
        }
    }

    #[test]
    fn national_numbers_get_the_country_and_nothing_else_does() {
        for (code, number, completed) in [
            ("+1", "2025550101", "+12025550101"),
            ("1", "12025550101", "+12025550101"),
            ("+1", "5501", "5501"),
            ("+1", "1025550101", "1025550101"),
            ("+1", "442079460000", "442079460000"),
            ("+1", "+442079460000", "+442079460000"),
            ("+49", "061007731230", "+4961007731230"),
            ("+49", "61007731", "+4961007731"),
            ("+49", "496100773123", "+496100773123"),
            ("+49", "00496100773123", "00496100773123"),
            ("+49", "4941123456", "unclear"),
            ("+39", "0612345678", "+390612345678"),
            ("+45", "20121955", "+4520121955"),
            ("+45", "45121955", "unclear"),
            ("+49", "012345678901234567", "012345678901234567"),
            ("+225", "0712345678", "+2250712345678"),
            ("+7", "84951234567", "+74951234567"),
            ("+7", "74951234567", "+74951234567"),
            ("+7", "7172123456", "+77172123456"),
            ("+7", "4951234567", "+74951234567"),
            ("+7", "04951234567", "04951234567"),
            ("+36", "0612345678", "+3612345678"),
            ("+36", "06301234567", "+36301234567"),
            ("+36", "36412345", "+3636412345"),
            ("+36", "36301234567", "+36301234567"),
            ("+36", "012345678", "012345678"),
            ("+370", "852345678", "+37052345678"),
            ("+370", "052345678", "+37052345678"),
            ("+375", "80171234567", "+375171234567"),
            ("+375", "8171234567", "+375171234567"),
            ("+993", "812123456", "+99312123456"),
        ] {
            assert_eq!(complete(code, number), completed, "{code} {number}");
        }
    }

    #[test]
    fn a_code_has_one_to_three_digits() {
        for text in ["", "+", "0", "+01", "1234", "US", "1a"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_spreadsheet_eats_is_noticed() {
        for (number, lost) in [
            ("12025550101", Some(Lost::Plus)),
            ("496100773123456", Some(Lost::Plus)),
            ("2025550101", None),
            ("6100773123", Some(Lost::Zero)),
            ("20121955", Some(Lost::Zero)),
            ("0612345678", None),
            ("+12025550101", None),
            ("5501", None),
            ("1234567890123456", None),
        ] {
            assert_eq!(what_may_be_lost(number), lost, "{number}");
        }
    }

    proptest::proptest! {
        #[test]
        fn completing_twice_changes_nothing_more(code in "[1-9][0-9]{0,2}", number in "\\+?[0-9]{3,20}") {
            let country: Country = code.parse().expect("a code");
            if let Ok(once) = country.complete(number.as_str().into()) {
                let twice = country.complete(once.clone()).expect("clear");
                proptest::prop_assert!(once.starts_with('+') || once == number.as_str());
                proptest::prop_assert_eq!(once, twice);
            }
        }
    }
}
