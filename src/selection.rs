//! Which rows of the sheet are sent, and what the others get instead. The run and the results
//! ask the same question of the same sheet, and so get the same answer.

use crate::duplicates::Duplicates;
use crate::outcome::{Outcome, OutcomeKind};
use crate::row::Row;
use crate::sheet::check::{DuplicatePolicy, say_repeat};
use crate::sheet::columns::Columns;
use crate::sheet::kind::ProblemKind;
use crate::sheet::problem::Problem;
use crate::sheet::{Numbered, Sheet};

/// A checked sheet and the policies under which its rows are chosen.
#[derive(Debug, Clone, Copy)]
pub struct Selection<'a> {
    pub sheet: &'a Sheet,
    pub columns: &'a Columns,
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

impl Selection<'_> {
    pub fn choose<'r>(&self, numbered: &'r Numbered) -> Choice<'r> {
        if self.sheet.is_settled(self.columns, &numbered.record) {
            return Choice::Keep;
        }
        let row = match self.sheet.read_row(self.columns, numbered) {
            Ok(row) => row,
            Err(problems) => return Choice::Leave(outcome_of(&problems)),
        };
        let Some(repeat) = self.duplicates.of_row(row.number) else {
            return Choice::Send(row);
        };
        let (kind, message) = match self.duplicate_policy {
            DuplicatePolicy::Refuse => (OutcomeKind::Invalid, say_repeat(repeat.earlier)),
            DuplicatePolicy::InOrder if repeat.is_twin => (
                OutcomeKind::Skipped,
                format!("the same as row {}", repeat.earlier),
            ),
            DuplicatePolicy::InOrder => return Choice::Send(row),
        };
        Choice::Leave(Outcome::unsent(kind, message))
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
