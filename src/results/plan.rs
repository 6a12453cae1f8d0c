//! What a plan says of a row: the numbers now and then, and what is to be done.

use crate::outcome::{Outcome, OutcomeKind};
use crate::present::Present;
use crate::row::{Change, NUMBERS, Row};
use crate::sheet::locations::defuse;

pub(super) const COLUMNS: [&str; 8] = [
    "present1", "present2", "present3", "new1", "new2", "new3", "action", "reason",
];

/// The cells of a row that was looked at, or of one that could not be (`row` is `None`: the sheet's
/// fault).
pub(super) fn cells(row: Option<&Row<'_>>, outcome: &Outcome) -> [String; COLUMNS.len()] {
    let action = match outcome.kind {
        OutcomeKind::Different => "change",
        OutcomeKind::Unchanged | OutcomeKind::Skipped => "same",
        _ => "cannot",
    };
    let reason = match outcome.kind {
        OutcomeKind::NotAttempted if outcome.message.is_empty() => "not read yet",
        _ => &outcome.message,
    };
    let none = Present::default();
    let present = outcome.previous.as_ref().unwrap_or(&none);
    let [one, two, three] = present.texts().map(ToString::to_string);
    let [new_one, new_two, new_three] = match (row, &outcome.previous) {
        (Some(row), Some(present)) => numbers_then(row, present).map(ToString::to_string),
        _ => Default::default(),
    };
    let status = outcome.status.filter(|_| action == "cannot");
    let reason = match status {
        Some(status) => defuse(&format!("{status}: {reason}")),
        None => defuse(reason),
    };
    [
        one,
        two,
        three,
        new_one,
        new_two,
        new_three,
        action.to_string(),
        reason,
    ]
}

/// A row that would change, in a line for a person: `row 7: n1 +12025550101 → +12025550102`.
pub(super) fn say(row: &Row<'_>, present: &Present) -> Option<String> {
    if Change::are_met(&row.changes, present) {
        return None;
    }
    let now = present.texts();
    let then = numbers_then(row, present);
    let shown = |number: &str| match number {
        "" => "nothing".to_string(),
        number => number.to_string(),
    };
    let differences: Vec<String> = (0..NUMBERS)
        .filter(|index| now[*index] != then[*index])
        .map(|index| {
            let number = index + 1;
            format!("n{number} {} → {}", shown(now[index]), shown(then[index]))
        })
        .collect();
    Some(format!("row {}: {}", row.number, differences.join(", ")))
}

/// The numbers once the row's changes were made. One that is the same but for its spelling stays as
/// it is.
fn numbers_then<'r>(row: &'r Row<'_>, present: &'r Present) -> [&'r str; NUMBERS] {
    let mut then = present.texts();
    for (index, change) in row.changes.iter().enumerate() {
        if !change.is_met(present.0[index].as_deref()) {
            then[index] = change.field().unwrap_or_default();
        }
    }
    then
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::LocationKey;

    fn row(changes: [Change<'static>; NUMBERS]) -> Row<'static> {
        Row {
            number: 7,
            org_id: None,
            location_id: "location".into(),
            key: LocationKey(1),
            changes,
            expected: Change::NONE,
        }
    }

    #[test]
    fn what_would_change_is_said_and_what_is_only_spelt_otherwise_is_not() {
        let present = Present::of([Some("2025550101"), Some("5502"), None]);
        let row = row([
            Change::Set("+12025550101".into()),
            Change::Clear,
            Change::Set("5503".into()),
        ]);
        insta::assert_snapshot!(
            say(&row, &present).expect("a difference"),
            @"row 7: n2 5502 → nothing, n3 nothing → 5503"
        );
        let outcome = Outcome {
            previous: Some(present),
            ..Outcome::unsent(OutcomeKind::Different, "")
        };
        insta::assert_snapshot!(
            cells(Some(&row), &outcome).join(","),
            @"2025550101,5502,,2025550101,,5503,change,"
        );
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let outcome = Outcome {
            status: Some(404),
            ..Outcome::unsent(OutcomeKind::Failed, "no such location")
        };
        let row = row(Change::NONE);
        insta::assert_snapshot!(
            cells(Some(&row), &outcome).join(","),
            @",,,,,,cannot,404: no such location"
        );
        let outcome = Outcome::unsent(OutcomeKind::NotAttempted, "");
        assert_eq!(cells(Some(&row), &outcome)[7], "not read yet");
    }
}
