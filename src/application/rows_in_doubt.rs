//! What an earlier part of the run may have changed without knowing: rows that were on the wire when it
//! was killed, and changes that may arrive yet, after that of a later row for the same location; and what
//! it left alone, which later rows for the same location leave alone too.

use std::collections::HashMap;

use anyhow::Result;

use crate::application::earlier_runs::changes_by_us::OwnChanges;
use crate::application::plan_guard::PlanGuard;
use crate::engine::pipeline::Task;
use crate::engine::pipeline::made_values::MadeByRows;
use crate::engine::pipeline::possible_values::LastKnown;
use crate::journal::{Journal, may_have_been_applied};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::TargetKey;
use crate::sheet::selection::Selection;

/// Rows that can be under way at once: on the wire, or held to be tried again.
const MOST_UNDER_WAY: usize = 2000;

/// The same where several users took rows that were read ahead: those may be that far behind.
const MOST_READ_AHEAD: usize = 50_000;

/// Whether an earlier part of the run left rows of which it did not hear: it was killed, or did not wait
/// for all answers.
fn may_be_under_way(journal: &Journal) -> Result<bool> {
    if !journal.is_continued() {
        return Ok(false);
    }
    let Some(end) = journal.run().final_end() else {
        return Ok(true);
    };
    let told = end.outcomes.get(&OutcomeKind::Unknown).copied();
    Ok(told.unwrap_or_default() != journal.counts()?.of(OutcomeKind::Unknown))
}

/// The last row that an earlier part of the run can have sent; 0 where it kept the numbers from before,
/// and so tells of each row whether it did. Rows leave in the order of the sheet, by each user.
pub(in crate::application) fn sent_up_to(
    task: Task,
    selection: &Selection<'_>,
    journal: &Journal,
) -> Result<u64> {
    if task != Task::Write || !may_be_under_way(journal)? {
        return Ok(0);
    }
    let finished = journal.finished_rows();
    let last_finished = finished.iter().rposition(|is_finished| *is_finished);
    let last_finished = last_finished.map_or(0, |row| row as u64);
    let most = if journal.run().is_by_several() {
        MOST_READ_AHEAD
    } else {
        MOST_UNDER_WAY
    };
    let mut last = last_finished;
    let mut after = 0;
    for row in selection.rows_to_send(None, finished)? {
        let row = row?.number;
        after += usize::from(row > last_finished);
        if after > most {
            break;
        }
        last = last.max(row);
    }
    Ok(last)
}

/// What earlier parts of the run say of locations with several rows.
#[derive(Debug, Default)]
pub(in crate::application) struct Doubts {
    /// The first row in doubt.
    pub(in crate::application) in_doubt: HashMap<TargetKey, u64>,
    /// What may be there after the last row that was sent or left alone.
    pub(in crate::application) last_known: HashMap<TargetKey, LastKnown>,
    /// What the rows so far have made of them, or of a plan would make.
    pub(in crate::application) made: HashMap<TargetKey, MadeByRows>,
}

/// Looks through what earlier parts of the run recorded.
pub(in crate::application) fn of_earlier_parts(
    task: Task,
    selection: &Selection<'_>,
    plan: &PlanGuard,
    journal: &Journal,
) -> Result<Doubts> {
    let mut doubts = Doubts::default();
    if !journal.is_continued() || selection.duplicates.is_empty() {
        return Ok(doubts);
    }
    let may_be_under_way = may_be_under_way(journal)?;
    let setting = selection.columns.setting;
    let mut records = journal.records()?;
    for row in plan.rows_to_send(selection, Vec::new(), OwnChanges::default())? {
        let row = row?;
        if !selection.duplicates.shares(row.key) {
            continue;
        }
        let outcome = records.of_row(row.number)?.map(|record| record.outcome);
        if let Some(outcome) = &outcome {
            let made = doubts.made.entry(row.key).or_default();
            made.add_row(&row.changes, outcome.previous.as_ref(), outcome);
        }
        if task == Task::Read {
            continue;
        }
        let is_in_doubt = match &outcome {
            Some(outcome) => outcome.may_arrive_late || outcome.kind == OutcomeKind::Unknown,
            // Nobody knows whether it was on the wire.
            None => may_be_under_way,
        };
        if is_in_doubt {
            doubts.in_doubt.entry(row.key).or_insert(row.number);
        }
        match outcome {
            Some(Outcome {
                kind: OutcomeKind::Conflict,
                previous: Some(before),
                ..
            }) => {
                let known = || LastKnown::not_as_expected(setting, &row.expected, &before);
                doubts.last_known.entry(row.key).or_insert_with(known);
            }
            // The change of an earlier row may have arrived after this one's.
            Some(Outcome {
                kind: OutcomeKind::Updated,
                ..
            }) if doubts
                .in_doubt
                .get(&row.key)
                .is_some_and(|first| *first != row.number) =>
            {
                doubts.last_known.remove(&row.key);
            }
            Some(Outcome {
                kind: OutcomeKind::Updated | OutcomeKind::Unknown | OutcomeKind::Partly,
                previous: Some(before),
                ..
            }) => {
                let key = row.key;
                let known = LastKnown::perhaps_changed(before, row.into_owned().changes);
                doubts.last_known.insert(key, known);
            }
            Some(outcome) if !may_have_been_applied(&outcome) => {}
            None if journal.previous_of(row.number, row.fingerprint()).is_none() => {}
            // It was sent, so what is there may be its own.
            _ => {
                doubts.last_known.remove(&row.key);
            }
        }
    }
    Ok(doubts)
}
