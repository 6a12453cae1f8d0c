//! Rows that an earlier part of a run sent without learning what became of them. Until they are sent
//! again, that stays so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

use crate::application::run_settings::Start;
use crate::journal::Journal;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

/// Those of a run that goes on, as the results tell that are about to be replaced. A run that was killed
/// has none: its journal tells which rows were on their way.
pub(in crate::application) fn of_earlier_parts(
    start: Start,
    results: &Path,
    journal: &Journal,
    unfinished: &BTreeMap<u64, Outcome>,
) -> BTreeSet<u64> {
    if start == Start::Fresh {
        return BTreeSet::new();
    }
    if let Ok(Some(unknown)) = told_by(results) {
        return unknown;
    }
    // Of those that this part sent it knows more itself.
    let rows = journal.rows_on_their_way().into_iter();
    rows.filter(|row| !unfinished.contains_key(row)).collect()
}

/// `None` where the file has no results in it.
fn told_by(results: &Path) -> Result<Option<BTreeSet<u64>>> {
    let sheet = Sheet::open(results, ReadOptions::default())?;
    let Ok(columns) = &sheet.columns else {
        return Ok(None);
    };
    if columns.results.is_none() {
        return Ok(None);
    }
    let mut unknown = BTreeSet::new();
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        if columns.outcome_in(&numbered.record) == Some(OutcomeKind::Unknown) {
            unknown.extend(columns.row_in(&numbered.record));
        }
    }
    Ok(Some(unknown))
}
