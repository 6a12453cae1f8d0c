//! Judges the rows of a file of results: by the journal where that tells of a row, else by what the
//! row itself proves.

use anyhow::Result;
use jiff::Timestamp;

use super::cell_proof::{CellProof, may_have_changed};
use super::changed_row::RowVerdict;
use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::lost_rows::LostRow;
use crate::application::undo_sheet::EarlierRows;
use crate::journal::{Place, RowChange, Sent};
use crate::model::outcome::OutcomeKind;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::result_columns::CHECK;
use crate::sheet::row_check::RowCheck;
use crate::sheet::{NumberedRecord, Sheet};

/// Judges the rows of a file of results.
pub(super) struct Verdicts<'p> {
    source: &'p Sheet,
    columns: &'p Columns,
    earlier: &'p EarlierRuns,
    rows: EarlierRows<'p>,
    cells: CellProof<'p>,
    /// Nothing in the file proves its cells, so that only what a journal records counts.
    are_cells_unproven: bool,
}

impl<'p> Verdicts<'p> {
    pub(super) fn new(
        source: &'p Sheet,
        columns: &'p Columns,
        earlier: &'p EarlierRuns,
        base_url: &'p str,
        are_cells_unproven: bool,
    ) -> Result<Verdicts<'p>> {
        let cells = CellProof::new(source, columns, earlier, base_url);
        Ok(Verdicts {
            source,
            columns,
            earlier,
            rows: EarlierRows::of(earlier, cells)?,
            cells,
            are_cells_unproven,
        })
    }

    pub(super) fn of(&mut self, numbered: &NumberedRecord) -> Result<RowVerdict> {
        let is_known = self.earlier.is_of_copy() || self.check_of(numbered).is_some();
        let recorded = self.rows.known(numbered)?;
        let recorded = recorded.map(|(run, row, history)| {
            let header = run.header();
            let order = history.order.unwrap_or_else(|| header.order_of(row));
            ((order, header.started_at), history.changes)
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

    /// The same of a row that the results do not have any more.
    pub(super) fn of_lost(&self, row: &LostRow) -> RowVerdict {
        let order = (Timestamp::UNIX_EPOCH, row.row);
        let kind = self.columns.setting.target;
        RowVerdict::of(row.changes.clone(), kind, (order, row.read_at), None)
    }

    /// Which run tells of a row, and its number there.
    pub(super) fn locate(&self, numbered: &NumberedRecord) -> Option<(usize, u64)> {
        self.earlier.locate(self.columns, numbered)
    }

    fn check_of(&self, numbered: &NumberedRecord) -> Option<RowCheck> {
        self.cells.check_of(numbered)
    }

    /// The cells of a row that are not what the run wrote, where its check can tell.
    pub(super) fn changed_cells(&self, numbered: &NumberedRecord) -> Vec<String> {
        self.cells.changed(numbered)
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
        if !self.cells.is_silence_in_doubt || was_never_sent {
            return Ok(false);
        }
        let check = self.check_of(numbered);
        let had_no_effect = check.map(|check| self.earlier.had_no_effect(&check));
        Ok(!had_no_effect.transpose()?.unwrap_or_default())
    }

    /// Without a journal only what the row itself proves counts.
    fn of_cells(&self, numbered: &NumberedRecord) -> RowVerdict {
        if self.is_foreign(numbered) {
            return RowVerdict::Foreign;
        }
        let Some(kind) = self.columns.outcome_in(&numbered.record) else {
            let journal = self
                .cells
                .journal_in_words(self.check_of(numbered).as_ref());
            return RowVerdict::cannot(format!("its outcome cannot be understood, and {journal}"));
        };
        let says_changed = may_have_changed(kind, self.columns, numbered);
        if !says_changed && !self.may_have_changed_all_the_same(numbered, kind) {
            return RowVerdict::NothingChanged;
        }
        let check = self.check_of(numbered);
        let says_all = check.is_some_and(|check| !check.has_more);
        match self.cells.read(numbered, kind) {
            Ok((change, None)) if !says_changed && self.cells.changes_nothing(&change) => {
                RowVerdict::NothingChanged
            }
            Ok((change, why)) => {
                // A spreadsheet may have sorted them.
                let row = self.columns.row_in(&numbered.record);
                let order = (Timestamp::UNIX_EPOCH, row.unwrap_or(numbered.row));
                let order = (order, Timestamp::UNIX_EPOCH);
                RowVerdict::of(vec![change], self.columns.setting.target, order, why)
            }
            Err(_) if !says_changed && says_all => RowVerdict::Unproven,
            Err(why) => RowVerdict::cannot(why),
        }
    }

    /// Nothing proves an outcome: where the journal is missing, a row of which values from before are
    /// recorded may have changed them, whatever its outcome says. Trying to put them back does no harm,
    /// since an undo writes only where it finds what the row sent.
    fn may_have_changed_all_the_same(&self, numbered: &NumberedRecord, kind: OutcomeKind) -> bool {
        match self.check_of(numbered) {
            _ if kind == OutcomeKind::Different => false,
            Some(check) => self.earlier.is_missing(&check.run) && check.tells_of_earlier(),
            None => {
                let previous = self.columns.previous().unwrap_or_default();
                let mut cells = previous.iter().flatten();
                let is_filled = |at: &usize| {
                    let cell = numbered.record.get(*at);
                    cell.is_some_and(|cell| !cell.is_empty())
                };
                self.columns.has_checks() && self.earlier.lacks_journal() && cells.any(is_filled)
            }
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
}
