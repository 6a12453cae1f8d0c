//! Where the recorded commands of a run are typed now: its files may have been moved or renamed since.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::application::suggested_commands;
use crate::journal::{self, BeginRecord, Journal, MeaningfulSettings};
use crate::model::run_id::RunId;
use crate::platform;

/// Adapts the recorded commands of a run to where its results stand now. Those that name what is not there
/// any more are left out.
pub(super) fn adapt(
    began: BeginRecord,
    run: &RunId,
    results: &Path,
    settings: &MeaningfulSettings,
) -> BeginRecord {
    let mut began = began;
    if began.results.is_empty() {
        // An older wxbulk did not record what they were called.
        began.undo_command = suggested_commands::undo(results, Some(&began), settings);
    } else if began.undo_command.is_empty() {
        began.undo_command = suggested_commands::undo(Path::new(&began.results), None, settings);
    }
    if began.folder.is_empty() || began.results.is_empty() || is_in_its_place(&began, run) {
        return began;
    }
    let is_folder_there = Path::new(&began.folder).is_dir();
    if !is_folder_there && let Some(folder) = folder_moved_with(&began.results, results) {
        return BeginRecord { folder, ..began };
    }
    // Other files that the command names are found from the folder where it was typed.
    let (folder, results) = match fs::canonicalize(platform::folder_of(results)) {
        Ok(folder) if is_folder_there => {
            let name = results.file_name().unwrap_or_default();
            (began.folder.clone(), folder.join(name))
        }
        _ => (platform::current_folder(), results.to_path_buf()),
    };
    let renamed = suggested_commands::undo_renamed(&began, &results.to_string_lossy());
    BeginRecord {
        undo_command: renamed.unwrap_or_else(|| suggested_commands::undo(&results, None, settings)),
        resume_command: String::new(),
        retry_command: String::new(),
        apply_command: String::new(),
        plan_command: String::new(),
        folder,
        ..began
    }
}

/// Whether the run is still, or also, where its commands look for it.
fn is_in_its_place(began: &BeginRecord, run: &RunId) -> bool {
    let results = Path::new(&began.folder).join(&began.results);
    let header = journal::header_of(&Journal::path_for(&results));
    header.is_ok_and(|header| header.id == *run)
}

/// The folder from which results that were moved have the name that they had: `new` of `new/out/a.csv`,
/// which were `out/a.csv`.
fn folder_moved_with(recorded: &str, results: &Path) -> Option<String> {
    let folder = fs::canonicalize(platform::folder_of(results)).ok()?;
    let now: PathBuf = folder.join(results.file_name()?);
    let parts = Path::new(recorded).components();
    let named: PathBuf = parts.filter(|part| *part != Component::CurDir).collect();
    if named.is_absolute() || !now.ends_with(&named) {
        return None;
    }
    let folder = now.ancestors().nth(named.components().count())?;
    folder.to_str().map(String::from)
}
