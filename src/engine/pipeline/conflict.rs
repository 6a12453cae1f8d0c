//! What is said of a row that was left alone, since its values are not what they have to be.

use super::job::Job;
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::setting::{FieldKind, Setting};

/// The values are not as a plan, a backup or an undo expects them. What the row itself asks for would do as
/// well, as what an undo puts back, but nobody expects it there.
pub(super) fn not_as_expected(
    setting: &Setting,
    expected: &[Vec<Change<'_>>],
    asked: &[Change<'_>],
    found: &CurrentValues,
) -> String {
    let fields = expected.iter().enumerate();
    let others = fields.filter(|(index, changes)| !setting.is_one_of(*index, changes, found));
    left_alone(others.map(|(index, changes)| {
        let asked = asked.get(index);
        let others = changes.iter().filter(|change| Some(*change) != asked);
        let mut named: Vec<&Change<'_>> = others.collect();
        if named.is_empty() {
            named.extend(changes.first());
        }
        let values = named.into_iter();
        let values = values.map(|change| plain(setting, index, change.field()));
        let values: Vec<String> = values.collect();
        difference(setting, index, &values.join(" or "), found)
    }))
}

/// The values of these fields are neither what they were before the row was first sent nor what it asks
/// for; or they are not what its own changes have made of them any more.
pub(super) fn since_the_last_run(
    setting: &Setting,
    changed: &[usize],
    own: &[Change<'_>],
    previous: &CurrentValues,
    found: &CurrentValues,
) -> String {
    let differences = found_otherwise(setting, changed, own, Some(previous), found);
    left_alone([differences].into_iter())
}

/// What was found of these fields in place of what the row asks for, or of what was there before where it
/// asks for nothing.
pub(super) fn found_otherwise(
    setting: &Setting,
    fields: &[usize],
    asked: &[Change<'_>],
    previous: Option<&CurrentValues>,
    found: &CurrentValues,
) -> String {
    let differences = fields.iter().map(|index| {
        let expected = match asked.get(*index) {
            None | Some(Change::Keep) => previous.and_then(|previous| previous.get(*index)),
            Some(change) => change.field(),
        };
        difference(setting, *index, &plain(setting, *index, expected), found)
    });
    differences.collect::<Vec<_>>().join("; ")
}

/// Why the service does not let anybody make the changes of a row; `None` where it may.
pub(super) fn restricted(setting: &Setting, job: &Job) -> Option<String> {
    let is_wanted = |index: usize| {
        let change = job.row.changes.get(index).unwrap_or(&Change::Keep);
        // No sheet can clear a rule; the list of an export only asks what it is.
        let is_asked = *change != Change::Clear || setting.kind(index) == Some(FieldKind::Number);
        is_asked && !setting.is_met(index, change, job.current.get(index))
    };
    let named = |is_meant: &dyn Fn(usize) -> bool| {
        let fields = setting.fields.iter().enumerate();
        let fields = fields.filter(|(index, _)| is_wanted(*index) && is_meant(*index));
        let mut names: Vec<&str> = fields.map(|(_, field)| field.name).collect();
        names.dedup();
        names.join(", ")
    };
    let fixed = named(&|index| job.restricted.contains(&index));
    if !fixed.is_empty() {
        return Some(format!(
            "Webex restricts {fixed} here, which nobody can change; nothing of the row was changed. To change the rest of it, empty the cells for {fixed}; else leave the row out"
        ));
    }
    // A number may be none, a rule is always something.
    let missing = named(&|index| {
        setting.kind(index) != Some(FieldKind::Number) && job.current.get(index).is_none()
    });
    (!missing.is_empty()).then(|| {
        let noun = setting.target.noun;
        format!("Webex does not list {missing} for this {noun}; nothing of the row was changed. To change the rest of it, empty the cells for {missing}; else leave the row out")
    })
}

/// The call types of an exported row that the service lets nobody change.
pub(super) fn restricted_in_export(setting: &Setting, job: &Job) -> String {
    let changes = job.row.changes.iter().enumerate();
    let listed = changes
        .filter(|(index, change)| **change == Change::Clear && job.restricted.contains(index));
    let names = listed.filter_map(|(index, _)| setting.fields.get(index));
    let mut names: Vec<&str> = names.map(|field| field.name).collect();
    names.sort_unstable();
    names.dedup();
    names.join(", ")
}

/// The fields in which two readings differ, letter for letter.
pub(super) fn changed_fields(
    setting: &Setting,
    one: &CurrentValues,
    other: &CurrentValues,
) -> impl Iterator<Item = usize> {
    let fields = 0..setting.fields.len();
    fields.filter(|index| one.get(*index) != other.get(*index))
}

fn left_alone(differences: impl Iterator<Item = String>) -> String {
    let differences: Vec<String> = differences.collect();
    format!("left alone, not as expected: {}", differences.join("; "))
}

fn difference(setting: &Setting, index: usize, expected: &str, found: &CurrentValues) -> String {
    let column = setting.fields.get(index).map_or("", |field| field.column);
    let found = plain(setting, index, found.get(index));
    format!("{column} expected {expected}, found {found}")
}

fn plain(setting: &Setting, index: usize, value: Option<&str>) -> String {
    match value {
        Some(value) if !value.is_empty() => setting.plain(index, value),
        _ => "none".to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::location_numbers::LOCATION_NUMBERS;

    #[test]
    fn a_conflict_names_what_was_expected_and_what_was_found() {
        let found = CurrentValues::of([Some("7075550148"), None, Some("5501")]);
        let set = |number: &'static str| Change::Set(number.into());
        assert_eq!(
            not_as_expected(
                &LOCATION_NUMBERS,
                &[
                    vec![set("+14155550148")],
                    vec![set("5502"), set("5503")],
                    vec![]
                ],
                &[],
                &found
            ),
            "left alone, not as expected: n1 expected +14155550148, found +17075550148; n2 expected 5502 or 5503, found none"
        );
        assert_eq!(
            not_as_expected(
                &LOCATION_NUMBERS,
                &[vec![], vec![], vec![Change::Clear]],
                &[Change::Keep, Change::Keep, Change::Clear],
                &found
            ),
            "left alone, not as expected: n3 expected none, found 5501"
        );
        // An undo would find what it puts back there as well.
        assert_eq!(
            not_as_expected(
                &LOCATION_NUMBERS,
                &[vec![set("5502"), Change::Clear]],
                &[Change::Clear],
                &found
            ),
            "left alone, not as expected: n1 expected 5502, found +17075550148"
        );
        let previous = CurrentValues::of([Some("7075550148"), Some("5502"), Some("5501")]);
        assert_eq!(
            since_the_last_run(&LOCATION_NUMBERS, &[1], &[], &previous, &found),
            "left alone, not as expected: n2 expected 5502, found none"
        );
    }
}
