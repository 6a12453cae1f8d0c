//! A run that was killed before it could write the first line of its journal.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A run of which nothing is known but that nothing was sent.
#[derive(Debug, Serialize)]
pub struct NeverStartedRun {
    journal: PathBuf,
    state: &'static str,
}

impl NeverStartedRun {
    pub fn of(journal: &Path) -> NeverStartedRun {
        NeverStartedRun {
            journal: journal.to_path_buf(),
            state: "killed",
        }
    }

    pub fn to_text(&self) -> String {
        format!(
            "{}: the run was killed before anything was sent; the next one replaces it\n",
            self.journal.display()
        )
    }
}
