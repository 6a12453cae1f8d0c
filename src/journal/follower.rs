//! Journals read from their beginning to their end, also while another process writes them.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::entry::Entry;
use super::file_to_read::{cannot_read, open_to_read};
use super::header::RunHeader;
use super::recorded_run::{BUFFER, LONGEST_HEADER, ensure_undamaged, usable_header};
use super::scanner::{Damage, Scanner};

/// What the run of a journal is about.
pub fn header_of(path: &Path) -> Result<RunHeader> {
    let file = open_to_read(path)?;
    let mut scanner = Scanner::default();
    let mut reader = BufReader::new(file.take(LONGEST_HEADER));
    scanner
        .read(&mut reader, |_, _| {})
        .with_context(|| cannot_read(path))?;
    usable_header(&scanner, path).cloned()
}

/// Reads a journal from its beginning to its end without touching it, and hands over each entry.
pub fn read_through(path: &Path, mut each: impl FnMut(Entry)) -> Result<RunHeader> {
    let mut follower = Follower::open(path)?;
    follower.poll(|_, entry| each(entry))?;
    ensure_undamaged(follower.damage().as_ref(), path)?;
    follower.header().cloned()
}

/// Reads a journal without touching it, also while another process writes it.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    file: File,
    scanner: Scanner,
}

impl Follower {
    pub fn open(path: &Path) -> Result<Follower> {
        Ok(Follower {
            path: path.to_path_buf(),
            file: open_to_read(path)?,
            scanner: Scanner::default(),
        })
    }

    /// Hands over what was written since the last time, with where it begins.
    pub fn poll(&mut self, each: impl FnMut(u64, Entry)) -> Result<()> {
        let read = self
            .file
            .seek(SeekFrom::Start(self.scanner.position()))
            .and_then(|_| {
                let mut reader = BufReader::with_capacity(BUFFER, &self.file);
                self.scanner.read(&mut reader, each)
            });
        read.with_context(|| cannot_read(&self.path))
    }

    pub fn header(&self) -> Result<&RunHeader> {
        usable_header(&self.scanner, &self.path)
    }

    /// Whether a run wrote it of which nobody knows any more which one it was.
    pub fn is_first_line_damaged(&self) -> bool {
        self.scanner.header().is_none() && !self.scanner.is_of_something_else()
    }

    pub fn damage(&self) -> Option<Damage> {
        self.scanner.damage()
    }
}
