//! Rows that an earlier run may have changed and that were deleted from its results before another run went
//! on from those. No results that came after tell of them.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::application::earlier_runs::{EarlierRuns, Found, journals_beside, open};
use crate::application::status;
use crate::journal::{RecordedRun, RowOrder};
use crate::model::run_id::RunId;

/// A row of an earlier run.
#[derive(Debug)]
pub(in crate::application) struct LostRow {
    /// Its number there.
    pub(in crate::application) row: u64,
    pub(in crate::application) name: String,
    /// The results that it was deleted from.
    pub(in crate::application) results: PathBuf,
}

/// Finds them: what the earlier runs changed and the last ones have not taken over. Journals that are not
/// there, or not readable, tell of none.
pub(in crate::application) fn find(results: &Path, earlier: &EarlierRuns) -> Result<Vec<LostRow>> {
    // Rows that were left as they were name the run before the last one.
    let followed = followed(results, earlier)?;
    let before: HashSet<&RunId> = followed.iter().map(|run| &run.header().id).collect();
    let mut known: HashSet<RowOrder> = HashSet::new();
    let runs = earlier.runs().iter();
    for run in runs.filter(|run| !before.contains(&run.header().id)) {
        each_change(run, |origin, _, _| {
            known.insert(origin);
        })?;
    }
    let mut lost = Vec::new();
    for run in &followed {
        let file = status::results_of_journal(run.path()).unwrap_or_default();
        let file = results.with_file_name(file.file_name().unwrap_or_default());
        each_change(run, |origin, row, name| {
            if known.insert(origin) {
                lost.push(LostRow {
                    row,
                    name: name.into(),
                    results: file.clone(),
                });
            }
        })?;
    }
    Ok(lost)
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

/// Goes through what a run may have changed.
fn each_change(run: &RecordedRun, mut add: impl FnMut(RowOrder, u64, &str)) -> Result<()> {
    let mut records = run.records()?;
    for row in 0..run.rows() {
        let history = records.history_of(row)?;
        for change in &history.changes {
            if change.may_have_been_applied {
                let place = change.place.as_ref();
                let name = place.map_or("", |place| match &*place.name {
                    "" => &place.id,
                    name => name,
                });
                let origin = change.order.unwrap_or_else(|| run.header().order_of(row));
                add(origin, row, name);
            }
        }
    }
    Ok(())
}
