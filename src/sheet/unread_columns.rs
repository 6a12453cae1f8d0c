//! Columns of the person's own whose cells look like those of ours, phone numbers and UUIDs: nothing says
//! that they were meant, so they are mentioned and nothing else.

use std::collections::BTreeSet;

use csv::ByteRecord;

use crate::model::ids::{self, Kind};
use crate::setting::usage_after_row;
use crate::sheet::Sheet;
use crate::sheet::cell_text::{SHORTEST_LOCAL, is_phone_number, text_in};
use crate::sheet::columns::Columns;
use crate::sheet::near_column_cells::SHORTEST_EXTENSION;
use crate::sheet::number::number_in;
use crate::sheet::problem::{column_letters, shorten};
use crate::sheet::suspicion::Suspicion;

/// No phone number with its area and no id is shorter.
const SHORTEST: usize = 7;

/// A column that is not read, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadColumn {
    pub letters: String,
    pub name: String,
    pub holds: Holds,
    pub values: Suspicion,
}

/// What the cells of a column look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Numbers,
    Ids,
    /// Names of customers, perhaps, where nothing says which organization a row is for.
    Customers,
}

/// Counts what stands in them while a sheet is checked.
#[derive(Debug, Default)]
pub(super) struct UnreadColumns {
    columns: Vec<usize>,
    may_be: Vec<Holds>,
    /// Those whose names are about customers, where no column is about organizations.
    of_customers: Vec<usize>,
    /// Those whose names are about numbers.
    of_numbers: Vec<usize>,
    numbers: Vec<Suspicion>,
    /// Extensions in those, and whether something else stands there, such as a count.
    extensions: Vec<Suspicion>,
    has_others: Vec<bool>,
    ids: Vec<Suspicion>,
    customers: Vec<Suspicion>,
}

impl UnreadColumns {
    /// Only what the sheet does not have yet can have been meant.
    pub(super) fn of(columns: &Columns) -> UnreadColumns {
        let mut numbers = usage_after_row::numbers_of(columns.widest).into_iter();
        let may_be_numbers =
            numbers.any(|index| !columns.reads(columns.widest.fields[index].column));
        let may_be_ids = columns.target_id.is_none() || columns.org_id.is_none();
        let may_be = [(Holds::Numbers, may_be_numbers), (Holds::Ids, may_be_ids)];
        let may_be = may_be.into_iter().filter(|(_, may_be)| *may_be);
        let has_organizations = columns.org_id.or(columns.org_name).is_some();
        let of_customers = columns
            .own
            .iter()
            .filter(|own| !has_organizations && own.about.id == Some(ids::ORGANIZATION));
        let of_customers = of_customers.map(|own| own.column).collect();
        let of_numbers = columns.own.iter().filter(|own| own.about.is_number);
        let of_numbers = of_numbers.map(|own| own.column).collect();
        // Whether those whose names are near ours are asked about, only their cells tell.
        let near = columns.near.iter().map(|near| near.column);
        let own: BTreeSet<usize> = columns
            .own
            .iter()
            .map(|own| own.column)
            .chain(near)
            .collect();
        let own: Vec<usize> = own.into_iter().collect();
        let nothing = vec![Suspicion::default(); own.len()];
        UnreadColumns {
            columns: own,
            may_be: may_be.map(|(holds, _)| holds).collect(),
            of_customers,
            of_numbers,
            has_others: vec![false; nothing.len()],
            extensions: nothing.clone(),
            numbers: nothing.clone(),
            ids: nothing.clone(),
            customers: nothing,
        }
    }

    pub(super) fn add_row(&mut self, columns: &Columns, row: u64, record: &ByteRecord) {
        if self.may_be.is_empty() && self.of_customers.is_empty() {
            return;
        }
        let missing = [
            (columns.setting.target.id, columns.target_id),
            (ids::ORGANIZATION, columns.org_id),
        ];
        for (at, column) in self.columns.iter().enumerate() {
            if self.may_be.contains(&Holds::Numbers) && self.of_numbers.contains(column) {
                let text = text_in(record, *column);
                let number = number_in(&text).unwrap_or_default();
                let is_short = (SHORTEST_EXTENSION..SHORTEST_LOCAL).contains(&number.len());
                if is_short && !is_phone_number(&text) {
                    self.extensions[at].add(row);
                } else if number.len() < SHORTEST_EXTENSION && !text.is_empty() {
                    self.has_others[at] = true;
                }
            }
            if self.of_customers.contains(column)
                && text_in(record, *column).contains(char::is_alphabetic)
            {
                self.customers[at].add(row);
            }
            // Most cells of most columns are short or begin with a letter.
            let Some(cell) = record.get(*column).filter(|cell| cell.len() >= SHORTEST) else {
                continue;
            };
            if self.may_be.contains(&Holds::Numbers)
                && !cell[0].is_ascii_alphabetic()
                && is_phone_number(&text_in(record, *column))
            {
                self.numbers[at].add(row);
            }
            let is_id = |(kind, column): &(Kind, Option<usize>)| {
                let text = std::str::from_utf8(cell).unwrap_or_default();
                column.is_none()
                    && ids::read(text, *kind).is_ok()
                    && !ids::says_its_kind(text, *kind)
            };
            if self.may_be.contains(&Holds::Ids) && missing.iter().any(is_id) {
                self.ids[at].add(row);
            }
        }
    }

    /// What is told of all but those that are `asked` about.
    pub(super) fn into_found(mut self, sheet: &Sheet, asked: &[usize]) -> Vec<UnreadColumn> {
        let extensions = self.extensions.into_iter().zip(self.has_others);
        for (numbers, (extensions, has_others)) in self.numbers.iter_mut().zip(extensions) {
            if !has_others {
                numbers.include(extensions);
            }
        }
        let kinds = [
            (Holds::Numbers, self.numbers),
            (Holds::Ids, self.ids),
            (Holds::Customers, self.customers),
        ];
        let mut found = Vec::new();
        for (holds, values) in kinds {
            for (column, values) in self.columns.iter().zip(values) {
                if values.count > 0 && !asked.contains(column) {
                    let name = String::from_utf8_lossy(&sheet.header[*column]).into_owned();
                    found.push(UnreadColumn {
                        letters: column_letters(*column),
                        name: shorten(name.trim()),
                        holds,
                        values,
                    });
                }
            }
        }
        found
    }
}
