//! What each row must find before it is changed: the values that the approved plan saw.
//!
//! A plan's own record decides, not what a spreadsheet has made of its file since: rows that are not
//! as they were planned are named, and nothing is sent.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::application::earlier_runs::{EarlierRuns, REHEARSAL, base_url};
use crate::application::plan_edits::{PlanColumns, PlanEdits, PlannedChanges};
use crate::application::preflight::ServiceFacts;
use crate::application::run_settings::RunSettings;
use crate::application::suggested_commands::{self, join};
use crate::journal::{self, Journal, RecordReader, RecordedRun, RowRecord, RunHeader};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::hint::{Hinted, WithHint};
use crate::model::outcome::OutcomeKind;
use crate::model::row::Row;
use crate::model::wording::{listed, plural};
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::{Choice, Selection};
use crate::sheet::{NumberedRecord, ReadOptions, RowFilter, Sheet};
use crate::stderr::say;

/// Deleted rows that are named; the others are counted.
const ROWS_NAMED: usize = 5;

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
    rows: PlannedRows,
    /// What it says will be changed, once it was compared with the sheet.
    changes: Option<PlannedChanges>,
    /// Rows that it approved and that were deleted from it, by their numbers in its sheet.
    deleted: Vec<u64>,
}

/// How the plan's record of a row is found.
#[derive(Debug)]
enum PlannedRows {
    /// The sheet that was planned has each row where it was.
    Numbers,
    /// The plan itself may have lost rows, so they are known by what they ask for.
    Requests(HashMap<u32, u64>),
    /// Rows of results may have been corrected or sorted, so they are known by their location.
    Places(HashMap<Box<str>, u64>),
}

/// Whether a file is a plan that has its record beside it.
pub(super) fn is_plan(path: &Path) -> bool {
    journal::header_of(&Journal::path_for(path)).is_ok_and(|header| header.settings.plan)
}

/// Refuses a plan whose record is not beside it: nobody could tell what was approved.
pub(super) fn ensure_its_record_is_there(settings: &RunSettings, sheet: &Sheet) -> Result<()> {
    let path = &settings.spec.sheet.path;
    let is_applied = settings.spec.command == "apply" && !settings.is_of_own_plan();
    if !is_applied || !sheet.looks_like_a_plan() {
        return Ok(());
    }
    let shown = path.display();
    let refused = Hinted::new(
        format!(
            "`{shown}` is a plan, and its record `{}` is not there, so it cannot be told what was approved",
            Journal::path_for(path).display()
        ),
        "put the record back beside the plan, under the plan's own name",
    );
    Err(refused.with_hint(format!(
        "to send the rows as they stand in it now, make a new plan of them: {}",
        suggested_commands::plan_of(settings, path)
    )))
}

/// The sheet that a plan was made of, and how a new plan is made of it.
#[derive(Debug)]
pub struct NewPlan {
    pub sheet: String,
    pub command: String,
    /// Rows of that sheet. Where the plan has others by now, some were deleted from it, and those below
    /// them have other numbers than in the sheet.
    pub rows: u64,
}

impl NewPlan {
    /// `None` where the rows are not held against a plan that has its record.
    pub(super) fn of(settings: &RunSettings) -> Option<NewPlan> {
        let plan = settings.spec.preconditions.as_ref()?;
        let header = journal::header_of(&Journal::path_for(plan)).ok()?;
        if !header.settings.plan {
            return None;
        }
        let named = PathBuf::from(&header.input.name);
        let beside = plan.with_file_name(named.file_name().unwrap_or_default());
        let is_beside = !named.exists() && beside.exists();
        let sheet = if is_beside { beside } else { named };
        let sheet = sheet.to_string_lossy().into_owned();
        Some(NewPlan {
            command: suggested_commands::new_plan(settings, &sheet, &header.settings),
            sheet,
            rows: header.input.rows,
        })
    }

    /// What is to be done with a row for which the plan approves nothing. The command follows below all
    /// such rows.
    pub(super) fn advice(&self) -> String {
        format!("correct it in `{}` and make a new plan", self.sheet)
    }

    /// Said of rows of a file that `has` this number of them, where the sheet has them at other places.
    pub(super) fn where_they_are(&self, has: u64) -> String {
        if has == self.rows {
            return format!("in `{}`", self.sheet);
        }
        format!(
            "in `{}` (where they have other numbers, since rows were deleted from the plan)",
            self.sheet
        )
    }
}

/// Why the plan was made that the rows are held against, in its maker's words.
pub(super) fn note(settings: &RunSettings) -> Option<String> {
    let plan = settings.spec.preconditions.as_ref()?;
    let run = RecordedRun::open(&Journal::path_for(plan)).ok()?;
    let begin = run.last_begin().filter(|_| run.header().settings.plan)?;
    begin.note.clone()
}

/// Takes the sheet for a plan where it is one that is applied as it stands.
pub(super) fn obey(settings: &RunSettings, sheet: &mut Sheet) {
    if settings.is_of_own_plan()
        && let Some(new_plan) = NewPlan::of(settings)
    {
        sheet.obey_plan(new_plan.advice());
    }
}

/// Takes the sheet for results of a run that was held to the same plan as this one.
pub(super) fn obey_in_results(settings: &RunSettings, earlier: &EarlierRuns, sheet: &mut Sheet) {
    let Some(plan) = &settings.spec.preconditions else {
        return;
    };
    let header = journal::header_of(&Journal::path_for(plan));
    let id = header.ok().map(|header| header.id);
    let mut plans = earlier
        .runs()
        .iter()
        .filter_map(|run| run.header().plan.as_ref());
    let is_the_same = id.is_some() && plans.any(|plan| plan.id == id);
    if is_the_same && let Some(new_plan) = NewPlan::of(settings) {
        sheet.obey_plan_of_results(new_plan.advice());
    }
}

/// The plan that the run was held to whose results are sent again, so that these rows are too.
pub(super) fn of_earlier(earlier: &EarlierRuns, results: &Path) -> Result<Option<PathBuf>> {
    let mut runs = earlier.runs().iter();
    let Some(plan) = runs.find_map(|run| run.header().plan.as_ref()) else {
        return Ok(None);
    };
    let named = PathBuf::from(&plan.name);
    let beside = results.with_file_name(named.file_name().unwrap_or_default());
    let is_it = |path: &PathBuf| {
        let header = journal::header_of(&Journal::path_for(path));
        header.is_ok_and(|header| Some(header.id) == plan.id)
    };
    let found = [named, beside].into_iter().find(is_it);
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

/// What was planned at another service, or rehearsed, tells nothing of what is there at this one.
pub(super) fn ensure_it_is_of_this_service(
    header: &RunHeader,
    settings: &RunSettings,
    path: &Path,
) -> Result<()> {
    let (was, target) = (&header.settings.base_url, base_url(&settings.target));
    if target == REHEARSAL || *was == target {
        return Ok(());
    }
    let shown = path.display();
    if header.settings.rehearsal {
        bail!(
            "`{shown}` is the plan of a rehearsal; make one of the real thing with `wxbulk plan`"
        );
    }
    Err(Hinted::new(
        format!("`{shown}` is a plan of {was}, and this run would go to {target}"),
        "name the plan's service with --base-url, or make a new plan",
    ))
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
    let mut guard = if is_plan(path) {
        let plan = Plan::open(path, settings)?;
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
        guard.ensure_it_fits(selection, path, NewPlan::of(settings).as_ref())?;
        if let (PlanGuard::Plan(plan), false) = (&guard, settings.is_quiet()) {
            plan.say_what_was_deleted(settings);
        }
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

    fn ensure_it_fits(
        &mut self,
        selection: &Selection<'_>,
        path: &Path,
        new_plan: Option<&NewPlan>,
    ) -> Result<()> {
        let PlanGuard::Plan(plan) = self else {
            let mut rows = self.rows_to_send(selection, Vec::new())?;
            return rows.try_for_each(|row| row.map(drop));
        };
        if matches!(plan.rows, PlannedRows::Places(_)) {
            // What was corrected in results is not as it was planned, and is meant.
            return plan.ensure_it_knows(selection, path, new_plan);
        }
        let edits = plan.compare(selection)?;
        edits.refuse(path)
    }

    /// What a plan says will be changed; `None` where no record tells it.
    pub(super) fn changes(&self) -> Option<PlannedChanges> {
        match self {
            PlanGuard::Plan(plan) => plan.changes,
            PlanGuard::None | PlanGuard::OwnColumns | PlanGuard::Sheet(_) => None,
        }
    }
}

impl Plan {
    fn open(path: &Path, settings: &RunSettings) -> Result<Plan> {
        let run = RecordedRun::open(&Journal::path_for(path))?;
        ensure_it_is_of_this_service(run.header(), settings, path)?;
        let rows = if settings.spec.sheet.reading.rows.is_of_results() {
            PlannedRows::Places(keyed(&run, |record| Some(record.place?.id))?)
        } else if *path == settings.spec.sheet.path {
            PlannedRows::Requests(keyed(&run, |record| Some(record.check))?)
        } else {
            PlannedRows::Numbers
        };
        Ok(Plan {
            run,
            rows,
            changes: None,
            deleted: Vec::new(),
        })
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

    /// Makes sure that the plan approved something for the location of each row of results that is sent.
    /// What a name means is known only now.
    fn ensure_it_knows(
        &self,
        selection: &Selection<'_>,
        path: &Path,
        new_plan: Option<&NewPlan>,
    ) -> Result<()> {
        let mut edits = PlanEdits::default();
        let mut planned = self.run.records()?;
        for row in selection.rows_to_send(None, Vec::new())? {
            let row = row?;
            let record = self.record_of(&row, &mut planned)?;
            if record.as_ref().and_then(what_it_saw).is_none() {
                edits.add_row(row.number);
            }
        }
        edits.refuse_unknown(path, new_plan)
    }

    /// Compares the rows that are sent with what was planned.
    fn compare(&mut self, selection: &Selection<'_>) -> Result<PlanEdits> {
        let sheet = selection.sheet;
        let setting = selection.columns.setting;
        let is_own = matches!(self.rows, PlannedRows::Requests(_));
        let cells = PlanColumns::find(sheet, setting, is_own);
        let mut edits = PlanEdits::default();
        let mut changes = PlannedChanges::default();
        let mut planned = self.run.records()?;
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        let mut are_there: HashSet<u64> = HashSet::new();
        while records.read(&mut numbered)? {
            if let PlannedRows::Requests(rows) = &self.rows
                && let Ok(row) = sheet.read_row(selection.columns, &numbered, selection.directory)
            {
                are_there.extend(rows.get(&row.fingerprint()));
            }
            let Choice::Send(row) = selection.choose(&numbered) else {
                continue;
            };
            let record = self.record_of(&row, &mut planned)?;
            let Some((record, seen)) = record
                .as_ref()
                .and_then(|record| Some((record, what_it_saw(record)?)))
            else {
                edits.add_row(row.number);
                continue;
            };
            changes.add(setting, &row, seen);
            changes.add_notes(setting, &row, &record.outcome);
            cells.compare(&numbered, &row, record, seen, |cell| {
                edits.add_cell(sheet, &cell);
            });
        }
        self.changes = Some(changes);
        if let PlannedRows::Requests(rows) = &self.rows {
            let mut deleted = Vec::new();
            for row in rows.values().filter(|row| !are_there.contains(row)) {
                let record = planned.of_row(*row)?;
                if record.as_ref().and_then(what_it_saw).is_some() {
                    deleted.push(*row);
                }
            }
            deleted.sort_unstable();
            self.deleted = deleted;
        }
        Ok(edits)
    }

    fn say_what_was_deleted(&self, settings: &RunSettings) {
        let count = self.deleted.len() as u64;
        if count == 0 {
            return;
        }
        let was = if count == 1 { "was" } else { "were" };
        let named = self.deleted.iter().take(ROWS_NAMED).map(u64::to_string);
        let mut named: Vec<String> = named.collect();
        let more = self.deleted.len() - named.len();
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let sheet = NewPlan::of(settings).map_or(String::new(), |new_plan| new_plan.sheet);
        say(&format!(
            "note: {} of the plan {was} deleted and will not be sent: {} {} of `{sheet}`. Rows are numbered from here on as they stand in `{}`",
            plural(count, "row"),
            if count == 1 { "row" } else { "rows" },
            listed(&named),
            settings.spec.sheet.path.display()
        ));
    }

    /// The plan's record of a row that asks for the same; of a row of results, that of its location.
    fn record_of(
        &self,
        row: &Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<RowRecord>> {
        let check = row.fingerprint();
        let number = match &self.rows {
            PlannedRows::Numbers => Some(row.number),
            PlannedRows::Requests(rows) => rows.get(&check).copied(),
            PlannedRows::Places(rows) => rows.get(&*row.target_id).copied(),
        };
        let record = match number {
            Some(number) => records.of_row(number)?,
            None => None,
        };
        let is_of_results = matches!(self.rows, PlannedRows::Places(_));
        Ok(record.filter(|record| is_of_results || record.check == check))
    }

    /// What the plan saw of a row's fields; `None` where it has no such row, or could not read it.
    /// A field that the row leaves alone may be what it likes.
    fn expected(
        &self,
        row: &Row<'_>,
        records: &mut RecordReader<'_>,
    ) -> Result<Option<Vec<Vec<Change<'static>>>>> {
        let record = self.record_of(row, records)?;
        let Some(seen) = record.as_ref().and_then(what_it_saw) else {
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

/// What was there when the row was planned; `None` where it could not be planned.
fn what_it_saw(record: &RowRecord) -> Option<&CurrentValues> {
    let is_planned = matches!(
        record.outcome.kind,
        OutcomeKind::Different | OutcomeKind::Unchanged
    );
    record.outcome.previous.as_ref().filter(|_| is_planned)
}

/// Where the plan has each of its rows.
fn keyed<K: Eq + Hash>(
    run: &RecordedRun,
    key: impl Fn(RowRecord) -> Option<K>,
) -> Result<HashMap<K, u64>> {
    let mut rows = HashMap::new();
    let mut records = run.records()?;
    // The header of a sheet is row 1 at the least.
    for row in (2..).take(run.finished_rows().len()) {
        if let Some(key) = records.of_row(row)?.and_then(&key) {
            // The plan saw all rows of a location as they were before the first of them.
            rows.entry(key).or_insert(row);
        }
    }
    Ok(rows)
}
