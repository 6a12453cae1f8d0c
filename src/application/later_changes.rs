//! Runs of the same folder that changed what an undo puts back, after the run that is undone. The undo
//! would find their values and leave them alone, so they have to be undone first.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::application::earlier_runs::EarlierRuns;
use crate::application::run_settings::LaterChanges;
use crate::application::status::{self, FolderRun};
use crate::application::suggested_commands;
use crate::application::undo_sheet::UndoSheet;
use crate::journal::{self, Entry, Journal, RecordedRun, may_have_been_applied};
use crate::model::ids;
use crate::model::outcome::OutcomeKind;
use crate::model::row::TargetKey;
use crate::model::run_id::RunId;
use crate::model::wording::rows_listed;
use crate::platform;
use crate::setting::Setting;
use crate::stderr::say;

/// Rows that are named; the others are counted.
const ROWS_NAMED: usize = 5;

/// Finds them, the newest first. `undo_all` undoes all rows of the results. What the undo of another run did
/// is no change of its own, and what went on from the same results is told elsewhere.
pub fn find(
    results: &Path,
    earlier: &EarlierRuns,
    setting: &Setting,
    undo: &UndoSheet,
    undo_all: String,
) -> Vec<LaterChanges> {
    let same_run = of_same_run(results, undo, undo_all).into_iter();
    let headers = earlier.runs().iter().map(RecordedRun::header);
    let Some(header) = headers.clone().max_by_key(|header| header.started_at) else {
        return same_run.collect();
    };
    let rows: HashMap<TargetKey, u64> = undo.places.iter().copied().collect();
    let runs = status::runs_in(platform::folder_of(results));
    let mut own: Vec<&RunId> = headers.map(|header| &header.id).collect();
    for run in &runs {
        let follows = run.header.follows.as_ref();
        if follows.is_some_and(|follows| own.contains(&follows)) {
            own.push(&run.header.id);
        }
    }
    let is_later = |run: &&FolderRun| {
        let other = &run.header;
        let is_real = !other.settings.plan && !other.settings.rehearsal;
        // One without a backup cannot be undone.
        is_real
            && other.settings.backup
            && other.undoes.is_none()
            && !own.contains(&&other.id)
            && other.started_at > header.started_at
            && other.setting == header.setting
            && other.settings.base_url == header.settings.base_url
    };
    let mut later = Vec::new();
    for run in runs.iter().rev().filter(is_later) {
        let (mut beginning, mut changed, mut of_undone) = (None, 0, Vec::new());
        let mut fields = HashSet::new();
        let read = journal::read_through(&run.journal, |entry| match entry {
            Entry::Begin(begin) => beginning = Some(begin),
            Entry::Row(record) if may_have_been_applied(&record.outcome) => {
                changed += 1;
                let place = record.place.as_ref();
                let key = place.and_then(|place| ids::read(&place.id, setting.target.id).ok());
                of_undone.extend(key.and_then(|id| rows.get(&id.key)));
                fields.extend(status::fields_at(setting, place, record.sent.as_ref()));
            }
            _ => {}
        });
        let is_change = beginning
            .as_ref()
            .is_some_and(|begin| begin.command == "apply");
        if read.is_err() || !is_change || of_undone.is_empty() {
            continue;
        }
        // What it has taken over from runs before it is looked at with those.
        let undone = status::undone_at(&run.journal, &fields)
            .or_else(|| status::undone(&run.journal, &run.header, changed));
        if undone.is_some_and(|undone| undone.completely) {
            continue;
        }
        of_undone.sort_unstable();
        of_undone.dedup();
        let name = results.with_file_name(run.results_name());
        later.push(LaterChanges {
            undo: suggested_commands::undo(&name, beginning.as_ref(), &run.header.settings),
            results: name.display().to_string(),
            is_same_run: false,
            rows: of_undone,
        });
    }
    later.extend(same_run);
    later
}

/// Where later rows of the same run changed locations of the part that is undone; `undo` undoes all rows.
fn of_same_run(results: &Path, sheet: &UndoSheet, undo: String) -> Option<LaterChanges> {
    let places = sheet.places.iter();
    let places = places.filter(|(place, _)| sheet.changed_outside.contains(place));
    let rows: Vec<u64> = places.map(|(_, row)| *row).collect();
    (!rows.is_empty()).then(|| LaterChanges {
        results: results.display().to_string(),
        undo,
        is_same_run: true,
        rows,
    })
}

/// Says it before the question.
pub fn tell(later: &[LaterChanges], is_forced: bool) {
    for run in later {
        let LaterChanges {
            results,
            undo,
            is_same_run,
            rows,
        } = run;
        if *is_same_run {
            let what = if is_forced {
                "and --force overwrites that, too"
            } else {
                "which is left alone unless these were undone before"
            };
            say(&format!(
                "warning: later rows of the same run, outside of the chosen part, changed again what {} changed, {what}; to undo all of them at once:\n  {undo}",
                rows_listed(rows, ROWS_NAMED),
            ));
            continue;
        }
        let what = if is_forced {
            "and --force overwrites that, too"
        } else {
            "so this undo leaves alone what that run set"
        };
        say(&format!(
            "warning: a later run, that of `{results}`, changed {} again, {what}; undo that run first:\n  {undo}",
            rows_listed(rows, ROWS_NAMED),
        ));
    }
}

/// How many rows of an undo were left alone, of those that each of these runs changed. A row counts once, for
/// the newest one.
pub(in crate::application) fn left_alone(later: &[LaterChanges], journal: &Journal) -> Vec<u64> {
    let Ok(mut records) = journal.records() else {
        return vec![0; later.len()];
    };
    let mut seen = HashSet::new();
    let mut is_left_alone = |row: &u64| {
        let record = records.of_row(*row).ok().flatten();
        let is_conflict = record.is_some_and(|one| one.outcome.kind == OutcomeKind::Conflict);
        is_conflict && seen.insert(*row)
    };
    let counts = later
        .iter()
        .map(|run| run.rows.iter().filter(|row| is_left_alone(row)).count() as u64);
    counts.collect()
}
