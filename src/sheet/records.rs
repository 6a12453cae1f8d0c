//! Reads a CSV file record by record and keeps count of the rows as a spreadsheet shows them.

use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

/// Fewer system calls than the csv crate's default buffer of 8 KiB.
const BUFFER: usize = 64 * 1024;

/// No row that people make is longer; one that seems so is the rest of the file after a quote that
/// was opened and never closed.
const LONGEST_ROW: u64 = 16 * 1024 * 1024;

/// A record and the row a spreadsheet shows it in.
#[derive(Debug, Default, Clone)]
pub struct Numbered {
    pub row: u64,
    pub record: ByteRecord,
}

/// The records of a file, with blank ones left out but counted.
#[derive(Debug)]
pub struct Records<R> {
    reader: Reader<Remembered<R>>,
    row: u64,
    /// The last record ended in a carriage return, of which the line feed may be still to come.
    is_after_return: bool,
}

impl<R: Read> Records<R> {
    pub fn new(source: R, delimiter: u8) -> Records<R> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(BUFFER)
            .from_reader(Remembered::new(source));
        Records {
            reader,
            row: 0,
            is_after_return: false,
        }
    }

    /// As [`Records::new`], after a first line such as `sep=;`, which spreadsheets do not show.
    pub fn after_separator_line(mut source: R, delimiter: u8) -> io::Result<Records<R>> {
        let mut byte = [0];
        while source.read(&mut byte)? == 1 && byte != *b"\n" {}
        Ok(Records::new(source, delimiter))
    }

    /// Reads the next record that is not blank into `numbered`; false at the end.
    pub fn read(&mut self, numbered: &mut Numbered) -> csv::Result<bool> {
        loop {
            let (start, line) = self.place();
            let source = self.reader.get_mut();
            let first = source.byte_at(start);
            source.row = self.row + 1;
            source.end_of_row = start + LONGEST_ROW;
            if !self.reader.read_byte_record(&mut numbered.record)? {
                return Ok(false);
            }
            let (end, last_line) = self.place();
            let source = self.reader.get_ref();
            let first = first.or_else(|| source.byte_at(start));
            let last = source.byte_at(end.saturating_sub(1));
            let of_the_last = self.is_after_return && first == Some(b'\n');
            let own = last == Some(b'\n');
            self.is_after_return = last == Some(b'\r');
            let ends = u64::from(of_the_last) + u64::from(own);
            let others = (last_line - line).saturating_sub(ends);
            self.row += 1 + blank_lines(&numbered.record, others);
            // A row of nothing but separators is as blank as an empty line.
            if !numbered.record.as_slice().is_empty() {
                numbered.row = self.row;
                return Ok(true);
            }
        }
    }

    /// How many bytes and lines have been read.
    fn place(&self) -> (u64, u64) {
        let position = self.reader.position();
        (position.byte(), position.line())
    }

    /// The next record as a value of its own.
    pub fn next_record(&mut self) -> Option<csv::Result<Numbered>> {
        let mut numbered = Numbered::default();
        match self.read(&mut numbered) {
            Ok(true) => Some(Ok(numbered)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// How many of the line feeds read with `record`, less those that end it and the one before it,
/// were empty lines, which the csv crate passes over but a spreadsheet counts. The others are in
/// its quotes.
fn blank_lines(record: &ByteRecord, line_feeds: u64) -> u64 {
    if line_feeds == 0 {
        return 0;
    }
    let quoted = record.as_slice().iter().filter(|byte| **byte == b'\n');
    line_feeds.saturating_sub(quoted.count() as u64)
}

/// Remembers the bytes it handed on last, since the csv crate does not say how a line ended, and
/// hands on no more than a row can have, since the csv crate would take it all.
#[derive(Debug)]
struct Remembered<R> {
    source: R,
    bytes: Vec<u8>,
    /// How many came before them.
    before: u64,
    row: u64,
    /// How far the row reaches at most.
    end_of_row: u64,
}

impl<R> Remembered<R> {
    fn new(source: R) -> Remembered<R> {
        Remembered {
            source,
            bytes: Vec::new(),
            before: 0,
            row: 0,
            end_of_row: LONGEST_ROW,
        }
    }

    /// The byte at a place in the text, if it is among the last.
    fn byte_at(&self, place: u64) -> Option<u8> {
        let index = usize::try_from(place.checked_sub(self.before)?).ok()?;
        self.bytes.get(index).copied()
    }
}

impl<R: Read> Read for Remembered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.before + self.bytes.len() as u64 > self.end_of_row {
            return Err(io::Error::other(format!(
                "row {} does not end; is there a quote in it that is opened and never closed?",
                self.row
            )));
        }
        let length = self.source.read(buffer)?;
        // At the end of the text the last bytes stay the last.
        if length > 0 {
            self.before += self.bytes.len() as u64;
            self.bytes.clear();
            self.bytes.extend_from_slice(&buffer[..length]);
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(text: &str) -> Vec<(u64, String)> {
        let mut records = Records::new(text.as_bytes(), b',');
        std::iter::from_fn(|| records.next_record())
            .map(|numbered| numbered.expect("bytes can be read"))
            .map(|numbered| {
                let first = numbered.record.get(0).unwrap_or_default();
                (numbered.row, String::from_utf8_lossy(first).into_owned())
            })
            .collect()
    }

    fn expect(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
        rows.iter()
            .map(|(row, cell)| (*row, (*cell).into()))
            .collect()
    }

    #[test]
    fn rows_are_counted_as_a_spreadsheet_shows_them() {
        let rows = expect(&[(1, "h"), (2, "a"), (5, "b"), (6, "c\nd"), (9, "e")]);
        let text = "h,h\na,1\n\n\nb,2\n\"c\nd\",3\n,\n\ne,4\n\n\n";
        assert_eq!(rows_of(text), rows);
        let windows = rows_of(&text.replace('\n', "\r\n"));
        assert_eq!(
            windows,
            expect(&[(1, "h"), (2, "a"), (5, "b"), (6, "c\r\nd"), (9, "e")])
        );
    }

    #[test]
    fn blank_lines_before_the_header_count_too_and_no_line_end_is_needed_at_the_end() {
        assert_eq!(rows_of("\n\nh,h\na,1"), expect(&[(3, "h"), (4, "a")]));
        assert_eq!(rows_of("h\ra\rb"), expect(&[(1, "h"), (2, "a"), (3, "b")]));
        assert_eq!(rows_of(""), expect(&[]));
        assert_eq!(rows_of("\u{feff}h,h\na,1"), expect(&[(1, "h"), (2, "a")]));
    }

    #[test]
    fn line_ends_may_change_on_the_way() {
        for text in [
            "h\r\na\nb\n\nc\r\nd",
            "h\na\r\nb\r\n\r\nc\nd",
            "h\r\na\nb\n\r\nc\nd",
            "h\ra\nb\r\n\nc\rd\r\n",
            "h\n\"a\"\nb\r\n\n\"c\"\r\nd",
        ] {
            let rows = expect(&[(1, "h"), (2, "a"), (3, "b"), (5, "c"), (6, "d")]);
            assert_eq!(rows_of(text), rows, "{text:?}");
        }
    }
}
