//! The first rows of a run, for a person to see before the rest goes: what was wanted of each, and what
//! was found there when it was read back.

use crate::application::recorder::ShownRow;
use crate::application::row_name::{RowNames, in_brackets};
use crate::model::outcome::{Outcome, OutcomeKind, code_after};
use crate::model::wording::plural;
use crate::setting::Setting;
use crate::stderr::say;

/// Says what was wanted and what was found. Rows that were as wanted before are not among them.
pub(super) fn show(setting: &Setting, names: &RowNames, rows: &[ShownRow]) {
    let mut rows: Vec<&ShownRow> = rows.iter().filter(|row| has_something_to_do(row)).collect();
    rows.sort_by_key(|shown| shown.row.number);
    if rows.is_empty() {
        return;
    }
    say(&format!("the first {}:", plural(rows.len() as u64, "row")));
    for shown in rows {
        say(&say_row(setting, names, shown));
    }
}

/// Those that are not as they were wanted, by their numbers.
pub(super) fn not_as_wanted(rows: &[ShownRow]) -> Vec<u64> {
    let is_as_wanted = |shown: &ShownRow| {
        let outcome = shown.outcome.as_ref();
        outcome.is_some_and(|outcome| outcome.kind.is_success())
    };
    let others = rows.iter().filter(|shown| !is_as_wanted(shown));
    let mut numbers: Vec<u64> = others.map(|shown| shown.row.number).collect();
    numbers.sort_unstable();
    numbers
}

fn has_something_to_do(shown: &ShownRow) -> bool {
    let kind = shown.outcome.as_ref().map(|outcome| outcome.kind);
    kind != Some(OutcomeKind::Unchanged)
}

/// `row 2 (Berlin): n1 wanted +12025550101, found +12025550101`
fn say_row(setting: &Setting, names: &RowNames, shown: &ShownRow) -> String {
    let ShownRow {
        row,
        outcome,
        found,
    } = shown;
    let name = in_brackets(&names.of_row(row));
    let fields = setting.fields.iter().zip(&row.changes).enumerate();
    let fields: Vec<String> = fields
        .filter_map(|(index, (field, change))| {
            let wanted = change.field()?;
            let shown = |value: &str| value_or_nothing(setting.plain(index, value));
            let found = found.as_ref().map_or(String::new(), |found| {
                let found = found.text(index);
                let is_same = setting.is_same(index, found, wanted);
                format!(", found {}", shown(if is_same { wanted } else { found }))
            });
            let wanted = shown(wanted);
            Some(format!("{} wanted {wanted}{found}", field.column))
        })
        .collect();
    let fields = fields.join("; ");
    format!(
        "  row {}{name}: {fields}{}",
        row.number,
        say_outcome(outcome.as_ref())
    )
}

fn value_or_nothing(value: String) -> String {
    if value.is_empty() {
        "nothing".to_string()
    } else {
        value
    }
}

/// What became of a row that is not as it was wanted.
fn say_outcome(outcome: Option<&Outcome>) -> String {
    let Some(outcome) = outcome else {
        return "; no answer has come".to_string();
    };
    if outcome.kind == OutcomeKind::Updated {
        return String::new();
    }
    format!(
        "; {}: {}{}",
        outcome.kind.word(),
        outcome.in_words(),
        code_after(&outcome.error_code)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::Change;
    use crate::model::current_values::CurrentValues;
    use crate::model::row::Row;
    use crate::setting::location_numbers::LOCATION_NUMBERS;

    fn said(outcome: Outcome, found: Option<[Option<&str>; 3]>) -> String {
        let shown = ShownRow {
            row: Row {
                name: "Berlin".into(),
                ..Row::asking([
                    Change::Set("+12025550101".into()),
                    Change::Keep,
                    Change::Clear,
                ])
            },
            outcome: Some(outcome),
            found: found.map(CurrentValues::of),
        };
        say_row(&LOCATION_NUMBERS, &RowNames::default(), &shown)
    }

    #[test]
    fn what_was_wanted_stands_beside_what_was_found() {
        let updated = Outcome::unsent(OutcomeKind::Updated, "");
        let found = Some([Some("2025550101"), Some("77"), None]);
        insta::assert_snapshot!(said(updated, found), @"  row 2 (Berlin): n1 wanted +12025550101, found +12025550101; n3 wanted nothing, found nothing");
        let unknown = Outcome {
            status: Some(204),
            ..Outcome::unsent(
                OutcomeKind::Unknown,
                "confirmed, but other values were found",
            )
        };
        insta::assert_snapshot!(said(unknown, Some([None, None, None])), @"  row 2 (Berlin): n1 wanted +12025550101, found nothing; n3 wanted nothing, found nothing; unknown: confirmed, but other values were found");
        let failed = Outcome {
            status: Some(404),
            error_code: "25404".into(),
            ..Outcome::unsent(OutcomeKind::Failed, "Location not found")
        };
        insta::assert_snapshot!(said(failed, None), @"  row 2 (Berlin): n1 wanted +12025550101; n3 wanted nothing; failed: 404 Location not found (25404)");
    }
}
