//! What a sheet sets, as far as its header tells.

use std::cmp::Reverse;

use csv::ByteRecord;

use super::Meant;
use super::earlier_results::{told_by_backup, told_by_results};
use super::header_cell::{HeaderName, Known};
use super::heading_words::Words;
use super::ignored_columns::IgnoredColumns;
use crate::setting::target_kind::TargetKind;
use crate::setting::{self, Setting};

/// How clearly a header names a kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Clarity {
    Not,
    /// By a word that may as well stand above something about it, `Site`.
    ByWord,
    /// By a column that has to be renamed.
    Nearly,
    /// By one that many sheets have.
    Possibly,
    /// By its name, beside which such a column may be meant as well.
    ByName,
    ById,
}

/// What a sheet may set: one setting for each kind of thing that its header has a column for, the clearest
/// first. Where it has none, a setting of the kind that is meant when nothing else is said.
pub(in crate::sheet) fn settings_of(
    header: &ByteRecord,
    ignored: &IgnoredColumns,
) -> Vec<&'static Setting> {
    let mut kinds: Vec<(&'static TargetKind, Clarity)> = Vec::new();
    for setting in setting::ALL {
        let kind = setting.target;
        if !kinds.iter().any(|(known, _)| *known == kind) {
            kinds.push((kind, clarity(header, ignored, setting)));
        }
    }
    let clearest = kinds.iter().map(|(_, clarity)| *clarity).max();
    let least = match clearest {
        Some(Clarity::ById) => Some(Clarity::ByName),
        Some(Clarity::ByName) => Some(Clarity::Possibly),
        // Sheets of other things have such a column as well, so any other word tells as much.
        Some(Clarity::Possibly) => Some(Clarity::ByWord),
        Some(Clarity::ByWord) => Some(Clarity::Not),
        _ => clearest,
    };
    kinds.retain(|(_, clarity)| Some(*clarity) >= least);
    kinds.sort_by_key(|(_, clarity)| Reverse(*clarity));
    if clearest < Some(Clarity::Possibly) {
        kinds.truncate(1);
    }
    let kinds = kinds.into_iter();
    let settings = kinds.map(|(kind, _)| of_kind(header, ignored, kind));
    settings.collect()
}

/// The setting with most fields of those for the same kind of thing.
pub(super) fn widest(setting: &'static Setting) -> &'static Setting {
    let all = setting::ALL.into_iter();
    let same = all.filter(|other| other.target == setting.target);
    same.max_by_key(|other| other.fields.len())
        .unwrap_or(setting)
}

fn clarity(header: &ByteRecord, ignored: &IgnoredColumns, setting: &Setting) -> Clarity {
    let clearest = clearest(header, ignored, setting);
    clearest.map_or(Clarity::Not, |(clarity, _)| clarity)
}

/// The name of the column that names what a setting is set on most clearly.
pub(in crate::sheet) fn names_target(
    header: &ByteRecord,
    ignored: &IgnoredColumns,
    setting: &Setting,
) -> Option<String> {
    let (clarity, name) = clearest(header, ignored, setting)?;
    (clarity > Clarity::Not).then_some(name)
}

fn clearest(
    header: &ByteRecord,
    ignored: &IgnoredColumns,
    setting: &Setting,
) -> Option<(Clarity, String)> {
    let cells = header.iter().map(String::from_utf8_lossy).enumerate();
    let read = cells.filter(|(column, _)| !ignored.has(header, *column));
    let of_cell = |cell: &str| match HeaderName::read(cell, setting, setting) {
        HeaderName::Known(Known::TargetName) if setting.target.has_common_name => Clarity::Possibly,
        HeaderName::Known(Known::TargetName) => Clarity::ByName,
        HeaderName::Known(Known::TargetId) => Clarity::ById,
        HeaderName::Near(Meant::TargetId | Meant::TargetName) => Clarity::Nearly,
        HeaderName::Own | HeaderName::Near(Meant::Number(..))
            if Words::of(cell).name_one(setting.target) =>
        {
            Clarity::ByWord
        }
        _ => Clarity::Not,
    };
    let clarities = read.map(|(_, cell)| (of_cell(&cell), cell));
    let clearest = clarities.rev().max_by_key(|(clarity, _)| *clarity);
    clearest.map(|(clarity, cell)| (clarity, cell.trim().to_string()))
}

/// The first setting of a kind that has all columns of such settings in the header; the first of all where
/// it has none. Where numbers and rules stand side by side, the columns of an earlier run tell what was
/// set.
fn of_kind(header: &ByteRecord, ignored: &IgnoredColumns, kind: &TargetKind) -> &'static Setting {
    let settings = || {
        let all = setting::ALL.into_iter();
        all.filter(|setting| setting.target == kind)
    };
    let first_with = |columns: &[&str]| {
        let has_all = |setting: &&Setting| {
            let own = setting.column_names();
            columns.iter().all(|column| own.contains(column))
        };
        let found = settings().find(has_all).or_else(|| settings().next());
        found.unwrap_or(setting::ALL[0])
    };
    let mut found = Vec::new();
    for setting in settings() {
        let names = super::HeaderNames::read(header, ignored, setting, setting);
        let fields = setting.fields.iter().enumerate();
        let fields = fields.filter(|(index, _)| names.first(Known::Field(*index)).is_some());
        found.extend(fields.map(|(_, field)| field.column));
    }
    let setting = first_with(&found);
    let told = told_by_backup(header, widest(setting));
    if !told.is_empty() {
        return first_with(&told);
    }
    if setting.is_one_resource() {
        return setting;
    }
    let told = told_by_results(header, setting);
    if told.is_empty() {
        setting
    } else {
        first_with(&told)
    }
}
