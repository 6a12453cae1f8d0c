//! What is already done, on disk, whatever happens.
//!
//! An append-only text file beside the results (`RESULTS.journal`), one entry a line:
//!
//! ```text
//! 6f0c1c5e {"run":{"wxbulk":"0.1.0","format":1,"startedAt":"…","input":{…},"settings":{…}}}
//! 52d0a9e3 {"begin":{"wxbulk":"0.1.0","beganAt":"…","command":"apply","concurrency":10,…}}
//! 3c2e9b10 {"previous":{"row":7,"check":3735928559,"numbers":["+12025550101",null,null]}}
//! 91b3d2a7 {"row":{"row":7,"check":3735928559,"finishedAt":"…","outcome":{…}}}
//! 77e04b1f {"traffic":{"from":"…","requests":[5,4,6],"throttled":[0,0,1],"latencies":{…}}}
//! 0a4419be {"end":{"finishedAt":"…","complete":true,"results":{"size":1234,"crc32":…},…}}
//! ```
//!
//! Each line is the CRC-32 (IEEE) of its JSON text as eight hexadecimal digits, a space, the
//! JSON, a line feed. The first line is the `run`, with `names` after it where a sheet has names in place
//! of ids; then follow `row`s in the order they
//! finished and, once the results were written, an `end`. A line that does not match its
//! checksum does not count, so a torn or garbled one is merely sent again; the lines after it
//! still count. `row` is the row as the spreadsheet shows it and `check` the CRC-32 of what it
//! asks for ([`crate::model::row::Row::fingerprint`]). `previous` has the numbers that were there before a
//! row was sent; the first one of a row counts, since a later one may show the row's own change.
//! `begin` stands where a run began or went on, and `traffic` sums up a few seconds of it
//! ([`crate::traffic::Interval`]); both are for those who ask later how it went.
//!
//! Every entry is handed to the operating system whole and at once, with those of the answers that
//! arrived together with its own, so that killing the program loses none. Ten times a second the
//! entries are forced onto the disk, so that a power cut loses the last tenth of a second at most,
//! whose rows are sent again. The file is locked while a run writes it.

mod entry;
mod record_reader;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use tokio::task::JoinHandle;

use crate::model::current_numbers::CurrentNumbers;
use crate::platform;
use crate::sheet::names::ResolvedNames;
use crate::traffic::Interval;
pub use entry::{
    BeginRecord, EndRecord, Entry, FORMAT, InputFile, MeaningfulSettings, Organization,
    PreviousRecord, RowRecord, RunHeader,
};
pub use record_reader::{RecordReader, header_of, read_through};

/// An open, locked journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Where the next entry goes.
    length: u64,
    /// Where the record of each row begins, by row number; 0 (where the header is) for none.
    offsets: Vec<u64>,
    finished: u64,
    /// Numbers noted for rows that have no record yet: as many as were on the wire at once.
    previous: BTreeMap<u64, PreviousRecord>,
    names: Option<ResolvedNames>,
    end: Option<EndRecord>,
    /// What is handed to the system next, whole.
    lines: Vec<u8>,
    is_dirty: bool,
    syncing: Option<JoinHandle<io::Result<()>>>,
}

impl Journal {
    /// The journal that belongs to a results file.
    pub fn path_for(results: &Path) -> PathBuf {
        let mut path = results.as_os_str().to_owned();
        path.push(".journal");
        path.into()
    }

    /// Starts a new one. Fails when there is one already.
    pub fn create(path: &Path, header: RunHeader) -> Result<Journal> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
            .with_context(|| format!("cannot create the journal `{}`", path.display()))?;
        let mut journal = Journal::of_file(path, file)?;
        let begun = journal.append(&Entry::Run(header));
        if let Err(error) = begun.and_then(|()| journal.sync()) {
            // Without its header it would only be in the way of the next run.
            drop(journal);
            let _ = fs::remove_file(path);
            return Err(error);
        }
        // Else a power cut could take the whole file, name and all.
        platform::sync_folder_of(path);
        Ok(journal)
    }

    fn of_file(path: &Path, file: File) -> Result<Journal> {
        let shown = path.display();
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                bail!("another wxbulk is using `{shown}`; wait until it has ended")
            }
            // Some network drives know no locks; running twice at once is rarer than them.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock `{shown}`"));
            }
        }
        Ok(Journal {
            path: path.to_path_buf(),
            file,
            length: 0,
            offsets: Vec::new(),
            finished: 0,
            previous: BTreeMap::new(),
            names: None,
            end: None,
            lines: Vec::new(),
            is_dirty: false,
            syncing: None,
        })
    }

    fn remember(&mut self, row: u64, offset: u64) {
        let Ok(index) = usize::try_from(row) else {
            return;
        };
        if index >= self.offsets.len() {
            self.offsets.resize(index + 1, 0);
        }
        if self.offsets[index] == 0 {
            self.finished += 1;
        }
        self.offsets[index] = offset;
        self.previous.remove(&row);
    }

    /// Notes what was looked up for the sheet, so that every name means the same when the run goes on.
    pub fn note_names(&mut self, names: ResolvedNames) -> Result<()> {
        self.append(&Entry::Names(names))?;
        self.sync()
    }

    /// What was looked up when the run began.
    pub fn names(&self) -> Option<&ResolvedNames> {
        self.names.as_ref()
    }

    /// Notes the numbers that a row's location has before anything is sent for the row. They are
    /// on disk when this returns, since after the change nobody could tell them any more.
    pub fn note_previous(&mut self, record: PreviousRecord) -> Result<()> {
        self.append(&Entry::Previous(record.clone()))?;
        self.sync()?;
        self.previous.insert(record.row, record);
        Ok(())
    }

    /// The numbers noted for a row that has no record yet.
    pub fn previous_of(&self, row: u64, check: u32) -> Option<&CurrentNumbers> {
        let record = self.previous.get(&row)?;
        (record.check == check).then_some(&record.numbers)
    }

    /// Notes rows that finished together: all of them, or after an error none.
    pub fn finish_rows(&mut self, records: impl Iterator<Item = RowRecord>) -> Result<()> {
        self.lines.clear();
        let mut places = Vec::new();
        for record in records {
            places.push((record.row, self.length + self.lines.len() as u64));
            entry::compose(&Entry::Row(record), &mut self.lines)?;
        }
        self.write_lines()?;
        for (row, offset) in places {
            self.remember(row, offset);
        }
        Ok(())
    }

    /// Notes that the run begins, or goes on.
    pub fn begin(&mut self, begin: BeginRecord) -> Result<()> {
        self.append(&Entry::Begin(begin))
    }

    /// Notes what went over the wire in the last few seconds.
    pub fn note_traffic(&mut self, interval: Interval) -> Result<()> {
        self.append(&Entry::Traffic(interval))
    }

    /// Notes that the results were written.
    pub fn end(&mut self, end: EndRecord) -> Result<()> {
        self.append(&Entry::End(end.clone()))?;
        self.end = Some(end);
        self.sync()
    }

    fn append(&mut self, entry: &Entry) -> Result<()> {
        self.lines.clear();
        entry::compose(entry, &mut self.lines)?;
        self.write_lines()
    }

    fn write_lines(&mut self) -> Result<()> {
        self.hand_over()
            .inspect_err(|_| {
                // Some of the lines may have got there, and are not to count.
                let _ = self.file.set_len(self.length);
            })
            .with_context(|| format!("cannot write the journal `{}`", self.path.display()))
    }

    fn hand_over(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(&self.lines)?;
        self.length += self.lines.len() as u64;
        self.is_dirty = true;
        Ok(())
    }

    /// Keeps the grouped syncing going; to be called some ten times a second. The disk works
    /// on another thread, so that answers are not kept waiting.
    pub fn tick(&mut self) -> Result<()> {
        self.ensure_it_is_still_there()?;
        let syncing = || format!("cannot write the journal `{}` to disk", self.path.display());
        if let Some(sync) = self.syncing.take_if(|sync| sync.is_finished()) {
            futures::FutureExt::now_or_never(sync)
                .unwrap_or(Ok(Ok(())))
                .map_err(|_| anyhow!("the thread that writes to disk broke"))?
                .with_context(syncing)?;
        }
        if self.is_dirty && self.syncing.is_none() {
            let file = self.file.try_clone().with_context(syncing)?;
            self.syncing = Some(tokio::task::spawn_blocking(move || file.sync_data()));
            self.is_dirty = false;
        }
        Ok(())
    }

    /// A file that was moved or deleted takes records as willingly as before, but nobody would
    /// find them.
    fn ensure_it_is_still_there(&self) -> Result<()> {
        let shown = self.path.display();
        match self.path.try_exists() {
            Ok(true) => Ok(()),
            Ok(false) => {
                bail!("the journal `{shown}` was moved or deleted; put it back before going on")
            }
            Err(error) => Err(error).with_context(|| format!("cannot reach the journal `{shown}`")),
        }
    }

    /// Forces everything onto the disk.
    pub fn sync(&mut self) -> Result<()> {
        self.is_dirty = false;
        self.file
            .sync_data()
            .with_context(|| format!("cannot write the journal `{}` to disk", self.path.display()))
    }

    /// Rows with a record.
    pub fn finished(&self) -> u64 {
        self.finished
    }

    /// How the run ended last, if its results were written.
    pub fn last_end(&self) -> Option<&EndRecord> {
        self.end.as_ref()
    }

    /// Which rows have a record, by row number.
    pub fn finished_rows(&self) -> Vec<bool> {
        self.offsets.iter().map(|offset| *offset > 0).collect()
    }
}
