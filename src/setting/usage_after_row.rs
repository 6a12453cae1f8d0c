//! Which numbers of a row are in use by rules as they are once the row is done.

use super::location_numbers::LOCATION_NUMBERS;
use super::number_usage::usage_of_type;
use super::{FieldKind, Resource, Setting};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::OutcomeKind;
use crate::model::usage::Usage;

/// A sentence for each number that the changes clear although calls go there: by `usages`, or by the
/// setting's own rules, as they will be, but for those by which calls went there before, although it was not
/// set. Without the current values every number may be set.
pub fn numbers_in_use(
    setting: &Setting,
    changes: &[Change<'_>],
    current: Option<&CurrentValues>,
    usages: &[Usage],
    used_before: &[Usage],
) -> Vec<String> {
    let numbers = numbers_of(setting);
    let cleared = |number: usize| {
        let index = *numbers.get(number)?;
        let is_set = current.is_none_or(|current| current.get(index).is_some());
        (changes.get(index) == Some(&Change::Clear) && is_set).then(|| setting.fields[index].column)
    };
    let all = all_usages(setting, changes, current, usages);
    all.iter()
        .filter(|usage| !used_before.contains(usage))
        .filter_map(|Usage { number, calls }| {
            Some(format!(
                "{} is in use: {calls} are transferred to it",
                cleared(*number)?
            ))
        })
        .collect()
}

/// What uses the numbers once the changes are made. Without the current values, only rules that change.
pub fn all_usages(
    setting: &Setting,
    changes: &[Change<'_>],
    current: Option<&CurrentValues>,
    usages: &[Usage],
) -> Vec<Usage> {
    let rules = setting
        .fields
        .iter()
        .enumerate()
        .filter_map(|(index, field)| {
            let action = match changes.get(index) {
                Some(Change::Set(action)) => action.as_ref(),
                _ => current?.get(index)?,
            };
            usage_of_type(field.name, action).filter(|_| field.kind == FieldKind::Action)
        });
    rules.chain(usages.iter().cloned()).collect()
}

/// Which rules a row has left that send calls to a number that is not set: those that it has changed, and
/// those whose number it has cleared. Of rules alone `set_numbers` are those that are set; where a journal
/// does not know that, its `usages` are what is asked for.
pub fn left_nowhere(
    setting: &Setting,
    changes: &[Change<'_>],
    before: Option<&CurrentValues>,
    usages: Option<&[Usage]>,
    set_numbers: Option<&[usize]>,
) -> Vec<Usage> {
    let numbers = numbers_of(setting);
    let mut own = all_usages(setting, changes, None, &[]);
    if is_rules_alone(setting) {
        let Some(set_numbers) = set_numbers else {
            return usages.unwrap_or_default().to_vec();
        };
        own.retain(|usage| !set_numbers.contains(&usage.number));
        return own;
    }
    let mut all = all_usages(setting, changes, before, &[]);
    all.retain(|usage| {
        let Some(index) = numbers.get(usage.number) else {
            return false;
        };
        let is_unset = before.is_some_and(|before| before.get(*index).is_none());
        match changes.get(*index) {
            Some(Change::Clear) => true,
            Some(Change::Set(_)) => false,
            Some(Change::Keep) | None => is_unset && own.contains(usage),
        }
    });
    all
}

/// What a row and the earlier ones for its location have changed, which `made` it so.
pub fn changes_made<'c>(
    changes: &[Change<'c>],
    kind: OutcomeKind,
    made: &[(usize, Box<str>)],
) -> Vec<Change<'c>> {
    let is_made = kind == OutcomeKind::Updated;
    let mut all: Vec<Change<'c>> = changes
        .iter()
        .map(|change| {
            if is_made {
                change.clone()
            } else {
                Change::Keep
            }
        })
        .collect();
    for (index, value) in made {
        if let Some(change @ Change::Keep) = all.get_mut(*index) {
            *change = Change::to(
                Some(value)
                    .filter(|value| !value.is_empty())
                    .map(|value| &**value),
            );
        }
    }
    all
}

/// `NATIONAL calls are transferred to n3, which is not set`.
pub fn say_nowhere(usage: &Usage) -> String {
    let column = column_of_number(usage.number);
    format!(
        "{} are transferred to {column}, which is not set",
        usage.calls
    )
}

/// What a number of a location is called, counted from zero.
pub fn column_of_number(number: usize) -> &'static str {
    let column = LOCATION_NUMBERS.fields.get(number);
    column.map_or("a number", |field| field.column)
}

/// Whether it is about rules alone, which use the numbers of the location without having them.
pub fn is_rules_alone(setting: &Setting) -> bool {
    setting.has_rules() && numbers_of(setting).is_empty()
}

/// How many numbers it has, or uses, of which it can be told what uses them.
pub fn numbers_with_users(setting: &Setting) -> usize {
    if setting.used_in.is_empty() {
        0
    } else if is_rules_alone(setting) {
        LOCATION_NUMBERS.fields.len()
    } else {
        numbers_of(setting).len()
    }
}

/// What is read in order to know what uses the numbers. Before rules alone are changed it matters only
/// which numbers are set.
pub fn read_for_usage(setting: &Setting, is_plan: bool) -> &'static [Resource] {
    match setting.used_in {
        [numbers, ..] if is_rules_alone(setting) && !is_plan => std::slice::from_ref(numbers),
        all => all,
    }
}

/// Whether it is asked before the changes are made what uses the numbers that they clear, or of rules alone
/// whether the numbers are set that they use.
pub fn is_about_usage(setting: &Setting, changes: &[Change<'_>]) -> bool {
    let uses_some = || !all_usages(setting, changes, None, &[]).is_empty();
    changes.contains(&Change::Clear) || is_rules_alone(setting) && uses_some()
}

/// Where the numbers of the location stand among the fields.
pub fn numbers_of(setting: &Setting) -> Vec<usize> {
    let fields = setting.fields.iter().enumerate();
    let numbers = fields.filter(|(_, field)| field.kind == FieldKind::Number);
    numbers.map(|(index, _)| index).collect()
}
