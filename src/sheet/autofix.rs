//! Writes a copy of a sheet with what is certain put right: a cell that means one thing only is written
//! as it would be sent, and what is blank at the end of rows is left out. What is not certain stays as
//! it is, each row where it was.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::Path;

use anyhow::{Context, Result, bail};
use csv::ByteRecord;

use crate::model::failure_groups::Rows;
use crate::model::{ids, phone_number};
use crate::setting::FieldKind;
use crate::sheet::cell_diagnostics::ID_BEGINS;
use crate::sheet::columns::Columns;
use crate::sheet::fix_rules::{FixRule, fixed_id, fixed_number};
use crate::sheet::hidden::HiddenPolicy;
use crate::sheet::problem::{Place, column_letters, shorten};
use crate::sheet::{NumberedRecord, Sheet};
use crate::table::{Cell, Existing, Table, ensure_fits, is_workbook};

/// How much of the end of a cell is shown, in characters.
const END_SHOWN: usize = 12;

/// A cell of a spreadsheet holds no more characters.
const SHOWN_IN_FULL: usize = 32_767;

/// Nothing is hidden in the copy, so that it would be sent.
const SHOWN_IN_COPY: &str = "a copy would show and send it; add --hidden skip to leave out what is hidden, or --hidden include to keep it";

/// A cell that was put right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autofix {
    pub place: Place,
    pub kind: FixRule,
    found: String,
    written: String,
}

impl Autofix {
    /// `found → written`, as much of it as fits a line: the ends, where the beginnings are alike.
    pub fn in_short(&self) -> String {
        // Nobody reads an id.
        if self.kind == FixRule::Uuid {
            return format!("`{}` → the id that the API gives it", shorten(&self.found));
        }
        if self.written.starts_with(ID_BEGINS) {
            return "extra characters around or inside the id → removed".to_string();
        }
        let [found, written] = [&self.found, &self.written].map(|text| shorten(text));
        if found != written {
            return say(&found, &written) + &self.reading();
        }
        let [found, written] = [&self.found, &self.written].map(|text| {
            let end = text.char_indices().rev().take(END_SHOWN).last();
            format!("…{}", shorten(&text[end.map_or(0, |(at, _)| at)..]))
        });
        say(&found, &written)
    }

    /// Whether its cell is in one of these columns.
    fn is_in(&self, columns: &[usize]) -> bool {
        let column = self.place.column.as_ref();
        column.is_some_and(|(column, _)| columns.contains(column))
    }

    /// How a plan and the results spell the number, where that is another spelling.
    fn reading(&self) -> String {
        let read = phone_number::for_reading(&self.written);
        let is_number = matches!(
            self.kind,
            FixRule::Around | FixRule::Separators | FixRule::Decimal
        );
        if !is_number || read == self.written {
            return String::new();
        }
        format!(", which plan and results show as {read}")
    }

    /// The same with all of both.
    pub fn in_full(&self) -> String {
        let [found, written] = [&self.found, &self.written].map(|text| {
            let end = text.char_indices().nth(SHOWN_IN_FULL);
            end.map_or(text.as_str(), |(end, _)| &text[..end])
        });
        say(found, written)
    }
}

fn say(found: &str, written: &str) -> String {
    match written {
        "" => format!("`{found}` → nothing"),
        _ => format!("`{found}` → `{written}`"),
    }
}

/// What was put right in a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fix {
    pub cells: u64,
    pub rows: u64,
    /// Rows and columns with something in them that are hidden, and that nobody wants sent: a copy in a workbook
    /// hides them too, one in a text file cannot, and does not have them.
    pub hidden_rows: Rows,
    pub hidden_columns: Vec<usize>,
}

impl Fix {
    /// Whether a copy would be the sheet as it is, and so is not written.
    pub fn is_empty(&self) -> bool {
        self.cells == 0 && self.hidden_rows.count == 0 && self.hidden_columns.is_empty()
    }
}

/// Writes the sheet, put right, to `path`, where nothing may stand yet, if anything is put right. Each cell that is written
/// otherwise than it was found goes to `report`.
pub fn write(
    sheet: &Sheet,
    columns: &Columns,
    path: &Path,
    mut report: impl FnMut(&Autofix) -> Result<()>,
) -> Result<Fix> {
    ensure_fits(path, 0, columns.width)?;
    let mut fields = columns.fields.iter().flatten();
    if sheet.asks_about_hidden()
        && let Some(column) = fields.find(|column| sheet.hidden.is_column_hidden(**column))
    {
        bail!(
            "column {} is hidden, and {SHOWN_IN_COPY}",
            column_letters(*column)
        );
    }
    let mut table = Table::create(path, sheet.csv_style())?;
    let copy_hides = is_workbook(path);
    let mut whole = Fix {
        hidden_columns: hidden_columns(sheet, columns),
        ..Fix::default()
    };
    let hidden = whole.hidden_columns.clone();
    let is_left_out = |column: &usize| !copy_hides && hidden.contains(column);
    let mut records = sheet.all_records()?;
    let mut numbered = NumberedRecord::default();
    let mut row = 1;
    while records
        .read(&mut numbered)
        .with_context(|| format!("cannot read `{}`", sheet.path.display()))?
    {
        let NumberedRecord {
            row: number,
            record,
            ..
        } = &numbered;
        // Blank rows count too, except behind the last row that is not blank.
        let mut fill_up = |table: &mut Table| -> Result<()> {
            while row < *number {
                table.end_row()?;
                row += 1;
            }
            Ok(())
        };
        match number.cmp(&sheet.header_row) {
            Ordering::Less => {
                fill_up(&mut table)?;
                let mut cells = record.iter().map(Cell::Text);
                cells.try_for_each(|cell| table.cell(cell))?;
            }
            Ordering::Equal => {
                fill_up(&mut table)?;
                let names = record.iter().take(columns.width).enumerate();
                let mut names = names
                    .map(|(index, name)| Cell::Name(if is_left_out(&index) { b"" } else { name }));
                names.try_for_each(|name| table.cell(name))?;
            }
            Ordering::Greater if sheet.is_left_out(*number) => {
                if record.iter().all(is_blank) {
                    continue;
                }
                whole.hidden_rows.add(*number);
                if !copy_hides {
                    continue;
                }
                fill_up(&mut table)?;
                let mut cells = record.iter().map(Cell::Text);
                cells.try_for_each(|cell| table.cell(cell))?;
                table.hide_row()?;
            }
            Ordering::Greater => {
                if sheet.asks_about_hidden() && !record.iter().all(is_blank) {
                    if sheet.hidden.is_row_hidden(*number) {
                        bail!("row {number} is hidden or filtered out, and {SHOWN_IN_COPY}");
                    }
                    if sheet.is_value_unseen(*number) {
                        bail!("row {number} has a value that cannot be seen, and {SHOWN_IN_COPY}");
                    }
                }
                let mut fixes = fixes_in(sheet, columns, &numbered);
                fixes.retain(|fix| !fix.is_in(&hidden));
                fixes.iter().try_for_each(&mut report)?;
                whole.cells += fixes.len() as u64;
                whole.rows += u64::from(!fixes.is_empty());
                let kept = 0..kept_width(record, columns.width);
                let cells = kept.map(|index| {
                    if is_left_out(&index) {
                        return &b""[..];
                    }
                    cell_now(record, &fixes, index)
                });
                if cells.clone().all(is_blank) {
                    continue;
                }
                fill_up(&mut table)?;
                cells
                    .map(Cell::Text)
                    .try_for_each(|cell| table.cell(cell))?;
            }
        }
        table.end_row()?;
        row += 1;
    }
    for column in &hidden {
        table.hide_column(*column);
    }
    persist(table, whole)
}

fn persist(table: Table, whole: Fix) -> Result<Fix> {
    if !whole.is_empty() {
        table.persist(Existing::Refuse)?;
    }
    Ok(whole)
}

/// The columns that are to be left out since they are hidden. Hidden ids and names are used all the same.
fn hidden_columns(sheet: &Sheet, columns: &Columns) -> Vec<usize> {
    let is_hidden = |column: &usize| is_hidden(sheet, columns, *column);
    (0..columns.width).filter(is_hidden).collect()
}

fn is_hidden(sheet: &Sheet, columns: &Columns, column: usize) -> bool {
    let is_of_place = [
        columns.org_id,
        columns.org_name,
        columns.target_id,
        columns.target_name,
    ]
    .contains(&Some(column));
    sheet.reading.hidden == Some(HiddenPolicy::Skip)
        && sheet.hidden.is_column_hidden(column)
        && !is_of_place
}

/// A cell as it is once it is fixed.
fn cell_now<'c>(record: &'c ByteRecord, fixes: &'c [Autofix], index: usize) -> &'c [u8] {
    let is_here = |fix: &&Autofix| fix.is_in(&[index]);
    match fixes.iter().find(is_here) {
        Some(fix) => fix.written.as_bytes(),
        None => &record[index],
    }
}

fn is_blank(cell: &[u8]) -> bool {
    match std::str::from_utf8(cell) {
        Ok(cell) => cell.trim_matches(ids::is_blank).is_empty(),
        Err(_) => false,
    }
}

/// How many cells of a row are written: what is blank beyond the header's is not.
fn kept_width(record: &ByteRecord, width: usize) -> usize {
    let last = record.iter().rposition(|cell| !is_blank(cell));
    last.map_or(0, |last| last + 1).max(width.min(record.len()))
}

/// What can be put right in a row. In one with too many cells nobody knows which cell is which.
fn fixes_in(sheet: &Sheet, columns: &Columns, numbered: &NumberedRecord) -> Vec<Autofix> {
    let NumberedRecord { row, record, .. } = numbered;
    if kept_width(record, columns.width) > columns.width {
        return Vec::new();
    }
    let country = sheet.reading.country.as_ref();
    let mut fixes = Vec::new();
    for (index, bytes) in record.iter().enumerate() {
        let Ok(found) = std::str::from_utf8(bytes) else {
            continue;
        };
        let certain = if columns.org_id == Some(index) {
            fixed_id(found, ids::ORGANIZATION)
        } else if columns.target_id == Some(index) {
            fixed_id(found, columns.setting.target.id)
        } else if let Some(field) = columns.field_at(index) {
            match columns.setting.kind(field) {
                Some(FieldKind::Number) => fixed_number(found, country),
                _ => None,
            }
        } else if index >= columns.width {
            Some((FixRule::Beyond, Cow::Borrowed("")))
        } else {
            None
        };
        if let Some((kind, written)) = certain
            && written != found
        {
            let name = sheet.header.get(index).unwrap_or_default();
            fixes.push(Autofix {
                place: Place::cell(*row, index, shorten(&String::from_utf8_lossy(name))),
                kind,
                found: found.to_string(),
                written: written.into_owned(),
            });
        }
    }
    fixes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::ReadOptions;
    use crate::sheet::check::{DuplicatePolicy, check};
    use crate::sheet::directory::Directory;
    use std::fmt::Write;
    use std::fs;

    const ORG: &str = "0a6b0c1d-58d2-4e7f-9a01-b2c3d4e5f607";
    const ID: &str =
        "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzBmM2E2YjFjLTU4ZDItNGU3Zi05YTAxLWIyYzNkNGU1ZjYwNw";
    const NUMERIC_ID: &str = "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzMxMTY";

    /// A sheet, opened; and its rows with problems.
    fn opened(path: &Path) -> (Sheet, Vec<u64>) {
        let sheet = Sheet::open(path, ReadOptions::default()).expect("a sheet");
        let mut bad_rows = Vec::new();
        check(
            &sheet,
            &Directory::default(),
            DuplicatePolicy::InOrder,
            |problem| {
                bad_rows.push(problem.place.row);
                Ok(())
            },
        )
        .expect("it can be read");
        (sheet, bad_rows)
    }

    /// What the rows ask for.
    fn asked(sheet: &Sheet) -> Vec<(u64, u32)> {
        let columns = sheet.columns.as_ref().expect("columns");
        let mut records = sheet.records().expect("records");
        std::iter::from_fn(|| records.next_record())
            .filter_map(|numbered| {
                let numbered = numbered.expect("a record");
                let row = sheet
                    .read_row(columns, &numbered, &Directory::default())
                    .ok()?;
                Some((row.number, row.fingerprint()))
            })
            .collect()
    }

    fn fix_to(sheet: &Sheet, path: &Path) -> Fix {
        let columns = sheet.columns.as_ref().expect("columns");
        write(sheet, columns, path, |_| Ok(())).expect("it can be written")
    }

    #[test]
    fn a_row_of_nothing_but_blanks_is_blank_once_it_is_mended() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("sheet.csv");
        let text = format!("orgId,locationId,n1\n\" \",,\n,{ID},5501\n\n,,\" \"\n\n,,\n");
        fs::write(&path, text).expect("room");
        let once = folder.path().join("once.csv");
        fix_to(&opened(&path).0, &once);
        let fixed = fs::read_to_string(&once).expect("a file");
        assert_eq!(fixed, format!("orgId,locationId,n1\n\"\"\n,{ID},5501\n"));
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
        #[test]
        fn a_mended_sheet_asks_for_the_same_and_needs_no_more_mending(
            title in proptest::prelude::prop_oneof!["", "Numbers\n\n"],
            rows in proptest::collection::vec((
                proptest::prelude::prop_oneof!["", " ", ORG],
                proptest::prelude::prop_oneof![ID, NUMERIC_ID, "[ '\u{a0}]{0,2}Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzMxMTY[ \u{200b}]?", "[0-9a-f]{8}-58d2-4E7f-9a01-[0-9a-f]{12}", "\\PC{0,6}"],
                proptest::prelude::prop_oneof!["[+0-9 ().'\u{201c}-]{0,14}", "[1-9][0-9]{2,12}[.]0", " ?(?i:remove) ?", "=\"\"[0-9]{4}\"\"", "\\PC{0,5}"],
                proptest::prelude::prop_oneof!["", " ", "[a-z,\"=+]{0,4}"],
                proptest::prelude::prop_oneof!["", ",", ", ,\u{a0}", ",x", "\n\n", "\n,,,"],
            ), 1..6),
            name in proptest::prelude::prop_oneof!["one[.]csv", "one[.]xlsx"],
        ) {
            let quoted = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
            let mut text = format!("{title}orgId,locationId,n1,note,,\n");
            for (org, location, number, note, after) in &rows {
                let cells = [org, location, number, note].map(|cell| quoted(cell));
                let _ = writeln!(text, "{}{after}", cells.join(","));
            }
            let folder = tempfile::tempdir().expect("a temporary folder");
            let path = folder.path().join("sheet.csv");
            fs::write(&path, text).expect("room");
            let (sheet, bad_rows) = opened(&path);
            let once = folder.path().join(&name);
            if fix_to(&sheet, &once).is_empty() {
                proptest::prop_assert!(!once.exists());
                return Ok(());
            }
            let (fixed, left) = opened(&once);
            proptest::prop_assert!(left.iter().all(|row| bad_rows.contains(row)), "{left:?} {bad_rows:?}");
            let asked_now = asked(&fixed);
            proptest::prop_assert!(asked(&sheet).iter().all(|row| asked_now.contains(row)));

            let twice = folder.path().join(format!("again-{name}"));
            proptest::prop_assert_eq!(fix_to(&fixed, &twice), Fix::default());
            proptest::prop_assert!(!twice.exists());
        }
    }
}
