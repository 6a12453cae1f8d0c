//! Makes histories up: the same seed, the same history.

use fastrand::Rng;

use super::history::{Cells, Damage, History, SheetRow, Step};
use super::service::{Fault, How, Method, Numbers};

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
        // Of their own, so that a seed is what it was before there were parts.
        let mut parts = Parts(Rng::with_seed(seed.wrapping_mul(31) + 7));
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
            parts.choose(20, locations, &mut steps);
            steps.push(Step::Plan);
            between(&mut dice, &mut numbers, locations, &mut steps);
        }
        let rehearse = dice.u8(0..20) == 0;
        faults(&mut dice, locations, &mut steps);
        if dice.u8(0..30) == 0 {
            steps.push(Step::Overwrite);
        }
        if dice.u8(0..15) == 0 {
            steps.push(Step::Poison(dice.usize(0..locations)));
        }
        parts.choose(12, locations, &mut steps);
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
            parts.choose(8, locations, &mut steps);
            steps.push(match dice.u8(0..16) {
                0..=2 => Step::Resume,
                3..=5 => Step::OnlyFailed {
                    backup: dice.bool(),
                },
                14..=15 => Step::IncludeConflicts,
                6..=9 => Step::Hint(dice.usize(0..2)),
                _ => Step::Undo,
            });
        }
        if dice.bool() {
            parts.choose(10, locations, &mut steps);
            steps.push(Step::Undo);
        }
        History {
            is_fat: steps.contains(&Step::Overwrite),
            at_once: if dice.u8(0..4) == 0 { 4 } else { 1 },
            state,
            rows,
            steps,
        }
    }
}

/// Chooses a part of the sheet for a command.
struct Parts(Rng);

impl Parts {
    /// Once in this number of commands.
    fn choose(&mut self, once_in: u8, locations: usize, steps: &mut Vec<Step>) {
        if self.0.u8(0..once_in) == 0 {
            steps.push(Step::Part(self.0.usize(0..locations)));
        }
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
        20..=22 => How::Reset,
        23..=25 => How::Late,
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
            How::Status(400..=407 | 409..=499) | How::ThrottleAndKill | How::Late => false,
            How::Interrupt => true,
            _ => dice.bool(),
        },
        how,
    }
}
