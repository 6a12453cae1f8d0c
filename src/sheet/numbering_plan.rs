//! What the numbering plans of the world say of a number's length, and of the trunk prefix that is
//! dialed within a country and left out abroad. Google's libphonenumber knows them. It is asked for
//! these two only: which ranges are in use changes every month, so no range is ever refused.

use std::sync::OnceLock;

use rlibphonenumber::{
    PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, PhoneNumberType,
    get_national_significant_number_owned,
};

/// The longest number with its country code, in digits (E.164).
pub(super) const LONGEST: usize = 15;

/// The country code of North America.
pub(super) const NORTH_AMERICA: &str = "1";

/// The country codes there can be: one to three digits.
const CODES: usize = 1000;

/// A country whose numbers have at least this number of lengths leaves their end open: extensions are part of them.
const OPEN: u32 = 8;

/// Digits of a number with a prefix of a carrier: shorter ones are extensions.
pub(super) const SHORTEST_DIALED: usize = 9;

/// Each is made when a number needs it; Germany's takes some milliseconds.
static PLANS: [OnceLock<Option<Plan>>; CODES] = [const { OnceLock::new() }; CODES];

/// The numbers of the countries that share a calling code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// The calling code, without `+`.
    pub(super) code: String,
    /// Digits after the code that any number may have.
    possible: Lengths,
    /// Digits of a fixed line's or a mobile's number.
    ordinary: Lengths,
    /// Digits of the number that the library has for an example.
    usual: usize,
    /// Its numbers begin with a zero that stays behind the country code: Italy's.
    keeps_zero: bool,
    /// The prefixes that may stand before a number within the country, the longest first.
    trunks: Vec<String>,
}

/// A set of numbers of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lengths(u32);

impl Lengths {
    fn of(is_in: impl Fn(usize) -> bool) -> Lengths {
        let lengths = (1..=LONGEST).filter(|length| is_in(*length));
        Lengths(lengths.fold(0, |set, length| set | 1 << length))
    }

    fn contains(self, length: usize) -> bool {
        length <= LONGEST && self.0 & 1 << length != 0
    }
}

/// A number as the service lists it: with a hyphen after its country code. `None` where no country has
/// that code; numbers of North America are listed without one.
pub fn hyphened(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+')?;
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.starts_with('1') {
        return None;
    }
    let (plan, rest) = Plan::of_international(digits)?;
    (!rest.is_empty()).then(|| format!("+{}-{rest}", plan.code))
}

impl Plan {
    /// The plan of a number that begins with its country code, and the digits after the code.
    pub(super) fn of_international(digits: &str) -> Option<(&'static Plan, &str)> {
        (1..=3).find_map(|length| {
            let plan = Plan::of_code(digits.get(..length)?)?;
            Some((plan, &digits[length..]))
        })
    }

    /// The plan of a country code; `None`: no country has it.
    pub(super) fn of_code(code: &str) -> Option<&'static Plan> {
        let number: usize = code.parse().ok()?;
        if code.starts_with(['0', '+']) {
            return None;
        }
        let plan = PLANS.get(number)?;
        plan.get_or_init(|| Plan::find(code)).as_ref()
    }

    fn find(code: &str) -> Option<Plan> {
        let country_code = code.parse().ok()?;
        let region = PHONE_NUMBER_UTIL.get_region_for_country_code(country_code)?;
        let number = |length: usize| PhoneNumber {
            country_code,
            national_number: u32::try_from(length).map_or(0, |length| 5 * 10_u64.pow(length - 1)),
            ..PhoneNumber::default()
        };
        // A number that can be dialed only within its area is not a complete one.
        let is_complete = |is_possible: Result<rlibphonenumber::NumberLengthType, _>| {
            is_possible.is_ok_and(|kind| kind == rlibphonenumber::NumberLengthType::IsPossible)
        };
        let of_kind = |length: usize, kind| {
            let number = number(length);
            is_complete(PHONE_NUMBER_UTIL.is_possible_number_for_type_with_reason(&number, kind))
        };
        let example = PHONE_NUMBER_UTIL.get_example_number(region).ok();
        let example = example.map(|number| get_national_significant_number_owned(&number));
        let is_trunk = |prefix: &String| {
            let Some(example) = &example else {
                return false;
            };
            national(&format!("+{code}{prefix}{example}")).as_ref() == Some(example)
        };
        let usual = example.as_ref().map_or(0, String::len);
        let prefixes = (0..100).map(|prefix| format!("{prefix:02}"));
        let prefixes = prefixes.chain((0..10).map(|prefix| prefix.to_string()));
        Some(Plan {
            code: code.to_string(),
            possible: Lengths::of(|length| {
                is_complete(PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number(length)))
            }),
            ordinary: Lengths::of(|length| {
                of_kind(length, PhoneNumberType::FixedLine)
                    || of_kind(length, PhoneNumberType::Mobile)
            }),
            usual,
            keeps_zero: example
                .as_ref()
                .is_some_and(|example| example.starts_with('0')),
            trunks: prefixes.filter(is_trunk).collect(),
        })
    }

    /// Whether this number of digits after the code can be a phone number.
    pub(super) fn is_possible(&self, length: usize) -> bool {
        self.possible.contains(length)
    }

    /// Whether they can be a fixed line's or a mobile's number.
    pub(super) fn is_ordinary(&self, length: usize) -> bool {
        self.ordinary.contains(length)
    }

    /// Whether the plan leaves so little room that a number of another length is none.
    pub(super) fn is_strict(&self) -> bool {
        (1..=2).contains(&self.ordinary.0.count_ones())
    }

    /// Whether a number within the country is written with a trunk prefix. That of North America is dialed,
    /// and hardly ever written.
    pub(super) fn writes_trunk(&self) -> bool {
        !self.trunks.is_empty() && self.code != NORTH_AMERICA
    }

    /// Whether extensions are dialed behind any number, as part of it: in Germany and its neighbors.
    pub(super) fn is_open(&self) -> bool {
        self.ordinary.0.count_ones() >= OPEN
    }

    /// Whether a number in use is as long as numbers there are, and not the beginning of one.
    pub(super) fn is_complete(&self, after_code: &str) -> bool {
        after_code.len() >= self.usual && self.is_in_use(after_code)
    }

    /// Whether a whole number may have this number of digits, in use or not.
    pub(super) fn is_as_long_as_one(&self, length: usize) -> bool {
        length >= self.usual && self.is_ordinary(length)
    }

    /// A number after the country code without the trunk prefix that was kept there by mistake.
    pub(super) fn without_kept_trunk<'n>(&self, after_code: &'n str) -> Option<&'n str> {
        let Some(rest) = self.without_trunk(after_code) else {
            return self.without_stray_zero(after_code);
        };
        // Some numbers begin as the prefix does: +7 800.
        let is_none = !self.is_ordinary(after_code.len()) && !self.is_in_use(after_code);
        let is_kept = !self.is_possible(after_code.len())
            || is_none && self.is_ordinary(rest.len())
            || national(&format!("+{}{after_code}", self.code)).as_deref() == Some(rest);
        is_kept.then_some(rest)
    }

    /// The same where the country has no trunk prefix, or has none any more: only where the number is in
    /// use without the zero and is not with it.
    fn without_stray_zero<'n>(&self, after_code: &'n str) -> Option<&'n str> {
        let rest = after_code.strip_prefix('0')?;
        (!self.is_in_use(after_code) && self.is_in_use(rest)).then_some(rest)
    }

    /// Whether a number lacks the zero that stays behind the country code: it is in use with it and is not
    /// without it.
    pub(super) fn lacks_zero(&self, after_code: &str) -> bool {
        self.keeps_zero && !self.is_in_use(after_code) && self.is_in_use(&format!("0{after_code}"))
    }

    /// A number as it is dialed within the country without the trunk prefix before it.
    fn without_trunk<'n>(&self, digits: &'n str) -> Option<&'n str> {
        let mut without = self
            .trunks
            .iter()
            .filter_map(|trunk| digits.strip_prefix(trunk.as_str()));
        without.find(|rest| self.is_possible(rest.len()))
    }

    /// What bare digits are after the country code, where they are a number within the country.
    pub(super) fn national<'n>(&self, digits: &'n str) -> Option<&'n str> {
        if let Some(rest) = self.without_trunk(digits) {
            return Some(rest);
        }
        if !self.is_possible(digits.len()) {
            return None;
        }
        // What begins like a prefix and is none: a number such as 8005553535 in Russia, or nothing. Few
        // numbers begin with 0 once the prefix is gone: those of Italy.
        let begins_like_one = |trunk: &String| trunk.get(..1) == digits.get(..1);
        let is_clear = !(digits.starts_with('0') || self.trunks.iter().any(begins_like_one))
            || self.is_in_use(digits);
        is_clear.then_some(digits)
    }

    /// The number that follows the country code behind a trunk prefix, `0` and `57` in `0571 2345678`, where the
    /// digits are not in use as a number within the country.
    pub(super) fn behind_trunk_and_code<'n>(&self, digits: &'n str) -> Option<&'n str> {
        let is_in_use = |national: &str| self.is_in_use(national);
        if self.national(digits).is_some_and(is_in_use) {
            return None;
        }
        let mut behind = self.trunks.iter().filter_map(|trunk| {
            let rest = digits.strip_prefix(trunk.as_str())?;
            rest.strip_prefix(self.code.as_str())
        });
        behind.find(|rest| self.is_ordinary(rest.len()) && self.national(rest) == Some(rest))
    }

    /// Whether the library knows the range of a number.
    pub(super) fn is_in_use(&self, after_code: &str) -> bool {
        let number = PHONE_NUMBER_UTIL.parse(format!("+{}{after_code}", self.code), None);
        number.is_ok_and(|number| {
            // Not another number, without a trunk prefix that was kept.
            get_national_significant_number_owned(&number) == after_code
                && PHONE_NUMBER_UTIL.is_valid_number(&number)
        })
    }

    /// The number in use that digits are as they are dialed within the country: by a carrier, before a mobile
    /// number, to another country. Those after `00` or `011` are left to
    /// `dialed_abroad.rs`.
    pub(super) fn as_dialed(&self, digits: &str) -> Option<String> {
        if digits.len() < SHORTEST_DIALED || digits.starts_with("00") {
            return None;
        }
        let country_code: i32 = self.code.parse().ok()?;
        let region = PHONE_NUMBER_UTIL.get_region_for_country_code(country_code)?;
        let number = PHONE_NUMBER_UTIL.parse(digits, Some(region)).ok()?;
        let is_abroad = number.country_code != country_code && digits.starts_with('0');
        let after_code = get_national_significant_number_owned(&number);
        let has_code = digits.strip_prefix(self.code.as_str()) == Some(&after_code);
        let is_one = !is_abroad && !has_code && PHONE_NUMBER_UTIL.is_valid_number(&number);
        is_one.then(|| format!("+{}{after_code}", number.country_code))
    }

    /// How many digits are dialed in this country before the country code of another one, where these are dialed
    /// so, and what follows them.
    pub(super) fn exit_prefix<'n>(&self, digits: &'n str) -> Option<(usize, &'n str)> {
        if digits.len() < SHORTEST_DIALED || !digits.starts_with('0') {
            return None;
        }
        let country_code: i32 = self.code.parse().ok()?;
        let region = PHONE_NUMBER_UTIL.get_region_for_country_code(country_code)?;
        let number = PHONE_NUMBER_UTIL.parse(digits, Some(region)).ok()?;
        let after_code = get_national_significant_number_owned(&number);
        let international = format!("{}{after_code}", number.country_code);
        let prefix = digits.strip_suffix(international.as_str())?.len();
        (number.country_code != country_code).then(|| (prefix, &digits[prefix..]))
    }

    /// Whether this is dialed in this country before the country code of another one.
    pub(super) fn dials_abroad_with(&self, prefix: &str) -> bool {
        let number = if self.code == "44" {
            "12025550101"
        } else {
            "442079460000"
        };
        let dialed = format!("{prefix}{number}");
        let found = self.exit_prefix(&dialed);
        found.is_some_and(|(length, _)| length == prefix.len())
    }

    /// Where the groups end in which a number is written after the country code, but for the last.
    pub(super) fn group_ends(&self, after_code: &str) -> Vec<usize> {
        let Ok(number) = PHONE_NUMBER_UTIL.parse(format!("+{}{after_code}", self.code), None)
        else {
            return Vec::new();
        };
        let format = PhoneNumberFormat::International;
        let written = PHONE_NUMBER_UTIL.format(&number, format);
        let groups = written.split(|character: char| !character.is_ascii_digit());
        let groups = groups.filter(|group| !group.is_empty()).skip(1);
        let mut ends: Vec<usize> = groups
            .scan(0, |end, group| {
                *end += group.len();
                Some(*end)
            })
            .collect();
        ends.pop();
        ends
    }

    /// The lengths of numbers, in words: `10`, `9 or 10`, `5 to 15`.
    pub(super) fn lengths(&self) -> String {
        let set = if self.ordinary.0 == 0 {
            self.possible
        } else {
            self.ordinary
        };
        let lengths: Vec<usize> = (1..=LONGEST)
            .filter(|length| set.contains(*length))
            .collect();
        match lengths[..] {
            [] => "another number of".to_string(),
            [only] => only.to_string(),
            [one, other] => format!("{one} or {other}"),
            [first, .., last] => format!("{first} to {last}"),
        }
    }
}

/// What the library takes for the number after the country code.
fn national(number: &str) -> Option<String> {
    let number = PHONE_NUMBER_UTIL.parse(number, None).ok()?;
    Some(get_national_significant_number_owned(&number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_listed_with_a_hyphen_after_its_country_code() {
        for (number, listed) in [
            ("+496100773123", Some("+49-6100773123")),
            ("+35315550101", Some("+353-15550101")),
            ("+74955550101", Some("+7-4955550101")),
            ("+49-6100773123", None),
            ("+12025550101", None),
            ("+9991", None),
            ("+49", None),
            ("5501", None),
            ("+", None),
        ] {
            assert_eq!(hyphened(number).as_deref(), listed, "{number}");
        }
    }

    #[test]
    fn a_number_after_its_code_has_a_length_that_its_country_knows() {
        for (number, code, is_possible) in [
            ("12025550101", "1", true),
            ("1202555010", "1", false),
            ("15550101", "1", false),
            ("442079460000", "44", true),
            ("4420794600", "44", false),
            ("496100773123", "49", true),
            ("390612345678", "39", true),
            ("2250712345678", "225", true),
            ("80012345678", "800", true),
        ] {
            let (plan, rest) = Plan::of_international(number).expect("a country");
            assert_eq!(
                (&*plan.code, plan.is_possible(rest.len())),
                (code, is_possible),
                "{number}"
            );
        }
        assert_eq!(Plan::of_international("99912345678"), None);
        assert_eq!(Plan::of_international("0"), None);
    }

    #[test]
    fn a_trunk_prefix_that_was_kept_is_told_from_a_number_that_begins_so() {
        for (code, after_code, rest) in [
            ("49", "0301234567", Some("301234567")),
            ("44", "02079460000", Some("2079460000")),
            ("1", "12025550101", Some("2025550101")),
            ("7", "84951234567", Some("4951234567")),
            ("7", "8005553535", None),
            ("36", "0612345678", Some("12345678")),
            ("39", "0612345678", None),
            ("225", "0712345678", None),
            ("48", "0221234567", Some("221234567")),
            ("420", "0212345678", Some("212345678")),
            ("30", "02101234567", Some("2101234567")),
            ("241", "06031234", None),
            ("378", "0549886377", None),
            ("1", "2025550101", None),
        ] {
            let plan = Plan::of_code(code).expect("a country");
            assert_eq!(
                plan.without_kept_trunk(after_code),
                rest,
                "{code} {after_code}"
            );
        }
    }

    #[test]
    fn lengths_are_said_in_words() {
        let lengths = |code| Plan::of_code(code).expect("a country").lengths();
        assert_eq!(lengths("1"), "10");
        assert_eq!(lengths("44"), "9 or 10");
        assert_eq!(lengths("49"), "5 to 15");
        assert_eq!(lengths("800"), "8");
    }
}
