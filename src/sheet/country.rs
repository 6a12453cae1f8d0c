//! Bare digits, and the country they are read in: what `--country` makes of national numbers,
//! and which numbers look as if a spreadsheet had eaten their `+`.

use std::ops::RangeInclusive;
use std::str::FromStr;

use crate::sheet::numbering_plan::{LONGEST, Plan};

/// Shorter ones are extensions or local numbers, which have no country.
const SHORTEST_NATIONAL: usize = 7;

/// The same where all numbers of a country are that short: Andorra's, Greenland's.
const SHORTEST_OF_ANY: usize = 6;

/// Digits with the country code in front; shorter ones may be national.
const WITH_COUNTRY: RangeInclusive<usize> = 11..=LONGEST;

/// A country by its calling code, one to three digits: `+1`, `+49`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Country(&'static Plan);

impl FromStr for Country {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Country, &'static str> {
        let digits = text.trim().trim_start_matches('+');
        let is_code = digits.bytes().all(|byte| byte.is_ascii_digit());
        let plan = Plan::of_code(digits).filter(|_| is_code);
        plan.map(Country)
            .ok_or("is not a country calling code; enter one such as +1 or +49")
    }
}

/// A number that can be read in two ways; only its owner knows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unclear<'n> {
    /// It is national or begins with the country code.
    WithCode,
    /// It begins with the country code, and the trunk prefix was kept before these digits; or it is
    /// national.
    KeptTrunk(&'n str),
    /// The country code stands between the trunk prefix and these digits; or it is national, where its length
    /// allows that.
    BehindTrunk(&'n str),
}

impl Country {
    /// The code with its `+`.
    pub fn code(&self) -> String {
        format!("+{}", self.0.code)
    }

    pub(super) fn plan(&self) -> &'static Plan {
        self.0
    }

    /// What follows the country code of bare digits that are a number of this country. `None` where
    /// they are left as they stand: extensions, those that begin with `00`, numbers of other countries.
    pub(super) fn complete<'n>(&self, digits: &'n str) -> Result<Option<&'n str>, Unclear<'n>> {
        let plan = self.0;
        let is_short = match digits.len() {
            SHORTEST_OF_ANY => !(plan.is_strict() && plan.is_complete(digits)),
            length => length < SHORTEST_NATIONAL,
        };
        if digits.starts_with("00") || is_short {
            return Ok(None);
        }
        let fits = |rest: &&str| plan.code.len() + rest.len() <= LONGEST;
        // A local number, or an extension behind a prefix, has another length.
        let is_one = |rest: &&str| plan.is_ordinary(rest.len()) || plan.is_in_use(rest);
        let national = plan.national(digits).filter(fits).filter(is_one);
        let international = digits.strip_prefix(plan.code.as_str());
        let without_trunk = international.and_then(|rest| plan.without_kept_trunk(rest));
        if let Some(rest) = without_trunk.filter(|rest| plan.is_ordinary(rest.len())) {
            return Err(Unclear::KeptTrunk(rest));
        }
        if let Some(rest) = plan.behind_trunk_and_code(digits) {
            return Err(Unclear::BehindTrunk(rest));
        }
        let international =
            international.filter(|rest| plan.is_possible(rest.len()) && without_trunk.is_none());
        let (Some(one), Some(other)) = (national, international) else {
            return Ok(national.or(international));
        };
        match (plan.is_ordinary(one.len()), plan.is_ordinary(other.len())) {
            _ if one == other => Ok(Some(one)),
            (true, false) => Ok(Some(one)),
            (false, true) => Ok(Some(other)),
            _ if WITH_COUNTRY.contains(&digits.len()) => Ok(Some(other)),
            _ => Err(Unclear::WithCode),
        }
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
        match country.complete(number) {
            Ok(Some(rest)) => format!("{}{rest}", country.code()),
            Ok(None) => number.into(),
            Err(Unclear::WithCode) => "unclear".into(),
            Err(Unclear::KeptTrunk(rest)) => format!("kept before {rest}"),
            Err(Unclear::BehindTrunk(rest)) => format!("code before {rest}"),
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
            ("+49", "061007731230", "+4961007731230"),
            ("+49", "61007731", "+4961007731"),
            ("+49", "496100773123", "+496100773123"),
            ("+49", "00496100773123", "00496100773123"),
            ("+49", "4941123456", "unclear"),
            ("+39", "0612345678", "+390612345678"),
            ("+45", "20121955", "+4520121955"),
            ("+45", "45121955", "+4545121955"),
            ("+65", "6561234567", "+6561234567"),
            ("+298", "201234", "+298201234"),
            ("+299", "321000", "+299321000"),
            ("+376", "712345", "+376712345"),
            ("+298", "55010", "55010"),
            ("+49", "551234", "551234"),
            ("+44", "201234", "201234"),
            ("+91", "9123456789", "+919123456789"),
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
            ("+49", "490301234567", "kept before 301234567"),
            ("+49", "4901761234567", "kept before 1761234567"),
            ("+43", "4306641234567", "kept before 6641234567"),
            ("+62", "620215550100", "kept before 215550100"),
            ("+44", "4402079460000", "kept before 2079460000"),
            ("+1", "112025550101", "kept before 2025550101"),
            ("+39", "390612345678", "+390612345678"),
            ("+7", "78005553535", "+78005553535"),
        ] {
            assert_eq!(complete(code, number), completed, "{code} {number}");
        }
    }

    #[test]
    fn a_code_has_one_to_three_digits() {
        for text in ["", "+", "0", "+01", "1234", "US", "1a", "+999"] {
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
        fn what_is_completed_is_as_long_as_a_number_can_be(code in "[1-9][0-9]{0,2}", number in "[0-9]{3,20}") {
            if let Ok(country) = code.parse::<Country>()
                && let Ok(Some(rest)) = country.complete(&number)
            {
                proptest::prop_assert!(number.ends_with(rest));
                proptest::prop_assert!(country.code().len() + rest.len() <= LONGEST + 1);
            }
        }
    }
}
