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

use crate::row::Row;
use columns::Columns;
use problem::Problem;
pub use records::{Numbered, Records};

/// How much of the file is looked at to tell what it is.
const LOOKED_AT: u64 = 64 * 1024;

/// The separators spreadsheets write, the likelier first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

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
    /// Stands in for an empty `orgId`.
    default_org: Option<String>,
}

impl Sheet {
    /// Opens a CSV file. `default_org` stands in for empty `orgId` cells.
    ///
    /// A header that cannot be used is no error here: it is in `columns`, to be reported like
    /// any other problem of the sheet.
    pub fn open(path: &Path, default_org: Option<String>) -> Result<Sheet> {
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
            let columns = Columns::find(&header.record, header.row, default_org.is_some());
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
        Ok(Sheet {
            path: path.to_path_buf(),
            file,
            delimiter,
            header: header.record,
            header_row: header.row,
            columns,
            default_org,
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
        cells::read_row(record, columns, &self.header, self.default_org.as_deref())
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
