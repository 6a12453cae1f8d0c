//! The cell at the end of each row of results: which run and row it is, and a few digits for each cell
//! that an undo relies on. So a file that was renamed, sorted or shortened finds its journal, and a
//! cell that a spreadsheet has changed is told by its name.
//!
//! ```text
//! r3k9x0m2p7qz1s.17.4fa1.09bc.8w2m-e44k-1111.70tn-…
//!  run           row service, organization, place; each field sent; each earlier value
//! ```

use std::fmt;
use std::str::FromStr;

use crc32fast::Hasher;

use crate::model::current_values::CurrentValues;
use crate::model::run_id::RunId;

/// Crockford's base 32, in lower case.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Digits for each cell. Of wrong cells, one in a million passes for each spelling that a reader tries, and
/// those are six at most.
const DIGITS_A_CELL: usize = 4;

/// Service, organization and place.
const BEFORE_SENT: usize = 3;

/// Follows the row's number where the row says less than its journal.
const MORE: char = '+';

/// What a row of results says, as far as an undo relies on it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// The base URL that the row was sent to.
    pub service: &'f str,
    /// `None`: the token's own organization.
    pub org_id: Option<&'f str>,
    pub target_id: &'f str,
    /// What was sent: for each field, `None` where it was left out and the empty text where it was
    /// cleared.
    pub sent: &'f [Option<&'f str>],
    /// `None`: they were not read.
    pub earlier: Option<&'f CurrentValues>,
}

/// A cell that a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedPart {
    Service,
    Organization,
    Target,
    Sent(usize),
    Earlier(usize),
}

/// The check of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCheck {
    pub run: RunId,
    /// The row in the results that the run wrote.
    pub row: u64,
    /// The journal knows more than the row can say: another place or other numbers were sent before, or
    /// an earlier try may have taken effect, whatever the outcome says.
    pub has_more: bool,
    digits: String,
}

impl RowCheck {
    pub fn new(run: &RunId, row: u64, has_more: bool, facts: &Facts<'_>) -> RowCheck {
        let row_itself = hasher_of(run, row);
        let mut digits = String::new();
        for (part, text) in facts.parts() {
            if !digits.is_empty() {
                digits.push('-');
            }
            digits.extend(digits_of(row_itself.clone(), part, text));
        }
        RowCheck {
            run: run.clone(),
            row,
            has_more,
            digits,
        }
    }

    /// How many fields the row's setting has.
    pub fn fields(&self) -> usize {
        self.digits.split('-').count().saturating_sub(BEFORE_SENT) / 2
    }

    /// Whether any value from before was read.
    pub fn tells_of_earlier(&self) -> bool {
        let mut fields = 0..self.fields();
        fields.any(|index| !self.holds(CheckedPart::Earlier(index), None))
    }

    /// Whether a cell is what it was when the row was written.
    pub fn holds(&self, part: CheckedPart, text: Option<&str>) -> bool {
        let fields = self.fields();
        let place = match part {
            CheckedPart::Service => 0,
            CheckedPart::Organization => 1,
            CheckedPart::Target => 2,
            CheckedPart::Sent(index) => BEFORE_SENT + index,
            CheckedPart::Earlier(index) => BEFORE_SENT + fields + index,
        };
        let wanted = digits_of(hasher_of(&self.run, self.row), part, text);
        let found = self.digits.split('-').nth(place);
        found.is_some_and(|found| found.chars().eq(wanted))
    }
}

impl<'f> Facts<'f> {
    fn parts(&self) -> impl Iterator<Item = (CheckedPart, Option<&'f str>)> + use<'f> {
        let Facts {
            service,
            org_id,
            target_id,
            sent,
            earlier,
        } = *self;
        let fields = sent.iter().copied().enumerate();
        let sent = fields.map(|(index, sent)| (CheckedPart::Sent(index), sent));
        let fields = 0..self.sent.len();
        let earlier = fields.map(move |index| {
            let value = earlier.map(|values| values.text(index));
            (CheckedPart::Earlier(index), value)
        });
        [
            (CheckedPart::Service, Some(service)),
            (CheckedPart::Organization, org_id),
            (CheckedPart::Target, Some(target_id)),
        ]
        .into_iter()
        .chain(sent)
        .chain(earlier)
    }
}

/// What the digits of each part of a row have in common.
fn hasher_of(run: &RunId, row: u64) -> Hasher {
    let mut hasher = Hasher::new();
    hasher.update(format!("{run}\0{row}").as_bytes());
    hasher
}

fn digits_of(mut hasher: Hasher, part: CheckedPart, text: Option<&str>) -> [char; DIGITS_A_CELL] {
    let (kind, index) = match part {
        CheckedPart::Service => ("service", 0),
        CheckedPart::Organization => ("organization", 0),
        CheckedPart::Target => ("target", 0),
        CheckedPart::Sent(index) => ("sent", index),
        CheckedPart::Earlier(index) => ("earlier", index),
    };
    let (mark, text) = text.map_or(("-", ""), |text| ("=", text));
    for text in ["\0", kind, "\0", &index.to_string(), "\0", mark, text] {
        hasher.update(text.as_bytes());
    }
    let sum = hasher.finalize();
    std::array::from_fn(|at| {
        let five_bits = (sum >> (at * 5)) & 31;
        char::from(DIGITS[usize::try_from(five_bits).unwrap_or_default()])
    })
}

impl fmt::Display for RowCheck {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.has_more { "+" } else { "" };
        write!(formatter, "{}.{}{more}.{}", self.run, self.row, self.digits)
    }
}

impl FromStr for RowCheck {
    type Err = ();

    fn from_str(text: &str) -> Result<RowCheck, ()> {
        let text = text.trim().to_ascii_lowercase();
        let mut parts = text.splitn(3, '.');
        let mut next = || parts.next().ok_or(());
        let (run, row, digits) = (next()?, next()?, next()?);
        let has_more = row.ends_with(MORE);
        Ok(RowCheck {
            run: run.parse().map_err(drop)?,
            row: row.trim_end_matches(MORE).parse().map_err(drop)?,
            has_more,
            digits: digits.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_was_changed_is_known() {
        let run = RunId::from_bits(7);
        let earlier = CurrentValues::of([Some("*7201"), None, Some("5501")]);
        let facts = Facts {
            service: "https://webexapis.com/v1",
            org_id: None,
            target_id: "place",
            sent: &[Some("+12025550101"), None, Some("")],
            earlier: Some(&earlier),
        };
        let check = RowCheck::new(&run, 17, false, &facts);
        let read: RowCheck = format!(" {check}").to_uppercase().parse().expect("a check");
        assert_eq!(read, check);
        for (part, text) in facts.parts() {
            assert!(read.holds(part, text), "{part:?}");
        }
        for (part, text) in [
            (CheckedPart::Service, Some("rehearsal")),
            (CheckedPart::Organization, Some("")),
            (CheckedPart::Target, Some("else")),
            (CheckedPart::Sent(0), Some("12025550101")),
            (CheckedPart::Sent(2), None),
            (CheckedPart::Sent(3), None),
            (CheckedPart::Earlier(0), Some("7201")),
            (CheckedPart::Earlier(1), None),
            (CheckedPart::Earlier(2), Some("")),
        ] {
            assert!(!read.holds(part, text), "{part:?}");
        }
        let elsewhere = RowCheck {
            row: 18,
            ..check.clone()
        };
        assert!(!elsewhere.holds(CheckedPart::Target, Some("place")));
    }

    #[test]
    fn what_is_no_check_is_not_read_as_one() {
        for text in ["", "ok", "r1.2", "r1.x.abcd", "5.5.5", "r1.-2.abcd"] {
            assert_eq!(text.parse::<RowCheck>(), Err(()), "{text}");
        }
    }
}
