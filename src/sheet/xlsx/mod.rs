//! Reads an Excel workbook: one of its sheets is written out as text, cell by cell, and from there on is
//! read as any other.

mod book;
mod cells;
mod format_code;
mod formatted_date;
mod formatted_number;
mod fraction;
mod legibility;
mod package;
mod worksheet_rows;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use anyhow::{Context, Result, bail};

use crate::sheet::dialect::Separator;
use crate::sheet::hidden::HiddenCells;
use crate::sheet::problem::shorten;
use book::{Book, BookSheet, SharedTexts};
use cells::{Cells, Shared};
use formatted_number::Formats;
use package::{Package, ROWS, read_part};
use worksheet_rows::{Bounded, Rows};

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

/// Whether a sheet may be the one that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Usable,
    /// It has the columns, and no row that could be sent.
    WithoutRows,
    /// Its columns have other names.
    Nearly,
    Not,
}

/// A sheet of a workbook, as text.
pub(super) struct Spooled {
    /// Without a name, and gone when it is closed.
    pub(super) file: File,
    pub(super) hidden: HiddenCells,
    /// The cells of its widest row.
    pub(super) width: usize,
    /// Which sheet it is, where there are several.
    pub(super) name: Option<String>,
    /// The first of the hidden sheets.
    pub(super) hidden_sheet: Option<String>,
}

/// Writes the sheet called `name`, or the only visible one that may be meant by its `fit`, into a temporary file as CSV in
/// UTF-8. Each of its rows stands where Excel shows it.
pub(super) fn spool(
    file: &File,
    name: Option<&str>,
    fit: impl Fn(&[u8], bool) -> Fit,
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
        None => meant(&mut package, &book, &shared, fit)?,
    };
    let reading = || format!("its sheet `{}` cannot be read", shorten(&sheet.name));
    let most = TEXT_FREE.max(TEXT_A_BYTE * package.size());
    let temporary = tempfile::tempfile().context("cannot make a temporary file")?;
    let out = Bounded::new(temporary, most);
    let written = write(&mut package, &sheet, &shared, out).with_context(reading)?;
    let mut file = written.out.into_inner();
    file.seek(SeekFrom::Start(0))?;
    let is_one_of_many = book.sheets.len() > 1;
    let mut hidden_sheets = book.sheets.iter().filter(|one| !one.is_visible);
    Ok(Spooled {
        hidden_sheet: hidden_sheets.next().map(|one| one.name.clone()),
        file,
        hidden: written.hidden,
        width: written.width,
        name: is_one_of_many.then(|| sheet.name.clone()),
    })
}

fn named(book: &Book, name: &str) -> Result<BookSheet> {
    let found = book
        .sheets
        .iter()
        .find(|sheet| sheet.name.trim() == name.trim());
    found.cloned().with_context(|| {
        format!(
            "the workbook has no sheet `{}`; its sheets are {}",
            shorten(name),
            list(&book.sheets)
        )
    })
}

/// The sheet that is meant where nobody named one.
fn meant(
    package: &mut Package<'_>,
    book: &Book,
    shared: &Shared,
    fit: impl Fn(&[u8], bool) -> Fit,
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
    let (mut usable, mut near, mut empty) = (Vec::new(), Vec::new(), Vec::new());
    for sheet in visible.into_iter().take(SHEETS_LOOKED_AT) {
        let start = Bounded::beginning(LOOKED_AT as u64);
        // One that cannot be read is not meant.
        let Ok(start) = write(package, sheet, shared, start) else {
            continue;
        };
        let start = start.out.into_inner();
        match fit(&start, start.len() < LOOKED_AT) {
            Fit::Usable => usable.push(sheet.clone()),
            Fit::WithoutRows => empty.push(sheet.clone()),
            Fit::Nearly => near.push(sheet.clone()),
            Fit::Not => {}
        }
    }
    if usable.is_empty() {
        usable = empty;
    }
    let choose = |name: &str| {
        format!(
            "choose one, such as --sheet \"{}\"; each needs its own run",
            shorten(name.trim())
        )
    };
    match (&usable[..], &near[..]) {
        ([], []) => Ok(first.clone()),
        ([only], []) | ([], [only]) => Ok(only.clone()),
        ([only], _) => bail!(
            "its sheet `{}` has the columns that are needed, and similar ones are in {}; {}",
            shorten(&only.name),
            list(&near),
            choose(&only.name)
        ),
        ([], [one, ..]) => bail!(
            "{} of its sheets have columns that are nearly called as those that are needed: {}; {}",
            near.len(),
            list(&near),
            choose(&one.name)
        ),
        ([one, ..], _) => bail!(
            "{} of its sheets have the columns that are needed: {}; {}",
            usable.len(),
            list(&usable),
            choose(&one.name)
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

/// A sheet that was written out.
struct Written<W> {
    out: Bounded<W>,
    width: usize,
    hidden: HiddenCells,
}

fn write<W: Write>(
    package: &mut Package<'_>,
    sheet: &BookSheet,
    shared: &Shared,
    out: Bounded<W>,
) -> Result<Written<W>> {
    let xml = read_part(package, &sheet.part, ROWS)?;
    let mut cells = Cells::new(xml, shared);
    let mut rows = Rows::new(out);
    while let Some(cell) = cells.next()? {
        rows.put(cell)?;
        if rows.is_full() {
            break;
        }
    }
    let (out, width) = rows.finish()?;
    Ok(Written {
        out,
        width,
        hidden: cells.hidden,
    })
}
