//! What is already done, on disk, whatever happens.
//!
//! An append-only text file beside the results (`RESULTS.journal`), one entry a line:
//!
//! ```text
//! 6f0c1c5e {"run":{"wxbulk":"0.1.0","format":2,"id":"r3k…","startedAt":"…","input":{…},"settings":{…}}}
//! 52d0a9e3 {"begin":{"wxbulk":"0.1.0","beganAt":"…","command":"apply","concurrency":10,…}}
//! 3c2e9b10 {"previous":{"row":7,"check":3735928559,"numbers":["+12025550101",null,null],…}}
//! 91b3d2a7 {"row":{"row":7,"check":3735928559,"finishedAt":"…","place":{…},"sent":[…],"outcome":{…}}}
//! 5d8823f0 {"gate":{"until":"…","toldAt":"…","user":"…","status":429}}
//! 77e04b1f {"traffic":{"from":"…","requests":[5,4,6],"throttled":[0,0,1],"latencies":{…}}}
//! 0a4419be {"end":{"finishedAt":"…","complete":true,"results":{"size":1234,"crc32":…},…}}
//! ```
//!
//! Each line is a checksum as eight hexadecimal digits, a space, JSON, a line feed. The checksum is
//! the CRC-32 (IEEE) of the run's id, the eight digits of the line before, and the JSON; of the
//! JSON alone in the first line, and in every line of format 1, which is still read and continued.
//! So no line can be changed, taken out, moved or come from another run unnoticed.
//!
//! The first line is the `run`, with `names` after it where a sheet has names in place of ids and
//! `carried` where an earlier run noted something of its rows; then follow `row`s in the order they
//! finished and, once the results were written, an `end`. `row` is the row as the spreadsheet shows
//! it and `check` the CRC-32 of what it asks for ([`crate::model::row::Row::fingerprint`]).
//! `previous` has the values that were there before a row was sent, and is on disk before the row
//! leaves; the first one of a row counts, since a later one may show the row's own change. `begin`
//! stands where a run began or went on, `gate` where the service said how long not to ask, and
//! `traffic` sums up a few seconds ([`crate::traffic::Interval`]).
//!
//! A torn end is normal: the program was killed or the power failed. It is cut off, and its rows
//! are sent again. A line that cannot be read although good ones follow is damage, and nothing is
//! sent then, because nobody knows what it said. A file that is torn within its first line counts
//! as none.
//!
//! Every entry is handed to the operating system whole and at once, with those of the answers that
//! arrived together with its own, so that killing the program loses none. Ten times a
//! second they are forced onto the disk, so that a power cut loses the last tenth of a second at most,
//! whose rows are sent again. One process at a time writes
//! it, and makes sure before each write that the file at the path is still its own.

mod entry;
mod header;
mod index;
mod journal_file;
mod line;
mod record_reader;
mod recorded_run;
mod row_history;
mod run_lock;
mod scanner;

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use tokio::task::JoinHandle;

use crate::model::counts::Counts;
use crate::model::current_values::CurrentValues;
use crate::model::run_id::RunId;
use crate::platform;
use crate::sheet::names::ResolvedNames;
use crate::traffic::Interval;
pub use entry::{CarriedRecord, EndRecord, Entry, GateRecord, PreviousRecord, RowRecord};
pub use header::{
    BeginRecord, FORMAT, InputFile, Machine, MeaningfulSettings, Organization, Person, PlanFile,
    RunHeader,
};
use journal_file::JournalFile;
use line::Chain;
pub use record_reader::RecordReader;
pub use recorded_run::{Follower, RecordedRun, exists, header_of, read_through};
pub use row_history::{Place, RowChange, RowHistory, Sent};
use run_lock::RunLock;
pub use run_lock::is_being_written;
pub use scanner::Damage;

/// So many bytes of carried records are handed over at once.
const BATCH: usize = 64 * 1024;

#[derive(Debug)]
pub struct Journal {
    run: RecordedRun,
    file: Arc<JournalFile>,
    /// Where the next entry goes, and what it is bound to.
    length: u64,
    chain: Chain,
    /// What is handed to the system next, whole.
    lines: Vec<u8>,
    is_dirty: bool,
    /// Half a line could not be removed again, so nothing may follow it.
    is_torn: bool,
    syncing: Option<JoinHandle<io::Result<()>>>,
    /// Goes last.
    _lock: RunLock,
}

impl Journal {
    /// The journal that belongs to a results file.
    pub fn path_for(results: &Path) -> PathBuf {
        let mut path = results.as_os_str().to_owned();
        path.push(".journal");
        path.into()
    }

    /// Starts a new one. Fails when there is one already, unless nothing but a torn first line is
    /// in it.
    pub fn create(path: &Path, header: RunHeader) -> Result<Journal> {
        let creating = || format!("cannot create the journal `{}`", path.display());
        let file = match platform::appending().create_new(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !exists(path)? => {
                platform::appending().open(path)
            }
            opened => opened,
        };
        let file = file.with_context(creating)?;
        let lock = RunLock::acquire(&file, path)?;
        // Only now it is certain that nobody else writes it.
        if !recorded_run::is_stillborn(&file).with_context(creating)? {
            bail!(
                "another wxbulk has just begun to write `{}`",
                path.display()
            );
        }
        let file = Arc::new(JournalFile::new(file, path));
        let run = RecordedRun::begin(path, Arc::clone(&file), header.clone());
        let mut journal = Journal::of(run, file, lock, (0, Chain::default()));
        let begun = journal.file.file().set_len(0).with_context(creating);
        let begun = begun
            .and_then(|()| journal.append(&Entry::Run(header)))
            .and_then(|()| journal.sync());
        if let Err(error) = begun {
            // Without its header it would only be in the way of the next run.
            drop(journal);
            let _ = fs::remove_file(path);
            return Err(error);
        }
        if !journal.run.header.id.is_empty() {
            journal.chain.bind_to(journal.run.header.id.clone());
        }
        // Else a power cut could take the whole file, name and all.
        journal.file.sync_folder();
        Ok(journal)
    }

    /// Opens an existing one and reads what it holds. A torn end is cut off, and damage refused.
    pub fn open(path: &Path) -> Result<(Journal, RunHeader)> {
        recorded_run::ensure_it_is_a_file(path)?;
        let shown = path.display();
        let file = match platform::appending().open(path) {
            Err(error) if platform::is_sharing_violation(&error) => {
                bail!("another wxbulk is using `{shown}`; wait until it has ended")
            }
            opened => opened.with_context(|| format!("cannot open the journal `{shown}`"))?,
        };
        let lock = RunLock::acquire(&file, path)?;
        let file = Arc::new(JournalFile::new(file, path));
        let (run, scanner) = RecordedRun::read(path, Arc::clone(&file))?;
        recorded_run::ensure_undamaged(run.damage(), path)?;
        let header = run.header.clone();
        let journal = Journal::of(run, file, lock, scanner.end());
        // Whatever is after the last good line was being written when the program ended.
        let cut = journal.file.file().set_len(journal.length);
        cut.with_context(|| format!("cannot write the journal `{shown}`"))?;
        Ok((journal, header))
    }

    fn of(
        run: RecordedRun,
        file: Arc<JournalFile>,
        lock: RunLock,
        (length, chain): (u64, Chain),
    ) -> Journal {
        Journal {
            run,
            file,
            length,
            chain,
            lines: Vec::new(),
            is_dirty: false,
            is_torn: false,
            syncing: None,
            _lock: lock,
        }
    }

    /// All that is recorded.
    pub fn run(&self) -> &RecordedRun {
        &self.run
    }

    /// All that is known of a row.
    pub fn row(&self, row: u64) -> Result<RowHistory> {
        self.run.row(row)
    }

    /// Notes what was looked up for the sheet, so that every name means the same when the run goes on.
    pub fn note_names(&mut self, names: ResolvedNames) -> Result<()> {
        self.append(&Entry::Names(names.clone()))?;
        self.run.index.names = Some(names);
        self.sync()
    }

    /// Notes the numbers that a row's location has before anything is sent for the row. They are
    /// on disk when this returns, since after the change nobody could tell them any more.
    pub fn note_previous(&mut self, record: PreviousRecord) -> Result<()> {
        self.append(&Entry::Previous(record.clone()))?;
        self.sync()?;
        self.run.index.take(self.length, Entry::Previous(record));
        Ok(())
    }

    /// Notes until when the service said not to ask; on disk when this returns.
    pub fn note_gate(&mut self, record: GateRecord) -> Result<()> {
        self.append(&Entry::Gate(record.clone()))?;
        self.run.index.close_gate(record);
        self.sync()
    }

    /// Takes over what an earlier run noted of rows, under the numbers that they have here; on disk
    /// when this returns.
    pub fn carry_over(
        &mut self,
        from: &RunId,
        rows: impl IntoIterator<Item = Result<(u64, RowHistory)>>,
    ) -> Result<()> {
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut places = Vec::new();
            let before = self.begin_lines();
            while self.lines.len() < BATCH
                && let Some(next) = rows.next()
            {
                let (row, RowHistory { changes }) = next?;
                let from = from.clone();
                places.push((row, self.length + self.lines.len() as u64));
                self.compose(&Entry::Carried(CarriedRecord { row, from, changes }))?;
            }
            self.write_lines(before)?;
            for (row, offset) in places {
                self.run.index.carry(row, offset);
            }
        }
        self.sync()
    }

    /// Notes rows that finished together: all of them, or after an error none.
    pub fn finish_rows(&mut self, records: impl Iterator<Item = RowRecord>) -> Result<()> {
        let before = self.begin_lines();
        let mut places = Vec::new();
        for mut record in records {
            if let Some(noted) = self.run.index.in_flight.get(&record.row) {
                record.outcome.previous = Some(noted.values.clone());
            }
            places.push((record.row, self.length + self.lines.len() as u64));
            self.compose(&Entry::Row(record))?;
        }
        self.write_lines(before)?;
        for (row, offset) in places {
            self.run.index.finish(row, offset);
        }
        Ok(())
    }

    /// Notes that the run begins, or goes on.
    pub fn begin(&mut self, begin: BeginRecord) -> Result<()> {
        self.append(&Entry::Begin(begin.clone()))?;
        self.run.index.begin = Some(begin);
        Ok(())
    }

    /// Notes what went over the wire in the last few seconds.
    pub fn note_traffic(&mut self, interval: Interval) -> Result<()> {
        self.append(&Entry::Traffic(interval))
    }

    /// Notes that the results were written.
    pub fn end(&mut self, end: EndRecord) -> Result<()> {
        self.append(&Entry::End(end.clone()))?;
        self.run.index.end = Some(end);
        self.file.sync_folder();
        self.sync()
    }

    fn append(&mut self, entry: &Entry) -> Result<()> {
        let before = self.begin_lines();
        self.compose(entry)?;
        self.write_lines(before)
    }

    /// Begins to put lines together; returns what they are bound to, for the case that they cannot
    /// be written.
    fn begin_lines(&mut self) -> Chain {
        self.lines.clear();
        self.chain.clone()
    }

    fn compose(&mut self, entry: &Entry) -> Result<()> {
        Ok(line::compose(entry, &mut self.chain, &mut self.lines)?)
    }

    fn write_lines(&mut self, before: Chain) -> Result<()> {
        self.ensure_it_is_ours()
            .and_then(|()| self.hand_over())
            .inspect_err(|_| self.chain = before)
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
        format!("cannot write the journal `{}`", self.run.path.display())
    }

    /// A file that was moved or deleted takes records as willingly as before, but nobody would
    /// find them. One that another program wrote to as well is no record of anything.
    fn ensure_it_is_ours(&self) -> Result<()> {
        let path = &self.run.path;
        let shown = path.display();
        if self.is_torn {
            bail!("{}: half a line stands at its end", self.cannot_write());
        }
        let is_there = platform::is_same_file(self.file.file(), path);
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

    /// Keeps the grouped syncing going; to be called some ten times a second. The disk works
    /// on another thread, so that answers are not kept waiting.
    pub fn tick(&mut self) -> Result<()> {
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
        format!(
            "cannot write the journal `{}` to disk",
            self.run.path.display()
        )
    }

    /// Forces everything onto the disk.
    pub fn sync(&mut self) -> Result<()> {
        self.is_dirty = false;
        self.file.sync().with_context(|| self.cannot_sync())
    }

    /// What was looked up when the run began.
    pub fn names(&self) -> Option<&ResolvedNames> {
        self.run.names()
    }

    /// The numbers noted for a row that has no record yet.
    pub fn previous_of(&self, row: u64, check: u32) -> Option<&CurrentValues> {
        self.run.previous_of(row, check)
    }

    /// Reads records back, best in the order of the rows.
    pub fn records(&self) -> Result<RecordReader<'_>> {
        self.run.records()
    }

    /// Counts of what the records say.
    pub fn counts(&self) -> Result<Counts> {
        self.run.counts()
    }

    /// Rows with a record.
    pub fn finished(&self) -> u64 {
        self.run.finished()
    }

    /// How the run ended last, if its results were written.
    pub fn last_end(&self) -> Option<&EndRecord> {
        self.run.last_end()
    }

    /// Which rows have a record, by row number.
    pub fn finished_rows(&self) -> Vec<bool> {
        self.run.finished_rows()
    }
}
