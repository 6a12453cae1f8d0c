//! What an export says of a location: its values in the columns for them, where a sheet may have them.

use anyhow::Result;
use csv::ByteRecord;

use super::{Content, Form};
use crate::model::current_values::CurrentValues;
use crate::setting::{FieldKind, Setting};
use crate::sheet::columns::Columns;
use crate::sheet::number::number_in;
use crate::sheet::rule_cell::rule_in;
use crate::table::{Cell, Table};

/// The cells of an export.
#[derive(Debug)]
pub(super) struct ExportCells<'c> {
    content: Content<'c>,
    own: &'c [usize],
    columns: &'c Columns,
    /// Some value is one that `check` would refuse in its own column.
    has_others: bool,
}

impl<'c> ExportCells<'c> {
    pub(super) fn of(content: Content<'c>, own: &'c [usize]) -> Result<ExportCells<'c>> {
        let columns = content.selection.columns;
        Ok(ExportCells {
            content,
            own,
            columns,
            has_others: content.form == Form::Export && has_others(content)?,
        })
    }

    /// The names of the columns for values that a sheet may not have: `n1AsItIs` beside `n1`.
    pub(super) fn write_names(&self, table: &mut Table) -> Result<()> {
        if !self.has_others {
            return Ok(());
        }
        let fields = self.columns.setting.fields.iter();
        fields
            .map(|field| format!("{}AsItIs", field.column))
            .try_for_each(|name| table.cell(Cell::Name(name.as_bytes())))
    }

    /// The user's cells with the values that are there: a row that asks for what is so already. A field
    /// that is not set stays empty, since a cell that clears it would clear what somebody sets
    /// meanwhile; and so do those of a location that could not be read.
    pub(super) fn write(
        &self,
        table: &mut Table,
        record: &ByteRecord,
        present: Option<&CurrentValues>,
    ) -> Result<()> {
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
        if self.has_others {
            for at in 0..setting.fields.len() {
                let value = present.and_then(|present| present.get(at));
                let value = value.filter(|value| is_refused(setting, at, value));
                table.cell(Cell::text(
                    &self.content.verbatim(value.unwrap_or_default()),
                ))?;
            }
        }
        Ok(())
    }
}

/// Whether any location has a value that a sheet may not have.
fn has_others(content: Content<'_>) -> Result<bool> {
    let setting = content.selection.columns.setting;
    let journal = content.journal.run();
    let mut records = journal.records()?;
    for row in 0..journal.rows() {
        let record = records.of_row(row)?;
        let Some(present) = record.and_then(|record| record.outcome.previous) else {
            continue;
        };
        let mut values = (0..setting.fields.len()).map(|at| (at, present.text(at)));
        if values.any(|(at, value)| is_refused(setting, at, value)) {
            return Ok(true);
        }
    }
    Ok(false)
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
