//! Which places still have what a run set: undos put some back, and may have been undone themselves.

use std::collections::hash_map::Entry as MapEntry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::related_runs::{FolderRun, command_to_go_on, heirs, line_of, runs_in};
use super::results_of;
use super::run_status::{Undone, UndonePart};
use crate::application::suggested_commands;
use crate::journal::{
    self, Entry, Journal, Place, RecordedRun, RowRecord, Sent, may_have_been_applied,
};
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
        let mut places = Known::of(heir).changed;
        let fates = fates(runs, heir);
        places.retain(|place| !fates.get(place).is_some_and(|fate| fate.is_certain));
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
    let places = &known.changed | &known.done;
    !fates(&runs, run).keys().any(|place| places.contains(place))
}

/// Which of these places earlier undos of a run have put back, and the results of those undos.
pub fn back_already(
    results: &Path,
    places: impl Iterator<Item = TargetKey>,
) -> (HashSet<TargetKey>, Vec<PathBuf>) {
    let runs = runs_in(platform::folder_of(results));
    let Some(run) = run_of(&runs, &Journal::path_for(results)) else {
        return (HashSet::new(), Vec::new());
    };
    let places: HashSet<TargetKey> = places.collect();
    let mut fates = fates(&runs, run);
    fates.retain(|place, fate| fate.is_certain && places.contains(place));
    let undos = undos_of(&runs, &fates).into_iter();
    let undos = undos.map(|undo| results.with_file_name(undo.results_name()));
    let undos = undos.collect();
    (fates.into_keys().collect(), undos)
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
                sent: Some(values),
                ..
            }) = entry
                && let Ok(id) = ids::read(&place.id, setting.target.id)
                && let Some(fate) = fates.get(&id.key)
                // At other places it need not have reached what it sent.
                && fate
                    .undos
                    .iter()
                    .any(|one| runs[*one].header.id == undo.header.id)
            {
                sent.entry(id.key).or_default().push(values);
            }
        });
        if let Err(error) = read {
            tracing::debug!("{}: {error:#}", undo.journal.display());
        }
    }
    sent
}

/// The runs that put back something of what a run had done, and whether that was all.
pub(super) fn undone(runs: &[FolderRun], journal: &Path) -> Option<Undone> {
    undone_of(runs, journal, |_| true)
}

/// The same of what it had done at these places.
pub(in crate::application) fn undone_at(
    journal: &Path,
    places: &HashSet<TargetKey>,
) -> Option<Undone> {
    let runs = runs_in(platform::folder_of(journal));
    undone_of(&runs, journal, |place| places.contains(place))
}

fn undone_of(
    runs: &[FolderRun],
    journal: &Path,
    is_meant: impl Fn(&TargetKey) -> bool,
) -> Option<Undone> {
    let run = run_of(runs, journal)?;
    let mut fates = fates(runs, run);
    // Of most runs there is no undo to look at.
    if fates.is_empty() {
        return None;
    }
    let mut changed = Known::of(run).changed;
    changed.retain(|place| is_meant(place));
    fates.retain(|place, fate| fate.is_certain && changed.contains(place));
    let parts = undos_of(runs, &fates).into_iter().map(|undo| {
        let end = RecordedRun::open(&undo.journal).ok();
        let end = end.as_ref().and_then(RecordedRun::last_end);
        UndonePart {
            by: undo.header.id.clone(),
            at: end.map_or(undo.header.started_at, |end| end.finished_at),
        }
    });
    let parts: Vec<UndonePart> = parts.collect();
    let UndonePart { by, at } = parts.last()?.clone();
    Some(Undone {
        by,
        at,
        completely: fates.len() == changed.len(),
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
fn undos_in_force(runs: &[FolderRun], journal: &Path) -> Vec<(PathBuf, String)> {
    let Some(run) = run_of(runs, journal) else {
        return Vec::new();
    };
    let known = Known::of(run);
    let done = &known.changed | &known.carried;
    let mut fates = fates(runs, run);
    fates.retain(|place, _| done.contains(place));
    let undos = undos_of(runs, &fates).into_iter().map(|undo| {
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

/// What a run and those that went on from it set, or what was there before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Changed,
    Before,
}

impl Side {
    fn other(self) -> Side {
        match self {
            Side::Changed => Side::Before,
            Side::Before => Side::Changed,
        }
    }
}

/// Where a place went after a run left it.
#[derive(Debug)]
struct Fate {
    /// The undos that put it back, one after the other, among the runs: where there are several rows for it, in
    /// parts.
    undos: Vec<usize>,
    /// They did; otherwise they may have.
    is_certain: bool,
}

impl Fate {
    /// Adds an undo that put something back, or found it `back_already`.
    fn add(&mut self, undo: usize, is_back_already: bool) {
        if !self.is_certain {
            self.undos.clear();
        }
        if !is_back_already || self.undos.is_empty() {
            self.undos.push(undo);
        }
        self.is_certain = true;
    }

    /// Takes away an undo that was undone itself, or all of them where it is not among them. Whether any is left.
    fn take(&mut self, is_it: impl Fn(usize) -> bool) -> bool {
        match self.undos.iter().rposition(|undo| is_it(*undo)) {
            Some(index) => {
                self.undos.remove(index);
            }
            None => self.undos.clear(),
        }
        !self.undos.is_empty()
    }
}

/// The places that have no more, or may have no more, what a run left there. An undo leads to what was before
/// the run it undoes and an undo of that one to what the run had set, so the last of them that was at
/// a place tells what is there.
fn fates(runs: &[FolderRun], run: &FolderRun) -> HashMap<TargetKey, Fate> {
    let (first, own_side) = beginning(runs, run);
    let heirs = heirs(runs, &first.header.id).into_iter();
    let mut sides: HashMap<&RunId, Side> =
        heirs.map(|heir| (&heir.header.id, Side::Changed)).collect();
    sides.insert(&first.header.id, Side::Changed);
    let mut fates: HashMap<TargetKey, Fate> = HashMap::new();
    for (undo, other) in runs.iter().enumerate() {
        let undone = other.header.undoes.as_ref();
        let Some(undone) = undone.and_then(|undone| sides.get(undone)) else {
            continue;
        };
        if other.header.settings.rehearsal || other.header.started_at <= first.header.started_at {
            continue;
        }
        let side = undone.other();
        sides.insert(&other.header.id, side);
        if other.header.started_at <= run.header.started_at {
            continue;
        }
        let known = Known::of(other);
        for place in &known.changed | &known.done {
            let is_certain = known.done.contains(&place);
            if side == own_side {
                let MapEntry::Occupied(mut fate) = fates.entry(place) else {
                    continue;
                };
                let undone = other.header.undoes.as_ref();
                if !is_certain {
                    fate.get_mut().is_certain = false;
                } else if !fate
                    .get_mut()
                    .take(|undo| Some(&runs[undo].header.id) == undone)
                {
                    fate.remove();
                }
                continue;
            }
            let fate = fates.entry(place).or_insert(Fate {
                undos: Vec::new(),
                is_certain,
            });
            if is_certain {
                fate.add(undo, !known.changed.contains(&place));
            } else if fate.undos.is_empty() {
                fate.undos.push(undo);
            }
        }
    }
    fates
}

/// The run with which a chain of undos begins, as far as its journals are there, and what this one of them
/// left.
fn beginning<'r>(runs: &'r [FolderRun], run: &'r FolderRun) -> (&'r FolderRun, Side) {
    let mut first = run;
    let mut own_side = Side::Changed;
    while let Some(undone) = &first.header.undoes {
        let is_undone = |one: &&FolderRun| {
            one.header.id == *undone && one.header.started_at < first.header.started_at
        };
        let Some(undone) = runs.iter().find(is_undone) else {
            break;
        };
        (first, own_side) = (undone, own_side.other());
    }
    (first, own_side)
}

/// The undos that did it, oldest first.
fn undos_of<'r>(runs: &'r [FolderRun], fates: &HashMap<TargetKey, Fate>) -> Vec<&'r FolderRun> {
    let undos: BTreeSet<usize> = fates
        .values()
        .flat_map(|fate| fate.undos.iter().copied())
        .collect();
    undos.into_iter().map(|undo| &runs[undo]).collect()
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
                if may_have_been_applied(&record.outcome) {
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
