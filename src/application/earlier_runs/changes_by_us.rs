//! What earlier runs may have set on behalf of rows that are sent again, as a row that was done in part:
//! a plan saw what was there before that, and what was set since is not somebody else's change. Without a
//! plan, a row that is not done must find what the first of those runs recorded before it, or what was sent
//! for it and may have been applied. So a conflict stays one as long as something else is there.

use std::collections::HashMap;

use anyhow::Result;

use crate::journal::{Journal, Place, RowChange, Sent};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::OutcomeKind;
use crate::model::row::Row;
use crate::sheet::selection::Selection;

/// What may have been set, by row number.
#[derive(Debug, Default)]
pub(in crate::application) struct OwnChanges(HashMap<u64, OwnChange>);

#[derive(Debug)]
struct OwnChange {
    sent: Vec<Sent>,
    /// What was there before, of a row that is not done.
    before: Option<CurrentValues>,
}

impl OwnChange {
    fn of(change: &RowChange) -> OwnChange {
        let kind = change.outcome.as_ref().map(|outcome| outcome.kind);
        let is_done = kind.is_some_and(OutcomeKind::is_success);
        let sent = if change.may_have_been_applied {
            change.sent.clone()
        } else {
            Vec::new()
        };
        // What nobody knows may be there as well.
        let is_told = !sent.iter().any(Sent::is_unknown);
        let before = change.earlier.clone();
        OwnChange {
            before: before.filter(|_| is_told && !is_done),
            sent,
        }
    }
}

impl OwnChanges {
    /// By what the run has taken over from the journals of those that it goes on from.
    pub(in crate::application) fn of(
        selection: &Selection<'_>,
        journal: &Journal,
    ) -> Result<OwnChanges> {
        let mut changes = HashMap::new();
        let mut records = journal.records()?;
        for row in selection.rows_to_send(None, Vec::new())? {
            let row = row?;
            let history = records.history_of(row.number)?;
            if let Some(change) = history.at(&Place::of(&row)) {
                changes.insert(row.number, OwnChange::of(change));
            }
        }
        Ok(OwnChanges(changes))
    }

    /// Lets a row that must find something find this as well.
    pub(in crate::application) fn expect(&self, row: &mut Row<'static>) {
        let Some(own) = self.0.get(&row.number) else {
            return;
        };
        if let (Some(before), true) = (&own.before, row.expected.iter().all(Vec::is_empty)) {
            row.expected = row.expecting(before);
        }
        for Sent(values) in &own.sent {
            for (expected, value) in row.expected.iter_mut().zip(values) {
                if let (false, Some(value)) = (expected.is_empty(), value) {
                    expected.push(Change::to(Some(value)));
                }
            }
        }
    }
}
