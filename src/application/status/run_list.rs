//! The runs of a folder, one a line: when, who, sheet, rows, outcome, undone or not.

use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::run_status::RunStatus;
use super::status_reader::{StatusReader, journals_in};
use crate::model::clock;
use crate::model::wording::grouped;
use crate::platform;

/// The runs whose journals are in a folder, oldest first.
#[derive(Debug, Serialize)]
pub struct RunList {
    pub runs: Vec<RunStatus>,
    /// Journals that cannot be read, and why.
    pub unreadable: Vec<String>,
}

impl RunList {
    pub fn of(folder: &Path, now: Timestamp) -> RunList {
        let mut list = RunList {
            runs: Vec::new(),
            unreadable: Vec::new(),
        };
        for journal in journals_in(folder) {
            match StatusReader::open(&journal).and_then(|mut reader| reader.read(now)) {
                Ok(status) => list.runs.push(status),
                Err(error) => list.unreadable.push(platform::describe_error(&error)),
            }
        }
        list.runs.sort_by_key(|run| run.started_at);
        list
    }

    pub fn is_sound(&self) -> bool {
        self.unreadable.is_empty() && self.runs.iter().all(|run| run.damage.is_none())
    }

    pub fn to_text(&self, now: Timestamp) -> String {
        let header = [
            "begun", "who", "note", "results", "what", "sheet", "rows", "outcome", "undone",
        ];
        let mut lines = vec![header.map(String::from)];
        lines.extend(self.runs.iter().map(|run| cells(run, now)));
        let mut text = String::new();
        if !self.runs.is_empty() {
            write_columns(&mut text, &lines);
        }
        for why in &self.unreadable {
            // Writing into a text cannot fail.
            let _ = writeln!(text, "not readable: {why}");
        }
        text
    }
}

fn cells(run: &RunStatus, now: Timestamp) -> [String; 9] {
    let who = match (&run.person, &run.machine) {
        (Some(person), _) if !person.email.is_empty() => person.email.clone(),
        (_, Some(machine)) => machine.user.clone(),
        _ => String::new(),
    };
    let kind = if run.rehearsal {
        "rehearsal".to_string()
    } else {
        run.command.clone()
    };
    let mut outcome = run.outcomes_in_words().unwrap_or_default();
    if run.state != super::run_status::RunState::Finished {
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
        grouped(run.sheet.rows),
        outcome,
        undone.into(),
    ]
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn write_columns<const N: usize>(text: &mut String, lines: &[[String; N]]) {
    let width = |column: usize| {
        let cells = lines.iter().map(|line| line[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths: [usize; N] = std::array::from_fn(width);
    for line in lines {
        let cells = line.iter().zip(widths);
        let padded: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        let _ = writeln!(text, "{}", padded.join("  ").trim_end());
    }
}
