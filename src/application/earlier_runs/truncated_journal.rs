//! Results that know more than their journal, whose last lines did not survive a power cut, or which is an
//! older copy. To go on from it would read our own changes for the values from before.

use std::path::Path;

use anyhow::Result;

use crate::application::earlier_runs::is_older_than_row;
use crate::application::earlier_runs::recorded_reading;
use crate::journal::{RecordReader, RecordedRun};
use crate::model::hint::{Hinted, WithHint};
use crate::model::wording::plural;
use crate::sheet::columns::Columns;
use crate::sheet::row_check::CheckedPart;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

/// Refuses to go on with a run whose journal lacks rows that its results tell of. `again` sends the rows
/// that are not done.
pub(in crate::application) fn refuse(
    run: &RecordedRun,
    results: &Path,
    again: Option<String>,
) -> Result<()> {
    let count = if run.header().settings.backup {
        count(run, results)?
    } else {
        0
    };
    if count == 0 {
        return Ok(());
    }
    let refused = Hinted::new(
        format!(
            "`{}` has lost lines, as in a power cut, or is an older copy: `{}` tells of {} that it does not",
            run.path().display(),
            results.display(),
            plural(count, "row")
        ),
        "put the whole journal back to go on",
    );
    Err(match again {
        Some(command) => refused.with_hint(format!(
            "without it, to send the rows of these results that are not done: {command}"
        )),
        None => refused,
    })
}

/// How many rows the results tell of and the journal does not.
fn count(run: &RecordedRun, results: &Path) -> Result<u64> {
    let mut reading = ReadOptions::default();
    recorded_reading::read_as_the_run(&mut reading, run.header());
    // Whatever else stands there says nothing of the run.
    let Ok(sheet) = Sheet::open(results, reading) else {
        return Ok(0);
    };
    let Ok(columns) = &sheet.columns else {
        return Ok(0);
    };
    let mut journal = run.records()?;
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    let mut count = 0;
    while records.read(&mut numbered)? {
        count += u64::from(is_lost(run, &mut journal, columns, &numbered)?);
    }
    Ok(count)
}

fn is_lost(
    run: &RecordedRun,
    journal: &mut RecordReader<'_>,
    columns: &Columns,
    numbered: &NumberedRecord,
) -> Result<bool> {
    let record = &numbered.record;
    let header = run.header();
    let Some(check) = columns.check_in(record).filter(|check| {
        check.run == header.id && check.holds(CheckedPart::Service, Some(&header.settings.base_url))
    }) else {
        return Ok(false);
    };
    if run.has_record_of(check.row) {
        return Ok(false);
    }
    let previous = columns.previous().unwrap_or_default();
    let mut previous = previous.iter().flatten();
    let is_filled = |at: &usize| record.get(*at).is_some_and(|cell| !cell.is_empty());
    let is_told = columns.finished_at_in(record).is_some() || previous.any(is_filled);
    let history = journal.history_of(check.row)?;
    Ok(is_told && is_older_than_row(&history, columns, numbered))
}
