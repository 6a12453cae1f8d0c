//! Which numbers of a row are in use by rules as they are once the row is done.

use super::location_numbers::LOCATION_NUMBERS;
use super::number_usage::usage_of_type;
use super::{FieldKind, Setting};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::usage::Usage;

/// A sentence for each number that the changes clear although calls go there: by `usages`, or by the
/// setting's own rules, as they will be. Without the current values every number may be set.
pub fn numbers_in_use(
    setting: &Setting,
    changes: &[Change<'_>],
    current: Option<&CurrentValues>,
    usages: &[Usage],
) -> Vec<String> {
    let numbers = numbers_of(setting);
    let cleared = |number: usize| {
        let index = *numbers.get(number)?;
        let is_set = current.is_none_or(|current| current.get(index).is_some());
        (changes.get(index) == Some(&Change::Clear) && is_set).then(|| setting.fields[index].column)
    };
    let all = all_usages(setting, changes, current, usages);
    all.iter()
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
/// those whose number it has cleared. Of rules alone `usages` are the ones.
pub fn left_nowhere(
    setting: &Setting,
    changes: &[Change<'_>],
    before: Option<&CurrentValues>,
    usages: Option<&[Usage]>,
) -> Vec<Usage> {
    let numbers = numbers_of(setting);
    if numbers.is_empty() {
        return usages.unwrap_or_default().to_vec();
    }
    let own = all_usages(setting, changes, None, &[]);
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

/// `NATIONAL calls are transferred to n3, which is not set`.
pub fn say_nowhere(usage: &Usage) -> String {
    let column = LOCATION_NUMBERS.fields.get(usage.number);
    let column = column.map_or("a number", |field| field.column);
    format!(
        "{} are transferred to {column}, which is not set",
        usage.calls
    )
}

/// Whether it is asked before the changes are made what uses the numbers that they clear, or of rules alone
/// whether the numbers are set that they use.
pub fn is_about_usage(setting: &Setting, changes: &[Change<'_>]) -> bool {
    let uses_some = || !all_usages(setting, changes, None, &[]).is_empty();
    changes.contains(&Change::Clear) || numbers_of(setting).is_empty() && uses_some()
}

/// Where the numbers of the location stand among the fields.
pub fn numbers_of(setting: &Setting) -> Vec<usize> {
    let fields = setting.fields.iter().enumerate();
    let numbers = fields.filter(|(_, field)| field.kind == FieldKind::Number);
    numbers.map(|(index, _)| index).collect()
}
