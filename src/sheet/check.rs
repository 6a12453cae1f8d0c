//! Reads the whole sheet once before anything is sent: every problem, and what a run needs to
//! know beforehand.

use std::borrow::Cow;
use std::io;

use anyhow::{Context, Result};
use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::ids::{self, Kind};
use crate::model::outcome::OutcomeKind;
use crate::model::row::{Row, TargetKey};
use crate::setting::{FieldKind, Setting, usage_after_row};
use crate::sheet::bare_numbers::BareNumbers;
use crate::sheet::cell_text::text_in;
use crate::sheet::columns::Columns;
use crate::sheet::country::Country;
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::{Duplicates, Fields, SeenRows};
use crate::sheet::name_beside_id::NameBesideId;
use crate::sheet::names_of_row::called;
use crate::sheet::organization_counts::OrganizationCounts;
pub use crate::sheet::organization_counts::OrganizationRows;
use crate::sheet::plain_name::normalize;
use crate::sheet::problem::Problem;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::question::Question;
use crate::sheet::questions::InQuestion;
use crate::sheet::suspicion::Suspicion;
use crate::sheet::unread_columns::{UnreadColumn, UnreadColumns};
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

/// What the check found.
#[derive(Debug, Default)]
pub struct CheckedSheet {
    pub rows: u64,
    /// Rows with a problem (of any number of problems).
    pub bad_rows: u64,
    pub problems: u64,
    /// Rows among them for which the plan that is applied approves nothing.
    pub not_approved: u64,
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
    let mut in_question = InQuestion::of(columns);
    let mut unread = UnreadColumns::of(columns);
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records
        .read(&mut numbered)
        .with_context(|| format!("cannot read `{}`", sheet.path.display()))?
    {
        checked.rows += 1;
        let NumberedRecord {
            row: number,
            record,
            ..
        } = &numbered;
        if checked.leaves_out(sheet, &numbered) {
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
    duplicates.note_done(|row| fields_in(&done, row));
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
    checked.note_organizations(organizations, unsent, directory);
    checked.duplicates = duplicates;
    Ok(checked)
}

/// Whether a row says which organization it is for; `None` where no column is for that.
fn says_organization(columns: &Columns, record: &ByteRecord) -> Option<bool> {
    let mut found = [columns.org_id, columns.org_name]
        .into_iter()
        .flatten()
        .peekable();
    found.peek()?;
    Some(found.any(|column| !text_in(record, column).is_empty()))
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

/// What a row is that has the names of columns in it.
enum SecondHeader {
    /// The header once more, as where files were put one below the other.
    Same,
    /// That of another table.
    Other,
}

fn second_header(sheet: &Sheet, columns: &Columns, record: &ByteRecord) -> Option<SecondHeader> {
    if !columns.is_header(&sheet.header, record) {
        return None;
    }
    let names = |record: &ByteRecord| -> Vec<String> {
        let names = record
            .iter()
            .map(|cell| normalize(&String::from_utf8_lossy(cell)));
        let mut names: Vec<String> = names.collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        names
    };
    if names(record) == names(&sheet.header) {
        Some(SecondHeader::Same)
    } else {
        Some(SecondHeader::Other)
    }
}

impl CheckedSheet {
    fn count_name_beside_id(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        record: &ByteRecord,
        directory: &Directory,
        row: &Row<'_>,
    ) {
        let beside = NameBesideId::of_target(columns, record);
        let Some(beside) = beside.filter(|_| sheet.is_by_a_person()) else {
            return;
        };
        self.named_beside_id += 1;
        let org_id = row.org_id.as_deref();
        if directory.lacks_name(columns.setting.target, org_id, beside.name) {
            self.other_names.add(row.number);
        }
    }

    /// Counts, of rows that are sent in their order, those of which later rows for their location have set all
    /// or some fields already, and those that ask for just what an earlier row asks for. Of results, `left` has
    /// the rows that are not done.
    fn count_left_of(
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

    /// Counts a row that shares its location, where that is not allowed. A problem, unless it asks for just
    /// what another asks for, or the column that may name its organization is still asked about.
    fn judge_repeat(
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

    fn add_bad_row(&mut self, problems: &[Problem]) {
        let is_of_plan = |problem: &Problem| problem.kind == ProblemKind::NotPlanned;
        self.bad_rows += 1;
        self.not_approved += u64::from(problems.iter().any(is_of_plan));
        self.problems += problems.len() as u64;
    }

    /// Counts a row that is hidden, that the plan which is applied skips, or that no export has read.
    fn leaves_out(&mut self, sheet: &Sheet, numbered: &NumberedRecord) -> bool {
        let (is_hidden, is_skipped) = (
            sheet.is_left_out(numbered.row),
            sheet.is_skipped_in_plan(&numbered.record),
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
    fn skips(&mut self, sheet: &Sheet, columns: &Columns, numbered: &NumberedRecord) -> bool {
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

    /// What is wrong with a row: of one that is a header only that.
    fn headers_named(
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

    fn note_organizations(
        &mut self,
        organizations: OrganizationCounts,
        unsent: UnsentOrganizations,
        directory: &Directory,
    ) {
        self.names_not_all = organizations.has_unnamed();
        let organizations = organizations.with_own(directory.own_organization());
        self.organizations = organizations.count();
        self.organizations_unsent = unsent.without(&organizations.named);
        self.organizations_named = organizations.named;
    }

    fn count_changes(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        record: &ByteRecord,
        row: &Row<'_>,
        directory: &Directory,
    ) {
        let setting = columns.setting;
        match says_organization(columns, record) {
            Some(false) => self.without_organization.add(row.number),
            is_said => self.has_organizations |= is_said.is_some(),
        }
        if self.country.is_some() {
            self.completed += completed_in(columns, record, row);
        }
        let default = match sheet.default_org_name() {
            // Before it is looked up nobody knows which one it is.
            Some(name) => directory
                .names()
                .and_then(|_| directory.organization(name).ok()),
            None => sheet.reading.default_org.as_deref().map(Cow::Borrowed),
        };
        if let Some(default) = default
            && is_for_another(columns, record, row, &default)
        {
            self.other_organization.add(row.number);
        }
        self.rows_about_usage += u64::from(usage_after_row::is_about_usage(setting, &row.changes));
        for (index, change) in row.changes.iter().enumerate() {
            let number = match change {
                Change::Keep => continue,
                Change::Clear => {
                    self.values_cleared += 1;
                    continue;
                }
                Change::Set(number) => number,
            };
            self.values_set += 1;
            if setting.kind(index) != Some(FieldKind::Number) {
                continue;
            }
            self.bare.add(row.number, number);
        }
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
}

/// How many numbers of a row have a country code that their cells do not have.
/// Whether a row has a name in place of an id, or --org one for it.
fn has_names(sheet: &Sheet, columns: &Columns, record: &ByteRecord) -> bool {
    called(columns, record).is_any() || sheet.default_org_name().is_some()
}

/// Whether a row names another organization than `default`. One that is named in words, and was not looked
/// up yet, counts as another.
fn is_for_another(columns: &Columns, record: &ByteRecord, row: &Row<'_>, default: &str) -> bool {
    match &row.org_id {
        Some(id) if **id != *default => {
            let key = |id| ids::read(id, ids::ORGANIZATION).map(|id| id.key).ok();
            key(id) != key(default)
        }
        Some(_) => false,
        None => called(columns, record).organization.is_some(),
    }
}

fn completed_in(columns: &Columns, record: &ByteRecord, row: &Row<'_>) -> u64 {
    let is_completed = |(index, change): (usize, &Change<'_>)| {
        let Change::Set(number) = change else {
            return false;
        };
        let cell = columns.fields[index].map(|column| text_in(record, column));
        columns.setting.kind(index) == Some(FieldKind::Number)
            && number.starts_with('+')
            && cell.is_some_and(|cell| !cell.contains(['+', '\u{ff0b}']))
    };
    let changes = row.changes.iter().enumerate();
    changes.filter(|change| is_completed(*change)).count() as u64
}

/// Whether a line within a cell has an id just where a row has it: a quote that was left
/// open took it in, up to the next quote.
fn holds_a_row(record: &ByteRecord, delimiter: u8, kind: Kind, column: usize) -> bool {
    let text = record.as_slice();
    if memchr::memchr2(b'\n', b'\r', text).is_none() {
        return false;
    }
    let is_row = |line: &[u8]| {
        let cell = line.split(|byte| *byte == delimiter).nth(column);
        let cell = cell.and_then(|cell| std::str::from_utf8(cell).ok());
        line.contains(&delimiter) && cell.is_some_and(|cell| ids::read(cell, kind).is_ok())
    };
    record.iter().any(|cell| {
        let mut lines = cell.split(|byte| matches!(byte, b'\n' | b'\r'));
        lines.next();
        lines.any(is_row)
    })
}

/// What a row with problems is for, if it is to be sent once they are corrected.
fn target_in_question(
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
pub fn say_contradiction(duplicates: &Duplicates, columns: &Columns, row: u64) -> Option<String> {
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
