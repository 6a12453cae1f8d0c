//! Rows of a sheet that somebody left out of the plan of it that was applied last: a new plan of the sheet
//! has them again.

use std::collections::HashMap;
use std::path::Path;

use crate::application::row_name::{RowNames, in_brackets};
use crate::application::run_settings::RunSettings;
use crate::application::status::{FolderRun, runs_in};
use crate::journal::{self, Entry, RecordedRun, RunHeader};
use crate::model::failure_groups::Rows;
use crate::model::wording::{listed, plural};
use crate::platform;

/// Rows that are named; of more the first.
const ROWS_NAMED: usize = 5;

/// `note: when `a.plan.csv` was applied, row 22 of `a.csv` (Oslo) was skipped ...`, where it was; nothing of a
/// sheet of our own.
pub(in crate::application) fn say_declined(settings: &RunSettings) -> Option<String> {
    let sheet = &settings.spec.sheet.path;
    let runs = runs_in(platform::folder_of(sheet));
    let mut applied = runs.iter().rev().filter(|run| {
        let header = &run.header;
        header.plan.is_some() && header.follows.is_none() && !header.settings.rehearsal
    });
    let (header, skipped, deleted) = applied.find_map(|run| {
        let recorded = RecordedRun::open(&run.journal).ok()?;
        let begin = recorded.last_begin()?;
        let is_of_it = Path::new(&begin.planned_sheet).file_name() == sheet.file_name();
        let (skipped, deleted) = (&begin.skipped_in_plan, &begin.deleted_from_plan);
        is_of_it.then(|| (&run.header, skipped.clone(), deleted.clone()))
    })?;
    let plan = header.plan.as_ref()?;
    let planned = runs
        .iter()
        .find(|run| Some(&run.header.id) == plan.id.as_ref());
    let names = planned.map_or_else(HashMap::new, |run| names_in(run, &[&skipped, &deleted]));
    let said = [(&skipped, "skipped"), (&deleted, "deleted")];
    let said = said.map(|(rows, what)| say(rows, &names, what));
    let said: Vec<String> = said.into_iter().flatten().collect();
    (!said.is_empty()).then(|| {
        format!(
            "note: when `{}` was applied, of the rows of `{}`{} {}; this plan has what was left out again: leave it out here as well if it is still not wanted",
            plan.name,
            sheet.display(),
            as_it_was(settings, planned.map(|run| &run.header)),
            listed(&said)
        )
    })
}

/// Said where the sheet was changed since it was planned, so that its rows may have other numbers now.
fn as_it_was(settings: &RunSettings, planned: Option<&RunHeader>) -> &'static str {
    let now = journal::header_of(&journal::Journal::path_for(&settings.spec.output)).ok();
    match (now, planned) {
        (Some(now), Some(planned)) if now.input.sha256 != planned.input.sha256 => {
            ", as it was then,"
        }
        _ => "",
    }
}

/// The rows that are named one by one.
fn first_of(rows: &Rows) -> impl Iterator<Item = u64> {
    let ranges = rows.ranges.iter();
    let rows = ranges.flat_map(|(first, last)| *first..=*last);
    rows.take(ROWS_NAMED)
}

/// What a plan calls the places of rows, by their numbers in its sheet.
fn names_in(plan: &FolderRun, rows: &[&Rows]) -> HashMap<u64, String> {
    let wanted: Vec<u64> = rows.iter().copied().flat_map(first_of).collect();
    let mut names = RowNames::default();
    let mut found = HashMap::new();
    // A name that cannot be read is missing, and the number stands alone.
    let _ = journal::read_through(&plan.journal, |entry| match entry {
        Entry::Begin(begin) => names = RowNames::of(Some(&begin)),
        Entry::Row(record) if wanted.contains(&record.row) => {
            if let Some(place) = &record.place {
                let name = names.of_place(place.org_id.as_deref(), &place.name);
                found.insert(record.row, name.into_owned());
            }
        }
        _ => {}
    });
    found
}

/// `row 22 (Oslo) was skipped`, `7 rows were deleted, the first are 2 (Oslo), …`
fn say(rows: &Rows, places: &HashMap<u64, String>, what: &str) -> Option<String> {
    let shown = first_of(rows).map(|row| {
        let name = places.get(&row).map_or("", String::as_str);
        format!("{row}{}", in_brackets(name))
    });
    let shown: Vec<String> = shown.collect();
    match rows.count {
        0 => None,
        1 => Some(format!("row {} was {what}", shown.concat())),
        count if count > shown.len() as u64 => Some(format!(
            "{} were {what} (the first are {})",
            plural(count, "row"),
            shown.join(", ")
        )),
        _ => Some(format!("rows {} were {what}", listed(&shown))),
    }
}
