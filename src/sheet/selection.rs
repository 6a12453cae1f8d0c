//! Which rows of the sheet are sent, and what the others get instead. The run and the results
//! ask the same question of the same sheet, and so get the same answer.

use anyhow::Result;

use crate::model::change::Change;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::Row;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::columns::Columns;
use crate::sheet::contradictions::say_contradiction;
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::{Duplicates, SAME_AS_ROW, SENT_ALREADY};
use crate::sheet::preconditions::Preconditions;
use crate::sheet::problem::Problem;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::result_columns::NOT_READ;
use crate::sheet::{NumberedRecord, Sheet};

/// What becomes of a row that an approver marked in the plan.
pub const SKIPPED_BY_PLAN: &str = "the plan skips this row";

/// A checked sheet and the policies under which its rows are chosen.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    pub sheet: &'a Sheet,
    pub columns: &'a Columns,
    /// What the service said of organizations and names.
    pub directory: &'a Directory,
    pub duplicates: &'a Duplicates,
    pub duplicate_policy: DuplicatePolicy,
}

/// What is done with a row.
#[derive(Debug)]
pub enum Choice<'r> {
    Send(Row<'r>),
    /// It is not sent, and this is its outcome.
    Leave(Outcome),
    /// An earlier run left it as asked; what that run noted stays.
    Keep,
}

impl<'a> Selection<'a> {
    pub fn choose<'r>(&self, numbered: &'r NumberedRecord) -> Choice<'r> {
        if self.sheet.is_settled(self.columns, numbered) {
            return Choice::Keep;
        }
        if self.sheet.is_left_out(numbered.row) {
            // What an earlier run noted of it stays.
            return match self.columns.outcome_in(&numbered.record) {
                Some(_) => Choice::Keep,
                None => Choice::Leave(Outcome::unsent(
                    OutcomeKind::Skipped,
                    "the row is hidden in the workbook",
                )),
            };
        }
        if let Some(condition) = self.sheet.left_out_by(numbered) {
            return match self.columns.outcome_in(&numbered.record) {
                Some(_) => Choice::Keep,
                None => Choice::Leave(Outcome::unsent(
                    OutcomeKind::Skipped,
                    format!("not in the part of the sheet that was chosen with {condition}"),
                )),
            };
        }
        if self.sheet.is_skipped_in_plan(numbered) {
            return Choice::Leave(Outcome::unsent(OutcomeKind::Skipped, SKIPPED_BY_PLAN));
        }
        if self.sheet.is_unread_in_export(&numbered.record) {
            let message =
                format!("the export could not read this row, as its cell `{NOT_READ}` says");
            return Choice::Leave(Outcome::unsent(OutcomeKind::Skipped, message));
        }
        let mut row = match self.sheet.read_row(self.columns, numbered, self.directory) {
            Ok(row) => row,
            Err(problems) => return Choice::Leave(outcome_of(&problems)),
        };
        let contradiction = say_contradiction(self.duplicates, self.columns, row.number);
        if self.duplicate_policy == DuplicatePolicy::Refuse
            && let Some(says) = contradiction
        {
            return Choice::Leave(Outcome::unsent(OutcomeKind::Invalid, says));
        }
        if let Some(later) = self.duplicates.superseded(row.number)
            && !later.take_from(&mut row).is_empty()
        {
            let nothing_left = row.changes.iter().all(|change| *change == Change::Keep);
            return if nothing_left {
                Choice::Leave(self.outcome_of_superseded(numbered, later.by))
            } else {
                Choice::Send(row)
            };
        }
        match self.duplicates.of_row(row.number) {
            Some(repeat) if repeat.is_twin => Choice::Leave(Outcome::unsent(
                OutcomeKind::Skipped,
                format!("{SAME_AS_ROW}{}", repeat.earlier),
            )),
            _ => Choice::Send(row),
        }
    }

    /// What becomes of a row all of whose fields a later row `by` has set.
    fn outcome_of_superseded(&self, numbered: &NumberedRecord, by: Option<u64>) -> Outcome {
        let noun = self.columns.setting.target.noun;
        let row = match by {
            Some(row) => format!("row {row}, which is for the same {noun}"),
            None => format!("a later row for the same {noun}, which is not in this file"),
        };
        let message = format!("{row}{SENT_ALREADY}");
        // Where it may have been applied, it may yet be after the later row.
        let kind = self.columns.outcome_in(&numbered.record);
        let is_in_doubt =
            |kind: &OutcomeKind| matches!(kind, OutcomeKind::Unknown | OutcomeKind::Partly);
        let kind = kind.filter(is_in_doubt).unwrap_or(OutcomeKind::Skipped);
        Outcome::unsent(kind, message)
    }

    /// The rows to send, but for those in `done_before`; with what a plan says they must find.
    pub fn rows_to_send(
        &self,
        plan: Option<&'a Sheet>,
        done_before: Vec<bool>,
    ) -> Result<impl Iterator<Item = Result<Row<'static>>> + use<'a>> {
        let selection = *self;
        let mut records = selection.sheet.records()?;
        let mut preconditions = plan
            .map(|plan| Preconditions::read(plan, selection.sheet, selection.columns.setting))
            .transpose()?;
        let mut numbered = NumberedRecord::default();
        let mut next = move || -> Result<Option<Row<'static>>> {
            while records.read(&mut numbered)? {
                if let Some(preconditions) = &mut preconditions {
                    preconditions.advance(&numbered)?;
                }
                let index = usize::try_from(numbered.row).unwrap_or(usize::MAX);
                if done_before.get(index) == Some(&true) {
                    continue;
                }
                let Choice::Send(row) = selection.choose(&numbered) else {
                    continue;
                };
                let mut row = row.into_owned();
                if let Some(preconditions) = &preconditions {
                    row.expected = preconditions.of(&row, selection.directory)?;
                    row.used_before = preconditions.used_before();
                }
                return Ok(Some(row));
            }
            Ok(None)
        };
        Ok(std::iter::from_fn(move || next().transpose()))
    }
}

fn outcome_of(problems: &[Problem]) -> Outcome {
    let kind = if problems
        .iter()
        .all(|problem| problem.kind == ProblemKind::NothingToChange)
    {
        OutcomeKind::Skipped
    } else {
        OutcomeKind::Invalid
    };
    let messages: Vec<String> = problems.iter().map(Problem::within_row).collect();
    Outcome::unsent(kind, messages.join("; "))
}
