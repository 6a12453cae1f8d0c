//! How the runs of a folder hang together: which one goes on from the results of another, and which one
//! undid another.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::known_places::may_have_sent;
use super::places_undone;
use super::results_of;
use super::run_status::{Undone, UndonePart};
use super::status_reader::{Seen, journals_in};
use crate::application::output_name::is_undo_sheet_of;
use crate::journal::{self, RecordedRun, RunHeader};
use crate::model::outcome::OutcomeKind;
use crate::model::run_id::RunId;
use crate::platform;

/// A run whose journal is in a folder.
#[derive(Debug)]
pub struct FolderRun {
    pub journal: PathBuf,
    pub header: RunHeader,
}

impl FolderRun {
    /// What its results are called.
    pub fn results_name(&self) -> OsString {
        let results = results_of(&self.journal);
        results.file_name().unwrap_or_default().to_os_string()
    }
}

/// The runs of a folder that can be read, oldest first.
pub fn runs_in(folder: &Path) -> Vec<FolderRun> {
    let journals = journals_in(folder).into_iter();
    let runs = journals.filter_map(|journal| {
        let header = journal::header_of(&journal).ok()?;
        Some(FolderRun { journal, header })
    });
    let mut runs: Vec<FolderRun> = runs.collect();
    runs.sort_by_key(|run| run.header.started_at);
    runs
}

/// The runs that sent rows of a run again, or of one that did so.
pub(super) fn heirs<'r>(runs: &'r [FolderRun], run: &RunId) -> Vec<&'r FolderRun> {
    let mut heirs: Vec<&FolderRun> = Vec::new();
    for other in runs {
        let follows = other.header.follows.as_ref();
        let mut known = heirs.iter().map(|heir| &heir.header.id);
        if follows.is_some_and(|follows| follows == run || known.any(|id| id == follows)) {
            heirs.push(other);
        }
    }
    heirs
}

/// Whether a later run went on from the results of this one and sent some of its rows again, or undid the same
/// once more. What is left stands in the results of that one.
pub(super) fn is_sent_again(runs: &[FolderRun], run: &RunHeader) -> bool {
    if let Some(undone) = &run.undoes
        && undos_of(runs, undone).any(|undo| undo.header.started_at > run.started_at)
    {
        return true;
    }
    let heirs = heirs(runs, &run.id).into_iter();
    let mut real = heirs.filter(|heir| !heir.header.settings.rehearsal);
    real.any(may_have_sent)
}

/// These runs and those that they went on from, as far as the journals are there.
pub(super) fn line_of<'r>(
    runs: &'r [FolderRun],
    own: impl IntoIterator<Item = &'r RunId>,
) -> HashSet<&'r RunId> {
    let mut line: HashSet<&RunId> = HashSet::new();
    let mut next: Vec<&RunId> = own.into_iter().collect();
    while let Some(id) = next.pop() {
        let run = runs.iter().find(|run| run.header.id == *id);
        if line.insert(id) {
            next.extend(run.and_then(|run| run.header.follows.as_ref()));
        }
    }
    line
}

/// The command that goes on with an undo of a run that did not reach its end.
pub(super) fn unfinished_undo(runs: &[FolderRun], run: &RunId) -> Option<String> {
    undos_of(runs, run).find_map(command_to_go_on)
}

/// The command that goes on with a run that did not reach its end.
pub(super) fn command_to_go_on(run: &FolderRun) -> Option<String> {
    let recorded = RecordedRun::open(&run.journal).ok()?;
    let is_done = recorded.last_end().is_some_and(|end| end.complete);
    let began = recorded.last_begin().filter(|_| !is_done)?;
    Some(began.resume_command.clone()).filter(|command| !command.is_empty())
}

fn undos_of<'r>(runs: &'r [FolderRun], run: &RunId) -> impl Iterator<Item = &'r FolderRun> {
    let real = runs.iter().filter(|one| !one.header.settings.rehearsal);
    real.filter(move |one| one.header.undoes.as_ref() == Some(run))
}

/// Looks among the runs of the folder for those that undid a run, and whether they undid all the rows it
/// changed.
pub fn undone(journal: &Path, header: &RunHeader, changed: u64) -> Option<Undone> {
    let runs = runs_in(platform::folder_of(journal));
    undone_among(&runs, journal, header, changed)
}

/// The same where the runs of the folder are known.
pub(super) fn undone_among(
    runs: &[FolderRun],
    journal: &Path,
    header: &RunHeader,
    changed: u64,
) -> Option<Undone> {
    places_undone::undone(runs, journal).or_else(|| undone_by_count(runs, journal, header, changed))
}

/// Journals of old do not tell which run they undo: the sheet of an undo has its name from the results, and
/// the rows are counted.
fn undone_by_count(
    runs: &[FolderRun],
    journal: &Path,
    header: &RunHeader,
    changed: u64,
) -> Option<Undone> {
    let results = results_of(journal);
    let is_sheet_of_undo = |name: &str| is_undo_sheet_of(&results, Path::new(name).file_name());
    let undoes = |other: &&FolderRun| {
        let other = &other.header;
        other.undoes.is_none()
            && other.started_at > header.started_at
            && is_sheet_of_undo(&other.input.name)
    };
    let (mut found, mut rows_undone) = (None, 0);
    let mut parts = Vec::new();
    for other in runs.iter().filter(undoes) {
        let mut seen = Seen::default();
        journal::read_through(&other.journal, |entry| seen.add(entry)).ok()?;
        let outcomes = seen.outcomes();
        let is_undo = seen
            .begin
            .as_ref()
            .is_some_and(|begin| begin.command == "undo");
        let by = &other.header;
        let updated = outcomes.get(&OutcomeKind::Updated).copied();
        let Some(updated) = updated.filter(|_| is_undo && !by.settings.rehearsal) else {
            continue;
        };
        // What undid it may be undone itself.
        if undone_among(runs, &other.journal, by, updated).is_some_and(|undone| undone.completely) {
            continue;
        }
        let is_finished = seen.end.as_ref().is_some_and(|end| end.complete);
        let is_done =
            is_finished && by.left_out == 0 && outcomes.keys().all(|kind| kind.is_success());
        // Parts may be undone one after the other.
        rows_undone += if is_done { by.input.rows } else { 0 };
        // Several rows of one location are undone as one.
        let has_all = rows_undone >= changed || header.settings.allow_duplicates;
        let completely = is_done && has_all;
        let at = seen.last_sign.unwrap_or(by.started_at);
        parts.push(UndonePart {
            results: other.results_name().to_string_lossy().into_owned(),
            by: by.id.clone(),
            at,
        });
        found = Some(Undone {
            by: by.id.clone(),
            at,
            completely,
            parts: parts.clone(),
        });
        if completely {
            break;
        }
    }
    found
}
