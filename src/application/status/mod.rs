//! What `wxbulk status` tells: of one run what it holds, whether it can be trusted and what can be
//! done next; of a folder its runs. Nothing is locked, written or asked for.

mod credential_status;
mod known_places;
mod never_started_run;
mod next_steps;
mod open_successors;
mod place_fates;
mod place_of_files;
mod places_undone;
mod related_runs;
mod results_alone;
mod run_list;
mod run_status;
mod status_reader;
mod status_text;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::application::missing_file::ensure_it_exists;
use crate::application::output_name::OutputNames;
use crate::journal::{self, Journal};
use crate::model::hint::{Hinted, WithHint};
pub(in crate::application) use known_places::fields_at;
pub use never_started_run::NeverStartedRun;
pub use open_successors::{OpenSuccessor, open_branches, open_successors};
pub(in crate::application) use places_undone::undone_at;
pub use places_undone::{
    UndoneUndo, back_already, ensure_not_undone, is_in_force, put_back, undone_undo,
};
pub use related_runs::{FolderRun, runs_in, undone};
pub use results_alone::ResultsAlone;
pub use run_list::RunList;
pub use run_status::{RunStatus, Undone};
pub use status_reader::StatusReader;

const JOURNAL_ENDING: &str = ".journal";

/// What a path that a person named stands for.
#[derive(Debug)]
pub enum Subject {
    Folder(PathBuf),
    /// The journal of a run.
    Run(PathBuf),
    /// The journal of a run that was killed before it could write the first line.
    NeverStarted(PathBuf),
    /// Results whose journal is gone.
    ResultsAlone(PathBuf),
}

impl Subject {
    pub fn of(path: &Path) -> Result<Subject> {
        if path.is_dir() {
            return Ok(Subject::Folder(path.to_path_buf()));
        }
        if is_never_started(path) {
            return Ok(Subject::NeverStarted(path.to_path_buf()));
        }
        if is_journal(path) {
            return Ok(Subject::Run(path.to_path_buf()));
        }
        // Of a sheet the run is meant that was made with it.
        let latest = |word| OutputNames::of_sheet(path, word).latest();
        let files = [Some(path.to_path_buf()), latest("results"), latest("plan")];
        for results in files.iter().flatten() {
            let journal = Journal::path_for(results);
            if journal::exists(&journal)? {
                return Ok(Subject::Run(journal));
            }
        }
        let first = |word| OutputNames::of_sheet(path, word).first();
        let files = [path.to_path_buf(), first("results"), first("plan")];
        let mut journals = files.iter().map(|file| Journal::path_for(file));
        if let Some(journal) = journals.find(|journal| is_never_started(journal)) {
            return Ok(Subject::NeverStarted(journal));
        }
        if path.is_file() {
            return Ok(Subject::ResultsAlone(path.to_path_buf()));
        }
        let hint = "name the results of a run, its journal, or the folder that has them";
        ensure_it_exists(path, "run").with_hint(hint)?;
        Err(Hinted::new(
            format!("`{}` is not a file", path.display()),
            hint,
        ))
    }
}

fn is_journal(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(JOURNAL_ENDING)
}

/// Whether the run of a journal was killed before it could write the first line: nothing was sent, and the
/// next run replaces it.
fn is_never_started(journal: &Path) -> bool {
    is_journal(journal) && journal.is_file() && journal::exists(journal).is_ok_and(|exists| !exists)
}

/// The results that are meant where somebody names a journal.
pub fn results_of_journal(path: &Path) -> Option<PathBuf> {
    let is_one = is_journal(path) && journal::header_of(path).is_ok();
    is_one.then(|| results_of(path))
}

/// The results that a journal belongs to.
fn results_of(journal: &Path) -> PathBuf {
    let name = journal.to_string_lossy();
    let results = name.strip_suffix(JOURNAL_ENDING);
    results.map_or_else(|| journal.to_path_buf(), PathBuf::from)
}
