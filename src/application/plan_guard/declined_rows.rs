//! Rows of a sheet that somebody left out of the plan of it that was applied last: a new plan of the sheet
//! has them again.

use std::path::Path;

use crate::application::run_settings::RunSettings;
use crate::application::status::runs_in;
use crate::journal::{EndRecord, RecordedRun};
use crate::model::failure_groups::Rows;
use crate::model::wording::{listed, plural};
use crate::platform;
use crate::sheet::selection::SKIPPED_BY_PLAN;

/// Ranges of rows that are named.
const RANGES_NAMED: usize = 5;

/// `note: row 22 of this sheet was skipped by the plan ...`, where it was; nothing of a sheet of our own.
pub(in crate::application) fn say_declined(settings: &RunSettings) -> Option<String> {
    let sheet = &settings.spec.sheet.path;
    let applied = runs_in(platform::folder_of(sheet)).into_iter().rev();
    let mut applied = applied.filter(|run| {
        let header = &run.header;
        header.plan.is_some() && header.follows.is_none() && !header.settings.rehearsal
    });
    let (plan, skipped, deleted) = applied.find_map(|run| {
        let plan = run.header.plan.as_ref()?.name.clone();
        let run = RecordedRun::open(&run.journal).ok()?;
        let begin = run.last_begin()?;
        let is_of_it = Path::new(&begin.planned_sheet).file_name() == sheet.file_name();
        let skipped = run.last_end().map(skipped).unwrap_or_default();
        is_of_it.then(|| (plan, skipped, begin.deleted_from_plan.clone()))
    })?;
    let of_the_plan = format!(" of `{plan}`");
    // Where rows were deleted from the plan, those below have other numbers there.
    let numbered_in = if deleted.is_empty() { "" } else { &of_the_plan };
    let said: Vec<String> = [
        say(&skipped, numbered_in, "skipped"),
        say(&deleted, "", "deleted"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!said.is_empty()).then(|| {
        format!(
            "note: when `{plan}` was applied, {}; this plan of the sheet has what was left out again: leave it out here as well if it is still not wanted",
            listed(&said)
        )
    })
}

fn skipped(end: &EndRecord) -> Rows {
    let causes = end.skipped.causes.iter();
    let mut causes = causes.filter(|cause| &*cause.outcome.message == SKIPPED_BY_PLAN);
    causes
        .next()
        .map_or_else(Rows::default, |cause| cause.rows.clone())
}

fn say(rows: &Rows, of: &str, what: &str) -> Option<String> {
    let ranges = rows.ranges_in_words(RANGES_NAMED);
    match rows.count {
        0 => None,
        1 => Some(format!("row {}{of} was {what}", ranges.join(", "))),
        count if rows.ranges.len() > RANGES_NAMED => Some(format!(
            "{}{of} were {what} (the first are {})",
            plural(count, "row"),
            ranges.join(", ")
        )),
        _ => Some(format!("rows {}{of} were {what}", listed(&ranges))),
    }
}
