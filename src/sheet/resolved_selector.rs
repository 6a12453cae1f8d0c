//! A part as it is found in one sheet: which columns are meant, and that there are such rows. What
//! matches nothing is a mistake, and the error says what there is instead.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use crate::model::ids;
use crate::model::wording::plural;
use crate::sheet::cell_text::text_in;
use crate::sheet::names::as_seen;
use crate::sheet::plain_name::normalize;
use crate::sheet::problem::{column_letters, shorten};
use crate::sheet::row_selector::{Condition, RowRanges, RowSelector, Where};
use crate::sheet::{NumberedRecord, Sheet};

/// Values of a column that are looked at for one that may be meant.
const VALUES_LOOKED_AT: usize = 10_000;

/// Values and columns that are named.
const NAMED: usize = 20;

/// The conditions of a part, with the columns they mean.
#[derive(Debug)]
pub(super) struct ResolvedSelector(Vec<Test>);

#[derive(Debug)]
struct Test {
    condition: Condition,
    /// The column and what stands there, or the rows.
    wanted: Wanted,
    rows: u64,
    /// Other values that stand in the column.
    values: BTreeSet<String>,
}

#[derive(Debug)]
enum Wanted {
    Rows(RowRanges),
    Cell(usize, String),
}

impl Test {
    /// Whether both are about the same column, or about the numbers of rows.
    fn is_about_as(&self, other: &Test) -> bool {
        match (&self.wanted, &other.wanted) {
            (Wanted::Cell(one, _), Wanted::Cell(two, _)) => one == two,
            (Wanted::Rows(one), Wanted::Rows(two)) => one == two,
            _ => false,
        }
    }

    fn is_met(&self, numbered: &NumberedRecord) -> bool {
        match &self.wanted {
            Wanted::Rows(rows) => rows.contains(numbered.row),
            Wanted::Cell(column, value) => {
                comparable(&text_in(&numbered.record, *column)) == *value
            }
        }
    }
}

impl ResolvedSelector {
    /// Finds the columns that are meant, and goes through the sheet once to make sure that it has such
    /// rows.
    pub(super) fn find(sheet: &Sheet, part: &RowSelector) -> Result<ResolvedSelector> {
        let tests = part.conditions().iter().map(|condition| {
            Ok(Test {
                condition: condition.clone(),
                wanted: match condition {
                    Condition::Rows(rows) => Wanted::Rows(rows.clone()),
                    Condition::Where(cell) => {
                        let column = column_called(sheet, &cell.column)?;
                        Wanted::Cell(column, comparable(&cell.value))
                    }
                },
                rows: 0,
                values: BTreeSet::new(),
            })
        });
        let mut found = ResolvedSelector(tests.collect::<Result<_>>()?);
        found.ensure_it_has_rows(sheet, part)?;
        Ok(found)
    }

    /// What leaves a row out. Of several values for one column any will do.
    pub(super) fn left_out_by(&self, numbered: &NumberedRecord) -> Option<&Condition> {
        let is_met = |test: &Test| {
            let mut alike = self.0.iter().filter(|other| other.is_about_as(test));
            alike.any(|other| other.is_met(numbered))
        };
        let missed = self.0.iter().find(|test| !is_met(test))?;
        Some(&missed.condition)
    }

    fn ensure_it_has_rows(&mut self, sheet: &Sheet, part: &RowSelector) -> Result<()> {
        let (mut rows, mut last) = (0_u64, sheet.header_row);
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            last = last.max(numbered.row);
            let is_within = self.left_out_by(&numbered).is_none();
            for test in &mut self.0 {
                let is_met = test.is_met(&numbered);
                test.rows += u64::from(is_met);
                if let (Wanted::Cell(column, _), false) = (&test.wanted, is_met)
                    && test.values.len() < VALUES_LOOKED_AT
                {
                    test.values.insert(text_in(&numbered.record, *column));
                }
            }
            rows += u64::from(is_within);
        }
        for test in &self.0 {
            match &test.condition {
                Condition::Rows(rows) => ensure_rows_are_there(sheet, rows, last)?,
                Condition::Where(cell) if test.rows == 0 => bail!(nothing_is(sheet, cell, test)),
                Condition::Where(_) => {}
            }
        }
        if rows == 0 {
            bail!(
                "no row of `{}` meets all of {part}; each of them alone finds rows",
                sheet.path.display()
            );
        }
        Ok(())
    }
}

/// Whoever counts rows from the first below the header would be off by one: that is noticed by the
/// header's own number.
fn ensure_rows_are_there(sheet: &Sheet, rows: &RowRanges, last: u64) -> Result<()> {
    let shown = sheet.path.display();
    let begins = sheet.header_row + 1;
    if rows.first() < begins {
        bail!(
            "--rows {rows}: the header of `{shown}` is row {}, so the first row to name is {begins}; row numbers are those that the spreadsheet shows",
            sheet.header_row
        );
    }
    if let Some(range) = rows.beyond(last).next() {
        bail!(
            "--rows {rows}: `{shown}` has no row {range}; its last row is {last}, and the header is row {}",
            sheet.header_row
        );
    }
    Ok(())
}

fn column_called(sheet: &Sheet, name: &str) -> Result<usize> {
    let header: Vec<String> = sheet
        .header
        .iter()
        .map(|cell| String::from_utf8_lossy(cell).trim().to_string())
        .collect();
    let plain = normalize(name);
    let mut found: Vec<usize> = (0..header.len())
        .filter(|index| header[*index].eq_ignore_ascii_case(name))
        .collect();
    if found.is_empty() && !plain.is_empty() {
        found = (0..header.len())
            .filter(|index| normalize(&header[*index]) == plain)
            .collect();
    }
    let shown = sheet.path.display();
    match found[..] {
        [only] => Ok(only),
        [] => {
            let names = header.iter().filter(|name| !name.is_empty());
            let names: BTreeSet<String> = names.cloned().collect();
            bail!(
                "`{shown}` has no column `{name}`; its columns are {}",
                nearest_first(&names, name)
            )
        }
        [first, second, ..] => bail!(
            "`{shown}` has several columns `{name}`, in {} and {}; rename one of them",
            column_letters(first),
            column_letters(second)
        ),
    }
}

fn nothing_is(sheet: &Sheet, cell: &Where, test: &Test) -> String {
    let Where { column, value } = cell;
    let shown = sheet.path.display();
    let count = plural(test.values.len() as u64, "other value");
    if test.values.is_empty() {
        return format!(
            "no row of `{shown}` has `{value}` in the column `{column}`; the sheet has a header and no rows"
        );
    }
    format!(
        "no row of `{shown}` has `{value}` in the column `{column}`; {count} there: {}",
        nearest_first(&test.values, value)
    )
}

/// The names with the one first that is most likely meant, as far as they can be listed.
fn nearest_first(names: &BTreeSet<String>, meant: &str) -> String {
    let meant = comparable(meant);
    let mut names: Vec<(usize, &String)> = names
        .iter()
        .map(|name| {
            let name_seen = comparable(name);
            let is_part = !meant.is_empty() && name_seen.contains(&meant);
            let distance = strsim::damerau_levenshtein(&name_seen, &meant);
            (if is_part { 0 } else { distance }, name)
        })
        .collect();
    // Those that are far off stay in their own order.
    names.sort_by_key(|(distance, _)| if *distance <= 2 { *distance } else { 3 });
    let listed = names.iter().take(NAMED).map(|(_, name)| match &***name {
        "" => "an empty cell".to_string(),
        name => format!("`{}`", shorten(name)),
    });
    let listed: Vec<String> = listed.collect();
    let more = if names.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", listed.join(", "))
}

/// As a spreadsheet's filter compares: blanks around and capitals do not count.
fn comparable(text: &str) -> String {
    as_seen(text.trim_matches(ids::is_blank)).to_lowercase()
}
