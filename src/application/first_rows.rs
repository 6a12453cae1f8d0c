//! The first rows of a run, for a person to see before the rest goes: what was wanted of each, and what
//! was found there when it was read back.

use anyhow::Result;

use crate::application::confirmation::expected_time::expected_time;
use crate::application::confirmation::{self, Answer};
use crate::application::recorder::ShownRow;
use crate::application::row_name::{RowNames, in_brackets};
use crate::application::run_settings::RunSettings;
use crate::journal::Journal;
use crate::model::outcome::{Outcome, OutcomeKind, code_after};
use crate::model::wording::{grouped, plural};
use crate::platform::StopRequests;
use crate::setting::Setting;
use crate::sheet::check::CheckedSheet;
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

fn has_something_to_do(shown: &ShownRow) -> bool {
    let kind = shown.outcome.as_ref().map(|outcome| outcome.kind);
    kind != Some(OutcomeKind::Unchanged)
}

/// What is left once the first rows are done.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowsLeft {
    pub(super) rows: u64,
    /// How many of them a plan says will be changed.
    pub(super) to_change: Option<u64>,
}

impl RowsLeft {
    /// Of the rows that are `ready` to be sent those that a run has not done. What a plan said would change
    /// and was found as it is to be was `unchanged`.
    pub(super) fn of(ready: u64, planned: Option<u64>, journal: &Journal) -> Result<RowsLeft> {
        let done = journal.counts()?;
        let changed = done.rows.saturating_sub(done.of(OutcomeKind::Unchanged));
        Ok(RowsLeft {
            rows: ready.saturating_sub(journal.finished()),
            to_change: planned.map(|planned| planned.saturating_sub(changed)),
        })
    }

    /// `54 rows (45 would change, 9 have nothing to do)`
    fn in_words(self) -> String {
        let rows = plural(self.rows, "row");
        let to_change = self.to_change.map(|count| count.min(self.rows));
        match to_change.map(|count| (count, self.rows - count)) {
            None | Some((_, 0)) => rows,
            Some((changed, idle)) => {
                let have = if idle == 1 { "has" } else { "have" };
                let (changed, idle) = (grouped(changed), grouped(idle));
                format!("{rows} ({changed} would change, {idle} {have} nothing to do)")
            }
        }
    }
}

/// Asks whether the others are to be sent too; where nobody can be asked they are not.
pub(super) async fn are_others_wanted(
    settings: &RunSettings,
    checked: &CheckedSheet,
    left: RowsLeft,
    stop: &mut impl StopRequests,
) -> Result<bool> {
    if !confirmation::is_a_terminal() {
        return Ok(false);
    }
    let question = format!(
        "Send the other {}? About {}",
        left.in_words(),
        expected_time(settings, checked, left.rows).in_words()
    );
    let answer = confirmation::yes_or_no(&question, Answer::No, stop).await?;
    Ok(answer == Some(Answer::Yes))
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
    fn the_rows_left_are_told_apart_where_a_plan_tells_what_they_come_to() {
        for (rows, to_change, said) in [
            (54, None, "54 rows"),
            (
                54,
                Some(45),
                "54 rows (45 would change, 9 have nothing to do)",
            ),
            (2, Some(1), "2 rows (1 would change, 1 has nothing to do)"),
            (1, Some(1), "1 row"),
            // Somebody made a change of the plan before it was sent.
            (1, Some(2), "1 row"),
        ] {
            assert_eq!(RowsLeft { rows, to_change }.in_words(), said);
        }
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
