//! Several rows for one location: a plan saw all of them as the location was before the first, so a later
//! row may find what the plan saw, or what a row before it in the sheet asks for.

use std::collections::HashMap;

use anyhow::Result;

use crate::model::change::Change;
use crate::model::row::{Row, TargetKey};
use crate::setting::Setting;
use crate::sheet::NumberedRecord;
use crate::sheet::selection::{Choice, Selection};

/// What the rows ask for whose location another row is for too, in the order of the sheet.
#[derive(Debug, Default)]
pub(super) struct RepeatedPlaces(HashMap<TargetKey, Vec<(u64, Vec<Change<'static>>)>>);

impl RepeatedPlaces {
    /// Those that are sent, and those that are done already, by this run or by an earlier one.
    pub(super) fn of(selection: &Selection<'_>) -> Result<RepeatedPlaces> {
        let mut places = RepeatedPlaces::default();
        if selection.duplicates.is_empty() {
            return Ok(places);
        }
        let mut records = selection.sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let row = match selection.choose(&numbered) {
                Choice::Send(row) => row,
                Choice::Keep => {
                    let (columns, directory) = (selection.columns, selection.directory);
                    match selection.sheet.read_row(columns, &numbered, directory) {
                        Ok(row) => row,
                        Err(_) => continue,
                    }
                }
                Choice::Leave(_) => continue,
            };
            if selection.duplicates.shares(row.key) {
                let row = row.into_owned();
                let rows = places.0.entry(row.key).or_default();
                rows.push((row.number, row.changes));
            }
        }
        Ok(places)
    }

    /// Lets a row that must find something find this as well.
    pub(super) fn expect(&self, setting: &Setting, row: &mut Row<'static>) {
        let rows = self.0.get(&row.key).into_iter().flatten();
        for (_, asked) in rows.take_while(|(number, _)| *number < row.number) {
            let fields = row.expected.iter_mut().zip(asked).enumerate();
            for (index, (expected, change)) in fields {
                let is_same = |one: &Change<'_>| setting.is_met(index, change, one.field());
                let is_open = expected.is_empty() || *change == Change::Keep;
                if !is_open && !expected.iter().any(is_same) {
                    expected.push(change.clone());
                }
            }
        }
    }
}
