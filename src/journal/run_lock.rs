//! Who may write a journal: one process at a time. The system's lock on the file says so; where
//! the drive has none, as some network drives, a file beside the journal that names the host and
//! the process.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result};
use serde::{Deserialize, Serialize};

use super::header::Machine;
use super::recorded_run::RecordedRun;
use crate::model::clock;
use crate::model::hint::Hinted;
use crate::platform::{self, FileLock};

/// A lock file is smaller than this, in bytes.
const LARGEST: u64 = 4096;

/// What stands in a lock file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    host: String,
    process: u32,
}

/// The right to write a journal, until it is dropped. The system's own lock goes with the file.
#[derive(Debug)]
pub(super) struct RunLock {
    /// The lock file, where there had to be one.
    file: Option<PathBuf>,
}

impl RunLock {
    pub(super) fn acquire(file: &File, journal: &Path) -> Result<RunLock> {
        let shown = journal.display();
        let lock = platform::lock(file).with_context(|| format!("cannot lock `{shown}`"))?;
        if lock == FileLock::Taken {
            return Err(is_in_use(journal));
        }
        let path = path_for(journal);
        // Another machine may have no locks where this one has, so its file counts in any case.
        take_over_from_the_dead(&path, journal)?;
        if lock == FileLock::Ours {
            return Ok(RunLock { file: None });
        }
        write(&path)
            .with_context(|| format!("cannot create the lock file `{}`", path.display()))?;
        Ok(RunLock { file: Some(path) })
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if let Some(path) = &self.file {
            // The next run sees that this process has ended.
            let _ = fs::remove_file(path);
        }
    }
}

/// Says which process writes the journal, as far as it has noted it there.
pub(super) fn is_in_use(journal: &Path) -> Error {
    let run = RecordedRun::open(journal).ok();
    let begin = run.as_ref().and_then(RecordedRun::last_begin);
    let who = begin.and_then(|begin| {
        let Machine { host, process, .. } = begin.machine.as_ref()?;
        let since = clock::date_and_time(begin.began_at);
        let place = if *host == platform::host_name() {
            String::new()
        } else {
            format!(" on `{host}`")
        };
        Some(format!(" (process {process}{place}, since {since})"))
    });
    let shown = journal.display().to_string();
    Hinted::new(
        format!(
            "another wxbulk{} is using `{shown}`; wait until it has ended",
            who.unwrap_or_default()
        ),
        "`wxbulk status` says how far it is, and how to stop it",
    )
}

fn path_for(journal: &Path) -> PathBuf {
    let mut path = journal.as_os_str().to_owned();
    path.push(".lock");
    path.into()
}

/// Whether a run writes the journal at the moment.
pub fn is_being_written(journal: &Path) -> bool {
    match holder_of(&path_for(journal)) {
        Ok(Some(holder)) => !is_of_a_process_that_ended(&holder),
        Ok(None) => platform::is_locked(journal),
        Err(_) => true,
    }
}

fn holder_of(path: &Path) -> io::Result<Option<Holder>> {
    let is_file = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata.is_file(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    if is_file {
        File::open(path)?.take(LARGEST).read_to_end(&mut text)?;
    }
    match serde_json::from_slice(&text) {
        Ok(holder) => Ok(Some(holder)),
        Err(_) => Err(io::Error::other("it does not say whose it is")),
    }
}

fn is_of_a_process_that_ended(holder: &Holder) -> bool {
    holder.host == platform::host_name()
        && platform::is_process_alive(holder.process) == Some(false)
}

fn take_over_from_the_dead(path: &Path, journal: &Path) -> Result<()> {
    let (shown, journal) = (path.display(), journal.display());
    let hint = format!("when it has ended and left its lock file behind, delete `{shown}`");
    let holder = match holder_of(path) {
        Ok(None) => return Ok(()),
        Ok(Some(holder)) => holder,
        Err(error) => {
            let message = format!("cannot tell whose the lock file `{shown}` is: {error}");
            return Err(Hinted::new(message, hint));
        }
    };
    if is_of_a_process_that_ended(&holder) {
        return fs::remove_file(path).with_context(|| {
            format!("cannot remove the lock file `{shown}`, whose run has ended")
        });
    }
    let Holder { host, process } = &holder;
    let whose = if *host == platform::host_name() {
        format!("another wxbulk (process {process})")
    } else {
        format!("wxbulk on another computer, `{host}` (process {process}),")
    };
    Err(Hinted::new(
        format!("{whose} is using `{journal}`; wait until it has ended"),
        hint,
    ))
}

fn write(path: &Path) -> Result<()> {
    let holder = Holder {
        host: platform::host_name(),
        process: std::process::id(),
    };
    let text = serde_json::to_vec(&holder)?;
    let mut file = File::options().write(true).create_new(true).open(path)?;
    let written = file.write_all(&text).and_then(|()| file.sync_all());
    if written.is_err() {
        let _ = fs::remove_file(path);
    }
    Ok(written?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_file_is_removed_with_the_lock_and_keeps_others_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("a.journal");
        let path = path_for(&journal);
        write(&path).expect("it can be written");
        let lock = RunLock {
            file: Some(path.clone()),
        };
        assert!(is_being_written(&journal));
        write(&path).expect_err("it is there already");
        let refused = take_over_from_the_dead(&path, &journal).expect_err("this process is alive");
        assert!(refused.to_string().contains("wait until it has ended"));
        drop(lock);
        assert!(!path.exists() && !is_being_written(&journal));
    }

    #[test]
    fn what_is_no_lock_file_is_not_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = folder.path().join("a.journal");
        for text in ["", "{}", "{\"host\":1}"] {
            fs::write(path_for(&journal), text).expect("written");
            take_over_from_the_dead(&path_for(&journal), &journal).expect_err("unknown");
            assert!(path_for(&journal).exists());
        }
    }
}
