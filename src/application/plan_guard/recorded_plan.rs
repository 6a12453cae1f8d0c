//! What a plan recorded of each row, compared with what is sent.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::approved_rows::ApprovedRows;
use super::plan_in_force::ensure_it_is_of_this_service;
use super::planned_requests::PlannedRequests;
use crate::application::command_line::join;
use crate::application::plan_guard::plan_edits::PlannedChanges;
use crate::application::run_settings::{RunSettings, Start};
use crate::application::status::{self, FolderRun};
use crate::journal::{Journal, RecordReader, RecordedRun, RowRecord, Sent};
use crate::model::clock;
use crate::model::current_values::CurrentValues;
use crate::model::hint::Hinted;
use crate::model::outcome::OutcomeKind;
use crate::model::row::Row;
use crate::model::usage::Usage;
use crate::platform;
use crate::setting::Setting;
use crate::setting::usage_after_row::numbers_of;
use crate::sheet::NumberedRecord;
use crate::sheet::check::CheckedSheet;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::selection::Selection;
use crate::stderr::say;

/// The record of a plan.
#[derive(Debug)]
pub(in crate::application) struct Plan {
    pub(super) run: RecordedRun,
    pub(super) rows: PlannedRows,
    /// What its file approves; `None` where that is the sheet that is sent.
    approved: Option<ApprovedRows>,
    /// What it says will be changed, once it was compared with the sheet.
    pub(super) changes: Option<PlannedChanges>,
    /// Rows that it approved and that were deleted from it.
    pub(super) deleted: DeletedRows,
    /// Those that are marked as skipped there, by their numbers in the sheet that was planned.
    pub(super) skipped: Vec<u64>,
    /// Which of its rows those of its file are, where that is not the first that asks for the same.
    pub(super) found: HashMap<u64, u64>,
}

/// Rows that a plan approved and that are not in its file any more.
#[derive(Debug, Default)]
pub(super) struct DeletedRows {
    pub(super) count: u64,
    /// Their numbers in the sheet that was planned; none where rows outside of the part that is sent have
    /// names whose meaning is not known, so that any of them may be one of these.
    pub(super) named: Vec<u64>,
}

/// How the plan's record of a row is found.
#[derive(Debug)]
pub(super) enum PlannedRows {
    /// The sheet that was planned has each row where it was. Where it was sorted or shortened since, they
    /// are known by what they ask for.
    Numbers(PlannedRequests),
    /// The plan itself may have lost rows, so they are known by what they ask for.
    Requests(PlannedRequests),
    /// Rows of results may have been corrected or sorted, so they are known by their location.
    Places(HashMap<Box<str>, Vec<u64>>),
}

impl Plan {
    pub(super) fn open(path: &Path, settings: &RunSettings, directory: &Directory) -> Result<Plan> {
        let run = RecordedRun::open(&Journal::path_for(path))?;
        ensure_it_is_of_this_service(run.header(), settings, path)?;
        let is_own = *path == settings.spec.sheet.path;
        // Whoever goes on sends the rows of the same copy, and all of them were approved when it began.
        let was_approved = settings.start == Start::Resume && !path.exists();
        let approved = if is_own || was_approved {
            None
        } else {
            Some(ApprovedRows::read(path, &run, settings, directory)?)
        };
        let is_approved = |row| approved.as_ref().is_none_or(|rows| rows.has(row));
        let rows = if settings.spec.sheet.reading.rows.is_of_results() {
            let mut places: HashMap<Box<str>, Vec<u64>> = HashMap::new();
            for_each(&run, |record| {
                if let Some(place) = record.place.filter(|_| is_approved(record.row)) {
                    places.entry(place.id).or_default().push(record.row);
                }
            })?;
            PlannedRows::Places(places)
        } else {
            let requests = PlannedRequests::read(&run, |_| true)?;
            if is_own {
                PlannedRows::Requests(requests)
            } else {
                PlannedRows::Numbers(requests)
            }
        };
        Ok(Plan {
            run,
            rows,
            approved,
            changes: None,
            deleted: DeletedRows::default(),
            skipped: Vec::new(),
            found: HashMap::new(),
        })
    }

    /// Reads what it recorded.
    pub(super) fn records(&self) -> Result<RecordReader<'_>> {
        self.run.records()
    }

    /// Says it where there is a newer plan of the same rows, which may be the one that is meant.
    pub(super) fn say_which_is_newer(&self, settings: &RunSettings, path: &Path) {
        let this = self.run.header();
        let is_newer = |run: &FolderRun| {
            let other = &run.header;
            other.settings.plan
                && !other.settings.rehearsal
                && other.started_at > this.started_at
                && other.input.name == this.input.name
                && other.settings.part == this.settings.part
                && other.settings.base_url == this.settings.base_url
        };
        let runs = status::runs_in(platform::folder_of(path));
        let newest = runs.iter().rfind(|run| is_newer(run));
        let Some(newest) = newest.filter(|_| settings.start == Start::Fresh) else {
            return;
        };
        let since = if newest.header.input.sha256 == this.input.sha256 {
            ""
        } else {
            ", after the sheet was changed"
        };
        say(&format!(
            "note: `{}` is a newer plan of `{}`, made {}{since}; what is applied is `{}`, made {}",
            newest.results_name().display(),
            this.input.name,
            clock::date_and_time(newest.header.started_at),
            path.display(),
            clock::date_and_time(this.started_at),
        ));
    }

    /// What it says will be changed, once it was compared.
    pub(super) fn changes(&self) -> Option<PlannedChanges> {
        self.changes.clone()
    }

    /// Makes sure that what is sent was approved.
    pub(super) fn ensure_it_fits(
        &mut self,
        selection: &Selection<'_>,
        path: &Path,
        again: Option<&str>,
    ) -> Result<()> {
        if matches!(self.rows, PlannedRows::Places(_)) {
            return self.ensure_it_approves_results(selection, path, again);
        }
        let edits = self.compare(selection)?;
        edits.refuse(path)
    }

    /// A plan of a part says nothing of other rows, and its row numbers are those of the whole sheet.
    pub(super) fn ensure_its_part_is_sent(
        &self,
        settings: &RunSettings,
        checked: &CheckedSheet,
        path: &Path,
    ) -> Result<()> {
        let header = self.run.header();
        let part = &header.settings.part;
        let shown = path.display();
        // Results have only the rows of their own run to send again.
        let is_of_results = matches!(self.rows, PlannedRows::Places(_));
        if !is_of_results && !part.covers(&settings.spec.sheet.part) {
            return Err(Hinted::new(
                format!("`{shown}` is the plan of a part of the sheet, and more would be sent"),
                format!("add what the plan was made with: {}", join(&part.flags())),
            ));
        }
        let is_own = matches!(self.rows, PlannedRows::Requests(_));
        if is_own && part.names_rows() && checked.rows != header.input.rows {
            bail!(
                "`{shown}` was made with {part}, and rows were deleted from it since, so the row numbers mean other rows now\n\
                 hint: make a new plan of those rows that are to be sent"
            );
        }
        Ok(())
    }

    pub(super) fn approves(&self, record: &RowRecord) -> bool {
        let approved = self.approved.as_ref();
        approved.is_none_or(|rows| rows.has(record.row))
    }

    /// The plan's record of a row that asks for the same; of a row of results that asks for something else, the first of
    /// its location.
    pub(super) fn record_of(
        &self,
        row: &Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<RowRecord>> {
        let check = row.fingerprint();
        let number = match &self.rows {
            PlannedRows::Numbers(requests) => {
                let there = records.of_row(row.number)?;
                let is_there = there.is_some_and(|record| record.check == check);
                is_there
                    .then_some(row.number)
                    .or_else(|| requests.first(check))
            }
            PlannedRows::Requests(rows) => {
                let found = self.found.get(&row.number).copied();
                found.or_else(|| rows.first(check))
            }
            PlannedRows::Places(rows) => {
                // One that was corrected is none of them, and they are of its location all the same.
                let rows = rows.get(&*row.target_id);
                let found = self.found.get(&row.number).copied();
                found.or_else(|| rows.and_then(|rows| rows.first().copied()))
            }
        };
        let record = match number {
            Some(number) => records.of_row(number)?,
            None => None,
        };
        let is_of_results = matches!(self.rows, PlannedRows::Places(_));
        Ok(record.filter(|record| is_of_results || record.check == check))
    }

    /// Whether several rows were planned for the location of a row of results.
    pub(super) fn has_several_for(&self, row: &Row<'_>) -> bool {
        match &self.rows {
            PlannedRows::Places(places) => {
                let rows = places.get(&*row.target_id);
                rows.is_some_and(|rows| rows.len() > 1)
            }
            PlannedRows::Numbers(_) | PlannedRows::Requests(_) => false,
        }
    }

    /// The next row of the plan for the location of a row of results that asks for just what this asks for, below
    /// the one that the rows above have reached; of a row that is sent `in_part` because later rows have set the
    /// rest, that part.
    pub(super) fn next_of_place(
        &self,
        columns: &Columns,
        row: &Row<'_>,
        in_part: bool,
        reached: u64,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<u64>> {
        let PlannedRows::Places(places) = &self.rows else {
            return Ok(None);
        };
        let of_place = places.get(&*row.target_id).into_iter().flatten();
        for number in of_place.filter(|number| **number > reached) {
            let record = records.of_row(*number)?;
            if record.is_some_and(|record| asks_for_it(columns.setting, row, in_part, &record)) {
                return Ok(Some(*number));
            }
        }
        Ok(None)
    }

    /// Whether a row of results was done, by the time that stands in it, before the plan was made. Where none can be
    /// read, it may have been.
    pub(super) fn is_older_than(&self, columns: &Columns, numbered: &NumberedRecord) -> bool {
        let told = columns.finished_at_in(&numbered.record);
        let told: Option<Timestamp> = told.and_then(|time| time.parse().ok());
        told.is_none_or(|told| told < self.run.header().started_at)
    }

    /// Has a row expect what the plan saw of its fields, if it has that row and could read it. What used its numbers
    /// then that were not set is known to the undo.
    pub(super) fn expect(
        &self,
        setting: &Setting,
        row: &mut Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<()> {
        let record = self.record_of(row, records)?;
        let seen = record.as_ref().and_then(what_it_saw);
        row.expected = seen.map(|seen| row.expecting(seen)).unwrap_or_default();
        if let (Some(seen), Some(usages)) = (
            seen,
            record.as_ref().and_then(|one| one.outcome.usages.as_ref()),
        ) {
            let numbers = numbers_of(setting);
            let is_unset = |usage: &&Usage| {
                let index = numbers.get(usage.number);
                index.is_some_and(|index| seen.get(*index).is_none())
            };
            row.used_before = usages.iter().filter(is_unset).cloned().collect();
        }
        Ok(())
    }
}

/// What was there when the row was planned; `None` where it could not be planned.
pub(in crate::application) fn what_it_saw(record: &RowRecord) -> Option<&CurrentValues> {
    let is_planned = matches!(
        record.outcome.kind,
        OutcomeKind::Different | OutcomeKind::Unchanged
    );
    record.outcome.previous.as_ref().filter(|_| is_planned)
}

/// Whether a row asks for what was planned.
fn asks_for_it(setting: &Setting, row: &Row<'_>, in_part: bool, record: &RowRecord) -> bool {
    let Some(Sent(planned)) = &record.sent else {
        return record.check == row.fingerprint();
    };
    let mut fields = row.changes.iter().enumerate();
    fields.all(|(index, change)| {
        let planned = planned.get(index).and_then(Option::as_deref);
        match (change.field(), planned) {
            (None, Some(_)) => in_part,
            (Some(asked), Some(planned)) if !asked.is_empty() && !planned.is_empty() => {
                setting.is_same(index, asked, planned)
            }
            (asked, planned) => asked == planned,
        }
    })
}

/// What a plan could not approve, by the fingerprints of its rows.
pub(super) fn not_approved(run: &RecordedRun) -> Result<HashSet<u32>> {
    let (mut approved, mut others) = (HashSet::new(), HashSet::new());
    for_each(run, |record| {
        let requests = match what_it_saw(&record) {
            Some(_) => &mut approved,
            None => &mut others,
        };
        requests.insert(record.check);
    })?;
    others.retain(|check| !approved.contains(check));
    Ok(others)
}

/// Hands on the record of each row, in their order.
pub(super) fn for_each(run: &RecordedRun, mut each: impl FnMut(RowRecord)) -> Result<()> {
    let mut records = run.records()?;
    // The header of a sheet is row 1 at the least.
    for row in (2..).take(run.finished_rows().len()) {
        records.of_row(row)?.into_iter().for_each(&mut each);
    }
    Ok(())
}
