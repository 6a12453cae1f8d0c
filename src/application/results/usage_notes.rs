//! What a plan notes of the use of numbers: those that do nothing, since no rule sends calls to them, and
//! rules that send calls to one that is not set. People and workspaces of a location may have rules of
//! their own, which are not looked at.

use super::plan_cells::value_then;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::Row;
use crate::model::usage::Usage;
use crate::setting::{Setting, usage_after_row};

/// A note about a row, in words.
#[derive(Debug)]
pub(in crate::application) enum UseNote {
    Unused(String),
    Nowhere(String),
}

impl UseNote {
    pub(in crate::application) fn leads_nowhere(&self) -> bool {
        matches!(self, UseNote::Nowhere(_))
    }

    pub(super) fn into_words(self) -> String {
        match self {
            UseNote::Unused(words) | UseNote::Nowhere(words) => words,
        }
    }
}

/// The notes about a row, as far as its outcome tells what uses its numbers.
pub(in crate::application) fn of_row(
    setting: &Setting,
    row: Option<&Row<'_>>,
    outcome: &Outcome,
) -> Vec<UseNote> {
    let numbers = usage_after_row::numbers_of(setting);
    if numbers.is_empty() {
        let nowhere = outcome.usages.iter().flatten();
        return nowhere.map(leads_nowhere).collect();
    }
    // A row that is left alone changes nothing, and its message says what it meets.
    let is_left_alone = is_left_alone(outcome);
    let usages = row.and_then(|row| usages_then(setting, row, outcome));
    let (Some(row), Some(usages), false) = (row, usages, is_left_alone) else {
        return Vec::new();
    };
    let present = outcome.previous.clone().unwrap_or_default();
    let notes = numbers
        .into_iter()
        .enumerate()
        .filter_map(|(number, index)| {
            let column = setting.fields[index].column;
            let is_set = !value_then(setting, row, &present, index).is_empty();
            let mut users = usages.iter().filter(|one| one.number == number);
            match (users.next(), is_set) {
                (None, true) => Some(UseNote::Unused(format!(
                    "no rule of this {} uses {column}",
                    setting.target.noun
                ))),
                (Some(user), false) if !present.text(index).is_empty() => {
                    Some(UseNote::Nowhere(format!(
                        "{column} is cleared although {} are transferred to it (--even-if-used)",
                        user.calls
                    )))
                }
                (Some(user), false) => Some(leads_nowhere(user)),
                _ => None,
            }
        });
    notes.collect()
}

/// Whether nothing of the row is changed, since it conflicts or cannot be made.
pub(super) fn is_left_alone(outcome: &Outcome) -> bool {
    matches!(outcome.kind, OutcomeKind::Conflict | OutcomeKind::Failed)
}

/// What uses the numbers once the row is done; `None` where that was not asked.
pub(super) fn usages_then(
    setting: &Setting,
    row: &Row<'_>,
    outcome: &Outcome,
) -> Option<Vec<Usage>> {
    let (usages, present) = (outcome.usages.as_ref()?, outcome.previous.as_ref());
    let changes = if is_left_alone(outcome) {
        &[][..]
    } else {
        &row.changes
    };
    Some(usage_after_row::all_usages(
        setting, changes, present, usages,
    ))
}

fn leads_nowhere(usage: &Usage) -> UseNote {
    UseNote::Nowhere(usage_after_row::say_nowhere(usage))
}
