//! Rows that an earlier run may have changed and that were deleted from its results, before another run went
//! on from those or since. No results that came after tell of them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::Timestamp;

use crate::application::earlier_runs::{EarlierRuns, Found, journals_beside, open};
use crate::application::status;
use crate::journal::{RecordReader, RecordedRun, RowChange, RowOrder};
use crate::model::run_id::RunId;

/// A row of an earlier run.
#[derive(Debug)]
pub(in crate::application) struct LostRow {
    /// Its number there.
    pub(in crate::application) row: u64,
    /// The results that it was deleted from.
    pub(in crate::application) results: PathBuf,
    /// What may have been done on behalf of it, each with its order.
    pub(in crate::application) changes: Vec<RowChange>,
    /// When that run began.
    pub(in crate::application) read_at: Timestamp,
    /// No run went on since: whoever deleted it has chosen the others.
    pub(in crate::application) is_of_last_run: bool,
}

impl LostRow {
    /// What its location is called.
    pub(in crate::application) fn name(&self) -> &str {
        let mut latest_first = self.changes.iter().rev();
        let place = latest_first.find_map(|change| change.place.as_ref());
        place.map_or("", |place| match &*place.name {
            "" => &place.id,
            name => name,
        })
    }
}

/// Finds them, those of the last run first: what the last runs changed and is not among the rows `there`, which
/// are those of the results by run and number, and what the earlier ones changed and the last ones have not taken
/// over. Journals that are not there, or not readable, tell of none.
pub(in crate::application) fn find(
    results: &Path,
    earlier: &EarlierRuns,
    there: &[(usize, u64)],
) -> Result<Vec<LostRow>> {
    // Rows that were left as they were name the run before the last one.
    let followed = followed(results, earlier)?;
    let before: HashSet<&RunId> = followed.iter().map(|run| &run.header().id).collect();
    let mut known = orders_of(earlier, there)?;
    let runs = earlier.runs().iter();
    let newest = runs.filter(|run| !before.contains(&run.header().id));
    let newest = newest.map(|run| (run, true));
    let mut lost = Vec::new();
    for (run, is_of_last_run) in newest.chain(followed.iter().map(|run| (run, false))) {
        let file = status::results_of_journal(run.path()).unwrap_or_default();
        let file = results.with_file_name(file.file_name().unwrap_or_default());
        each_changed(run, |row, mut changes| {
            changes.retain(|change| change.order.is_some_and(|order| !known.contains(&order)));
            known.extend(changes.iter().filter_map(|change| change.order));
            if !changes.is_empty() {
                lost.push(LostRow {
                    row,
                    results: file.clone(),
                    changes,
                    read_at: run.header().started_at,
                    is_of_last_run,
                });
            }
        })?;
    }
    Ok(lost)
}

/// The order of each of these rows and of what was done on behalf of it.
fn orders_of(earlier: &EarlierRuns, rows: &[(usize, u64)]) -> Result<HashSet<RowOrder>> {
    let readers = earlier.runs().iter().map(RecordedRun::records);
    let mut readers: Vec<RecordReader<'_>> = readers.collect::<Result<_>>()?;
    let mut orders = HashSet::new();
    for (run, row) in rows {
        let history = readers[*run].history_of(*row)?;
        let own = earlier.runs()[*run].header().order_of(*row);
        orders.insert(history.order.unwrap_or(own));
        orders.extend(history.changes.iter().filter_map(|change| change.order));
    }
    Ok(orders)
}

/// The runs that the earlier ones went on from, the last one first.
pub(super) fn followed(results: &Path, earlier: &EarlierRuns) -> Result<Vec<RecordedRun>> {
    let follows = |run: &RecordedRun| run.header().follows.clone();
    let mut next: Vec<RunId> = earlier.runs().iter().filter_map(follows).collect();
    if next.is_empty() {
        return Ok(Vec::new());
    }
    let journals: HashMap<RunId, PathBuf> = journals_beside(results);
    let mut seen: Vec<RunId> = Vec::new();
    let mut followed: Vec<RecordedRun> = Vec::new();
    while let Some(id) = next.pop() {
        let path = journals.get(&id).filter(|_| !seen.contains(&id));
        seen.push(id);
        if let Some(Found::Run(run)) = path.map(|path| open(path)).transpose()? {
            next.extend(follows(&run));
            followed.push(*run);
        }
    }
    followed.sort_by_key(|run| Reverse(run.header().started_at));
    Ok(followed)
}

/// Goes through what a run may have changed, by its rows.
fn each_changed(run: &RecordedRun, mut add: impl FnMut(u64, Vec<RowChange>)) -> Result<()> {
    let mut records = run.records()?;
    for row in 0..run.rows() {
        let mut changes = records.history_of(row)?.changes;
        changes.retain(|change| change.may_have_been_applied);
        if changes.is_empty() {
            continue;
        }
        for change in &mut changes {
            change.order.get_or_insert(run.header().order_of(row));
        }
        add(row, changes);
    }
    Ok(())
}
