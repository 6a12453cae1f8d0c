//! Finds the columns wxbulk knows by their names in the header.

use std::ops::Range;

use csv::ByteRecord;

use crate::model::outcome::OutcomeKind;
use crate::setting::{self, Setting};
use crate::sheet::problem::{Place, Problem, column_letters};
use crate::sheet::result_columns::{CHECK, PREVIOUS, REHEARSED, RESULT_COLUMNS};
use crate::sheet::row_check::RowCheck;

/// Letters wrong, missing or swapped in a name that is still taken for a misspelt one.
const MISSPELT: usize = 2;

/// Where the known columns stand, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// `None`: every row belongs to the default organization.
    pub org_id: Option<usize>,
    /// Names, which may stand in where an id does not stand.
    pub org_name: Option<usize>,
    /// One of these two is there.
    pub location_id: Option<usize>,
    pub location_name: Option<usize>,
    /// What the sheet sets.
    pub setting: &'static Setting,
    /// Where each of its fields stands.
    pub fields: Vec<Option<usize>>,
    /// Cells in the header but for empty ones at its end, and so in every row.
    pub width: usize,
    /// The result columns of an earlier run, where the sheet is a results file.
    pub results: Option<Range<usize>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    OrgId,
    LocationId,
    OrgName,
    LocationName,
    /// A field of the setting.
    Field(usize),
}

impl Known {
    const IDS_AND_NAMES: [Known; 4] = [
        Known::OrgId,
        Known::LocationId,
        Known::OrgName,
        Known::LocationName,
    ];

    /// All columns of a sheet for a setting.
    fn all(setting: &Setting) -> impl Iterator<Item = Known> + use<> {
        let fields = 0..setting.fields.len();
        Self::IDS_AND_NAMES
            .into_iter()
            .chain(fields.map(Known::Field))
    }

    fn of_name(name: &str, setting: &Setting) -> Option<Known> {
        Self::all(setting).find(|known| known.spellings(setting).contains(&name))
    }

    /// As [`normalize`] leaves them.
    fn spellings(self, setting: &Setting) -> &'static [&'static str] {
        match self {
            Known::OrgId => &["orgid", "organizationid"],
            Known::LocationId => &["locationid"],
            Known::OrgName => &["orgname", "organizationname"],
            Known::LocationName => &["locationname"],
            Known::Field(index) => setting.fields[index].spellings,
        }
    }

    fn name(self, setting: &Setting) -> &'static str {
        match self {
            Known::OrgId => "orgId",
            Known::LocationId => "locationId",
            Known::OrgName => "orgName",
            Known::LocationName => "locationName",
            Known::Field(index) => setting.fields[index].column,
        }
    }
}

/// The setting whose columns the header has; the first of all where it has none.
fn setting_of(header: &ByteRecord) -> &'static Setting {
    let names: Vec<String> = names_in(header).collect();
    let has_a_column = |setting: &&Setting| {
        let mut spellings = setting.fields.iter().flat_map(|field| field.spellings);
        spellings.any(|spelling| names.iter().any(|name| name == spelling))
    };
    setting::ALL
        .into_iter()
        .find(has_a_column)
        .unwrap_or(setting::ALL[0])
}

fn names_in(header: &ByteRecord) -> impl Iterator<Item = String> {
    header
        .iter()
        .map(|cell| normalize(&String::from_utf8_lossy(cell)))
}

impl Columns {
    /// Finds the columns in the header, which stands in `row`; else everything that is wrong
    /// with it. `org_is_given`: an organization for the rows without one was named.
    pub fn find(
        header: &ByteRecord,
        row: u64,
        org_is_given: bool,
    ) -> Result<Columns, Vec<Problem>> {
        let setting = setting_of(header);
        let mut places: Vec<(Known, Vec<usize>)> = Known::all(setting)
            .map(|known| (known, Vec::new()))
            .collect();
        for (index, name) in names_in(header).enumerate() {
            let known = Known::of_name(&name, setting);
            if let Some((_, found)) = places.iter_mut().find(|(one, _)| Some(*one) == known) {
                found.push(index);
            }
        }
        let of = |known: Known| -> &[usize] {
            let found = places.iter().find(|(one, _)| *one == known);
            found.map_or(&[], |(_, found)| found)
        };
        let mut problems = Vec::new();
        let is_missing = |known| of(known).is_empty();
        for (known, found) in &places {
            let name = known.name(setting);
            // Where there are ids nobody asks for names, which are the user's own business.
            let is_needed = match known {
                Known::OrgName => is_missing(Known::OrgId) && !org_is_given,
                Known::LocationName => is_missing(Known::LocationId),
                _ => true,
            };
            if let ([_, second, ..], true) = (&found[..], is_needed) {
                let second = *second;
                let letters: Vec<_> = found.iter().map(|index| column_letters(*index)).collect();
                problems.push(Problem::new(
                    Place::cell(row, second, name),
                    format!(
                        "there are {} columns `{}`: {}; rename or delete all but one",
                        found.len(),
                        name,
                        letters.join(", ")
                    ),
                ));
            }
        }
        let first = |known| of(known).first().copied();
        let only = |known| <&[_; 1]>::try_from(of(known)).ok();
        let location_id = first(Known::LocationId);
        let location_name = only(Known::LocationName).map(|[at]| *at);
        let org_id = first(Known::OrgId);
        let org_name = only(Known::OrgName).map(|[at]| *at);
        let fields: Vec<Option<usize>> = (0..setting.fields.len())
            .map(|index| first(Known::Field(index)))
            .collect();
        let mut missing = |name: &str, known: &[Known], hint: &str| {
            let found = list_of_names(header);
            let hint = match nearest(header, known, setting) {
                Some(near) => format!(" (is it `{near}`? then rename that)"),
                None => hint.to_string(),
            };
            problems.push(Problem::new(
                Place::row(row),
                format!("there is no column `{name}`{hint}; the columns found are {found}"),
            ));
        };
        if org_id.or(org_name).is_none() && !org_is_given {
            missing(
                "orgId",
                &[Known::OrgId],
                " (add one; a cell left empty means the token's own organization; or name the organization with --org)",
            );
        }
        if location_id.or(location_name).is_none() {
            missing(
                "locationId",
                &[Known::LocationId],
                " (nor `locationName`, which would do)",
            );
        }
        if fields.iter().all(Option::is_none) {
            let known: Vec<Known> = (0..setting.fields.len()).map(Known::Field).collect();
            missing(&one_of(&setting.column_names()), &known, "");
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Columns {
            org_id,
            org_name,
            location_id,
            location_name,
            setting,
            fields,
            width: used_width(header),
            results: result_columns(header, setting),
        })
    }

    /// Where a row says which location it is for.
    pub fn location(&self) -> usize {
        self.location_id.or(self.location_name).unwrap_or_default()
    }

    /// How many cells of a row are names of known columns.
    pub fn count_known(row: &ByteRecord) -> usize {
        let is_known = |name: &String| {
            let mut settings = setting::ALL.into_iter();
            settings.any(|setting| Known::of_name(name, setting).is_some())
        };
        names_in(row).filter(is_known).count()
    }

    /// Where an earlier run wrote its outcomes.
    fn outcome(&self) -> Option<usize> {
        let at = RESULT_COLUMNS.iter().position(|name| *name == "outcome")?;
        Some(self.results.as_ref()?.start + at)
    }

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
        let number_in = |name: &str| -> Option<u64> {
            let at = RESULT_COLUMNS.iter().position(|one| *one == name)?;
            let cell = record.get(self.results.as_ref()?.start + at)?;
            std::str::from_utf8(cell).ok()?.trim().parse().ok()
        };
        let is_refused = matches!(number_in("status"), Some(400..500));
        !(is_refused && number_in("attempts").is_some_and(|attempts| attempts <= 2))
    }

    /// Whether a row was only rehearsed.
    pub fn is_rehearsed(&self, record: &ByteRecord) -> bool {
        let word = self.outcome_cell(record);
        word.is_some_and(|word| word.ends_with(REHEARSED))
    }

    fn outcome_cell<'r>(&self, record: &'r ByteRecord) -> Option<&'r str> {
        Some(
            std::str::from_utf8(record.get(self.outcome()?)?)
                .ok()?
                .trim(),
        )
    }

    /// Which field of the setting stands in a column.
    pub fn field_at(&self, column: usize) -> Option<usize> {
        self.fields.iter().position(|at| *at == Some(column))
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

    /// By which run a row was written, and which of its cells are as they were then.
    pub fn check_in(&self, record: &ByteRecord) -> Option<RowCheck> {
        std::str::from_utf8(record.get(self.check()?)?)
            .ok()?
            .parse()
            .ok()
    }

    /// Whether a column is the user's own, not the result of an earlier run.
    pub fn is_own(&self, index: usize) -> bool {
        !self
            .results
            .as_ref()
            .is_some_and(|results| results.contains(&index))
    }
}

/// Spreadsheets like to add empty columns.
fn used_width(header: &ByteRecord) -> usize {
    let is_used = |cell: &[u8]| !cell.trim_ascii().is_empty();
    header.iter().rposition(is_used).map_or(0, |last| last + 1)
}

/// ``n1`, `n2` or `n3``, as it stands between two backticks.
fn one_of(names: &[&str]) -> String {
    match names {
        [others @ .., last] if !others.is_empty() => {
            format!("{}` or `{last}", others.join("`, `"))
        }
        _ => names.join(""),
    }
}

/// Any case; spaces, `_` and `-` ignored; a byte order mark and what else is invisible too.
pub(super) fn normalize(name: &str) -> String {
    name.chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The result columns stand together in their order, or they are columns of the user's that
/// happen to have such a name.
fn result_columns(header: &ByteRecord, setting: &Setting) -> Option<Range<usize>> {
    let names: Vec<String> = names_in(header).collect();
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

/// The name in the header that was probably meant for one of `wanted`: misspelt by a letter or two.
fn nearest(header: &ByteRecord, wanted: &[Known], setting: &Setting) -> Option<String> {
    let distance = |name: &str| {
        let name = normalize(name);
        let spellings = wanted.iter().flat_map(|known| known.spellings(setting));
        // A short name has too many neighbors: `n4` is not a misspelt `n1`. One that is much longer
        // or shorter is not worth the comparison.
        let letters = name.chars().count();
        let likely = spellings
            .filter(|spelling| spelling.len() >= 5 && spelling.len().abs_diff(letters) <= MISSPELT);
        likely
            .map(|spelling| strsim::damerau_levenshtein(&name, spelling))
            .min()
    };
    let names = header.iter().map(|cell| String::from_utf8_lossy(cell));
    let near = names.filter(|name| Known::of_name(&normalize(name), setting).is_none());
    let near = near.filter_map(|name| Some((distance(&name)?, name)));
    let (_, name) = near.filter(|(distance, _)| *distance <= MISSPELT).min()?;
    Some(super::problem::shorten(&name))
}

fn list_of_names(header: &ByteRecord) -> String {
    const SHOWN: usize = 12;
    let mut names: Vec<String> = header
        .iter()
        .take(SHOWN)
        .map(|cell| {
            format!(
                "`{}`",
                super::problem::shorten(&String::from_utf8_lossy(cell))
            )
        })
        .collect();
    if header.len() > SHOWN {
        names.push(format!("and {} more", header.len() - SHOWN));
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &[&str]) -> Result<Columns, Vec<String>> {
        Columns::find(&ByteRecord::from(header.to_vec()), 1, false)
            .map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn columns_are_found_by_any_spelling_in_any_order() {
        let columns = find(&[
            "Site",
            "LOCATION-ID",
            "Auto Transfer Number 2",
            "n1",
            "Organization_Id",
        ])
        .expect("all there");
        assert_eq!(columns.org_id, Some(4));
        assert_eq!(columns.location_id, Some(1));
        assert_eq!(columns.fields, [Some(3), Some(2), None]);
        assert_eq!(columns.results, None);
    }

    #[test]
    fn missing_and_doubled_columns_are_all_named_at_once() {
        let problems = find(&["Org", "locationId", "location id", "x"]).expect_err("problems");
        insta::assert_snapshot!(problems.join("\n"), @"
        row 1, column C (locationId): there are 2 columns `locationId`: B, C; rename or delete all but one
        row 1: there is no column `orgId` (is it `Org`? then rename that); the columns found are `Org`, `locationId`, `location id`, `x`
        row 1: there is no column `n1`, `n2` or `n3`; the columns found are `Org`, `locationId`, `location id`, `x`
        ");
        assert!(find(&["orgId", "locationId", "n1", "N-1"]).is_err());
    }

    #[test]
    fn a_misspelt_column_is_asked_about() {
        let nearest_to = |name: &str| {
            let problems = find(&["orgId", name, "n1"]).expect_err("a problem");
            problems[0].contains(&format!("(is it `{name}`?"))
        };
        for name in ["LocatoinID", "Location Ids", "loction-id"] {
            assert!(nearest_to(name), "{name}");
        }
        for name in ["site id", "", "x", "place"] {
            assert!(!nearest_to(name), "{name}");
        }
    }

    #[test]
    fn the_columns_of_an_earlier_run_are_told_from_the_users_own() {
        let own = ["orgId", "locationId", "n1", "status"];
        assert_eq!(find(&own).expect("usable").results, None);
        let mut header = own.to_vec();
        header.extend(RESULT_COLUMNS);
        assert_eq!(find(&header).expect("usable").results, Some(4..12));
        header.extend(["previous1", "previous2", "previous3"]);
        header.push("note");
        let columns = find(&header).expect("usable");
        assert_eq!(columns.results, Some(4..15));
        assert!(columns.is_own(3) && !columns.is_own(4) && columns.is_own(15));
    }
}
