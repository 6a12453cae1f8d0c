//! One row of the sheet as we understood it: whose location, and what is to change there.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::usage::Usage;

/// One row to send, borrowed from the record it was read from until [`Row::into_owned`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<'a> {
    /// The row as the spreadsheet shows it: the header is row 1.
    pub number: u64,
    /// `None`: the token's own organization.
    pub org_id: Option<Cow<'a, str>>,
    /// The id of what the setting is set on, such as a location.
    pub target_id: Cow<'a, str>,
    /// What the sheet calls it, or where it does not the service, as far as that was looked up.
    pub name: Cow<'a, str>,
    pub key: TargetKey,
    /// What is asked of each field of the setting.
    pub changes: Vec<Change<'a>>,
    /// What must be so before anything is changed: for each field, values of which one must be
    /// there. None: anything will do, as in fields beyond the last one here.
    pub expected: Vec<Vec<Change<'a>>>,
    /// What used numbers before the run that were not set then, as its plan saw it. To an undo that is no reason to
    /// leave them set.
    pub used_before: Vec<Usage>,
}

/// Tells locations apart whatever way their id was written (padded, plain UUID, upper case).
///
/// 64 bits of a hash: among a million rows two different locations share a key with a
/// probability of 3 in 100 million, and then the worst is a duplicate that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetKey(pub u64);

/// One field of the setting at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TargetField {
    pub key: TargetKey,
    pub index: usize,
}

impl Row<'_> {
    pub fn into_owned(self) -> Row<'static> {
        Row {
            number: self.number,
            org_id: self.org_id.map(|id| Cow::Owned(id.into_owned())),
            target_id: Cow::Owned(self.target_id.into_owned()),
            name: Cow::Owned(self.name.into_owned()),
            key: self.key,
            changes: into_owned(self.changes),
            expected: self.expected.into_iter().map(into_owned).collect(),
            used_before: self.used_before,
        }
    }

    /// What it must find so that each field that it changes is still as it was `seen`. A field that it
    /// leaves alone may be what it likes.
    pub fn expecting(&self, seen: &CurrentValues) -> Vec<Vec<Change<'static>>> {
        let fields = self.changes.iter().enumerate();
        let expected = fields.map(|(index, change)| match change {
            Change::Keep => Vec::new(),
            Change::Clear | Change::Set(_) => vec![Change::to(seen.get(index))],
        });
        expected.collect()
    }

    /// Tells the changes alone apart, whatever they are for.
    pub fn changes_checksum(&self) -> u32 {
        checksum_of_fields(self.changes.iter().map(Change::field))
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
        field(&self.target_id);
        for change in &self.changes {
            field(change.field().unwrap_or("keep"));
        }
        hasher.finalize()
    }
}

fn into_owned(changes: Vec<Change<'_>>) -> Vec<Change<'static>> {
    changes.into_iter().map(Change::into_owned).collect()
}

/// Tells lists of texts apart.
/// Tells fields of a request apart, of which one that is left out is `None`.
pub fn checksum_of_fields<'f>(fields: impl Iterator<Item = Option<&'f str>>) -> u32 {
    hash_of(fields.map(|field| field.unwrap_or("keep")))
}

fn hash_of<'t>(texts: impl Iterator<Item = &'t str>) -> u32 {
    let mut hasher = FixedState::default().build_hasher();
    for text in texts {
        hasher.write(text.as_bytes());
        hasher.write_u8(0);
    }
    let hash = hasher.finish();
    u32::try_from(hash >> 32).unwrap_or_default()
}

#[cfg(test)]
impl<'a> Row<'a> {
    /// Some row that asks for this.
    pub(crate) fn asking(changes: [Change<'a>; 3]) -> Row<'a> {
        Row {
            number: 2,
            org_id: None,
            target_id: "location".into(),
            name: "".into(),
            key: TargetKey(1),
            changes: changes.into(),
            expected: Vec::new(),
            used_before: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
