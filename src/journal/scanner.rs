//! A journal read from its beginning to its end: which lines can be trusted, and whether those
//! that cannot are the torn end of an interrupted run or damage.

use std::io::{self, BufRead};

use serde::Serialize;

use super::entry::Entry;
use super::header::RunHeader;
use super::line::{self, Chain};
use crate::model::run_id::RunId;
use crate::model::wording::{grouped, plural};

/// Damaged lines that are named; of more it is said how many there are.
const MOST_NAMED: usize = 10;

/// A sheet's rows are numbered as a spreadsheet shows them, blank lines included, so there can be
/// as many as the file has bytes, and in a workbook as many as Excel can show.
const MOST_ROWS_OF_A_WORKBOOK: u64 = 1 << 20;
/// Whatever a header says. So many rows take a gigabyte to remember.
const MOST_ROWS: u64 = 1 << 27;

/// Reads a journal line by line, also while it grows.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    chain: Chain,
    header: Option<RunHeader>,
    lines: u64,
    /// Where the last whole line ends.
    position: u64,
    /// Where the last line ends that could be read, and what the next one is bound to.
    good_end: u64,
    good_chain: Chain,
    /// Lines after that one.
    unread: Vec<u64>,
    /// The first of those that is no torn end.
    first_damaged: Option<u64>,
    damage: Damage,
}

/// Lines of a journal that cannot be read although good ones follow, or that were whole once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Damage {
    /// The first of them, by line number; empty where there is no damage.
    pub lines: Vec<u64>,
    pub count: u64,
    /// Good lines after the first of them.
    pub good_after: u64,
    /// Rows whose outcome can still be read, and rows with values from before.
    pub finished: u64,
    pub with_earlier: u64,
}

impl Scanner {
    /// Reads on, to the last whole line, and hands over each entry with where it begins. The reader
    /// has to begin at [`Scanner::position`].
    pub(super) fn read(
        &mut self,
        reader: &mut impl BufRead,
        mut each: impl FnMut(u64, Entry),
    ) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                return Ok(());
            }
            let offset = self.position;
            self.lines += 1;
            self.position += length as u64;
            self.take(offset, &line, &mut each);
        }
    }

    fn take(&mut self, offset: u64, line: &[u8], each: &mut impl FnMut(u64, Entry)) {
        let entry = match (&self.header, self.lines) {
            (None, 1) => line::parse(line, &self.chain),
            (Some(header), _) => {
                let entry = line::parse(line, &self.chain);
                entry.filter(|entry| is_believable(entry, header))
            }
            // Nobody knows what binds these lines, so they are only counted.
            (None, _) => line::parse_unchecked(line),
        };
        self.chain.pass(line);
        let Some(entry) = entry else {
            self.unread.push(self.lines);
            if self.first_damaged.is_none() && line::was_written_whole(line) {
                self.first_damaged = Some(self.lines);
            }
            return;
        };
        self.count(&entry);
        self.damage.count += self.unread.len() as u64;
        let room = MOST_NAMED.saturating_sub(self.damage.lines.len());
        self.damage.lines.extend(self.unread.drain(..).take(room));
        self.damage.good_after += u64::from(self.damage.count > 0);
        self.first_damaged = None;
        if self.lines > 1 && self.header.is_none() {
            return;
        }
        match entry {
            Entry::Run(mut header) if self.lines == 1 => {
                if header.id.is_empty() {
                    header.id = RunId::from_bits(crc32fast::hash(line).into());
                } else {
                    self.chain.bind_to(header.id.clone());
                }
                self.header = Some(header);
            }
            Entry::Begin(mut begin) => {
                begin.name_own_organization();
                each(offset, Entry::Begin(begin));
            }
            entry => each(offset, entry),
        }
        self.good_end = self.position;
        self.good_chain = self.chain.clone();
    }

    fn count(&mut self, entry: &Entry) {
        match entry {
            Entry::Row(record) => {
                self.damage.finished += 1;
                self.damage.with_earlier += u64::from(record.outcome.previous.is_some());
            }
            Entry::Carried(record) => {
                let is_read = record.changes.iter().any(|one| one.earlier.is_some());
                self.damage.with_earlier += u64::from(is_read);
            }
            _ => {}
        }
    }

    pub(super) fn header(&self) -> Option<&RunHeader> {
        self.header.as_ref()
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    /// Where the next entry goes, and what it is bound to.
    pub(super) fn end(&self) -> (u64, Chain) {
        (self.good_end, self.good_chain.clone())
    }

    /// Whether nothing was read that a run wrote.
    pub(super) fn is_of_something_else(&self) -> bool {
        self.header.is_none() && self.damage.finished == 0 && self.damage.with_earlier == 0
    }

    /// What is damaged; a torn end is not.
    pub(super) fn damage(&self) -> Option<Damage> {
        let mut damage = self.damage.clone();
        if let Some(first) = self.first_damaged {
            let whole = self.unread.iter().filter(|line| **line >= first);
            damage.count += whole.clone().count() as u64;
            let room = MOST_NAMED.saturating_sub(damage.lines.len());
            damage.lines.extend(whole.take(room));
        }
        (damage.count > 0).then_some(damage)
    }
}

/// Whether a record can be about the sheet. Without a bound, one wrong number would take all memory, or be
/// more than sums can hold.
fn is_believable(entry: &Entry, header: &RunHeader) -> bool {
    let most = header.input.size.max(header.input.rows);
    let most = most.clamp(MOST_ROWS_OF_A_WORKBOOK, MOST_ROWS) + 1;
    match entry {
        Entry::Row(record) => record.row <= most,
        Entry::Previous(record) => record.row <= most,
        Entry::Carried(record) => record.row <= most,
        Entry::End(end) => end.outcomes.values().all(|count| *count <= most),
        Entry::Begin(begin) => {
            begin.rows_to_send.is_none_or(|rows| rows <= most)
                && begin.organizations.iter().all(|one| one.rows <= most)
        }
        _ => true,
    }
}

impl Damage {
    /// The damage in words, and what is left: `lines 3 and 7 … are damaged, …`.
    pub fn describe(&self, journal: &str) -> String {
        let named: Vec<String> = self.lines.iter().copied().map(grouped).collect();
        let (lines, are) = if self.count == 1 {
            ("line", "is")
        } else {
            ("lines", "are")
        };
        let more = match self.count.saturating_sub(self.lines.len() as u64) {
            0 => String::new(),
            more => format!(" and {} more", grouped(more)),
        };
        let after = match self.good_after {
            0 => String::new(),
            good => format!(", and {} after that can be read", plural(good, "line")),
        };
        format!(
            "{lines} {}{more} of `{journal}` {are} damaged{after}",
            named.join(", ")
        )
    }

    /// What can still be read.
    pub fn describe_rest(&self) -> String {
        let finished = plural(self.finished, "finished row");
        match self.with_earlier {
            0 => finished,
            earlier => format!(
                "{finished}, {} of them with the values from before",
                grouped(earlier)
            ),
        }
    }
}
