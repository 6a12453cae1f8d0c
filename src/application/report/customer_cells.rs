//! By which cells of the results the rows of an organization are told from the others, for an undo of these
//! alone.

use std::collections::BTreeSet;

use crate::sheet::columns::Columns;
use crate::sheet::row_selector::{RowSelector, Where};
use crate::sheet::{NumberedRecord, Sheet};

pub(super) struct CustomerCells<'s> {
    sheet: &'s Sheet,
    /// Columns, with what stands there in chosen rows and in others.
    columns: Vec<(usize, BTreeSet<String>, BTreeSet<String>)>,
    rows: Vec<u64>,
    are_all_chosen: bool,
}

impl CustomerCells<'_> {
    pub(super) fn of<'s>(sheet: &'s Sheet, columns: &Columns) -> CustomerCells<'s> {
        let candidates = [columns.org_name, columns.org_id].into_iter().flatten();
        CustomerCells {
            sheet,
            columns: candidates
                .map(|column| (column, BTreeSet::new(), BTreeSet::new()))
                .collect(),
            rows: Vec::new(),
            are_all_chosen: true,
        }
    }

    pub(super) fn note(&mut self, numbered: &NumberedRecord, is_chosen: bool) {
        self.are_all_chosen &= is_chosen;
        if is_chosen {
            self.rows.push(numbered.row);
        }
        for (column, chosen, others) in &mut self.columns {
            let cell = numbered.record.get(*column).unwrap_or_default();
            let text = String::from_utf8_lossy(cell).trim().to_string();
            let (into, text) = if is_chosen {
                (chosen, text)
            } else {
                (others, text.to_lowercase())
            };
            into.insert(text);
        }
    }

    /// What chooses these rows and no others: the cells of a column, else their numbers.
    pub(super) fn selector(self) -> RowSelector {
        if self.are_all_chosen {
            return RowSelector::default();
        }
        for (column, chosen, others) in &self.columns {
            let name = self.sheet.header.get(*column).unwrap_or_default();
            let name = String::from_utf8_lossy(name).trim().to_string();
            let tells = chosen
                .iter()
                .all(|text| !others.contains(&text.to_lowercase()));
            if tells && !name.contains('=') {
                let cells = chosen.iter().map(|value| Where {
                    column: name.clone(),
                    value: value.clone(),
                });
                return RowSelector::of(None, cells.collect());
            }
        }
        RowSelector::of(Some(self.rows.into_iter().collect()), Vec::new())
    }
}
