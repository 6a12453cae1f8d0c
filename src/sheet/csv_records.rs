//! Reads a CSV file row by row and keeps count of the rows as a spreadsheet shows them.
//!
//! The csv crate says neither how a line ended nor where it passed over blank ones, so the blank lines
//! are passed over here; each row is left to the parser that crate is made of.

use std::io::{self, BufRead, BufReader, Read};

use csv::ByteRecord;

use crate::sheet::record_parser::RecordParser;

/// No row that people make is longer; one that seems so is the rest of the file after a quote that
/// was opened and never closed.
const LONGEST_ROW: usize = 16 * 1024 * 1024;

/// Read at once.
const BLOCK: usize = 64 * 1024;

/// A record and the row a spreadsheet shows it in.
#[derive(Debug, Default, Clone)]
pub struct NumberedRecord {
    pub row: u64,
    pub record: ByteRecord,
}

/// The records of a file, with blank ones left out but counted.
#[derive(Debug)]
pub struct Records<R> {
    text: BufReader<R>,
    parser: RecordParser,
    row: u64,
    /// The last line ended in a carriage return, of which the line feed may be still to come.
    is_after_return: bool,
    /// The last line did not end at all.
    is_at_end: bool,
    /// Cells of a whole row.
    width: usize,
    /// Where each row says its number, if it is not the one a spreadsheet shows.
    numbers: Option<usize>,
}

impl<R: Read> Records<R> {
    pub fn new(source: R, delimiter: u8) -> Records<R> {
        Records {
            text: BufReader::with_capacity(BLOCK, source),
            parser: RecordParser::new(delimiter),
            row: 0,
            is_after_return: false,
            is_at_end: false,
            width: 0,
            numbers: None,
        }
    }

    /// Rows of fewer cells may be cut off where the text ends in one.
    #[must_use]
    pub(super) fn with_width(mut self, width: usize) -> Records<R> {
        self.width = width;
        self
    }

    /// The rows have the numbers that stand in this column.
    #[must_use]
    pub(super) fn with_numbers_in(mut self, column: Option<usize>) -> Records<R> {
        self.numbers = column;
        self
    }

    /// As [`Records::new`], after a first line such as `sep=;`, which spreadsheets do not show.
    pub fn after_separator_line(mut source: R, delimiter: u8) -> io::Result<Records<R>> {
        let mut byte = [0];
        while source.read(&mut byte)? == 1 && !matches!(byte, [b'\r' | b'\n']) {}
        let mut records = Records::new(source, delimiter);
        records.is_after_return = byte == *b"\r";
        Ok(records)
    }

    /// Whether the text ended in the last row, without a line break behind it.
    pub(super) fn is_at_end(&self) -> bool {
        self.is_at_end
    }

    /// Reads the next record that is not blank into `numbered`; false at the end. Of a row whose quote
    /// is never closed, which is an error, the cells before it are there.
    pub fn read(&mut self, numbered: &mut NumberedRecord) -> io::Result<bool> {
        while self.skip_blank_lines()? {
            self.row += 1;
            self.read_row(&mut numbered.record)?;
            // A row of nothing but separators is as blank as an empty line.
            if numbered.record.as_slice().is_empty() {
                continue;
            }
            if self.is_at_end && is_nothing(numbered.record.as_slice()) {
                continue;
            }
            if self.is_at_end && numbered.record.len() < self.width {
                return Err(io::Error::other(format!(
                    "the file ends in row {}, which has fewer cells than the header and no line break after it; if the row is complete, press Enter after it and save; if not, get the whole file",
                    self.row
                )));
            }
            let number = self.numbers.and_then(|column| numbered.record.get(column));
            let number =
                number.and_then(|cell| std::str::from_utf8(cell).ok()?.parse::<u32>().ok());
            numbered.row = number.map_or(self.row, u64::from);
            return Ok(true);
        }
        Ok(false)
    }

    /// The next record as a value of its own.
    pub fn next_record(&mut self) -> Option<io::Result<NumberedRecord>> {
        let mut numbered = NumberedRecord::default();
        match self.read(&mut numbered) {
            Ok(true) => Some(Ok(numbered)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Goes to where the next row begins; false where there is none.
    fn skip_blank_lines(&mut self) -> io::Result<bool> {
        loop {
            match self.text.fill_buf()?.first().copied() {
                Some(end @ (b'\r' | b'\n')) => {
                    if !(end == b'\n' && self.is_after_return) {
                        self.row += 1;
                    }
                    self.is_after_return = end == b'\r';
                    self.text.consume(1);
                }
                other => return Ok(other.is_some()),
            }
        }
    }

    fn read_row(&mut self, record: &mut ByteRecord) -> io::Result<()> {
        let (mut length, mut has_quote) = (0, false);
        loop {
            let text = self.text.fill_buf()?;
            if text.is_empty() {
                break;
            }
            let (taken, is_whole) = self.parser.read(text);
            if is_whole {
                self.is_after_return = taken > 0 && text[taken - 1] == b'\r';
                self.is_at_end = false;
                self.text.consume(taken);
                self.parser.hand_over(record);
                return Ok(());
            }
            has_quote |= text[..taken].contains(&b'"');
            self.text.consume(taken);
            length += taken;
            ensure_row_can_be(self.row, length, has_quote)?;
        }
        // A line break ends every row but one with an open quote.
        let (_, is_whole) = self.parser.read(b"\n");
        self.parser.hand_over(record);
        (self.is_after_return, self.is_at_end) = (false, true);
        if is_whole {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "row {} has a quote that is opened and never closed, or the file is cut off there; close the quote or get the whole file",
            self.row
        )))
    }
}

/// What some programs leave behind the last line: blanks, or the mark by which DOS knew the end.
fn is_nothing(text: &[u8]) -> bool {
    let mut bytes = text.iter();
    bytes.all(|byte| matches!(byte, b' ' | b'\t' | 0x1a))
}

fn ensure_row_can_be(row: u64, length: usize, has_quote: bool) -> io::Result<()> {
    if length <= LONGEST_ROW {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "row {row} is longer than any row can be: {}",
        if has_quote {
            "a quote in it is opened and never closed; close the quote"
        } else {
            "no line break ends it; if the file is a sheet, export it again and save it as CSV"
        }
    )))
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
        for end in [" ", "\t ", "\x1a", " , "] {
            assert_eq!(rows_of(&format!("h,h\n{end}")), expect(&[(1, "h")]));
        }
        assert_eq!(rows_of("h\n \na"), expect(&[(1, "h"), (2, " "), (3, "a")]));
    }

    #[test]
    fn line_ends_may_change_on_the_way() {
        for text in [
            "h\r\na\nb\n\nc\r\nd",
            "h\na\r\nb\r\n\r\nc\nd",
            "h\r\na\nb\n\r\nc\nd",
            "h\ra\nb\r\n\nc\rd\r\n",
            "h\n\"a\"\nb\r\n\n\"c\"\r\nd",
            "h\r\"a\"\rb\r\r\"c\"\r\"d\"",
            "h\ra\r\nb\r\n\r\nc\r\nd",
        ] {
            let rows = expect(&[(1, "h"), (2, "a"), (3, "b"), (5, "c"), (6, "d")]);
            assert_eq!(rows_of(text), rows, "{text:?}");
        }
        let rows = expect(&[(1, "h"), (2, "a\rb"), (3, "c\nd")]);
        assert_eq!(rows_of("h\r\"a\rb\"\r\"c\nd\"\r"), rows);
    }

    #[test]
    fn a_separator_line_is_no_row_however_it_ends() {
        for end in ["\n", "\r\n", "\r"] {
            let text = format!("sep=,{end}h{end}{end}a");
            let mut records =
                Records::after_separator_line(text.as_bytes(), b',').expect("bytes can be read");
            let rows: Vec<u64> = std::iter::from_fn(|| records.next_record())
                .map(|numbered| numbered.expect("bytes can be read").row)
                .collect();
            assert_eq!(rows, [1, 3], "{end:?}");
        }
    }

    /// Hands on a few bytes at a time.
    struct Dripping<'t>(&'t [u8], usize);

    impl Read for Dripping<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len());
            self.0.read(&mut buffer[..length])
        }
    }

    proptest::proptest! {
        #[test]
        fn cells_are_those_that_the_csv_crate_reads(
            text in "([ab;é]{0,3}|[\"\r\n,]|\"\"|\r\n){0,40}",
            delimiter in proptest::sample::select(vec![b',', b';']),
            at_once in 1_usize..9,
        ) {
            let mut records = Records::new(Dripping(text.as_bytes(), at_once), delimiter);
            let ours: Result<Vec<ByteRecord>, io::Error> =
                std::iter::from_fn(|| records.next_record())
                    .map(|numbered| numbered.map(|numbered| numbered.record))
                    .collect();
            let theirs = by_the_csv_crate(&text, delimiter);
            // Which takes a quote to be closed by the end. Only in an open one does a line break
            // more make a difference.
            let is_open = theirs != by_the_csv_crate(&format!("{text}\n"), delimiter);
            match ours {
                Ok(ours) if !is_open => proptest::prop_assert_eq!(ours, theirs),
                ours => proptest::prop_assert_eq!(ours.is_err(), is_open),
            }
        }
    }

    fn by_the_csv_crate(text: &str, delimiter: u8) -> Vec<ByteRecord> {
        csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes())
            .into_byte_records()
            .map(|record| record.expect("bytes can be read"))
            .filter(|record| !record.as_slice().is_empty())
            .collect()
    }

    #[test]
    fn a_quote_that_is_open_at_the_end_is_an_error_and_one_within_a_cell_is_none() {
        for (text, is_open) in [
            ("h,h\na,\"x\nb,y\n", true),
            ("h,h\na,\"x", true),
            ("h,h\na,\"", true),
            ("h,h\na,\"x\"\"", true),
            ("h,h\na,\"x\"", false),
            ("h,h\na,\"x\"y", false),
            ("h,h\na,5\" pipe", false),
            ("h,h\na,5\" pipe\n", false),
        ] {
            let mut records = Records::new(text.as_bytes(), b',');
            let errors: Vec<io::Error> = std::iter::from_fn(|| records.next_record())
                .filter_map(Result::err)
                .collect();
            assert_eq!(errors.len(), usize::from(is_open), "{text:?}");
            for error in errors {
                let says = error.to_string();
                assert!(
                    says.starts_with("row 2 has a quote that is opened"),
                    "{says}"
                );
            }
        }
    }

    #[test]
    fn a_row_that_ends_early_and_with_the_text_may_be_cut_off() {
        for (text, is_cut_off) in [
            ("h,h\na,1", false),
            ("h,h\na,1\n \t", false),
            ("h,h\na,1\r\n\x1a", false),
            ("h,h\na,1\n x", true),
            ("h,h\na\n", false),
            ("h,h\n\"a\"\r", false),
            ("h,h\na", true),
            ("h,h\na\n\"b\n", true),
            ("h,h\na\n\"\"", false),
        ] {
            let mut records = Records::new(text.as_bytes(), b',').with_width(2);
            let end = std::iter::from_fn(|| records.next_record()).last();
            assert_eq!(end.expect("a row").is_err(), is_cut_off, "{text:?}");
        }
    }

    #[test]
    fn a_row_is_as_long_as_it_is_but_not_endless() {
        let long = "x".repeat(3 * BLOCK);
        let rows = rows_of(&format!("h\n{long},1\n\"{long}\",2\nd"));
        assert_eq!(rows, expect(&[(1, "h"), (2, &long), (3, &long), (4, "d")]));
        for (start, why) in [("h\n", "no line break"), ("h\n\"", "a quote")] {
            let mut records = Records::new(start.as_bytes().chain(io::repeat(b'x')), b',');
            let ends = std::iter::from_fn(|| records.next_record()).find_map(Result::err);
            let says = ends.expect("an error").to_string();
            assert!(
                says.starts_with(&format!("row 2 is longer than any row can be: {why}")),
                "{says}"
            );
        }
    }
}
