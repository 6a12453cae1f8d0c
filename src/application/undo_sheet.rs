//! The sheet that puts back what a run with `--backup` changed, made from its results.
//!
//! Of each row that was changed, or may have been, it has the user's own columns with the numbers
//! from before in `n1` to `n3` (`REMOVE` where none was set), and in `present1` to `present3` what
//! the run put there, which is what must be found now. Rows stand in the order of the results; only
//! several rows for one location stand the other way round, since the last must go first.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::outcome::OutcomeKind;
use crate::model::row::{Row, TargetKey};
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::SeenRows;
use crate::sheet::number::REMOVE;
use crate::sheet::result_columns::PRESENT;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};
use crate::table::{Cell, Existing, Table};

/// A sheet that puts back what a run changed.
#[derive(Debug)]
pub struct UndoSheet {
    pub sheet: PathBuf,
    pub rows: u64,
    /// Rows of the results that changed nothing.
    pub rows_left_out: u64,
}

/// Writes the sheet beside the results, as `….undo.csv`. One that stands there already is left
/// alone unless it is the same.
pub fn write(results: &Path, reading: ReadOptions) -> Result<UndoSheet> {
    let shown = results.display();
    let source = Sheet::open(results, reading)?;
    let columns = match &source.columns {
        Ok(columns) => columns,
        Err(problems) => {
            let problem = problems.first().map(ToString::to_string);
            bail!(
                "`{shown}` is not a results file: {}",
                problem.unwrap_or_default()
            );
        }
    };
    let Some(places) = Places::find(&source, columns) else {
        bail!(
            "`{shown}` does not tell the numbers from before, in the columns `previous1` to `previous3`; only the results of a run with --backup can be undone"
        );
    };

    let sheet = results.with_extension("undo.csv");
    let mut table = Table::create(&sheet, source.csv_style())?;
    for index in &places.own {
        table.cell(Cell::Name(source.header.get(*index).unwrap_or_default()))?;
    }
    for name in columns.setting.columns(PRESENT) {
        table.cell(Cell::Name(name.as_bytes()))?;
    }
    table.end_row()?;

    let mut stacks = stacks_of_repeats(&source, columns)?;
    let mut undo_sheet = UndoSheet {
        sheet,
        rows: 0,
        rows_left_out: 0,
    };
    let mut records = source.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        if !is_changed(columns, &numbered) {
            undo_sheet.rows_left_out += 1;
            continue;
        }
        let row = read(&source, columns, &numbered)?;
        match stacks.get_mut(&row.key).and_then(Vec::pop) {
            None => write_row(&mut table, columns, &places, &row, &numbered.record)?,
            Some(last) => {
                let row = read(&source, columns, &last)?;
                write_row(&mut table, columns, &places, &row, &last.record)?;
            }
        }
        undo_sheet.rows += 1;
    }
    table.persist(Existing::Expect)?;
    Ok(undo_sheet)
}

/// Where in the results stands what is needed.
struct Places {
    previous: Range<usize>,
    /// The columns that go over, in their order.
    own: Vec<usize>,
}

impl Places {
    fn find(source: &Sheet, columns: &Columns) -> Option<Places> {
        let previous = columns.previous()?;
        let present = columns.setting.columns(PRESENT);
        let is_expectation = |index: &usize| {
            let name = source.header.get(*index).unwrap_or_default();
            present.iter().any(|one| one.as_bytes() == name)
        };
        Some(Places {
            previous,
            own: (0..columns.width)
                .filter(|index| columns.is_own(*index) && !is_expectation(index))
                .collect(),
        })
    }
}

/// The changed rows of each location that has several, the last one on top.
fn stacks_of_repeats(
    source: &Sheet,
    columns: &Columns,
) -> Result<HashMap<TargetKey, Vec<NumberedRecord>>> {
    let mut seen = SeenRows::default();
    let mut numbered = NumberedRecord::default();
    let mut records = source.records()?;
    while records.read(&mut numbered)? {
        if is_changed(columns, &numbered) {
            seen.add(&read(source, columns, &numbered)?);
        }
    }
    let duplicates = seen.find_duplicates();
    let mut stacks: HashMap<TargetKey, Vec<NumberedRecord>> = HashMap::new();
    if duplicates.is_empty() {
        return Ok(stacks);
    }
    let mut records = source.records()?;
    while records.read(&mut numbered)? {
        if !is_changed(columns, &numbered) {
            continue;
        }
        let key = read(source, columns, &numbered)?.key;
        if duplicates.shares(key) {
            stacks.entry(key).or_default().push(numbered.clone());
        }
    }
    Ok(stacks)
}

/// Whether the run changed the row's location, or may have.
fn is_changed(columns: &Columns, numbered: &NumberedRecord) -> bool {
    matches!(
        columns.outcome_in(&numbered.record),
        Some(OutcomeKind::Updated | OutcomeKind::Unknown)
    )
}

fn read<'r>(source: &Sheet, columns: &Columns, numbered: &'r NumberedRecord) -> Result<Row<'r>> {
    source
        .read_row(columns, numbered, &Directory::default())
        .map_err(|problems| {
            let problem = problems.first().map(ToString::to_string);
            anyhow::anyhow!(
                "`{}` was changed since the run wrote it: {}",
                source.path.display(),
                problem.unwrap_or_default()
            )
        })
}

fn write_row(
    table: &mut Table,
    columns: &Columns,
    places: &Places,
    row: &Row<'_>,
    record: &ByteRecord,
) -> Result<()> {
    for index in &places.own {
        let cell = record.get(*index).unwrap_or_default();
        table.cell(Cell::Text(match columns.field_at(*index) {
            None => cell,
            Some(at) if row.changes[at] == Change::Keep => b"",
            Some(at) => match record.get(places.previous.start + at).unwrap_or_default() {
                b"" => REMOVE.as_bytes(),
                previous => previous,
            },
        }))?;
    }
    for change in &row.changes {
        table.cell(Cell::text(change.field().unwrap_or_default()))?;
    }
    table.end_row()
}
