//! The columns that an earlier run wrote behind those of the sheet, and what stands in them.

use std::ops::Range;

use csv::ByteRecord;

use super::{Columns, normalize};
use crate::model::outcome::OutcomeKind;
use crate::setting::Setting;
use crate::sheet::duplicates::SAME_AS_ROW;
use crate::sheet::result_columns::{CHECK, PRESENT, PREVIOUS, REHEARSED, RESULT_COLUMNS};
use crate::sheet::row_check::RowCheck;

impl Columns {
    /// What an earlier run noted of a row, if it can be understood.
    pub fn outcome_in(&self, record: &ByteRecord) -> Option<OutcomeKind> {
        let word = self.outcome_cell(record)?;
        OutcomeKind::from_word(word.strip_suffix(REHEARSED).unwrap_or(word))
    }

    /// The number that a row had when an earlier run wrote it.
    pub fn row_in(&self, record: &ByteRecord) -> Option<u64> {
        let cell = record.get(self.results.as_ref()?.start)?;
        std::str::from_utf8(cell).ok()?.trim().parse().ok()
    }

    /// Whether an older wxbulk called a row `failed` although an earlier try of it may have taken
    /// effect: only a single change that was refused had none. Two requests are one to read and one to
    /// write.
    pub fn is_doubtful_failure(&self, record: &ByteRecord) -> bool {
        let number_in = |name: &str| self.result_cell(name, record)?.parse::<u64>().ok();
        let is_refused = matches!(number_in("status"), Some(400..500));
        !(is_refused && number_in("attempts").is_some_and(|attempts| attempts <= 2))
    }

    /// When a row got its outcome, as an earlier run wrote it.
    pub fn finished_at_in<'r>(&self, record: &'r ByteRecord) -> Option<&'r str> {
        let text = self.result_cell("finishedAt", record);
        text.filter(|text| !text.is_empty())
    }

    /// Whether an earlier run left a row out as it was the same as another one.
    pub fn is_noted_as_same(&self, record: &ByteRecord) -> bool {
        let message = self.result_cell("message", record);
        message.is_some_and(|message| message.starts_with(SAME_AS_ROW))
    }

    fn result_cell<'r>(&self, name: &str, record: &'r ByteRecord) -> Option<&'r str> {
        let at = RESULT_COLUMNS.iter().position(|one| *one == name)?;
        let cell = record.get(self.results.as_ref()?.start + at)?;
        Some(std::str::from_utf8(cell).ok()?.trim())
    }

    /// Whether a row was only rehearsed.
    pub fn is_rehearsed(&self, record: &ByteRecord) -> bool {
        let word = self.outcome_cell(record);
        word.is_some_and(|word| word.ends_with(REHEARSED))
    }

    /// What an earlier run said of a row.
    pub fn message_in<'r>(&self, record: &'r ByteRecord) -> Option<&'r str> {
        let at = RESULT_COLUMNS.iter().position(|name| *name == "message")?;
        let cell = record.get(self.results.as_ref()?.start + at)?;
        Some(std::str::from_utf8(cell).ok()?.trim())
    }

    fn outcome_cell<'r>(&self, record: &'r ByteRecord) -> Option<&'r str> {
        self.result_cell("outcome", record)
    }

    /// Where an earlier run wrote the values from before it, if it did.
    pub fn previous(&self) -> Option<Range<usize>> {
        let results = self.results.as_ref()?;
        let start = results.start + RESULT_COLUMNS.len();
        let end = start + self.setting.fields.len();
        (results.end >= end).then_some(start..end)
    }

    /// Where an earlier run wrote the checks of its rows, if it did.
    fn check(&self) -> Option<usize> {
        let results = self.results.as_ref()?;
        let before = self.previous().map_or(0, |previous| previous.len());
        let at = results.start + RESULT_COLUMNS.len() + before;
        (results.end > at).then_some(at)
    }

    /// Whether the sheet is one of results whose rows have checks.
    pub fn has_checks(&self) -> bool {
        self.check().is_some()
    }

    /// Whether a row has no check where the others have one: it was not to be sent.
    pub fn lacks_check(&self, record: &ByteRecord) -> bool {
        let cell = self.check().map(|at| record.get(at).unwrap_or_default());
        cell.is_some_and(|cell| cell.trim_ascii().is_empty())
    }

    /// By which run a row was written, and which of its cells are as they were then.
    pub fn check_in(&self, record: &ByteRecord) -> Option<RowCheck> {
        std::str::from_utf8(record.get(self.check()?)?)
            .ok()?
            .parse()
            .ok()
    }
}

/// The columns of a setting whose values an earlier run, or a plan, has told in columns of its own.
pub(in crate::sheet) fn told_by_results(
    header: &ByteRecord,
    setting: &Setting,
) -> Vec<&'static str> {
    let cells = header.iter().map(String::from_utf8_lossy);
    let cells: Vec<String> = cells.map(|cell| normalize(&cell)).collect();
    let is_told = |suffix: &str| {
        let mut prefixes = [PREVIOUS, PRESENT].into_iter();
        prefixes.any(|prefix| cells.contains(&normalize(&format!("{prefix}{suffix}"))))
    };
    let fields = setting.fields.iter();
    let told = fields.filter(|field| is_told(field.suffix));
    told.map(|field| field.column).collect()
}

/// The result columns stand together in their order, or they are columns of the user's that
/// happen to have such a name.
pub(super) fn result_columns(header: &ByteRecord, setting: &Setting) -> Option<Range<usize>> {
    let names = header
        .iter()
        .map(|cell| normalize(&String::from_utf8_lossy(cell)));
    let names: Vec<String> = names.collect();
    let stands_at = |at: usize, wanted: &[String]| {
        let found = names.get(at..at + wanted.len());
        found.is_some_and(|found| {
            let mut pairs = found.iter().zip(wanted);
            pairs.all(|(name, wanted)| *name == normalize(wanted))
        })
    };
    let results = RESULT_COLUMNS.map(String::from);
    let start = (0..names.len()).find(|start| stands_at(*start, &results))?;
    let end = start + RESULT_COLUMNS.len();
    let has = |at: usize, columns: &[String]| {
        if stands_at(at, columns) {
            columns.len()
        } else {
            0
        }
    };
    let end = end + has(end, &setting.columns(PREVIOUS));
    Some(start..end + has(end, &[CHECK.to_string()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &[&str]) -> Columns {
        let header = ByteRecord::from(header.to_vec());
        Columns::find(&header, 1, false, &[], None).expect("usable")
    }

    #[test]
    fn the_columns_of_an_earlier_run_are_told_from_the_users_own() {
        let own = ["orgId", "locationId", "n1", "status"];
        assert_eq!(find(&own).results, None);
        let mut header = own.to_vec();
        header.extend(RESULT_COLUMNS);
        assert_eq!(find(&header).results, Some(4..12));
        header.extend(["previous1", "previous2", "previous3"]);
        header.push("note");
        let columns = find(&header);
        assert_eq!(columns.results, Some(4..15));
        assert!(columns.is_own(3) && !columns.is_own(4) && columns.is_own(15));
    }
}
