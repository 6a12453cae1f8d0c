//! Writes the files of a run: rows of cells, as CSV or, where the name says so, as an Excel workbook.
//! Each has a temporary name until it is complete, so that whatever stands at a path is never half a
//! file.

mod checksum;
mod csv_writer;
mod excel_text;
mod format_limits;
mod untrusted;
mod xlsx_writer;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tempfile::{NamedTempFile, PersistError};

use crate::platform::{self, Readers};
pub use checksum::{FileChecksum, checksum_of};
pub use csv_writer::CsvStyle;
use csv_writer::CsvWriter;
pub use excel_text::strip_text_formula;
pub use format_limits::{ensure_fits, is_workbook};
pub use untrusted::escape_formula;
use xlsx_writer::XlsxWriter;
pub use xlsx_writer::{COLUMNS, ROWS};

/// What a UTF-8 file may begin with.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What may be done with a file that already stands where the table goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    Refuse,
    Replace,
}

/// What a cell holds, which decides how it is written.
#[derive(Debug, Clone, Copy)]
pub enum Cell<'a> {
    /// The name of a column; the row is the header.
    Name(&'a [u8]),
    /// An id, a phone number, whatever the user wrote: byte for byte.
    Text(&'a [u8]),
    Count(u64),
    /// Text that the service or a third person wrote, which must not become a formula.
    Untrusted(&'a str),
    /// A word that says how a row fared. A workbook shows it in color too.
    Word(&'a str, Tone),
}

impl<'a> Cell<'a> {
    pub fn text(text: &'a str) -> Cell<'a> {
        Cell::Text(text.as_bytes())
    }
}

/// How good or bad the news is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Good,
    Plain,
    Warning,
    Bad,
}

/// A file that is being written. It has a temporary name, and is removed unless it is persisted.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    temporary: NamedTempFile,
    writer: Box<dyn RowWriter>,
}

/// A kind of file that rows can be written into.
trait RowWriter: fmt::Debug {
    fn cell(&mut self, cell: Cell<'_>) -> Result<()>;

    fn end_row(&mut self) -> Result<()>;

    /// Hides the row that is under way, where the form can.
    fn hide_row(&mut self) -> Result<()> {
        Ok(())
    }

    /// The same of a column, counted from 0.
    fn hide_column(&mut self, _column: usize) {}

    /// Writes what is left, down to the disk.
    fn finish(self: Box<Self>) -> Result<()>;
}

impl Table {
    /// Begins a file that will be called `path`. A workbook makes no use of `style`.
    pub fn create(path: &Path, style: CsvStyle) -> Result<Table> {
        let begun = platform::create_temporary(path, Readers::Usual)
            .map_err(Into::into)
            .and_then(|temporary| Table::begin(path, style, temporary));
        begun.with_context(|| cannot_write(path))
    }

    /// The same for the results of a run, whose id marks the file until it is complete: what a killed
    /// part of the run left is removed.
    pub fn create_of_run(path: &Path, style: CsvStyle, run: &str) -> Result<Table> {
        let begun = platform::create_temporary_of(path, run)
            .map_err(Into::into)
            .and_then(|temporary| Table::begin(path, style, temporary));
        begun.with_context(|| cannot_write(path))
    }

    fn begin(path: &Path, style: CsvStyle, temporary: NamedTempFile) -> Result<Table> {
        let file = temporary.as_file().try_clone()?;
        let writer: Box<dyn RowWriter> = if is_workbook(path) {
            Box::new(XlsxWriter::begin(file, platform::folder_of(path))?)
        } else {
            Box::new(CsvWriter::begin(file, style)?)
        };
        Ok(Table {
            path: path.to_path_buf(),
            temporary,
            writer,
        })
    }

    /// Writes the next cell of the row.
    pub fn cell(&mut self, cell: Cell<'_>) -> Result<()> {
        let written = self.writer.cell(cell);
        written.with_context(|| cannot_write(&self.path))
    }

    pub fn end_row(&mut self) -> Result<()> {
        let written = self.writer.end_row();
        written.with_context(|| cannot_write(&self.path))
    }

    /// Hides the row that is under way; a text file shows it all the same.
    pub fn hide_row(&mut self) -> Result<()> {
        let hidden = self.writer.hide_row();
        hidden.with_context(|| cannot_write(&self.path))
    }

    /// The same of a column, counted from 0.
    pub fn hide_column(&mut self, column: usize) {
        self.writer.hide_column(column);
    }

    /// Makes sure that everything is on disk, and only then gives the file its name.
    pub fn persist(self, existing: Existing) -> Result<FileChecksum> {
        let (path, temporary, written) = self.finish()?;
        persist_as(&path, temporary, existing)?;
        Ok(written)
    }

    /// The same with the first of these names that is free. A file that has one of them and is the same
    /// is taken in place of this one.
    pub fn persist_as_first(self, names: impl Iterator<Item = PathBuf>) -> Result<PathBuf> {
        let (last, temporary, written) = self.finish()?;
        for name in names {
            if !platform::is_taken(&name) {
                persist_as(&name, temporary, Existing::Refuse)?;
                return Ok(name);
            }
            if checksum_of(&name).ok() == Some(written) {
                return Ok(name);
            }
        }
        bail!(
            "there are too many files like `{}`; move them away",
            last.display()
        )
    }

    fn finish(self) -> Result<(PathBuf, NamedTempFile, FileChecksum)> {
        let Table {
            path,
            temporary,
            writer,
        } = self;
        let written = writer
            .finish()
            .and_then(|()| Ok(checksum_of(temporary.path())?))
            .with_context(|| cannot_write(&path))?;
        Ok((path, temporary, written))
    }
}

fn persist_as(path: &Path, temporary: NamedTempFile, existing: Existing) -> Result<()> {
    let shown = path.display();
    let persisted = match existing {
        Existing::Refuse => platform::persist_new(temporary, path),
        Existing::Replace => platform::persist(temporary, path),
    };
    if let Err(PersistError { error, file }) = persisted {
        let (_, kept) = file.keep()?;
        let kept = format!("what was written is in `{}`", kept.display());
        if error.kind() == io::ErrorKind::AlreadyExists {
            bail!("`{shown}` appeared in the meantime and is left alone; {kept}");
        }
        return Err(error)
            .with_context(|| format!("cannot replace `{shown}` (is it open in Excel?); {kept}"));
    }
    Ok(())
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write `{}`", path.display())
}

/// Whether nothing would be left of `other` once `path` is written.
pub fn would_overwrite(path: &Path, other: &Path) -> bool {
    let canonical = |path: &Path| fs::canonicalize(path).ok();
    canonical(path).is_some_and(|path| canonical(other) == Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader, Xlsx, open_workbook};
    use proptest::prelude::*;

    const EXCEL: CsvStyle = CsvStyle {
        delimiter: b';',
        has_byte_order_mark: false,
        has_separator_line: false,
        for_excel: true,
    };

    /// Writes rows of text below a header and gives the file.
    fn write(name: &str, style: CsvStyle, rows: &[Vec<String>]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join(name);
        let mut table = Table::create(&path, style).expect("it begins");
        table.cell(Cell::Name(b"first")).expect("written");
        table.cell(Cell::Name(b"second")).expect("written");
        table.end_row().expect("written");
        for row in rows {
            for text in row {
                table.cell(Cell::text(text)).expect("written");
            }
            table.end_row().expect("written");
        }
        let written = table.persist(Existing::Refuse).expect("it is whole");
        assert_eq!(written, checksum_of(&path).expect("it is there"));
        (folder, path)
    }

    fn write_row(path: &Path, style: CsvStyle, cells: &[Cell<'_>]) {
        let mut table = Table::create(path, style).expect("it begins");
        for cell in cells {
            table.cell(*cell).expect("written");
        }
        table.end_row().expect("written");
        table.persist(Existing::Refuse).expect("it is whole");
    }

    fn read_workbook(path: &Path) -> Vec<Vec<Data>> {
        let mut workbook: Xlsx<_> = open_workbook(path).expect("a workbook");
        let range = workbook.worksheet_range("Sheet1").expect("a sheet");
        range.rows().map(<[Data]>::to_vec).collect()
    }

    #[test]
    fn each_kind_of_cell_is_written_as_what_it_is() {
        let cells = [
            Cell::text("+12025550101"),
            Cell::Count(7),
            Cell::Untrusted("=1+1"),
            Cell::Word("failed", Tone::Bad),
            Cell::text("a;b"),
        ];
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, style, expected) in [
            (
                "plain.csv",
                CsvStyle::default(),
                "+12025550101,7,'=1+1,failed,a;b\n",
            ),
            (
                "excel.csv",
                EXCEL,
                "\u{feff}\"=\"\"+12025550101\"\"\";7;'=1+1;failed;\"a;b\"\r\n",
            ),
        ] {
            let path = folder.path().join(name);
            write_row(&path, style, &cells);
            assert_eq!(fs::read_to_string(&path).expect("text"), expected);
        }
        let path = folder.path().join("book.XLSX");
        write_row(&path, EXCEL, &cells);
        let text = |text: &str| Data::String(text.to_string());
        assert_eq!(
            read_workbook(&path),
            [[
                text("+12025550101"),
                Data::Float(7.0),
                text("'=1+1"),
                text("failed"),
                text("a;b")
            ]]
        );
    }

    #[test]
    fn what_is_not_whole_has_no_name_and_leaves_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["half.csv", "half.xlsx"] {
            let path = folder.path().join(name);
            let mut table = Table::create(&path, CsvStyle::default()).expect("it begins");
            table.cell(Cell::text("a")).expect("written");
            drop(table);
        }
        let left = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(left, 0);
    }

    /// Cells that people have, and some that nobody should.
    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            "\\PC{0,12}",
            "[-+=@0-9. ;,\"'\t\r\n\u{0}-\u{1f}\u{fffe}\u{ffff}]{0,12}",
            "(_x[0-9A-Fa-f]{4}_|&|<|]]>| ){0,4}",
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_text_comes_back_from_a_workbook(rows in prop::collection::vec(prop::collection::vec(cell(), 2), 1..5)) {
            let (_folder, path) = write("book.xlsx", CsvStyle::default(), &rows);
            let read = read_workbook(&path);
            for (row, texts) in rows.iter().enumerate() {
                for (column, text) in texts.iter().enumerate() {
                    let found = read.get(row + 1).and_then(|row| row.get(column));
                    let found = found.cloned().unwrap_or(Data::Empty).to_string();
                    prop_assert_eq!(&found, strip_text_formula(text));
                }
            }
        }

        #[test]
        fn every_text_comes_back_from_a_csv(rows in prop::collection::vec(prop::collection::vec(cell(), 2), 1..5)) {
            for style in [CsvStyle::default(), EXCEL] {
                let (_folder, path) = write("text.csv", style, &rows);
                let mut reader = csv::ReaderBuilder::new()
                    .delimiter(style.delimiter)
                    .from_path(path)
                    .expect("a file");
                let read: Vec<_> = reader.records().map(|record| record.expect("text")).collect();
                prop_assert_eq!(read.len(), rows.len());
                for (read, texts) in read.iter().zip(&rows) {
                    for (found, text) in read.iter().zip(texts) {
                        let found = if found == text { found } else { strip_text_formula(found) };
                        let found = found.replace("\"\"", "\"");
                        prop_assert!(found == *text || text.contains('"'), "{found:?} of {text:?}");
                    }
                }
            }
        }
    }
}
