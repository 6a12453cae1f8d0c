//! What happens in a history, step by step.

use std::fmt;

use super::service::{Fault, How, Method, NUMBERS, Numbers, place};

/// What a cell of the sheet asks for; empty, `REMOVE` or a number.
pub(super) type Cells = [String; NUMBERS];

#[derive(Debug, Clone, PartialEq)]
pub(super) struct SheetRow {
    pub(super) location: usize,
    pub(super) cells: Cells,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    /// Strikes the next command.
    Fault(usize, Fault),
    /// The next command that is typed is about this location alone.
    Part(usize),
    Plan,
    Apply {
        backup: bool,
        /// Only where the numbers are still those of the last plan.
        if_unchanged: bool,
        rehearse: bool,
    },
    /// The last run's command once more with `--resume`.
    Resume,
    /// As the README says: `apply RESULTS --only-failed`.
    OnlyFailed {
        backup: bool,
    },
    /// The same with `--include conflict`, as it is printed for rows that were left alone.
    IncludeConflicts,
    /// Of the last run.
    Undo,
    /// The last or, with 1, the last but one command that was printed, just as it stands there.
    Hint(usize),
    /// Another administrator sets the first number.
    Meddle(usize, String),
    /// Somebody corrects the first number of a row, in the sheet or in the results.
    FixSheet(usize, String),
    FixResults(usize, String),
    /// The sheet is overwritten in place, at the first change of the next command.
    Overwrite,
    /// The results are saved by a spreadsheet.
    LosePluses,
    MakeScientific,
    Reverse,
    DropRow(usize),
    /// One location answers 401 from now on, whatever is asked.
    Poison(usize),
    Heal,
    Damage(Damage),
}

/// What becomes of the last run's journal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Damage {
    /// A byte order mark in front.
    Mark,
    CarriageReturns,
    /// A bit of the first line, or of the first row's.
    FirstLine,
    FirstRow,
}

#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) state: Vec<Numbers>,
    pub(super) rows: Vec<SheetRow>,
    /// Rows so long that the sheet is not read at one go.
    pub(super) is_fat: bool,
    /// Requests under way at once.
    pub(super) at_once: u8,
    pub(super) steps: Vec<Step>,
}

impl History {
    pub(super) fn has_duplicates(&self) -> bool {
        let mut locations: Vec<usize> = self.rows.iter().map(|row| row.location).collect();
        locations.sort_unstable();
        locations.dedup();
        locations.len() < self.rows.len()
    }
}

impl fmt::Display for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &String| match &**text {
            "" => "–".to_string(),
            text => text.replace("+4961007", "+…"),
        };
        for (location, numbers) in self.state.iter().enumerate() {
            if numbers.iter().all(String::is_empty) {
                continue;
            }
            let numbers: Vec<String> = numbers.iter().map(shown).collect();
            writeln!(out, "   {} has {}", place(location), numbers.join(", "))?;
        }
        for (index, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> = row.cells.iter().map(shown).collect();
            let (number, place) = (index + 2, place(row.location));
            writeln!(out, "   row {number}: {place}: {}", cells.join(", "))?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            writeln!(out, "   {}. {step}", index + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let backup = |backup: bool| if backup { " --backup" } else { "" };
        match self {
            Step::Fault(
                location,
                Fault {
                    on,
                    takes_effect,
                    how,
                },
            ) => {
                let place = place(*location);
                let on = match on {
                    Method::Get => "GET",
                    Method::Put if *takes_effect => "PUT takes effect and",
                    Method::Put => "PUT has no effect and",
                };
                let how = match how {
                    How::Status(status) => format!("is answered {status}"),
                    How::Reset => "the connection breaks".into(),
                    How::Late => "the connection breaks; it takes effect later".into(),
                    How::Stall => "is not answered".into(),
                    How::Kill => "the program is killed".into(),
                    How::Interrupt => "the program gets SIGINT, then the answer".into(),
                    How::ThrottleAndKill => "429, wait 3 s; the program is killed".into(),
                };
                write!(out, "(in the next command a {on} {how}: {place})")
            }
            Step::Part(location) => {
                write!(
                    out,
                    "(the next command with --where site={})",
                    place(*location)
                )
            }
            Step::Plan => out.write_str("plan sheet.csv"),
            Step::Apply {
                backup: keep,
                if_unchanged,
                rehearse,
            } => {
                let guard = if *if_unchanged {
                    " --if-unchanged PLAN"
                } else {
                    ""
                };
                let rehearse = if *rehearse { " --rehearse" } else { "" };
                write!(out, "apply sheet.csv{}{guard}{rehearse}", backup(*keep))
            }
            Step::Resume => out.write_str("the same with --resume"),
            Step::OnlyFailed { backup: keep } => {
                write!(out, "apply RESULTS --only-failed{}", backup(*keep))
            }
            Step::IncludeConflicts => {
                out.write_str("apply RESULTS --only-failed --include conflict")
            }
            Step::Undo => out.write_str("undo RESULTS"),
            Step::Hint(0) => out.write_str("the command printed last, as it stands there"),
            Step::Hint(back) => write!(out, "the command printed {back} before the last"),
            Step::Meddle(location, number) => {
                write!(
                    out,
                    "another admin sets n1 of {} to {number}",
                    place(*location)
                )
            }
            Step::FixSheet(location, number) => {
                write!(
                    out,
                    "n1 of {} in the sheet becomes {number}",
                    place(*location)
                )
            }
            Step::FixResults(location, number) => {
                write!(
                    out,
                    "n1 of {} in RESULTS becomes {number}",
                    place(*location)
                )
            }
            Step::Overwrite => out.write_str("(the sheet is overwritten during the next command)"),
            Step::LosePluses => out.write_str("a spreadsheet saves RESULTS: every `+` is lost"),
            Step::MakeScientific => out.write_str("a spreadsheet saves RESULTS: 4.96101E+11"),
            Step::Reverse => out.write_str("the rows of RESULTS are sorted the other way round"),
            Step::DropRow(location) => write!(out, "{} is deleted from RESULTS", place(*location)),
            Step::Poison(location) => write!(out, "{} answers 401 from now on", place(*location)),
            Step::Heal => out.write_str("no location answers 401 any more"),
            Step::Damage(damage) => write!(out, "the journal is damaged: {damage:?}"),
        }
    }
}
