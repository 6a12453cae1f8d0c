//! The run's own copy of the person's file. What was checked is what is sent: the file on disk may
//! change meanwhile (a sync client, a second `cp`), the copy cannot.
//!
//! It stands beside the journal as `RESULTS.sheet`, readable by its owner alone, from the moment the
//! journal exists until every row has its outcome. `--resume` sends from it.

use std::fs::{self, File};
use std::io::{self, Seek};
use std::path::{Path, PathBuf};

use crate::application::missing_file::ensure_it_exists;
use crate::application::run_settings::{RunSettings, Start};
use crate::journal::{self, InputFile, Journal};
use crate::model::hint::Hinted;
use crate::model::wording::plural;
use crate::platform::{self, Readers};
use crate::sheet::{self, NumberedRecord, Sheet, input};
use crate::stderr::say;
use anyhow::{Context, Result, bail};

/// Rows named where the sheet was changed.
const ROWS_NAMED: usize = 10;

/// The copy that a run reads.
#[derive(Debug)]
pub enum Spool {
    /// It was made just now, has no name, and is gone when this is dropped.
    New(File),
    /// An earlier part of the run left it.
    Kept(File),
}

impl Spool {
    /// Copies the sheet; or opens the copy that the run to go on with has left. A damaged copy is not
    /// used: the sheet takes its place where it is still what the run began with.
    pub(super) fn open(settings: &RunSettings) -> Result<Spool> {
        let path = Spool::path_for(&settings.spec.output);
        if settings.start == Start::Resume && path.is_file() {
            let header = journal::header_of(&Journal::path_for(&settings.spec.output))?;
            if sheet::sha256_of(&path)? == header.input.sha256 {
                let file = File::open(&path)
                    .with_context(|| format!("cannot read the run's copy `{}`", path.display()))?;
                return Ok(Spool::Kept(file));
            }
            ensure_the_sheet_will_do(&settings.spec.sheet.path, &header.input, &path)?;
        }
        ensure_it_exists(&settings.spec.sheet.path, "sheet")?;
        let mut source = input::open(&settings.spec.sheet.path)?;
        let folder = platform::folder_of(&path);
        let cannot_copy = || format!("cannot copy the sheet into `{}`", folder.display());
        let mut copy = nameless(&path).with_context(cannot_copy)?;
        io::copy(&mut source, &mut copy).with_context(cannot_copy)?;
        Ok(Spool::New(copy))
    }

    /// The copy that belongs to a results file.
    pub fn path_for(results: &Path) -> PathBuf {
        let mut path = results.as_os_str().to_owned();
        path.push(".sheet");
        path.into()
    }

    /// The copy, open.
    pub(super) fn file(&self) -> io::Result<File> {
        match self {
            Spool::New(copy) | Spool::Kept(copy) => copy.try_clone(),
        }
    }

    /// Keeps the copy, which has this hash, beside the journal that is about to begin. Whether it was
    /// written just now.
    pub(super) fn keep(&self, results: &Path, sha256: &str) -> Result<bool> {
        let Spool::New(copy) = self else {
            return Ok(false);
        };
        let path = Spool::path_for(results);
        if is_left_over(&path, sha256) {
            return Ok(false);
        }
        let cannot_keep = || format!("cannot keep the run's copy `{}`", path.display());
        let mut named =
            platform::create_temporary(&path, Readers::OwnerOnly).with_context(cannot_keep)?;
        let mut copy = copy.try_clone().with_context(cannot_keep)?;
        copy.rewind().with_context(cannot_keep)?;
        io::copy(&mut copy, &mut named).with_context(cannot_keep)?;
        named.as_file().sync_all().with_context(cannot_keep)?;
        platform::persist_new(named, &path).with_context(cannot_keep)?;
        Ok(true)
    }
}

/// Makes sure that the sheet can take the place of the damaged copy at `copy`.
fn ensure_the_sheet_will_do(sheet: &Path, began_with: &InputFile, copy: &Path) -> Result<()> {
    let (sheet_shown, copy) = (sheet.display(), copy.display());
    if !input::is_standard_input(sheet)
        && sheet::sha256_of(sheet).is_ok_and(|sha256| sha256 == began_with.sha256)
    {
        say(&format!(
            "note: the run's own copy of the sheet, `{copy}`, is damaged; the run goes on with `{sheet_shown}`, which is as it was when the run began"
        ));
        return Ok(());
    }
    Err(Hinted::new(
        format!(
            "the run's own copy of the sheet, `{copy}`, is damaged, and `{sheet_shown}` is not what the run began with"
        ),
        format!(
            "to go on, put back `{sheet_shown}` as it was when the run began, or a copy of `{copy}` from before the damage"
        ),
    ))
}

/// Whether a copy with this hash was left by a run that was killed before it had a journal. Nobody else
/// makes a file with that name, that content and no reader but its owner.
fn is_left_over(path: &Path, sha256: &str) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file
        && platform::others_may_read(path).is_ok_and(|others| !others)
        && sheet::sha256_of(path).is_ok_and(|there| there == sha256)
}

/// Whether something that no run of this sheet has left stands where its copy would be kept.
pub(super) fn is_name_taken(results: &Path, sheet: &Path) -> bool {
    let path = Spool::path_for(results);
    let is_ours = || sheet::sha256_of(sheet).is_ok_and(|sha256| is_left_over(&path, &sha256));
    platform::is_taken(&path) && !is_ours()
}

/// Refuses to begin where somebody else's file has the name of the copy.
pub fn ensure_name_is_free(results: &Path, sha256: &str) -> Result<()> {
    let path = Spool::path_for(results);
    if platform::is_taken(&path) && !is_left_over(&path, sha256) {
        bail!(
            "`{}` exists already, and the run would keep its copy of the sheet there; move it away, or name another file with --output",
            path.display()
        );
    }
    Ok(())
}

/// A file in the folder of `path` that has no name, and is gone when it is closed.
pub(super) fn nameless(path: &Path) -> io::Result<File> {
    tempfile::tempfile_in(platform::folder_of(path))
}

/// Says where the person's sheet is not what it was when the run began: what goes out is the copy.
pub(super) fn tell_changes(settings: &RunSettings, copy: &Sheet) -> Result<()> {
    let path = &settings.spec.sheet.path;
    if settings.start == Start::Fresh || input::is_standard_input(path) || !path.exists() {
        return Ok(());
    }
    let Ok(now) = Sheet::open(path, settings.spec.sheet.reading.clone()) else {
        return Ok(());
    };
    if now.sha256()? == copy.sha256()? {
        return Ok(());
    }
    let (mut count, mut first) = (0, Vec::new());
    let (mut records, mut current_records) = (copy.records()?, now.records()?);
    let (mut record, mut current) = (NumberedRecord::default(), NumberedRecord::default());
    loop {
        let (is_there, is_there_still) = (
            records.read(&mut record)?,
            current_records.read(&mut current)?,
        );
        if !is_there && !is_there_still {
            break;
        }
        if is_there != is_there_still || record.record != current.record {
            count += 1;
            let row = if is_there { record.row } else { current.row };
            if first.len() < ROWS_NAMED {
                first.push(row.to_string());
            }
        }
    }
    let rows = match count {
        0 => "no row differs".to_string(),
        1 => format!("row {} differs", first.join("")),
        _ => format!(
            "{} differ, the first: {}",
            plural(count, "row"),
            first.join(", ")
        ),
    };
    say(&format!(
        "note: `{}` was changed after the run began ({rows}); the run goes on with its own copy, `{}`",
        path.display(),
        Spool::path_for(&settings.spec.output).display()
    ));
    Ok(())
}

/// Removes the copy of a run that is complete: there is nothing left to send from it. What is not the
/// copy, by the hash that the journal has of it, is somebody else's and stays.
pub(super) fn remove(results: &Path, sha256: &str) {
    let path = Spool::path_for(results);
    if sheet::sha256_of(&path).is_ok_and(|there| there == sha256) {
        // It does no harm; one that stays is removed with the results.
        let _ = fs::remove_file(path);
    }
}
