//! Rows of a plan that differ from what is there, although all rows for their location together do not: a later
//! one sets again what is there already.

use std::collections::HashMap;

use crate::model::change::Change;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::{Row, TargetKey};
use crate::sheet::selection::Selection;

/// What is known of each location that several rows are for.
#[derive(Debug, Clone, Default)]
pub(in crate::application) struct SetAgain(HashMap<TargetKey, Together>);

/// All rows for one location, in the order in which they are sent.
#[derive(Debug, Clone)]
struct Together {
    /// What they ask for in the end.
    changes: Vec<Change<'static>>,
    /// Those that differ.
    different: u64,
    /// The location has already what they ask for in the end.
    are_met: bool,
}

impl SetAgain {
    pub(super) fn add(
        &mut self,
        selection: &Selection<'_>,
        row: Option<&Row<'_>>,
        outcome: &Outcome,
    ) {
        let (Some(row), Some(current)) = (row, &outcome.previous) else {
            return;
        };
        if !selection.duplicates.shares(row.key) {
            return;
        }
        let together = self.0.entry(row.key).or_insert_with(|| Together {
            changes: vec![Change::Keep; row.changes.len()],
            different: 0,
            are_met: true,
        });
        for (last, change) in together.changes.iter_mut().zip(&row.changes) {
            if *change != Change::Keep {
                *last = change.clone().into_owned();
            }
        }
        together.different += u64::from(outcome.kind == OutcomeKind::Different);
        let setting = selection.columns.setting;
        together.are_met = setting.are_met(&together.changes, current);
    }

    /// How many rows differ whose location is as all of its rows ask in the end.
    pub(in crate::application) fn rows(&self) -> u64 {
        let met = self.0.values().filter(|together| together.are_met);
        met.map(|together| together.different).sum()
    }
}
