//! What a sheet sets, as far as its header tells.

use csv::ByteRecord;

use super::header_name::{HeaderName, Known};
use super::told_by_results;
use crate::setting::target_kind::TargetKind;
use crate::setting::{self, Setting};
use crate::sheet::columns::header_names::is_called;

/// What a sheet may set: one setting for each kind of thing that its header has a column for. Where it
/// has none, a setting of the kind that is meant when nothing else is said.
pub(in crate::sheet) fn settings_of(
    header: &ByteRecord,
    ignored: &[String],
) -> Vec<&'static Setting> {
    let named = |kind: &TargetKind, setting: &Setting| {
        let cells = header.iter().map(String::from_utf8_lossy);
        let read = cells.filter(|cell| !ignored.iter().any(|name| is_called(cell, name)));
        let known: Vec<Known> = read
            .filter_map(|cell| HeaderName::known(&cell, setting))
            .collect();
        let has_id = known.contains(&Known::TargetId);
        let has_name = known.contains(&Known::TargetName);
        (has_id || (has_name && !kind.has_common_name), has_name)
    };
    let mut kinds: Vec<(&'static TargetKind, bool, bool)> = Vec::new();
    for setting in setting::ALL {
        let kind = setting.target;
        if !kinds.iter().any(|(known, ..)| *known == kind) {
            let (is_certain, is_possible) = named(kind, setting);
            kinds.push((kind, is_certain, is_possible));
        }
    }
    let certain = kinds.iter().filter(|(_, is_certain, _)| *is_certain);
    let mut found: Vec<&TargetKind> = certain.map(|(kind, ..)| *kind).collect();
    if found.is_empty() {
        let possible = kinds.iter().filter(|(.., is_possible)| *is_possible);
        found.extend(possible.map(|(kind, ..)| *kind));
    }
    if found.is_empty() {
        found.push(setting::ALL[0].target);
    }
    let settings = found.into_iter().map(|kind| of_kind(header, ignored, kind));
    settings.collect()
}

/// The first setting of a kind that has all columns of such settings in the header; the first of all where
/// it has none. Where numbers and rules stand side by side, the columns of an earlier run tell what was
/// set.
fn of_kind(header: &ByteRecord, ignored: &[String], kind: &TargetKind) -> &'static Setting {
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
        let names = super::HeaderNames::read(header, ignored, setting);
        let fields = setting.fields.iter().enumerate();
        let fields = fields.filter(|(index, _)| names.first(Known::Field(*index)).is_some());
        found.extend(fields.map(|(_, field)| field.column));
    }
    let setting = first_with(&found);
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
