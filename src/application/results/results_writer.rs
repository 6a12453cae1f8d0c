//! The result cells of one row: what became of it, what was there before, and the check by which the
//! row is known again.

use std::collections::{HashMap, HashSet};

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::{Content, Form};
use crate::journal::{
    Place, RecordReader, RowChange, RowHistory, RowOrder, RowRecord, Sent, may_have_been_applied,
};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::{Row, TargetKey};
use crate::sheet::NumberedRecord;
use crate::sheet::directory::Directory;
use crate::sheet::result_columns::{NONE_SET, REHEARSED, RESULT_COLUMNS};
use crate::sheet::row_check::{CheckedPart, Facts, RowCheck};
use crate::sheet::selection::Selection;
use crate::table::{Cell, Table, Tone};

/// Writes result cells, with what the journal knows of each row over all runs that sent it. It is the
/// only one to read the journal meanwhile, since readers share the place in the file.
#[derive(Debug)]
pub(super) struct ResultsWriter<'c> {
    content: Content<'c>,
    histories: RecordReader<'c>,
    /// What rows ask for that nobody manages.
    names: Directory,
    /// Locations of several rows, whose numbers tell another order than that in which they were sent.
    out_of_order: HashSet<TargetKey>,
}

impl<'c> ResultsWriter<'c> {
    pub(super) fn new(content: Content<'c>) -> Result<ResultsWriter<'c>> {
        let mut histories = content.journal.records()?;
        Ok(ResultsWriter {
            content,
            out_of_order: find_out_of_order(content, &mut histories)?,
            histories,
            names: content.selection.directory.names_alone(),
        })
    }

    /// The record of a row, if it has one.
    pub(super) fn record_of(&mut self, row: u64) -> Result<Option<RowRecord>> {
        self.histories.of_row(row)
    }

    /// One that is left out now may have been sent before, with a token that could.
    pub(super) fn line_of_left(&mut self, row: u64, outcome: Outcome) -> Result<Line> {
        Ok(match self.record_of(row)? {
            Some(record) => Line::of(record),
            None => Line::unfinished(outcome),
        })
    }

    /// Writes the cells of a row of this run; `row` is what was to be sent of it, if it can be read. The
    /// check is of its cells, of which later rows may have set some.
    pub(super) fn write(
        &mut self,
        table: &mut Table,
        mut line: Line,
        numbered: &NumberedRecord,
        row: Option<&Row<'_>>,
    ) -> Result<()> {
        let record = line.record.take();
        let number = numbered.row;
        let history = self.histories.history_with(number, record)?;
        let Selection {
            sheet,
            columns,
            directory,
            duplicates,
            ..
        } = *self.content.selection;
        let is_sent_in_part = duplicates.superseded(number).is_some();
        // Only for the lack of somebody who manages it: a plan that approves it still does.
        let lacks_manager = row.is_none()
            && line.outcome.kind == OutcomeKind::Invalid
            && sheet.read_row(columns, numbered, directory).is_err();
        let directory = if lacks_manager {
            &self.names
        } else {
            directory
        };
        // One that is the same as another row has its place in the order, too.
        let repeat = duplicates.of_row(number);
        let is_twin = row.is_none() && repeat.is_some_and(|repeat| repeat.is_twin);
        let is_read = is_sent_in_part || lacks_manager || is_twin;
        let whole = is_read.then(|| sheet.read_row(columns, numbered, directory));
        let whole = whole.and_then(Result::ok);
        self.write_line(table, &line, number, whole.as_ref().or(row), &history)
    }

    /// Writes the cells of a row that an earlier run left as asked: what that run noted stays as it
    /// is, but for the row's number.
    pub(super) fn keep(&mut self, table: &mut Table, numbered: &NumberedRecord) -> Result<Outcome> {
        let history = self.histories.history_of(numbered.row)?;
        let selection = self.content.selection;
        let row = selection
            .sheet
            .read_row(selection.columns, numbered, selection.directory);
        let row = row.map(|row| {
            let check = selection.columns.check_in(&numbered.record);
            as_sent(row, check.as_ref(), history.latest())
        });
        if let Some(RowChange {
            outcome: Some(outcome),
            finished_at,
            ..
        }) = history.latest()
        {
            let line = Line {
                outcome: outcome.clone(),
                finished_at: *finished_at,
                record: None,
            };
            self.write_line(table, &line, numbered.row, row.as_ref().ok(), &history)?;
            return Ok(line.outcome);
        }
        self.keep_cells(table, numbered)
    }

    /// The cells as they are, where no journal tells of the row.
    fn keep_cells(&self, table: &mut Table, numbered: &NumberedRecord) -> Result<Outcome> {
        let columns = self.content.selection.columns;
        let kind = columns.outcome_in(&numbered.record);
        let kind = kind.unwrap_or(OutcomeKind::NotAttempted);
        let results = columns.results.as_ref();
        let always = (0..RESULT_COLUMNS.len()).map(|index| Some(results?.start + index));
        let previous = results.map_or(&[][..], |results| &results.previous);
        let places = always.chain(previous.iter().copied());
        let names = self.content.form.columns(columns);
        let mut outcome = Outcome::unsent(kind, "");
        let before_check = names.len().saturating_sub(1);
        let places = places.chain(std::iter::repeat(None));
        for (name, at) in names.iter().take(before_check).zip(places) {
            let cell = at.and_then(|at| numbered.record.get(at));
            let cell = cell.unwrap_or_default();
            let count = || std::str::from_utf8(cell).ok()?.parse().ok();
            if name == "message" {
                outcome.message = String::from_utf8_lossy(cell).into();
            }
            table.cell(match name.as_str() {
                "row" => Cell::Count(numbered.row),
                "outcome" => word(kind),
                "status" | "attempts" => count().map_or(Cell::Text(cell), Cell::Count),
                _ => Cell::Text(cell),
            })?;
        }
        let check = columns.check_in(&numbered.record);
        let check = check.map(|check| check.to_string());
        table.cell(Cell::text(check.as_deref().unwrap_or_default()))?;
        Ok(outcome)
    }

    fn write_line(
        &self,
        table: &mut Table,
        line: &Line,
        number: u64,
        row: Option<&Row<'_>>,
        history: &RowHistory,
    ) -> Result<()> {
        let setting = self.content.selection.columns.setting;
        line.write(table, number, self.is_rehearsal())?;
        let place = row.map(Place::of);
        let change = match &place {
            Some(place) => history.at(place),
            None => history.latest(),
        };
        let earlier = change.map_or(line.outcome.previous.as_ref(), |change| {
            change.earlier.as_ref()
        });
        if self.content.form == Form::ResultsWithPrevious {
            for index in 0..setting.fields.len() {
                let cell = match earlier.map(|values| values.get(index)) {
                    None => String::new(),
                    Some(None) => NONE_SET.into(),
                    Some(Some(value)) => self.shown(index, value),
                };
                table.cell(Cell::text(&cell))?;
            }
        }
        let hides_change = !may_have_been_applied(&line.outcome)
            && change.is_some_and(|change| change.may_have_been_applied);
        let check = match (row, change) {
            (Some(row), _) => {
                let has_more = hides_change
                    || has_more(row, change, history)
                    || self.out_of_order.contains(&row.key);
                Some(self.check(&Place::of(row), &Sent::of(row), number, earlier, has_more))
            }
            // It is left out now, and was sent before.
            (None, Some(change)) if history.may_have_changed() => {
                let place = change.place.clone().unwrap_or_default();
                let sent = change.sent.last().cloned().unwrap_or_default();
                Some(self.check(&place, &sent, number, earlier, true))
            }
            (None, _) => None,
        };
        table.cell(Cell::text(check.as_deref().unwrap_or_default()))
    }

    /// The cell of a value from before: written as all numbers are for a reader, as long as the row's
    /// check tells which spelling of the service is meant. An undo's own rows and their results have
    /// the service's spelling throughout, since that is what is sent.
    fn shown(&self, index: usize, value: &str) -> String {
        let Selection { sheet, columns, .. } = self.content.selection;
        let plain = columns.setting.plain(index, value);
        let mut listings = columns.setting.listings(index, &plain).into_iter();
        let is_text = !value.contains('\0');
        if is_text && sheet.is_by_a_person() && listings.any(|one| one == value) {
            plain
        } else {
            self.content.verbatim(value).into_owned()
        }
    }

    fn check(
        &self,
        place: &Place,
        Sent(sent): &Sent,
        number: u64,
        earlier: Option<&CurrentValues>,
        has_more: bool,
    ) -> String {
        let header = self.content.journal.run().header();
        let fields = 0..self.content.selection.columns.setting.fields.len();
        let sent = fields.map(|index| sent.get(index)?.as_deref());
        let sent: Vec<Option<&str>> = sent.collect();
        let facts = Facts {
            service: &header.settings.base_url,
            org_id: place.org_id.as_deref(),
            target_id: &place.id,
            sent: &sent,
            earlier,
        };
        RowCheck::new(&header.id, number, has_more, &facts).to_string()
    }

    fn is_rehearsal(&self) -> bool {
        self.content.journal.run().header().settings.rehearsal
    }
}

/// The locations of which the rows that are sent or were sent stand in another order than that of the runs, since
/// the results from which this one went on were sorted. Without a journal nobody could tell their order.
fn find_out_of_order(
    content: Content<'_>,
    histories: &mut RecordReader<'_>,
) -> Result<HashSet<TargetKey>> {
    let mut found = HashSet::new();
    let Selection {
        sheet,
        columns,
        directory,
        duplicates,
        ..
    } = *content.selection;
    let header = content.journal.run().header();
    if duplicates.is_empty() || header.follows.is_none() {
        return Ok(found);
    }
    let mut last: HashMap<TargetKey, RowOrder> = HashMap::new();
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let Ok(row) = sheet.read_row(columns, &numbered, directory) else {
            continue;
        };
        if !duplicates.shares(row.key) {
            continue;
        }
        let noted = histories.history_of(numbered.row)?.order;
        let order = noted.unwrap_or_else(|| header.order_of(numbered.row));
        if last.insert(row.key, order).is_some_and(|last| last > order) {
            found.insert(row.key);
        }
    }
    Ok(found)
}

/// A row with what was sent in place of what was typed into it since: the check that is written for it tells
/// such cells from others, as the one before did.
fn as_sent<'r>(row: Row<'r>, check: Option<&RowCheck>, change: Option<&RowChange>) -> Row<'r> {
    let (Some(check), Some(Sent(sent))) = (check, change.and_then(|change| change.sent.last()))
    else {
        return row;
    };
    let fields = row.changes.into_iter().enumerate();
    let changes = fields.map(|(index, change)| {
        let is_as_written = check.holds(CheckedPart::Sent(index), change.field());
        match sent.get(index).map(Option::as_deref) {
            Some(None) if !is_as_written => Change::Keep,
            Some(value) if !is_as_written => Change::to(value),
            _ => change,
        }
    });
    Row {
        changes: changes.collect(),
        ..row
    }
}

/// Whether the journal knows more of what was sent for a row than the row says itself.
fn has_more(row: &Row<'_>, change: Option<&RowChange>, history: &RowHistory) -> bool {
    let asked = Sent::of(row);
    let is_all = |change: &RowChange| match &change.sent[..] {
        [] => true,
        [only] => *only == asked,
        _ => !change.may_have_been_applied,
    };
    let mut changes = history.changes.iter();
    let others = changes.any(|one| Some(one) != change && one.may_have_been_applied);
    others || !change.is_none_or(is_all)
}

fn tone(kind: OutcomeKind) -> Tone {
    match kind {
        OutcomeKind::Updated => Tone::Good,
        OutcomeKind::Unchanged | OutcomeKind::Skipped => Tone::Plain,
        OutcomeKind::Conflict
        | OutcomeKind::Unknown
        | OutcomeKind::NotAttempted
        | OutcomeKind::Different => Tone::Warning,
        OutcomeKind::Partly | OutcomeKind::Failed | OutcomeKind::Invalid => Tone::Bad,
    }
}

fn word(kind: OutcomeKind) -> Cell<'static> {
    Cell::Word(kind.word(), tone(kind))
}

/// The result cells of one row.
pub(super) struct Line {
    pub(super) outcome: Outcome,
    pub(super) finished_at: Option<Timestamp>,
    /// The record of this run that it was made of.
    record: Option<RowRecord>,
}

impl Line {
    /// A row with a record in the journal, if it still is the row that the record is about.
    pub(super) fn finished(record: RowRecord, row: &Row<'_>) -> Result<Line> {
        if record.check != row.fingerprint() {
            bail!(
                "row {} of the sheet was changed while it was being sent; put the sheet back as it was and use --resume",
                row.number
            );
        }
        Ok(Line::of(record))
    }

    pub(super) fn of(record: RowRecord) -> Line {
        Line {
            outcome: record.outcome.clone(),
            finished_at: Some(record.finished_at),
            record: Some(record),
        }
    }

    pub(super) fn unfinished(outcome: Outcome) -> Line {
        Line {
            outcome,
            finished_at: None,
            record: None,
        }
    }

    fn write(&self, table: &mut Table, row: u64, is_rehearsal: bool) -> Result<()> {
        let Outcome {
            kind,
            status,
            error_code,
            message,
            tracking_id,
            attempts,
            ..
        } = &self.outcome;
        let rehearsed = if is_rehearsal { REHEARSED } else { "" };
        let outcome_word = format!("{}{rehearsed}", kind.word());
        let finished_at = self.finished_at.map(|time| format!("{time:.3}"));
        let cells: [Cell<'_>; RESULT_COLUMNS.len()] = [
            Cell::Count(row),
            Cell::Word(&outcome_word, tone(*kind)),
            status.map_or(Cell::text(""), |status| Cell::Count(status.into())),
            Cell::Untrusted(error_code),
            Cell::Untrusted(message),
            Cell::Untrusted(tracking_id),
            Cell::Count(u64::from(*attempts)),
            Cell::text(finished_at.as_deref().unwrap_or_default()),
        ];
        cells.into_iter().try_for_each(|cell| table.cell(cell))
    }
}
