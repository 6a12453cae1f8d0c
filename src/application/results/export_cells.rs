//! What an export says of a location: its values in the columns for them, where a sheet may have them.

use anyhow::Result;
use csv::ByteRecord;

use super::{Content, Form, plan_cells};
use crate::model::outcome::Outcome;
use crate::setting::{FieldKind, Setting};
use crate::sheet::NumberedRecord;
use crate::sheet::columns::Columns;
use crate::sheet::number::number_in;
use crate::sheet::result_columns::{NOT_READ, RESTRICTED, as_it_is};
use crate::sheet::rule_cell::rule_in;
use crate::sheet::selection::Selection;
use crate::table::{Cell, Table};

/// The cells of an export.
#[derive(Debug)]
pub(super) struct ExportCells<'c> {
    content: Content<'c>,
    own: &'c [usize],
    columns: &'c Columns,
    beside: Beside,
}

/// What some location has that stands in a column beside.
#[derive(Debug, Default)]
struct Beside {
    /// A value that `check` would refuse in its own column.
    others: bool,
    /// It could not be read.
    not_read: bool,
    /// A call type that nobody can change.
    restricted: bool,
}

impl<'c> ExportCells<'c> {
    pub(super) fn of(content: Content<'c>, own: &'c [usize]) -> Result<ExportCells<'c>> {
        let columns = content.selection.columns;
        Ok(ExportCells {
            content,
            own,
            columns,
            beside: match content.form {
                Form::Export => Beside::of(content)?,
                _ => Beside::default(),
            },
        })
    }

    /// The names of the columns for what stands beside: `n1AsItIs` for values that a sheet may not have.
    pub(super) fn write_names(&self, table: &mut Table) -> Result<()> {
        let columns = self.columns.setting.column_names().into_iter();
        let mut names: Vec<String> = columns
            .filter(|_| self.beside.others)
            .map(as_it_is)
            .collect();
        names.extend(self.beside.restricted.then(|| RESTRICTED.to_string()));
        names.extend(self.beside.not_read.then(|| NOT_READ.to_string()));
        let mut names = names.iter();
        names.try_for_each(|name| table.cell(Cell::Name(name.as_bytes())))
    }

    /// The user's cells with the values that are there: a row that asks for what is so already. A field
    /// that is not set stays empty, since a cell that clears it would clear what somebody sets
    /// meanwhile; and so do those of a location that could not be read, which is said beside.
    pub(super) fn write(
        &self,
        table: &mut Table,
        record: &ByteRecord,
        outcome: &Outcome,
    ) -> Result<()> {
        let present = outcome.previous.as_ref();
        let setting = self.columns.setting;
        for index in self.own {
            let cell = record.get(*index).unwrap_or_default();
            match (self.columns.field_at(*index), present) {
                (None, _) => table.cell(Cell::Text(cell))?,
                (Some(_), None) => table.cell(Cell::text(""))?,
                (Some(at), Some(present)) => match present.get(at) {
                    None => table.cell(Cell::text(""))?,
                    Some(value) if is_refused(setting, at, value) => table.cell(Cell::text(""))?,
                    Some(value) => table.cell(Cell::text(&setting.plain(at, value)))?,
                },
            }
        }
        if self.beside.others {
            for at in 0..setting.fields.len() {
                let value = present.and_then(|present| present.get(at));
                let value = value.filter(|value| is_refused(setting, at, value));
                table.cell(Cell::text(
                    &self.content.verbatim(value.unwrap_or_default()),
                ))?;
            }
        }
        if self.beside.restricted {
            let restricted = present.map_or("", |_| &*outcome.message);
            table.cell(Cell::text(restricted))?;
        }
        if self.beside.not_read {
            let why = match present {
                Some(_) => String::new(),
                None => plan_cells::reason(outcome),
            };
            table.cell(Cell::Untrusted(&why))?;
        }
        Ok(())
    }
}

impl Beside {
    fn of(content: Content<'_>) -> Result<Beside> {
        let Selection { sheet, columns, .. } = *content.selection;
        let mut beside = Beside::default();
        let mut records = content.journal.run().records()?;
        let mut rows = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while rows.read(&mut numbered)? {
            let outcome = records.of_row(numbered.row)?.map(|record| record.outcome);
            let Some((outcome, present)) = outcome
                .as_ref()
                .and_then(|outcome| Some((outcome, outcome.previous.as_ref()?)))
            else {
                beside.not_read = true;
                continue;
            };
            let fields = 0..columns.setting.fields.len();
            let mut values = fields.map(|at| (at, present.text(at)));
            beside.others |= values.any(|(at, value)| is_refused(columns.setting, at, value));
            beside.restricted |= !outcome.message.is_empty();
        }
        Ok(beside)
    }
}

/// Whether `check` would refuse the value in its own column, or take it for another.
fn is_refused(setting: &Setting, at: usize, value: &str) -> bool {
    let plain = setting.plain(at, value);
    let read = match setting.fields.get(at).map(|field| field.kind) {
        Some(FieldKind::Number) => number_in(&plain),
        Some(kind) => rule_in(kind, &plain),
        None => None,
    };
    !value.is_empty() && !read.is_some_and(|read| setting.is_same(at, &read, value))
}
