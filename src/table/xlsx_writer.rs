//! Writes a table as an Excel workbook, row by row: what is written is on disk, not in memory.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::BufWriter;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::path::Path;
use std::sync::Once;

use anyhow::{Result, bail};
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, IgnoreError, Workbook, Worksheet, XlsxError,
};

use crate::table::{Cell, RowWriter, Tone, escape_formula, strip_text_formula};

/// Rows that a sheet of Excel has.
pub const ROWS: u32 = 1_048_576;

/// Columns that a sheet of Excel has.
pub const COLUMNS: u16 = 16_384;

/// What a cell of Excel holds at most, in UTF-16 units.
const LONGEST_CELL: usize = 32_767;

/// Longer texts in cells formatted as text are shown as `####` by some versions of Excel.
const LONGEST_SHOWN_AS_TEXT: usize = 255;

/// How wide a column is made, in characters; the arrow of the filter takes some of it.
const NARROWEST: usize = 8;
const WIDEST: usize = 40;
const FILTER_ARROW: usize = 3;

/// A sheet under way.
pub(super) struct XlsxWriter {
    file: File,
    workbook: Workbook,
    formats: Formats,
    row: u32,
    column: u16,
    header_row: Option<u32>,
    /// Characters in the longest cell of each column.
    widths: Vec<usize>,
    hidden_columns: Vec<usize>,
}

#[derive(Debug)]
struct Formats {
    name: Format,
    /// What is typed into such a cell stays as it was typed.
    text: Format,
    long_text: Format,
    count: Format,
    good: Format,
    doubtful: Format,
    bad: Format,
}

// The library's workbook has none.
impl fmt::Debug for XlsxWriter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("XlsxWriter");
        shown.field("row", &self.row).finish_non_exhaustive()
    }
}

impl XlsxWriter {
    /// What is not finished is kept in `folder`, since there must be room there anyway.
    pub(super) fn begin(file: File, folder: &Path) -> Result<XlsxWriter> {
        silence_library_panics();
        let mut workbook = Workbook::new();
        workbook.set_tempdir(folder)?;
        // The same rows make the same file, as in CSV: so a sheet is known that was written already.
        let created = ExcelDateTime::from_ymd(2000, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        workbook.add_worksheet_with_constant_memory()?;
        let text = Format::new().set_num_format("@");
        let colored = |background: u32, letters: u32| {
            text.clone()
                .set_background_color(background)
                .set_font_color(letters)
        };
        Ok(XlsxWriter {
            file,
            workbook,
            // The colors that Excel itself calls good, neutral and bad.
            formats: Formats {
                name: text.clone().set_bold(),
                // Not the usual format, which would give way to that of the column.
                long_text: Format::new().set_align(FormatAlign::Left),
                count: Format::new().set_num_format("0"),
                good: colored(0xc6_efce, 0x00_6100),
                doubtful: colored(0xff_eb9c, 0x9c_5700),
                bad: colored(0xff_c7ce, 0x9c_0006),
                text,
            },
            row: 0,
            column: 0,
            header_row: None,
            widths: Vec::new(),
            hidden_columns: Vec::new(),
        })
    }
}

impl RowWriter for XlsxWriter {
    fn cell(&mut self, cell: Cell<'_>) -> Result<()> {
        let column = self.column;
        self.column = self.column.saturating_add(1);
        match cell {
            Cell::Count(number) => self.number(column, number),
            Cell::Name(name) => {
                self.header_row = Some(self.row);
                self.text(column, &String::from_utf8_lossy(name), |formats| {
                    &formats.name
                })
            }
            Cell::Text(text) => {
                let text = String::from_utf8_lossy(text);
                self.text(column, strip_text_formula(&text), |formats| &formats.text)
            }
            Cell::Untrusted(text) => {
                self.text(column, &escape_formula(text), |formats| &formats.text)
            }
            Cell::Word(word, tone) => self.text(column, word, |formats| match tone {
                Tone::Good => &formats.good,
                Tone::Plain => &formats.text,
                Tone::Warning => &formats.doubtful,
                Tone::Bad => &formats.bad,
            }),
        }
    }

    fn end_row(&mut self) -> Result<()> {
        self.row += 1;
        self.column = 0;
        Ok(())
    }

    fn hide_row(&mut self) -> Result<()> {
        let worksheet = self.workbook.worksheet_from_index(0)?;
        worksheet.set_row_hidden(self.row)?;
        Ok(())
    }

    fn hide_column(&mut self, column: usize) {
        self.hidden_columns.push(column);
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let XlsxWriter {
            file,
            mut workbook,
            formats,
            row,
            header_row,
            widths,
            hidden_columns,
            ..
        } = *self;
        let last_row = row.saturating_sub(1);
        let last_column = u16::try_from(widths.len().saturating_sub(1))?;
        let worksheet = workbook.worksheet_from_index(0)?;
        for (width, column) in widths.iter().zip(0..) {
            let width = u8::try_from((*width).clamp(NARROWEST, WIDEST) + FILTER_ARROW)?;
            worksheet.set_column_width(column, f64::from(width))?;
            worksheet.set_column_format(column, &formats.text)?;
        }
        for column in hidden_columns {
            worksheet.set_column_hidden(u16::try_from(column)?)?;
        }
        if let Some(header_row) = header_row {
            worksheet.set_freeze_panes(header_row + 1, 0)?;
            worksheet.autofilter(header_row, 0, last_row.max(header_row), last_column)?;
        }
        // Phone numbers are text, which Excel would point out in each cell.
        let number_as_text = IgnoreError::NumberStoredAsText;
        worksheet.ignore_error_range(0, 0, last_row, last_column, number_as_text)?;
        let mut buffered = BufWriter::new(file);
        catch_library_panic(|| workbook.save_to_writer(&mut buffered))?;
        let file = buffered
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        Ok(file.sync_all()?)
    }
}

impl XlsxWriter {
    fn number(&mut self, column: u16, number: u64) -> Result<()> {
        let digits = number.to_string();
        self.note_width(column, digits.len());
        // Excel keeps fifteen digits, and what is counted here has fewer.
        let value: f64 = digits.parse()?;
        let row = self.row;
        self.write(|worksheet, formats| {
            worksheet
                .write_number_with_format(row, column, value, &formats.count)
                .map(drop)
        })
    }

    fn text(
        &mut self,
        column: u16,
        text: &str,
        format: impl FnOnce(&Formats) -> &Format,
    ) -> Result<()> {
        self.note_width(column, text.chars().count());
        if text.is_empty() {
            return Ok(());
        }
        let text = cut(text);
        let row = self.row;
        self.write(|worksheet, formats| {
            let format = if text.len() > LONGEST_SHOWN_AS_TEXT {
                &formats.long_text
            } else {
                format(formats)
            };
            worksheet
                .write_string_with_format(row, column, text, format)
                .map(drop)
        })
    }

    fn write(
        &mut self,
        write: impl FnOnce(&mut Worksheet, &Formats) -> Result<(), XlsxError>,
    ) -> Result<()> {
        let worksheet = self.workbook.worksheet_from_index(0)?;
        catch_library_panic(|| write(worksheet, &self.formats))
    }

    fn note_width(&mut self, column: u16, characters: usize) {
        let column = usize::from(column);
        if self.widths.len() <= column {
            self.widths.resize(column + 1, 0);
        }
        self.widths[column] = self.widths[column].max(characters);
    }
}

/// The library takes it for impossible that its temporary file cannot be written, and panics when the
/// disk is full.
fn catch_library_panic(write: impl FnOnce() -> Result<(), XlsxError>) -> Result<()> {
    match catch_unwind(AssertUnwindSafe(write)) {
        Ok(written) => Ok(written?),
        Err(panic) => {
            let said = panic.downcast_ref::<String>().map(String::as_str);
            let why = match said {
                // As the library prints an error of the system.
                Some(said) if said.contains("StorageFull") => "the disk is full",
                said => said.unwrap_or("it is not known why"),
            };
            bail!("its temporary file cannot be written: {why}")
        }
    }
}

/// Such a panic becomes an error, and need not be told twice.
fn silence_library_panics() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |panic| {
            let place = panic.location().map_or("", |location| location.file());
            if !place.contains("rust_xlsxwriter") {
                usual(panic);
            }
        }));
    });
}

/// As much of a text as a cell of Excel holds.
fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST_CELL || text.encode_utf16().count() <= LONGEST_CELL {
        return Cow::Borrowed(text);
    }
    let mut units = 1;
    let kept = text.chars().take_while(|character| {
        units += character.len_utf16();
        units <= LONGEST_CELL
    });
    Cow::Owned(kept.chain(['…']).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_holds_what_excel_lets_it_hold() {
        let fits = "😀".repeat(LONGEST_CELL / 2);
        assert_eq!(cut(&fits), fits);
        let cut = cut(&"😀".repeat(LONGEST_CELL)).into_owned();
        assert!(cut.ends_with('…'));
        assert_eq!(cut.encode_utf16().count(), LONGEST_CELL);
        assert_eq!(cut.chars().count(), LONGEST_CELL / 2 + 1);
    }
}
