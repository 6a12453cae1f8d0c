//! One row of the sheet as we understood it: whose location, and what is to change there.

use std::borrow::Cow;

pub use crate::model::current_numbers::NUMBERS;
use crate::model::current_numbers::{CurrentNumbers, is_same_number};

/// One row to send, borrowed from the record it was read from until [`Row::into_owned`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// The row as the spreadsheet shows it: the header is row 1.
    pub number: u64,
    /// `None`: the token's own organization.
    pub org_id: Option<Cow<'a, str>>,
    pub location_id: Cow<'a, str>,
    pub key: LocationKey,
    pub changes: [Change<'a>; NUMBERS],
    /// What must be so before anything is changed; `Keep` where anything will do.
    pub expected: [Change<'a>; NUMBERS],
}

/// Tells locations apart whatever way their id was written (padded, plain UUID, upper case).
///
/// 64 bits of a hash: among a million rows two different locations share a key with a
/// probability of 3 in 100 million, and then the worst is a duplicate that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocationKey(pub u64);

/// What a cell asks of one number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// The cell is empty: the field is not sent and keeps its value.
    Keep,
    /// The cell says `REMOVE`: the field is sent as `""`, which clears it.
    Clear,
    /// Digits with an optional leading `+`.
    Set(Cow<'a, str>),
}

impl Change<'_> {
    /// Asks for nothing, and so is always met.
    pub const NONE: [Change<'static>; NUMBERS] = [Change::Keep, Change::Keep, Change::Keep];

    /// The value of the field in the request; `None` where the field is left out.
    pub fn field(&self) -> Option<&str> {
        match self {
            Change::Keep => None,
            Change::Clear => Some(""),
            Change::Set(number) => Some(number),
        }
    }

    /// Whether `present` has what is asked for.
    pub fn are_met(changes: &[Change<'_>; NUMBERS], present: &CurrentNumbers) -> bool {
        let mut pairs = changes.iter().zip(&present.0);
        pairs.all(|(change, present)| change.is_met(present.as_deref()))
    }

    /// Whether a number, `None` where it is not set, is what is asked for.
    pub fn is_met(&self, present: Option<&str>) -> bool {
        match (self, present) {
            (Change::Keep, _) | (Change::Clear, None) => true,
            (Change::Set(wanted), Some(present)) => is_same_number(wanted, present),
            (Change::Clear, Some(_)) | (Change::Set(_), None) => false,
        }
    }

    fn into_owned(self) -> Change<'static> {
        match self {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(number) => Change::Set(Cow::Owned(number.into_owned())),
        }
    }
}

impl Row<'_> {
    pub fn into_owned(self) -> Row<'static> {
        Row {
            number: self.number,
            org_id: self.org_id.map(|id| Cow::Owned(id.into_owned())),
            location_id: Cow::Owned(self.location_id.into_owned()),
            key: self.key,
            changes: self.changes.map(Change::into_owned),
            expected: self.expected.map(Change::into_owned),
        }
    }

    /// A checksum of what the row asks for, so that a resumed run can tell that row 7 is still
    /// the row 7 it sent.
    pub fn fingerprint(&self) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        let mut field = |text: &str| {
            hasher.update(text.as_bytes());
            hasher.update(b"\0");
        };
        field(self.org_id.as_deref().unwrap_or_default());
        field(&self.location_id);
        for change in &self.changes {
            field(change.field().unwrap_or("keep"));
        }
        hasher.finalize()
    }
}

#[cfg(test)]
impl<'a> Row<'a> {
    /// Some row that asks for this.
    pub(crate) fn asking(changes: [Change<'a>; NUMBERS]) -> Row<'a> {
        Row {
            number: 2,
            org_id: None,
            location_id: "location".into(),
            key: LocationKey(1),
            changes,
            expected: Change::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_met_when_sending_them_would_change_nothing() {
        let present = CurrentNumbers::of([Some("2025550101"), None, Some("+49-6100773123")]);
        let set = |number: &'static str| Change::Set(number.into());
        for (changes, are_met) in [
            ([Change::Keep, Change::Keep, Change::Keep], true),
            (
                [set("+12025550101"), Change::Clear, set("+496100773123")],
                true,
            ),
            ([set("+12025550102"), Change::Keep, Change::Keep], false),
            ([Change::Clear, Change::Keep, Change::Keep], false),
            ([Change::Keep, set("5501"), Change::Keep], false),
        ] {
            assert_eq!(Change::are_met(&changes, &present), are_met, "{changes:?}");
        }
    }

    #[test]
    fn keeping_clearing_and_setting_are_told_apart_by_the_fingerprint() {
        let keep = Row::asking([Change::Keep, Change::Keep, Change::Keep]).fingerprint();
        let clear = Row::asking([Change::Clear, Change::Keep, Change::Keep]).fingerprint();
        let set =
            Row::asking([Change::Set("123".into()), Change::Keep, Change::Keep]).fingerprint();
        let second =
            Row::asking([Change::Keep, Change::Set("123".into()), Change::Keep]).fingerprint();
        let all = [keep, clear, set, second];
        for (index, one) in all.iter().enumerate() {
            assert!(!all[index + 1..].contains(one), "{all:?}");
        }
    }
}
