//! Which rows are for a location that another row is for too.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::model::change::Change;
use crate::model::row::{Row, TargetKey};

/// Collects one entry a row (16 bytes), to be sorted once at the end.
#[derive(Debug, Default)]
pub struct SeenRows {
    rows: Vec<Seen>,
    /// Rows with problems, which are not sent.
    unreadable: Vec<(TargetKey, u64)>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    location: TargetKey,
    row: u32,
    changes: u32,
}

/// A row for a location that an earlier row is for too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repeat {
    pub row: u64,
    /// The nearest earlier row for the location.
    pub earlier: u64,
    /// Whether it asks for just what that row asks for.
    pub is_twin: bool,
}

/// Begins what is noted of a row that is not sent since it asks for just what an earlier row asks for. The
/// number of that row follows.
pub const SAME_AS_ROW: &str = "the same as row ";
/// What is said last of a row whose fields later rows have set.
pub const SENT_ALREADY: &str = ", was sent already";

/// All repeats of a sheet.
#[derive(Debug, Default)]
pub struct Duplicates {
    by_row: Vec<Repeat>,
    /// Rows of which another row for the same location asks for something else, and that row.
    contradicted: Vec<(u64, u64)>,
    /// Rows of which a later row for the same location asks for something else.
    followed: Vec<u64>,
    /// Rows for the location of a row with problems, and that row.
    beside_unreadable: Vec<(u64, u64)>,
    locations: HashSet<TargetKey>,
    /// Rows that are not done, and what later rows for their location have done.
    superseded: BTreeMap<u64, Superseded>,
}

/// What later rows for the location of a row have done already: sending it again would undo that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superseded {
    /// The nearest of these rows; `None` where it does not stand in the sheet any more.
    pub by: Option<u64>,
    pub fields: Fields,
}

/// What other rows of the runs have set for the locations of rows that are sent again, by their journals: the rows of
/// results can be sorted, deleted or hidden.
#[derive(Debug, Default)]
pub struct SetSince {
    /// Rows whose place in the order of all rows is known, by row number.
    pub known: Vec<bool>,
    /// What later rows have set since.
    pub superseded: BTreeMap<u64, Superseded>,
    /// What rows before them have set, or may have.
    pub before: HashMap<u64, Vec<Vec<Change<'static>>>>,
    /// Rows just before which, in the order of all rows, another one set something else at their location, or may have:
    /// they are no twins of a row before that.
    pub after_another: HashSet<u64>,
}

impl SetSince {
    fn knows(&self, row: u64) -> bool {
        let index = usize::try_from(row).unwrap_or(usize::MAX);
        self.known.get(index) == Some(&true)
    }
}

/// Fields of a setting, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fields(u32);

impl Fields {
    /// Those that a row changes.
    pub fn of(row: &Row<'_>) -> Fields {
        let all = row.changes.iter().enumerate();
        let changed = all.filter(|(_, change)| **change != Change::Keep);
        Fields(changed.fold(0, |fields, (index, _)| fields | 1 << index))
    }

    /// Those of a request that has something in them.
    pub fn sent<T>(values: &[Option<T>]) -> Fields {
        let sent = values.iter().enumerate();
        let sent = sent.filter(|(_, value)| value.is_some());
        Fields(sent.fold(0, |fields, (index, _)| fields | 1 << index))
    }

    #[must_use]
    pub fn and(self, other: Fields) -> Fields {
        Fields(self.0 | other.0)
    }

    fn has(self, index: usize) -> bool {
        self.0 & 1 << index != 0
    }
}

impl Superseded {
    /// Takes away what the later rows set, and tells in which fields that was. What is left is still wanted.
    pub fn take_from(self, row: &mut Row<'_>) -> Vec<usize> {
        let changes = row.changes.iter_mut().enumerate();
        let set =
            changes.filter(|(index, change)| self.fields.has(*index) && **change != Change::Keep);
        set.map(|(index, change)| {
            *change = Change::Keep;
            index
        })
        .collect()
    }

    /// Whether it takes away what is asked of a field.
    pub fn sets(self, index: usize) -> bool {
        self.fields.has(index)
    }

    /// Whether it takes away all of these.
    pub fn has_all(self, Fields(fields): Fields) -> bool {
        fields & !self.fields.0 == 0
    }

    /// Whether it takes away any of these.
    pub fn has_some(self, Fields(fields): Fields) -> bool {
        fields & self.fields.0 != 0
    }
}

impl SeenRows {
    /// Rows beyond the number 4,294,967,295 are not compared; no spreadsheet reaches there.
    pub fn add(&mut self, row: &Row<'_>) {
        if let Ok(number) = u32::try_from(row.number) {
            self.rows.push(Seen {
                location: row.key,
                row: number,
                changes: row.changes_checksum(),
            });
        }
    }

    /// A row with problems may ask for anything.
    pub fn add_unreadable(&mut self, location: Option<TargetKey>, row: u64) {
        self.unreadable
            .extend(location.map(|location| (location, row)));
    }

    pub fn find_duplicates(mut self) -> Duplicates {
        let mut duplicates = Duplicates::default();
        self.unreadable.sort_unstable();
        for seen in &self.rows {
            let at = self
                .unreadable
                .partition_point(|(key, _)| *key < seen.location);
            let other = self.unreadable.get(at);
            if let Some((_, row)) = other.filter(|(key, _)| *key == seen.location) {
                duplicates.beside_unreadable.push((seen.row.into(), *row));
            }
        }
        duplicates.beside_unreadable.sort_unstable();
        if self.are_all_different() {
            return duplicates;
        }
        self.rows
            .sort_unstable_by_key(|seen| (seen.location, seen.row));
        let groups = self
            .rows
            .chunk_by(|one, other| one.location == other.location);
        for group in groups.filter(|group| group.len() > 1) {
            duplicates.add_group(group);
        }
        duplicates.by_row.sort_unstable_by_key(|repeat| repeat.row);
        duplicates.contradicted.sort_unstable();
        duplicates.followed.sort_unstable();
        duplicates
    }

    /// As nearly always. The keys alone are sorted in half the time.
    fn are_all_different(&self) -> bool {
        let mut keys: Vec<u64> = self.rows.iter().map(|seen| seen.location.0).collect();
        keys.sort_unstable();
        keys.windows(2).all(|pair| pair[0] != pair[1])
    }
}

impl Duplicates {
    /// Adds all rows for one location, in the order of the sheet.
    fn add_group(&mut self, group: &[Seen]) {
        self.locations
            .extend(group.first().map(|seen| seen.location));
        for pair in group.windows(2) {
            let [earlier, later] = [pair[0], pair[1]];
            self.by_row.push(Repeat {
                row: later.row.into(),
                earlier: earlier.row.into(),
                is_twin: earlier.changes == later.changes,
            });
        }
        let first = group[0];
        let Some(other) = group.iter().find(|seen| seen.changes != first.changes) else {
            return;
        };
        let contradicting = |seen: &Seen| {
            let against = if seen.changes == first.changes {
                *other
            } else {
                first
            };
            (seen.row.into(), against.row.into())
        };
        self.contradicted.extend(group.iter().map(contradicting));
        let last = group[group.len() - 1];
        let other = group.iter().rposition(|seen| seen.changes != last.changes);
        let followed = group.iter().take(other.map_or(0, |index| index + 1));
        self.followed
            .extend(followed.map(|seen| u64::from(seen.row)));
    }

    /// The rows for a location that another row is for too, but for those before which there is none
    /// and that nothing contradicts; in the order of the sheet.
    pub fn rows(&self) -> impl Iterator<Item = u64> {
        let repeats = self.by_row.iter().map(|repeat| repeat.row);
        let mut rows: Vec<u64> = repeats
            .chain(self.contradicted.iter().map(|(row, _)| *row))
            .chain(self.beside_unreadable.iter().map(|(row, _)| *row))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        rows.into_iter()
    }

    /// No location has several rows.
    pub fn is_empty(&self) -> bool {
        self.by_row.is_empty()
    }

    /// The rows that ask for just what the row before them for their location asks for.
    pub fn twins(&self) -> impl Iterator<Item = u64> {
        let twins = self.by_row.iter().filter(|repeat| repeat.is_twin);
        twins.map(|repeat| repeat.row)
    }

    pub fn of_row(&self, row: u64) -> Option<Repeat> {
        let found = self.by_row.binary_search_by_key(&row, |repeat| repeat.row);
        found.ok().map(|index| self.by_row[index])
    }

    /// A row for the location of this one that asks for something else.
    pub fn contradicts(&self, row: u64) -> Option<u64> {
        let found = self
            .contradicted
            .binary_search_by_key(&row, |(row, _)| *row);
        found.ok().map(|index| self.contradicted[index].1)
    }

    /// Whether a later row for the location of this one asks for something else.
    pub fn is_followed(&self, row: u64) -> bool {
        self.followed.binary_search(&row).is_ok()
    }

    /// The first row that another row contradicts.
    pub fn first_contradiction(&self) -> Option<u64> {
        self.contradicted.first().map(|(row, _)| *row)
    }

    /// A row with problems for the location of this one.
    pub fn unreadable_beside(&self, row: u64) -> Option<u64> {
        let rows = &self.beside_unreadable;
        let found = rows.binary_search_by_key(&row, |(row, _)| *row);
        found.ok().map(|index| rows[index].1)
    }

    /// Notes what later rows for a location have done already; `fields_done` has the fields of the rows that
    /// are done. Of rows that journals know, these tell it, and not the order of the file.
    pub fn note_done(
        &mut self,
        fields_done: impl Fn(u64) -> Option<Fields>,
        set_since: Option<&SetSince>,
    ) {
        let mut done_after: BTreeMap<u64, Superseded> = BTreeMap::new();
        for Repeat { row, earlier, .. } in self.by_row.iter().rev() {
            let later = done_after.get(row).copied();
            let done = match (fields_done(*row), later) {
                (None | Some(Fields(0)), later) => later,
                (Some(fields), later) => Some(Superseded {
                    by: Some(*row),
                    fields: later.map_or(fields, |later| fields.and(later.fields)),
                }),
            };
            done_after.extend(done.map(|done| (*earlier, done)));
        }
        done_after.retain(|row, _| fields_done(*row).is_none());
        if let Some(set_since) = set_since {
            for repeat in &mut self.by_row {
                repeat.is_twin &= !set_since.after_another.contains(&repeat.row);
            }
            done_after.retain(|row, _| !set_since.knows(*row));
            done_after.extend(&set_since.superseded);
        }
        self.superseded = done_after;
    }

    /// What later rows for the same location have done already.
    pub fn superseded(&self, row: u64) -> Option<Superseded> {
        self.superseded.get(&row).copied()
    }

    /// Whether several rows are for this location.
    pub fn shares(&self, location: TargetKey) -> bool {
        self.locations.contains(&location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duplicates(rows: &[(u64, u64, &'static str)]) -> Duplicates {
        let mut seen = SeenRows::default();
        for &(number, location, text) in rows {
            let row = Row {
                number,
                key: TargetKey(location),
                ..Row::asking([Change::Set(text.into()), Change::Keep, Change::Keep])
            };
            seen.add(&row);
        }
        seen.find_duplicates()
    }

    #[test]
    fn a_row_is_a_twin_only_of_the_row_just_before_it_for_its_location() {
        let found = duplicates(&[
            (2, 7, "a"),
            (3, 8, "a"),
            (4, 7, "b"),
            (5, 7, "b"),
            (9, 7, "a"),
        ]);
        let repeat = |row, earlier, is_twin| {
            Some(Repeat {
                row,
                earlier,
                is_twin,
            })
        };
        // The last row repeats the first, but leaving it out would leave `b` standing.
        assert_eq!(
            [4, 5, 9].map(|row| found.of_row(row)),
            [repeat(4, 2, false), repeat(5, 4, true), repeat(9, 5, false)]
        );
        assert_eq!(found.of_row(3), None);
        assert!(found.shares(TargetKey(7)) && !found.shares(TargetKey(8)));
    }

    #[test]
    fn rows_that_differ_contradict_each_other_and_twins_do_not() {
        let found = duplicates(&[
            (2, 7, "a"),
            (3, 8, "a"),
            (4, 7, "b"),
            (5, 8, "a"),
            (6, 7, "a"),
        ]);
        let contradicted = [2, 3, 4, 5, 6].map(|row| found.contradicts(row));
        assert_eq!(contradicted, [Some(4), None, Some(2), None, Some(4)]);
        assert_eq!(found.rows().collect::<Vec<_>>(), [2, 4, 5, 6]);
    }

    #[test]
    fn what_later_rows_for_a_location_have_done_is_taken_from_the_earlier_ones() {
        let rows = [
            (2, 7, "a"),
            (3, 7, "b"),
            (4, 8, "a"),
            (5, 7, "c"),
            (6, 7, "d"),
        ];
        let mut duplicates = duplicates(&rows);
        let done = |row| match row {
            3 => Some(Fields(0b10)),
            5 => Some(Fields(0b1)),
            _ => None,
        };
        duplicates.note_done(done, None);
        let found = [2, 3, 4, 5, 6].map(|row| {
            let superseded = duplicates.superseded(row)?;
            let set = [Change::Set("1".into()), Change::Clear, Change::Clear];
            let mut row = Row::asking(set);
            Some((superseded.by, superseded.take_from(&mut row)))
        });
        assert_eq!(found, [Some((Some(3), vec![0, 1])), None, None, None, None]);
        duplicates.note_done(|row| done(row).filter(|_| row == 5), None);
        let by = [2, 3, 6].map(|row| duplicates.superseded(row)?.by);
        assert_eq!(by, [Some(5), Some(5), None]);
    }
}
