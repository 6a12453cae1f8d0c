//! Columns that are the person's own although they are called like others. What a person typed has to be
//! there; of what an earlier run of the file noted, somebody may have deleted a column.

use csv::ByteRecord;

use super::header_row::is_called;
use crate::setting;
use crate::sheet::problem::{Place, Problem, shorten};
use crate::sheet::result_columns::{ACTION, ORG_ID, REASON, RESULT_COLUMNS};

/// The names of such columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoredColumns {
    typed: Vec<String>,
    noted: Vec<String>,
}

impl IgnoredColumns {
    /// Those that a person named.
    pub fn typed(names: Vec<String>) -> IgnoredColumns {
        IgnoredColumns {
            typed: names,
            noted: Vec::new(),
        }
    }

    /// Those that an earlier run noted.
    pub fn noted(names: Vec<String>) -> IgnoredColumns {
        IgnoredColumns {
            typed: Vec::new(),
            noted: names,
        }
    }

    /// Adds those that the run which wrote the file noted: a name that is not typed again is no difference.
    pub fn add_noted(&mut self, names: &[String]) {
        let new = names.iter().filter(|name| !self.names().contains(name));
        let new: Vec<String> = new.cloned().collect();
        self.noted.extend(new);
    }

    /// Whether somebody typed another name than these.
    pub fn differ_from(&self, names: &[String]) -> bool {
        self.typed.iter().any(|name| !names.contains(name))
    }

    /// All of them.
    pub fn names(&self) -> Vec<&String> {
        self.typed.iter().chain(&self.noted).collect()
    }

    /// Whether columns without a name are among them.
    pub(super) fn have_nameless(&self) -> bool {
        let mut names = self.names().into_iter();
        names.any(|name| name.trim().is_empty())
    }

    /// Whether a column of a header is one of them.
    pub fn has(&self, header: &ByteRecord, column: usize) -> bool {
        let cell = String::from_utf8_lossy(header.get(column).unwrap_or_default());
        let mut names = self.names().into_iter();
        names.any(|name| is_called(&cell, name) && !is_added_by_a_run(header, column, name))
    }

    /// A problem for each column that a person named and that is not there. The empty cell above a column
    /// without a name may be missing.
    pub(super) fn unknown(&self, header: &ByteRecord, row: u64) -> Vec<Problem> {
        let is_missing = |name: &&String| {
            let mut cells = header.iter().map(String::from_utf8_lossy);
            !name.trim().is_empty() && !cells.any(|cell| is_called(&cell, name))
        };
        let missing = self.typed.iter().filter(is_missing);
        let problem = |name: &String| {
            let shown = shorten(name);
            Problem::new(
                Place::row(row),
                format!(
                    "--ignore-column names `{shown}`, but row {row} has no such column; copy the name from there"
                ),
            )
        };
        missing.map(problem).collect()
    }
}

/// Whether a run wrote the column behind those of the person, of which an earlier one is the one of this name
/// that is ignored: the ids of what names mean stand directly before what a run says of a row.
fn is_added_by_a_run(header: &ByteRecord, column: usize, name: &str) -> bool {
    let cell = |at: usize| header.get(at).unwrap_or_default();
    let is_id = |at: usize| {
        let mut all = setting::ALL.into_iter();
        cell(at) == ORG_ID.as_bytes()
            || all.any(|setting| cell(at) == setting.target.id_column.as_bytes())
    };
    let mut earlier = header.iter().take(column).map(String::from_utf8_lossy);
    let begins = |at: usize, names: [&str; 2]| {
        let mut names = names.iter().enumerate();
        names.all(|(index, name)| cell(at + index) == name.as_bytes())
    };
    let mut next = column;
    while is_id(next) {
        next += 1;
    }
    next > column
        && (begins(next, [RESULT_COLUMNS[0], RESULT_COLUMNS[1]]) || begins(next, [ACTION, REASON]))
        && earlier.any(|cell| is_called(&cell, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_a_run_added_is_not_the_persons() {
        for (header, ignored) in [
            ("locationName,Location ID,n1", "Location ID"),
            (
                "locationName,Location ID,n1,locationId,row,outcome",
                "Location ID",
            ),
            (
                "Organisation-ID,Location ID,n1,orgId,locationId,action,reason",
                "Organisation-ID,Location ID",
            ),
            // Nothing tells that a run has written these.
            ("locationName,n1,locationId,row,outcome", "locationId"),
            (
                "Location ID,locationName,n1,locationId",
                "Location ID,locationId",
            ),
        ] {
            let names = ["location id", "organisation id"];
            let columns = IgnoredColumns::noted(names.map(String::from).to_vec());
            let header: ByteRecord = header.split(',').collect::<Vec<_>>().into();
            let found = (0..header.len()).filter(|column| columns.has(&header, *column));
            let found: Vec<_> = found
                .map(|column| String::from_utf8_lossy(&header[column]))
                .collect();
            assert_eq!(found.join(","), ignored, "{header:?}");
        }
    }
}
