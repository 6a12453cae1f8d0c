//! The plan under which the rows of a sheet are sent: for which of them it approves nothing.

use std::collections::HashSet;

use csv::ByteRecord;

use super::NumberedRecord;
use super::cell_text;
use super::columns::Columns;
use super::result_columns::{ACTIONS, CANNOT, SKIPPED};
use super::row_check::RowCheck;
use crate::model::row::Row;
use crate::model::run_id::RunId;

/// A plan whose rows, or the results of whose rows, a sheet has.
#[derive(Debug)]
pub(super) struct AppliedPlan {
    marks: Marks,
}

/// How the plan's verdict on a row is found.
#[derive(Debug)]
enum Marks {
    /// The plan itself has a column that says it, and its record what it could not approve.
    Action {
        column: usize,
        not_approved: HashSet<u32>,
    },
    /// The same column, of which only `skipped` counts: a new plan approves the others, or does not.
    Skipped(usize),
    /// Results of these runs have a check in each row that was to be sent, and none in the others.
    Checks(Vec<RunId>),
    /// Results were planned again, and the record of that plan has what it could not approve.
    Requests {
        not_approved: HashSet<u32>,
        /// Rows of the results that somebody left out of that plan.
        declined: HashSet<u64>,
    },
}

impl AppliedPlan {
    /// The sheet is the plan, and this is its column `action`; it could not approve rows of these fingerprints.
    pub(super) fn itself(column: usize, not_approved: HashSet<u32>) -> AppliedPlan {
        AppliedPlan {
            marks: Marks::Action {
                column,
                not_approved,
            },
        }
    }

    /// The sheet is to be planned again, and this is its column `action` of the plan before.
    pub(super) fn to_plan_again(action: usize) -> AppliedPlan {
        AppliedPlan {
            marks: Marks::Skipped(action),
        }
    }

    /// The sheet has the results of runs that were held to the plan; `runs` are those whose journals say so.
    pub(super) fn of_results(runs: Vec<RunId>) -> AppliedPlan {
        AppliedPlan {
            marks: Marks::Checks(runs),
        }
    }

    /// The check of a row that one of these runs wrote.
    pub(super) fn check_of(&self, columns: &Columns, record: &ByteRecord) -> Option<RowCheck> {
        let Marks::Checks(runs) = &self.marks else {
            return None;
        };
        let check = columns.check_in(record);
        check.filter(|check| runs.contains(&check.run))
    }

    /// The sheet has results that were planned again; that plan could not approve rows of these fingerprints,
    /// and rows of these numbers were left out of it.
    pub(super) fn of_results_again(
        not_approved: HashSet<u32>,
        declined: HashSet<u64>,
    ) -> AppliedPlan {
        AppliedPlan {
            marks: Marks::Requests {
                not_approved,
                declined,
            },
        }
    }

    /// The rows of results that somebody left out of the plan of them, in ascending order.
    pub(super) fn declined(&self) -> Vec<u64> {
        let Marks::Requests { declined, .. } = &self.marks else {
            return Vec::new();
        };
        let mut rows: Vec<u64> = declined.iter().copied().collect();
        rows.sort_unstable();
        rows
    }

    /// Whether somebody wrote into the plan that the row is left out.
    pub(super) fn skips(&self, NumberedRecord { row, record, .. }: &NumberedRecord) -> bool {
        match &self.marks {
            Marks::Requests { declined, .. } => declined.contains(row),
            Marks::Action { .. } | Marks::Skipped(_) | Marks::Checks(_) => {
                self.says(SKIPPED, record)
            }
        }
    }

    /// Whether nothing was approved for a row that is not skipped, whatever it asks for by now.
    pub(super) fn approves_nothing(&self, columns: &Columns, record: &ByteRecord) -> bool {
        match &self.marks {
            Marks::Action { .. } => self.says(CANNOT, record),
            Marks::Checks(_) => columns.lacks_check(record),
            Marks::Skipped(_) | Marks::Requests { .. } => false,
        }
    }

    /// Whether the plan could not approve what a row asks for. Corrected, it is another request.
    pub(super) fn could_not_approve(&self, row: &Row<'_>) -> bool {
        match &self.marks {
            Marks::Action { not_approved, .. } | Marks::Requests { not_approved, .. } => {
                not_approved.contains(&row.fingerprint())
            }
            Marks::Skipped(_) | Marks::Checks(_) => false,
        }
    }

    /// The column of a plan in which a row has none of its words, and what stands there: somebody did not agree to the
    /// row, or wanted something of it, in words of their own.
    pub(super) fn unknown_word(
        &self,
        columns: &Columns,
        record: &ByteRecord,
    ) -> Option<(usize, String)> {
        let (Marks::Action { column, .. } | Marks::Skipped(column)) = self.marks else {
            return None;
        };
        let word = cell_text::text_in(record, column);
        // Results of a later plan than that of the column have nothing there.
        let is_known = word.is_empty() && columns.results.is_some()
            || ACTIONS.iter().any(|known| word.eq_ignore_ascii_case(known));
        (!is_known).then_some((column, word))
    }

    fn says(&self, action: &str, record: &ByteRecord) -> bool {
        let (Marks::Action { column, .. } | Marks::Skipped(column)) = self.marks else {
            return false;
        };
        cell_text::text_in(record, column).eq_ignore_ascii_case(action)
    }
}
