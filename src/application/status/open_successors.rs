//! Runs that went on from results and may have set something that is still there.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::known_places::Known;
use super::place_fates::fates;
use super::related_runs::{FolderRun, command_to_go_on, heirs, line_of, runs_in};
use crate::application::suggested_commands;
use crate::journal::RecordedRun;
use crate::model::row::TargetKey;
use crate::model::run_id::RunId;
use crate::platform;

/// A run that went on from results and is not undone in full.
#[derive(Debug)]
pub struct OpenSuccessor {
    pub results: PathBuf,
    /// The command that undoes it.
    pub undo: String,
    /// The command that goes on with it, if it did not reach its end.
    pub resume: Option<String>,
    /// The places that have what it set, or may have it.
    pub places: HashSet<TargetKey>,
}

/// The runs that went on from these results and may have set something that is still there: the newest
/// first, in the order in which they are to be undone. Undoing one undoes those that it went on from.
pub fn open_successors(results: &Path, run: &RunId) -> Vec<OpenSuccessor> {
    let runs = runs_in(platform::folder_of(results));
    open_among(&runs, results, heirs(&runs, run))
}

/// The same of the runs that went on from what these runs did or went on from, and that are none of those:
/// results of these tell nothing of them.
pub fn open_branches(results: &Path, own: &[RunId]) -> Vec<OpenSuccessor> {
    let runs = runs_in(platform::folder_of(results));
    let line = line_of(&runs, own);
    let others = runs.iter().filter(|run| {
        let follows = run.header.follows.as_ref();
        let mut went_on_from = follows.into_iter().flat_map(|id| line_of(&runs, [id]));
        !line.contains(&run.header.id) && went_on_from.any(|id| line.contains(id))
    });
    open_among(&runs, results, others.collect())
}

fn open_among(
    runs: &[FolderRun],
    results: &Path,
    oldest_first: Vec<&FolderRun>,
) -> Vec<OpenSuccessor> {
    let mut covered: HashSet<&RunId> = HashSet::new();
    let mut open = Vec::new();
    let real = oldest_first.into_iter().rev();
    for heir in real.filter(|heir| !heir.header.settings.rehearsal) {
        let mut fields = Known::of(heir).changed;
        let fates = fates(runs, heir);
        fields.retain(|field| !fates.get(field).is_some_and(|fate| fate.is_certain));
        let places: HashSet<TargetKey> = fields.into_iter().map(|field| field.key).collect();
        let is_covered = covered.contains(&heir.header.id);
        if is_covered && let Some(later) = open.last_mut() {
            let later: &mut OpenSuccessor = later;
            later.places.extend(places);
            covered.extend(&heir.header.follows);
        } else if !places.is_empty() {
            covered.extend(&heir.header.follows);
            let name = results.with_file_name(heir.results_name());
            open.push(OpenSuccessor {
                undo: undo_of(heir, &name),
                results: name,
                resume: command_to_go_on(heir),
                places,
            });
        }
    }
    open
}

/// The command that undoes a run with these results.
pub(super) fn undo_of(run: &FolderRun, results: &Path) -> String {
    let recorded = RecordedRun::open(&run.journal).ok();
    let began = recorded.as_ref().and_then(RecordedRun::last_begin);
    suggested_commands::undo(results, began, &run.header.settings)
}
