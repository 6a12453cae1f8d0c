//! What the cells of a row of results say that it did, and which of them are not what the run wrote.

use std::borrow::Cow;

use crate::application::earlier_runs::restored_numbers::spellings;
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::row::Row;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::problem::{Problem, shorten};
use crate::sheet::result_columns::{NONE_SET, PREVIOUS};
use crate::sheet::row_check::{CheckedPart, RowCheck};
use crate::sheet::{NumberedRecord, Sheet, verbatim};

/// A row of results, as it stands there.
#[derive(Debug)]
pub(super) struct RowCells<'r> {
    source: &'r Sheet,
    columns: &'r Columns,
    numbered: &'r NumberedRecord,
    /// What it asks for, or what is wrong with it.
    pub(super) asked: Result<Row<'r>, Vec<Problem>>,
    pub(super) earlier: Vec<EarlierCell<'r>>,
}

/// The cell of a value from before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EarlierCell<'r> {
    NotRead,
    NoneSet,
    Value(Cow<'r, str>),
}

impl<'r> EarlierCell<'r> {
    fn read(cell: &'r [u8]) -> EarlierCell<'r> {
        match std::str::from_utf8(cell).unwrap_or_default() {
            "" => EarlierCell::NotRead,
            text if text.trim().eq_ignore_ascii_case(NONE_SET) => EarlierCell::NoneSet,
            text => EarlierCell::Value(verbatim::of_cell(text).into()),
        }
    }

    fn value(&self) -> Option<&str> {
        match self {
            EarlierCell::Value(value) => Some(value),
            EarlierCell::NotRead | EarlierCell::NoneSet => None,
        }
    }

    /// As a check has it: none set is not the same as not read.
    fn checked(&self) -> Option<&str> {
        match self {
            EarlierCell::NotRead => None,
            EarlierCell::NoneSet => Some(""),
            EarlierCell::Value(value) => Some(value),
        }
    }
}

/// A value from before in the spelling in which the service listed it, also where a spreadsheet has taken
/// something off it. The check of its row proves which one that was; where it proves none the cell is not
/// what the run wrote.
fn listed<'r>(
    columns: &Columns,
    check: &RowCheck,
    index: usize,
    value: Cow<'r, str>,
) -> Cow<'r, str> {
    let written = std::iter::once(value.to_string()).chain(spellings(&value));
    let mut listings = written.flat_map(|one| {
        let listings = columns.setting.listings(index, &one);
        std::iter::once(one).chain(listings)
    });
    let listed = listings.find(|one| check.holds(CheckedPart::Earlier(index), Some(one)));
    listed.map_or(value, Cow::Owned)
}

impl<'r> RowCells<'r> {
    pub(super) fn read(
        source: &'r Sheet,
        columns: &'r Columns,
        numbered: &'r NumberedRecord,
    ) -> RowCells<'r> {
        let cell = |index| numbered.record.get(index).unwrap_or_default();
        let check = columns.check_in(&numbered.record);
        let previous = (0..columns.setting.fields.len()).map(|index| {
            let at = columns.previous()?.get(index).copied().flatten()?;
            Some(EarlierCell::read(cell(at)))
        });
        let earlier = previous
            .enumerate()
            .map(|(index, cell)| match (cell, &check) {
                (Some(EarlierCell::Value(value)), Some(check)) => {
                    EarlierCell::Value(listed(columns, check, index, value))
                }
                (cell, _) => cell.unwrap_or(EarlierCell::NotRead),
            });
        RowCells {
            source,
            columns,
            numbered,
            asked: source.read_row(columns, numbered, &Directory::default()),
            earlier: earlier.collect(),
        }
    }

    /// The values from before, where all of them were read.
    pub(super) fn earlier_values(&self) -> CurrentValues {
        CurrentValues::of(self.earlier.iter().map(|cell| cell.value()))
    }

    /// Whether none of the values from before was read, by the row's check where it has one.
    pub(super) fn is_nothing_read(&self, check: Option<&RowCheck>) -> bool {
        let mut earlier = self.earlier.iter();
        match check {
            Some(check) => !check.tells_of_earlier(),
            None => earlier.all(|one| *one == EarlierCell::NotRead),
        }
    }

    /// Whether the row names the place that the run sent it to, and has the values from before that the
    /// run read there.
    pub(super) fn are_place_and_earlier_proven(&self, row: &Row<'_>, check: &RowCheck) -> bool {
        let mut earlier = self.earlier.iter().enumerate();
        check.holds(CheckedPart::Organization, row.org_id.as_deref())
            && check.holds(CheckedPart::Target, Some(&row.target_id))
            && earlier.all(|(index, cell)| check.holds(CheckedPart::Earlier(index), cell.checked()))
    }

    /// Each cell that is not what the run wrote, by the row's check: `` `n1` (`14155550002`) ``. One whose
    /// column was deleted is `` `n1` (missing) ``.
    pub(super) fn changed(&self, check: &RowCheck) -> Vec<String> {
        let columns = self.columns;
        let mut changed = Vec::new();
        let mut missing = Vec::new();
        match &self.asked {
            Ok(row) => {
                let org = columns.org_id.or(columns.org_name);
                let ids = [
                    (CheckedPart::Organization, row.org_id.as_deref(), org),
                    (
                        CheckedPart::Target,
                        Some(&*row.target_id),
                        Some(columns.target()),
                    ),
                ];
                let ids = ids
                    .into_iter()
                    .filter(|(part, id, _)| !check.holds(*part, *id));
                changed.extend(ids.filter_map(|(_, _, column)| column));
            }
            Err(problems) => {
                let places = problems.iter().filter_map(|one| one.place.column.as_ref());
                changed.extend(places.map(|(column, _)| *column));
            }
        }
        for (index, column) in columns.fields.iter().enumerate() {
            let holds = |asked: &Change<'_>| check.holds(CheckedPart::Sent(index), asked.field());
            let is_as_written = if let Ok(row) = &self.asked {
                // What the other cells of the row imply was sent too.
                row.changes.get(index).is_some_and(holds)
            } else {
                let asked = self.source.field_in(columns, self.numbered, index);
                column.is_none() || asked.as_ref().is_some_and(holds)
            };
            match column {
                _ if is_as_written => {}
                Some(column) => changed.push(*column),
                None => missing.push(columns.setting.fields[index].column.to_string()),
            }
        }
        let names = columns.setting.columns(PREVIOUS);
        for (index, (cell, name)) in self.earlier.iter().zip(names).enumerate() {
            if check.holds(CheckedPart::Earlier(index), cell.checked()) {
                continue;
            }
            match columns.previous().and_then(|previous| previous[index]) {
                Some(column) => changed.push(column),
                None => missing.push(name),
            }
        }
        changed.sort_unstable();
        changed.dedup();
        let changed = changed.into_iter().map(|one| self.shown(one));
        let missing = missing.iter().map(|name| format!("`{name}` (missing)"));
        changed.chain(missing).collect()
    }

    fn shown(&self, column: usize) -> String {
        let name = self.source.header.get(column).unwrap_or_default();
        let text = self.numbered.record.get(column).unwrap_or_default();
        let [name, text] = [name, text].map(|text| shorten(&String::from_utf8_lossy(text)));
        format!("`{name}` (`{text}`)")
    }
}
