//! A run as its journal tells it, whether this process writes the journal or not.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use super::entry::{EndRecord, GateRecord, PreviousRecord};
use super::file_to_read::{OUT_OF_THE_WAY, cannot_read, open_to_read};
use super::header::{BeginRecord, FORMAT, RunHeader};
use super::index::Index;
use super::journal_file::JournalFile;
use super::line;
use super::record_reader::RecordReader;
use super::row_history::{RowHistory, says_changed};
use super::scanner::{Damage, Scanner};
use crate::model::counts::Counts;
use crate::model::current_values::CurrentValues;
use crate::model::hint::{Hinted, WithHint};
use crate::model::outcome::OutcomeKind;
use crate::sheet::names::ResolvedNames;
use crate::table::FileChecksum;

pub(super) const BUFFER: usize = 128 * 1024;

/// A header is shorter than this, in bytes.
pub(super) const LONGEST_HEADER: u64 = 64 * 1024;

/// A run as its journal tells it.
#[derive(Debug)]
pub struct RecordedRun {
    pub(super) path: PathBuf,
    pub(super) file: Arc<JournalFile>,
    pub(super) header: RunHeader,
    pub(super) index: Index,
    damage: Option<Damage>,
    /// The last line of all can be read.
    is_end_sound: bool,
}

impl RecordedRun {
    /// Reads a journal without touching it. Whether it is damaged the caller has to ask.
    pub fn open(path: &Path) -> Result<RecordedRun> {
        let file = Arc::new(JournalFile::new(open_to_read(path)?, path));
        Ok(RecordedRun::read(path, file)?.0)
    }

    /// One of which nothing is recorded yet.
    pub(super) fn begin(path: &Path, file: Arc<JournalFile>, header: RunHeader) -> RecordedRun {
        RecordedRun {
            path: path.to_path_buf(),
            file,
            header,
            index: Index::default(),
            damage: None,
            is_end_sound: true,
        }
    }

    pub(super) fn read(path: &Path, file: Arc<JournalFile>) -> Result<(RecordedRun, Scanner)> {
        let mut index = Index::default();
        let mut scanner = Scanner::default();
        let mut reader = BufReader::with_capacity(BUFFER, file.file());
        scanner
            .read(&mut reader, |offset, entry| index.take(offset, entry))
            .with_context(|| cannot_read(path))?;
        let header = usable_header(&scanner, path)?.clone();
        let run = RecordedRun {
            path: path.to_path_buf(),
            file,
            header,
            index,
            damage: scanner.damage(),
            is_end_sound: scanner.end().0 == scanner.position(),
        };
        Ok((run, scanner))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn header(&self) -> &RunHeader {
        &self.header
    }

    /// What is damaged. What is told of rows is true all the same, but some may be missing.
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// All that is known of a row.
    pub fn row(&self, row: u64) -> Result<RowHistory> {
        self.records()?.history_of(row)
    }

    /// Whether the run noted anything of a row itself: its outcome, or what was there before it was sent.
    pub fn has_record_of(&self, row: u64) -> bool {
        let index = &self.index;
        index.finished.of(row).is_some() || index.in_flight.contains_key(&row)
    }

    /// Reads records back, best in the order of the rows.
    pub fn records(&self) -> Result<RecordReader<'_>> {
        RecordReader::new(self)
    }

    /// One past the last row that anything is known of.
    pub fn rows(&self) -> u64 {
        self.index.rows()
    }

    /// Rows with an outcome.
    pub fn finished(&self) -> u64 {
        self.index.finished_count
    }

    /// Whether the run did nothing that anyone could miss: no row was sent or finished, and no time to
    /// wait that it was told itself has still to pass.
    pub fn is_blank(&self, now: Timestamp) -> bool {
        let header = &self.header.settings;
        let index = &self.index;
        let is_own = |gate: &&GateRecord| gate.told_at >= self.header.started_at;
        let notes_what_is_sent = header.plan || header.backup;
        self.damage.is_none()
            && index.rows() == 0
            && (notes_what_is_sent || self.final_end().is_some_and(has_changed_nothing))
            && index
                .gates
                .iter()
                .filter(is_own)
                .all(|gate| gate.until <= now)
    }

    /// Rows that were sent and of which no answer came before the run was left. Where the values from before
    /// are not kept, only its end tells of them.
    pub fn sent_without_answer(&self) -> Result<u64> {
        let told = self
            .index
            .end
            .as_ref()
            .and_then(|end| end.outcomes.get(&OutcomeKind::Unknown));
        let recorded = self.counts()?.of(OutcomeKind::Unknown);
        Ok(told.copied().unwrap_or_default().saturating_sub(recorded))
    }

    /// Which rows have an outcome, by row number.
    pub fn finished_rows(&self) -> Vec<bool> {
        let rows = 0..self.index.rows();
        rows.map(|row| self.index.finished.of(row).is_some())
            .collect()
    }

    /// The row was on its way when the program ended: what was there before is noted and what
    /// became of it is not, so the change may be there already.
    pub fn in_flight(&self, row: u64, check: u32) -> Option<&PreviousRecord> {
        let record = self.index.in_flight.get(&row)?;
        (record.check == check).then_some(record)
    }

    /// How many rows were so.
    pub fn rows_in_flight(&self) -> u64 {
        self.index.in_flight.len() as u64
    }

    /// The numbers noted for a row that has no outcome yet.
    pub fn previous_of(&self, row: u64, check: u32) -> Option<&CurrentValues> {
        Some(&self.in_flight(row, check)?.values)
    }

    /// The latest time to wait of each user. It may be over.
    pub fn gates(&self) -> &[GateRecord] {
        &self.index.gates
    }

    /// What was looked up when the run began.
    pub fn names(&self) -> Option<&ResolvedNames> {
        self.index.names.as_ref()
    }

    /// How the run began at first.
    pub fn first_begin(&self) -> Option<&BeginRecord> {
        self.index
            .first_begin
            .as_ref()
            .or(self.index.begin.as_ref())
    }

    /// How the run began, or went on last.
    pub fn last_begin(&self) -> Option<&BeginRecord> {
        self.index.begin.as_ref()
    }

    /// How many requests a second it got through last; `None` where it was too short to tell, or was held
    /// back by a flag.
    pub fn requests_a_second(&self) -> Option<f64> {
        let is_free = |begin: &&BeginRecord| begin.rate.is_none();
        self.last_begin().filter(is_free)?;
        self.index.rate.per_second()
    }

    /// The ids of the organizations for which any of its parts had rows to send, the empty one being the
    /// token's own; `None` where that is not known.
    pub fn organizations(&self) -> Option<&BTreeSet<String>> {
        (!self.index.lacks_organizations).then_some(&self.index.organizations)
    }

    /// Whether rows left in another order than that of the sheet, as they do by several credentials.
    pub fn is_by_several(&self) -> bool {
        self.index.is_by_several
    }

    /// How the run ended last, if its results were written.
    pub fn last_end(&self) -> Option<&EndRecord> {
        self.index.end.as_ref()
    }

    /// The results that it wrote last, if nothing happened since.
    pub fn final_results(&self) -> Option<FileChecksum> {
        Some(self.final_end()?.results)
    }

    /// How it ended, if nothing had happened since when the journal was read.
    pub fn final_end(&self) -> Option<&EndRecord> {
        let is_last = self.index.is_end_last && self.is_end_sound;
        self.index.end.as_ref().filter(|_| is_last)
    }

    /// Counts of what the records say.
    pub fn counts(&self) -> Result<Counts> {
        let mut counts = Counts::default();
        let mut records = self.records()?;
        for row in 0..self.rows() {
            if let Some(record) = records.of_row(row)? {
                counts.add(&record.outcome);
            }
        }
        Ok(counts)
    }
}

/// Whether no row was sent when a run ended of which no row has a record.
fn has_changed_nothing(end: &EndRecord) -> bool {
    !end.outcomes.keys().any(|kind| says_changed(*kind))
}

pub(super) fn usable_header<'s>(scanner: &'s Scanner, path: &Path) -> Result<&'s RunHeader> {
    let shown = path.display().to_string();
    let Some(header) = scanner.header() else {
        if scanner.is_of_something_else() {
            let message = format!("`{shown}` does not begin as a journal of wxbulk does");
            return Err(Hinted::new(message, OUT_OF_THE_WAY));
        }
        let rest = scanner.damage().unwrap_or_default().describe_rest();
        let message = format!(
            "line 1 of `{shown}` is damaged, so it cannot be told which run it belongs to; the file still holds {rest}"
        );
        let hint = "put back a copy of it from before the damage; keep it in any case, since it may be the only place that has them";
        return Err(Hinted::new(message, hint));
    };
    if header.format > FORMAT {
        bail!(
            "`{shown}` was written by wxbulk {}; go on with that version or a newer one",
            header.wxbulk
        );
    }
    Ok(header)
}

/// Refuses to go on from a journal with damage, since what the damaged lines said is not known.
pub(super) fn ensure_undamaged(damage: Option<&Damage>, path: &Path) -> Result<()> {
    let Some(damage) = damage else { return Ok(()) };
    let message = format!(
        "{}; so what became of some rows is not known; the file still holds {}",
        damage.describe(&path.display().to_string()),
        damage.describe_rest()
    );
    let refused = Hinted::new(message, "put back a copy of it from before the damage");
    Err(refused
        .with_hint("without a copy, move it away, keep it, and start a run with another --output"))
}

/// Whether there is a journal: not where a run was killed before it could write the first line.
pub fn exists(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(!is_never_started(&open_to_read(path)?).with_context(|| cannot_read(path))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error).with_context(|| cannot_read(path)),
    }
}

/// Whether a file has nothing but the beginning of a first line, or what a power cut made of it.
pub(super) fn is_never_started(file: &File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(LONGEST_HEADER).read_to_end(&mut start)?;
    Ok(line::is_torn_header(&start))
}
