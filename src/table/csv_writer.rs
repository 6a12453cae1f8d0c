//! Writes a table as CSV.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::Result;
use csv::{IntoInnerError, Terminator, Writer, WriterBuilder};

use crate::table::excel_text::as_text_formula;
use crate::table::{BYTE_ORDER_MARK, Cell, RowWriter, escape_formula};

/// Fewer system calls than with the usual 8 KiB.
const BUFFER: usize = 128 * 1024;

/// How a text file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvStyle {
    pub delimiter: u8,
    pub has_byte_order_mark: bool,
    /// It begins with a line such as `sep=;`.
    pub has_separator_line: bool,
    /// A double-click in Excel loses nothing of it.
    pub for_excel: bool,
}

impl Default for CsvStyle {
    fn default() -> CsvStyle {
        CsvStyle {
            delimiter: b',',
            has_byte_order_mark: false,
            has_separator_line: false,
            for_excel: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct CsvWriter {
    writer: Writer<BufWriter<File>>,
    for_excel: bool,
}

impl CsvWriter {
    pub(super) fn begin(file: File, style: CsvStyle) -> Result<CsvWriter> {
        let mut file = BufWriter::with_capacity(BUFFER, file);
        if style.has_byte_order_mark || style.for_excel {
            file.write_all(BYTE_ORDER_MARK)?;
        }
        let (terminator, line_end) = if style.for_excel {
            (Terminator::CRLF, "\r\n")
        } else {
            (Terminator::Any(b'\n'), "\n")
        };
        if style.has_separator_line {
            write!(file, "sep={}{line_end}", char::from(style.delimiter))?;
        }
        let writer = WriterBuilder::new()
            .delimiter(style.delimiter)
            .flexible(true)
            .terminator(terminator)
            .from_writer(file);
        Ok(CsvWriter {
            writer,
            for_excel: style.for_excel,
        })
    }
}

impl RowWriter for CsvWriter {
    fn cell(&mut self, cell: Cell<'_>) -> Result<()> {
        let writer = &mut self.writer;
        match cell {
            Cell::Name(text) | Cell::Text(text) if self.for_excel => {
                writer.write_field(as_text_formula(text))?;
            }
            Cell::Name(text) | Cell::Text(text) => writer.write_field(text)?,
            Cell::Count(number) => writer.write_field(number.to_string())?,
            Cell::Untrusted(text) => writer.write_field(escape_formula(text).as_bytes())?,
            Cell::Word(word, _) => writer.write_field(word)?,
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        Ok(self.writer.write_record(None::<&[u8]>)?)
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let file = self
            .writer
            .into_inner()
            .map_err(IntoInnerError::into_error)?;
        let file = file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        Ok(file.sync_all()?)
    }
}
