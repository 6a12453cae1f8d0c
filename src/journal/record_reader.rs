//! What an earlier run wrote down, and what this one did: read back.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::entry::{Entry, parse};
use super::{FORMAT, Journal, RowRecord, RunHeader};
use crate::model::counts::Counts;

impl Journal {
    /// Opens an existing one and reads what it holds. A torn end is cut off.
    pub fn open(path: &Path) -> Result<(Journal, RunHeader)> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(path)
            .with_context(|| format!("cannot open the journal `{}`", path.display()))?;
        let mut journal = Journal::of_file(path, file)?;
        let header = journal.read_all()?;
        Ok((journal, header))
    }

    fn read_all(&mut self) -> Result<RunHeader> {
        let shown = self.path.display().to_string();
        let reading = || format!("cannot read the journal `{shown}`");
        let file = self.file.try_clone().with_context(reading)?;
        let mut header = None;
        let whole = each_line(&file, |offset, entry| {
            self.length = offset;
            match entry {
                Some(Entry::Run(run)) if header.is_none() => header = Some(run),
                Some(Entry::Names(names)) => self.names = Some(names),
                Some(Entry::Previous(record)) => {
                    self.previous.entry(record.row).or_insert(record);
                }
                Some(Entry::Row(record)) => self.remember(record.row, self.length),
                Some(Entry::End(end)) => self.end = Some(end),
                Some(Entry::Run(_) | Entry::Begin(_) | Entry::Traffic(_)) | None => {}
            }
        });
        self.length = whole.with_context(reading)?;
        let header = usable(header, &shown)?;
        // Whatever is after the last whole line was being written when the program ended.
        self.file.set_len(self.length).with_context(reading)?;
        Ok(header)
    }

    /// Counts of what the records say.
    pub fn counts(&self) -> Result<Counts> {
        let mut counts = Counts::default();
        let mut records = self.records()?;
        for row in 0..self.offsets.len() as u64 {
            if let Some(record) = records.of_row(row)? {
                counts.add(&record.outcome);
            }
        }
        Ok(counts)
    }

    fn offset_of(&self, row: u64) -> Option<u64> {
        let index = usize::try_from(row).ok()?;
        self.offsets
            .get(index)
            .copied()
            .filter(|offset| *offset > 0)
    }

    /// Reads records back, best in the order of the rows.
    pub fn records(&self) -> Result<RecordReader<'_>> {
        (&self.file).seek(SeekFrom::Start(0))?;
        Ok(RecordReader {
            journal: self,
            reader: BufReader::with_capacity(64 * 1024, &self.file),
            position: 0,
            line: Vec::new(),
        })
    }
}

/// Reads the records of rows from a journal.
#[derive(Debug)]
pub struct RecordReader<'j> {
    journal: &'j Journal,
    reader: BufReader<&'j File>,
    position: u64,
    line: Vec<u8>,
}

impl RecordReader<'_> {
    /// The record of `row`, if it has one.
    pub fn of_row(&mut self, row: u64) -> Result<Option<RowRecord>> {
        let Some(offset) = self.journal.offset_of(row) else {
            return Ok(None);
        };
        let shown = self.journal.path.display();
        let reading = || format!("cannot read the journal `{shown}`");
        // Rows finish nearly in order, so most steps stay within the buffer.
        let step = i64::try_from(i128::from(offset) - i128::from(self.position))?;
        self.reader.seek_relative(step).with_context(reading)?;
        self.line.clear();
        let length = self
            .reader
            .read_until(b'\n', &mut self.line)
            .with_context(reading)?;
        self.position = offset + length as u64;
        match parse(&self.line) {
            Some(Entry::Row(record)) if record.row == row => Ok(Some(record)),
            _ => bail!("the journal `{shown}` was changed by another program"),
        }
    }
}

/// Reads a journal from its beginning to its end without touching it, and hands over each entry.
pub fn read_through(path: &Path, mut each: impl FnMut(Entry)) -> Result<RunHeader> {
    let shown = path.display().to_string();
    let reading = || format!("cannot read the journal `{shown}`");
    let file = File::open(path).with_context(reading)?;
    let mut header = None;
    each_line(&file, |_, entry| match entry {
        Some(Entry::Run(run)) if header.is_none() => header = Some(run),
        Some(entry) => each(entry),
        None => {}
    })
    .with_context(reading)?;
    usable(header, &shown)
}

/// What the run of a journal is about.
pub fn header_of(path: &Path) -> Result<RunHeader> {
    let shown = path.display().to_string();
    let mut line = Vec::new();
    File::open(path)
        .and_then(|file| BufReader::new(file).read_until(b'\n', &mut line))
        .with_context(|| format!("cannot read the journal `{shown}`"))?;
    let header = match parse(&line) {
        Some(Entry::Run(run)) => Some(run),
        _ => None,
    };
    usable(header, &shown)
}

/// Hands over what each whole line says, if it can be understood, and where it begins; returns where
/// the last one ends.
fn each_line(file: &File, mut each: impl FnMut(u64, Option<Entry>)) -> io::Result<u64> {
    let mut reader = BufReader::with_capacity(128 * 1024, file);
    let mut line = Vec::new();
    let mut offset = 0;
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok(offset);
        }
        each(offset, parse(&line));
        offset += length as u64;
    }
}

fn usable(header: Option<RunHeader>, shown: &str) -> Result<RunHeader> {
    let Some(header) = header else {
        bail!(
            "`{shown}` does not begin as a journal of wxbulk does; nothing was sent that it could tell of, so delete it and start anew"
        );
    };
    if header.format > FORMAT {
        bail!(
            "`{shown}` was written by wxbulk {}; go on with that version or a newer one",
            header.wxbulk
        );
    }
    Ok(header)
}
