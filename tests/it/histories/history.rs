//! What happens in a history, step by step, and how one is made up.

use std::fmt;

use fastrand::Rng;

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
    pub(super) steps: Vec<Step>,
}

/// Makes numbers that are like no other.
struct Numberer(u64);

impl Numberer {
    fn next(&mut self) -> String {
        self.0 += 1;
        format!("+4961007{:05}", self.0)
    }
}

impl History {
    pub(super) fn make_up(seed: u64) -> History {
        let mut dice = Rng::with_seed(seed);
        let mut numbers = Numberer(100);
        let locations = dice.usize(2..=3);
        let mut original = || match dice.u8(0..10) {
            0..=2 => String::new(),
            3 => "4500".into(),
            4 => ["*7201", "+4961007000;ext=55", "sip:ann@acme.example"][dice.usize(0..3)].into(),
            _ => numbers.next(),
        };
        let state: Vec<Numbers> = (0..locations)
            .map(|_| [original(), original(), original()])
            .collect();
        let mut rows: Vec<SheetRow> = (0..locations)
            .map(|location| SheetRow {
                location,
                cells: cells(&mut dice, &mut numbers),
            })
            .collect();
        if dice.u8(0..10) == 0 {
            let cells = cells(&mut dice, &mut numbers);
            rows.push(SheetRow { location: 0, cells });
        }
        let mut steps = Vec::new();
        let has_plan = dice.u8(0..10) < 4;
        if has_plan {
            steps.push(Step::Plan);
            between(&mut dice, &mut numbers, locations, &mut steps);
        }
        let rehearse = dice.u8(0..20) == 0;
        faults(&mut dice, locations, &mut steps);
        if dice.u8(0..15) == 0 {
            steps.push(Step::Overwrite);
        }
        if dice.u8(0..15) == 0 {
            steps.push(Step::Poison(dice.usize(0..locations)));
        }
        steps.push(Step::Apply {
            backup: dice.u8(0..10) < 8,
            if_unchanged: has_plan && dice.bool(),
            rehearse,
        });
        for _ in 0..dice.usize(1..=4) {
            if dice.u8(0..10) < 4 {
                between(&mut dice, &mut numbers, locations, &mut steps);
            }
            faults(&mut dice, locations, &mut steps);
            steps.push(match dice.u8(0..14) {
                0..=2 => Step::Resume,
                3..=5 => Step::OnlyFailed {
                    backup: dice.bool(),
                },
                6..=9 => Step::Hint(dice.usize(0..2)),
                _ => Step::Undo,
            });
        }
        if dice.bool() {
            steps.push(Step::Undo);
        }
        History {
            is_fat: steps.contains(&Step::Overwrite),
            state,
            rows,
            steps,
        }
    }

    pub(super) fn has_duplicates(&self) -> bool {
        let mut locations: Vec<usize> = self.rows.iter().map(|row| row.location).collect();
        locations.sort_unstable();
        locations.dedup();
        locations.len() < self.rows.len()
    }
}

fn cells(dice: &mut Rng, numbers: &mut Numberer) -> Cells {
    let mut cell = |keeps: u8| match dice.u8(0..10) {
        one if one < keeps => String::new(),
        9 => "REMOVE".into(),
        _ => numbers.next(),
    };
    [cell(0), cell(7), cell(8)]
}

/// What happens while nothing runs.
fn between(dice: &mut Rng, numbers: &mut Numberer, locations: usize, steps: &mut Vec<Step>) {
    let at = dice.usize(0..locations);
    steps.push(match dice.u8(0..16) {
        0..=4 => Step::Meddle(at, numbers.next()),
        5..=7 => Step::FixResults(at, numbers.next()),
        8..=9 => Step::FixSheet(at, numbers.next()),
        10 => Step::LosePluses,
        11 => Step::MakeScientific,
        12 => Step::Reverse,
        13 => Step::DropRow(at),
        14 => Step::Heal,
        _ => Step::Damage(
            [
                Damage::Mark,
                Damage::CarriageReturns,
                Damage::FirstLine,
                Damage::FirstRow,
            ][dice.usize(0..4)],
        ),
    });
}

fn faults(dice: &mut Rng, locations: usize, steps: &mut Vec<Step>) {
    for _ in 0..[0, 0, 1, 1, 2][dice.usize(0..5)] {
        let at = dice.usize(0..locations);
        steps.push(Step::Fault(at, fault(dice)));
        if dice.u8(0..10) < 4 {
            steps.push(Step::Fault(at, fault(dice)));
        }
    }
}

fn fault(dice: &mut Rng) -> Fault {
    let how = match dice.u8(0..40) {
        0..=7 => How::Status([400, 403, 404, 409][dice.usize(0..4)]),
        8 => How::Status(401),
        9 => How::Status(429),
        10..=19 => How::Status([500, 502, 503, 504, 408][dice.usize(0..5)]),
        20..=25 => How::Reset,
        26 => How::Stall,
        27..=34 => How::Kill,
        35..=38 => How::Interrupt,
        _ => How::ThrottleAndKill,
    };
    Fault {
        on: if dice.u8(0..8) == 0 {
            Method::Get
        } else {
            Method::Put
        },
        takes_effect: match how {
            How::Status(400..=407 | 409..=499) | How::ThrottleAndKill => false,
            How::Interrupt => true,
            _ => dice.bool(),
        },
        how,
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
                    How::Stall => "is not answered".into(),
                    How::Kill => "the program is killed".into(),
                    How::Interrupt => "the program gets SIGINT, then the answer".into(),
                    How::ThrottleAndKill => "429, wait 3 s; the program is killed".into(),
                };
                write!(out, "(in the next command a {on} {how}: {place})")
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
