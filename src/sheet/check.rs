//! Reads the whole sheet once before anything is sent: every problem, and what a run needs to
//! know beforehand.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;

use anyhow::{Context, Result};
use csv::ByteRecord;

use crate::model::change::Change;
use crate::model::ids::{self, Kind};
use crate::model::row::Row;
use crate::sheet::country::{Lost, what_may_be_lost};
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::{Duplicates, SeenRows};
use crate::sheet::problem::Problem;
use crate::sheet::problem_kind::ProblemKind;
use crate::sheet::row_reader::called;
use crate::sheet::{NumberedRecord, Sheet};

/// Organizations counted exactly; more than a partner has.
const ORGANIZATIONS_COUNTED: usize = 100_000;

/// Organizations remembered with their id, for those who ask whose locations a run was about.
const ORGANIZATIONS_NAMED: usize = 1000;

/// What is done with two rows for one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuplicatePolicy {
    /// The later one is a problem.
    Refuse,
    /// They are sent one after the other, in the order of the sheet.
    InOrder,
}

/// What the check found.
#[derive(Debug)]
pub struct CheckedSheet {
    pub rows: u64,
    /// Rows with a problem (of any number of problems).
    pub bad_rows: u64,
    pub problems: u64,
    /// Rows to send with a name in place of an id, which only the service can look up.
    pub named: u64,
    /// Rows that an earlier run left as asked and this one leaves alone.
    pub settled: u64,
    /// Different organizations in the rows to send; the token's own counts as one.
    pub organizations: usize,
    /// The first of them, in the order of the sheet.
    pub organizations_named: Vec<OrganizationRows>,
    pub duplicates: Duplicates,
    /// Values that the rows to send set, and those that they clear.
    pub values_set: u64,
    pub values_cleared: u64,
    /// Numbers that may have lost their `+`, and those that may have lost a leading zero.
    pub lost_plus: Suspicion,
    pub lost_zero: Suspicion,
    /// Rows that end before the header's last column.
    pub short_rows: Suspicion,
    /// Rows with a cell that seems to hold further ones.
    pub rows_with_rows: Suspicion,
}

/// An organization and how many rows it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationRows {
    /// `None`: the token's own.
    pub id: Option<String>,
    pub rows: u64,
}

/// What is accepted but may not be what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Suspicion {
    pub count: u64,
    /// The row of the first one.
    pub first_row: u64,
}

/// Reads the whole sheet and hands each problem to `report` as it is found; those that only the
/// whole sheet shows come last.
pub fn check(
    sheet: &Sheet,
    directory: &Directory,
    policy: DuplicatePolicy,
    mut report: impl FnMut(&Problem) -> io::Result<()>,
) -> Result<CheckedSheet> {
    let mut checked = CheckedSheet {
        rows: 0,
        bad_rows: 0,
        problems: 0,
        named: 0,
        settled: 0,
        organizations: 0,
        organizations_named: Vec::new(),
        duplicates: Duplicates::default(),
        values_set: 0,
        values_cleared: 0,
        lost_plus: Suspicion::default(),
        lost_zero: Suspicion::default(),
        short_rows: Suspicion::default(),
        rows_with_rows: Suspicion::default(),
    };
    let mut count_and_report = |problem: &Problem| {
        checked.problems += 1;
        report(problem).context("cannot write the list of problems")
    };
    let columns = match &sheet.columns {
        Ok(columns) => columns,
        Err(problems) => {
            problems.iter().try_for_each(&mut count_and_report)?;
            return Ok(checked);
        }
    };

    let mut seen = SeenRows::default();
    // In ascending order.
    let mut done = Vec::new();
    // Twins among repeats matter only where repeats are sent.
    let fingerprint = |row: &Row<'_>| match policy {
        DuplicatePolicy::Refuse => 0,
        DuplicatePolicy::InOrder => row.fingerprint(),
    };
    let mut organizations = Organizations::default();
    let mut lost_plus = Suspicion::default();
    let mut lost_zero = Suspicion::default();
    let mut short_rows = Suspicion::default();
    let mut rows_with_rows = Suspicion::default();
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records
        .read(&mut numbered)
        .with_context(|| format!("cannot read `{}`", sheet.path.display()))?
    {
        checked.rows += 1;
        if sheet.is_settled(columns, &numbered) {
            checked.settled += 1;
            done.push(numbered.row);
            // Counted among the locations all the same: sending an earlier row for one of them
            // now would undo the later.
            if let Ok(row) = sheet.read_row(columns, &numbered, directory) {
                seen.add(&row, fingerprint(&row));
            }
            continue;
        }
        if numbered.has_quotes
            && let Some(location) = columns.location_id
            && holds_a_row(&numbered.record, sheet.delimiter(), location)
        {
            rows_with_rows.add(numbered.row);
        }
        match sheet.read_row(columns, &numbered, directory) {
            Ok(row) => {
                seen.add(&row, fingerprint(&row));
                organizations.add(row.org_id.as_deref());
                checked.named += u64::from(called(columns, &numbered.record).is_any());
                count_doubtful(&row, &mut lost_plus, &mut lost_zero);
                for change in &row.changes {
                    match change {
                        Change::Keep => {}
                        Change::Clear => checked.values_cleared += 1,
                        Change::Set(_) => checked.values_set += 1,
                    }
                }
                if numbered.record.len() < columns.width {
                    short_rows.add(row.number);
                }
            }
            Err(problems) => {
                checked.bad_rows += 1;
                problems.iter().try_for_each(&mut count_and_report)?;
            }
        }
    }

    let mut duplicates = seen.find_duplicates();
    duplicates.note_done(|row| done.binary_search(&row).is_ok());
    if policy == DuplicatePolicy::Refuse {
        for repeat in duplicates.repeats() {
            checked.bad_rows += 1;
            let place = sheet.place_of(repeat.row, columns.location());
            let message = say_repeat(repeat.earlier);
            count_and_report(&Problem::of_kind(ProblemKind::SameLocation, place, message))?;
        }
    }
    checked.organizations = organizations.places.len();
    checked.organizations_named = organizations.named;
    checked.duplicates = duplicates;
    checked.lost_plus = lost_plus;
    checked.lost_zero = lost_zero;
    checked.short_rows = short_rows;
    checked.rows_with_rows = rows_with_rows;
    Ok(checked)
}

impl CheckedSheet {
    /// Rows a run will send.
    pub fn rows_to_send(&self) -> u64 {
        let superseded = self.duplicates.superseded() as u64;
        (self.rows - self.bad_rows - self.settled).saturating_sub(superseded)
    }
}

impl Suspicion {
    fn add(&mut self, row: u64) {
        if self.count == 0 {
            self.first_row = row;
        }
        self.count += 1;
    }
}

fn count_doubtful(row: &Row<'_>, lost_plus: &mut Suspicion, lost_zero: &mut Suspicion) {
    for change in &row.changes {
        let Change::Set(number) = change else {
            continue;
        };
        match what_may_be_lost(number) {
            Some(Lost::Plus) => lost_plus.add(row.number),
            Some(Lost::Zero) => lost_zero.add(row.number),
            None => {}
        }
    }
}

/// Whether a line within a cell has a location's id just where a row has it: a quote that was left
/// open took it in, up to the next quote.
fn holds_a_row(record: &ByteRecord, delimiter: u8, location: usize) -> bool {
    let text = record.as_slice();
    if !text.contains(&b'\n') && !text.contains(&b'\r') {
        return false;
    }
    let is_row = |line: &[u8]| {
        let cell = line.split(|byte| *byte == delimiter).nth(location);
        let cell = cell.and_then(|cell| std::str::from_utf8(cell).ok());
        line.contains(&delimiter)
            && cell.is_some_and(|cell| ids::read(cell, Kind::Location).is_ok())
    };
    record.iter().any(|cell| {
        let mut lines = cell.split(|byte| matches!(byte, b'\n' | b'\r'));
        lines.next();
        lines.any(is_row)
    })
}

/// What is wrong with a row for a location that row `earlier` is for too.
pub fn say_repeat(earlier: u64) -> String {
    format!("this is the location of row {earlier} again; which of the two is meant?")
}

/// Counts different organizations by a hash of their ids, and the rows of the first ones.
#[derive(Default)]
struct Organizations {
    hasher: RandomState,
    /// Where in `named` they are, or would be.
    places: HashMap<u64, usize>,
    named: Vec<OrganizationRows>,
    /// The one of the last row, since sheets are sorted more often than not.
    last: Option<usize>,
}

impl Organizations {
    fn add(&mut self, org_id: Option<&str>) {
        if let Some(last) = self.last.and_then(|last| self.named.get_mut(last))
            && last.id.as_deref() == org_id
        {
            last.rows += 1;
            return;
        }
        let next = self.places.len();
        let hash = self.hasher.hash_one(org_id);
        let place = match self.places.get(&hash) {
            Some(place) => *place,
            None if next < ORGANIZATIONS_COUNTED => *self.places.entry(hash).or_insert(next),
            None => return,
        };
        if place == self.named.len() && place < ORGANIZATIONS_NAMED {
            self.named.push(OrganizationRows {
                id: org_id.map(str::to_string),
                rows: 0,
            });
        }
        if let Some(named) = self.named.get_mut(place) {
            named.rows += 1;
        }
        self.last = Some(place);
    }
}
