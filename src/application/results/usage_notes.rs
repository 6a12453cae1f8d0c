//! What a plan notes of the use of numbers: those that do nothing, since no rule sends calls to them, and
//! rules that send calls to one that is not set. People and workspaces of a location may have rules of
//! their own, which are not looked at.

use super::plan_cells::value_then;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::Row;
use crate::model::usage::Usage;
use crate::setting::{Setting, usage_after_row};
use crate::sheet::duplicates::Duplicates;

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

    pub(super) fn words(&self) -> &str {
        match self {
            UseNote::Unused(words) | UseNote::Nowhere(words) => words,
        }
    }
}

/// The notes about a row, as far as its outcome tells what uses its numbers. Where a later row for the location
/// follows, that one has the notes about rules that lead nowhere.
pub(in crate::application) fn of_row(
    setting: &Setting,
    duplicates: &Duplicates,
    row: Option<&Row<'_>>,
    outcome: &Outcome,
) -> Vec<UseNote> {
    if usage_after_row::is_rules_alone(setting) && outcome.set_numbers.is_none() {
        // Journals have had only these.
        let nowhere = outcome.usages.iter().flatten();
        return nowhere.map(leads_nowhere).collect();
    }
    let is_followed = row.is_some_and(|row| duplicates.is_followed(row.number));
    // A row that is left alone changes nothing, and its message says what it meets.
    let is_told = outcome.previous.is_some() && !is_left_alone(outcome);
    let Some(row) = row.filter(|_| is_told) else {
        return Vec::new();
    };
    let present = outcome.found().unwrap_or_default();
    let is_known = outcome.usages.is_some();
    // The row's own rules are known in any case.
    let others = outcome.usages.as_deref().unwrap_or_default();
    let usages = usage_after_row::all_usages(setting, &row.changes, Some(&present), others);
    let places = usage_after_row::numbers_of(setting);
    let numbers = 0..usage_after_row::numbers_with_users(setting);
    let notes = numbers.filter_map(|number| {
        let column = usage_after_row::column_of_number(number);
        let (was_set, is_set) = if let Some(index) = places.get(number) {
            let then = value_then(setting, row, &present, *index);
            (!present.text(*index).is_empty(), !then.is_empty())
        } else {
            let set_numbers = outcome.set_numbers.as_ref();
            let is_set = set_numbers.is_some_and(|set| set.contains(&number));
            (is_set, is_set)
        };
        let mut users = usages.iter().filter(|one| one.number == number);
        match (users.next(), is_set) {
            (None, true) if is_known => Some(UseNote::Unused(format!(
                "no rule of this {} uses {column}",
                setting.target.noun
            ))),
            (Some(user), false) if was_set => Some(UseNote::Nowhere(format!(
                "{column} is cleared although {} are transferred to it (--even-if-used)",
                user.calls
            ))),
            (Some(user), false) => Some(leads_nowhere(user)),
            _ => None,
        }
    });
    notes
        .filter(|note| !(is_followed && note.leads_nowhere()))
        .collect()
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
    let usages = outcome.usages.as_ref()?;
    let changes = if is_left_alone(outcome) {
        &[][..]
    } else {
        &row.changes
    };
    let present = outcome.found().unwrap_or_default();
    Some(usage_after_row::all_usages(
        setting,
        changes,
        Some(&present),
        usages,
    ))
}

fn leads_nowhere(usage: &Usage) -> UseNote {
    UseNote::Nowhere(usage_after_row::say_nowhere(usage))
}
