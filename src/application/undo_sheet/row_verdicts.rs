//! Judges the rows of a file of results: by the journal where that tells of a row, else by what the
//! row itself proves.

use anyhow::Result;
use jiff::Timestamp;

use super::changed_row::{NOT_READ, RowVerdict};
use super::row_cells::{EarlierCell, RowCells};
use crate::application::earlier_rows::EarlierRows;
use crate::application::earlier_runs::EarlierRuns;
use crate::journal::{Place, RowChange, RowHistory, Sent};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::wording::listed;
use crate::sheet::columns::Columns;
use crate::sheet::country::{Lost, what_may_be_lost};
use crate::sheet::number::number_in;
use crate::sheet::problem::{Problem, shorten};
use crate::sheet::result_columns::{CHECK, PREVIOUS};
use crate::sheet::row_check::{Part, RowCheck};
use crate::sheet::{NumberedRecord, Sheet};

/// Judges the rows of a file of results.
pub(super) struct Verdicts<'p> {
    source: &'p Sheet,
    columns: &'p Columns,
    earlier: &'p EarlierRuns,
    rows: EarlierRows<'p>,
    base_url: &'p str,
    /// A journal is damaged, and may have told of rows that seem to have changed nothing.
    is_silence_in_doubt: bool,
}

impl<'p> Verdicts<'p> {
    pub(super) fn new(
        source: &'p Sheet,
        columns: &'p Columns,
        earlier: &'p EarlierRuns,
        base_url: &'p str,
    ) -> Result<Verdicts<'p>> {
        Ok(Verdicts {
            source,
            columns,
            earlier,
            rows: EarlierRows::of(earlier)?,
            base_url,
            is_silence_in_doubt: earlier.damage().is_some() && !earlier.are_final(&source.path),
        })
    }

    pub(super) fn of(&mut self, numbered: &NumberedRecord) -> Result<RowVerdict> {
        let recorded = self.rows.history(self.source, self.columns, numbered)?;
        if let Some((run, row, RowHistory { changes })) = recorded
            && !changes.is_empty()
        {
            let order = (run.header().started_at, row);
            let changed = changes.into_iter().filter(|one| one.may_have_been_applied);
            return Ok(RowVerdict::of(
                changed.collect(),
                self.columns.setting.target,
                order,
                None,
            ));
        }
        if self.earlier.is_of_copy() {
            return Ok(RowVerdict::NothingChanged);
        }
        match self.of_cells(numbered) {
            RowVerdict::NothingChanged if self.may_be_untold(numbered)? => Ok(RowVerdict::cannot(
                "the damaged part of its journal may tell of a change to it",
            )),
            verdict => Ok(verdict),
        }
    }

    /// Whether a row that seems to have changed nothing may have: results can be older than their
    /// journal.
    fn may_be_untold(&self, numbered: &NumberedRecord) -> Result<bool> {
        let was_never_sent = matches!(
            self.columns.outcome_in(&numbered.record),
            Some(OutcomeKind::Invalid | OutcomeKind::Skipped)
        );
        if !self.is_silence_in_doubt || was_never_sent {
            return Ok(false);
        }
        let check = self.columns.check_in(&numbered.record);
        let had_no_effect = check.map(|check| self.earlier.had_no_effect(&check));
        Ok(!had_no_effect.transpose()?.unwrap_or_default())
    }

    /// Without a journal only what the row itself proves counts.
    fn of_cells(&self, numbered: &NumberedRecord) -> RowVerdict {
        if self.is_foreign(numbered) {
            return RowVerdict::Foreign;
        }
        match self.read_cells(numbered) {
            Ok(Some((change, why))) => {
                let kind = self.columns.setting.target;
                let order = (Timestamp::UNIX_EPOCH, numbered.row);
                RowVerdict::of(vec![change], kind, order, why)
            }
            Ok(None) => RowVerdict::NothingChanged,
            Err(why) => RowVerdict::cannot(why),
        }
    }

    /// Whether somebody added the row: every row that a run wrote has its number, its outcome and its
    /// check.
    fn is_foreign(&self, numbered: &NumberedRecord) -> bool {
        let (columns, record) = (self.columns, &numbered.record);
        columns.has_checks()
            && columns.row_in(record).is_none()
            && columns.outcome_in(record).is_none()
            && columns.check_in(record).is_none()
    }

    /// The cells of a row that are not what the run wrote, where its check can tell.
    pub(super) fn changed_cells(&self, numbered: &NumberedRecord) -> Vec<String> {
        if self.earlier.is_of_copy() {
            return Vec::new();
        }
        let check = self.columns.check_in(&numbered.record);
        let cells = RowCells::read(self.source, self.columns, numbered);
        check.map_or(Vec::new(), |check| cells.changed(&check))
    }

    /// What the cells of a row prove that it did; `None` where they prove nothing.
    pub(super) fn proven_by_cells(&self, numbered: &NumberedRecord) -> Option<RowChange> {
        let has_check = self.columns.check_in(&numbered.record).is_some();
        match self.read_cells(numbered) {
            Ok(Some((mut change, None))) if has_check => {
                // A check proves the `+` too.
                change.sent.truncate(1);
                Some(change)
            }
            _ => None,
        }
    }

    /// What the cells of a row say that it did, if it did anything, and what they do not say. The error
    /// says why they cannot be relied on.
    fn read_cells(
        &self,
        numbered: &NumberedRecord,
    ) -> Result<Option<(RowChange, Option<String>)>, String> {
        let columns = self.columns;
        let record = &numbered.record;
        let check = columns.check_in(record);
        let journal = self.journal_in_words(check.as_ref());
        let Some(kind) = columns.outcome_in(record) else {
            return Err(format!("its outcome cannot be understood, and {journal}"));
        };
        if !may_have_changed(kind, columns, numbered) {
            return Ok(None);
        }
        if columns.previous().is_none() {
            return Err(NOT_READ.into());
        }
        let cells = RowCells::read(self.source, columns, numbered);
        let mut why = None;
        if let Some(check) = &check {
            if !check.holds(Part::Service, Some(self.base_url)) {
                return Err(format!(
                    "it was sent elsewhere, or its row number was changed, and {journal}"
                ));
            }
            let changed = cells.changed(check);
            if !changed.is_empty() {
                let (cells, are) = match changed.len() {
                    1 => ("cell", "is"),
                    _ => ("cells", "are"),
                };
                return Err(format!(
                    "its {cells} {} {are} not what the run wrote, as when a spreadsheet drops a `+` or shortens a number, and {journal}",
                    listed(&changed)
                ));
            }
            if check.has_more {
                why = Some(format!(
                    "it was sent more than once, only a journal knows all of it, and {journal}"
                ));
            }
        } else if columns.has_checks() {
            return Err(format!(
                "its cell `{CHECK}` is not what the run wrote, and {journal}"
            ));
        } else if self.is_silence_in_doubt {
            return Err("nothing proves its cells, and its journal is damaged".into());
        }
        let row = cells.asked.as_ref().map_err(|problems| {
            let problem = problems.first().map(Problem::within_row);
            problem.unwrap_or_default()
        })?;
        let mut sent = Sent::of(row);
        if check.is_none()
            && let Some(doubt) = self.doubt_of_old_cells(&cells.earlier, &mut sent)
        {
            return Err(format!("{doubt}, and {journal}"));
        }
        if cells.earlier.iter().all(|one| *one == EarlierCell::NotRead) {
            return Err(NOT_READ.into());
        }
        let alternatives = with_a_plus(&sent);
        let change = RowChange {
            place: Some(Place::of(row)),
            earlier: Some(cells.earlier_values()),
            sent: std::iter::once(sent).chain(alternatives).collect(),
            may_have_been_applied: true,
            outcome: Some(Outcome::unsent(kind, "")),
            finished_at: None,
            order: None,
        };
        Ok(Some((change, why)))
    }

    /// Why only what the row itself proves counts.
    fn journal_in_words(&self, check: Option<&RowCheck>) -> &'static str {
        let is_missing = match check {
            Some(check) => self.earlier.is_missing(&check.run),
            None => self.earlier.runs().is_empty(),
        };
        if self.earlier.damage().is_some() {
            "its journal is damaged"
        } else if is_missing {
            "its journal is not there"
        } else {
            "no journal tells of it"
        }
    }

    /// Results of an older wxbulk have no checks. A cell of theirs that a spreadsheet may have changed
    /// is not relied on, and an empty one may not have been read.
    fn doubt_of_old_cells(&self, cells: &[EarlierCell<'_>], sent: &mut Sent) -> Option<String> {
        let names = self.columns.setting.columns(PREVIOUS);
        for (index, cell) in cells.iter().enumerate() {
            match cell {
                EarlierCell::Value(value) => {
                    let number = number_in(value);
                    let is_sound = number.is_some_and(|one| what_may_be_lost(&one).is_none());
                    if sent.0[index].is_some() && !is_sound {
                        return Some(format!(
                            "a spreadsheet may have changed its cell `{}` (`{}`)",
                            names[index],
                            shorten(value)
                        ));
                    }
                }
                EarlierCell::NoneSet => {}
                EarlierCell::NotRead => sent.0[index] = None,
            }
        }
        None
    }
}

/// Whether a row may have changed something. Before there were checks a row was `failed` by its last
/// answer, even where an earlier try may have taken effect.
fn may_have_changed(kind: OutcomeKind, columns: &Columns, numbered: &NumberedRecord) -> bool {
    match kind {
        OutcomeKind::Updated | OutcomeKind::Partly | OutcomeKind::Unknown => true,
        OutcomeKind::Failed if !columns.has_checks() => {
            columns.is_doubtful_failure(&numbered.record)
        }
        _ => false,
    }
}

/// What was sent, should the cells have lost a `+`.
fn with_a_plus(sent: &Sent) -> Option<Sent> {
    let mut has_lost = false;
    let values = sent.0.iter().map(|value| match value {
        Some(value) if what_may_be_lost(value) == Some(Lost::Plus) => {
            has_lost = true;
            Some(format!("+{value}").into())
        }
        value => value.clone(),
    });
    let values = values.collect();
    has_lost.then_some(Sent(values))
}
