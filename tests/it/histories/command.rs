//! What a command was, and the run that it began or went on with.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::history::SheetRow;
use super::service::{Numbers, place};

pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_wxbulk");

/// Stands for the exit code of what had to be killed.
pub(super) const HANGS: i32 = -1;

/// What a run is, as far as the rules care.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) output: PathBuf,
    /// The run whose results it goes on from.
    pub(super) parent: Option<usize>,
    /// The run that it puts back.
    pub(super) undoes: Option<usize>,
    pub(super) is_plan: bool,
    pub(super) is_rehearsal: bool,
    /// The present numbers were to be kept from the first command on.
    pub(super) backup: bool,
    pub(super) guard: Option<Guard>,
    /// What was approved.
    pub(super) rows: Vec<SheetRow>,
    /// All rows of the sheet.
    pub(super) whole: Vec<SheetRow>,
    /// The locations of which its results may have rows to send again: a part that was chosen when these
    /// were sent again narrows nothing.
    pub(super) reach: BTreeSet<usize>,
    /// The whole sheet as the results have it, with what was changed by hand.
    pub(super) in_results: Vec<SheetRow>,
    pub(super) commands: Vec<usize>,
    /// Locations whose row in the results was changed or deleted by hand.
    pub(super) by_hand: BTreeSet<usize>,
    /// Locations whose row was deleted from the results.
    pub(super) dropped: BTreeSet<usize>,
    pub(super) line: String,
}

/// What a plan showed.
#[derive(Debug, Clone)]
pub(super) struct Guard {
    pub(super) state: Vec<Numbers>,
    pub(super) rows: Vec<SheetRow>,
}

/// A command that has ended.
#[derive(Debug, Clone)]
pub(super) struct Ran {
    pub(super) line: String,
    /// `None`: nothing began and nothing went on.
    pub(super) run: Option<usize>,
    /// `None`: it was killed.
    pub(super) code: Option<i32>,
    pub(super) stderr: String,
    /// The run that it puts back, or goes on putting back.
    pub(super) undoes: Option<usize>,
    pub(super) origin: Origin,
    pub(super) asked_early: bool,
    /// Locations of whose change it may not have heard, since it was interrupted twice and left at once:
    /// all that its results do not call finished.
    pub(super) unheard: BTreeSet<usize>,
    pub(super) state_before: Vec<Numbers>,
}

/// Where a command comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Typed,
    /// It was printed, and something happened since.
    Printed,
    /// It was printed just now.
    JustPrinted,
}

impl Ran {
    pub(super) fn has(&self, word: &str) -> bool {
        self.line.split_whitespace().any(|one| one == word)
    }
}

/// Whether the sheet is overwritten while it is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overwriting {
    Never,
    /// In the next command.
    Next,
    Done,
}

/// Whether a command is about a location, which has its row in `whole`, the sheet.
pub(super) fn is_about(line: &str, whole: &[SheetRow], location: usize) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut names = words.iter().filter_map(|word| word.strip_prefix("site="));
    let is_named = names.next().is_none_or(|name| name == place(location));
    let rows = words.iter().position(|word| *word == "--rows");
    let rows = rows.and_then(|at| words.get(at + 1));
    let mut own = whole.iter().zip(2..);
    is_named
        && rows.is_none_or(|rows| {
            own.any(|(row, number)| row.location == location && has_row(rows, number))
        })
}

/// Whether a list such as `2-5,7` has a row.
fn has_row(rows: &str, row: u64) -> bool {
    rows.split(',').any(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let number = |text: &str| text.parse().unwrap_or(0);
        (number(first)..=number(last)).contains(&row)
    })
}

/// The commands that are printed, each a line of its own or what follows a colon.
pub(super) fn commands_in(stderr: &str) -> Vec<String> {
    let command = |line: &str| {
        let (begin, _) = ["wxbulk apply ", "wxbulk undo ", "wxbulk plan "]
            .iter()
            .filter_map(|name| line.find(name).map(|at| (at, name)))
            .min()?;
        let word = line[..begin].rfind(' ').map_or(0, |space| space + 1);
        let before = line[..word].trim_end();
        let command = line[begin + "wxbulk".len()..].trim();
        (before.is_empty() || before.ends_with(':')).then(|| format!("{PROGRAM} {command}"))
    };
    stderr.lines().filter_map(command).collect()
}
