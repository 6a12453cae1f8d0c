//! What the rows just before those that are sent again have set, or will set, at their locations, in the order of
//! all rows: a row that asks for the same as one before these is needed after them.

use std::collections::HashMap;

use crate::journal::RowOrder;

/// The nearest of these rows and the checksum of what it asks for, by the rows of the file that are sent again.
#[derive(Debug, Default)]
pub(super) struct JustBefore(HashMap<u64, (RowOrder, u32)>);

impl JustBefore {
    /// Notes another row for the location of a row, whichever of them comes first.
    pub(super) fn add(&mut self, row: u64, its_order: RowOrder, other: (RowOrder, u32)) {
        if other.0 >= its_order {
            return;
        }
        let last = self.0.entry(row).or_insert(other);
        if other.0 > last.0 {
            *last = other;
        }
    }

    /// Whether the row just before one asks for something else.
    pub(super) fn is_another(&self, row: u64, changes: u32) -> bool {
        let last = self.0.get(&row);
        last.is_some_and(|(_, others)| *others != changes)
    }
}
