//! Parses one row after the other, by the parser that the csv crate is made of.

use csv::ByteRecord;
use csv_core::{ReadRecordResult, ReaderBuilder};

/// A row, as far as it was read; it may go on over several lines.
#[derive(Debug)]
pub(super) struct RecordParser {
    parser: csv_core::Reader,
    text: Vec<u8>,
    /// Where in it the cells end.
    ends: Vec<usize>,
    written: usize,
    cells: usize,
}

impl RecordParser {
    pub(super) fn new(delimiter: u8) -> RecordParser {
        RecordParser {
            parser: ReaderBuilder::new().delimiter(delimiter).build(),
            text: vec![0; 1024],
            ends: vec![0; 16],
            written: 0,
            cells: 0,
        }
    }

    /// Goes on with a row. How many bytes of `input` were taken, and whether the row is whole with them.
    pub(super) fn read(&mut self, input: &[u8]) -> (usize, bool) {
        let mut taken = 0;
        loop {
            let (result, read, written, cells) = self.parser.read_record(
                &input[taken..],
                &mut self.text[self.written..],
                &mut self.ends[self.cells..],
            );
            taken += read;
            self.written += written;
            self.cells += cells;
            match result {
                ReadRecordResult::InputEmpty => return (taken, false),
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => return (taken, true),
            }
        }
    }

    /// Gives the cells that are whole, and begins again.
    pub(super) fn hand_over(&mut self, record: &mut ByteRecord) {
        record.clear();
        let mut start = 0;
        for end in &self.ends[..self.cells] {
            record.push_field(&self.text[start..*end]);
            start = *end;
        }
        (self.written, self.cells) = (0, 0);
    }
}
