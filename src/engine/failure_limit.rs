//! How many failures end a run: `--max-failures`, and the walls of answers that show that going on is
//! pointless.

use std::fmt;
use std::str::FromStr;

/// Answers at the start of a run that, all 403, show a token without the right.
pub(super) const FORBIDDEN_AT_THE_START: u32 = 10;

/// What answers count together without one of the service between them: five that something else gave, or fifty
/// of a gateway that may be down.
pub(super) const FOREIGN_IN_A_ROW: u32 = 50;

/// `--max-failures`: a number of rows, or a share of the finished ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailureLimit {
    Rows(u64),
    /// Percent, above 0 and up to 100.
    Share(f64),
}

impl fmt::Display for FailureLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureLimit::Rows(rows) => write!(formatter, "{rows}"),
            FailureLimit::Share(percent) => write!(formatter, "{percent}%"),
        }
    }
}

impl FromStr for FailureLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let limit = match text.strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse()
                .ok()
                .filter(|percent| *percent > 0.0 && *percent <= 100.0)
                .map(FailureLimit::Share),
            None => text.parse().ok().map(FailureLimit::Rows),
        };
        limit.ok_or_else(|| {
            format!("`{text}` is neither a number of rows (`25`) nor a share (`5%`)")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_read_as_people_type_them() {
        assert_eq!("25".parse(), Ok(FailureLimit::Rows(25)));
        assert_eq!("0".parse(), Ok(FailureLimit::Rows(0)));
        assert_eq!("2.5 %".parse(), Ok(FailureLimit::Share(2.5)));
        for text in ["", "-1", "5%%", "0%", "101%", "many", "NaN%", "inf%"] {
            assert!(text.parse::<FailureLimit>().is_err(), "{text}");
        }
    }
}
