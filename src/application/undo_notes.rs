//! What is told about an undo before it is sent: which rows it leaves out and why, and where the cells
//! of the results are not what counts.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};

use crate::application::command_line::join;
use crate::application::earlier_runs::lost_rows::LostRow;
use crate::application::status::{self, UndoneUndo};
use crate::application::suggested_commands;
use crate::application::undo_sheet::UndoSheet;
use crate::application::values_put_back::RowsBack;
use crate::journal::{Journal, RecordedRun};
use crate::model::clock;
use crate::model::hint::Hinted;
use crate::model::row::{TargetField, TargetKey};
use crate::model::wording::{grouped, listed, plural, plural_were, rows_listed};
use crate::sheet::problem::shorten;
use crate::sheet::row_selector::RowRanges;
use crate::stderr::say;

/// How long after the end of a process its last changes may arrive.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// Rows named; the others are counted.
const ROWS_NAMED: usize = 10;

/// An error where nothing is left to undo only because the workbook hides all that was changed.
pub fn ensure_not_all_hidden(results: &Path, undo: &UndoSheet) -> Result<()> {
    let is_nothing = undo.rows == 0 && undo.rows_not_undone() == 0;
    if undo.changed_hidden == 0 || !is_nothing {
        return Ok(());
    }
    let (are, them) = if undo.changed_hidden == 1 {
        ("is", "it")
    } else {
        ("are", "them")
    };
    Err(Hinted::new(
        format!(
            "{} of `{}` that may have been changed {are} hidden or filtered out in the workbook, and only rows that it shows are undone",
            plural(undo.changed_hidden, "row"),
            results.display()
        ),
        format!(
            "to undo {them}, clear the filter or unhide the rows in the workbook, save it and undo again"
        ),
    ))
}

/// Tells it of the sheet that undoes these results; where it is to be quiet only what cannot be undone.
pub fn tell(results: &Path, undo: &UndoSheet, is_quiet: bool) {
    if is_quiet {
        return tell_left_out(results, undo);
    }
    tell_what_is_outside(undo);
    if undo.rows == 0 && undo.rows_not_undone() == 0 {
        let of_part = if undo.outside > 0 {
            " in that part"
        } else {
            ""
        };
        say(&format!(
            "no row of `{}`{of_part} was changed, so there is nothing to put back",
            results.display()
        ));
        tell_unproven(&undo.unproven);
        return;
    }
    if undo.unchanged > 0 {
        say(&format!(
            "left out: {} of the results that changed nothing",
            plural(undo.unchanged, "row")
        ));
    }
    tell_found_again(&undo.found_again);
    tell_changed_cells(undo);
    tell_left_out(results, undo);
}

/// Tells that a change which was under way when a run was killed a moment ago may still arrive after the
/// undo; `verify` shows whether all is back.
pub fn tell_what_is_under_way(runs: &[RecordedRun], verify: &str) {
    let ended_lately = |run: &&RecordedRun| {
        let written = fs::metadata(run.path()).and_then(|file| file.modified());
        let written = written.ok().and_then(|at| Timestamp::try_from(at).ok());
        written.is_some_and(|at| clock::now().duration_since(at) < LATE)
    };
    let killed = runs.iter().filter(|run| run.final_end().is_none());
    let rows: u64 = killed
        .filter(ended_lately)
        .map(RecordedRun::rows_in_flight)
        .sum();
    if rows > 0 {
        say(&format!(
            "warning: {} on the wire when the run was killed a moment ago, and a change that was under way may still arrive after this undo; in some minutes see whether all is back:\n  {verify}",
            plural_were(rows, "row")
        ));
    }
}

/// Says which of its rows earlier undos have put back, so that it is clear what this one does, and where these
/// are all of them, that nothing is sent; `verify` shows whether they still are.
pub fn tell_what_is_back(
    results: &Path,
    undo: &UndoSheet,
    verify: &str,
    is_quiet: bool,
) -> RowsBack {
    // Where the later rows of a location were undone, the earlier ones are not.
    let is_open = |field: &&TargetField| {
        undo.changed_outside.contains(&field.key) || undo.back_in_part.contains(&field.key)
    };
    let fields = undo.fields.iter().filter(|field| !is_open(field));
    let fields: Vec<TargetField> = fields.copied().collect();
    let (places, undos) = status::back_already(results, &fields);
    let rows_back = RowsBack::of(undo, places);
    let back = rows_back.rows;
    if back == 0 || is_quiet {
        return rows_back;
    }
    let names: Vec<String> = undos
        .iter()
        .map(|undo| format!("`{}`", undo.display()))
        .collect();
    let by = format!(
        "by the {} in {}",
        if undos.len() == 1 { "undo" } else { "undos" },
        listed(&names)
    );
    let left = undo.rows.saturating_sub(back);
    let are = if back == 1 { "is" } else { "are" };
    say(&match left {
        0 => format!(
            "nothing is left to undo in `{}`{}: {} {are} back already, {by}\n\
             hint: to see whether the values are still there:\n  {verify}\n\
             hint: to undo it once more all the same, name other results with --output",
            results.display(),
            if undo.outside > 0 {
                " in that part"
            } else {
                ""
            },
            plural(back, "row")
        ),
        left => format!(
            "of {}, {} {are} back already, {by}, and only read; this undo is to put back {}",
            plural(undo.rows, "row"),
            grouped(back),
            if left == 1 {
                "the other one".to_string()
            } else {
                format!("the other {}", grouped(left))
            }
        ),
    });
    rows_back
}

impl RowsBack {
    fn of(undo: &UndoSheet, places: HashSet<TargetKey>) -> RowsBack {
        let mut back = RowsBack {
            rows: places.len() as u64,
            ..RowsBack::default()
        };
        let values = undo.places.iter().zip(&undo.values);
        for (_, values) in values.filter(|((place, _), _)| places.contains(place)) {
            back.values.set += u64::from(values.set);
            back.values.cleared += u64::from(values.cleared);
        }
        back.places = places;
        back
    }
}

/// Tells what the `places` have once these results of an undo are undone.
pub fn tell_what_it_leads_to(results: &Path, undone: Option<&UndoneUndo>, places: &str) {
    let results = results.display();
    say(&match undone {
        Some(UndoneUndo { first, sets_again }) if *sets_again => format!(
            "note: `{results}` is of an undo. After this the {places} have again what `{}` had set",
            first.display()
        ),
        Some(UndoneUndo { first, .. }) => format!(
            "note: `{results}` is of an undo of an undo. After this the {places} have again what they had before `{}`",
            first.display()
        ),
        None => format!(
            "note: `{results}` is of an undo. After this the {places} have again what they had before that undo"
        ),
    });
}

fn tell_what_is_outside(undo: &UndoSheet) {
    if undo.hidden > 0 {
        say(&format!(
            "left out: {} of the results, hidden in the workbook",
            plural(undo.hidden, "row")
        ));
    }
    if undo.outside > 0 {
        say(&format!(
            "left out: {} outside of the chosen part",
            plural(undo.outside, "row")
        ));
    }
    if !undo.foreign.is_empty() {
        let rows = undo.foreign.iter().take(ROWS_NAMED);
        let mut rows: Vec<String> = rows.map(ToString::to_string).collect();
        if undo.foreign.len() > ROWS_NAMED {
            rows.push("others".into());
        }
        let is = if rows.len() == 1 { "is" } else { "are" };
        say(&format!(
            "left out: {} that {is} not of that run: row {}",
            plural(undo.foreign.len() as u64, "row"),
            listed(&rows)
        ));
    }
}

fn tell_changed_cells(undo: &UndoSheet) {
    let count = undo.changed;
    if count == 0 {
        return;
    }
    let more = match count - undo.changed_named.len() as u64 {
        0 => String::new(),
        more => format!("; and {}", plural(more, "more row")),
    };
    let has = if count == 1 { "has" } else { "have" };
    say(&format!(
        "note: {} {has} cells that were changed since the run, as when a spreadsheet drops a `+` or shortens a number. What was there before, by the run's own record, is put back: {}{more}",
        plural(count, "row"),
        undo.changed_named.join("; ")
    ));
}

/// Tells which rows may have been changed and are left as they are.
fn tell_left_out(results: &Path, undo: &UndoSheet) {
    tell_unproven(&undo.unproven);
    for line in not_undone(results, undo) {
        say(&line);
    }
}

/// The same in lines, with how they can be undone.
pub fn not_undone(results: &Path, undo: &UndoSheet) -> Vec<String> {
    let mut lines = lines_of_lost(&undo.lost);
    for left_out in undo.left_out.iter().take(ROWS_NAMED) {
        lines.push(format!(
            "not undone: row {} ({}): {}",
            left_out.row, left_out.name, left_out.why
        ));
    }
    let count = undo.left_out.len();
    if count == 0 {
        return lines;
    }
    if count > ROWS_NAMED {
        lines.push(format!(
            "not undone: {} more",
            plural((count - ROWS_NAMED) as u64, "row")
        ));
    }
    lines.push(format!(
        "warning: {} may have been changed and cannot be undone",
        plural(count as u64, "row")
    ));
    if undo.lacks_journal {
        lines.push(format!(
            "hint: put the journal of that run back beside `{}` and undo again; it has the numbers of all rows, whatever became of the cells",
            results.display()
        ));
    }
    lines
}

/// Rows that changed nothing, if their outcome is as the run wrote it.
fn tell_unproven(rows: &[u64]) {
    if rows.is_empty() {
        return;
    }
    let (is, it) = if rows.len() == 1 {
        ("is", "its outcome says")
    } else {
        ("are", "their outcomes say")
    };
    say(&format!(
        "note: {} {is} left as found, since {it} that nothing was changed; without the journal that cannot be proven",
        rows_listed(rows, ROWS_NAMED)
    ));
}

/// Rows of which only earlier results tell, and that are undone with others for their locations.
fn tell_found_again(found_again: &[LostRow]) {
    for row in found_again.iter().take(ROWS_NAMED) {
        let is_gone = if row.is_of_last_run {
            "is not in these results"
        } else {
            "was deleted there before the next run went on"
        };
        say(&format!(
            "note: {} {is_gone}; it is undone too, with the other rows for this place",
            name_lost(row)
        ));
    }
    if let more @ 1.. = found_again.len().saturating_sub(ROWS_NAMED) {
        let more = plural(more as u64, "row");
        say(&format!("note: so are {more} more that were deleted"));
    }
}

fn name_lost(row: &LostRow) -> String {
    let (number, results) = (row.row, row.results.display());
    format!("row {number} of `{results}` ({})", shorten(row.name()))
}

/// Rows that were deleted from the results that other results were made from.
fn lines_of_lost(lost: &[LostRow]) -> Vec<String> {
    let mut lines = Vec::new();
    for row in lost.iter().take(ROWS_NAMED) {
        lines.push(format!(
            "not undone: {}: it was deleted there before the next run went on",
            name_lost(row)
        ));
    }
    let count = lost.len();
    if count == 0 {
        return lines;
    }
    if count > ROWS_NAMED {
        let more = plural((count - ROWS_NAMED) as u64, "row");
        lines.push(format!("not undone: {more} more that were deleted"));
    }
    lines.push(format!(
        "warning: {} may have been changed and cannot be undone with these results",
        plural(count as u64, "deleted row")
    ));
    for of_file in lost.chunk_by(|one, other| one.results == other.results) {
        let results = &of_file[0].results;
        let journal = Journal::path_for(results);
        let run = RecordedRun::open(&journal).ok();
        let undo = match &run {
            Some(run) => {
                suggested_commands::undo(&journal, run.last_begin(), &run.header().settings)
            }
            None => join(&["wxbulk", "undo", &journal.display().to_string()].map(String::from)),
        };
        let rows: RowRanges = of_file.iter().map(|lost| lost.row).collect();
        lines.push(format!(
            "hint: {} still knows what was there before: {undo} --rows {rows}",
            journal.display(),
        ));
    }
    lines
}
