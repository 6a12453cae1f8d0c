//! What a cell of the header names: one of the known columns, perhaps with a remark; one of them once
//! more, as programs rename what is repeated; something near one of them; or a column of the person's
//! own.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::heading_meaning::Meant;
use super::near_heading::{beginning, near};
use crate::setting::{self, FieldKind, Setting};
use crate::sheet::cell_diagnostics::DOUBTS;
use crate::sheet::plain_name::normalize;
use crate::sheet::result_columns::{
    ACTION, CHECK, NEW, NOT_READ, PRESENT, PREVIOUS, REASON, RESTRICTED, RESULT_COLUMNS,
    UNDONE_ROW, as_it_is, used_by_column,
};

/// The columns that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    OrgId,
    TargetId,
    OrgName,
    TargetName,
    /// A field of the setting.
    Field(usize),
}

/// What a cell of the header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderName {
    Known(Known),
    /// `n1.1`, `n1 (2)`: programs rename the second column of a name so.
    Repeated(Known),
    Near(Meant),
    /// A column of a results file or a plan.
    Result,
    Own,
}

/// Remarks behind a name that change nothing about it.
const REMARKS: [&str; 24] = [
    "required",
    "mandatory",
    "optional",
    "recommended",
    "req",
    "opt",
    "pflicht",
    "pflichtfeld",
    "erforderlich",
    "obligatorio",
    "obligatoire",
    "requis",
    "e164",
    "format",
    "text",
    "string",
    "uuid",
    "guid",
    "webex",
    "control",
    "hub",
    "api",
    "calling",
    "unique",
];

/// Bytes of a name, at most: no spreadsheet keeps more in a cell.
const LONGEST_NAME: usize = 32_767;

/// What stands before a value in a remark. Without one it says that the column is no more than that.
const EXAMPLES: [&str; 5] = ["eg", "ex", "example", "zb", "beispiel"];

/// The same behind the name of a rule.
const REMARKS_OF_RULES: [&str; 7] = [
    "rule",
    "rules",
    "action",
    "permission",
    "permissions",
    "regel",
    "berechtigung",
];

impl Known {
    const IDS_AND_NAMES: [Known; 4] = [
        Known::OrgId,
        Known::TargetId,
        Known::OrgName,
        Known::TargetName,
    ];

    /// All columns of a sheet for a setting.
    pub(super) fn all(setting: &Setting) -> impl Iterator<Item = Known> + use<> {
        let fields = 0..setting.fields.len();
        Self::IDS_AND_NAMES
            .into_iter()
            .chain(fields.map(Known::Field))
    }

    /// Which field of the setting it is, if it is one.
    pub(super) fn field(self) -> Option<usize> {
        match self {
            Known::Field(index) => Some(index),
            _ => None,
        }
    }

    /// The column that is called so, but for what [`normalize`] takes out.
    fn of_name(name: &str, setting: &Setting) -> Option<Known> {
        let name = normalize(name);
        Self::all(setting).find(|known| known.spellings(setting).contains(&name.as_str()))
    }

    /// As [`normalize`] leaves them.
    pub(super) fn spellings(self, setting: &Setting) -> &'static [&'static str] {
        match self {
            Known::OrgId => &["orgid", "organizationid", "organisationid"],
            Known::TargetId => setting.target.id_spellings,
            Known::OrgName => &["orgname", "organizationname", "organisationname"],
            Known::TargetName => setting.target.name_spellings,
            Known::Field(index) => setting.fields[index].spellings,
        }
    }

    pub(super) fn name(self, setting: &Setting) -> &'static str {
        match self {
            Known::OrgId => "orgId",
            Known::TargetId => setting.target.id_column,
            Known::OrgName => "orgName",
            Known::TargetName => setting.target.name_column,
            Known::Field(index) => setting.fields[index].column,
        }
    }
}

impl HeaderName {
    /// The known column that a cell names, with a remark or without.
    pub(super) fn known(cell: &str, setting: &Setting) -> Option<Known> {
        if !may_be_name(cell) {
            return None;
        }
        let bare = without_enumeration(cell);
        let known = Known::of_name(cell, setting)
            .or_else(|| Known::of_name(bare, setting))
            .or_else(|| with_remark(bare, setting));
        known.filter(|known| !(matches!(known, Known::Field(_)) && is_crossed_out(cell)))
    }

    /// What a cell names in a sheet for a setting, which may have been meant for a wider one.
    pub(super) fn read(cell: &str, setting: &Setting, widest: &Setting) -> HeaderName {
        if !may_be_name(cell) {
            return HeaderName::Own;
        }
        if let Some(known) = HeaderName::known(cell, setting) {
            return HeaderName::Known(known);
        }
        let bare = without_enumeration(cell);
        if let Some(known) = repeated(bare, setting) {
            return HeaderName::Repeated(known);
        }
        if is_ours(cell, setting) {
            return HeaderName::Result;
        }
        if let Some(Known::Field(index)) = HeaderName::known(cell, widest) {
            return HeaderName::Near(Meant::field(widest.fields[index].column, widest));
        }
        near(cell, widest).map_or(HeaderName::Own, HeaderName::Near)
    }
}

/// Whether a column is one of a results file, a plan or an export, and never meant for anything else.
/// `New national` may be meant for a rule where the sheet is not one of rules.
pub(super) fn is_ours(cell: &str, setting: &Setting) -> bool {
    // All of them are compared with each cell of a header, which may have thousands.
    static OF_ANY_SETTING: LazyLock<HashSet<String>> = LazyLock::new(of_any_setting);
    let name = normalize(cell);
    let mut new = setting.columns(NEW).into_iter();
    OF_ANY_SETTING.contains(&name) || new.any(|ours| normalize(&ours) == name)
}

/// As [`normalize`] leaves them.
fn of_any_setting() -> HashSet<String> {
    let of_a_setting = |setting: &Setting| {
        let told = [PREVIOUS, PRESENT].into_iter();
        let told = told.flat_map(|start| setting.columns(start));
        let as_they_are = setting.column_names().into_iter().map(as_it_is);
        let numbers = 0..setting.fields.len();
        let used_by = numbers.map(used_by_column);
        told.chain(as_they_are).chain(used_by).collect::<Vec<_>>()
    };
    let others = [CHECK, ACTION, REASON, UNDONE_ROW, NOT_READ, RESTRICTED].into_iter();
    let others = RESULT_COLUMNS.into_iter().chain(others).map(String::from);
    let all = others.chain(setting::ALL.into_iter().flat_map(of_a_setting));
    all.map(|ours| normalize(&ours)).collect()
}

/// Whether what is in a cell may be a name, and is not half a file.
fn may_be_name(cell: &str) -> bool {
    cell.len() <= LONGEST_NAME
}

/// `//n2`, `~n2~`, `n2 ✗`: a field that is crossed out.
fn is_crossed_out(cell: &str) -> bool {
    let begins = ["//", "~", "!", "-", ";", ">"];
    let is_harmless = |sign: char| matches!(sign, '*' | '†' | '?' | '？');
    let has_doubt = |sign: char| DOUBTS.contains(&sign) && !is_harmless(sign);
    cell.contains(has_doubt) || begins.iter().any(|begin| cell.trim().starts_with(begin))
}

/// `1. orgId` is `orgId`.
fn without_enumeration(cell: &str) -> &str {
    let cell = cell.trim();
    let digits = cell.trim_start_matches(|first: char| first.is_ascii_digit());
    let rest = digits.strip_prefix(['.', ')', ':']);
    rest.filter(|_| digits.len() < cell.len())
        .unwrap_or(cell)
        .trim()
}

/// `locationId (Required)`, `n1 [E.164]`, `locationId - required`.
fn with_remark(cell: &str, setting: &Setting) -> Option<Known> {
    let ends = beginning(cell)
        .char_indices()
        .filter(|(_, character)| !character.is_alphanumeric());
    let mut names = ends.filter_map(|(end, _)| {
        let (name, remark) = cell.split_at(end);
        let words = remark.split([' ', ',', ';', '/', '(', ')', '[', ']', '-', '\u{a0}']);
        let known = Known::of_name(name, setting)?;
        let is_rule = match known {
            Known::Field(index) => setting.kind(index) != Some(FieldKind::Number),
            _ => false,
        };
        let has_value = remark.contains(|one: char| one.is_ascii_digit());
        let is_harmless = |word: &str| {
            let plain = normalize(word);
            plain.is_empty()
                || (word.starts_with('+') && !word.contains(char::is_alphabetic))
                || REMARKS.contains(&plain.as_str())
                || (has_value && EXAMPLES.contains(&plain.as_str()))
                || (is_rule && REMARKS_OF_RULES.contains(&plain.as_str()))
        };
        let is_remark =
            words.clone().any(|word| !word.is_empty()) && words.clone().all(is_harmless);
        is_remark.then_some(known)
    });
    names.next_back()
}

/// What is left of a name without the end by which programs tell it from an earlier one: pandas writes
/// `n1.1`, Power Query `n1_1`, Excel's tables `n12` (which is left alone), people `n1 (2)`.
fn repeated(cell: &str, setting: &Setting) -> Option<Known> {
    let bare = cell.strip_suffix(')').unwrap_or(cell);
    let bare = bare.trim_end_matches(|last: char| last.is_ascii_digit());
    if bare.len() < cell.len()
        && let Some(name) = bare.strip_suffix(['_', '.', ':', '('])
    {
        return Known::of_name(name.trim_end_matches('.'), setting);
    }
    let ends = ["_x", "_y", " copy", " - copy", " kopie"];
    let mut names = ends
        .iter()
        .filter_map(|end| cell.to_lowercase().strip_suffix(end).map(String::from));
    names.find_map(|name| Known::of_name(&name, setting))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(cells: &[&str], wanted: HeaderName) {
        for cell in cells {
            assert_eq!(
                HeaderName::read(cell, setting::ALL[0], setting::ALL[0]),
                wanted,
                "{cell}"
            );
        }
    }

    #[test]
    fn a_known_name_may_have_a_number_before_it_and_a_remark_behind() {
        read(
            &[
                "locationId",
                "LOCATION-ID",
                "locationId (Required)",
                "Location ID *",
                "location id:",
                "2. locationId",
                "2) Location_ID",
                "locationId [UUID]",
                "locationId - required",
                "ｌｏｃａｔｉｏｎＩｄ",
                "\u{feff}locationId",
            ],
            HeaderName::Known(Known::TargetId),
        );
        read(
            &[
                "n1",
                "N 1",
                "n_1",
                "n1 (E.164)",
                "Number 1",
                "Auto Transfer Number 1 (optional)",
                "n1 (e.g. +12025550101)",
                "n１",
            ],
            HeaderName::Known(Known::Field(0)),
        );
        read(
            &["orgId", "1. orgId", "Organisation ID"],
            HeaderName::Known(Known::OrgId),
        );
    }

    #[test]
    fn programs_rename_a_repeated_name() {
        read(
            &[
                "n1.1",
                "n1_1",
                "n1 (2)",
                "n1(2)",
                "n1...3",
                "n1_x",
                "n1 copy",
                "number1.2",
            ],
            HeaderName::Repeated(Known::Field(0)),
        );
        read(
            &["locationId.1", "Location ID (2)"],
            HeaderName::Repeated(Known::TargetId),
        );
    }

    #[test]
    fn other_columns_are_the_persons_own() {
        read(
            &[
                "site",
                "Main number",
                "Site ID",
                "customer",
                "Number",
                "note",
                "Street no",
                "City",
                "country",
                "id",
            ],
            HeaderName::Own,
        );
        read(
            &[
                "status",
                "new1",
                "previous2",
                "present3",
                "row",
                "usedBy1",
                "n1AsItIs",
                "rowCheck",
                "action",
                "reason",
                "notRead",
                "restricted",
            ],
            HeaderName::Result,
        );
    }
}
