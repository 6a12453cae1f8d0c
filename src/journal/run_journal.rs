//! A journal that this process writes: what a run notes, and what is known when it goes on.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};

use super::appender::Appender;
use super::entry::{
    CarriedRecord, CredentialEndRecord, EndRecord, Entry, FinishedEntry, GateRecord,
    PreviousRecord, RowRecord,
};
use super::file_to_read;
use super::header::{BeginRecord, RunHeader};
use super::journal_file::JournalFile;
use super::line::Chain;
use super::record_reader::RecordReader;
use super::recorded_run::{self, RecordedRun, exists};
use super::row_history::RowHistory;
use super::run_lock::{RunLock, is_in_use};
use crate::model::counts::Counts;
use crate::model::current_values::CurrentValues;
use crate::model::run_id::RunId;
use crate::platform;
use crate::sheet::names::ResolvedNames;
use crate::traffic::Interval;

/// How many bytes of carried records are handed over at once.
const BATCH: usize = 64 * 1024;

/// A journal that this process writes.
#[derive(Debug)]
pub struct Journal {
    run: RecordedRun,
    end: Appender,
    /// An earlier part of the run wrote it.
    is_continued: bool,
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
        if !recorded_run::is_never_started(&file).with_context(creating)? {
            bail!(
                "another wxbulk has just begun to write `{}`",
                path.display()
            );
        }
        let file = Arc::new(JournalFile::new(file, path));
        let run = RecordedRun::begin(path, Arc::clone(&file), header.clone());
        let mut end = Appender::at(path, file, (0, Chain::default()), lock)?;
        let id = header.id.clone();
        let begun = end.append(&Entry::Run(header)).and_then(|()| end.sync());
        if let Err(error) = begun {
            // Without its header it would only be in the way of the next run.
            drop(end);
            let _ = fs::remove_file(path);
            return Err(error);
        }
        if !id.is_empty() {
            end.bind_to(id);
        }
        // Else a power cut could take the whole file, name and all.
        end.sync_folder();
        Ok(Journal {
            run,
            end,
            is_continued: false,
        })
    }

    /// Opens an existing one and reads what it holds. A torn end is cut off, and damage refused.
    pub fn open(path: &Path) -> Result<(Journal, RunHeader)> {
        file_to_read::ensure_it_is_a_file(path)?;
        let shown = path.display();
        let file = match platform::appending().open(path) {
            Err(error) if platform::is_sharing_violation(&error) => {
                return Err(is_in_use(path));
            }
            opened => opened.with_context(|| format!("cannot open the journal `{shown}`"))?,
        };
        let lock = RunLock::acquire(&file, path)?;
        let file = Arc::new(JournalFile::new(file, path));
        let (run, scanner) = RecordedRun::read(path, Arc::clone(&file))?;
        recorded_run::ensure_undamaged(run.damage(), path)?;
        let header = run.header.clone();
        let end = Appender::at(path, file, scanner.end(), lock)?;
        let journal = Journal {
            run,
            end,
            is_continued: true,
        };
        Ok((journal, header))
    }

    /// Whether an earlier part of the run wrote it.
    pub fn is_continued(&self) -> bool {
        self.is_continued
    }

    /// All that is recorded.
    pub fn run(&self) -> &RecordedRun {
        &self.run
    }

    /// All that is known of a row.
    pub fn row(&self, row: u64) -> Result<RowHistory> {
        self.run.row(row)
    }

    /// Notes that the run begins, or goes on.
    pub fn begin(&mut self, begin: BeginRecord) -> Result<()> {
        self.end.append(&Entry::Begin(begin.clone()))?;
        self.run.index.begin_part(begin);
        Ok(())
    }

    /// Notes what was looked up for the sheet, so that every name means the same when the run goes on.
    pub fn note_names(&mut self, names: ResolvedNames) -> Result<()> {
        self.end.append(&Entry::Names(names.clone()))?;
        self.run.index.names = Some(names);
        self.end.sync()
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
            self.end.begin();
            while self.end.pending() < BATCH
                && let Some(next) = rows.next()
            {
                let (row, RowHistory { order, changes }) = next?;
                let from = from.clone();
                let record = CarriedRecord {
                    row,
                    from,
                    order,
                    changes,
                };
                places.push((row, self.end.add(&Entry::Carried(record))?));
            }
            self.end.write()?;
            for (row, offset) in places {
                self.run.index.carry(row, offset);
            }
        }
        self.end.sync()
    }

    /// Notes the values that a row's place has before anything is sent for the row. They are on
    /// disk when this returns, since after the change nobody could tell them any more.
    pub fn note_previous(&mut self, record: PreviousRecord) -> Result<()> {
        self.end.append(&Entry::Previous(record.clone()))?;
        self.end.sync()?;
        self.run.index.begin_row(record);
        Ok(())
    }

    /// Notes rows that finished together: all of them, or after an error none. What was read before
    /// the first try stays what was there before.
    pub fn finish_rows(&mut self, records: &mut [RowRecord]) -> Result<()> {
        let mut places = Vec::with_capacity(records.len());
        self.end.begin();
        for record in records {
            if let Some(noted) = self.run.index.in_flight.get(&record.row) {
                record.outcome.previous = Some(noted.values.clone());
            }
            places.push((record.row, self.end.add(&FinishedEntry::Row(record))?));
        }
        self.end.write()?;
        for (row, offset) in places {
            self.run.index.finish(row, offset);
        }
        Ok(())
    }

    /// Notes until when the service said not to ask; on disk when this returns.
    pub fn note_gate(&mut self, record: GateRecord) -> Result<()> {
        self.end.append(&Entry::Gate(record.clone()))?;
        self.run.index.close_gate(record);
        self.end.sync()
    }

    /// Notes that credentials send nothing more.
    pub fn note_credential_end(&mut self, record: CredentialEndRecord) -> Result<()> {
        self.end.append(&Entry::CredentialEnded(record))
    }

    /// Notes what went over the wire in the last few seconds.
    pub fn note_traffic(&mut self, interval: Interval) -> Result<()> {
        self.end.append(&Entry::Traffic(interval))
    }

    /// Notes that the results were written, which stand in the same folder.
    pub fn end(&mut self, end: EndRecord) -> Result<()> {
        self.end.append(&Entry::End(end.clone()))?;
        self.run.index.end = Some(end);
        self.end.sync_folder();
        self.end.sync()
    }

    /// Keeps the grouped syncing going; to be called some ten times a second.
    pub fn tick(&mut self) -> Result<()> {
        self.end.tick()
    }

    /// Forces everything onto the disk.
    pub fn sync(&mut self) -> Result<()> {
        self.end.sync()
    }

    /// What was looked up when the run began.
    pub fn names(&self) -> Option<&ResolvedNames> {
        self.run.names()
    }

    /// The numbers noted for a row that has no record yet.
    pub fn previous_of(&self, row: u64, check: u32) -> Option<&CurrentValues> {
        self.run.previous_of(row, check)
    }

    /// Rows of which it is noted what was there before, and not what became of them.
    pub fn rows_on_their_way(&self) -> BTreeSet<u64> {
        self.run.index.in_flight.keys().copied().collect()
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
