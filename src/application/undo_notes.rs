//! What is told about an undo before it is sent: which rows it leaves out and why, and where the cells
//! of the results are not what counts.

use std::path::Path;

use crate::application::earlier_runs::lost_rows::LostRow;
use crate::application::suggested_commands::join;
use crate::application::undo_sheet::UndoSheet;
use crate::journal::Journal;
use crate::model::wording::{listed, plural};
use crate::sheet::problem::shorten;
use crate::stderr::say;

/// Rows named; the others are counted.
const ROWS_NAMED: usize = 10;

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
        return;
    }
    if undo.unchanged > 0 {
        say(&format!(
            "left out: {} of the results that changed nothing",
            plural(undo.unchanged, "row")
        ));
    }
    tell_changed_cells(undo);
    tell_left_out(results, undo);
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

fn tell_left_out(results: &Path, undo: &UndoSheet) {
    tell_lost(&undo.lost);
    for left_out in undo.left_out.iter().take(ROWS_NAMED) {
        say(&format!(
            "not undone: row {} ({}): {}",
            left_out.row, left_out.name, left_out.why
        ));
    }
    let count = undo.left_out.len();
    if count == 0 {
        return;
    }
    if count > ROWS_NAMED {
        say(&format!(
            "not undone: {} more",
            plural((count - ROWS_NAMED) as u64, "row")
        ));
    }
    say(&format!(
        "warning: {} may have been changed and cannot be undone",
        plural(count as u64, "row")
    ));
    if undo.lacks_journal {
        say(&format!(
            "hint: put the journal of that run back beside `{}` and undo again; it has the numbers of all rows, whatever became of the cells",
            results.display()
        ));
    }
}

/// Rows that were deleted from the results that other results were made from.
fn tell_lost(lost: &[LostRow]) {
    for LostRow { row, name, results } in lost.iter().take(ROWS_NAMED) {
        say(&format!(
            "not undone: row {row} of `{}` ({}): it was deleted there before the next run went on",
            results.display(),
            shorten(name)
        ));
    }
    let count = lost.len();
    if count == 0 {
        return;
    }
    if count > ROWS_NAMED {
        let more = plural((count - ROWS_NAMED) as u64, "row");
        say(&format!("not undone: {more} more that were deleted"));
    }
    say(&format!(
        "warning: {} may have been changed and cannot be undone with these results",
        plural(count as u64, "deleted row")
    ));
    for of_file in lost.chunk_by(|one, other| one.results == other.results) {
        let results = &of_file[0].results;
        let journal = Journal::path_for(results).display().to_string();
        let mut words = vec![journal];
        if let [only] = of_file {
            words.extend(["--rows".to_string(), only.row.to_string()]);
        }
        say(&format!(
            "hint: once `{}` has another name, its journal counts alone: wxbulk undo {}",
            results.display(),
            join(&words)
        ));
    }
}
