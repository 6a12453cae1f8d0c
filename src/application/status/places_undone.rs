//! Which places still have what a run set: undos put some back, and may have been undone themselves.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::related_runs::{FolderRun, heirs, runs_in};
use super::results_of;
use super::run_status::{Undone, UndonePart};
use crate::application::suggested_commands;
use crate::journal::{self, Entry, Journal, Place, RecordedRun, may_have_been_applied};
use crate::model::hint::Hinted;
use crate::model::ids;
use crate::model::row::TargetKey;
use crate::model::run_id::RunId;
use crate::model::wording::listed;
use crate::platform;
use crate::setting::{self, Setting};

/// A run that went on from results and is not undone in full.
#[derive(Debug)]
pub struct OpenSuccessor {
    pub results: PathBuf,
    /// The command that undoes it.
    pub undo: String,
    /// The places that have what it set, or may have it.
    pub places: HashSet<TargetKey>,
}

/// The runs that went on from these results and may have set something that is still there: the newest
/// first, in the order in which they are to be undone. Undoing one undoes those that it went on from.
pub fn open_successors(results: &Path, run: &RunId) -> Vec<OpenSuccessor> {
    let runs = runs_in(platform::folder_of(results));
    let mut covered: HashSet<&RunId> = HashSet::new();
    let mut open = Vec::new();
    let real = heirs(&runs, run).into_iter().rev();
    for heir in real.filter(|heir| !heir.header.settings.rehearsal) {
        let places = &Known::of(heir).changed - &put_back(&runs, heir, Doubt::Stays);
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
                places,
            });
        }
    }
    open
}

/// Whether nothing of what a run set, or may have set, is there any more.
pub(super) fn is_put_back(runs: &[FolderRun], journal: &Path) -> bool {
    let name = journal.file_name();
    let run = runs.iter().find(|one| one.journal.file_name() == name);
    run.is_some_and(|run| {
        let changed = Known::of(run).changed;
        !changed.is_empty() && changed.is_subset(&put_back(runs, run, Doubt::Stays))
    })
}

/// How many of these places earlier undos of a run have put back, and the results of those undos.
pub fn back_already(results: &Path, undone: &[(TargetKey, u64)]) -> (u64, Vec<PathBuf>) {
    let places: HashSet<TargetKey> = undone.iter().map(|(place, _)| *place).collect();
    let runs = runs_in(platform::folder_of(results));
    let journal = Journal::path_for(results);
    let is_it = |one: &&FolderRun| one.journal.file_name() == journal.file_name();
    let Some(run) = runs.iter().find(is_it) else {
        return (0, Vec::new());
    };
    let (mut back, mut undos) = (HashSet::new(), Vec::new());
    for undo in undos_of(&runs, run) {
        let theirs = &put_back_by(&runs, undo, Doubt::Stays) & &places;
        if !theirs.is_empty() {
            undos.push(results.with_file_name(undo.results_name()));
            back.extend(theirs);
        }
    }
    (back.len() as u64, undos)
}

/// The runs that put back something of what a run had done at these places, and whether that was all.
pub(in crate::application) fn undone_at(
    journal: &Path,
    places: &HashSet<TargetKey>,
) -> Option<Undone> {
    let runs = runs_in(platform::folder_of(journal));
    let name = journal.file_name();
    let run = runs.iter().find(|one| one.journal.file_name() == name)?;
    let mut left = &Known::of(run).changed & places;
    let mut parts = Vec::new();
    for undo in undos_of(&runs, run) {
        let back = &put_back_by(&runs, undo, Doubt::Stays) & places;
        if back.is_empty() {
            continue;
        }
        left = &left - &back;
        let end = RecordedRun::open(&undo.journal).ok();
        let end = end.as_ref().and_then(RecordedRun::last_end);
        parts.push(UndonePart {
            by: undo.header.id.clone(),
            at: end.map_or(undo.header.started_at, |end| end.finished_at),
        });
    }
    let UndonePart { by, at } = parts.last()?.clone();
    Some(Undone {
        by,
        at,
        completely: left.is_empty(),
        parts,
    })
}

/// Whether a run may have sent something.
pub(super) fn may_have_sent(run: &FolderRun) -> bool {
    !Known::of(run).changed.is_empty()
        || RecordedRun::open(&run.journal).is_ok_and(|run| run.finished() > 0)
}

/// The results of the undos that put something back of what a run, or one before it, had done, each with
/// the command that undoes it; without those that were undone themselves.
fn undos_in_force(journal: &Path) -> Vec<(PathBuf, String)> {
    let runs = runs_in(platform::folder_of(journal));
    let name = journal.file_name();
    let Some(run) = runs.iter().find(|one| one.journal.file_name() == name) else {
        return Vec::new();
    };
    let known = Known::of(run);
    let done = &known.changed | &known.carried;
    let has_effect = |undo: &&FolderRun| {
        let back = put_back_by(&runs, undo, Doubt::Counts);
        !back.is_disjoint(&done)
    };
    let undos = undos_of(&runs, run).into_iter().filter(has_effect);
    let undos = undos.map(|undo| {
        let results = results_of(journal).with_file_name(undo.results_name());
        let command = undo_of(undo, &results);
        (results, command)
    });
    undos.collect()
}

/// The command that undoes a run with these results.
fn undo_of(run: &FolderRun, results: &Path) -> String {
    let recorded = RecordedRun::open(&run.journal).ok();
    let began = recorded.as_ref().and_then(RecordedRun::last_begin);
    suggested_commands::undo(results, began, &run.header.settings)
}

/// A run that was undone, if only in part, does not go on: rows that were put back would count as done.
pub fn ensure_not_undone(journal: &Path) -> Result<()> {
    let undos = undos_in_force(journal);
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

/// What is thought of a place that an undo may have put back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// It still has what the run set.
    Stays,
    /// It counts as put back.
    Counts,
}

fn undos_of<'r>(runs: &'r [FolderRun], run: &FolderRun) -> Vec<&'r FolderRun> {
    let id = &run.header.id;
    let heirs = heirs(runs, id);
    let is_meant =
        |undone: &RunId| undone == id || heirs.iter().any(|one| one.header.id == *undone);
    let undos = runs.iter().filter(|other| {
        let undoes = other.header.undoes.as_ref();
        let is_later = other.header.started_at > run.header.started_at;
        is_later && !other.header.settings.rehearsal && undoes.is_some_and(is_meant)
    });
    undos.collect()
}

/// The places that the undos of a run put back.
fn put_back(runs: &[FolderRun], run: &FolderRun, doubt: Doubt) -> HashSet<TargetKey> {
    let undos = undos_of(runs, run).into_iter();
    undos
        .flat_map(|undo| put_back_by(runs, undo, doubt))
        .collect()
}

fn put_back_by(runs: &[FolderRun], undo: &FolderRun, doubt: Doubt) -> HashSet<TargetKey> {
    let known = Known::of(undo);
    let done = match doubt {
        Doubt::Stays => known.done,
        Doubt::Counts => &known.done | &known.changed,
    };
    // Each undo is later than what it undoes, so this ends.
    let again = match doubt {
        Doubt::Stays => Doubt::Counts,
        Doubt::Counts => Doubt::Stays,
    };
    &done - &put_back(runs, undo, again)
}

/// What a journal tells of places.
#[derive(Debug, Default)]
struct Known {
    /// The run changed them, or may have.
    changed: HashSet<TargetKey>,
    /// They are as the run asked.
    done: HashSet<TargetKey>,
    /// Runs before it changed them, or may have.
    carried: HashSet<TargetKey>,
}

impl Known {
    /// What can be read of it.
    fn of(run: &FolderRun) -> Known {
        let mut known = Known::default();
        let mut in_flight: HashMap<u64, Option<Place>> = HashMap::new();
        let setting = Setting::named(&run.header.setting).unwrap_or(setting::ALL[0]);
        let key = |place: Option<&Place>| {
            let read = place.and_then(|place| ids::read(&place.id, setting.target.id).ok());
            read.map(|id| id.key)
        };
        let read = journal::read_through(&run.journal, |entry| match entry {
            Entry::Carried(record) => {
                let changes = record.changes.iter();
                let applied = changes.filter(|change| change.may_have_been_applied);
                let keys = applied.filter_map(|change| key(change.place.as_ref()));
                known.carried.extend(keys);
            }
            Entry::Previous(record) => {
                in_flight.insert(record.row, record.place);
            }
            Entry::Row(record) => {
                in_flight.remove(&record.row);
                let key = key(record.place.as_ref());
                if may_have_been_applied(record.outcome.kind) {
                    known.changed.extend(key);
                }
                if record.outcome.kind.is_success() {
                    known.done.extend(key);
                }
            }
            _ => {}
        });
        if let Err(error) = read {
            tracing::debug!("{}: {error:#}", run.journal.display());
        }
        let places = in_flight.values();
        known
            .changed
            .extend(places.filter_map(|place| key(place.as_ref())));
        known
    }
}
