//! Locations with several rows that an earlier part of the run may have changed without knowing: such a
//! change may arrive yet, and so after that of a later row for the location.

use std::collections::HashMap;

use anyhow::Result;

use crate::engine::pipeline::Task;
use crate::journal::Journal;
use crate::model::outcome::OutcomeKind;
use crate::model::row::TargetKey;
use crate::sheet::selection::Selection;

/// For each such location the first row in doubt.
pub(super) fn of_earlier_parts(
    task: Task,
    selection: &Selection<'_>,
    journal: &Journal,
) -> Result<HashMap<TargetKey, u64>> {
    let mut in_doubt = HashMap::new();
    if !journal.is_continued() || task == Task::Read || selection.duplicates.is_empty() {
        return Ok(in_doubt);
    }
    let mut records = journal.records()?;
    for row in selection.rows_to_send(None, Vec::new())? {
        let row = row?;
        if !selection.duplicates.shares(row.key) || in_doubt.contains_key(&row.key) {
            continue;
        }
        let is_in_doubt = match records.of_row(row.number)? {
            Some(record) => record.outcome.kind == OutcomeKind::Unknown,
            // Without a backup nobody knows whether it was on the wire.
            None => true,
        };
        if is_in_doubt {
            in_doubt.insert(row.key, row.number);
        }
    }
    Ok(in_doubt)
}
