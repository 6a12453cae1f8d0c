//! Whether a row is a header: that of the table, or that of another one below it.

use std::collections::BTreeSet;

use csv::ByteRecord;

use super::header_cell::{self, HeaderName, Known};
use super::heading_meaning::{ByName, Meant};
use super::setting_of_header::{settings_of, widest};
use super::{Columns, IgnoredColumns, is_too_wide, near_heading};
use crate::model::ids;
use crate::setting;
use crate::sheet::number::number_in;
use crate::sheet::rule_cell::{looks_like_rule, read_yes_or_no};

/// What stands between the cells of tables.
const OTHER_SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

impl Columns {
    /// How many cells of a row are names of known columns.
    pub fn count_known(row: &ByteRecord) -> usize {
        row.iter().filter_map(names_things).count()
    }

    /// Whether a header that cannot be used has columns for things and for their numbers, by names near
    /// ours.
    pub(in crate::sheet) fn nearly_has_them(header: &ByteRecord) -> bool {
        if is_too_wide(header) {
            return false;
        }
        let setting = settings_of(header, &IgnoredColumns::default())[0];
        let widest = widest(setting);
        let names = || {
            let cells = header.iter().map(String::from_utf8_lossy);
            cells.map(|cell| HeaderName::read(&cell, setting, widest))
        };
        let has = |is_one: fn(HeaderName) -> bool| names().any(is_one);
        let has_id = has(|name| {
            matches!(
                name,
                HeaderName::Known(Known::TargetId) | HeaderName::Near(Meant::TargetId)
            )
        });
        let has_name = has(|name| {
            matches!(
                name,
                HeaderName::Known(Known::TargetName) | HeaderName::Near(Meant::TargetName)
            )
        });
        let has_field = has(|name| {
            matches!(
                name,
                HeaderName::Known(Known::Field(_))
                    | HeaderName::Near(Meant::Rule(_) | Meant::Number(_, ByName::Near))
            )
        });
        let has_telephone =
            has(|name| matches!(name, HeaderName::Near(Meant::Number(_, ByName::Telephone))));
        (has_id || has_name) && has_field || has_id && has_telephone
    }

    /// Whether a row names columns, as the header of a second table does: those of things and of something
    /// else, by two names that are known, or by two where a value must stand that can be nothing else. What
    /// stands below a column of a results file or a plan, such as the calls that use a number, is no name.
    pub fn is_header(&self, header: &ByteRecord, row: &ByteRecord) -> bool {
        if let Some(cells) = split_lone_cell(row) {
            return self.is_header(header, &cells);
        }
        let is_ours = |column: usize| {
            let name = String::from_utf8_lossy(header.get(column).unwrap_or_default());
            header_cell::is_ours(&name, self.setting)
        };
        let cells = row.iter().enumerate();
        let known = cells.filter_map(|(column, cell)| Some((column, names_things(cell)?)));
        let mut known: Vec<(usize, bool)> = known.collect();
        known.retain(|(column, _)| !is_ours(*column));
        let are_known = known.len() > 1 && known.iter().any(|(_, is_of_thing)| *is_of_thing);
        (are_known || self.are_headings(row)) && !self.has_value(row)
    }

    fn are_headings(&self, row: &ByteRecord) -> bool {
        let is_heading = |column: &usize| {
            let cell = String::from_utf8_lossy(row.get(*column).unwrap_or_default());
            // `no` is a number's name as well.
            let is_rule = looks_like_rule(cell.as_bytes()) || read_yes_or_no(&cell).is_ok();
            !is_rule && near_heading::is_heading(&cell, self.widest)
        };
        let headings: Vec<usize> = self.read().filter(is_heading).collect();
        let fields = self.fields.iter().flatten();
        let numbers = fields.filter_map(|column| {
            let cell = String::from_utf8_lossy(row.get(*column)?);
            near_heading::number_heading(&cell, self.widest)
        });
        // Two of numbers are enough, whatever stands beside them.
        if numbers.collect::<BTreeSet<_>>().len() > 1 {
            return true;
        }
        let is_field = |column: usize| self.field_at(column).is_some();
        let is_blank = |column: usize| {
            row.get(column)
                .is_none_or(|cell| cell.trim_ascii().is_empty())
        };
        // Headings of values alone stand above other rows only where this one is for nothing.
        let is_for_nothing = self
            .read()
            .all(|column| is_field(column) || is_blank(column));
        headings.len() > 1 && (is_for_nothing || !headings.iter().all(|column| is_field(*column)))
    }

    /// Whether a row has an id or a number where one must stand.
    fn has_value(&self, row: &ByteRecord) -> bool {
        self.read().any(|column| {
            let cell = String::from_utf8_lossy(row.get(column).unwrap_or_default());
            let is_number = self.field_at(column).is_some() && number_in(&cell).is_some();
            is_number || ids::is_any(cell.trim())
        })
    }
}

/// Whether a cell that names a known column, of whatever setting, names one of ids or names; `None` where it
/// names none.
fn names_things(cell: &[u8]) -> Option<bool> {
    let cell = String::from_utf8_lossy(cell);
    let mut settings = setting::ALL.into_iter();
    let known = settings.find_map(|setting| HeaderName::known(&cell, setting))?;
    Some(!matches!(known, Known::Field(_)))
}

/// The cells of a row that has all of them in one, with other separators than the sheet's.
fn split_lone_cell(row: &ByteRecord) -> Option<ByteRecord> {
    let mut filled = row.iter().filter(|cell| !cell.trim_ascii().is_empty());
    let (Some(only), None) = (filled.next(), filled.next()) else {
        return None;
    };
    let parts = |separator: &u8| only.split(|byte| byte == separator).count();
    let separator = OTHER_SEPARATORS.into_iter().max_by_key(parts)?;
    let cells = only.split(|byte| *byte == separator);
    (parts(&separator) > 1).then(|| cells.collect())
}
