//! Which places still have what a run set: undos put some back, and may have been undone themselves.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::known_places::Known;
use super::open_successors::undo_of;
use super::place_fates::{Side, beginning, fates, undos_of};
use super::related_runs::{FolderRun, runs_in};
use super::results_of;
use super::run_status::{Undone, UndonePart};
use crate::journal::{self, Entry, Journal, RecordedRun, RowRecord, Sent};
use crate::model::hint::Hinted;
use crate::model::ids;
use crate::model::row::{TargetField, TargetKey};
use crate::model::wording::listed;
use crate::platform;
use crate::setting::{self, Setting};

/// What an undo of an undo leads to.
#[derive(Debug)]
pub struct UndoneUndo {
    /// The results of the run with which the chain of undos begins.
    pub first: PathBuf,
    /// What that run set is set once more; otherwise the values from before it come back.
    pub sets_again: bool,
}

/// The same of results that are of an undo; `None` where they are not, or the run that it undid is not there.
pub fn undone_undo(results: &Path) -> Option<UndoneUndo> {
    let runs = runs_in(platform::folder_of(results));
    let run = run_of(&runs, &Journal::path_for(results))?;
    run.header.undoes.as_ref()?;
    let (first, left) = beginning(&runs, run);
    first.header.undoes.is_none().then(|| UndoneUndo {
        first: results.with_file_name(first.results_name()),
        sets_again: left == Side::Before,
    })
}

/// Whether all is as an undo left it: nothing of it was undone since, nor may have been.
pub fn is_in_force(undo: &Path) -> bool {
    let runs = runs_in(platform::folder_of(undo));
    let Some(run) = run_of(&runs, undo) else {
        return true;
    };
    let known = Known::of(run);
    let fields = &known.changed | &known.done;
    !fates(&runs, run).keys().any(|field| fields.contains(field))
}

/// Which of these fields earlier undos of a run have put back, and the results of the undos that put back
/// something at places of which all of these are back.
pub fn back_already(results: &Path, fields: &[TargetField]) -> (HashSet<TargetKey>, Vec<PathBuf>) {
    let runs = runs_in(platform::folder_of(results));
    let Some(run) = run_of(&runs, &Journal::path_for(results)) else {
        return (HashSet::new(), Vec::new());
    };
    let mut fates = fates(&runs, run);
    fates.retain(|_, fate| fate.is_certain);
    let mut places: HashSet<TargetKey> = fields.iter().map(|field| field.key).collect();
    for field in fields {
        if !fates.contains_key(field) {
            places.remove(&field.key);
        }
    }
    let fields: HashSet<&TargetField> = fields.iter().collect();
    fates.retain(|field, _| fields.contains(field) && places.contains(&field.key));
    let undos = undos_of(&runs, &fates).into_iter();
    let undos = undos.map(|undo| results.with_file_name(undo.results_name()));
    let undos = undos.collect();
    (places, undos)
}

/// What undos of a run have put back that is still so: by the places, what was sent there.
pub fn put_back(results: &Path) -> HashMap<TargetKey, Vec<Sent>> {
    let runs = runs_in(platform::folder_of(results));
    let run = run_of(&runs, &Journal::path_for(results));
    let mut fates = run.map_or(HashMap::new(), |run| fates(&runs, run));
    fates.retain(|_, fate| fate.is_certain);
    let mut sent: HashMap<TargetKey, Vec<Sent>> = HashMap::new();
    for undo in undos_of(&runs, &fates) {
        let setting = Setting::named(&undo.header.setting).unwrap_or(setting::ALL[0]);
        let read = journal::read_through(&undo.journal, |entry| {
            if let Entry::Row(RowRecord {
                place: Some(place),
                sent: Some(Sent(mut values)),
                ..
            }) = entry
                && let Ok(id) = ids::read(&place.id, setting.target.id)
            {
                for (index, value) in values.iter_mut().enumerate() {
                    let fate = fates.get(&TargetField { key: id.key, index });
                    let mut undos = fate.into_iter().flat_map(|fate| &fate.undos);
                    // Elsewhere it need not have reached what it sent.
                    if !undos.any(|one| runs[*one].header.id == undo.header.id) {
                        *value = None;
                    }
                }
                if values.iter().any(Option::is_some) {
                    sent.entry(id.key).or_default().push(Sent(values));
                }
            }
        });
        if let Err(error) = read {
            tracing::debug!("{}: {error:#}", undo.journal.display());
        }
    }
    sent
}

/// The runs that put back something of what a run, or one before it, had done, and whether that was all.
pub(super) fn undone(runs: &[FolderRun], journal: &Path) -> Option<Undone> {
    undone_of(runs, journal, |_| true)
}

/// The same of what it had done to these fields.
pub(in crate::application) fn undone_at(
    journal: &Path,
    fields: &HashSet<TargetField>,
) -> Option<Undone> {
    let runs = runs_in(platform::folder_of(journal));
    undone_of(&runs, journal, |field| fields.contains(field))
}

fn undone_of(
    runs: &[FolderRun],
    journal: &Path,
    is_meant: impl Fn(&TargetField) -> bool,
) -> Option<Undone> {
    let run = run_of(runs, journal)?;
    let mut fates = fates(runs, run);
    // Of most runs there is no undo to look at.
    if fates.is_empty() {
        return None;
    }
    let mut changed = Known::of(run).changed_in_all;
    changed.retain(|field| is_meant(field));
    fates.retain(|field, fate| fate.is_certain && changed.contains(field));
    let parts = undos_of(runs, &fates).into_iter().map(|undo| {
        let end = RecordedRun::open(&undo.journal).ok();
        let end = end.as_ref().and_then(RecordedRun::last_end);
        UndonePart {
            by: undo.header.id.clone(),
            results: undo.results_name().to_string_lossy().into_owned(),
            at: end.map_or(undo.header.started_at, |end| end.finished_at),
        }
    });
    let parts: Vec<UndonePart> = parts.collect();
    let UndonePart { by, at, .. } = parts.last()?.clone();
    Some(Undone {
        by,
        at,
        completely: fates.len() == changed.len(),
        parts,
    })
}

/// The results of the undos that put something back of what a run, or one before it, had done, each with
/// the command that undoes it; without those that were undone themselves.
fn undos_in_force(runs: &[FolderRun], journal: &Path) -> Vec<(PathBuf, String)> {
    let Some(run) = run_of(runs, journal) else {
        return Vec::new();
    };
    let known = Known::of(run);
    let done = &known.changed | &known.carried;
    let mut fates = fates(runs, run);
    fates.retain(|field, _| done.contains(field));
    let undos = undos_of(runs, &fates).into_iter().map(|undo| {
        let results = results_of(journal).with_file_name(undo.results_name());
        let command = undo_of(undo, &results);
        (results, command)
    });
    undos.collect()
}

/// Whether a run was undone, if only in part.
pub(super) fn is_undone_in_part(runs: &[FolderRun], journal: &Path) -> bool {
    !undos_in_force(runs, journal).is_empty()
}

/// A run that was undone, if only in part, does not go on: rows that were put back would count as done.
pub fn ensure_not_undone(journal: &Path) -> Result<()> {
    let undos = undos_in_force(&runs_in(platform::folder_of(journal)), journal);
    let Some((_, undo_last)) = undos.last() else {
        return Ok(());
    };
    let names: Vec<String> = undos
        .iter()
        .map(|(undo, _)| format!("`{}`", undo.display()))
        .collect();
    let what = if undos.len() == 1 { "undo" } else { "undos" };
    Err(Hinted::new(
        format!(
            "`{}` was undone, at least in part, and rows that were put back would count as done; the results of the {what} are in {}",
            results_of(journal).display(),
            listed(&names)
        ),
        format!(
            "make a new run with other results (--output), or undo the undo first: {undo_last}"
        ),
    ))
}

fn run_of<'r>(runs: &'r [FolderRun], journal: &Path) -> Option<&'r FolderRun> {
    let name = journal.file_name();
    runs.iter().find(|one| one.journal.file_name() == name)
}
