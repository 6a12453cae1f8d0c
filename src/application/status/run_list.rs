//! The runs of a folder, one a line, or a block of lines where the terminal is too narrow: when, who, sheet, rows, outcome, undone or not.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use super::is_never_started;
use super::never_started_run::NeverStartedRun;
use super::run_status::{RunState, RunStatus};
use super::status_reader::{StatusReader, journals_in};
use crate::application::credential_notes::users_in_words;
use crate::application::progress::wrap;
use crate::journal::{Machine, Person};
use crate::model::clock;
use crate::model::wording::{grouped, listed};
use crate::platform;

/// Files that are named.
const FILES_NAMED: usize = 12;

/// The runs whose journals are in a folder, oldest first.
#[derive(Debug, Serialize)]
pub struct RunList {
    pub runs: Vec<RunStatus>,
    /// Journals that cannot be read, and why.
    pub unreadable: Vec<String>,
    /// Journals of runs that were killed before anything was sent.
    #[serde(rename = "neverStarted")]
    pub never_started: Vec<PathBuf>,
    /// Files of these runs that nobody needs any more, by their names.
    #[serde(rename = "mayBeDeleted")]
    pub may_be_deleted: Vec<String>,
}

impl RunList {
    pub fn of(folder: &Path, now: Timestamp) -> RunList {
        let mut list = RunList {
            runs: Vec::new(),
            unreadable: Vec::new(),
            never_started: Vec::new(),
            may_be_deleted: Vec::new(),
        };
        for journal in journals_in(folder) {
            if is_never_started(&journal) {
                list.never_started.push(journal);
                continue;
            }
            match StatusReader::open(&journal).and_then(|mut reader| reader.read(now)) {
                Ok(status) => list.runs.push(status),
                Err(error) => list.unreadable.push(platform::describe_error(&error)),
            }
        }
        list.runs.sort_by_key(|run| run.started_at);
        let files = list
            .runs
            .iter()
            .flat_map(unneeded)
            .map(|file| file_name(&file));
        list.may_be_deleted = files.filter(|name| folder.join(name).is_file()).collect();
        list
    }

    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.unreadable.is_empty() && self.never_started.is_empty()
    }

    pub fn is_sound(&self) -> bool {
        self.unreadable.is_empty() && self.runs.iter().all(|run| run.damage.is_none())
    }

    /// Nothing is broken within a word on a terminal of this width.
    pub fn to_text(&self, now: Timestamp, width: Option<usize>) -> String {
        let header = [
            "begun",
            "who",
            "note",
            "results",
            "what",
            "sheet",
            "part",
            "customers",
            "rows",
            "outcome",
            "undone",
        ];
        let mut lines = vec![header.map(String::from)];
        lines.extend(self.runs.iter().map(|run| cells(run, now)));
        let mut text = String::new();
        if !self.runs.is_empty() {
            text = table_or_blocks(&lines, width);
        }
        for why in &self.unreadable {
            // Writing into a text cannot fail.
            let _ = writeln!(text, "not readable: {why}");
        }
        for journal in &self.never_started {
            text += &NeverStartedRun::of(journal).to_text();
        }
        if !self.may_be_deleted.is_empty() {
            let names = self.may_be_deleted.iter().take(FILES_NAMED);
            let mut names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
            let more = self.may_be_deleted.len() - names.len();
            if more > 0 {
                names.push(format!("{} more", grouped(more as u64)));
            }
            let line = format!(
                "not needed any more, and may be deleted: {}",
                listed(&names)
            );
            for line in wrap(&line, width) {
                let _ = writeln!(text, "{line}");
            }
        }
        text
    }
}

/// Files of a run that nobody needs any more: those of a rehearsal, and the sheet of an undo that put back
/// all of it.
fn unneeded(run: &RunStatus) -> Vec<PathBuf> {
    let is_over = run.state != RunState::Running && run.damage.is_none();
    let is_done = run.state == RunState::Finished && run.failed() == 0;
    match &*run.command {
        _ if !is_over => Vec::new(),
        _ if run.rehearsal => vec![run.results.clone(), run.journal.clone()],
        "undo" if is_done => vec![PathBuf::from(&run.sheet.name)],
        _ => Vec::new(),
    }
}

fn cells(run: &RunStatus, now: Timestamp) -> [String; 11] {
    let users = || users_in_words(run.credentials.iter().map(|one| &one.credential));
    let went_on = match (&run.person, &run.machine) {
        (Some(person), _) if !person.email.is_empty() => person.email.clone(),
        (person, machine) => users().unwrap_or_else(|| name_of(person.as_ref(), machine.as_ref())),
    };
    let who = match &run.begun_by {
        Some(first) => {
            let began = name_of(first.person.as_ref(), first.machine.as_ref());
            format!("{began}, then {went_on}")
        }
        None => went_on,
    };
    let kind = if run.rehearsal {
        "rehearsal".to_string()
    } else {
        run.command.clone()
    };
    let mut outcome = run.outcomes_in_words().unwrap_or_default();
    if run.state != RunState::Finished {
        let separator = if outcome.is_empty() { "" } else { "; " };
        outcome = outcome + separator + &run.state_in_words(now);
    }
    if run.damage.is_some() {
        outcome += "; journal damaged";
    }
    let undone = match &run.undone {
        // Nothing was changed, or it is what puts back another one.
        None if run.rehearsal || run.changed() == 0 || run.command != "apply" => "",
        None => "no",
        Some(undone) if undone.completely => "yes",
        Some(_) => "partly",
    };
    [
        clock::date_and_time(run.started_at),
        who,
        run.note.clone().unwrap_or_default(),
        file_name(&run.results),
        kind,
        run.sheet.name.clone(),
        run.part.to_string(),
        run.customers().unwrap_or_default(),
        grouped(run.sheet.rows),
        outcome,
        undone.into(),
    ]
}

/// By the mail address, else as whoever is signed in to the machine.
fn name_of(person: Option<&Person>, machine: Option<&Machine>) -> String {
    let email = person.map(|person| person.email.clone());
    let user = machine.map(|machine| machine.user.clone());
    let email = email.filter(|email| !email.is_empty());
    email.or(user).unwrap_or_default()
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// A table without its empty columns; where that does not fit, a block for each line of it.
fn table_or_blocks(lines: &[[String; 11]], width: Option<usize>) -> String {
    let mut text = String::new();
    write_columns(&mut text, lines);
    let is_too_wide = |width| text.lines().any(|line| line.chars().count() > width);
    if !width.is_some_and(is_too_wide) {
        return text;
    }
    let blocks = lines.iter().skip(1).map(block);
    wrap_all(blocks, width)
}

/// The cells of a run in two lines: what it is and came to, where it is and whose.
fn block(cells: &[String; 11]) -> [String; 2] {
    let [
        begun,
        who,
        note,
        results,
        what,
        sheet,
        part,
        customers,
        rows,
        outcome,
        undone,
    ] = cells;
    let undone = match &**undone {
        "yes" => "undone",
        "partly" => "partly undone",
        _ => "",
    };
    let joined = |parts: &[&str]| {
        let filled = parts.iter().filter(|part| !part.is_empty());
        filled.copied().collect::<Vec<_>>().join(", ")
    };
    let came_to = joined(&[
        &format!("{what} of {sheet}"),
        part,
        &format!("{rows} row{}", if rows == "1" { "" } else { "s" }),
        outcome,
        undone,
    ]);
    [
        format!("{begun}  {came_to}"),
        joined(&[results, customers, who, note]),
    ]
}

fn wrap_all(blocks: impl Iterator<Item = [String; 2]>, width: Option<usize>) -> String {
    let indented = width.map(|width| width.saturating_sub(2));
    let wrapped = blocks.flat_map(|[first, second]| {
        let second = wrap(&second, indented).into_iter();
        let second = second.map(|line| format!("  {line}"));
        wrap(&first, width).into_iter().chain(second)
    });
    wrapped.map(|line| line + "\n").collect()
}

fn write_columns<const N: usize>(text: &mut String, lines: &[[String; N]]) {
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    // The header alone fills no column.
    let is_filled: [bool; N] =
        std::array::from_fn(|column| lines.iter().skip(1).any(|line| !line[column].is_empty()));
    for line in lines {
        let cells = line.iter().zip(widths).zip(is_filled);
        let cells = cells.filter_map(|(cell, is_filled)| is_filled.then_some(cell));
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let _ = writeln!(text, "{}", padded.join("  ").trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_a_block_where_its_line_does_not_fit() {
        let cells = |cells: [&str; 11]| cells.map(String::from);
        let lines = [
            cells([
                "begun",
                "who",
                "note",
                "results",
                "what",
                "sheet",
                "part",
                "customers",
                "rows",
                "outcome",
                "undone",
            ]),
            cells([
                "2027-01-15 08:00:00 UTC",
                "me@acme.example",
                "",
                "a.results.csv",
                "apply",
                "a.csv",
                "--where wave=1",
                "Acme and Globex",
                "60",
                "57 updated, 3 failed",
                "partly",
            ]),
        ];
        insta::assert_snapshot!(table_or_blocks(&lines, Some(80)), @"
        2027-01-15 08:00:00 UTC  apply of a.csv, --where wave=1, 60 rows, 57 updated, 3
          failed, partly undone
          a.results.csv, Acme and Globex, me@acme.example
        ");
        let mut one_row = lines[1].clone();
        one_row[8] = "1".into();
        assert!(block(&one_row)[0].contains(", 1 row, "));
        insta::assert_snapshot!(table_or_blocks(&lines, None), @"
        begun                    who              results        what   sheet  part            customers        rows  outcome               undone
        2027-01-15 08:00:00 UTC  me@acme.example  a.results.csv  apply  a.csv  --where wave=1  Acme and Globex  60    57 updated, 3 failed  partly
        ");
    }
}
