//! Rows in conflict of results whose journal is not there: a conflict proves that a guard held the row, and
//! nobody can hold it to that any more; but for one that was left alone since rules use its numbers.

use std::path::Path;

use anyhow::Result;

use crate::application::earlier_runs::EarlierRuns;
use crate::model::hint::Hinted;
use crate::model::outcome::{OutcomeKind, WHERE_IN_USE};
use crate::sheet::{NumberedRecord, Sheet};

/// Refuses to send such rows.
pub(super) fn refuse_conflicts(earlier: &EarlierRuns, results: &Path, sheet: &Sheet) -> Result<()> {
    let Ok(columns) = &sheet.columns else {
        return Ok(());
    };
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let is_conflict = columns.outcome_in(&numbered.record) == Some(OutcomeKind::Conflict);
        let is_sent = is_conflict && !sheet.leaves_out(&numbered);
        let message = columns.message_in(&numbered.record).unwrap_or_default();
        let is_told =
            message.ends_with(WHERE_IN_USE) || earlier.locate(columns, &numbered).is_some();
        if is_sent && !is_told {
            return Err(Hinted::new(
                format!(
                    "row {} of `{}` was left alone, and the journal that tells what it was held to is not there",
                    numbered.row,
                    results.display()
                ),
                "put the journal back beside it, or make a new plan of the row and name that with --if-unchanged",
            ));
        }
    }
    Ok(())
}
