//! The page that tells a change board what a run did: made from the journal alone, in one file that
//! needs neither a network nor a script.

mod changes_section;
mod escaped_text;
mod organization_section;
mod outcome_section;
mod page;
pub mod page_file;
mod request_chart;
mod request_counts;
mod request_section;
mod run_model;
#[cfg(test)]
mod tests;
mod timing_section;

use std::path::Path;

use anyhow::Result;

use crate::application::status;
use crate::application::suggested_commands;
pub use changes_section::ChangeList;
pub use page::may_be_replaced;
use run_model::RunModel;

/// The page about the run of a journal that left these `results`.
pub fn page(results: &Path, journal: &Path, list: ChangeList) -> Result<String> {
    let mut run = RunModel::read(journal)?;
    run.undone = status::undone(journal, &run.header, run.rows_changed());
    let undo = suggested_commands::undo(results, run.begin(), &run.header.settings);
    page::render(&run, &undo, list)
}
