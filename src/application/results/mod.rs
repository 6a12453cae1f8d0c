//! The file that a run leaves: the user's own columns and what became of each row, in the order of
//! the sheet. It is the sheet read once more and joined with the journal.

mod export_cells;
mod own_cells;
pub(super) mod plan_cells;
mod remedies;
mod replaced_plan_columns;
mod resolved_ids;
mod results_writer;
mod set_again;
pub(super) mod usage_notes;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use export_cells::ExportCells;
use own_cells::{own_columns, unsent_columns, with_restored, with_values, write_own};
pub use remedies::Remedies;
use replaced_plan_columns::OldPlan;
use resolved_ids::missing_columns;
use results_writer::{Line, ResultsWriter};
use set_again::SetAgain;
use usage_notes::UseNote;

use crate::application::row_name::RowNames;
use crate::journal::Journal;
use crate::model::counts::Counts;
use crate::model::failure_groups::FailureGroups;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::Row;
use crate::setting::usage_after_row;
use crate::sheet::columns::Columns;
use crate::sheet::result_columns::{CHECK, PRESENT, PREVIOUS, RESULT_COLUMNS};
use crate::sheet::selection::{Choice, Selection};
use crate::sheet::{NumberedRecord, RowFilter, verbatim};
use crate::table::{Cell, CsvStyle, Existing, FileChecksum, Table, ensure_fits, is_workbook};

/// Said of a row that was not sent again after it was left in doubt.
const STILL_UNKNOWN: &str =
    "an earlier part of the run sent it and got no answer; it was not sent again since";

/// What follows the user's own columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Results,
    /// Results, and the numbers from before.
    ResultsWithPrevious,
    /// The numbers now and then, and what is to be done.
    Plan,
    /// Nothing: the numbers that are there stand in the user's own columns for them.
    Export,
}

impl Form {
    /// What an earlier run noted in the sheet is not lost by sending again what failed in it.
    #[must_use]
    pub fn for_sheet(self, columns: &Columns) -> Form {
        match self {
            Form::Results if columns.previous().is_some() => Form::ResultsWithPrevious,
            form => form,
        }
    }

    /// The names of the columns that follow, for a sheet with these.
    fn columns(self, columns: &Columns) -> Vec<String> {
        let setting = columns.setting;
        let results = RESULT_COLUMNS.iter().map(ToString::to_string);
        let check = [CHECK.to_string()];
        match self {
            Form::Results => results.chain(check).collect(),
            Form::ResultsWithPrevious => {
                let results = results.chain(setting.columns(PREVIOUS));
                results.chain(check).collect()
            }
            Form::Plan => plan_cells::columns(columns),
            Form::Export => Vec::new(),
        }
    }
}

/// What a file is made of.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    pub form: Form,
    pub is_workbook: bool,
    pub style: CsvStyle,
    pub selection: &'a Selection<'a>,
    pub journal: &'a Journal,
    /// Whether it was asked of all rows what uses their numbers.
    pub is_usage_known: bool,
    /// Whether the values of each row are read before anything else.
    pub is_read_first: bool,
    /// Rows that were sent and have no record in the journal.
    pub unfinished: &'a BTreeMap<u64, Outcome>,
    /// Rows of which an earlier part of the run did not learn what became of them.
    pub unknown_before: &'a BTreeSet<u64>,
}

impl Content<'_> {
    /// The cell of a value of the service, letter for letter.
    fn verbatim<'v>(&self, value: &'v str) -> Cow<'v, str> {
        if self.is_workbook {
            verbatim::to_workbook_cell(value)
        } else {
            verbatim::to_cell(value)
        }
    }

    /// What a plan notes of the use of a row's numbers. Asked of some rows only, a number that no rule uses
    /// would read as if those of the others were used.
    fn notes_of_use(&self, row: Option<&Row<'_>>, outcome: &Outcome) -> Vec<UseNote> {
        let Selection {
            columns,
            duplicates,
            ..
        } = self.selection;
        let mut notes = usage_notes::of_row(columns.setting, duplicates, row, outcome);
        notes.retain(|note| self.is_usage_known || note.leads_nowhere());
        notes
    }

    /// Where values of the service stand in a sheet of an undo.
    fn verbatim_columns(&self) -> Vec<usize> {
        let Selection { sheet, columns, .. } = *self.selection;
        if sheet.is_by_a_person() {
            return Vec::new();
        }
        let present = columns.setting.columns(PRESENT);
        let present = present.iter().filter_map(|name| sheet.column_called(name));
        columns
            .fields
            .iter()
            .flatten()
            .copied()
            .chain(present)
            .collect()
    }
}

/// Makes sure, before anything is sent, that this number of rows can be written where the results go.
pub fn ensure_they_fit(path: &Path, form: Form, columns: &Columns, rows: u64) -> Result<()> {
    let own = own_columns(columns).count() + missing_columns(columns).len();
    ensure_fits(path, rows, own + form.columns(columns).len())
}

/// What the results say, in figures.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub counts: Counts,
    /// Rows of these outside of the part that was chosen, of which stays what an earlier run noted.
    pub outside: Counts,
    /// What can be done about those in the part.
    pub remedies: Remedies,
    /// Rows that are not as asked and that the journal does not tell of.
    pub without_record: FailureGroups,
    /// Rows that were left out, by the reason why.
    pub skipped: FailureGroups,
    /// The rows of the file have other numbers than those of the sheet.
    pub are_rows_moved: bool,
    /// Rows in which rules send calls to a number that is not set, and those of a plan with a number that
    /// no rule uses, as far as it was asked.
    pub leading_nowhere: u64,
    pub unused: u64,
    /// Rows of a plan that differ and whose location is as later rows ask for already.
    pub(super) set_again: SetAgain,
    /// Rows that a plan of results would change although the run that wrote those has done them.
    pub done_before: u64,
}

impl Tally {
    /// Adds a row that stays as an earlier run left it.
    fn add_kept(&mut self, row: u64, kept: &Outcome) {
        self.counts.add_kept(kept);
        if kept.kind == OutcomeKind::Skipped {
            self.skipped.add(row, kept);
        }
    }

    fn note_use(&mut self, notes: &[UseNote]) {
        let is_nowhere = notes.iter().any(UseNote::leads_nowhere);
        let is_unused = notes.iter().any(|note| !note.leads_nowhere());
        self.leading_nowhere += u64::from(is_nowhere);
        self.unused += u64::from(is_unused);
    }
}

/// How many rows stand above the next one. A workbook made of a workbook has each row where the sheet
/// has it, below blank ones where the sheet has a title, so that one number means one row in both.
#[derive(Debug, Default)]
struct RowsAbove {
    are_kept: bool,
    count: u64,
    are_others: bool,
}

impl RowsAbove {
    /// Goes to the row that is written next.
    fn begin_row(&mut self, table: &mut Table, row: u64) -> Result<()> {
        while self.are_kept && self.count + 1 < row {
            table.end_row()?;
            self.count += 1;
        }
        self.count += 1;
        self.are_others |= self.count != row;
        Ok(())
    }
}

/// Writes the results. Of a plan, `show` gets each row that would change, in a line for the user.
pub fn write(
    path: &Path,
    existing: Existing,
    content: Content<'_>,
    mut show: impl FnMut(&str, Option<&str>),
) -> Result<(Tally, FileChecksum)> {
    let run = content.journal.run().header().id.as_str();
    let mut table = Table::create_of_run(path, content.style, run)?;
    let tally = write_rows(&mut table, path, content, &mut show)?;
    Ok((tally, table.persist(existing)?))
}

fn write_names(table: &mut Table, content: Content<'_>, own: &[usize]) -> Result<()> {
    let Selection { sheet, columns, .. } = *content.selection;
    for index in own {
        table.cell(Cell::Name(sheet.header.get(*index).unwrap_or_default()))?;
    }
    for name in missing_columns(columns) {
        table.cell(Cell::Name(name.as_bytes()))?;
    }
    for name in content.form.columns(columns) {
        table.cell(Cell::Name(name.as_bytes()))?;
    }
    Ok(())
}

fn write_rows(
    table: &mut Table,
    path: &Path,
    content: Content<'_>,
    show: &mut dyn FnMut(&str, Option<&str>),
) -> Result<Tally> {
    let Content {
        form, selection, ..
    } = content;
    let Selection { sheet, columns, .. } = *selection;
    let mut rows_above = RowsAbove {
        are_kept: sheet.is_workbook() && is_workbook(path),
        ..RowsAbove::default()
    };
    rows_above.begin_row(table, sheet.header_row())?;
    let old_plan = OldPlan::find(sheet, columns);
    let is_replaced = |index: &usize| form == Form::Plan && old_plan.has(*index);
    let own = own_columns(columns).filter(|index| !is_replaced(index));
    let own: Vec<usize> = own.collect();
    write_names(table, content, &own)?;
    let verbatim_columns = content.verbatim_columns();
    let export_cells = ExportCells::of(content, &own)?;
    export_cells.write_names(table)?;
    table.end_row()?;

    let names = RowNames::of(content.journal.run().last_begin());
    let mut tally = Tally::default();
    let mut written = ResultsWriter::new(content)?;
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let record = &numbered.record;
        rows_above.begin_row(table, numbered.row)?;
        let choice = selection.choose(&numbered);
        if form != Form::Export {
            let cells = with_values(record, &verbatim_columns, content.is_workbook);
            let cells = with_restored(cells, selection, numbered.row);
            let unsent = unsent_columns(form, selection, numbered.row);
            write_own(table, &own, &cells, &choice, selection, &old_plan, &unsent)?;
        }
        // Nothing but a run that goes on from the same results can leave them out once more.
        let is_done_before = match &choice {
            Choice::Keep => true,
            Choice::Leave(_) => selection.duplicates.superseded(numbered.row).is_some(),
            Choice::Send(_) => false,
        };
        let (mut line, row) = match choice {
            Choice::Keep if form == Form::Plan => {
                let outcome = Outcome::unsent(OutcomeKind::Skipped, "done before");
                (Line::unfinished(outcome), None)
            }
            Choice::Keep => {
                let kept = written.keep(table, &numbered)?;
                tally.add_kept(numbered.row, &kept);
                if sheet.left_out_by(&numbered).is_some() {
                    tally.outside.add_kept(&kept);
                } else {
                    tally.remedies.add(&kept, false);
                }
                table.end_row()?;
                continue;
            }
            Choice::Leave(outcome) => (written.line_of_left(numbered.row, outcome)?, None),
            Choice::Send(row) => (line_of(&mut written, &row, content)?, Some(row)),
        };
        if form == Form::Export && line.outcome.kind == OutcomeKind::Different {
            // There is nothing that it could differ from.
            line.outcome.kind = OutcomeKind::Unchanged;
        }
        tally.counts.add(&line.outcome);
        tally.remedies.add(&line.outcome, content.is_read_first);
        if line.finished_at.is_none() && !line.outcome.kind.is_success() {
            tally.without_record.add(numbered.row, &line.outcome);
        }
        if line.outcome.kind == OutcomeKind::Skipped {
            tally.skipped.add(numbered.row, &line.outcome);
        }
        match form {
            Form::Export => export_cells.write(table, record, &line.outcome)?,
            Form::Results | Form::ResultsWithPrevious => {
                let leads_nowhere = leads_nowhere(selection, row.as_ref(), &line.outcome);
                tally.leading_nowhere += u64::from(leads_nowhere);
                written.write(table, line, &numbered, row.as_ref())?;
            }
            Form::Plan => {
                let setting = columns.setting;
                let row = row.as_ref();
                let notes = content.notes_of_use(row, &line.outcome);
                if let Some(row) = row
                    && let Some(line) = plan_cells::say(setting, &names, row, &line.outcome, &notes)
                {
                    show(&line, row.org_id.as_deref());
                }
                tally.set_again.add(selection, row, &line.outcome);
                tally.note_use(&notes);
                let was_done = |kind| RowFilter::FailedAndConflicts.leaves(kind);
                let is_different = line.outcome.kind == OutcomeKind::Different;
                let was_done = columns.outcome_in(record).is_some_and(was_done);
                tally.done_before += u64::from(is_different && was_done);
                let is_left_out = is_done_before || sheet.leaves_out(&numbered);
                plan_cells::write(table, columns, row, is_left_out, &line.outcome, &notes)?;
            }
        }
        table.end_row()?;
    }
    tally.are_rows_moved = rows_above.are_others;
    Ok(tally)
}

/// Whether a row that was sent leaves a rule that leads to no number, and no later row changes that.
fn leads_nowhere(selection: &Selection<'_>, row: Option<&Row<'_>>, outcome: &Outcome) -> bool {
    let Some(row) = row.filter(|row| !selection.duplicates.is_followed(row.number)) else {
        return false;
    };
    let changes = usage_after_row::changes_made(&row.changes, outcome.kind, &outcome.set_before);
    let left = usage_after_row::left_nowhere(
        selection.columns.setting,
        &changes,
        outcome.previous.as_ref(),
        outcome.usages.as_deref(),
        outcome.set_numbers.as_deref(),
    );
    !left.is_empty()
}

fn line_of(written: &mut ResultsWriter<'_>, row: &Row<'_>, content: Content<'_>) -> Result<Line> {
    match written.record_of(row.number)? {
        Some(record) => Line::finished(record, row),
        None => Ok(Line::unfinished(outcome_without_record(row, content))),
    }
}

/// What is known of a row that was to be sent and has no record: with the numbers that were noted
/// before anything was sent for it.
fn outcome_without_record(row: &Row<'_>, content: Content<'_>) -> Outcome {
    let outcome = match content.unfinished.get(&row.number) {
        Some(outcome) => outcome.clone(),
        None => Outcome::unsent(OutcomeKind::NotAttempted, ""),
    };
    let is_in_doubt = content.unknown_before.contains(&row.number);
    let outcome = if is_in_doubt && outcome.kind == OutcomeKind::NotAttempted {
        Outcome::unsent(OutcomeKind::Unknown, STILL_UNKNOWN)
    } else {
        outcome
    };
    let noted = content.journal.previous_of(row.number, row.fingerprint());
    Outcome {
        previous: outcome.previous.or(noted.cloned()),
        ..outcome
    }
}
