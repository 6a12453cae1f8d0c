//! Records of rows, read back by row number.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};

use anyhow::{Context, Result, bail};

use super::RecordedRun;
use super::entry::{Entry, RowRecord};
use super::file_to_read::cannot_read;
use super::line;
use super::row_history::{RowChange, RowHistory, is_doubtful_in_format_1, may_have_been_applied};
use crate::model::outcome::OutcomeKind;

/// Reads the records of rows from a journal.
#[derive(Debug)]
pub struct RecordReader<'r> {
    run: &'r RecordedRun,
    reader: BufReader<&'r File>,
    position: u64,
    line: Vec<u8>,
}

impl<'r> RecordReader<'r> {
    pub(super) fn new(run: &'r RecordedRun) -> Result<RecordReader<'r>> {
        let mut file = run.file.file();
        file.seek(SeekFrom::Start(0))?;
        Ok(RecordReader {
            run,
            reader: BufReader::with_capacity(64 * 1024, file),
            position: 0,
            line: Vec::new(),
        })
    }

    /// The record of `row`, if it has one.
    pub fn of_row(&mut self, row: u64) -> Result<Option<RowRecord>> {
        let Some(offset) = self.run.index.finished.of(row) else {
            return Ok(None);
        };
        match self.entry_at(offset)? {
            Some(Entry::Row(record)) if record.row == row => Ok(Some(record)),
            _ => self.changed_by_another(),
        }
    }

    /// All that is known of `row`, with what an earlier run noted of it.
    pub fn history_of(&mut self, row: u64) -> Result<RowHistory> {
        let record = self.of_row(row)?;
        self.history_with(row, record)
    }

    /// The same where its record was read already, if it has one.
    pub fn history_with(&mut self, row: u64, record: Option<RowRecord>) -> Result<RowHistory> {
        let mut history = RowHistory::default();
        if let Some(offset) = self.run.index.carried.of(row) {
            match self.entry_at(offset)? {
                Some(Entry::Carried(record)) if record.row == row => {
                    let mut changes = record.changes.iter().rev();
                    let order = changes.find_map(|change| change.order);
                    history.order = record.order.or(order);
                    history.changes = record.changes;
                }
                _ => return self.changed_by_another(),
            }
        }
        if let Some(record) = record {
            history.add(self.change_of(record));
        } else if let Some(record) = self.run.index.in_flight.get(&row) {
            history.add(RowChange {
                place: record.place.clone(),
                earlier: Some(record.values.clone()),
                earlier_read_at: None,
                sent: record.sent.iter().cloned().collect(),
                untouched: Vec::new(),
                also_changed: Vec::new(),
                may_have_been_applied: true,
                outcome: None,
                finished_at: None,
                order: None,
            });
        }
        Ok(history)
    }

    fn change_of(&self, record: RowRecord) -> RowChange {
        let mut outcome = record.outcome;
        if self.run.header.format == 1 && is_doubtful_in_format_1(&outcome) {
            outcome.kind = OutcomeKind::Unknown;
        }
        RowChange {
            place: record.place,
            earlier: outcome.previous.clone(),
            earlier_read_at: None,
            sent: record.sent.into_iter().collect(),
            untouched: outcome.untouched.clone(),
            also_changed: outcome.also_changed.clone(),
            may_have_been_applied: may_have_been_applied(&outcome),
            outcome: Some(outcome),
            finished_at: Some(record.finished_at),
            order: None,
        }
    }

    fn entry_at(&mut self, offset: u64) -> Result<Option<Entry>> {
        let reading = || cannot_read(&self.run.path);
        // Rows finish nearly in order, so most steps stay within the buffer.
        let step = i64::try_from(i128::from(offset) - i128::from(self.position))?;
        self.reader.seek_relative(step).with_context(reading)?;
        self.line.clear();
        let length = self
            .reader
            .read_until(b'\n', &mut self.line)
            .with_context(reading)?;
        self.position = offset + length as u64;
        Ok(line::parse_unchecked(&self.line))
    }

    fn changed_by_another<T>(&self) -> Result<T> {
        let shown = self.run.path.display();
        bail!("the journal `{shown}` was changed by another program")
    }
}
