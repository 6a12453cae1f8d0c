//! What a plan says of a row: the numbers now and then, and what is to be done.

use anyhow::Result;

use crate::model::current_numbers::CurrentNumbers;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::{Change, NUMBERS, Row};
use crate::table::{Cell, Table, Tone};

pub(super) const COLUMNS: [&str; 8] = [
    "present1", "present2", "present3", "new1", "new2", "new3", "action", "reason",
];

/// Writes the cells of a row that was looked at, or of one that could not be (`row` is `None`: the
/// sheet's fault).
pub(super) fn write(table: &mut Table, row: Option<&Row<'_>>, outcome: &Outcome) -> Result<()> {
    let none = CurrentNumbers::default();
    let present = outcome.previous.as_ref().unwrap_or(&none);
    let then = match (row, &outcome.previous) {
        (Some(row), Some(present)) => numbers_then(row, present),
        _ => Default::default(),
    };
    for number in present.texts().into_iter().chain(then) {
        table.cell(Cell::text(number))?;
    }
    let (action, tone) = action(outcome.kind);
    table.cell(Cell::Word(action, tone))?;
    table.cell(Cell::Untrusted(&reason(outcome)))
}

fn action(kind: OutcomeKind) -> (&'static str, Tone) {
    match kind {
        OutcomeKind::Different => ("change", Tone::Doubtful),
        OutcomeKind::Unchanged | OutcomeKind::Skipped => ("same", Tone::Plain),
        _ => ("cannot", Tone::Bad),
    }
}

fn reason(outcome: &Outcome) -> String {
    let reason = match outcome.kind {
        OutcomeKind::NotAttempted if outcome.message.is_empty() => "not read yet",
        _ => &outcome.message,
    };
    match outcome.status {
        Some(status) if action(outcome.kind).0 == "cannot" => format!("{status}: {reason}"),
        _ => reason.to_string(),
    }
}

/// A row that would change, in a line for a person: `row 7: n1 +12025550101 → +12025550102`.
pub(super) fn say(row: &Row<'_>, present: &CurrentNumbers) -> Option<String> {
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
fn numbers_then<'r>(row: &'r Row<'_>, present: &'r CurrentNumbers) -> [&'r str; NUMBERS] {
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

    #[test]
    fn what_would_change_is_said_and_what_is_only_spelt_otherwise_is_not() {
        let present = CurrentNumbers::of([Some("2025550101"), Some("5502"), None]);
        let row = Row::asking([
            Change::Set("+12025550101".into()),
            Change::Clear,
            Change::Set("5503".into()),
        ]);
        insta::assert_snapshot!(
            say(&row, &present).expect("a difference"),
            @"row 2: n2 5502 → nothing, n3 nothing → 5503"
        );
        let then = numbers_then(&row, &present);
        assert_eq!(then, ["2025550101", "", "5503"]);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let outcome = Outcome {
            status: Some(404),
            ..Outcome::unsent(OutcomeKind::Failed, "no such location")
        };
        assert_eq!(reason(&outcome), "404: no such location");
        let outcome = Outcome::unsent(OutcomeKind::NotAttempted, "");
        assert_eq!(reason(&outcome), "not read yet");
        assert_eq!(action(outcome.kind).0, "cannot");
    }
}
