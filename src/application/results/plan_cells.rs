//! What a plan says of a row: the numbers now and then, and what is to be done.

use anyhow::Result;
use csv::ByteRecord;

use super::usage_notes::{self, UseNote};
use crate::application::row_name::{RowNames, in_brackets};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::Row;
use crate::setting::{Setting, usage_after_row};
use crate::sheet::Sheet;
use crate::sheet::columns::Columns;
use crate::sheet::duplicates::SAME_AS_ROW;
use crate::sheet::result_columns::{
    ACTION, AND, CANNOT, CHANGE, NEW, PRESENT, REASON, SAME, SKIPPED, used_by_column,
};
use crate::table::{Cell, Table, Tone};

/// Of a row that was still to be read when the plan ended.
const NOT_READ: &str = "not read yet";

/// The columns of a plan: first what is to be done and why, then the fields that the sheet has, and behind them
/// those that only show what else is there.
pub(super) fn columns(columns: &Columns) -> Vec<String> {
    let setting = columns.setting;
    let mut names = [ACTION, REASON].map(String::from).to_vec();
    for fields in fields_in_order(columns) {
        for prefix in [PRESENT, NEW] {
            let all = setting.columns(prefix);
            names.extend(fields.iter().filter_map(|field| all.get(*field).cloned()));
        }
    }
    let numbers = 0..usage_after_row::numbers_with_users(setting);
    names.extend(numbers.map(used_by_column));
    names
}

/// The fields for which the sheet has a column, and the others.
fn fields_in_order(columns: &Columns) -> [Vec<usize>; 2] {
    let fields = 0..columns.setting.fields.len();
    let is_asked = |field: &usize| columns.fields.get(*field).is_some_and(Option::is_some);
    let (asked, others) = fields.partition(is_asked);
    [asked, others]
}

/// Where the columns of a plan stand in a header that has them: behind the user's own. Older plans have `action`
/// and `reason` as the last of them.
pub(in crate::application) fn places(header: &ByteRecord, setting: &Setting) -> Vec<usize> {
    let names: Vec<_> = header.iter().map(String::from_utf8_lossy).collect();
    let has = |name: &String| names.iter().any(|one| one == name);
    let needed = setting
        .columns(PRESENT)
        .into_iter()
        .chain(setting.columns(NEW));
    if !needed.chain([ACTION.to_string()]).all(|name| has(&name)) {
        return Vec::new();
    }
    let mut values = setting.columns(PRESENT);
    values.extend(setting.columns(NEW));
    let is_value = |name: &str| values.iter().any(|one| *one == *name);
    let Some(first) = names.iter().position(|name| is_value(name)) else {
        return Vec::new();
    };
    let is_last = names.iter().skip(first).any(|name| name == ACTION);
    let verdict = [ACTION, REASON].len();
    let from = if is_last {
        first
    } else {
        first.saturating_sub(verdict)
    };
    let is_of_plan = |name: &str| {
        let mut numbers = 0..usage_after_row::numbers_with_users(setting);
        let shows_use = numbers.any(|number| used_by_column(number) == name);
        is_value(name) || shows_use || [ACTION, REASON].contains(&name)
    };
    let places = names.iter().enumerate().skip(from);
    places
        .filter(|(_, name)| is_of_plan(name))
        .map(|(place, _)| place)
        .collect()
}

/// Where one of a plan's columns stands. The user's own may have a column of the same name.
pub(in crate::application) fn place_of(
    sheet: &Sheet,
    setting: &Setting,
    name: &str,
) -> Option<usize> {
    let places = places(&sheet.header, setting);
    if places.is_empty() {
        return sheet.column_called(name);
    }
    let is_it = |place: &usize| sheet.header.get(*place) == Some(name.as_bytes());
    places.into_iter().find(is_it)
}

/// Writes the cells of a row that was read, or of one that was not (`row` is `None`): left out, or
/// the sheet's fault.
pub(super) fn write(
    table: &mut Table,
    columns: &Columns,
    row: Option<&Row<'_>>,
    is_left_out: bool,
    outcome: &Outcome,
    notes: &[UseNote],
) -> Result<()> {
    let setting = columns.setting;
    let (action, tone) = if is_left_out {
        (SKIPPED, Tone::Plain)
    } else {
        action(outcome.kind)
    };
    table.cell(Cell::Word(action, tone))?;
    let mut reasons = vec![reason(outcome)];
    reasons.extend(row.and_then(|row| left_by_rows_above(setting, row, outcome)));
    reasons.extend(notes.iter().map(|note| note.words().to_string()));
    reasons.retain(|reason| !reason.is_empty());
    table.cell(Cell::Untrusted(&reasons.join("; ")))?;
    let none = CurrentValues::default();
    let present = outcome.previous.as_ref().unwrap_or(&none);
    let found = outcome.found();
    let fields = 0..setting.fields.len();
    let then: Vec<&str> = fields
        .map(|index| match (row, &found) {
            (Some(row), Some(found)) => value_then(setting, row, found, index),
            _ => "",
        })
        .collect();
    for fields in fields_in_order(columns) {
        for index in &fields {
            let now = setting.plain(*index, present.text(*index));
            table.cell(Cell::text(&now))?;
        }
        for index in &fields {
            let then = then.get(*index).copied().unwrap_or_default();
            table.cell(Cell::text(&setting.plain(*index, then)))?;
        }
    }
    let usages = row.and_then(|row| usage_notes::usages_then(setting, row, outcome));
    for number in 0..usage_after_row::numbers_with_users(setting) {
        let users = usages.iter().flatten().filter(|one| one.number == number);
        let users: Vec<&str> = users.map(|one| &*one.calls).collect();
        table.cell(Cell::Untrusted(&users.join(AND)))?;
    }
    Ok(())
}

pub(in crate::application) fn action(kind: OutcomeKind) -> (&'static str, Tone) {
    match kind {
        OutcomeKind::Different => (CHANGE, Tone::Warning),
        OutcomeKind::Unchanged | OutcomeKind::Skipped => (SAME, Tone::Plain),
        _ => (CANNOT, Tone::Bad),
    }
}

/// Whether a plan gives this reason for a row that is the same as another one.
pub(in crate::application) fn is_of_repeat(reason: &str) -> bool {
    reason.starts_with(SAME_AS_ROW)
}

/// What a plan says of a row of which its record tells nothing, since the row was not read.
pub(in crate::application) fn unread_row(
    sheet: &Sheet,
    setting: &Setting,
    record: &ByteRecord,
) -> Option<Outcome> {
    let cell = |name| {
        let cell = record.get(place_of(sheet, setting, name)?)?;
        Some(std::str::from_utf8(cell).ok()?.trim())
    };
    let (action, reason) = (cell(ACTION)?, cell(REASON).unwrap_or_default());
    let kind = match action {
        CANNOT if reason == NOT_READ => OutcomeKind::NotAttempted,
        CANNOT => OutcomeKind::Invalid,
        "" => return None,
        _ => OutcomeKind::Skipped,
    };
    Some(Outcome::unsent(kind, reason))
}

pub(super) fn reason(outcome: &Outcome) -> String {
    let reason = match outcome.kind {
        OutcomeKind::NotAttempted if outcome.message.is_empty() => NOT_READ,
        _ => &outcome.message,
    };
    match outcome.status {
        Some(status) if status >= 300 && outcome.kind == OutcomeKind::Failed => {
            format!("{status}: {reason}")
        }
        _ => reason.to_string(),
    }
}

/// What the row is compared with in place of what is there now.
fn left_by_rows_above(setting: &Setting, row: &Row<'_>, outcome: &Outcome) -> Option<String> {
    let asked = row.changes.iter().enumerate();
    let asked = asked.filter(|(_, change)| **change != Change::Keep);
    let values = asked.filter_map(|(index, _)| {
        let mut before = outcome.set_before.iter();
        let (_, value) = before.find(|(field, _)| *field == index)?;
        let value = shown(&setting.plain(index, value));
        Some(format!("{} {value}", setting.fields[index].column))
    });
    let values: Vec<String> = values.collect();
    (!values.is_empty()).then(|| {
        let noun = setting.target.noun;
        format!("the rows above for this {noun} leave {}", values.join(", "))
    })
}

fn shown(value: &str) -> String {
    match value {
        "" => "nothing".to_string(),
        value => value.to_string(),
    }
}

/// A row that would change, in a line for a person: `row 7 (Oslo): n1 +12025550101 → +12025550102`; with
/// the rules that would lead nowhere then. One that is left alone is told among the failures.
pub(super) fn say(
    setting: &Setting,
    names: &RowNames,
    row: &Row<'_>,
    outcome: &Outcome,
    notes: &[UseNote],
) -> Option<String> {
    let found = &outcome.found()?;
    if usage_notes::is_left_alone(outcome) || setting.are_met(&row.changes, found) {
        return None;
    }
    let fields = setting.fields.iter().enumerate();
    let differences: Vec<String> = fields
        .map(|(index, field)| {
            let now = found.text(index);
            let then = value_then(setting, row, found, index);
            (index, field.column, now, then)
        })
        .filter(|(_, _, now, then)| now != then)
        .map(|(index, column, now, then)| {
            let [now, then] = [now, then].map(|value| shown(&setting.plain(index, value)));
            format!("{column} {now} → {then}")
        })
        .collect();
    let name = in_brackets(&names.of_row(row));
    let nowhere = notes.iter().filter(|note| note.leads_nowhere());
    let mut said = vec![differences.join(", ")];
    said.extend(nowhere.map(|note| note.words().to_string()));
    Some(format!("row {}{name}: {}", row.number, said.join("; ")))
}

/// The value of a field once the row's changes were made. One that is the same but for its spelling
/// stays as it is.
pub(in crate::application) fn value_then<'r>(
    setting: &Setting,
    row: &'r Row<'_>,
    present: &'r CurrentValues,
    index: usize,
) -> &'r str {
    match row.changes.get(index) {
        Some(change) if !setting.is_met(index, change, present.get(index)) => {
            change.field().unwrap_or_default()
        }
        _ => present.text(index),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::location_numbers::LOCATION_NUMBERS;

    fn found(present: &CurrentValues) -> Outcome {
        Outcome {
            previous: Some(present.clone()),
            ..Outcome::unsent(OutcomeKind::Different, "")
        }
    }

    #[test]
    fn what_would_change_is_said_and_what_is_only_spelt_otherwise_is_not() {
        let present = CurrentValues::of([Some("2025550101"), Some("5502"), None]);
        let row = Row::asking([
            Change::Set("+12025550101".into()),
            Change::Clear,
            Change::Set("5503".into()),
        ]);
        insta::assert_snapshot!(
            say(&LOCATION_NUMBERS, &RowNames::default(), &row, &found(&present), &[]).expect("a difference"),
            @"row 2: n2 5502 → nothing, n3 nothing → 5503"
        );
        let row = Row {
            name: "Oslo".into(),
            ..row
        };
        let line = say(
            &LOCATION_NUMBERS,
            &RowNames::default(),
            &row,
            &found(&present),
            &[],
        )
        .expect("a difference");
        assert!(line.starts_with("row 2 (Oslo): n2 "), "{line}");
        let then = [0, 1, 2].map(|index| value_then(&LOCATION_NUMBERS, &row, &present, index));
        assert_eq!(then, ["2025550101", "", "5503"]);
    }

    #[test]
    fn the_columns_of_a_plan_are_found_behind_a_persons_own() {
        let places = |header: &str| {
            let header: Vec<&str> = header.split(' ').collect();
            places(&ByteRecord::from(header), &LOCATION_NUMBERS)
        };
        let own = "locationId n1 reason";
        let plan = "present1 present2 present3 new1 new2 new3 usedBy1";
        let of_plan: Vec<usize> = (3..12).collect();
        assert_eq!(places(&format!("{own} action reason {plan} note")), of_plan);
        assert_eq!(places(&format!("{own} {plan} action reason note")), of_plan);
        let own_verdict = format!("action reason n1 {plan} action reason");
        assert_eq!(places(&own_verdict), of_plan);
        assert_eq!(places(&format!("{own} {plan}")), [] as [usize; 0]);
        assert_eq!(places(&format!("{own} action")), [] as [usize; 0]);
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
