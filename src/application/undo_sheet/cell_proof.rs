//! What the cells of a row of results prove that it did, where no journal tells of it.

use super::changed_row::NOT_READ;
use super::older_results;
use super::row_cells::RowCells;
use crate::application::earlier_runs::EarlierRuns;
use crate::journal::{Place, RowChange, RowHistory, Sent};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::wording::listed;
use crate::sheet::columns::Columns;
use crate::sheet::problem::Problem;
use crate::sheet::result_columns::CHECK;
use crate::sheet::row_check::{CheckedPart, RowCheck};
use crate::sheet::{NumberedRecord, Sheet};

/// Reads the rows of a file of results by their checks.
#[derive(Debug, Clone, Copy)]
pub(in crate::application) struct CellProof<'p> {
    source: &'p Sheet,
    columns: &'p Columns,
    earlier: &'p EarlierRuns,
    base_url: &'p str,
    /// A journal is damaged, and may have told of rows that seem to have changed nothing.
    pub(super) is_silence_in_doubt: bool,
}

impl<'p> CellProof<'p> {
    pub(in crate::application) fn new(
        source: &'p Sheet,
        columns: &'p Columns,
        earlier: &'p EarlierRuns,
        base_url: &'p str,
    ) -> CellProof<'p> {
        CellProof {
            source,
            columns,
            earlier,
            base_url,
            is_silence_in_doubt: earlier.damage().is_some() && !earlier.are_final(&source.path),
        }
    }

    pub(in crate::application) fn source(&self) -> (&'p Sheet, &'p Columns) {
        (self.source, self.columns)
    }

    pub(super) fn check_of(&self, numbered: &NumberedRecord) -> Option<RowCheck> {
        self.earlier.check_in(self.columns, numbered)
    }

    /// The cells of a row that are not what the run wrote, where its check can tell.
    pub(super) fn changed(&self, numbered: &NumberedRecord) -> Vec<String> {
        if self.earlier.is_of_copy() {
            return Vec::new();
        }
        let cells = RowCells::read(self.source, self.columns, numbered);
        let check = self.check_of(numbered);
        check.map_or(Vec::new(), |check| cells.changed(&check))
    }

    /// What a row may have changed, by its outcome, as far as its check proves it: where, and what was
    /// there before. What it sent may have been corrected since; then it is not known.
    pub(in crate::application) fn history(&self, numbered: &NumberedRecord) -> Option<RowHistory> {
        let check = self.check_of(numbered)?;
        let kind = self.columns.outcome_in(&numbered.record)?;
        let is_sent_here = check.holds(CheckedPart::Service, Some(self.base_url));
        let is_left = matches!(kind, OutcomeKind::Failed | OutcomeKind::Conflict);
        let is_changed = check.has_more
            || may_have_changed(kind, self.columns, numbered)
            // Its outcome is not proven, and what was there before holds for the next try as well.
            || (is_left && check.tells_of_earlier());
        if !is_sent_here || !is_changed {
            return None;
        }
        let cells = RowCells::read(self.source, self.columns, numbered);
        let row = cells.asked.as_ref().ok()?;
        if !cells.are_place_and_earlier_proven(row, &check) || cells.is_nothing_read(Some(&check)) {
            return None;
        }
        let Sent(mut sent) = Sent::of(row);
        let mut is_all = true;
        for (index, value) in sent.iter_mut().enumerate() {
            if !check.holds(CheckedPart::Sent(index), value.as_deref()) {
                is_all = false;
                *value = None;
            }
        }
        let mut all = Vec::new();
        all.extend((!is_all).then(Sent::unknown));
        all.extend(sent.iter().any(Option::is_some).then_some(Sent(sent)));
        let change = RowChange {
            place: Some(Place::of(row)),
            earlier: Some(cells.earlier_values()),
            earlier_read_at: None,
            sent: all,
            untouched: Vec::new(),
            also_changed: Vec::new(),
            may_have_been_applied: true,
            outcome: Some(Outcome::unsent(kind, "")),
            finished_at: None,
            order: None,
        };
        let others = check.has_more.then(RowChange::elsewhere);
        Some(RowHistory {
            order: None,
            changes: others.into_iter().chain([change]).collect(),
        })
    }

    /// Whether a row may have changed what was there before, by its cells, which do not prove what that
    /// was: then why not.
    pub(in crate::application) fn unproven(&self, numbered: &NumberedRecord) -> Option<String> {
        let kind = self.columns.outcome_in(&numbered.record)?;
        let cells = RowCells::read(self.source, self.columns, numbered);
        let check = self.check_of(numbered);
        let has_more = check.as_ref().is_some_and(|check| check.has_more);
        let is_changed = has_more || may_have_changed(kind, self.columns, numbered);
        // Without a check nothing proves that nothing was read.
        let is_nothing_read = check.is_some_and(|check| cells.is_nothing_read(Some(&check)));
        if !is_changed || is_nothing_read || self.history(numbered).is_some() {
            return None;
        }
        Some(match self.read(numbered, kind) {
            Err(why) | Ok((_, Some(why))) => why,
            Ok((_, None)) => format!(
                "its cells prove nothing, and {}",
                self.journal_in_words(None)
            ),
        })
    }

    /// Whether a row asks for what was there before.
    pub(super) fn changes_nothing(&self, change: &RowChange) -> bool {
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

    /// What the cells of a row say that it did, and what they do not say. The error says why they cannot
    /// be relied on.
    pub(super) fn read(
        &self,
        numbered: &NumberedRecord,
        kind: OutcomeKind,
    ) -> Result<(RowChange, Option<String>), String> {
        let columns = self.columns;
        let check = self.check_of(numbered);
        let journal = self.journal_in_words(check.as_ref());
        let cells = RowCells::read(self.source, columns, numbered);
        let mut why = None;
        if let Some(check) = &check {
            if !check.holds(CheckedPart::Service, Some(self.base_url)) {
                return Err(format!(
                    "it was sent elsewhere, or its row number was changed, and {journal}"
                ));
            }
            if check.fields() != columns.setting.fields.len() {
                return Err(format!(
                    "columns with values from before it were deleted, and {journal}"
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
        if cells.is_nothing_read(check.as_ref()) {
            return Err(NOT_READ.into());
        }
        let alternatives = older_results::with_a_plus(&sent);
        let change = RowChange {
            place: Some(Place::of(row)),
            earlier: Some(cells.earlier_values()),
            earlier_read_at: None,
            sent: std::iter::once(sent).chain(alternatives).collect(),
            untouched: Vec::new(),
            also_changed: Vec::new(),
            may_have_been_applied: true,
            outcome: Some(Outcome::unsent(kind, "")),
            finished_at: None,
            order: None,
        };
        Ok((change, why))
    }

    /// Why only what the row itself proves counts.
    pub(super) fn journal_in_words(&self, check: Option<&RowCheck>) -> &'static str {
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
pub(super) fn may_have_changed(
    kind: OutcomeKind,
    columns: &Columns,
    numbered: &NumberedRecord,
) -> bool {
    match kind {
        OutcomeKind::Updated | OutcomeKind::Partly | OutcomeKind::Unknown => true,
        OutcomeKind::Failed if !columns.has_checks() => {
            columns.is_doubtful_failure(&numbered.record)
        }
        _ => false,
    }
}
