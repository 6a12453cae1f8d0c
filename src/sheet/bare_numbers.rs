//! Numbers without a `+`: spreadsheets may have taken it, or a zero in front, and one number may stand in
//! a sheet in two spellings.

use std::collections::HashMap;

use crate::model::failure_groups::Rows;
use crate::sheet::country::{Lost, what_may_be_lost};

/// Numbers of North America whose spellings are compared; those behind them are not.
const MOST_COMPARED: usize = 50_000;

/// The country code of North America.
const NORTH_AMERICA: char = '1';

/// A number of North America has this number of digits without its country code.
const NATIONAL_DIGITS: usize = 10;

/// What was found of them in the rows to send.
#[derive(Debug, Clone, Default)]
pub struct BareNumbers {
    /// Those that may have lost their `+`, and those that may have lost a leading zero.
    pub lost_plus: Rows,
    pub lost_zero: Rows,
    /// A number that stands in one row with its country code and in another one without.
    pub two_spellings: Option<TwoSpellings>,
    /// Of those that may have lost their `+`, how many are numbers of North America.
    north_american: u64,
    /// By their digits without the country code: the first row with each spelling.
    compared: HashMap<Box<str>, [Option<u64>; 2]>,
}

/// One number in two spellings, and the rows of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwoSpellings {
    pub with_code: (String, u64),
    pub without: (String, u64),
    /// How many numbers are spelled in two ways.
    pub count: u64,
}

impl BareNumbers {
    pub(super) fn add(&mut self, row: u64, number: &str) {
        let is_of_north_america = |digits: &str| {
            digits.len() == NATIONAL_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let national = number.strip_prefix(NORTH_AMERICA);
        let national = national.filter(|digits| is_of_north_america(digits));
        match what_may_be_lost(number) {
            Some(Lost::Plus) => {
                self.lost_plus.add(row);
                self.north_american += u64::from(national.is_some());
            }
            Some(Lost::Zero) => self.lost_zero.add(row),
            None => {}
        }
        match national {
            Some(digits) => self.compare(row, digits, 0),
            None if is_of_north_america(number) => self.compare(row, number, 1),
            None => {}
        }
    }

    /// Whether all that may have lost their `+` are numbers of North America.
    pub fn are_north_american(&self) -> bool {
        self.lost_plus.count > 0 && self.north_american == self.lost_plus.count
    }

    fn compare(&mut self, row: u64, digits: &str, spelling: usize) {
        if self.compared.len() >= MOST_COMPARED && !self.compared.contains_key(digits) {
            return;
        }
        let rows = self.compared.entry(digits.into()).or_default();
        if rows[spelling].is_some() {
            return;
        }
        rows[spelling] = Some(row);
        if let [Some(with_code), Some(without)] = *rows {
            let found = self.two_spellings.get_or_insert_with(|| TwoSpellings {
                with_code: (format!("{NORTH_AMERICA}{digits}"), with_code),
                without: (digits.to_string(), without),
                count: 0,
            });
            found.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_in_two_spellings_is_found_whichever_comes_first() {
        let found = |numbers: &[&str]| {
            let mut bare = BareNumbers::default();
            for (row, number) in (2..).zip(numbers) {
                bare.add(row, number);
            }
            let two = bare.two_spellings.clone();
            two.map(|two| (two.with_code, two.without, two.count))
        };
        let with_code = |row| ("12025550101".to_string(), row);
        let without = |row| ("2025550101".to_string(), row);
        for (numbers, expected) in [
            (
                &["12025550101", "2025550101"][..],
                Some((with_code(2), without(3), 1)),
            ),
            (
                &["2025550101", "5501", "12025550101", "12025550101"],
                Some((with_code(4), without(2), 1)),
            ),
            (&["12025550101", "12025550101"], None),
            (&["+12025550101", "2025550101"], None),
            (&["4915550101", "14915550102"], None),
        ] {
            assert_eq!(found(numbers), expected, "{numbers:?}");
        }
    }
}
