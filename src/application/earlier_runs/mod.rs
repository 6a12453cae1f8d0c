//! The runs that wrote a file of results, found by the ids in its rows: their journals know what became
//! of each row, whatever a spreadsheet has made of the file since.

pub mod changed_results;
pub mod changes_by_us;
pub mod edited_rows;
mod just_before;
pub mod latest_results;
pub mod lost_rows;
pub mod recorded_reading;
pub mod renamed_rows;
pub mod restored_numbers;
pub mod rows_left_unknown;
pub mod same_service;
pub mod set_since;
pub mod spreadsheet_losses;
pub mod truncated_journal;
pub mod unmarked_results;
pub mod unproven_rows;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use jiff::Timestamp;

use crate::application::status;
use crate::journal::{self, GateRecord, Journal, RecordedRun, RowHistory, says_changed};
use crate::model::hint::{Hinted, WithHint};
use crate::model::run_id::RunId;
use crate::platform;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::row_check::{CheckedPart, RowCheck};
use crate::sheet::{NumberedRecord, Sheet};
use crate::table;

/// The journals of the runs that wrote a file of results.
#[derive(Debug, Default)]
pub struct EarlierRuns {
    runs: Vec<RecordedRun>,
    /// The one that has the file's own name.
    beside: Option<usize>,
    /// The file is that run's own copy of its sheet, whose rows have the numbers of the journal.
    is_of_copy: bool,
    /// Those of which some lines cannot be read, so that nobody knows what they said of a row.
    damaged: Vec<DamagedJournal>,
    /// Runs that rows are of and whose journals are not there.
    missing: Vec<RunId>,
}

/// A journal with damage.
#[derive(Debug)]
struct DamagedJournal {
    /// What is damaged, in words.
    said: String,
    /// What can still be read, where it is known which run it is of.
    run: Option<RecordedRun>,
}

/// What stands where a journal is looked for.
#[derive(Debug)]
enum Found {
    Nothing,
    Run(Box<RecordedRun>),
    Damaged(Box<DamagedJournal>),
}

impl EarlierRuns {
    /// Finds the journals: the one beside the file, else any in the same folder.
    pub fn find(results: &Path, sheet: &Sheet) -> Result<EarlierRuns> {
        let mut earlier = EarlierRuns::default();
        let Ok(columns) = &sheet.columns else {
            return Ok(earlier);
        };
        earlier.add(open(&Journal::path_for(results))?);
        earlier.beside = (!earlier.runs.is_empty()).then_some(0);
        let mut others: Option<HashMap<RunId, PathBuf>> = None;
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let Some(check) = columns.check_in(&numbered.record) else {
                continue;
            };
            if earlier.is_known(&check.run) {
                continue;
            }
            let others = others.get_or_insert_with(|| journals_beside(results));
            if let Some(path) = others.get(&check.run) {
                earlier.add(open(path)?);
            }
            if !earlier.is_known(&check.run) && is_of_row(&check, sheet, columns, &numbered) {
                earlier.missing.push(check.run);
            }
        }
        Ok(earlier)
    }

    /// The run whose results were never written, of which only its copy of the sheet is there.
    pub fn of_copy(results: &Path) -> Result<EarlierRuns> {
        let mut earlier = EarlierRuns {
            beside: Some(0),
            is_of_copy: true,
            ..EarlierRuns::default()
        };
        earlier.add(open(&Journal::path_for(results))?);
        Ok(earlier)
    }

    pub fn is_of_copy(&self) -> bool {
        self.is_of_copy
    }

    fn add(&mut self, found: Found) {
        match found {
            Found::Nothing => {}
            Found::Run(run) => self.runs.push(*run),
            Found::Damaged(journal) => self.damaged.push(*journal),
        }
    }

    fn is_known(&self, id: &RunId) -> bool {
        self.place_of(id).is_some() || self.damaged_run(id).is_some() || self.is_missing(id)
    }

    fn damaged_run(&self, id: &RunId) -> Option<&RecordedRun> {
        let mut runs = self.damaged.iter().filter_map(|one| one.run.as_ref());
        runs.find(|run| run.header().id == *id)
    }

    /// All of them, also those that cannot be read.
    pub fn ids(&self) -> Vec<RunId> {
        let damaged = self.damaged.iter().filter_map(|one| one.run.as_ref());
        let known = self.runs.iter().chain(damaged);
        let known = known.map(|run| &run.header().id);
        known.chain(&self.missing).cloned().collect()
    }

    /// When the first of all runs began that led to the file.
    pub fn first_began(&self) -> Option<Timestamp> {
        let runs = self.runs.iter().map(RecordedRun::header);
        runs.map(|header| header.order_of(0).0).min()
    }

    /// The run that wrote the file, or most of it.
    pub fn written_by(&self) -> Option<RunId> {
        let damaged = self.damaged.iter().filter_map(|one| one.run.as_ref());
        let mut runs = self.runs.iter().chain(damaged);
        let found = runs.next().map(|run| &run.header().id);
        found.or(self.missing.first()).cloned()
    }

    /// The times to wait that these runs were told.
    pub fn gates(&self) -> Vec<GateRecord> {
        let damaged = self.damaged.iter().filter_map(|one| one.run.as_ref());
        let gates = self.runs.iter().chain(damaged).flat_map(RecordedRun::gates);
        gates.cloned().collect()
    }

    /// What is damaged, in words, if anything is.
    pub fn damage(&self) -> Option<String> {
        let said: Vec<&str> = self.damaged.iter().map(|one| &*one.said).collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// Refuses to send anything again because of results whose journal is damaged: the values from before
    /// would be read again, and might be our own change.
    pub fn ensure_undamaged(&self, results: &Path) -> Result<()> {
        let Some(said) = self.damage() else {
            return Ok(());
        };
        let refused = Hinted::new(
            format!(
                "{said}; so what became of some rows of `{}`, and what was there before, is not known",
                results.display()
            ),
            "put back a copy of the journal from before the damage",
        );
        Err(refused.with_hint(
            "without a copy, undo what is proven first, then put the rows to send into a sheet of their own, without the result columns",
        ))
    }

    /// Whether these are the results that a run with a damaged journal wrote at its end, to the byte: then
    /// they tell all that the damaged lines said.
    pub fn are_final(&self, results: &Path) -> bool {
        let mut runs = self.damaged.iter().filter_map(|one| one.run.as_ref());
        let now = table::checksum_of(results).ok();
        now.is_some() && runs.any(|run| run.final_results() == now)
    }

    /// Whether what can be read of a damaged journal says that a row had no effect.
    pub fn had_no_effect(&self, check: &RowCheck) -> Result<bool> {
        let Some(run) = self.damaged_run(&check.run) else {
            return Ok(false);
        };
        let history = run.row(check.row)?;
        let mut changes = history.changes.iter();
        Ok(!history.is_empty() && changes.all(|change| !change.may_have_been_applied))
    }

    /// Whether rows are of this run and its journal is not there.
    pub fn is_missing(&self, id: &RunId) -> bool {
        self.missing.contains(id)
    }

    /// Whether there are rows whose journal is not there.
    pub fn lacks_journal(&self) -> bool {
        let has_none = self.runs.is_empty() && self.damaged.is_empty();
        has_none || !self.missing.is_empty()
    }

    pub(in crate::application) fn place_of(&self, id: &RunId) -> Option<usize> {
        self.runs.iter().position(|run| run.header().id == *id)
    }

    pub fn runs(&self) -> &[RecordedRun] {
        &self.runs
    }

    /// Where the journals tell of a row: which of these runs, and which row of it.
    pub(in crate::application) fn locate(
        &self,
        columns: &Columns,
        numbered: &NumberedRecord,
    ) -> Option<(usize, u64)> {
        if self.is_of_copy {
            return Some((self.beside?, numbered.row));
        }
        if let Some(RowCheck { run, row, .. }) = self.check_in(columns, numbered) {
            return Some((self.place_of(&run)?, row));
        }
        Some((self.beside?, columns.row_in(&numbered.record)?))
    }

    /// The same of a row that may never have been sent, so that it has no check. In a file that was renamed it is one
    /// of the only run that is known.
    pub(in crate::application) fn locate_unsent(
        &self,
        columns: &Columns,
        numbered: &NumberedRecord,
    ) -> Option<(usize, u64)> {
        let is_only_one = self.runs.len() == 1 && self.missing.is_empty();
        let only = || Some((0, columns.row_in(&numbered.record)?));
        let located = self.locate(columns, numbered);
        located.or_else(|| is_only_one.then(only).flatten())
    }

    /// The check of a row, as long as it names one of the runs that wrote the file. One that somebody has
    /// changed counts as none, since it would name another run or another row.
    pub(in crate::application) fn check_in(
        &self,
        columns: &Columns,
        numbered: &NumberedRecord,
    ) -> Option<RowCheck> {
        let check = columns.check_in(&numbered.record)?;
        let is_whole = match self.run(&check.run) {
            Some(run) => check.holds(CheckedPart::Service, Some(&run.header().settings.base_url)),
            None => self.is_missing(&check.run),
        };
        is_whole.then_some(check)
    }

    fn run(&self, id: &RunId) -> Option<&RecordedRun> {
        let known = self.place_of(id).map(|place| &self.runs[place]);
        known.or_else(|| self.damaged_run(id))
    }
}

/// Opens a journal to look at it.
fn open(path: &Path) -> Result<Found> {
    if !journal::exists(path)? {
        return Ok(Found::Nothing);
    }
    let shown = path.display();
    if journal::is_being_written(path) {
        bail!("the run that writes `{shown}` has not ended; wait until it has");
    }
    let damaged = |said, run| Ok(Found::Damaged(Box::new(DamagedJournal { said, run })));
    match RecordedRun::open(path) {
        Ok(run) => match run.damage() {
            None => Ok(Found::Run(Box::new(run))),
            Some(damage) => damaged(damage.describe(&shown.to_string()), Some(run)),
        },
        Err(error) => damaged(platform::describe_error(&error), None),
    }
}

/// The journals in the folder of a file, by their runs.
fn journals_beside(results: &Path) -> HashMap<RunId, PathBuf> {
    let runs = status::runs_in(platform::folder_of(results)).into_iter();
    runs.map(|run| (run.header.id, run.journal)).collect()
}

/// Whether any cell of a row is as the check says; of a check that somebody has changed none is.
fn is_of_row(
    check: &RowCheck,
    sheet: &Sheet,
    columns: &Columns,
    numbered: &NumberedRecord,
) -> bool {
    let Ok(row) = sheet.read_row(columns, numbered, &Directory::default()) else {
        return true;
    };
    let mut fields = row.changes.iter().enumerate();
    check.holds(CheckedPart::Organization, row.org_id.as_deref())
        || check.holds(CheckedPart::Target, Some(&row.target_id))
        || fields.any(|(index, change)| check.holds(CheckedPart::Sent(index), change.field()))
}

/// Whether a row of results tells of more than what its run has taken over of it from an earlier one, by
/// the time of its outcome.
pub(in crate::application) fn is_older_than_row(
    history: &RowHistory,
    columns: &Columns,
    numbered: &NumberedRecord,
) -> bool {
    let Some(latest) = history.latest() else {
        return true;
    };
    let told = columns.finished_at_in(&numbered.record);
    let told: Option<Timestamp> = told.and_then(|time| time.parse().ok());
    if let (Some(told), Some(known)) = (told, latest.finished_at) {
        return told.as_second() > known.as_second();
    }
    // It has none, or a spreadsheet has written it in its own way.
    let kind = columns.outcome_in(&numbered.record);
    kind.is_some_and(says_changed) && !latest.may_have_been_applied
}
