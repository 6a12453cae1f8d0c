//! What a row of results did, from its journal where that is there, else from its own cells.

use anyhow::Result;
use jiff::Timestamp;

use super::key_of;
use crate::application::earlier_runs::{EarlierRows, EarlierRuns};
use crate::journal::{Place, RowChange, RowHistory, Sent};
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::TargetKey;
use crate::setting::target_kind::TargetKind;
use crate::sheet::columns::Columns;
use crate::sheet::country::{Lost, what_may_be_lost};
use crate::sheet::directory::Directory;
use crate::sheet::number::number_in;
use crate::sheet::problem::{Problem, shorten};
use crate::sheet::result_columns::{CHECK, NONE_SET, OR, PREVIOUS};
use crate::sheet::row_check::{Facts, Part};
use crate::sheet::{NumberedRecord, Sheet, verbatim};

const NOT_READ: &str = "the numbers before it were not read, so they cannot be put back";

/// A change to one place that is to be undone.
#[derive(Debug)]
pub(super) struct ChangedRow {
    pub(super) key: TargetKey,
    /// Changes to one place are sent in this order.
    pub(super) order: (Timestamp, u64),
    pub(super) place: Place,
    pub(super) earlier: CurrentValues,
    /// What may have been applied, oldest first.
    pub(super) sent: Vec<Sent>,
    /// The last of it was.
    pub(super) is_certain: bool,
}

/// What is to be done about a row.
#[derive(Debug)]
pub(super) enum RowVerdict {
    NothingChanged,
    Changed(Vec<ChangedRow>),
    /// It may have changed something that cannot be undone, besides what can.
    CannotBeUndone {
        why: String,
        changes: Vec<ChangedRow>,
    },
}

impl RowVerdict {
    pub(super) fn changes(&self) -> &[ChangedRow] {
        match self {
            RowVerdict::NothingChanged => &[],
            RowVerdict::Changed(changes) | RowVerdict::CannotBeUndone { changes, .. } => changes,
        }
    }

    pub(super) fn into_changes(self) -> Vec<ChangedRow> {
        match self {
            RowVerdict::NothingChanged => Vec::new(),
            RowVerdict::Changed(changes) | RowVerdict::CannotBeUndone { changes, .. } => changes,
        }
    }

    fn cannot(why: impl Into<String>) -> RowVerdict {
        RowVerdict::CannotBeUndone {
            why: why.into(),
            changes: Vec::new(),
        }
    }

    /// Of what a row did, in order.
    fn of(
        changes: Vec<RowChange>,
        kind: &TargetKind,
        order: (Timestamp, u64),
        why: Option<String>,
    ) -> RowVerdict {
        let mut why = why;
        let mut undone = Vec::new();
        for change in changes {
            match ChangedRow::of(change, kind, order) {
                Ok(change) => undone.push(change),
                Err(reason) => why = Some(reason),
            }
        }
        match why {
            Some(why) => RowVerdict::CannotBeUndone {
                why,
                changes: undone,
            },
            None if undone.is_empty() => RowVerdict::NothingChanged,
            None => RowVerdict::Changed(undone),
        }
    }
}

impl ChangedRow {
    fn of(
        change: RowChange,
        kind: &TargetKind,
        order: (Timestamp, u64),
    ) -> Result<ChangedRow, String> {
        let (Some(place), Some(earlier)) = (change.place, change.earlier) else {
            return Err(NOT_READ.into());
        };
        let Some(key) = key_of(&place.id, kind) else {
            let id = shorten(&place.id);
            return Err(format!("`{id}` is not {}", kind.id.name));
        };
        let fields = change.sent.iter().map(|sent| sent.0.len()).max();
        let before = (0..fields.unwrap_or_default()).filter_map(|index| earlier.get(index));
        let sent = change.sent.iter().flat_map(|sent| sent.0.iter().flatten());
        let mut values = before.chain(sent.map(|value| &**value));
        if let Some(value) = values.find(|value| !verbatim::fits(value, OR)) {
            let shown = shorten(value);
            return Err(format!(
                "a sheet cannot have the number `{shown}`; set it by hand"
            ));
        }
        let is_certain = |outcome: &Outcome| outcome.kind == OutcomeKind::Updated;
        Ok(ChangedRow {
            key,
            order,
            place,
            earlier,
            is_certain: change.outcome.as_ref().is_some_and(is_certain) && change.sent.len() == 1,
            sent: change.sent,
        })
    }
}

/// Judges the rows of a file of results.
pub(super) struct Verdicts<'p> {
    source: &'p Sheet,
    columns: &'p Columns,
    earlier: &'p EarlierRuns,
    rows: EarlierRows<'p>,
    base_url: &'p str,
    /// Why only what a row itself proves counts.
    journal_is: &'static str,
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
            rows: earlier.reader()?,
            base_url,
            journal_is: if earlier.damage().is_some() {
                "is damaged"
            } else {
                "is not there"
            },
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
            let kind = self.columns.setting.target;
            return Ok(RowVerdict::of(changed.collect(), kind, order, None));
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
        let Some(kind) = columns.outcome_in(record) else {
            return Err(format!(
                "its outcome cannot be understood, and its journal {}",
                self.journal_is
            ));
        };
        if !may_have_changed(kind, columns, numbered) {
            return Ok(None);
        }
        if columns.previous().is_none() {
            return Err(NOT_READ.into());
        }
        let row = match self
            .source
            .read_row(columns, numbered, &Directory::default())
        {
            Ok(row) => row,
            Err(problems) => {
                let problem = problems.first().map(Problem::within_row);
                return Err(problem.unwrap_or_default());
            }
        };
        let cells = self.earlier_cells(numbered);
        let mut sent = Sent::of(&row);
        let why = if let Some(check) = columns.check_in(record) {
            let values: Vec<Option<&str>> = sent.0.iter().map(Option::as_deref).collect();
            let earlier = earlier_of(&cells);
            let facts = Facts {
                service: self.base_url,
                org_id: row.org_id.as_deref(),
                target_id: &row.target_id,
                sent: &values,
                earlier: earlier.as_ref(),
            };
            match check.find_change(&facts) {
                Some(part) => return Err(self.describe(part, numbered)),
                None if check.has_more => Some(format!(
                    "it was sent more than once, and only the journal, which {}, knows all of it",
                    self.journal_is
                )),
                None => None,
            }
        } else if columns.has_checks() {
            return Err(format!(
                "its cell `{CHECK}` is not what the run wrote, and the journal {}",
                self.journal_is
            ));
        } else if self.is_silence_in_doubt {
            return Err("nothing proves its cells, and the journal is damaged".into());
        } else {
            match self.doubt_of_old_cells(&cells, &mut sent) {
                Some(why) => return Err(why),
                None => None,
            }
        };
        let alternatives = with_a_plus(&sent);
        let earlier = cells.iter().map(EarlierCell::value);
        let change = RowChange {
            place: Some(Place::of(&row)),
            earlier: Some(CurrentValues::of(earlier)),
            sent: std::iter::once(sent).chain(alternatives).collect(),
            may_have_been_applied: true,
            outcome: Some(Outcome::unsent(kind, "")),
            finished_at: None,
        };
        let has_none = cells.iter().all(|cell| *cell == EarlierCell::NotRead);
        if has_none {
            return Err(NOT_READ.into());
        }
        Ok(Some((change, why)))
    }

    fn earlier_cells<'r>(&self, numbered: &'r NumberedRecord) -> Vec<EarlierCell<'r>> {
        let places = self.columns.previous().unwrap_or_default();
        places
            .map(|index| {
                let cell = numbered.record.get(index).unwrap_or_default();
                match std::str::from_utf8(cell).unwrap_or_default() {
                    "" => EarlierCell::NotRead,
                    NONE_SET => EarlierCell::NoneSet,
                    text => EarlierCell::Value(verbatim::of_cell(text)),
                }
            })
            .collect()
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
                            "a spreadsheet may have changed its cell `{}` (`{}`), and the journal {}",
                            names[index],
                            shorten(value),
                            self.journal_is
                        ));
                    }
                }
                EarlierCell::NoneSet => {}
                EarlierCell::NotRead => sent.0[index] = None,
            }
        }
        None
    }

    /// What is said of a cell that is not what the run wrote.
    fn describe(&self, part: Part, numbered: &NumberedRecord) -> String {
        let columns = self.columns;
        let cell_at = |index: usize| {
            let name = self.source.header.get(index).unwrap_or_default();
            let text = numbered.record.get(index).unwrap_or_default();
            let [name, text] = [name, text].map(|text| shorten(&String::from_utf8_lossy(text)));
            format!("`{name}` (`{text}`)")
        };
        let index = match part {
            Part::Service => None,
            Part::Organization => columns.org_id.or(columns.org_name),
            Part::Target => Some(columns.target()),
            Part::Sent(index) => columns.fields.get(index).copied().flatten(),
            Part::Earlier(index) => columns.previous().map(|previous| previous.start + index),
        };
        match index {
            Some(index) => format!(
                "its cell {} is not what the run wrote, as when a spreadsheet drops a `+` or shortens a number, and the journal {}",
                cell_at(index),
                self.journal_is
            ),
            None => format!(
                "it was sent elsewhere, or its row number was changed, and the journal {}",
                self.journal_is
            ),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EarlierCell<'r> {
    NotRead,
    NoneSet,
    Value(&'r str),
}

impl<'r> EarlierCell<'r> {
    fn value(&self) -> Option<&'r str> {
        match self {
            EarlierCell::Value(value) => Some(value),
            EarlierCell::NotRead | EarlierCell::NoneSet => None,
        }
    }
}

fn earlier_of(cells: &[EarlierCell<'_>]) -> Option<CurrentValues> {
    let is_read = !cells.contains(&EarlierCell::NotRead);
    is_read.then(|| CurrentValues::of(cells.iter().map(EarlierCell::value)))
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
