//! What an undo is made of: the results that a person names and the journals of the runs that wrote
//! them. Where a run was killed before it could write results, or they are lost, its own copy of the
//! sheet is read in their place, or what the journal says of each row.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, anyhow, bail};

use super::{older_results, sheet_of_journal};
use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::recorded_reading;
use crate::application::earlier_runs::restored_numbers;
use crate::application::missing_file::ensure_it_exists;
use crate::application::output_name::OutputNames;
use crate::application::spool::Spool;
use crate::application::undo_sheet_name::results_undone_by;
use crate::journal::{self, Journal, RecordedRun, RunHeader};
use crate::model::hint::WithHint;
use crate::sheet::columns::Columns;
use crate::sheet::result_columns::{CHECK, UNDONE_ROW};
use crate::sheet::row_selector::RowSelector;
use crate::sheet::{self, NumberedRecord, Origin, ReadOptions, Sheet};

/// The rows that may be undone, and what is known of them.
#[derive(Debug)]
pub struct UndoSource {
    pub(super) sheet: Sheet,
    pub earlier: EarlierRuns,
    /// The results have lost their checks, so that nothing in them proves their cells.
    pub(super) are_cells_unproven: bool,
}

/// Which file a person has named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    Results,
    Journal,
}

impl UndoSource {
    /// Opens it, and chooses a part of its rows. Where the journal was named, it tells the rows: results may
    /// have been filtered or shortened; `by_journal` is the command that names it.
    pub fn open(
        results: &Path,
        named: Named,
        by_journal: &str,
        reading: &ReadOptions,
        part: &RowSelector,
    ) -> Result<UndoSource> {
        let journal = Journal::path_for(results);
        let has_journal = journal::exists(&journal)?;
        let are_there = results.exists();
        if has_journal && (named == Named::Journal || !are_there) {
            match UndoSource::of_journal(results, part) {
                // What a damaged journal does not tell, results may.
                Err(_) if are_there => {}
                undone => return undone,
            }
        }
        match read_results(results, reading) {
            Ok(sheet) => UndoSource::of_results(results, sheet, reading, part),
            Err(error) if has_journal => Err(error.with_hint(format!(
                "or undo by the journal alone, which tells of all rows: {by_journal}"
            ))),
            Err(error) => Err(error),
        }
    }

    fn of_journal(results: &Path, part: &RowSelector) -> Result<UndoSource> {
        let earlier = EarlierRuns::of_copy(results)?;
        let mut sheet = open_in_place_of(results, &earlier)?;
        usable_columns(&sheet)?;
        sheet.choose_part(part)?;
        Ok(UndoSource {
            sheet,
            earlier,
            are_cells_unproven: false,
        })
    }

    fn of_results(
        results: &Path,
        mut sheet: Sheet,
        reading: &ReadOptions,
        part: &RowSelector,
    ) -> Result<UndoSource> {
        let earlier = EarlierRuns::find(results, &sheet)?;
        let header = journal::header_of(&Journal::path_for(results));
        if let (Err(_), Some(run)) = (header, earlier.runs().first()) {
            // They were renamed.
            sheet = open_results(results, reading, Some(run.header()))?;
            usable_columns(&sheet)?;
        }
        let are_cells_unproven =
            older_results::are_cells_unproven(&sheet, usable_columns(&sheet)?)?;
        restored_numbers::restore_proven(&earlier, &mut sheet)?;
        if are_cells_unproven && earlier.runs().is_empty() {
            return Err(lacks_checks(results));
        }
        sheet.choose_part(part)?;
        Ok(UndoSource {
            sheet,
            earlier,
            are_cells_unproven,
        })
    }

    pub fn columns(&self) -> Result<&Columns> {
        usable_columns(&self.sheet)
    }

    /// Makes sure that what is undone happened where the undo goes.
    pub fn ensure_same_service(&self, target: &str) -> Result<()> {
        let (sheet, columns) = (&self.sheet, self.columns()?);
        self.earlier
            .ensure_same_service(&sheet.path, sheet, columns, target)
    }

    /// Whether a workbook hides the row, which says that it is not meant. A run's copy says nothing.
    pub(super) fn hides(&self, numbered: &NumberedRecord) -> bool {
        !self.earlier.is_of_copy() && self.sheet.hidden.is_row_hidden(numbered.row)
    }
}

fn read_results(results: &Path, reading: &ReadOptions) -> Result<Sheet> {
    ensure_it_exists(results, "results")?;
    let header = journal::header_of(&Journal::path_for(results)).ok();
    let sheet = open_results(results, reading, header.as_ref())?;
    ensure_it_is_one_of_results(&sheet)?;
    Ok(sheet)
}

/// Those of an undo, or of a selftest, hold values that the service has, letter for letter.
fn open_results(
    results: &Path,
    reading: &ReadOptions,
    header: Option<&RunHeader>,
) -> Result<Sheet> {
    let mut reading = reading.clone();
    if let Some(header) = header {
        recorded_reading::read_as_the_run(&mut reading, header);
    }
    let sheet = Sheet::open(results, reading.clone())?;
    let mut names = sheet.header.iter();
    let is_of_undo = names.any(|name| name == UNDONE_ROW.as_bytes());
    if !is_of_undo && !header.is_some_and(|header| is_of_selftest(results, header)) {
        return Ok(sheet);
    }
    let origin = Origin::ResultsOfUndo;
    Sheet::open(results, ReadOptions { origin, ..reading })
}

/// Whether a selftest wrote them, which holds its rows against what its own sheet says.
fn is_of_selftest(results: &Path, header: &RunHeader) -> bool {
    let own = header.plan.as_ref();
    let is_held_to_itself = own.is_some_and(|plan| plan.sha256 == header.input.sha256);
    let is_selftest = |run: RecordedRun| {
        let begin = run.last_begin();
        begin.is_some_and(|begin| begin.command == "selftest")
    };
    is_held_to_itself && RecordedRun::open(&Journal::path_for(results)).is_ok_and(is_selftest)
}

/// What stands in for results that are not there: the run's copy of its sheet, or where that is gone or
/// another file by now, the journal itself.
fn open_in_place_of(results: &Path, earlier: &EarlierRuns) -> Result<Sheet> {
    earlier.ensure_undamaged(results)?;
    let [run] = earlier.runs() else {
        let journal = Journal::path_for(results);
        bail!("cannot read the journal `{}`", journal.display());
    };
    let copy = Spool::path_for(results);
    let is_copy = sheet::sha256_of(&copy).is_ok_and(|sha256| sha256 == run.header().input.sha256);
    if !is_copy {
        return sheet_of_journal::open(results, run);
    }
    let mut reading = recorded_reading::reading_of(run.header())?;
    if run
        .last_begin()
        .is_some_and(|begin| begin.command == "undo")
    {
        reading.origin = Origin::Undo;
    }
    Sheet::of_file(results, File::open(&copy)?, reading)
}

fn ensure_it_is_one_of_results(sheet: &Sheet) -> Result<()> {
    let path = &sheet.path;
    let is_one = usable_columns(sheet).and_then(|columns| {
        let why = "it has no columns `row`, `outcome`, … and so does not say what a run did";
        let shown = path.display();
        let results = columns.results.as_ref();
        results
            .map(drop)
            .with_context(|| format!("`{shown}` is not a results file: {why}"))
    });
    is_one.map_err(|error| match results_meant(path) {
        Some(results) => error.with_hint(format!(
            "name the results of the run, such as `{}`",
            results.display()
        )),
        None => error,
    })
}

fn lacks_checks(results: &Path) -> Error {
    let why = format!(
        "`{}` has no column `{CHECK}`, so nothing proves what its cells say",
        results.display()
    );
    anyhow!(why).with_hint(
        "undo the results as wxbulk wrote them, or put the journal of the run beside them",
    )
}

/// The results of the last run of a sheet.
fn results_meant(path: &Path) -> Option<PathBuf> {
    results_undone_by(path).or_else(|| OutputNames::of_sheet(path, "results").latest())
}

fn usable_columns(sheet: &Sheet) -> Result<&Columns> {
    sheet.columns.as_ref().map_err(|problems| {
        let problem = problems.first().map(ToString::to_string);
        anyhow!(
            "`{}` is not a results file: {}",
            sheet.path.display(),
            problem.unwrap_or_default()
        )
    })
}
