//! Cells of results that only show what a plan approved, as `new1`, and that somebody corrected: what is
//! sent stands in `n1`, so the correction would be lost without a word.

use std::collections::HashMap;

use anyhow::Result;

use crate::application::plan_guard::plan_columns::shows;
use crate::application::plan_guard::plan_edits::plan_and_send;
use crate::application::results::plan_cells;
use crate::application::run_settings::RunSettings;
use crate::application::status;
use crate::application::suggested_commands;
use crate::journal::{self, Entry, RowRecord};
use crate::model::change::Change;
use crate::model::hint::{Hinted, WithHint};
use crate::platform;
use crate::setting::Setting;
use crate::sheet::cell_text::text_in;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::problem::shorten;
use crate::sheet::result_columns::{ACTION, CANNOT, NEW, REASON};
use crate::sheet::{NumberedRecord, Sheet};

/// A cell that does not show what its row asks for. Either of them was changed since the plan.
#[derive(Debug)]
struct Suspect {
    row: u64,
    index: usize,
    column: usize,
    found: String,
    /// Whether a plan tells of the row, and whether one has shown just this.
    is_known: bool,
    was_shown: bool,
}

/// Refuses results in which such a cell was changed. Those that were planned more than once may show what
/// any plan of the folder showed.
pub(in crate::application) fn refuse(
    settings: &RunSettings,
    sheet: &Sheet,
    columns: &Columns,
) -> Result<()> {
    let setting = columns.setting;
    let mut suspects = suspects(sheet, columns)?;
    if suspects.is_empty() {
        return Ok(());
    }
    let plans = status::runs_in(platform::folder_of(&sheet.path));
    let plans = plans
        .iter()
        .filter(|run| run.header.settings.is_plan_of_sheet());
    for plan in plans.filter(|run| run.header.setting == setting.name) {
        // What cannot be read proves nothing against a cell.
        let _ = journal::read_through(&plan.journal, |entry| {
            if let Entry::Row(record) = entry
                && let Some(place) = &record.place
                && let Some(of_place) = suspects.get_mut(&place.id)
            {
                for suspect in of_place {
                    let shown = shown_by_plan(setting, &record, suspect.index);
                    suspect.is_known = true;
                    suspect.was_shown |= shows(setting, suspect.index, &suspect.found, &shown);
                }
            }
        });
    }
    let edited = suspects.into_values().flatten();
    let edited = edited.filter(|suspect| suspect.is_known && !suspect.was_shown);
    let Some(first) = edited.min_by_key(|suspect| (suspect.row, suspect.index)) else {
        return Ok(());
    };
    let place = sheet.place_of(first.row, first.column);
    let column = setting
        .fields
        .get(first.index)
        .map_or("", |field| field.column);
    let found = match &*first.found {
        "" => "it was emptied since the plan".to_string(),
        found => format!("`{}` was typed there since the plan", shorten(found)),
    };
    let refused = Hinted::new(
        format!(
            "{place} of `{}`: {found}, and this column only shows what was planned; what is sent stands in `{column}`",
            sheet.path.display()
        ),
        format!("first correct it in `{column}` of that row, and put this cell back as it was"),
    );
    // The correction is nothing that was approved, so this would be refused next.
    Err(
        match suggested_commands::plan_corrected(settings, &sheet.path) {
            Some(plan) => refused.with_hint(format!("then {}", plan_and_send(&plan))),
            None => refused,
        },
    )
}

/// By the ids of what their rows set.
fn suspects(sheet: &Sheet, columns: &Columns) -> Result<HashMap<Box<str>, Vec<Suspect>>> {
    let setting = columns.setting;
    let mut suspects: HashMap<Box<str>, Vec<Suspect>> = HashMap::new();
    if plan_cells::places(&sheet.header, setting).is_empty() {
        return Ok(suspects);
    }
    let action = plan_cells::place_of(sheet, setting, ACTION);
    let reason = plan_cells::place_of(sheet, setting, REASON);
    let shown = setting.columns(NEW);
    let shown: Vec<Option<usize>> = shown
        .iter()
        .map(|name| plan_cells::place_of(sheet, setting, name))
        .collect();
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let Ok(row) = sheet.read_row(columns, &numbered, &Directory::default()) else {
            continue;
        };
        let action = action.map(|at| text_in(&numbered.record, at));
        // It was sent under a later plan than that of these columns, which could not tell what it would change.
        let is_of_later_plan = action.as_deref() == Some("");
        let is_cannot = action.as_deref() == Some(CANNOT);
        let reason = reason.map(|at| text_in(&numbered.record, at));
        let is_of_repeat = reason.is_some_and(|reason| plan_cells::is_of_repeat(&reason));
        for (index, (change, column)) in row.changes.iter().zip(&shown).enumerate() {
            let (Some(asked), Some(column)) = (change.field(), *column) else {
                continue;
            };
            let suspect = Suspect {
                row: numbered.row,
                index,
                column,
                found: text_in(&numbered.record, column),
                is_known: false,
                was_shown: false,
            };
            // What was not planned shows nothing.
            let is_unplanned = suspect.found.is_empty()
                && (is_of_later_plan
                    || is_cannot
                    || is_of_repeat
                    || columns.lacks_check(&numbered.record));
            if !is_unplanned && !shows(setting, index, &suspect.found, asked) {
                let of_place = suspects.entry((&*row.target_id).into()).or_default();
                of_place.push(suspect);
            }
        }
    }
    Ok(suspects)
}

/// What a plan shows of a field once its row is sent, also of a row that it does not approve; nothing where it
/// could not read it.
fn shown_by_plan(setting: &Setting, record: &RowRecord, index: usize) -> String {
    let Some(found) = record.outcome.found() else {
        return String::new();
    };
    let sent = record.sent.as_ref().and_then(|sent| sent.0.get(index));
    let change = match sent.and_then(Option::as_deref) {
        None => Change::Keep,
        value => Change::to(value),
    };
    let is_met = setting.is_met(index, &change, found.get(index));
    let value = if is_met {
        found.text(index)
    } else {
        change.field().unwrap_or_default()
    };
    setting.plain(index, value)
}
