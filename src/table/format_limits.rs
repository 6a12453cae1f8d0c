//! What can be written under a name, said before anything is: the kind of file, and for a sheet of
//! Excel how much fits.

use std::path::Path;

use anyhow::{Result, bail};

use crate::table::{COLUMNS, ROWS};

/// Written by other programs, and so not by us under a name that promises it.
const FOREIGN: [&str; 6] = ["xls", "xlsm", "xlsb", "ods", "numbers", "pdf"];

/// Makes sure beforehand that this number of rows and columns can be written under a name.
pub fn ensure_fits(path: &Path, rows: u64, columns: usize) -> Result<()> {
    let shown = path.display();
    let ending = ending_of(path);
    if FOREIGN.contains(&ending.as_str()) {
        bail!("`{shown}`: files that end in .{ending} cannot be written, only .csv and .xlsx");
    }
    if !is_workbook(path) {
        return Ok(());
    }
    // The header takes one.
    if rows >= ROWS.into() {
        bail!(
            "a sheet in Excel holds {ROWS} rows, and {rows} rows with a header are too many; name a .csv file instead of `{shown}`"
        );
    }
    if columns > COLUMNS.into() {
        bail!(
            "a sheet in Excel holds {COLUMNS} columns, and {columns} are needed; name a .csv file instead of `{shown}`"
        );
    }
    Ok(())
}

/// Whether a file of that name is written as a workbook.
pub fn is_workbook(path: &Path) -> bool {
    ending_of(path) == "xlsx"
}

fn ending_of(path: &Path) -> String {
    let ending = path.extension().unwrap_or_default();
    ending.to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_excel_cannot_hold_is_said_beforehand() {
        let fits = |path: &str, rows: u64, columns| ensure_fits(Path::new(path), rows, columns);
        assert!(fits("a.xlsx", 1_048_575, 16_384).is_ok());
        assert!(fits("a.csv", 5_000_000, 20_000).is_ok());
        assert!(fits("results", 5_000_000, 20_000).is_ok());
        for (path, rows, columns) in [
            ("a.xlsx", 1_048_576, 5),
            ("a.XLSX", 5, 16_385),
            ("a.xls", 5, 5),
            ("a.ods", 5, 5),
        ] {
            assert!(fits(path, rows, columns).is_err(), "{path}");
        }
        let error = fits("a.xlsx", 1_048_576, 5).expect_err("too many");
        insta::assert_snapshot!(error, @"a sheet in Excel holds 1048576 rows, and 1048576 rows with a header are too many; name a .csv file instead of `a.xlsx`");
    }
}
