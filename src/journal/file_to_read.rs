//! The file of a journal that is only read.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};

use crate::model::hint::Hinted;

/// What to do with something else that has the name of a journal.
pub(super) const OUT_OF_THE_WAY: &str = "move it away, or name other results with --output";

pub(super) fn cannot_read(path: &Path) -> String {
    format!("cannot read the journal `{}`", path.display())
}

/// Opens a journal to read it. Anything but a file could keep us waiting for ever.
pub(super) fn open_to_read(path: &Path) -> Result<File> {
    ensure_it_is_a_file(path)?;
    File::open(path).with_context(|| cannot_read(path))
}

pub(super) fn ensure_it_is_a_file(path: &Path) -> Result<()> {
    let metadata = fs::metadata(path).with_context(|| cannot_read(path))?;
    if metadata.is_file() {
        return Ok(());
    }
    Err(Hinted::new(
        format!("`{}` is not a file", path.display()),
        OUT_OF_THE_WAY,
    ))
}
