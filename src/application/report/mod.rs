//! The page that tells a change board what a run did: made from the journal alone, in one file that
//! needs neither a network nor a script.

mod carried_rows;
mod changes_section;
mod chosen_rows;
mod customer_cells;
mod earlier_section;
mod escaped_text;
mod journal_gathering;
mod organization_of_run;
mod organization_section;
mod outcome_section;
mod own_sheet;
mod page;
mod page_choice;
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

use crate::application::command_line;
use crate::application::run_settings::ChangeList;
use crate::application::status;
use crate::application::suggested_commands;
use crate::journal;
use crate::platform;
use chosen_rows::ChosenRows;
pub use chosen_rows::part_of_organization;
use earlier_section::EarlierRun;
pub use page::may_be_replaced;
pub use page_choice::PageChoice;
use run_model::RunModel;

/// The page about the run of a journal that left these `results`, or about what was chosen of it.
pub fn page(
    results: &Path,
    journal: &Path,
    choice: &PageChoice,
    list: ChangeList,
) -> Result<String> {
    let earlier = EarlierRun::all_before(journal, &journal::header_of(journal)?);
    let chosen = if choice.is_all() {
        None
    } else {
        Some(ChosenRows::find(results, journal, choice, &earlier)?)
    };
    let mut run = RunModel::read(journal, chosen.as_ref(), earlier)?;
    let runs = status::runs_in(platform::folder_of(journal));
    let planned = run.begin().map(|begin| &*begin.planned_sheet);
    run.own_sheet = own_sheet::own_sheet(&runs, &run.header, planned);
    run.undone = match &chosen {
        Some(chosen) => status::undone_at(journal, &chosen.fields),
        None => status::undone(journal, &run.header, run.rows_changed()),
    };
    let mut undo = suggested_commands::undo(results, run.begin(), &run.header.settings);
    if let Some(chosen) = chosen.filter(|chosen| !chosen.undo_flags.is_empty()) {
        undo = format!("{undo} {}", command_line::join(&chosen.undo_flags));
    }
    page::render(&run, &undo, list, &choice.stamp())
}
