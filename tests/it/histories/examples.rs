//! The smallest histories that once broke the rule, each in its own way.

use super::history::{Damage, History, SheetRow, Step};
use super::kinds::Kind;
use super::service::{Fault, How, Method};

const BACKUP: Step = apply(true);
const NO_BACKUP: Step = apply(false);

const fn apply(backup: bool) -> Step {
    Step::Apply {
        backup,
        if_unchanged: false,
        rehearse: false,
    }
}

const REHEARSAL: Step = Step::Apply {
    backup: true,
    if_unchanged: false,
    rehearse: true,
};

const AS_PLANNED: Step = Step::Apply {
    backup: false,
    if_unchanged: true,
    rehearse: false,
};

const ONLY_FAILED: Step = Step::OnlyFailed { backup: false };
const ONLY_FAILED_WITH_BACKUP: Step = Step::OnlyFailed { backup: true };

const fn put(location: usize, takes_effect: bool, how: How) -> Step {
    let on = Method::Put;
    Step::Fault(
        location,
        Fault {
            on,
            takes_effect,
            how,
        },
    )
}

fn get(location: usize, how: How) -> Step {
    Step::Fault(
        location,
        Fault {
            on: Method::Get,
            takes_effect: false,
            how,
        },
    )
}

fn meddle() -> Step {
    Step::Meddle(0, number(50))
}

fn number(number: u32) -> String {
    format!("+4961007{number:05}")
}

/// Two locations with a number, and a row for each that sets another.
fn history(steps: Vec<Step>) -> History {
    History {
        state: vec![
            [number(1), String::new(), String::new()],
            [number(2), String::new(), String::new()],
        ],
        rows: vec![row(0, number(11)), row(1, number(12))],
        is_fat: false,
        at_once: 1,
        steps,
    }
}

fn row(location: usize, number: String) -> SheetRow {
    SheetRow {
        location,
        cells: [number, String::new(), String::new()],
    }
}

/// The same with two rows for the first location.
fn with_twins(steps: Vec<Step>) -> History {
    let mut history = history(steps);
    history.rows[1].location = 0;
    history
}

/// Each with what it breaks.
pub(super) fn all() -> Vec<(Kind, History)> {
    [of_the_way_back(), of_what_is_sent()].concat()
}

#[rustfmt::skip]
fn of_the_way_back() -> Vec<(Kind, History)> {
    let kill = put(1, true, How::Kill);
    vec![
        (Kind::Cleared, history(vec![NO_BACKUP, ONLY_FAILED_WITH_BACKUP, Step::Undo])),
        (Kind::Cleared, history(vec![put(0, false, How::Status(400)), BACKUP, ONLY_FAILED, Step::Undo])),
        (Kind::FailedButApplied, history(vec![put(0, true, How::Status(504)), put(0, false, How::Status(403)), BACKUP, Step::Undo])),
        (Kind::FailedButApplied, history(vec![put(0, true, How::Kill), BACKUP, put(0, false, How::Status(400)), Step::Resume, Step::Undo])),
        (Kind::UndoSkips, history(vec![put(0, true, How::Reset), put(0, false, How::Status(409)), BACKUP, Step::FixResults(0, number(20)), ONLY_FAILED_WITH_BACKUP, Step::Undo])),
        (Kind::LateChangeWins, with_twins(vec![put(0, false, How::Late), BACKUP])),
        // It arrives when the run has ended: the refused row is looked at all the same.
        (Kind::UndoSkipsFailed, history(vec![put(0, false, How::Late), put(0, false, How::Status(409)), BACKUP, Step::Undo])),
        (Kind::UndoSkipsFailed, history(vec![Step::Plan, put(0, false, How::Late), put(0, false, How::Status(400)), AS_PLANNED, ONLY_FAILED, Step::Undo])),
        (Kind::LateChangeWins, with_twins(vec![put(0, false, How::Late), put(0, false, How::Status(400)), BACKUP, Step::Undo])),
        (Kind::UndoSkipsUnchanged, history(vec![put(0, true, How::Status(502)), put(0, false, How::Status(404)), BACKUP, ONLY_FAILED_WITH_BACKUP, Step::Undo])),
        (Kind::UndoSkips, history(vec![put(0, true, How::Interrupt), BACKUP, kill, Step::Resume, Step::Undo])),
        (Kind::SentAgainFromOldResults, {
            let mut history = history(vec![put(0, true, How::Interrupt), NO_BACKUP, put(2, true, How::Kill), Step::Resume, ONLY_FAILED]);
            history.state.push(history.state[0].clone());
            history.rows.push(row(2, number(13)));
            history
        }),
        (Kind::AccusesFalsely, history(vec![BACKUP, Step::FixResults(0, number(20)), Step::Undo])),
        (Kind::AccusesFalsely, history(vec![BACKUP, Step::MakeScientific, Step::Undo])),
        (Kind::AccusesFalsely, history(vec![BACKUP, Step::LosePluses, Step::Reverse, Step::Undo])),
        (Kind::OverwroteOther, history(vec![BACKUP, meddle(), Step::Undo, Step::Hint(0)])),
        (Kind::OverwroteOther, history(vec![Step::Plan, meddle(), AS_PLANNED, Step::Hint(0)])),
        (Kind::OverwroteOther, history(vec![Step::Plan, meddle(), AS_PLANNED, ONLY_FAILED])),
        (Kind::HintDoesNotWork, with_twins(vec![put(0, false, How::Status(400)), BACKUP, Step::Hint(0)])),
        // The results of an undo that did nothing yet, sorted since.
        (Kind::HintDoesNotWork, history(vec![BACKUP, get(0, How::Interrupt), Step::Undo, Step::Reverse, Step::Resume, Step::Hint(0)])),
        // What was in the way is still there.
        (Kind::OverwroteOther, history(vec![put(0, false, How::Kill), BACKUP, meddle(), Step::Resume, Step::IncludeConflicts])),
        (Kind::OverwroteOther, history(vec![put(0, false, How::Kill), BACKUP, meddle(), Step::Resume, Step::Hint(0)])),
        (Kind::OverwroteOther, {
            let late = [put(0, false, How::Late), put(0, false, How::Status(400)), BACKUP];
            history([&late[..], &[meddle(), ONLY_FAILED, Step::IncludeConflicts, Step::IncludeConflicts]].concat())
        }),
        (Kind::OverwroteOther, history(vec![put(0, false, How::Status(400)), BACKUP, meddle(), ONLY_FAILED, Step::IncludeConflicts])),
    ]
}

#[rustfmt::skip]
fn of_what_is_sent() -> Vec<(Kind, History)> {
    let kill = put(1, true, How::Kill);
    let mut odd = history(vec![BACKUP, Step::Undo]);
    odd.state[0][0] = "*7201".into();
    let mut fat = with_twins(vec![Step::Overwrite, NO_BACKUP]);
    fat.is_fat = true;
    fat.rows.extend((20..30).map(|asked| row(1, number(asked))));
    // What the rehearsal is said to have set is there.
    let mut rehearsed = history(vec![REHEARSAL, Step::Undo]);
    rehearsed.state[0][0] = number(11);
    vec![
        (Kind::NotAsPlanned, history(vec![Step::Plan, Step::FixSheet(0, number(20)), AS_PLANNED])),
        (Kind::OverwroteAfterKill, history(vec![put(0, false, How::Kill), BACKUP, meddle(), Step::Resume])),
        (Kind::OverwroteAfterKill, with_twins(vec![put(0, true, How::Kill), BACKUP, meddle(), Step::Resume])),
        (Kind::OverwroteAfterKill, {
            // The first row could not be looked at and is recorded as unknown, before the last row's turn.
            let could_not_look = [get(0, How::Status(400)), get(1, How::Kill), Step::Resume];
            let steps = [&[put(0, true, How::Kill), BACKUP][..], &could_not_look, &[meddle(), Step::Resume]];
            let mut history = with_twins(steps.concat());
            history.rows.insert(1, row(1, number(13)));
            history
        }),
        (Kind::OverwroteAfterKill, {
            // Killed once more, with another location on the wire, before the second row's turn.
            let mut history = with_twins(vec![put(0, true, How::Kill), BACKUP, meddle(), get(1, How::Kill), Step::Resume, Step::Resume]);
            history.rows.insert(1, row(1, number(13)));
            history
        }),
        // The journal still knows of a row that was deleted from the results, and the printed command names it.
        (Kind::Unapproved, history(vec![put(1, true, How::Status(504)), BACKUP, Step::DropRow(1), ONLY_FAILED, Step::Undo, Step::Hint(0)])),
        (Kind::Unapproved, history(vec![get(0, How::Kill), BACKUP, Step::FixSheet(1, number(20)), Step::Resume])),
        (Kind::RehearsalForReal, history(vec![REHEARSAL, ONLY_FAILED])),
        (Kind::RehearsalForReal, rehearsed),
        (Kind::OtherSpelling, odd),
        (Kind::OverwrittenWhileSent, fat),
        (Kind::NeedsTheSheet, history(vec![Step::Overwrite, put(0, true, How::Interrupt), NO_BACKUP, Step::Hint(0)])),
        (Kind::SentAgainAfterDamage, history(vec![NO_BACKUP, Step::Damage(Damage::FirstRow), Step::Resume])),
        (Kind::AdvisesDeleting, history(vec![kill, BACKUP, Step::Damage(Damage::Mark), Step::Resume])),
        (Kind::AdvisesDeleting, history(vec![NO_BACKUP, Step::Damage(Damage::CarriageReturns), Step::Resume])),
        (Kind::AskedEarly, history(vec![put(0, false, How::ThrottleAndKill), NO_BACKUP, Step::Resume])),
        (Kind::TypedIsLost, history(vec![put(0, true, How::Interrupt), NO_BACKUP, Step::FixResults(0, number(20)), Step::Resume])),
        (Kind::TypedIsIgnored, history(vec![NO_BACKUP, Step::FixResults(0, number(20)), ONLY_FAILED])),
        (Kind::TypedIsIgnored, {
            let mut history = history(vec![NO_BACKUP, Step::MakeScientific, Step::FixResults(0, number(20)), ONLY_FAILED]);
            history.rows[0].cells[1] = number(13);
            history
        }),
        (Kind::EndsEveryRun, history(vec![Step::Poison(0), NO_BACKUP, Step::Resume])),
        (Kind::OverwroteOther, history(vec![Step::Plan, meddle(), get(0, How::Status(400)), AS_PLANNED, ONLY_FAILED])),
        // Results whose order is not that of the sheet any more.
        (Kind::LateChangeWins, {
            let mut history = with_twins(vec![BACKUP, Step::Reverse, ONLY_FAILED, Step::Undo]);
            history.rows[1].cells[1] = number(13);
            history
        }),
        // A row that an interrupt kept from being sent was not touched.
        (Kind::UndidUntouched, {
            let mut history = with_twins(vec![get(1, How::Interrupt), BACKUP, Step::Undo]);
            history.rows.push(row(1, number(13)));
            history.rows[1].cells[1] = number(14);
            history.rows.swap(1, 2);
            history.at_once = 4;
            history
        }),
        // Two rows that ask for the same; the one that was not sent is the first now.
        (Kind::SentAgain, with_twins(vec![Step::FixSheet(0, number(20)), NO_BACKUP, Step::Reverse, ONLY_FAILED])),
        // Somebody changes what the first of two rows has set, before the second one's turn.
        (Kind::OverwroteOther, {
            let mut history = history(vec![get(1, How::Kill), BACKUP, meddle(), Step::Resume]);
            history.rows.push(row(0, number(13)));
            history
        }),
        // Left at once by a second interrupt, before either answer.
        (Kind::SentAgain, {
            let refused = [put(0, false, How::Status(403)), put(1, false, How::Status(409)), NO_BACKUP];
            let left = [put(0, true, How::Interrupt), put(1, true, How::Interrupt), ONLY_FAILED, ONLY_FAILED];
            let mut history = history([&refused[..], &left].concat());
            history.at_once = 4;
            history
        }),
        // Results with two rows for one location.
        (Kind::Panics, with_twins(vec![NO_BACKUP, ONLY_FAILED])),
    ]
}
