//! Reads a CSV file record by record and keeps count of the rows as a spreadsheet shows them.

use std::io::{self, Read};

use csv::{ByteRecord, Reader, ReaderBuilder};

/// Fewer system calls than the csv crate's default buffer of 8 KiB.
const BUFFER: usize = 128 * 1024;

/// A record and the row a spreadsheet shows it in.
#[derive(Debug, Default, Clone)]
pub struct Numbered {
    pub row: u64,
    pub record: ByteRecord,
}

/// The records of a file, with blank ones left out but counted.
#[derive(Debug)]
pub struct Records<R> {
    reader: Reader<R>,
    row: u64,
}

impl<R: Read> Records<R> {
    pub fn new(source: R, delimiter: u8) -> Records<R> {
        let reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .buffer_capacity(BUFFER)
            .from_reader(source);
        Records { reader, row: 0 }
    }

    /// As [`Records::new`], after a first line such as `sep=;`, which spreadsheets do not show.
    pub fn after_separator_line(mut source: R, delimiter: u8) -> io::Result<Records<R>> {
        let mut byte = [0];
        while source.read(&mut byte)? == 1 && byte != *b"\n" {}
        Ok(Records::new(source, delimiter))
    }

    /// Reads the next record that is not blank into `numbered`; false at the end.
    pub fn read(&mut self, numbered: &mut Numbered) -> csv::Result<bool> {
        let mut line = self.reader.position().line();
        while self.reader.read_byte_record(&mut numbered.record)? {
            let end = self.reader.position().line();
            self.row += 1 + blank_lines(&numbered.record, end - line);
            line = end;
            // A row of nothing but separators is as blank as an empty line.
            if !numbered.record.as_slice().is_empty() {
                numbered.row = self.row;
                return Ok(true);
            }
        }
        Ok(false)
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

/// How many of the `lines` that reading `record` took were empty lines before it, which the csv
/// crate passes over but a spreadsheet counts. The others are its own and those in its quotes.
fn blank_lines(record: &ByteRecord, lines: u64) -> u64 {
    if lines < 2 {
        return 0;
    }
    let quoted = record.as_slice().iter().filter(|byte| **byte == b'\n');
    (lines - 1).saturating_sub(quoted.count() as u64)
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
}
