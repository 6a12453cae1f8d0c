//! The page that tells a change board what a run did: made from the journal alone, in one file that
//! needs neither a network nor a script.

mod asked;
mod came;
mod facts;
mod page;
mod series;
#[cfg(test)]
mod tests;
mod text;
mod timeline;
mod timing;

use std::path::Path;

use anyhow::Result;

use crate::journal::MeaningfulSettings;
use facts::Facts;
pub use page::may_be_replaced;

/// The page about the run of a journal. `undo` says the command that puts back what a run with these
/// settings changed.
pub fn page(journal: &Path, undo: impl FnOnce(&MeaningfulSettings) -> String) -> Result<String> {
    let facts = Facts::read(journal)?;
    let undo = undo(&facts.header.settings);
    page::render(&facts, &undo)
}
