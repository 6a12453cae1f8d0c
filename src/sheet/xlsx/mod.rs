//! Reads an Excel workbook: one of its sheets is written out as text, cell by cell, and from there on is
//! read as any other.

mod book;
mod cells;
mod number_format;
mod package;

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use anyhow::{Context, Result, bail};
use csv::{Writer, WriterBuilder};

use crate::sheet::dialect::Separator;
use crate::sheet::hidden::HiddenCells;
use crate::sheet::problem::{column_letters, shorten};
use book::{Book, BookSheet, SharedTexts};
use cells::{Cell, Cells, Shared};
use number_format::Formats;
use package::{Package, ROWS, read_part};

/// Characters that a cell of Excel holds at most, and the bytes they take at most.
const LONGEST_CELL: usize = 3 * 32_767;

/// How much of each sheet is looked at to tell which is meant.
const LOOKED_AT: usize = 256 * 1024;

/// Sheets that are looked at.
const SHEETS_LOOKED_AT: usize = 50;

/// The text of a sheet, for each byte of the workbook and in any case. Few bytes of a workbook can name
/// one long text very often; ids and numbers are packed to a twentieth.
const TEXT_A_BYTE: u64 = 100;
const TEXT_FREE: u64 = 64 * 1024 * 1024;

/// What the cells of the text are separated by.
pub(super) const SEPARATOR: Separator = Separator(b',');

/// A sheet of a workbook, as text.
pub(super) struct Spooled {
    /// Without a name, and gone when it is closed.
    pub(super) file: File,
    pub(super) hidden: HiddenCells,
    /// Which sheet it is, where nobody said and there are several.
    pub(super) chosen: Option<String>,
}

/// Writes the sheet called `name`, or the only visible one that `is_usable`, into a temporary file as CSV in
/// UTF-8. Each of its rows stands where Excel shows it.
pub(super) fn spool(
    file: &File,
    name: Option<&str>,
    is_usable: impl Fn(&[u8]) -> bool,
) -> Result<Spooled> {
    let mut package = Package::open(file)?;
    let book = Book::read(&mut package)?;
    let shared = Shared {
        texts: SharedTexts::read(&mut package, book.texts_part.as_deref())?,
        formats: Formats::read(&mut package, book.formats_part.as_deref())?,
        counts_from_1904: book.counts_from_1904,
    };
    let sheet = match name {
        Some(name) => named(&book, name)?,
        None => meant(&mut package, &book, &shared, is_usable)?,
    };
    let reading = || format!("its sheet `{}` cannot be read", shorten(&sheet.name));
    let most = TEXT_FREE.max(TEXT_A_BYTE * package.size());
    let temporary = tempfile::tempfile().context("cannot make a temporary file")?;
    let (file, hidden) = write(&mut package, &sheet, &shared, Bounded::new(temporary, most))
        .with_context(reading)?;
    let mut file = file.into_inner();
    file.seek(SeekFrom::Start(0))?;
    let is_one_of_many = name.is_none() && book.sheets.len() > 1;
    Ok(Spooled {
        file,
        hidden,
        chosen: is_one_of_many.then(|| sheet.name.clone()),
    })
}

fn named(book: &Book, name: &str) -> Result<BookSheet> {
    let found = book
        .sheets
        .iter()
        .find(|sheet| sheet.name.trim() == name.trim());
    found.cloned().with_context(|| {
        format!(
            "there is no such sheet in the workbook; its sheets are {}",
            list(&book.sheets)
        )
    })
}

/// The sheet that is meant where nobody named one.
fn meant(
    package: &mut Package<'_>,
    book: &Book,
    shared: &Shared,
    is_usable: impl Fn(&[u8]) -> bool,
) -> Result<BookSheet> {
    let visible: Vec<&BookSheet> = book
        .sheets
        .iter()
        .filter(|sheet| sheet.is_visible)
        .collect();
    let first = visible.first().copied().or(book.sheets.first());
    let Some(first) = first else {
        bail!("the workbook has no sheets");
    };
    if visible.len() < 2 {
        return Ok(first.clone());
    }
    let mut usable = Vec::new();
    for sheet in visible.into_iter().take(SHEETS_LOOKED_AT) {
        let start = Bounded::beginning(LOOKED_AT as u64);
        // One that cannot be read is not meant.
        let start = write(package, sheet, shared, start).map(|(start, _)| start.into_inner());
        if start.is_ok_and(|start| is_usable(&start)) {
            usable.push(sheet.clone());
        }
    }
    match &usable[..] {
        [] => Ok(first.clone()),
        [only] => Ok(only.clone()),
        [one, ..] => bail!(
            "{} of its sheets have these columns: {}; add --sheet \"{}\" or another to say which is meant",
            usable.len(),
            list(&usable),
            one.name.trim()
        ),
    }
}

fn list(sheets: &[BookSheet]) -> String {
    const SHOWN: usize = 12;
    let names = sheets.iter().take(SHOWN);
    let mut names: Vec<String> = names
        .map(|sheet| format!("`{}`", shorten(&sheet.name)))
        .collect();
    if sheets.len() > SHOWN {
        names.push(format!("and {} more", sheets.len() - SHOWN));
    }
    names.join(", ")
}

fn write<W: Write>(
    package: &mut Package<'_>,
    sheet: &BookSheet,
    shared: &Shared,
    out: Bounded<W>,
) -> Result<(Bounded<W>, HiddenCells)> {
    let xml = read_part(package, &sheet.part, ROWS)?;
    let mut cells = Cells::new(xml, shared);
    let mut rows = Rows::new(out);
    while let Some(cell) = cells.next()? {
        rows.put(cell)?;
        if rows.is_full() {
            break;
        }
    }
    Ok((rows.finish()?, cells.hidden))
}

/// Takes so many bytes, and then either fails or takes no more.
#[derive(Debug)]
struct Bounded<W> {
    out: W,
    left: u64,
    is_beginning: bool,
}

impl<W> Bounded<W> {
    fn new(out: W, left: u64) -> Bounded<W> {
        Bounded {
            out,
            left,
            is_beginning: false,
        }
    }

    fn into_inner(self) -> W {
        self.out
    }
}

impl Bounded<Vec<u8>> {
    /// Only the beginning of a text is wanted.
    fn beginning(left: u64) -> Bounded<Vec<u8>> {
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
struct Rows<W: Write> {
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
    fn new(out: Bounded<W>) -> Rows<W> {
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

    fn is_full(&self) -> bool {
        let out = self.writer.get_ref();
        out.is_beginning && out.left == 0
    }

    fn put(&mut self, cell: Cell) -> Result<()> {
        let Cell { row, column, text } = cell;
        if text.len() > LONGEST_CELL {
            bail!(
                "its cell {}{row} holds more text than Excel puts into one",
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

    fn finish(mut self) -> Result<Bounded<W>> {
        self.end_row()?;
        let out = self
            .writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        Ok(out)
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
        let text = rows.finish().expect("room").into_inner();
        let text = String::from_utf8(text).expect("text");
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
