//! The person's own sheet, which a reader of the page knows: what was sent may stand in a plan of it, in results, or
//! in the sheet of an undo, which wxbulk has made.

use std::path::Path;

use crate::application::status::FolderRun;
use crate::journal::RunHeader;

/// The name of the sheet with which it began, as far as the `runs` of the folder tell; else that of the sheet of which
/// the plan was made, where it is known.
pub(super) fn own_sheet(runs: &[FolderRun], header: &RunHeader, planned: Option<&str>) -> String {
    let mut latest = header;
    // Each was begun before the one that it led to, so none comes twice.
    while let Some(before) = run_before(runs, latest) {
        latest = &before.header;
    }
    match planned.filter(|planned| !planned.is_empty()) {
        Some(planned) if latest.id == header.id => planned.to_string(),
        _ => latest.input.name.clone(),
    }
}

/// The run that wrote what was sent, or that was undone.
fn run_before<'r>(runs: &'r [FolderRun], header: &RunHeader) -> Option<&'r FolderRun> {
    let sent = Path::new(&header.input.name).file_name();
    let wrote = |run: &&FolderRun| Some(&*run.results_name()) == sent;
    let is_undone = |run: &&FolderRun| header.undoes.as_ref() == Some(&run.header.id);
    let mut earlier = runs.iter().rev();
    earlier.find(|run| {
        let is_earlier = run.header.started_at < header.started_at && run.header.id != header.id;
        is_earlier && (wrote(run) || is_undone(run))
    })
}
