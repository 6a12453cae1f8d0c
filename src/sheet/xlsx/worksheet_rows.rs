//! Puts the cells of a worksheet into rows, and writes these as CSV, up to a limit.

use std::io::{self, Write};

use anyhow::{Result, bail};
use csv::{Writer, WriterBuilder};

use super::cells::Cell;
use crate::sheet::problem::column_letters;

/// Characters that a cell of Excel holds at most, and the bytes they take at most.
const LONGEST_CELL: usize = 3 * 32_767;

/// Takes a number of bytes, and then either fails or takes no more.
#[derive(Debug)]
pub(super) struct Bounded<W> {
    out: W,
    left: u64,
    is_beginning: bool,
}

impl<W> Bounded<W> {
    pub(super) fn new(out: W, left: u64) -> Bounded<W> {
        Bounded {
            out,
            left,
            is_beginning: false,
        }
    }

    pub(super) fn into_inner(self) -> W {
        self.out
    }
}

impl Bounded<Vec<u8>> {
    /// Only the beginning of a text is wanted.
    pub(super) fn beginning(left: u64) -> Bounded<Vec<u8>> {
        Bounded {
            is_beginning: true,
            ..Bounded::new(Vec::new(), left)
        }
    }
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len() as u64;
        if length > self.left && !self.is_beginning {
            return Err(io::Error::other(
                "it holds more text than a workbook of its size can need; save it as \"CSV UTF-8\" if it is sound",
            ));
        }
        self.left = self.left.saturating_sub(length);
        self.out.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Puts cells into rows and writes each row that is done.
pub(super) struct Rows<W: Write> {
    writer: Writer<Bounded<W>>,
    /// The row of `cells`, from 1.
    row: u64,
    cells: Vec<String>,
    /// Cells a row is filled up to: as many as the widest one above it, since a workbook does not keep
    /// empty cells.
    width: usize,
    /// Rows written.
    written: u64,
}

impl<W: Write> Rows<W> {
    pub(super) fn new(out: Bounded<W>) -> Rows<W> {
        Rows {
            writer: WriterBuilder::new()
                .flexible(true)
                .buffer_capacity(128 * 1024)
                .from_writer(out),
            row: 1,
            cells: Vec::new(),
            width: 0,
            written: 0,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        let out = self.writer.get_ref();
        out.is_beginning && out.left == 0
    }

    pub(super) fn put(&mut self, cell: Cell) -> Result<()> {
        let Cell { row, column, text } = cell;
        if text.len() > LONGEST_CELL {
            bail!(
                "its cell {}{row} holds more text than a cell in Excel can (32,767 characters); shorten it and save again",
                column_letters(column)
            );
        }
        if row > self.row {
            self.end_row()?;
            self.row = row;
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        if !self.cells[column].is_empty() {
            bail!(
                "it has the cell {}{row} twice; open it in Excel and save it again",
                column_letters(column)
            );
        }
        self.cells[column] = text;
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        if self.cells.is_empty() {
            return Ok(());
        }
        while self.written + 1 < self.row {
            self.writer.write_record([""])?;
            self.written += 1;
        }
        self.width = self.width.max(self.cells.len());
        self.cells.resize(self.width, String::new());
        self.writer.write_record(&self.cells)?;
        self.written += 1;
        self.cells.clear();
        Ok(())
    }

    /// What was written, and the cells of the widest row.
    pub(super) fn finish(mut self) -> Result<(Bounded<W>, usize)> {
        self.end_row()?;
        let out = self
            .writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        Ok((out, self.width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_they_stood_and_are_as_wide_as_the_widest_above_them() {
        let mut rows = Rows::new(Bounded::new(Vec::new(), 1000));
        for (row, column, text) in [
            (2, 0, "title"),
            (4, 0, "a"),
            (4, 2, "c"),
            (5, 1, "2"),
            (8, 0, "x,y"),
        ] {
            let text = text.to_string();
            rows.put(Cell { row, column, text }).expect("room");
        }
        let (out, width) = rows.finish().expect("room");
        assert_eq!(width, 3);
        let text = String::from_utf8(out.into_inner()).expect("text");
        assert_eq!(
            text,
            "\"\"\ntitle\n\"\"\na,,c\n,2,\n\"\"\n\"\"\n\"x,y\",,\n"
        );
    }

    #[test]
    fn a_text_that_grows_beyond_its_workbook_is_refused() {
        let mut rows = Rows::new(Bounded::new(Vec::new(), 1000));
        let put = (1..100_000).try_for_each(|row| {
            let text = "a long text".to_string();
            rows.put(Cell {
                row,
                column: 0,
                text,
            })
        });
        assert!(put.is_err());
    }
}
