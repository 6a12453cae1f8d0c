//! Opens a sheet: finds out how its file is written, and where its columns are.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::dialect::Dialect;
use super::encoding::TextForm;
use super::hidden::{HiddenCells, HiddenPolicy};
use super::input::{self, SAVE_AS_CSV};
use super::restored_cells::RestoredCells;
use super::result_columns::NOT_READ;
use super::row_reader::LastOrganization;
use super::{ReadOptions, Sheet, problem, worksheet_fit, xlsx};
use crate::table::BYTE_ORDER_MARK;

/// How much of the file is looked at to tell what it is.
const LOOKED_AT: u64 = 1024 * 1024;

impl Sheet {
    /// Opens a CSV file or an Excel workbook; `-` is the standard input.
    ///
    /// A header that cannot be used is no error here: it is in `columns`, to be reported like
    /// any other problem of the sheet.
    pub fn open(path: &Path, reading: ReadOptions) -> Result<Sheet> {
        Sheet::of_file(path, input::open(path)?, reading)
    }

    /// The sheet in a file that is open already and is called `path`.
    pub fn of_file(path: &Path, file: File, reading: ReadOptions) -> Result<Sheet> {
        let shown = path.display();
        let cannot_read = || format!("cannot read `{shown}`");
        let cannot_use = || format!("cannot use `{shown}`");
        let mut start = start_of(&file).with_context(cannot_read)?;
        input::refuse_other_formats(&start).with_context(cannot_use)?;
        let mut said = Vec::new();
        let mut spooled = None;
        let mut worksheet = None;
        let mut hidden_sheet = None;
        let mut hidden = HiddenCells::default();
        let mut widest_row = 0;
        let org_is_given = reading.default_org.is_some();
        if input::is_zipped(&start) {
            let sheet = xlsx::spool(&file, reading.sheet.as_deref(), |start, is_whole| {
                worksheet_fit::of_sheet(start, is_whole, &reading)
            })
            .with_context(cannot_use)?;
            start = start_of(&sheet.file).with_context(cannot_read)?;
            let chosen = sheet.name.as_ref().filter(|_| reading.sheet.is_none());
            said.extend(chosen.map(|name| {
                format!(
                    "the workbook has several sheets; `{}` is read, --sheet names another",
                    problem::shorten(name)
                )
            }));
            worksheet = sheet.name;
            hidden_sheet = sheet.hidden_sheet.filter(|_| reading.sheet.is_none());
            spooled = Some(sheet.file);
            hidden = sheet.hidden;
            widest_row = sheet.width;
        } else if reading.sheet.is_some() {
            bail!("`{shown}` is not a workbook, so it has no sheets with names; leave out --sheet");
        }
        let is_workbook = spooled.is_some();
        let encoding = reading.encoding.filter(|_| !is_workbook);
        let form = TextForm::find(spooled.as_ref().unwrap_or(&file), &start, encoding)
            .with_context(cannot_read)?
            .with_context(|| {
                format!("cannot use `{shown}`: it is not a text file; {SAVE_AS_CSV}")
            })?;
        let text = form.read_all(&start).with_context(cannot_read)?;

        let separator = if is_workbook {
            Some(xlsx::SEPARATOR)
        } else {
            reading.separator
        };
        let mut layout = Dialect::find(
            &text,
            separator,
            org_is_given,
            &reading.ignored_columns,
            reading.setting,
        )
        .with_context(cannot_read)?
        .with_context(|| say_empty(path, hidden_sheet.as_deref()))?;
        ensure_results(path, &layout, &reading)?;
        if reading.hidden == Some(HiddenPolicy::Skip)
            && let Ok(columns) = &mut layout.columns
        {
            columns.leave_out_numbers(|column| hidden.is_column_hidden(column));
        }
        // A workbook does not keep the empty cells of its header.
        if let Ok(columns) = &mut layout.columns {
            columns.make_room(&mut layout.header, widest_row);
        }
        said.extend(assumptions(&form, &layout, &text));
        let mut sheet = Sheet {
            path: path.to_path_buf(),
            worksheet,
            assumptions: said,
            hidden,
            file,
            spooled,
            form,
            delimiter: layout.delimiter,
            has_separator_line: layout.has_separator_line,
            header: layout.header,
            header_row: layout.header_row,
            columns: layout.columns,
            has_byte_order_mark: is_workbook
                || !form.is_utf_8()
                || start.starts_with(BYTE_ORDER_MARK),
            reading,
            last_organization: LastOrganization::default(),
            not_read: None,
            settled: None,
            set_since: None,
            restored: RestoredCells::default(),
            part: None,
            plan: None,
            possible_settings: Vec::new(),
        };
        sheet.not_read = sheet.column_called(NOT_READ);
        sheet.find_setting().with_context(cannot_read)?;
        if let Ok(columns) = &sheet.columns
            && let Some(struck) = sheet.struck_cell(columns, sheet.header_row)
        {
            sheet.columns = Err(vec![struck]);
        }
        Ok(sheet)
    }
}

fn say_empty(path: &Path, hidden_sheet: Option<&str>) -> String {
    let shown = path.display();
    match hidden_sheet {
        Some(name) => format!(
            "the sheet of `{shown}` that it shows is empty; if the hidden sheet `{0}` is meant, add --sheet \"{0}\"",
            problem::shorten(name.trim())
        ),
        None => format!("`{shown}` is empty"),
    }
}

fn ensure_results(path: &Path, layout: &Dialect, reading: &ReadOptions) -> Result<()> {
    if let Ok(columns) = &layout.columns
        && reading.rows.is_of_results()
        && columns.results.is_none()
    {
        bail!(
            "`{}` is not a results file, so it does not say which rows failed; --only-failed needs the results of an earlier run",
            path.display()
        );
    }
    Ok(())
}

fn start_of(mut file: &File) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.take(LOOKED_AT).read_to_end(&mut start)?;
    Ok(start)
}

/// What the user should hear, since it may be wrong.
fn assumptions(form: &TextForm, layout: &Dialect, text: &[u8]) -> Vec<String> {
    let mut said = Vec::new();
    if form.is_guessed {
        said.push(format!(
            "the text is read as {}; if letters come out wrong, name its encoding with --encoding",
            form.encoding()
        ));
    }
    if layout.columns.is_ok() && layout.is_below_a_title(text) {
        said.push(format!(
            "the header is row {}; what stands above it is left out",
            layout.header_row
        ));
    }
    said
}
