//! What earlier runs may have set on behalf of rows that are sent again, as a row that was done in part:
//! a plan saw what was there before that, and what was set since is not somebody else's change.

use std::collections::HashMap;

use anyhow::Result;

use crate::journal::{Journal, Place, Sent};
use crate::model::change::Change;
use crate::model::row::Row;
use crate::sheet::selection::Selection;

/// What may have been set, by row number.
#[derive(Debug, Default)]
pub(super) struct OwnChanges(HashMap<u64, Vec<Sent>>);

impl OwnChanges {
    /// By what the run has taken over from the journals of those that it goes on from.
    pub(super) fn of(selection: &Selection<'_>, journal: &Journal) -> Result<OwnChanges> {
        let mut changes = HashMap::new();
        let mut records = journal.records()?;
        for row in selection.rows_to_send(None, Vec::new())? {
            let row = row?;
            let history = records.history_of(row.number)?;
            let sent = history.at(&Place::of(&row));
            if let Some(change) = sent.filter(|change| change.may_have_been_applied) {
                changes.insert(row.number, change.sent.clone());
            }
        }
        Ok(OwnChanges(changes))
    }

    /// Lets a row that must find something find this as well.
    pub(super) fn expect(&self, row: &mut Row<'static>) {
        for Sent(values) in self.0.get(&row.number).into_iter().flatten() {
            for (expected, value) in row.expected.iter_mut().zip(values) {
                if let (false, Some(value)) = (expected.is_empty(), value) {
                    expected.push(match &**value {
                        "" => Change::Clear,
                        value => Change::Set(value.to_string().into()),
                    });
                }
            }
        }
    }
}
