//! The columns of an earlier plan in a sheet: a new plan replaces them, and its verdict on a row does not
//! outlive the row's being sent.

use csv::ByteRecord;

use super::plan_cells;
use crate::sheet::Sheet;
use crate::sheet::cell_text::text_in;
use crate::sheet::columns::Columns;
use crate::sheet::result_columns::{ACTION, CANNOT, REASON};

/// Where the columns of an earlier plan stand, if the sheet has them.
#[derive(Debug)]
pub(super) struct OldPlan {
    columns: Vec<usize>,
    action: Option<usize>,
    reason: Option<usize>,
}

impl OldPlan {
    pub(super) fn find(sheet: &Sheet, columns: &Columns) -> OldPlan {
        let columns = plan_cells::places(&sheet.header, columns.setting);
        let called = |name: &str| {
            let mut columns = columns.iter().copied();
            columns.find(|column| sheet.header.get(*column) == Some(name.as_bytes()))
        };
        OldPlan {
            action: called(ACTION),
            reason: called(REASON),
            columns,
        }
    }

    pub(super) fn has(&self, column: usize) -> bool {
        self.columns.contains(&column)
    }

    /// The cells that say of a row that the plan could not tell what it would change.
    pub(super) fn refusal(&self, record: &ByteRecord) -> [Option<usize>; 2] {
        let action = self.action.map(|column| text_in(record, column));
        if action.is_some_and(|action| action.eq_ignore_ascii_case(CANNOT)) {
            [self.action, self.reason]
        } else {
            [None, None]
        }
    }
}
