//! Cells in which a spreadsheet has changed a number, and the number that stood there: a record of the run or
//! the plan that wrote the file tells it.

use std::collections::HashMap;

use super::Sheet;
use super::columns::Columns;

/// What counts in the place of a cell that a spreadsheet has changed.
#[derive(Debug)]
pub enum RestoredCell {
    Number(Box<str>),
    /// Digits are lost, and a person may have typed another number before: it has to be typed again.
    Lost,
}

/// Cells by their rows, each with the place of its field.
#[derive(Debug, Default)]
pub struct RestoredCells(HashMap<u64, Vec<(usize, RestoredCell)>>);

impl RestoredCells {
    pub fn add(&mut self, row: u64, index: usize, number: &str) {
        self.put(row, index, RestoredCell::Number(number.into()));
    }

    pub fn add_lost(&mut self, row: u64, index: usize) {
        self.put(row, index, RestoredCell::Lost);
    }

    fn put(&mut self, row: u64, index: usize, cell: RestoredCell) {
        self.0.entry(row).or_default().push((index, cell));
    }

    pub(super) fn are_digits_lost(&self, row: u64, index: usize) -> bool {
        let mut of_row = self.of_row(row).iter();
        of_row.any(|(field, cell)| *field == index && matches!(cell, RestoredCell::Lost))
    }

    pub(super) fn of_row(&self, row: u64) -> &[(usize, RestoredCell)] {
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
        of_row.filter_map(|(index, cell)| match cell {
            RestoredCell::Number(number) => Some((columns.fields[*index]?, &**number)),
            RestoredCell::Lost => None,
        })
    }
}
