//! What is said of a row that was left alone, since its values are not what they have to be.

use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::setting::Setting;

/// The values are not as a plan, a backup or an undo expects them.
pub(super) fn not_as_expected(
    setting: &Setting,
    expected: &[Vec<Change<'_>>],
    found: &CurrentValues,
) -> String {
    let fields = expected.iter().enumerate();
    let others = fields.filter(|(index, changes)| !setting.is_one_of(*index, changes, found));
    left_alone(others.map(|(index, changes)| {
        let values: Vec<String> = changes
            .iter()
            .map(|change| plain(setting, index, change.field()))
            .collect();
        difference(setting, index, &values.join(" or "), found)
    }))
}

/// The values are neither what they were before the row was first sent nor what it asks for.
pub(super) fn since_the_last_run(
    setting: &Setting,
    previous: &CurrentValues,
    found: &CurrentValues,
) -> String {
    let changed = changed_fields(setting, previous, found);
    left_alone(changed.map(|index| {
        let expected = plain(setting, index, previous.get(index));
        difference(setting, index, &expected, found)
    }))
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
                &found
            ),
            "left alone, not as expected: n1 expected +14155550148, found +17075550148; n2 expected 5502 or 5503, found none"
        );
        assert_eq!(
            not_as_expected(
                &LOCATION_NUMBERS,
                &[vec![], vec![], vec![Change::Clear]],
                &found
            ),
            "left alone, not as expected: n3 expected none, found 5501"
        );
        let previous = CurrentValues::of([Some("7075550148"), Some("5502"), Some("5501")]);
        assert_eq!(
            since_the_last_run(&LOCATION_NUMBERS, &previous, &found),
            "left alone, not as expected: n2 expected 5502, found none"
        );
    }
}
