//! Cells in which a spreadsheet has changed a number, and the number that stood there: a record of the run or
//! the plan that wrote the file tells it.

use std::collections::HashMap;

use super::Sheet;
use super::columns::Columns;

/// Numbers by their rows, each with the place of its field.
#[derive(Debug, Default)]
pub struct RestoredCells(HashMap<u64, Vec<(usize, Box<str>)>>);

impl RestoredCells {
    pub fn add(&mut self, row: u64, index: usize, number: &str) {
        let of_row = self.0.entry(row).or_default();
        of_row.push((index, number.into()));
    }

    pub(super) fn of_row(&self, row: u64) -> &[(usize, Box<str>)] {
        self.0.get(&row).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Sheet {
    /// Takes these numbers for those that stand in the cells.
    pub fn restore(&mut self, cells: RestoredCells) {
        self.restored = cells;
    }

    /// The restored cells of a row, by their columns.
    pub fn restored_in<'s>(
        &'s self,
        columns: &'s Columns,
        row: u64,
    ) -> impl Iterator<Item = (usize, &'s str)> {
        let of_row = self.restored.of_row(row).iter();
        of_row.filter_map(|(index, number)| Some((columns.fields[*index]?, &**number)))
    }
}
