//! The cells of an undo's sheet: ids and values first, then the user's own.

use anyhow::Result;
use csv::ByteRecord;

use super::changed_row::ChangedRow;
use super::merged_changes::MergedChanges;
use crate::application::results::plan_cells;
use crate::application::row_name::RowNames;
use crate::journal::Place;
use crate::setting::usage_after_row;
use crate::sheet::Sheet;
use crate::sheet::cell_text::text_in;
use crate::sheet::columns::Columns;
use crate::sheet::names_of_row::names_in;
use crate::sheet::number::REMOVE;
use crate::sheet::numbering_plan::hyphened;
use crate::sheet::result_columns::{AND, OR, ORG_ID, PRESENT, UNDONE_ROW, used_by_column};
use crate::sheet::verbatim;
use crate::table::{Cell, Table};

/// The user's own columns that go over as they are. Those of a plan do not: they tell what was to be
/// done, and would stand beside what undoes it.
pub(super) struct OwnCells<'s> {
    source: &'s Sheet,
    columns: &'s Columns,
    own: Vec<usize>,
    is_workbook: bool,
}

impl<'s> OwnCells<'s> {
    pub(super) fn of(source: &'s Sheet, columns: &'s Columns, is_workbook: bool) -> OwnCells<'s> {
        let present = columns.setting.columns(PRESENT);
        let numbers = 0..usage_after_row::numbers_with_users(columns.setting);
        let used_by: Vec<String> = numbers.map(used_by_column).collect();
        let of_plan = plan_cells::places(&source.header, columns.setting);
        let is_of_an_undo = |index: usize| {
            let name = source.header.get(index).unwrap_or_default();
            let mut ours = present.iter().chain(&used_by);
            name == UNDONE_ROW.as_bytes() || ours.any(|one| one.as_bytes() == name)
        };
        let is_other = |index: &usize| {
            columns.is_own(*index)
                && columns.org_id != Some(*index)
                && columns.target_id != Some(*index)
                && columns.field_at(*index).is_none()
                && !is_of_an_undo(*index)
                && !of_plan.contains(index)
                // The sheet of the undo reads columns of such names.
                && !columns.ignored.contains(index)
        };
        OwnCells {
            source,
            columns,
            own: (0..columns.width).filter(is_other).collect(),
            is_workbook,
        }
    }

    /// What the row calls what it is for, else its id; with its customer, where there are several.
    pub(super) fn name_of(&self, names: &RowNames, record: &ByteRecord) -> String {
        let name = names_in(self.columns, record).target;
        let id = record.get(self.columns.target()).unwrap_or_default();
        let id = String::from_utf8_lossy(id);
        let org_id = self.columns.org_id.map(|column| text_in(record, column));
        names
            .of_place(org_id.as_deref(), name.unwrap_or(&id))
            .into_owned()
    }

    /// The places of the numbers of which it can be told what used them.
    fn numbers_with_users(&self) -> Vec<usize> {
        let setting = self.columns.setting;
        let mut numbers = usage_after_row::numbers_of(setting);
        numbers.truncate(usage_after_row::numbers_with_users(setting));
        numbers
    }

    pub(super) fn write_names(&self, table: &mut Table) -> Result<()> {
        let setting = self.columns.setting;
        let ours = [UNDONE_ROW, ORG_ID, setting.target.id_column].into_iter();
        for name in ours.chain(setting.column_names()) {
            table.cell(Cell::Name(name.as_bytes()))?;
        }
        for name in setting.columns(PRESENT) {
            table.cell(Cell::Name(name.as_bytes()))?;
        }
        for number in 0..self.numbers_with_users().len() {
            table.cell(Cell::Name(used_by_column(number).as_bytes()))?;
        }
        for index in &self.own {
            table.cell(Cell::Name(
                self.source.header.get(*index).unwrap_or_default(),
            ))?;
        }
        table.end_row()
    }

    pub(super) fn write_row(
        &self,
        table: &mut Table,
        number: u64,
        change: &ChangedRow,
        MergedChanges(changes): &MergedChanges,
        record: &ByteRecord,
    ) -> Result<()> {
        let Place { org_id, id, .. } = &change.place;
        table.cell(Cell::Count(number))?;
        table.cell(Cell::text(org_id.as_deref().unwrap_or_default()))?;
        table.cell(Cell::text(id))?;
        let fields = 0..self.columns.setting.fields.len();
        let of_field = |index: usize| changes.get(index).and_then(Option::as_ref);
        let to_cell = if self.is_workbook {
            verbatim::to_workbook_cell
        } else {
            verbatim::to_cell
        };
        for index in fields.clone() {
            table.cell(Cell::text(&match of_field(index) {
                None => "".into(),
                Some(field) => field.earlier.as_deref().map_or(REMOVE.into(), to_cell),
            }))?;
        }
        for index in fields {
            // What is put back beside it has the service's spelling.
            let expected = of_field(index).map(|field| {
                let earlier = field.earlier.as_deref();
                // A service that lists one number without a hyphen lists all of them so.
                let has_hyphens =
                    earlier.is_none_or(|one| !one.starts_with('+') || one.contains('-'));
                let listed = |value: &str| {
                    let listed = self.columns.setting.listed_like(index, value, earlier);
                    let hyphened = hyphened(&listed).filter(|_| has_hyphens);
                    to_cell(&hyphened.unwrap_or(listed)).into_owned()
                };
                let values = field.expected.iter().map(|value| listed(value));
                values.collect::<Vec<_>>().join(OR)
            });
            table.cell(Cell::text(&expected.unwrap_or_default()))?;
        }
        let setting = self.columns.setting;
        let used = usage_after_row::all_usages(setting, &[], Some(&change.earlier), &change.usages);
        for (number, index) in self.numbers_with_users().into_iter().enumerate() {
            let is_cleared = of_field(index).is_some_and(|field| field.earlier.is_none());
            let users = used.iter().filter(|one| is_cleared && one.number == number);
            let users: Vec<&str> = users.map(|one| &*one.calls).collect();
            table.cell(Cell::Untrusted(&users.join(AND)))?;
        }
        // Names are those of the place that the row names now, which may have been corrected.
        let cell = record.get(self.columns.target_id.unwrap_or(usize::MAX));
        let is_here = cell.is_none_or(|cell| {
            let id = std::str::from_utf8(cell).unwrap_or_default();
            id.is_empty() || super::key_of(id, self.columns.setting.target) == Some(change.key)
        });
        for index in &self.own {
            let is_name = [self.columns.org_name, self.columns.target_name].contains(&Some(*index));
            let cell = record.get(*index).unwrap_or_default();
            table.cell(Cell::Text(if is_name && !is_here { b"" } else { cell }))?;
        }
        table.end_row()
    }
}
