//! Writes a table as CSV.

use std::fs::File;
use std::io::{BufWriter, Write};

use anyhow::Result;
use csv::{IntoInnerError, Terminator, Writer, WriterBuilder};

use crate::table::protected::protected;
use crate::table::{BYTE_ORDER_MARK, Cell, Rows, defuse};

/// Fewer system calls than with the usual 8 KiB.
const BUFFER: usize = 128 * 1024;

/// How a text file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    pub delimiter: u8,
    pub has_byte_order_mark: bool,
    /// It begins with a line such as `sep=;`.
    pub has_separator_line: bool,
    /// A double-click in Excel loses nothing of it.
    pub for_excel: bool,
}

impl Default for TextStyle {
    fn default() -> TextStyle {
        TextStyle {
            delimiter: b',',
            has_byte_order_mark: false,
            has_separator_line: false,
            for_excel: false,
        }
    }
}

#[derive(Debug)]
pub(super) struct TextWriter {
    writer: Writer<BufWriter<File>>,
    for_excel: bool,
}

impl TextWriter {
    pub(super) fn begin(file: File, style: TextStyle) -> Result<TextWriter> {
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
        Ok(TextWriter {
            writer,
            for_excel: style.for_excel,
        })
    }
}

impl Rows for TextWriter {
    fn cell(&mut self, cell: Cell<'_>) -> Result<()> {
        let writer = &mut self.writer;
        match cell {
            Cell::Name(text) | Cell::Text(text) if self.for_excel => {
                writer.write_field(protected(text))?;
            }
            Cell::Name(text) | Cell::Text(text) => writer.write_field(text)?,
            Cell::Count(number) => writer.write_field(number.to_string())?,
            Cell::Outside(text) => writer.write_field(defuse(text).as_bytes())?,
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
