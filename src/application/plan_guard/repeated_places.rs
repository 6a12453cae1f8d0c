//! Several rows for one location: a plan saw all of them as the location was before the first, so a later
//! row may find what the plan saw, or what a row before it in the sheet asks for.

use std::collections::HashMap;

use anyhow::Result;

use crate::model::change::Change;
use crate::model::row::{Row, TargetKey};
use crate::sheet::NumberedRecord;
use crate::sheet::selection::{Choice, Selection};

/// What the rows ask for whose location another row is for too, in the order of the sheet.
#[derive(Debug, Default)]
pub(super) struct RepeatedPlaces(HashMap<TargetKey, Vec<(u64, Vec<Change<'static>>)>>);

impl RepeatedPlaces {
    /// Those that are sent; what earlier runs have set the sheet was told.
    pub(super) fn of(selection: &Selection<'_>) -> Result<RepeatedPlaces> {
        let mut places = RepeatedPlaces::default();
        if selection.duplicates.is_empty() {
            return Ok(places);
        }
        let mut records = selection.sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let Choice::Send(row) = selection.choose(&numbered) else {
                continue;
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
    pub(super) fn expect(&self, selection: &Selection<'_>, row: &mut Row<'static>) {
        let setting = selection.columns.setting;
        let rows = self.0.get(&row.key).into_iter().flatten();
        let before = rows.take_while(|(number, _)| *number < row.number);
        let earlier = selection.sheet.set_before(row.number).iter();
        for asked in earlier.chain(before.map(|(_, asked)| asked)) {
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
