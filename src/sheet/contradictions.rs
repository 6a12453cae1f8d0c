//! Rows for the same location of which not both can be meant, and what is said of them.

use crate::model::row::TargetKey;
use crate::sheet::checked_sheet::CheckedSheet;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::Duplicates;
use crate::sheet::problem::Problem;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::{NumberedRecord, Sheet};

impl CheckedSheet {
    /// Counts a row that shares its location, where that is not allowed. A problem, unless it asks for just
    /// what another asks for, or the column that may name its organization is still asked about.
    pub(super) fn judge_repeat(
        &mut self,
        duplicates: &Duplicates,
        sheet: &Sheet,
        row: u64,
        is_organization_asked: bool,
    ) -> Option<Problem> {
        let columns = sheet.columns.as_ref().ok()?;
        if duplicates.contradicts(row).is_some() && is_organization_asked {
            self.waiting += 1;
        } else if let Some(says) = say_contradiction(duplicates, columns, row) {
            self.bad_rows += 1;
            self.problems += 1;
            let place = sheet.place_of(row, columns.target());
            return Some(Problem::of_kind(ProblemKind::SameLocation, place, says));
        } else if duplicates.of_row(row).is_some() {
            self.twins.add(row);
        }
        None
    }
}

/// What a row with problems is for, if it is to be sent once they are corrected.
pub(super) fn target_in_question(
    sheet: &Sheet,
    columns: &Columns,
    numbered: &NumberedRecord,
    directory: &Directory,
    problems: &[Problem],
) -> Option<TargetKey> {
    let is_unplanned = |problem: &Problem| problem.kind == ProblemKind::NotPlanned;
    let target = || sheet.target_of(columns, &numbered.record, directory);
    (!problems.iter().any(is_unplanned)).then(target).flatten()
}

/// Of names that nothing assigns to an organization: two customers may have a thing of one name. The first
/// such row says what can be done.
fn say_same_name(
    duplicates: &Duplicates,
    columns: &Columns,
    row: u64,
    other: u64,
) -> Option<String> {
    let target = columns.setting.target;
    // An email address is one person's everywhere, and the one name that ignores case.
    let is_told_by_name = columns.org_id.or(columns.org_name).is_none()
        && columns.target_id.is_none()
        && columns.target_name.is_some()
        && !target.ignores_case;
    if !is_told_by_name {
        return None;
    }
    let name = target.name_column;
    let what = format!("row {other} has the same {name} and asks for something else");
    let is_first = duplicates.first_contradiction() == Some(row);
    Some(if is_first {
        format!(
            "{what}; if such rows are of different organizations, add a column orgName that says which; else delete one of the two, or add --allow-duplicates to send both in the order of the sheet"
        )
    } else {
        what
    })
}

/// What is wrong with a row for something that another row is for too, which asks for something else or
/// may do so.
pub(super) fn say_contradiction(
    duplicates: &Duplicates,
    columns: &Columns,
    row: u64,
) -> Option<String> {
    let noun = columns.setting.target.noun;
    if let Some(other) = duplicates.contradicts(row) {
        if let Some(says) = say_same_name(duplicates, columns, row, other) {
            return Some(says);
        }
        return Some(format!(
            "row {other} is for the same {noun} and asks for something else; delete one of the two, or add --allow-duplicates to send both in the order of the sheet"
        ));
    }
    let other = duplicates.unreadable_beside(row)?;
    Some(format!(
        "row {other} is for the same {noun} and has a problem, so what it asks for is not known; correct or delete row {other}"
    ))
}
