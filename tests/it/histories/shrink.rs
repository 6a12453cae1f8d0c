//! Makes a history that breaks the rule as small as it can be.

use super::history::{History, Step};
use super::rules::Violation;

/// Drops what is not needed for the same kind of violation.
pub(super) fn shrink(
    mut history: History,
    mut violation: Violation,
    play: impl Fn(&History) -> Result<(), Violation>,
) -> (History, Violation) {
    loop {
        let smaller = candidates(&history).into_iter().find_map(|smaller| {
            let found = play(&smaller).err()?;
            (found.kind == violation.kind).then_some((smaller, found))
        });
        match smaller {
            Some((smaller, found)) => (history, violation) = (smaller, found),
            None => return (history, violation),
        }
    }
}

fn candidates(history: &History) -> Vec<History> {
    let mut candidates = Vec::new();
    let count = history.steps.len();
    // Halves, quarters, single steps, from the end.
    let mut length = count / 2;
    while length > 0 {
        for start in (0..=count - length).rev().step_by(length) {
            let mut smaller = history.clone();
            smaller.steps.drain(start..start + length);
            candidates.push(smaller);
        }
        length /= 2;
    }
    for (index, step) in history.steps.iter().enumerate() {
        for simpler in simpler(step) {
            let mut smaller = history.clone();
            smaller.steps[index] = simpler;
            candidates.push(smaller);
        }
    }
    for row in (0..history.rows.len()).rev() {
        let mut smaller = history.clone();
        smaller.rows.remove(row);
        candidates.push(smaller);
    }
    for (row, own) in history.rows.iter().enumerate() {
        for field in 1..own.cells.len() {
            if !own.cells[field].is_empty() {
                let mut smaller = history.clone();
                smaller.rows[row].cells[field].clear();
                candidates.push(smaller);
            }
        }
    }
    for (location, numbers) in history.state.iter().enumerate() {
        for (field, number) in numbers.iter().enumerate() {
            if !number.is_empty() {
                let mut smaller = history.clone();
                smaller.state[location][field].clear();
                candidates.push(smaller);
            }
        }
    }
    if history.at_once > 1 {
        let mut smaller = history.clone();
        smaller.at_once = 1;
        candidates.push(smaller);
    }
    if history.is_fat {
        let mut smaller = history.clone();
        smaller.is_fat = false;
        candidates.push(smaller);
    }
    candidates.retain(|smaller| !smaller.rows.is_empty());
    candidates
}

/// The same step with less to it.
fn simpler(step: &Step) -> Vec<Step> {
    match *step {
        Step::Apply {
            backup,
            if_unchanged,
            rehearse,
        } => {
            let apply = |backup, if_unchanged| Step::Apply {
                backup,
                if_unchanged,
                rehearse,
            };
            let mut simpler = Vec::new();
            if backup {
                simpler.push(apply(false, if_unchanged));
            }
            if if_unchanged {
                simpler.push(apply(backup, false));
            }
            simpler
        }
        Step::OnlyFailed { backup: true } => vec![Step::OnlyFailed { backup: false }],
        Step::Hint(back) if back > 0 => vec![Step::Hint(0)],
        _ => Vec::new(),
    }
}
