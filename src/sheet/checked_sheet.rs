//! What the check of a sheet found, counted row by row.

use crate::setting::Setting;
use crate::sheet::bare_numbers::BareNumbers;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::{Duplicates, Fields};
use crate::sheet::organization_counts::{OrganizationCounts, OrganizationRows};
use crate::sheet::problem::Problem;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::question::Question;
use crate::sheet::second_header::{SecondHeader, second_header};
use crate::sheet::suspicion::Suspicion;
use crate::sheet::unread_columns::UnreadColumn;
use crate::sheet::unsent_organizations::{UnsentOrganization, UnsentOrganizations};
use crate::sheet::{NumberedRecord, Sheet};

/// What the check found.
#[derive(Debug, Default)]
pub struct CheckedSheet {
    pub rows: u64,
    /// Rows with a problem (of any number of problems).
    pub bad_rows: u64,
    pub problems: u64,
    /// Rows among them for which the plan that is applied approves nothing.
    pub not_approved: u64,
    /// Those that have a word of somebody's own where the plan says what is to be done.
    pub in_other_words: u64,
    /// Rows to send with a name in place of an id, which only the service can look up.
    pub named: u64,
    /// Rows to send with a name beside an id, which is held against what the service lists, and those whose
    /// name nothing has there.
    pub named_beside_id: u64,
    pub other_names: Suspicion,
    /// Rows that an earlier run left as asked and this one leaves alone.
    pub settled: u64,
    /// Rows that the plan which is applied leaves out.
    pub skipped_in_plan: u64,
    /// Rows that the export could not read of which the sheet is.
    pub unread_in_export: Suspicion,
    /// Rows that are left out since they are hidden.
    pub left_out: u64,
    /// Rows outside of the part that was chosen, and those of them that have problems.
    pub outside: u64,
    pub outside_with_problems: Suspicion,
    /// Rows that ask for nothing.
    pub idle: Suspicion,
    /// Rows that ask for just what an earlier row asks for, and so are not sent.
    pub twins: Suspicion,
    /// Rows that are not sent since later rows for their location have set all that they ask for.
    pub superseded: u64,
    /// Rows of which only what later rows for their location have not set is sent.
    pub superseded_in_part: Suspicion,
    /// Rows that contradict others for their location, as long as the column that may name their
    /// organization is not read.
    pub waiting: u64,
    /// Where a second table begins, whose columns stand in another order: nothing below it can be read.
    pub second_table: Option<u64>,
    /// What is asked before anything is sent.
    pub questions: Vec<Question>,
    /// Different organizations in the rows to send; the token's own counts as one.
    pub organizations: usize,
    /// The first of them, in the order of the sheet.
    pub organizations_named: Vec<OrganizationRows>,
    /// Some of these rows name none.
    pub names_not_all: bool,
    /// Others, which have only rows that are done before or have problems.
    pub organizations_unsent: Vec<UnsentOrganization>,
    /// Further ones, of which all rows are outside of the part that was chosen, hidden, or skipped in a plan.
    pub organizations_left_out: usize,
    pub duplicates: Duplicates,
    /// What the sheet sets, where its header can be used.
    pub setting: Option<&'static Setting>,
    /// Values that the rows to send set, and those that they clear.
    pub values_set: u64,
    pub values_cleared: u64,
    /// Rows to send of which it is asked what uses the numbers that they clear, or whether those are set that
    /// their rules use.
    pub rows_about_usage: u64,
    /// Rows to send for another organization than the one that was named for rows without one.
    pub other_organization: Suspicion,
    /// Rows to send whose cell for the organization is empty, and whether others have one.
    pub without_organization: Suspicion,
    pub has_organizations: bool,
    /// The country that was named for bare numbers, and how many numbers were completed with it.
    pub country: Option<String>,
    pub completed: u64,
    /// Numbers without a `+`.
    pub bare: BareNumbers,
    /// Rows that end before the header's last column.
    pub short_rows: Suspicion,
    /// Rows with a cell that seems to hold further ones.
    pub rows_with_rows: Suspicion,
    /// The person's own columns that hold what ours hold.
    pub unread: Vec<UnreadColumn>,
}

impl CheckedSheet {
    /// Counts, of rows that are sent in their order, those of which later rows for their location have set all
    /// or some fields already, and those that ask for just what an earlier row asks for. Of results, `left` has
    /// the rows that are not done.
    pub(super) fn count_left_of(
        &mut self,
        duplicates: &Duplicates,
        left: &[(u64, Fields)],
        is_done: impl Fn(u64) -> bool,
    ) {
        for (row, fields) in left {
            match duplicates.superseded(*row) {
                Some(later) if later.has_all(*fields) => self.superseded += 1,
                Some(later) if later.has_some(*fields) => self.superseded_in_part.add(*row),
                _ => {}
            }
        }
        let is_sent = |row: &u64| !is_done(*row) && duplicates.superseded(*row).is_none();
        duplicates
            .twins()
            .filter(is_sent)
            .for_each(|row| self.twins.add(row));
    }

    pub(super) fn add_bad_row(&mut self, problems: &[Problem]) {
        let is_of_plan = |problem: &Problem| problem.kind == ProblemKind::NotPlanned;
        self.bad_rows += 1;
        self.not_approved += u64::from(problems.iter().any(is_of_plan));
        let is_other_word = |problem: &Problem| problem.kind == ProblemKind::NotAnAction;
        self.in_other_words += u64::from(problems.iter().any(is_other_word));
        self.problems += problems.len() as u64;
    }

    /// Counts a row that is hidden, that the plan which is applied skips, or that no export has read.
    pub(super) fn leaves_out(&mut self, sheet: &Sheet, numbered: &NumberedRecord) -> bool {
        let (is_hidden, is_skipped) = (
            sheet.is_left_out(numbered.row),
            sheet.is_skipped_in_plan(numbered),
        );
        self.left_out += u64::from(is_hidden);
        self.skipped_in_plan += u64::from(is_skipped && !is_hidden);
        let is_unread = !is_hidden && !is_skipped && sheet.is_unread_in_export(&numbered.record);
        if is_unread {
            self.unread_in_export.add(numbered.row);
        }
        is_hidden || is_skipped || is_unread
    }

    /// Counts a row outside of the part that was chosen; false where it is the header of another table,
    /// below which no row can be read, whether it is chosen or not.
    pub(super) fn skips(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        numbered: &NumberedRecord,
    ) -> bool {
        // Names outside of the part are not looked up.
        let nothing_known = Directory::default();
        let problems = sheet.read_row(columns, numbered, &nothing_known).err();
        let has_problems = problems
            .as_ref()
            .is_some_and(|problems| !problems.iter().all(Problem::is_idle));
        let header = second_header(sheet, columns, &numbered.record).filter(|_| has_problems);
        if matches!(header, Some(SecondHeader::Other)) {
            return false;
        }
        self.outside += 1;
        // What is done is not sent whatever is wrong with it, and neither is what no plan approved.
        let of_plan = |problem: &Problem| problem.kind == ProblemKind::NotPlanned;
        let is_only_of_plan = problems.iter().flatten().all(of_plan);
        if has_problems && !is_only_of_plan && !sheet.is_settled(columns, numbered) {
            self.outside_with_problems.add(numbered.row);
        }
        true
    }

    pub(super) fn note_organizations(
        &mut self,
        organizations: OrganizationCounts,
        unsent: UnsentOrganizations,
        left_out: UnsentOrganizations,
        directory: &Directory,
    ) {
        self.names_not_all = organizations.has_unnamed();
        let organizations = organizations.with_own(directory.managed.own_organization());
        self.organizations = organizations.count();
        self.organizations_unsent = unsent.without(&organizations.named);
        let own = directory.managed.own_organization();
        let unsent = &self.organizations_unsent;
        self.organizations_left_out = left_out.count_besides(&organizations.named, unsent, own);
        self.organizations_named = organizations.named;
    }

    /// Rows a run will send.
    pub fn rows_to_send(&self) -> u64 {
        let unsent = [
            self.bad_rows,
            self.settled,
            self.left_out,
            self.skipped_in_plan,
            self.unread_in_export.count,
            self.outside,
            self.idle.count,
            self.twins.count,
            self.superseded,
            self.waiting,
        ];
        self.rows.saturating_sub(unsent.iter().sum())
    }

    /// What is wrong with a row: of one that is a header only that.
    pub(super) fn headers_named(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        NumberedRecord { row, record, .. }: &NumberedRecord,
        problems: Vec<Problem>,
    ) -> Vec<Problem> {
        match second_header(sheet, columns, record) {
            Some(SecondHeader::Same) => vec![Problem::second_header(*row)],
            Some(SecondHeader::Other) => {
                self.second_table = self.second_table.or(Some(*row));
                vec![Problem::second_table(*row)]
            }
            None => problems,
        }
    }
}
