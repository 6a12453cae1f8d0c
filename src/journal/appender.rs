//! The end of a journal file, where lines are added: whole, in their order, to the file that is ours,
//! and onto the disk.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;
use tokio::task::JoinHandle;

use super::entry::Entry;
use super::journal_file::JournalFile;
use super::line::{self, Chain};
use super::run_lock::RunLock;
use crate::model::run_id::RunId;
use crate::platform;

/// Adds lines to a journal.
#[derive(Debug)]
pub(super) struct Appender {
    path: PathBuf,
    file: Arc<JournalFile>,
    /// Where the next line goes, and what it is bound to.
    length: u64,
    chain: Chain,
    /// What is handed to the system next, whole; and what its first line is bound to.
    lines: Vec<u8>,
    chain_before: Chain,
    is_dirty: bool,
    /// Half a line could not be removed again, so nothing may follow it.
    is_torn: bool,
    syncing: Option<JoinHandle<io::Result<()>>>,
    /// Goes last.
    _lock: RunLock,
}

impl Appender {
    /// Adds lines after `length`; whatever is there is cut off, since it was being written when the
    /// program ended.
    pub(super) fn at(
        path: &Path,
        file: Arc<JournalFile>,
        (length, chain): (u64, Chain),
        lock: RunLock,
    ) -> Result<Appender> {
        let appender = Appender {
            path: path.to_path_buf(),
            file,
            length,
            chain_before: chain.clone(),
            chain,
            lines: Vec::new(),
            is_dirty: false,
            is_torn: false,
            syncing: None,
            _lock: lock,
        };
        let cut = appender.file.file().set_len(length);
        cut.with_context(|| appender.cannot_write())?;
        Ok(appender)
    }

    /// From here on each line is bound to this run.
    pub(super) fn bind_to(&mut self, run: RunId) {
        self.chain.bind_to(run);
    }

    /// Adds one line.
    pub(super) fn append(&mut self, entry: &Entry) -> Result<()> {
        self.begin();
        self.add(entry)?;
        self.write()
    }

    /// Begins to put together lines that are written at once.
    pub(super) fn begin(&mut self) {
        self.lines.clear();
        self.chain_before = self.chain.clone();
    }

    /// Adds a line to those; returns where it will begin.
    pub(super) fn add(&mut self, entry: &impl Serialize) -> Result<u64> {
        let offset = self.length + self.lines.len() as u64;
        line::compose(entry, &mut self.chain, &mut self.lines)?;
        Ok(offset)
    }

    /// How many bytes are put together.
    pub(super) fn pending(&self) -> usize {
        self.lines.len()
    }

    /// Writes what was put together: all of it, or after an error nothing.
    pub(super) fn write(&mut self) -> Result<()> {
        let written = self.ensure_it_is_ours().and_then(|()| self.hand_over());
        if written.is_err() {
            self.chain = self.chain_before.clone();
        }
        written
    }

    fn hand_over(&mut self) -> Result<()> {
        let mut file = self.file.file();
        let written = file
            // Where files are not opened to append.
            .seek(SeekFrom::End(0))
            .and_then(|_| file.write_all(&self.lines));
        if let Err(error) = written {
            // Some of the lines may have got there, and are not to count.
            self.is_torn = file.set_len(self.length).is_err();
            return Err(error).with_context(|| self.cannot_write());
        }
        self.length += self.lines.len() as u64;
        self.is_dirty = true;
        Ok(())
    }

    fn cannot_write(&self) -> String {
        format!("cannot write the journal `{}`", self.path.display())
    }

    /// A file that was moved or deleted takes records as willingly as before, but nobody would
    /// find them. One that another program wrote to as well is no record of anything.
    fn ensure_it_is_ours(&self) -> Result<()> {
        let shown = self.path.display();
        if self.is_torn {
            bail!("{}: half a line stands at its end", self.cannot_write());
        }
        let is_there = platform::is_same_file(self.file.file(), &self.path);
        if !is_there.with_context(|| format!("cannot reach the journal `{shown}`"))? {
            bail!(
                "the journal `{shown}` was moved, deleted or replaced; put it back before going on"
            );
        }
        let metadata = self.file.file().metadata();
        if metadata.with_context(|| self.cannot_write())?.len() != self.length {
            bail!("the journal `{shown}` was changed by another program while the run wrote it");
        }
        Ok(())
    }

    /// Keeps the grouped syncing going. The disk works on another thread, so that answers are not
    /// kept waiting.
    pub(super) fn tick(&mut self) -> Result<()> {
        self.ensure_it_is_ours()?;
        if let Some(sync) = self.syncing.take_if(|sync| sync.is_finished()) {
            futures::FutureExt::now_or_never(sync)
                .unwrap_or(Ok(Ok(())))
                .map_err(|_| anyhow!("the thread that writes to disk broke"))?
                .with_context(|| self.cannot_sync())?;
        }
        if self.is_dirty && self.syncing.is_none() {
            let file = Arc::clone(&self.file);
            self.syncing = Some(tokio::task::spawn_blocking(move || file.sync()));
            self.is_dirty = false;
        }
        Ok(())
    }

    fn cannot_sync(&self) -> String {
        format!("{} to disk", self.cannot_write())
    }

    /// Forces everything onto the disk.
    pub(super) fn sync(&mut self) -> Result<()> {
        self.is_dirty = false;
        self.file.sync().with_context(|| self.cannot_sync())
    }

    /// Makes the names in the folder survive a power cut.
    pub(super) fn sync_folder(&self) {
        self.file.sync_folder();
    }
}
