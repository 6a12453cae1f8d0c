//! What the sheet of an undo is called after the results that it undoes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Whether a sheet has such a name.
pub(super) fn is_undo_sheet(sheet: &Path) -> bool {
    let stem = sheet
        .file_stem()
        .and_then(OsStr::to_str)
        .unwrap_or_default();
    let last = stem.rsplit_once('.').map_or("", |(_, last)| last);
    last == "undo" || last.starts_with("undo-")
}

/// The results that it is named after, if they are there. Those of workbooks have been in CSV.
pub(super) fn results_undone_by(sheet: &Path) -> Option<PathBuf> {
    let stem = sheet.file_stem()?.to_str()?;
    let (results, _) = stem.rsplit_once('.').filter(|_| is_undo_sheet(sheet))?;
    let mut named =
        ["xlsx", "csv"].map(|ending| sheet.with_file_name(format!("{results}.{ending}")));
    if sheet.extension() == Some(OsStr::new("csv")) {
        named.reverse();
    }
    named.into_iter().find(|path| path.is_file())
}
