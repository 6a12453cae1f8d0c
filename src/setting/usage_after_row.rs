//! Which numbers of a row are in use by rules as they are once the row is done.

use super::number_usage::{calls_of_type, number_of};
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

/// What uses the numbers once the changes are made.
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
            let number = number_of(action).filter(|_| field.kind == FieldKind::Action)?;
            Some(Usage {
                number,
                calls: calls_of_type(field.name).into(),
            })
        });
    rules.chain(usages.iter().cloned()).collect()
}

/// Which rules of a setting that has no numbers of its own lead nowhere once the changes are made: the
/// number that they use is not among the `numbers` of the location.
pub fn leading_nowhere(
    setting: &Setting,
    changes: &[Change<'_>],
    current: &CurrentValues,
    numbers: &CurrentValues,
) -> Vec<Usage> {
    let mut usages = all_usages(setting, changes, Some(current), &[]);
    usages.retain(|usage| numbers.get(usage.number).is_none());
    usages
}

/// Where the numbers of the location stand among the fields.
pub fn numbers_of(setting: &Setting) -> Vec<usize> {
    let fields = setting.fields.iter().enumerate();
    let numbers = fields.filter(|(_, field)| field.kind == FieldKind::Number);
    numbers.map(|(index, _)| index).collect()
}
