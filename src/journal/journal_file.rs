//! The file of a journal on its way to the disk: a failure to get there is never forgotten.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::platform;

/// An open journal file, shared with the thread that waits for the disk.
#[derive(Debug)]
pub(super) struct JournalFile {
    file: File,
    /// The folder, opened at the start, since later there may be no descriptor left for it.
    folder: Option<File>,
    /// Why the disk did not take what was written. The system says so once and then takes the next
    /// sync for a success (<https://wiki.postgresql.org/wiki/Fsync_Errors>), so it is kept here.
    failure: Mutex<Option<(io::ErrorKind, String)>>,
}

impl JournalFile {
    pub(super) fn new(file: File, path: &Path) -> JournalFile {
        JournalFile {
            file,
            folder: platform::open_folder_of(path),
            failure: Mutex::new(None),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Returns when everything written is on the disk. Fails for ever after the first failure.
    pub(super) fn sync(&self) -> io::Result<()> {
        // Whoever comes second waits for the first, and so learns how that went.
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((kind, message)) = &*failure {
            return Err(io::Error::new(*kind, message.clone()));
        }
        self.file.sync_data().inspect_err(|error| {
            *failure = Some((error.kind(), error.to_string()));
        })
    }

    /// Makes the names in the folder survive a power cut: the journal's, and that of the results
    /// beside it. Not every system and drive can, so a failure is none.
    pub(super) fn sync_folder(&self) {
        if let Some(folder) = &self.folder {
            let _ = folder.sync_all();
        }
    }
}
