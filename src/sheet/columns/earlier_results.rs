//! The columns that an earlier run wrote behind those of the sheet, and what stands in them.

use csv::ByteRecord;

use super::Columns;
use crate::model::outcome::OutcomeKind;
use crate::setting::Setting;
use crate::sheet::duplicates::{SAME_AS_ROW, SENT_ALREADY};
use crate::sheet::plain_name::normalize;
use crate::sheet::result_columns::{CHECK, PRESENT, PREVIOUS, REHEARSED, RESULT_COLUMNS};
use crate::sheet::row_check::RowCheck;

/// Where the columns of an earlier run stand. Somebody may have deleted some of the last ones, or put own
/// ones between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultColumns {
    /// The first of those that every file of results has.
    pub start: usize,
    /// Those of the values from before the run, one for each field.
    pub previous: Vec<Option<usize>>,
    check: Option<usize>,
}

impl ResultColumns {
    pub fn contains(&self, column: usize) -> bool {
        let always = self.start..self.start + RESULT_COLUMNS.len();
        let mut others = self.previous.iter().chain([&self.check]);
        always.contains(&column) || others.any(|other| *other == Some(column))
    }
}

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

    /// The row that another one was the same as, so that an earlier run left it out, by its number in that run.
    pub fn same_as(&self, record: &ByteRecord) -> Option<u64> {
        let message = self.result_cell("message", record)?;
        message.strip_prefix(SAME_AS_ROW)?.parse().ok()
    }

    /// Whether an earlier run left a row out because of another one for its place, which need not be so any more.
    pub fn is_left_for_another(&self, record: &ByteRecord) -> bool {
        let message = self.result_cell("message", record);
        let is_superseded = message.is_some_and(|message| message.ends_with(SENT_ALREADY));
        is_superseded || self.same_as(record).is_some()
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

    /// Where an earlier run wrote the value of each field from before it, if it did.
    pub fn previous(&self) -> Option<&[Option<usize>]> {
        let previous = &*self.results.as_ref()?.previous;
        previous.iter().any(Option::is_some).then_some(previous)
    }

    /// Where an earlier run wrote the checks of its rows, if it did.
    fn check(&self) -> Option<usize> {
        self.results.as_ref()?.check
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
    let names = normalized(header);
    let is_told = |suffix: &str| {
        let mut prefixes = [PREVIOUS, PRESENT].into_iter();
        prefixes.any(|prefix| names.contains(&normalize(&format!("{prefix}{suffix}"))))
    };
    let fields = setting.fields.iter();
    let told = fields.filter(|field| is_told(field.suffix));
    told.map(|field| field.column).collect()
}

/// Those of which a run with a backup tells, whatever has become of the columns that it was made from.
pub(super) fn told_by_backup(header: &ByteRecord, setting: &Setting) -> Vec<&'static str> {
    let previous = result_columns(header, setting).map(|results| results.previous);
    let fields = setting.fields.iter().zip(previous.unwrap_or_default());
    let told = fields.filter_map(|(field, at)| at.map(|_| field.column));
    told.collect()
}

/// The columns that every file of results has stand together in their order, or they are columns of the
/// user's that happen to have such a name; the others follow.
pub(super) fn result_columns(header: &ByteRecord, setting: &Setting) -> Option<ResultColumns> {
    let names = normalized(header);
    let results = RESULT_COLUMNS.map(normalize);
    let start = names
        .windows(results.len())
        .position(|found| *found == results)?;
    let first = start + results.len();
    let find = |wanted: &str, end: usize| {
        let wanted = normalize(wanted);
        let found = names[first..end].iter().position(|name| *name == wanted)?;
        Some(first + found)
    };
    let check = find(CHECK, names.len());
    let end = check.unwrap_or(names.len());
    let previous = setting.columns(PREVIOUS);
    Some(ResultColumns {
        start,
        previous: previous.iter().map(|name| find(name, end)).collect(),
        check,
    })
}

fn normalized(header: &ByteRecord) -> Vec<String> {
    let cells = header.iter().map(String::from_utf8_lossy);
    cells.map(|cell| normalize(&cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::all_locations::ALL_LOCATIONS;
    use crate::setting::location_numbers::LOCATION_NUMBERS;
    use crate::sheet::columns::IgnoredColumns;

    fn find(header: &[&str]) -> Columns {
        let header = ByteRecord::from(header.to_vec());
        Columns::find(&header, 1, false, &IgnoredColumns::default(), None).expect("usable")
    }

    #[test]
    fn columns_that_were_deleted_hide_no_others() {
        for (behind, previous, check) in [
            (&["rowCheck"][..], None, Some(12)),
            (&["rowCheck", "previous1"], None, Some(12)),
            (
                &["previous1", "previous3", "rowCheck"],
                Some([Some(12), None, Some(13)]),
                Some(14),
            ),
            (
                &["previous2", "note", "rowCheck"],
                Some([None, Some(12), None]),
                Some(14),
            ),
            (
                &["previous3", "previous1"],
                Some([Some(13), None, Some(12)]),
                None,
            ),
        ] {
            let own = ["orgId", "locationId", "n1", "previous1"];
            let all = [&own[..], &RESULT_COLUMNS, behind].concat();
            let columns = find(&all);
            assert_eq!(columns.previous(), previous.as_ref().map(|all| &all[..]));
            assert_eq!(columns.check(), check, "{behind:?}");
        }
    }

    #[test]
    fn results_tell_what_was_set_where_columns_of_the_sheet_are_deleted() {
        let setting = |own: &[&str], previous: &[String]| {
            let previous = previous.iter().map(String::as_str);
            let all: Vec<&str> = ["orgId", "locationId"].into_iter().collect();
            let all = [&all[..], own, &RESULT_COLUMNS].concat();
            let all: Vec<&str> = all.into_iter().chain(previous).chain([CHECK]).collect();
            find(&all).setting.name
        };
        let previous = ALL_LOCATIONS.columns(PREVIOUS);
        let of_numbers = LOCATION_NUMBERS.columns(PREVIOUS);
        assert_eq!(setting(&["national"], &previous), ALL_LOCATIONS.name);
        assert_eq!(setting(&["n1"], &previous[1..]), ALL_LOCATIONS.name);
        // A column of the person's own.
        let own = ["n1", "national"];
        assert_eq!(setting(&own, &of_numbers), LOCATION_NUMBERS.name);
    }

    #[test]
    fn the_columns_of_an_earlier_run_are_told_from_the_users_own() {
        let own = ["orgId", "locationId", "n1", "status"];
        assert_eq!(find(&own).results, None);
        let mut header = own.to_vec();
        header.extend(RESULT_COLUMNS);
        assert_eq!(find(&header).previous(), None);
        header.extend(["previous1", "previous2", "previous3"]);
        header.push("note");
        let columns = find(&header);
        assert_eq!(
            columns.previous(),
            Some(&[Some(12), Some(13), Some(14)][..])
        );
        assert!(columns.is_own(3) && !columns.is_own(4) && columns.is_own(15));
    }
}
