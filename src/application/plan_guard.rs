//! What each row must find before it is changed: the values that the approved plan saw.
//!
//! A plan's own record decides, not what a spreadsheet has made of its file since: rows that are not
//! as they were planned are named, and nothing is sent.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::application::earlier_runs::EarlierRuns;
use crate::application::preflight::ServiceFacts;
use crate::application::settings::RunSettings;
use crate::application::suggested_commands::join;
use crate::journal::{self, Journal, RecordReader, RecordedRun, RowRecord};
use crate::model::change::Change;
use crate::model::hint::Hinted;
use crate::model::ids::{self, Kind};
use crate::model::outcome::OutcomeKind;
use crate::model::row::{Row, TargetKey};
use crate::model::wording::plural;
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::Selection;
use crate::sheet::{ReadOptions, RowFilter, Sheet};

/// Rows named where a sheet is not the one that was planned.
const ROWS_NAMED: usize = 10;

/// What the rows of a run must find.
#[derive(Debug)]
pub(super) enum PlanGuard {
    /// Anything will do.
    None,
    /// The values in columns of the sheet itself, as an undo has them.
    OwnColumns,
    /// The values in the columns of another sheet.
    Sheet(Box<Sheet>),
    /// The values that a plan recorded.
    Plan(Box<Plan>),
}

/// The record of a plan.
#[derive(Debug)]
pub(super) struct Plan {
    run: RecordedRun,
    /// Where the plan itself is sent, some of its rows may have been deleted: they are known by what
    /// they ask for. Another sheet has the rows of the plan at their places.
    rows: Option<HashMap<u32, u64>>,
    /// Results of the plan's rows are sent, some of which were corrected since: the rows of the plan for
    /// their places. They must find there what the plan saw.
    corrected: Option<HashMap<TargetKey, Option<u64>>>,
}

/// Whether a file is a plan that has its record beside it.
pub(super) fn is_plan(path: &Path) -> bool {
    journal::header_of(&Journal::path_for(path)).is_ok_and(|header| header.settings.plan)
}

/// The plan that the run was held to whose results are sent again, so that these rows are too.
pub(super) fn of_earlier(earlier: &EarlierRuns, results: &Path) -> Result<Option<PathBuf>> {
    let mut runs = earlier.runs().iter();
    let Some(plan) = runs.find_map(|run| run.header().plan.as_ref()) else {
        return Ok(None);
    };
    let named = PathBuf::from(&plan.name);
    let beside = results.with_file_name(named.file_name().unwrap_or_default());
    let found = [named, beside].into_iter().find(|path| is_plan(path));
    if found.is_none() && plan.id.is_some() {
        return Err(Hinted::new(
            format!(
                "the run that wrote `{}` was held to the plan `{}`, whose journal is not there",
                results.display(),
                plan.name
            ),
            "put the plan's journal back, or name the plan with --if-unchanged",
        ));
    }
    Ok(found)
}

/// Opens what the rows are held against. All rows are held against it once, so that another sheet
/// than the plan's is noticed before anything is sent.
pub(super) fn open(
    settings: &RunSettings,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    facts: &ServiceFacts,
) -> Result<PlanGuard> {
    let Some(path) = &settings.spec.preconditions else {
        return Ok(PlanGuard::None);
    };
    let guard = if is_plan(path) {
        let is_own = *path == settings.spec.sheet.path;
        let is_of_results = settings.spec.sheet.reading.rows.is_of_results();
        let mut plan = Plan::open(path, is_own || is_of_results)?;
        if is_of_results {
            plan.find_corrected(selection)?;
        }
        plan.ensure_its_part_is_sent(settings, checked, path)?;
        PlanGuard::Plan(Box::new(plan))
    } else if *path == settings.spec.sheet.path {
        PlanGuard::OwnColumns
    } else {
        let reading = ReadOptions {
            rows: RowFilter::All,
            ..settings.spec.sheet.reading.clone()
        };
        let plan = Sheet::open(path, reading)?;
        PlanGuard::Sheet(Box::new(plan))
    };
    if facts.abort.is_none() {
        guard.ensure_it_fits(selection, path)?;
    }
    Ok(guard)
}

impl PlanGuard {
    /// The rows to send but for those in `done_before`, with what they must find.
    pub(super) fn rows_to_send<'a>(
        &'a self,
        selection: &Selection<'a>,
        done_before: Vec<bool>,
    ) -> Result<impl Iterator<Item = Result<Row<'static>>> + use<'a>> {
        let sheet = match self {
            PlanGuard::Sheet(sheet) => Some(&**sheet),
            PlanGuard::OwnColumns => Some(selection.sheet),
            PlanGuard::None | PlanGuard::Plan(_) => None,
        };
        let mut planned = match self {
            PlanGuard::Plan(plan) => Some((plan, plan.run.records()?)),
            PlanGuard::None | PlanGuard::OwnColumns | PlanGuard::Sheet(_) => None,
        };
        let selection = *selection;
        let rows = selection.rows_to_send(sheet, done_before)?;
        Ok(rows.map(move |row| {
            let mut row = row?;
            if let Some((plan, records)) = &mut planned {
                let expected = plan.expected(&row, records)?;
                // The plan saw all rows of a location as they were before the first of them.
                if selection.duplicates.of_row(row.number).is_none() {
                    row.expected = expected.unwrap_or_default();
                }
            }
            Ok(row)
        }))
    }

    fn ensure_it_fits(&self, selection: &Selection<'_>, path: &Path) -> Result<()> {
        let PlanGuard::Plan(plan) = self else {
            let mut rows = self.rows_to_send(selection, Vec::new())?;
            return rows.try_for_each(|row| row.map(drop));
        };
        let mut records = plan.run.records()?;
        let (mut count, mut unread, mut named) = (0, 0, Vec::new());
        for row in selection.rows_to_send(None, Vec::new())? {
            let row = row?;
            if plan.expected(&row, &mut records)?.is_none() && plan.corrected.is_none() {
                count += 1;
                unread += u64::from(plan.has_unread(&row, &mut records)?);
                if named.len() < ROWS_NAMED {
                    named.push(row.number.to_string());
                }
            }
        }
        if count == 0 {
            return Ok(());
        }
        let more = if count > named.len() as u64 {
            ", …"
        } else {
            ""
        };
        let (rows, named) = (plural(count, "row"), named.join(", ") + more);
        let plan = path.display();
        if unread == count {
            return Err(Hinted::new(
                format!(
                    "{rows} could not be read when `{plan}` was made (action `cannot`): row {named}"
                ),
                "to send the others, delete these rows from the plan; or correct them in the sheet and make a new plan",
            ));
        }
        let verb = if count == 1 { "is" } else { "are" };
        Err(Hinted::new(
            format!("{rows} {verb} not as planned in `{plan}`: row {named}"),
            "what was approved is sent, and nothing else; put the cells back as they were, delete these rows from a plan that you apply, or make a new plan",
        ))
    }
}

impl Plan {
    /// `by_what_they_ask`: the rows need not stand at their places.
    fn open(path: &Path, by_what_they_ask: bool) -> Result<Plan> {
        let run = RecordedRun::open(&Journal::path_for(path))?;
        let mut rows = HashMap::new();
        if by_what_they_ask {
            let mut records = run.records()?;
            // The header of a sheet is row 1 at the least.
            for row in (2..).take(run.finished_rows().len()) {
                if let Some(record) = records.of_row(row)? {
                    rows.insert(record.check, row);
                }
            }
        }
        Ok(Plan {
            run,
            rows: by_what_they_ask.then_some(rows),
            corrected: None,
        })
    }

    /// Finds the rows of the plan for the places of rows that ask for something else now.
    fn find_corrected(&mut self, selection: &Selection<'_>) -> Result<()> {
        let mut corrected = HashMap::new();
        let planned = self.rows.get_or_insert_default();
        for row in selection.rows_to_send(None, Vec::new())? {
            let row = row?;
            if !planned.contains_key(&row.fingerprint()) {
                corrected.insert(row.key, None);
            }
        }
        if !corrected.is_empty() {
            let mut records = self.run.records()?;
            for number in 0..self.run.rows() {
                let place = records.of_row(number)?.and_then(|record| record.place);
                let id =
                    place.and_then(|place| Some(ids::read(&place.id, Kind::Location).ok()?.key));
                if let Some(found) = id.and_then(|key| corrected.get_mut(&key)) {
                    *found = Some(number);
                }
            }
        }
        self.corrected = Some(corrected);
        Ok(())
    }

    /// A plan of a part says nothing of other rows, and its row numbers are those of the whole sheet.
    fn ensure_its_part_is_sent(
        &self,
        settings: &RunSettings,
        checked: &CheckedSheet,
        path: &Path,
    ) -> Result<()> {
        let header = self.run.header();
        let part = &header.settings.part;
        let shown = path.display();
        // Results have only the rows of their own run to send again.
        if self.corrected.is_none() && !part.is_within(&settings.spec.sheet.part) {
            return Err(Hinted::new(
                format!("`{shown}` is the plan of a part of the sheet, and more would be sent"),
                format!("add what the plan was made with: {}", join(&part.flags())),
            ));
        }
        if self.corrected.is_none()
            && self.rows.is_some()
            && part.names_rows()
            && checked.rows != header.input.rows
        {
            bail!(
                "`{shown}` was made with {part}, and rows were deleted from it since, so the row numbers mean other rows now\n\
                 hint: make a new plan of those rows that are to be sent"
            );
        }
        Ok(())
    }

    /// The plan's record of a row that asks for the same.
    fn record_of(
        &self,
        row: &Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<RowRecord>> {
        let check = row.fingerprint();
        if let Some(Some(number)) = self.corrected.as_ref().and_then(|all| all.get(&row.key)) {
            return records.of_row(*number);
        }
        let number = match &self.rows {
            Some(rows) => rows.get(&check).copied(),
            None => Some(row.number),
        };
        let record = match number {
            Some(number) => records.of_row(number)?,
            None => None,
        };
        Ok(record.filter(|record| record.check == check))
    }

    /// Whether the plan has the row as it is, and could not read what is there.
    fn has_unread(&self, row: &Row<'_>, records: &mut RecordReader<'_>) -> Result<bool> {
        let record = self.record_of(row, records)?;
        Ok(record.is_some_and(|record| record.outcome.kind == OutcomeKind::Failed))
    }

    /// What the plan saw of a row's fields; `None` where it has no such row, or could not read it.
    /// A field that the row leaves alone may be what it likes.
    fn expected(
        &self,
        row: &Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<Vec<Vec<Change<'static>>>>> {
        let Some(record) = self.record_of(row, records)? else {
            return Ok(None);
        };
        let was_read = matches!(
            record.outcome.kind,
            OutcomeKind::Different | OutcomeKind::Unchanged
        );
        let (Some(seen), true) = (record.outcome.previous, was_read) else {
            return Ok(None);
        };
        let fields = row.changes.iter().enumerate();
        let expected = fields.map(|(index, change)| match (change, seen.get(index)) {
            (Change::Keep, _) => Vec::new(),
            (_, None) => vec![Change::Clear],
            (_, Some(value)) => vec![Change::Set(value.to_string().into())],
        });
        Ok(Some(expected.collect()))
    }
}
