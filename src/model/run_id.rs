//! The name of a run, by which its journal, its results and an undo of it know each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Crockford's base 32: no letter is taken for a digit.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const BITS_A_DIGIT: u32 = 5;

/// A longer one is not ours.
const LONGEST: usize = 40;

/// The name of a run. It begins with a letter, so that no spreadsheet takes it for a number.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct RunId(Box<str>);

impl RunId {
    /// Takes random bits, or others that are hardly found twice.
    pub fn from_bits(bits: u64) -> RunId {
        let mut text = String::from("r");
        for at in (0..u64::BITS.div_ceil(BITS_A_DIGIT)).rev() {
            let digit = (bits >> (at * BITS_A_DIGIT)) & 31;
            text.push(char::from(DIGITS[usize::try_from(digit).unwrap_or(0)]));
        }
        RunId(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is missing, as in the journal of an older wxbulk.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for RunId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let is_one = text.starts_with('r')
            && text.len() <= LONGEST
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if is_one {
            Ok(RunId(text.to_ascii_lowercase().into()))
        } else {
            Err("it is not the id of a run".into())
        }
    }
}

impl TryFrom<String> for RunId {
    type Error = String;

    fn try_from(text: String) -> Result<RunId, String> {
        text.parse()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_different_bits_give_different_ids() {
        let ids = [0, 1, 31, 32, u64::MAX, 1 << 63].map(RunId::from_bits);
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(id.as_str().parse().as_ref(), Ok(id));
            assert!(!ids[index + 1..].contains(id));
        }
        assert_eq!(ids[4].as_str(), "rfzzzzzzzzzzzz");
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "12345", "r1e5,x", "x", &"r".repeat(41)] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
    }
}
