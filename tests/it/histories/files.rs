//! The files of a history, and what people and spreadsheets do to them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::history::{Damage, SheetRow};
use super::service::place;
use crate::harness::{location_id, org_id};

const WIDE: usize = 150_000;

/// The journal of these results.
pub(super) fn journal_of(results: &Path) -> PathBuf {
    let mut journal = results.as_os_str().to_owned();
    journal.push(".journal");
    journal.into()
}

pub(super) fn sheet(rows: &[SheetRow], is_fat: bool) -> String {
    let mut text = String::from("orgId,locationId,n1,n2,n3,site,note\n");
    for row in rows {
        let note = if is_fat {
            "x".repeat(WIDE)
        } else {
            String::new()
        };
        let (org, location) = (org_id(1), location_id(row.location as u64));
        let (cells, place) = (row.cells.join(","), place(row.location));
        text += &format!("{org},{location},{cells},{place},{note}\n");
    }
    text
}

/// The same sheet with other numbers, each as long as the one in its place.
pub(super) fn overwritten(text: &str) -> String {
    text.replace("+4961007", "+4961999")
}

struct Grid {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Grid {
    fn read(path: &Path) -> Option<Grid> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_path(path)
            .ok()?;
        let mut rows = reader.records().map(|row| {
            let row = row.ok()?;
            Some(row.iter().map(String::from).collect::<Vec<String>>())
        });
        let header = rows.next()??;
        Some(Grid {
            header,
            rows: rows.collect::<Option<_>>()?,
        })
    }

    fn write(&self, path: &Path) {
        let mut writer = csv::WriterBuilder::new()
            .flexible(true)
            .from_path(path)
            .expect("it can be written");
        for row in [&self.header].into_iter().chain(&self.rows) {
            writer.write_record(row).expect("it can be written");
        }
        writer.flush().expect("it can be written");
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|one| one == name)
    }

    fn rows_of(&self, location: usize) -> Vec<usize> {
        let Some(column) = self.column("locationId") else {
            return Vec::new();
        };
        let id = location_id(location as u64);
        let rows = self.rows.iter().enumerate();
        rows.filter(|(_, row)| row.get(column) == Some(&id))
            .map(|(index, _)| index)
            .collect()
    }
}

/// False when there is nothing to change.
pub(super) fn fix(results: &Path, location: usize, number: &str) -> bool {
    let Some(mut grid) = Grid::read(results) else {
        return false;
    };
    let rows = grid.rows_of(location);
    let Some(column) = grid.column("n1").filter(|_| !rows.is_empty()) else {
        return false;
    };
    for row in rows {
        grid.rows[row][column] = number.to_string();
    }
    grid.write(results);
    true
}

pub(super) fn drop_row(results: &Path, location: usize) -> bool {
    let Some(mut grid) = Grid::read(results) else {
        return false;
    };
    let rows = grid.rows_of(location);
    for row in rows.iter().rev() {
        grid.rows.remove(*row);
    }
    grid.write(results);
    !rows.is_empty()
}

pub(super) fn reverse(results: &Path) {
    if let Some(mut grid) = Grid::read(results) {
        grid.rows.reverse();
        grid.write(results);
    }
}

pub(super) fn save_in_spreadsheet(results: &Path, save: impl Fn(&str) -> String) {
    let Some(mut grid) = Grid::read(results) else {
        return;
    };
    for row in &mut grid.rows {
        for cell in row {
            if cell.len() > 3
                && cell
                    .trim_start_matches('+')
                    .bytes()
                    .all(|byte| byte.is_ascii_digit())
            {
                *cell = save(cell);
            }
        }
    }
    grid.write(results);
}

pub(super) fn lose_plus(cell: &str) -> String {
    cell.trim_start_matches('+').to_string()
}

pub(super) fn make_scientific(cell: &str) -> String {
    let digits = lose_plus(cell);
    if digits.len() < 12 {
        return digits;
    }
    format!("{}.{}E+{}", &digits[..1], &digits[1..6], digits.len() - 1)
}

/// The outcome of each location that has one row.
pub(super) fn outcomes(results: &Path) -> Option<HashMap<usize, String>> {
    let grid = Grid::read(results)?;
    let column = grid.column("outcome")?;
    let mut outcomes = HashMap::new();
    for location in 0..5 {
        if let [row] = grid.rows_of(location)[..] {
            outcomes.insert(location, grid.rows[row].get(column)?.clone());
        }
    }
    Some(outcomes)
}

/// False when there is nothing to damage.
pub(super) fn damage(journal: &Path, damage: Damage) -> bool {
    let Ok(bytes) = fs::read(journal) else {
        return false;
    };
    let second = bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map(|at| at + 1);
    let damaged = match damage {
        Damage::Mark => [b"\xef\xbb\xbf", &bytes[..]].concat(),
        Damage::CarriageReturns => {
            let text = String::from_utf8_lossy(&bytes).replace('\n', "\r\n");
            text.into_bytes()
        }
        Damage::FirstLine => flip(bytes, 40),
        Damage::FirstRow => {
            let row = bytes.windows(8).position(|text| text == b"{\"row\":{");
            let Some(at) = row.filter(|at| Some(*at) > second) else {
                return false;
            };
            // One with good lines after it.
            flip(bytes, at + 10)
        }
    };
    fs::write(journal, damaged).is_ok()
}

fn flip(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1;
    }
    bytes
}
