//! Reads the whole sheet once before anything is sent: every problem, and what a run needs to
//! know beforehand.

use std::io;

use anyhow::{Context, Result};
use csv::ByteRecord;

use crate::model::outcome::OutcomeKind;
use crate::model::row::Row;
use crate::sheet::change_counts::has_names;
pub use crate::sheet::checked_sheet::CheckedSheet;
use crate::sheet::columns::Columns;
use crate::sheet::contradictions::target_in_question;
use crate::sheet::country::Country;
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::{Fields, SeenRows};
use crate::sheet::organization_counts::OrganizationCounts;
pub use crate::sheet::organization_counts::OrganizationRows;
use crate::sheet::problem::Problem;
use crate::sheet::questions::InQuestion;
use crate::sheet::second_header::holds_a_row;
use crate::sheet::unread_columns::UnreadColumns;
pub use crate::sheet::unsent_organizations::UnsentOrganization;
use crate::sheet::unsent_organizations::UnsentOrganizations;
use crate::sheet::{NumberedRecord, Sheet};

/// What is done with two rows for one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicatePolicy {
    /// The later one is a problem.
    Refuse,
    /// They are sent one after the other, in the order of the sheet.
    InOrder,
}

/// Reads the whole sheet and hands each problem to `report` as it is found; those that only the
/// whole sheet shows come last.
pub fn check(
    sheet: &Sheet,
    directory: &Directory,
    policy: DuplicatePolicy,
    mut report: impl FnMut(&Problem) -> io::Result<()>,
) -> Result<CheckedSheet> {
    let mut checked = CheckedSheet::default();
    let mut report =
        |problem: &Problem| report(problem).context("cannot write the list of problems");
    let columns = match &sheet.columns {
        Ok(columns) => columns,
        Err(problems) => {
            checked.problems = problems.len() as u64;
            problems.iter().try_for_each(&mut report)?;
            return Ok(checked);
        }
    };
    checked.setting = Some(columns.setting);
    checked.country = sheet.reading.country.as_ref().map(Country::code);
    let mut seen = SeenRows::default();
    // Of results, in ascending order: the rows that are done and the others, with their fields.
    let (mut done, mut left) = (Vec::new(), Vec::new());
    let (mut organizations, mut unsent) = <(OrganizationCounts, UnsentOrganizations)>::default();
    let mut left_out = UnsentOrganizations::default();
    let mut in_question = InQuestion::of(columns);
    let mut unread = UnreadColumns::of(columns);
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records
        .read(&mut numbered)
        .with_context(|| format!("cannot read `{}`", sheet.path.display()))?
    {
        checked.rows += 1;
        let (number, record) = (&numbered.row, &numbered.record);
        if checked.leaves_out(sheet, &numbered) {
            left_out.add(columns, record, directory);
            continue;
        }
        if sheet.is_settled(columns, &numbered) {
            checked.settled += 1;
            unsent.add(columns, record, directory);
            // What was skipped was never sent, so it is in nobody's way.
            if columns.outcome_in(record) == Some(OutcomeKind::Skipped) {
                continue;
            }
            // Counted among the locations all the same: sending an earlier row for one of them
            // now would undo the later.
            if let Ok(row) = sheet.read_row(columns, &numbered, directory) {
                seen.add(&row);
                done.push((*number, fields_set(columns, record, &row)));
            }
            continue;
        }
        if sheet.left_out_by(&numbered).is_some() && checked.skips(sheet, columns, &numbered) {
            left_out.add(columns, record, directory);
            continue;
        }
        in_question.add_row(columns, *number, record);
        unread.add_row(columns, *number, record);
        if let Some(column) = columns.target_id
            && holds_a_row(record, sheet.delimiter(), columns.setting.target.id, column)
        {
            checked.rows_with_rows.add(*number);
        }
        match sheet.read_row(columns, &numbered, directory) {
            Ok(row) => {
                seen.add(&row);
                if sheet.reading.rows.is_of_results() {
                    left.push((*number, Fields::of(&row)));
                }
                organizations.add(row.org_id.as_deref());
                in_question.add_sent(sheet, columns, row.number, record);
                checked.named += u64::from(has_names(sheet, columns, record));
                checked.count_name_beside_id(sheet, columns, record, directory, &row);
                checked.count_changes(sheet, columns, record, &row, directory);
                if record.len() < columns.width {
                    checked.short_rows.add(row.number);
                }
            }
            Err(problems) if problems.iter().all(Problem::is_idle) => checked.idle.add(*number),
            Err(problems) => {
                let target = target_in_question(sheet, columns, &numbered, directory, &problems);
                seen.add_unreadable(target, *number);
                unsent.add(columns, record, directory);
                let problems = checked.headers_named(sheet, columns, &numbered, problems);
                checked.add_bad_row(&problems);
                problems.iter().try_for_each(&mut report)?;
            }
        }
    }

    let mut duplicates = seen.find_duplicates();
    duplicates.note_done(|row| fields_in(&done, row), sheet.set_since.as_ref());
    let is_done = |row: u64| fields_in(&done, row).is_some();
    if policy == DuplicatePolicy::InOrder {
        checked.count_left_of(&duplicates, &left, is_done);
    } else {
        let is_organization_asked = in_question.is_organization();
        for row in duplicates.rows().filter(|row| !is_done(*row)) {
            let problem = checked.judge_repeat(&duplicates, sheet, row, is_organization_asked);
            problem.iter().try_for_each(&mut report)?;
        }
    }
    checked.unread = unread.into_found(sheet, &in_question.columns_asked_about());
    checked.questions = in_question.into_questions(sheet, columns);
    checked.note_organizations(organizations, unsent, left_out, directory);
    checked.duplicates = duplicates;
    Ok(checked)
}

/// What a row that is done has set: nothing where it was left alone.
fn fields_set(columns: &Columns, record: &ByteRecord, row: &Row<'_>) -> Fields {
    match columns.outcome_in(record) {
        Some(OutcomeKind::Conflict) => Fields::default(),
        _ => Fields::of(row),
    }
}

/// The fields of one of these rows.
fn fields_in(rows: &[(u64, Fields)], row: u64) -> Option<Fields> {
    let found = rows.binary_search_by_key(&row, |(row, _)| *row).ok()?;
    Some(rows[found].1)
}
