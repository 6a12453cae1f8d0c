//! What a workbook's sheet hides from the eye or strikes through, which of its cells are merged into others, and
//! which may show other digits than they hold.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// What is done with rows and columns of numbers that are hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenPolicy {
    Include,
    Skip,
}

impl fmt::Display for HiddenPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            HiddenPolicy::Include => "include",
            HiddenPolicy::Skip => "skip",
        })
    }
}

impl FromStr for HiddenPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<HiddenPolicy, String> {
        match text {
            "include" => Ok(HiddenPolicy::Include),
            "skip" => Ok(HiddenPolicy::Skip),
            _ => Err(format!("`{text}` is neither include nor skip")),
        }
    }
}

/// Rows as the spreadsheet shows them, from 1; columns from 0. Nothing of it in a text file.
#[derive(Debug, Default)]
pub struct HiddenCells {
    /// A bit for each row.
    rows: Vec<u64>,
    columns: Vec<RangeInclusive<usize>>,
    /// All other columns are hidden as well, but for these.
    only_shown: Option<Vec<RangeInclusive<usize>>>,
    merged: Vec<CellRange>,
    /// Cells of which something is struck through, in the order of the sheet.
    struck: Vec<(u64, usize)>,
    /// Cells of which something cannot be seen on what is behind it, in the order of the sheet.
    letters: Vec<(u64, usize)>,
    /// Cells of which that is so where a condition is met.
    letters_conditionally: Vec<CellRange>,
    /// Cells whose numbers are shown with other digits, or not at all, where a condition is met.
    conditional: Vec<CellRange>,
    /// The same of texts.
    conditional_texts: Vec<CellRange>,
    /// Cells that are struck through where a condition is met.
    struck_conditionally: Vec<CellRange>,
}

/// Cells from one to another. Of merged ones only the first can hold anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CellRange {
    pub(super) rows: RangeInclusive<u64>,
    pub(super) columns: RangeInclusive<usize>,
}

impl CellRange {
    fn contains(&self, row: u64, column: usize) -> bool {
        self.rows.contains(&row) && self.columns.contains(&column)
    }
}

impl HiddenCells {
    pub(super) fn hide_row(&mut self, row: u64) {
        let Ok(index) = usize::try_from(row / 64) else {
            return;
        };
        if self.rows.len() <= index {
            self.rows.resize(index + 1, 0);
        }
        self.rows[index] |= 1 << (row % 64);
    }

    pub(super) fn hide_columns(&mut self, columns: RangeInclusive<usize>) {
        self.columns.push(columns);
    }

    /// Hides every column that is not named.
    pub(super) fn hide_other_columns(&mut self) {
        self.only_shown.get_or_insert_default();
    }

    pub(super) fn show_columns(&mut self, columns: RangeInclusive<usize>) {
        if let Some(shown) = &mut self.only_shown {
            shown.push(columns);
        }
    }

    pub(super) fn hide_letters(&mut self, row: u64, column: usize) {
        self.letters.push((row, column));
    }

    /// Whether some of the cell has the color of what is behind it, or is too small to be read.
    pub(super) fn are_letters_hidden(&self, row: u64, column: usize) -> bool {
        self.letters.binary_search(&(row, column)).is_ok()
    }

    pub(super) fn hide_letters_conditionally(&mut self, cells: CellRange) {
        self.letters_conditionally.push(cells);
    }

    pub(super) fn are_letters_hidden_conditionally(&self, row: u64, column: usize) -> bool {
        let mut conditional = self.letters_conditionally.iter();
        conditional.any(|cells| cells.contains(row, column))
    }

    pub(super) fn merge(&mut self, merged: CellRange) {
        self.merged.push(merged);
    }

    pub(super) fn strike(&mut self, row: u64, column: usize) {
        self.struck.push((row, column));
    }

    pub(super) fn is_struck(&self, row: u64, column: usize) -> bool {
        self.struck.binary_search(&(row, column)).is_ok()
    }

    pub(super) fn strike_conditionally(&mut self, cells: CellRange) {
        self.struck_conditionally.push(cells);
    }

    pub(super) fn may_strike_conditionally(&self) -> bool {
        !self.struck_conditionally.is_empty()
    }

    pub(super) fn is_struck_conditionally(&self, row: u64, column: usize) -> bool {
        let mut conditional = self.struck_conditionally.iter();
        conditional.any(|cells| cells.contains(row, column))
    }

    pub(super) fn show_conditionally(&mut self, cells: CellRange) {
        self.conditional.push(cells);
    }

    pub(super) fn is_shown_conditionally(&self, row: u64, column: usize) -> bool {
        let mut conditional = self.conditional.iter();
        conditional.any(|cells| cells.contains(row, column))
    }

    pub(super) fn show_texts_conditionally(&mut self, cells: CellRange) {
        self.conditional_texts.push(cells);
    }

    pub(super) fn is_text_shown_conditionally(&self, row: u64, column: usize) -> bool {
        let mut conditional = self.conditional_texts.iter();
        conditional.any(|cells| cells.contains(row, column))
    }

    /// Whether the row is hidden, by hand or by a filter.
    pub fn is_row_hidden(&self, row: u64) -> bool {
        let bits = usize::try_from(row / 64)
            .ok()
            .and_then(|index| self.rows.get(index));
        bits.is_some_and(|bits| bits & 1 << (row % 64) != 0)
    }

    pub fn is_column_hidden(&self, column: usize) -> bool {
        let is_in = |all: &[RangeInclusive<usize>]| all.iter().any(|one| one.contains(&column));
        let is_other = (self.only_shown.as_ref()).is_some_and(|shown| !is_in(shown));
        is_other || is_in(&self.columns)
    }

    /// Whether the sheet has any cell that does not show what it holds: merged, struck out, or with a format that
    /// depends on something. No CSV has.
    pub(super) fn may_mislead(&self) -> bool {
        !self.merged.is_empty()
            || !self.struck.is_empty()
            || !self.conditional.is_empty()
            || !self.conditional_texts.is_empty()
    }

    /// The cell that is shown in place of this one: its row and its column.
    pub(super) fn merged_into(&self, row: u64, column: usize) -> Option<(u64, usize)> {
        let mut merged = self.merged.iter();
        let found = merged.find(|merged| merged.contains(row, column))?;
        let first = (*found.rows.start(), *found.columns.start());
        (first != (row, column)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_columns_and_merged_cells_are_known_by_their_places() {
        let mut hidden = HiddenCells::default();
        hidden.hide_row(64);
        hidden.hide_row(1_048_576);
        hidden.hide_columns(2..=3);
        hidden.merge(CellRange {
            rows: 2..=4,
            columns: 1..=1,
        });
        let rows = [1, 63, 64, 65, 1_048_576, u64::MAX].map(|row| hidden.is_row_hidden(row));
        assert_eq!(rows, [false, false, true, false, true, false]);
        assert_eq!(
            [1, 2, 3, 4].map(|column| hidden.is_column_hidden(column)),
            [false, true, true, false]
        );
        assert_eq!(hidden.merged_into(2, 1), None);
        assert_eq!(hidden.merged_into(4, 1), Some((2, 1)));
        assert_eq!(hidden.merged_into(5, 1), None);
        hidden.hide_other_columns();
        hidden.show_columns(0..=2);
        assert_eq!(
            [1, 2, 3, 4].map(|column| hidden.is_column_hidden(column)),
            [false, true, true, true]
        );
        hidden.strike(2, 3);
        hidden.strike(3, 0);
        assert!(hidden.is_struck(3, 0) && !hidden.is_struck(3, 3));
    }
}
