//! The ids that names turned out to mean. They are written where a row gives none, so that results can
//! be sent again, or undone, without anything being looked up.

use anyhow::Result;
use csv::ByteRecord;

use crate::model::row::Row;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::names_of_row::called;
use crate::sheet::result_columns::ORG_ID;
use crate::table::{Cell, Table};

/// The columns that follow the user's own where these have only names.
pub(super) fn missing_columns(columns: &Columns) -> Vec<&'static str> {
    let org = columns.org_id.is_none() && columns.org_name.is_some();
    let target = columns.target_id.is_none();
    let all = [(org, ORG_ID), (target, columns.setting.target.id_column)];
    all.iter()
        .filter_map(|(is_missing, name)| is_missing.then_some(*name))
        .collect()
}

/// Those of one row; `None` where there was no name, or it means nothing.
#[derive(Debug, Default)]
pub(super) struct Ids<'r> {
    org_id: Option<&'r str>,
    target_id: Option<&'r str>,
}

impl<'r> Ids<'r> {
    pub(super) fn of(
        directory: &Directory,
        columns: &Columns,
        record: &ByteRecord,
        row: &'r Row<'_>,
    ) -> Ids<'r> {
        if directory.names().is_none() {
            return Ids::default();
        }
        let called = called(columns, record);
        let org_id = called.organization.and(row.org_id.as_deref());
        Ids {
            org_id,
            target_id: called.target.map(|_| &*row.target_id),
        }
    }

    /// What stands in one of the user's columns in place of nothing.
    pub(super) fn in_column(&self, columns: &Columns, index: usize) -> Option<&'r str> {
        if columns.org_id == Some(index) {
            return self.org_id;
        }
        self.target_id.filter(|_| columns.target_id == Some(index))
    }

    pub(super) fn write_missing_columns(&self, table: &mut Table, columns: &Columns) -> Result<()> {
        missing_columns(columns).into_iter().try_for_each(|name| {
            let id = if name == ORG_ID {
                self.org_id
            } else {
                self.target_id
            };
            table.cell(Cell::text(id.unwrap_or_default()))
        })
    }
}
