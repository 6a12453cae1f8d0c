//! Reads an Excel workbook: one of its sheets is written out as text, cell by cell, and from
//! there on is read as any other.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};

use anyhow::{Context, Result, bail};
use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};
use csv::{Writer, WriterBuilder};

use crate::sheet::dialect::Separator;
use crate::sheet::input::SAVE_AS_CSV;
use crate::sheet::zip_guard::ensure_it_does_not_burst;
use crate::table::{COLUMNS, ROWS};

/// Excel keeps this many digits of a number; it has put zeros for any beyond.
const DIGITS_KEPT: f64 = 1e15;

/// Every row is made as wide as the widest of the first ones, among which is the header: a
/// workbook does not keep empty cells.
const WIDTH_BY_ROWS: usize = 10;

/// The day after the last one Excel knows, the end of the year 9999.
const LAST_DAY: f64 = 2_958_466.0;

/// What Excel shows for a date that is none.
const NO_DATE: &str = "########";

/// Characters that a cell of Excel holds at most, and the bytes they take at most.
const LONGEST_CELL: usize = 3 * 32_767;

/// More than a sheet that is full of ids. Few bytes of a workbook can name one long text very often.
const LARGEST_SHEET: u64 = 4 * 1024 * 1024 * 1024;

/// What the cells of the text are separated by.
pub(super) const SEPARATOR: Separator = Separator(b',');

/// A sheet of a workbook, as text.
pub(super) struct Spooled {
    /// Without a name, and gone when it is closed.
    pub(super) file: File,
    /// Which sheet it is, where nobody said and there are several.
    pub(super) chosen: Option<String>,
}

/// Writes the sheet called `name`, or the first, into a temporary file as CSV in UTF-8. Each of
/// its rows stands where Excel shows it.
pub(super) fn spool(file: &File, name: Option<&str>) -> Result<Spooled> {
    ensure_it_does_not_burst(file)?;
    let mut workbook: Xlsx<_> = Xlsx::new(BufReader::new(file))
        .with_context(|| format!("it is not an Excel workbook that can be read; {SAVE_AS_CSV}"))?;
    let names = workbook.sheet_names();
    let found = match name {
        Some(name) => names.iter().find(|one| one.trim() == name.trim()),
        None => names.first(),
    };
    let Some(found) = found else {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        bail!(
            "there is no such sheet in the workbook; its sheets are {}",
            names.join(", ")
        );
    };
    let reading = || format!("its sheet `{found}` cannot be read");
    let mut rows = Rows::new(tempfile::tempfile().context("cannot make a temporary file")?);
    let mut cells = workbook
        .worksheet_cells_reader(found)
        .with_context(reading)?;
    while let Some(cell) = cells.next_cell_with_formula().with_context(reading)? {
        let (row, column) = cell.pos;
        let text = match (cell.value, cell.formula) {
            // Made by a program that calculates nothing. Taking it for empty would be a guess.
            (DataRef::Empty, Some(formula)) => format!("={formula}"),
            (value, _) => text_of(&value),
        };
        if !text.is_empty() {
            rows.put(row, column, text).with_context(reading)?;
        }
    }
    let is_one_of_many = name.is_none() && names.len() > 1;
    Ok(Spooled {
        file: rows.finish().with_context(reading)?,
        chosen: is_one_of_many.then(|| found.clone()),
    })
}

/// A cell as Excel shows it where it shows all of it.
fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => text_of_number(*number),
        DataRef::Bool(true) => "TRUE".to_string(),
        DataRef::Bool(false) => "FALSE".to_string(),
        DataRef::DateTime(date) => text_of_date(date),
        DataRef::Error(error) => error.to_string(),
    }
}

/// Whole numbers with all their digits. One whose last digits are lost is written with an
/// exponent, by which it is known as such.
fn text_of_number(number: f64) -> String {
    if number.fract() == 0.0 && number.abs() < DIGITS_KEPT {
        return format!("{number:.0}");
    }
    if number.abs() >= DIGITS_KEPT {
        return format!("{number:E}");
    }
    number.to_string()
}

fn text_of_date(date: &ExcelDateTime) -> String {
    let days = date.as_f64();
    if !(0.0..LAST_DAY).contains(&days) {
        return NO_DATE.to_string();
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    if date.is_duration() || days < 1.0 {
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    if days.fract() == 0.0 {
        return format!("{year:04}-{month:02}-{day:02}");
    }
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Puts cells into rows and writes each row that is done.
struct Rows {
    writer: Writer<File>,
    /// The rows among which the header is, until they are all there.
    first: Option<Vec<Row>>,
    row: Row,
    /// Cells a row is filled up to.
    width: usize,
    /// Rows written.
    written: u32,
    /// Bytes in all cells.
    size: u64,
}

#[derive(Default)]
struct Row {
    number: u32,
    cells: Vec<String>,
}

impl Rows {
    fn new(file: File) -> Rows {
        Rows {
            writer: WriterBuilder::new()
                .flexible(true)
                .buffer_capacity(128 * 1024)
                .from_writer(file),
            first: Some(Vec::new()),
            row: Row::default(),
            width: 0,
            written: 0,
            size: 0,
        }
    }

    /// Both are counted from 0; rows come in their order.
    fn put(&mut self, row: u32, column: u32, text: String) -> Result<()> {
        if row >= ROWS || column >= COLUMNS.into() || row < self.row.number {
            bail!(
                "it has a cell where none can be (row {}, column {})",
                u64::from(row) + 1,
                u64::from(column) + 1
            );
        }
        self.size = self.size.saturating_add(text.len() as u64);
        if text.len() > LONGEST_CELL || self.size > LARGEST_SHEET {
            bail!(
                "it holds more text than Excel puts into a cell or a sheet (row {})",
                u64::from(row) + 1
            );
        }
        if row > self.row.number {
            self.end_row()?;
            self.row.number = row;
        }
        let column = column as usize;
        if self.row.cells.len() <= column {
            self.row.cells.resize(column + 1, String::new());
        }
        self.row.cells[column] = text;
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        let row = std::mem::take(&mut self.row);
        if row.cells.is_empty() {
            return Ok(());
        }
        let Some(first) = &mut self.first else {
            return self.write(&row);
        };
        self.width = self.width.max(row.cells.len());
        first.push(row);
        if first.len() == WIDTH_BY_ROWS {
            self.write_first()?;
        }
        Ok(())
    }

    fn write_first(&mut self) -> Result<()> {
        let first = self.first.take().unwrap_or_default();
        first.iter().try_for_each(|row| self.write(row))
    }

    fn write(&mut self, row: &Row) -> Result<()> {
        while self.written < row.number {
            self.writer.write_record([""])?;
            self.written += 1;
        }
        let missing = self.width.saturating_sub(row.cells.len());
        let filling = std::iter::repeat_n("", missing);
        self.writer
            .write_record(row.cells.iter().map(String::as_str).chain(filling))?;
        self.written += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<File> {
        self.end_row()?;
        self.write_first()?;
        let mut file = self
            .writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use calamine::ExcelDateTimeType;

    #[test]
    fn numbers_get_their_digits_back_or_show_that_they_lost_some() {
        for (number, text) in [
            (12_025_550_101.0, "12025550101"),
            (5501.0, "5501"),
            (999_999_999_999_999.0, "999999999999999"),
            (1.234_567_890_123_45e15, "1.23456789012345E15"),
            (5501.5, "5501.5"),
        ] {
            assert_eq!(text_of_number(number), text);
        }
    }

    #[test]
    fn dates_are_written_as_dates_and_impossible_ones_as_excel_shows_them() {
        let date = |days| {
            text_of_date(&ExcelDateTime::new(
                days,
                ExcelDateTimeType::DateTime,
                false,
            ))
        };
        assert_eq!(date(45_000.0), "2023-03-15");
        assert_eq!(date(45_000.5), "2023-03-15 12:00:00");
        assert_eq!(date(0.25), "06:00:00");
        assert_eq!(date(12_025_550_101.0), NO_DATE);
        assert_eq!(date(-1.0), NO_DATE);
    }

    #[test]
    fn rows_stand_where_they_stood_and_are_as_wide_as_the_header() {
        let mut rows = Rows::new(tempfile::tempfile().expect("a temporary file"));
        for (row, column, text) in [
            (1, 0, "title"),
            (3, 0, "a"),
            (3, 2, "c"),
            (4, 1, "2"),
            (7, 0, "x,y"),
        ] {
            rows.put(row, column, text.to_string()).expect("room");
        }
        assert!(rows.put(2, 0, "late".to_string()).is_err());
        let mut text = String::new();
        rows.finish()
            .expect("room")
            .read_to_string(&mut text)
            .expect("text");
        assert_eq!(
            text,
            "\"\"\ntitle,,\n\"\"\na,,c\n,2,\n\"\"\n\"\"\n\"x,y\",,\n"
        );
    }
}
