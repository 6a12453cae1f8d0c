//! Judges the rows of a file of results: by the journal where that tells of a row, else by what the
//! row itself proves.

use anyhow::Result;
use jiff::Timestamp;

use super::changed_row::{NOT_READ, RowVerdict};
use super::older_results;
use super::row_cells::{EarlierCell, RowCells};
use crate::application::earlier_rows::EarlierRows;
use crate::application::earlier_runs::EarlierRuns;
use crate::journal::{Place, RowChange, Sent};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::wording::listed;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::problem::Problem;
use crate::sheet::result_columns::CHECK;
use crate::sheet::row_check::{Part, RowCheck};
use crate::sheet::{NumberedRecord, Sheet};

/// Judges the rows of a file of results.
pub(super) struct Verdicts<'p> {
    source: &'p Sheet,
    columns: &'p Columns,
    earlier: &'p EarlierRuns,
    rows: EarlierRows<'p>,
    base_url: &'p str,
    /// Nothing in the file proves its cells, so that only what a journal records counts.
    are_cells_unproven: bool,
    /// A journal is damaged, and may have told of rows that seem to have changed nothing.
    is_silence_in_doubt: bool,
}

impl<'p> Verdicts<'p> {
    pub(super) fn new(
        source: &'p Sheet,
        columns: &'p Columns,
        earlier: &'p EarlierRuns,
        base_url: &'p str,
        are_cells_unproven: bool,
    ) -> Result<Verdicts<'p>> {
        Ok(Verdicts {
            source,
            columns,
            earlier,
            rows: EarlierRows::of(earlier)?,
            base_url,
            are_cells_unproven,
            is_silence_in_doubt: earlier.damage().is_some() && !earlier.are_final(&source.path),
        })
    }

    pub(super) fn of(&mut self, numbered: &NumberedRecord) -> Result<RowVerdict> {
        let is_known = self.earlier.is_of_copy() || self.check_of(numbered).is_some();
        let recorded = self.rows.history(self.source, self.columns, numbered)?;
        let recorded = recorded.map(|(run, row, history)| {
            let order = (run.header().started_at, row);
            (order, history.changes)
        });
        let is_silent = recorded
            .as_ref()
            .is_some_and(|(_, changes)| changes.is_empty());
        if let Some((order, changes)) = recorded
            && !changes.is_empty()
            && (is_known || self.asks_for_one_of(numbered, &changes))
        {
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
        let needs_record = self.are_cells_unproven || self.columns.has_checks();
        if !is_known && needs_record && !self.earlier.runs().is_empty() {
            return Ok(self.of_unrecorded(numbered, is_silent));
        }
        match self.of_cells(numbered) {
            RowVerdict::NothingChanged if self.may_be_untold(numbered)? => Ok(RowVerdict::cannot(
                "the damaged part of its journal may tell of a change to it",
            )),
            verdict => Ok(verdict),
        }
    }

    fn check_of(&self, numbered: &NumberedRecord) -> Option<RowCheck> {
        self.columns.check_in(&numbered.record)
    }

    /// Whether the row names the place of a recorded change, and the values that were sent there.
    fn asks_for_one_of(&self, numbered: &NumberedRecord, changes: &[RowChange]) -> bool {
        let directory = Directory::default();
        let Ok(row) = self.source.read_row(self.columns, numbered, &directory) else {
            return false;
        };
        let (place, sent) = (Place::of(&row), Sent::of(&row));
        changes.iter().any(|change| {
            let named = change.place.as_ref();
            named.is_some_and(|one| one.is_same(&place)) && change.sent.contains(&sent)
        })
    }

    /// A row without its check that is not as the journal records it. `is_silent`: the journal tells of
    /// no change under its number.
    fn of_unrecorded(&self, numbered: &NumberedRecord, is_silent: bool) -> RowVerdict {
        if self.is_foreign(numbered) {
            return RowVerdict::Foreign;
        }
        match self.columns.outcome_in(&numbered.record) {
            Some(OutcomeKind::Invalid | OutcomeKind::Skipped) => RowVerdict::NothingChanged,
            Some(kind) if is_silent && !may_have_changed(kind, self.columns, numbered) => {
                RowVerdict::NothingChanged
            }
            _ => RowVerdict::cannot(format!(
                "its cell `{CHECK}` is missing, and the journal has no row of this number, place and values"
            )),
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
        let Some(kind) = self.columns.outcome_in(&numbered.record) else {
            let journal = self.journal_in_words(self.check_of(numbered).as_ref());
            return RowVerdict::cannot(format!("its outcome cannot be understood, and {journal}"));
        };
        let says_changed = may_have_changed(kind, self.columns, numbered);
        if !says_changed && !self.may_have_changed_all_the_same(numbered, kind) {
            return RowVerdict::NothingChanged;
        }
        match self.read_cells(numbered, kind) {
            Ok((change, None)) if !says_changed && self.changes_nothing(&change) => {
                RowVerdict::NothingChanged
            }
            Ok((change, why)) => {
                let order = (Timestamp::UNIX_EPOCH, numbered.row);
                RowVerdict::of(vec![change], self.columns.setting.target, order, why)
            }
            Err(why) => RowVerdict::cannot(why),
        }
    }

    /// Nothing proves an outcome: where the journal is missing, a row of which values from before are
    /// recorded may have changed them, whatever its outcome says. Trying to put them back does no harm,
    /// since an undo writes only where it finds what the row sent.
    fn may_have_changed_all_the_same(&self, numbered: &NumberedRecord, kind: OutcomeKind) -> bool {
        let Some(mut previous) = self.columns.previous() else {
            return false;
        };
        let mut fields = 0..previous.len();
        match self.check_of(numbered) {
            _ if kind == OutcomeKind::Different => false,
            Some(check) => {
                let was_read = |index| !check.holds(Part::Earlier(index), None);
                self.earlier.is_missing(&check.run) && fields.any(was_read)
            }
            None => {
                let is_filled = |at| numbered.record.get(at).is_some_and(|cell| !cell.is_empty());
                self.columns.has_checks() && self.earlier.lacks_journal() && previous.any(is_filled)
            }
        }
    }

    /// Whether a row asks for what was there before.
    fn changes_nothing(&self, change: &RowChange) -> bool {
        let (Some(earlier), Some(Sent(sent))) = (&change.earlier, change.sent.first()) else {
            return false;
        };
        let mut fields = sent.iter().enumerate();
        fields.all(
            |(index, sent)| match (sent.as_deref(), earlier.get(index)) {
                (None, _) => true,
                (Some(sent), None) => sent.is_empty(),
                (Some(sent), Some(value)) => self.columns.setting.is_same(index, sent, value),
            },
        )
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
        let has_check = self.check_of(numbered).is_some();
        let kind = self.columns.outcome_in(&numbered.record)?;
        if !may_have_changed(kind, self.columns, numbered) {
            return None;
        }
        match self.read_cells(numbered, kind) {
            Ok((mut change, None)) if has_check => {
                // A check proves the `+` too.
                change.sent.truncate(1);
                Some(change)
            }
            _ => None,
        }
    }

    /// What the cells of a row say that it did, and what they do not say. The error says why they cannot
    /// be relied on.
    fn read_cells(
        &self,
        numbered: &NumberedRecord,
        kind: OutcomeKind,
    ) -> Result<(RowChange, Option<String>), String> {
        let columns = self.columns;
        let check = self.check_of(numbered);
        let journal = self.journal_in_words(check.as_ref());
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
            && let Some(doubt) = older_results::doubt_of(columns, &cells.earlier, &mut sent)
        {
            return Err(format!("{doubt}, and {journal}"));
        }
        if cells.earlier.iter().all(|one| *one == EarlierCell::NotRead) {
            return Err(NOT_READ.into());
        }
        let alternatives = older_results::with_a_plus(&sent);
        let change = RowChange {
            place: Some(Place::of(row)),
            earlier: Some(cells.earlier_values()),
            sent: std::iter::once(sent).chain(alternatives).collect(),
            may_have_been_applied: true,
            outcome: Some(Outcome::unsent(kind, "")),
            finished_at: None,
            order: None,
        };
        Ok((change, why))
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
