//! The person's file: opens it, finds its columns, and reads it row by row as often as needed.

pub mod cells;
pub mod check;
pub mod columns;
pub mod problem;
mod records;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use csv::ByteRecord;

use crate::outcome::OutcomeKind;
use crate::row::Row;
use columns::Columns;
use problem::Problem;
pub use records::{Numbered, Records};

/// How much of the file is looked at to tell what it is.
const LOOKED_AT: u64 = 64 * 1024;

/// The separators spreadsheets write, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What a UTF-8 file may begin with.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An opened sheet. The file stays open, so that every pass reads the same file even when
/// another one takes its name meanwhile.
#[derive(Debug)]
pub struct Sheet {
    pub path: PathBuf,
    file: File,
    delimiter: u8,
    pub header: ByteRecord,
    /// The sheet's row that holds the header; 1 but for blank lines before it.
    header_row: u64,
    /// What stands where, or what is wrong with the header.
    pub columns: Result<Columns, Vec<Problem>>,
    /// The file begins with a byte order mark, by which Excel knows UTF-8.
    pub has_byte_order_mark: bool,
    reading: Reading,
}

/// How the sheet is to be read.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// Stands in for an empty `orgId`.
    pub default_org: Option<String>,
    pub rows: RowsWanted,
}

/// Which rows of the sheet the run is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RowsWanted {
    #[default]
    All,
    /// Of a results file, those that are not as asked.
    OnlyFailed,
}

impl Sheet {
    /// Opens a CSV file.
    ///
    /// A header that cannot be used is no error here: it is in `columns`, to be reported like
    /// any other problem of the sheet.
    pub fn open(path: &Path, reading: Reading) -> Result<Sheet> {
        let shown = path.display();
        let mut file = File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
        let metadata = file
            .metadata()
            .with_context(|| format!("cannot read `{shown}`"))?;
        if metadata.is_dir() {
            bail!("`{shown}` is a folder, not a sheet");
        }
        let mut start = Vec::new();
        (&mut file)
            .take(LOOKED_AT)
            .read_to_end(&mut start)
            .with_context(|| format!("cannot read `{shown}`"))?;
        refuse_other_formats(&start).with_context(|| format!("cannot use `{shown}`"))?;

        let mut best = None;
        for delimiter in DELIMITERS {
            let Some(header) = Records::new(&start[..], delimiter).next_record() else {
                break;
            };
            let header = header.with_context(|| format!("cannot read `{shown}`"))?;
            let columns = Columns::find(&header.record, header.row, reading.default_org.is_some());
            let is_usable = columns.is_ok();
            if is_usable || best.is_none() {
                best = Some((delimiter, header, columns));
            }
            if is_usable {
                break;
            }
        }
        let Some((delimiter, header, columns)) = best else {
            bail!("`{shown}` is empty");
        };
        if let Ok(columns) = &columns
            && reading.rows == RowsWanted::OnlyFailed
            && columns.results.is_none()
        {
            bail!(
                "`{shown}` is no results file, so it does not say which rows failed; --only-failed wants the results of an earlier run"
            );
        }
        Ok(Sheet {
            path: path.to_path_buf(),
            file,
            delimiter,
            header: header.record,
            header_row: header.row,
            columns,
            has_byte_order_mark: start.starts_with(BYTE_ORDER_MARK),
            reading,
        })
    }

    /// Size of the file in bytes.
    pub fn size(&self) -> Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// Reads the sheet from its first row of data, through `wrap` (which may watch the bytes).
    ///
    /// Only one reading at a time: they share the position in the file.
    pub fn records_through<'s, R: Read>(
        &'s self,
        wrap: impl FnOnce(&'s File) -> R,
    ) -> Result<Records<R>> {
        (&self.file)
            .seek(SeekFrom::Start(0))
            .with_context(|| format!("`{}` cannot be read twice", self.path.display()))?;
        let mut records = Records::new(wrap(&self.file), self.delimiter);
        while let Some(record) = records.next_record() {
            if record?.row >= self.header_row {
                break;
            }
        }
        Ok(records)
    }

    pub fn records(&self) -> Result<Records<&File>> {
        self.records_through(|file| file)
    }

    /// What a record asks for, or everything that is wrong with it.
    pub fn read_row<'r>(
        &self,
        columns: &Columns,
        record: &'r Numbered,
    ) -> Result<Row<'r>, Vec<Problem>> {
        let default_org = self.reading.default_org.as_deref();
        cells::read_row(record, columns, &self.header, default_org)
    }

    /// Whether the row is left alone because an earlier run left it as asked.
    pub fn is_settled(&self, columns: &Columns, record: &ByteRecord) -> bool {
        if self.reading.rows == RowsWanted::All {
            return false;
        }
        let outcome = columns.outcome().and_then(|index| record.get(index));
        let outcome = outcome.and_then(|cell| std::str::from_utf8(cell).ok());
        outcome
            .and_then(OutcomeKind::from_word)
            .is_some_and(OutcomeKind::is_as_asked)
    }
}

fn refuse_other_formats(start: &[u8]) -> Result<()> {
    let what = match start {
        [] => bail!("the file is empty"),
        [b'P', b'K', 3, 4, ..] => "an Excel workbook or another zipped file",
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old Excel workbook",
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "a UTF-16 text, as Excel's \"Unicode Text\" is",
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        _ if start.contains(&0) => "no text file",
        _ => return Ok(()),
    };
    bail!("it is {what}; in Excel, use Save As and choose \"CSV UTF-8 (Comma delimited)\"")
}
