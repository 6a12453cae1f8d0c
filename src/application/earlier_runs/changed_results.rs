//! Results that are not what the run wrote last: corrected by hand, saved by a spreadsheet, or a file of
//! somebody else. A run that goes on writes its own in their place, and keeps them under another name.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::journal::{Journal, RecordedRun};
use crate::platform;
use crate::stderr::say;
use crate::table;

/// Names that are tried.
const MOST_NAMES: u32 = 1000;

/// Keeps a copy of what stands where the results go, unless the run wrote it.
pub(in crate::application) fn keep(results: &Path, journal: &Journal) -> Result<()> {
    if !results.is_file() {
        return Ok(());
    }
    let cannot_read = || format!("cannot read `{}`", results.display());
    let now = table::checksum_of(results).with_context(cannot_read)?;
    if journal.last_end().is_some_and(|end| end.results == now) {
        return Ok(());
    }
    let mut source = File::open(results).with_context(cannot_read)?;
    let (path, mut copy) = create_beside(results)?;
    let copied = io::copy(&mut source, &mut copy).and_then(|_| copy.sync_all());
    if let Err(error) = copied {
        let _ = fs::remove_file(&path);
        return Err(error).with_context(|| format!("cannot write `{}`", path.display()));
    }
    say(&format!(
        "note: `{}` is not what the run wrote there, and is kept as `{}`",
        results.display(),
        path.display()
    ));
    Ok(())
}

/// A new file: `RESULTS.changed.csv`, `RESULTS.changed-2.csv`, …
fn create_beside(results: &Path) -> Result<(PathBuf, File)> {
    let ending = results.extension().unwrap_or_default().to_string_lossy();
    for number in 1..MOST_NAMES {
        let which = match number {
            1 => String::new(),
            number => format!("-{number}"),
        };
        let path = results.with_extension(format!("changed{which}.{ending}"));
        match File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            created => {
                let file = created.with_context(|| format!("cannot write `{}`", path.display()))?;
                return Ok((path, file));
            }
        }
    }
    bail!(
        "`{}` was changed {MOST_NAMES} times; move the copies away",
        results.display()
    )
}

/// Whether the results are still what that run wrote, or are not there at all.
pub(in crate::application) fn is_as_written(run: &RecordedRun, results: &Path) -> Result<bool> {
    if !platform::is_taken(results) {
        return Ok(true);
    }
    let now = table::checksum_of(results)
        .with_context(|| format!("cannot read `{}`", results.display()))?;
    Ok(run.last_end().is_some_and(|end| end.results == now))
}
