//! What a row of results changed, as far as it is known.

use jiff::Timestamp;

use super::key_of;
use crate::journal::{Place, RowChange, RowOrder, Sent};
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::{TargetField, TargetKey};
use crate::model::usage::Usage;
use crate::setting::target_kind::TargetKind;
use crate::sheet::problem::shorten;
use crate::sheet::result_columns::OR;
use crate::sheet::verbatim;

pub(super) const NOT_READ: &str = "the values before it were not read, so they cannot be put back";

const NOT_ALL: &str =
    "it was sent more than once, and only a journal that is not there knows all of it";

const NOT_SENT: &str =
    "it was corrected since it was sent, and no journal tells what may have been set";

/// A change to one place that is to be undone.
#[derive(Debug)]
pub(super) struct ChangedRow {
    pub(super) key: TargetKey,
    /// Changes to one place are sent in this order.
    pub(super) order: RowOrder,
    pub(super) place: Place,
    pub(super) earlier: CurrentValues,
    /// What used the numbers then beside its own fields, where that was asked.
    pub(super) usages: Vec<Usage>,
    /// When the run began that read those.
    pub(super) read_at: Timestamp,
    /// What may have been applied, oldest first.
    pub(super) sent: Vec<Sent>,
    /// The last of it was, and none of it can arrive later.
    pub(super) is_certain: bool,
}

/// What is to be done about a row.
#[derive(Debug)]
pub(super) enum RowVerdict {
    NothingChanged,
    /// Somebody added it: no run knows it, and it says nothing of one.
    Foreign,
    /// Its outcome says that it changed nothing, which nothing proves, and its cells do not tell what to put
    /// back if it did.
    Unproven,
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
            RowVerdict::NothingChanged | RowVerdict::Foreign | RowVerdict::Unproven => &[],
            RowVerdict::Changed(changes) | RowVerdict::CannotBeUndone { changes, .. } => changes,
        }
    }

    pub(super) fn into_changes(self) -> Vec<ChangedRow> {
        match self {
            RowVerdict::NothingChanged | RowVerdict::Foreign | RowVerdict::Unproven => Vec::new(),
            RowVerdict::Changed(changes) | RowVerdict::CannotBeUndone { changes, .. } => changes,
        }
    }

    pub(super) fn cannot(why: impl Into<String>) -> RowVerdict {
        RowVerdict::CannotBeUndone {
            why: why.into(),
            changes: Vec::new(),
        }
    }

    /// Of what a row did, in order; with the order of the row, and when the run began that tells of it.
    pub(super) fn of(
        changes: Vec<RowChange>,
        kind: &TargetKind,
        order: (RowOrder, Timestamp),
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
    /// Whether no journal tells of it.
    pub(super) fn is_told_by_cells(&self) -> bool {
        self.order.0 == Timestamp::UNIX_EPOCH
    }

    /// Whether it may have set this field.
    pub(super) fn sends(&self, index: usize) -> bool {
        let mut sent = self.sent.iter();
        sent.any(|Sent(values)| values.get(index).is_some_and(Option::is_some))
    }

    /// What it may have set.
    pub(super) fn fields(&self) -> impl Iterator<Item = TargetField> {
        let fields = self.sent.iter().flat_map(Sent::fields);
        fields.map(|index| TargetField {
            key: self.key,
            index,
        })
    }

    fn of(
        mut change: RowChange,
        kind: &TargetKind,
        (order, read_at): (RowOrder, Timestamp),
    ) -> Result<ChangedRow, String> {
        if change.is_elsewhere() {
            return Err(NOT_ALL.into());
        }
        if !change.sent.is_empty() && change.sent.iter().all(Sent::is_unknown) {
            return Err(NOT_SENT.into());
        }
        let (Some(place), Some(earlier)) = (change.place, change.earlier) else {
            return Err(NOT_READ.into());
        };
        let Some(key) = key_of(&place.id, kind) else {
            let id = shorten(&place.id);
            return Err(format!("`{id}` is not {}", kind.id.name));
        };
        let is_updated = |outcome: &&Outcome| outcome.kind == OutcomeKind::Updated;
        let updated = change.outcome.as_ref().filter(is_updated);
        if updated.is_none() {
            change.sent.extend(without_effect(&change.sent, &earlier));
        }
        let fields = change.sent.iter().map(|sent| sent.0.len()).max();
        let before = (0..fields.unwrap_or_default()).filter_map(|index| earlier.get(index));
        let sent = change.sent.iter().flat_map(|sent| sent.0.iter().flatten());
        let found = change.also_changed.iter().map(|(_, found)| &**found);
        let mut values = before.chain(sent.map(|value| &**value)).chain(found);
        if let Some(value) = values.find(|value| !verbatim::fits(value, OR)) {
            let shown = shorten(value);
            return Err(format!(
                "a sheet cannot have the value `{shown}`; set it by hand"
            ));
        }
        let is_certain = updated.is_some_and(|outcome| !outcome.may_arrive_late);
        let usages = change.outcome.as_ref().and_then(|one| one.usages.clone());
        Ok(ChangedRow {
            key,
            order: change.order.unwrap_or(order),
            place,
            earlier,
            usages: usages.unwrap_or_default(),
            read_at: change.earlier_read_at.unwrap_or(read_at),
            is_certain: is_certain && change.sent.len() == 1,
            sent: with(without(change.sent, &change.untouched), change.also_changed),
        })
    }
}

/// What was there before what was sent, and may be there still.
fn without_effect(sent: &[Sent], earlier: &CurrentValues) -> Vec<Sent> {
    let kept = sent.iter().map(|Sent(values)| {
        let values = values.iter().enumerate();
        let kept = values.map(|(index, value)| {
            let there = earlier.get(index).unwrap_or_default();
            value.as_ref().map(|_| there.into())
        });
        Sent(kept.collect())
    });
    kept.collect()
}

/// What was sent but for these fields, which nobody changed.
fn without(mut sent: Vec<Sent>, untouched: &[usize]) -> Vec<Sent> {
    for Sent(values) in &mut sent {
        for field in untouched {
            if let Some(value) = values.get_mut(*field) {
                *value = None;
            }
        }
    }
    sent
}

/// What was sent with what changed besides, as if it had been sent.
fn with(mut sent: Vec<Sent>, also_changed: Vec<(usize, Box<str>)>) -> Vec<Sent> {
    for (field, found) in also_changed {
        let mut values = vec![None; field];
        values.push(Some(found));
        sent.push(Sent(values));
    }
    sent
}
