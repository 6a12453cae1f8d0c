//! What the rows to send change, and for whom, as far as a question or a note needs it.

use std::borrow::Cow;

use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::ids;
use crate::model::row::Row;
use crate::setting::{FieldKind, usage_after_row};
use crate::sheet::Sheet;
use crate::sheet::cell_text::{has_text, text_in};
use crate::sheet::checked_sheet::CheckedSheet;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::name_beside_id::NameBesideId;
use crate::sheet::names_of_row::called;

impl CheckedSheet {
    pub(super) fn count_changes(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        record: &ByteRecord,
        row: &Row<'_>,
        directory: &Directory,
    ) {
        let setting = columns.setting;
        match says_organization(columns, record) {
            Some(false) => self.without_organization.add(row.number),
            is_said => self.has_organizations |= is_said.is_some(),
        }
        if self.country.is_some() {
            self.completed += completed_in(columns, record, row);
        }
        let default = match sheet.default_org_name() {
            // Before it is looked up nobody knows which one it is.
            Some(name) => directory
                .names()
                .and_then(|_| directory.organization(name).ok()),
            None => sheet.reading.default_org.as_deref().map(Cow::Borrowed),
        };
        if let Some(default) = default
            && is_for_another(columns, record, row, &default)
        {
            self.other_organization.add(row.number);
        }
        self.rows_about_usage += u64::from(usage_after_row::is_about_usage(setting, &row.changes));
        for (index, change) in row.changes.iter().enumerate() {
            let number = match change {
                Change::Keep => continue,
                Change::Clear => {
                    self.values_cleared += 1;
                    continue;
                }
                Change::Set(number) => number,
            };
            self.values_set += 1;
            if setting.kind(index) != Some(FieldKind::Number) {
                continue;
            }
            self.bare.add(row.number, number);
        }
    }

    pub(super) fn count_name_beside_id(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        record: &ByteRecord,
        directory: &Directory,
        row: &Row<'_>,
    ) {
        let beside = NameBesideId::of_target(columns, record);
        let Some(beside) = beside.filter(|_| sheet.is_by_a_person()) else {
            return;
        };
        self.named_beside_id += 1;
        let org_id = row.org_id.as_deref();
        if directory.lacks_name(columns.setting.target, org_id, beside.name) {
            self.other_names.add(row.number);
        }
    }
}

/// Whether a row says which organization it is for; `None` where no column is for that.
fn says_organization(columns: &Columns, record: &ByteRecord) -> Option<bool> {
    let mut found = [columns.org_id, columns.org_name]
        .into_iter()
        .flatten()
        .peekable();
    found.peek()?;
    Some(found.any(|column| has_text(record, column)))
}

/// Whether a row has a name in place of an id, or --org one for it.
pub(super) fn has_names(sheet: &Sheet, columns: &Columns, record: &ByteRecord) -> bool {
    called(columns, record).is_any() || sheet.default_org_name().is_some()
}

/// Whether a row names another organization than `default`. One that is named in words, and was not looked
/// up yet, counts as another.
fn is_for_another(columns: &Columns, record: &ByteRecord, row: &Row<'_>, default: &str) -> bool {
    match &row.org_id {
        Some(id) if **id != *default => {
            let key = |id| ids::read(id, ids::ORGANIZATION).map(|id| id.key).ok();
            key(id) != key(default)
        }
        Some(_) => false,
        None => called(columns, record).organization.is_some(),
    }
}

/// How many numbers of a row have a country code that their cells do not have.
fn completed_in(columns: &Columns, record: &ByteRecord, row: &Row<'_>) -> u64 {
    let is_completed = |(index, change): (usize, &Change<'_>)| {
        let Change::Set(number) = change else {
            return false;
        };
        let cell = columns.fields[index].map(|column| text_in(record, column));
        columns.setting.kind(index) == Some(FieldKind::Number)
            && number.starts_with('+')
            && cell.is_some_and(|cell| !cell.contains(['+', '\u{ff0b}']))
    };
    let changes = row.changes.iter().enumerate();
    changes.filter(|change| is_completed(*change)).count() as u64
}
