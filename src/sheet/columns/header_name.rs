//! What a cell of the header names: one of the known columns, perhaps with a remark; one of them once
//! more, as programs rename what is repeated; something near one of them; or a column of the person's
//! own.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::setting::{FieldKind, Setting};
use crate::sheet::result_columns::{NEW, PRESENT, PREVIOUS, RESULT_COLUMNS};

/// Letters wrong, missing or swapped in a name that is still taken for a misspelt one.
const MISSPELT: usize = 2;

/// Shorter names have too many neighbors.
const LONG: usize = 8;

/// The columns that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    OrgId,
    LocationId,
    OrgName,
    LocationName,
    /// A field of the setting.
    Field(usize),
}

/// What a column was probably meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    OrgId,
    OrgName,
    LocationId,
    LocationName,
    /// One of the numbers, where its place is known.
    Number(Option<usize>),
    /// A number by a word that many tables have: `Phone 2`.
    OtherNumber(usize),
}

/// What a cell of the header names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeaderName {
    Known(Known),
    /// `n1.1`, `n1 (2)`: programs rename the second column of a name so.
    Repeated(Known),
    Near(Meant),
    Own,
}

/// Remarks behind a name that change nothing about it.
const REMARKS: [&str; 29] = [
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
    "eg",
    "ex",
    "example",
    "zb",
    "beispiel",
    "unique",
];

/// Words for a number in a name such as `Nummer 2`.
const NUMBER_WORDS: [&str; 26] = [
    "n",
    "no",
    "nr",
    "nro",
    "num",
    "nbr",
    "nb",
    "number",
    "numbers",
    "nummer",
    "nummern",
    "numero",
    "número",
    "numéro",
    "numer",
    "numara",
    "transfer",
    "transferno",
    "transfernr",
    "transfernumber",
    "transfernummer",
    "autotransfer",
    "autotransferno",
    "autotransfernr",
    "atn",
    "tn",
];

/// Words that stand as well for numbers of other kinds.
const OTHER_NUMBER_WORDS: [&str; 8] = [
    "phone",
    "tel",
    "telephone",
    "telefon",
    "did",
    "ddi",
    "rufnummer",
    "phonenumber",
];

const PLACES: [(&str, usize); 6] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("first", 1),
    ("second", 2),
    ("third", 3),
];

const ORGANIZATION_WORDS: [&str; 6] = [
    "org",
    "orgs",
    "organization",
    "organisation",
    "organizations",
    "organisations",
];
const CUSTOMER_WORDS: [&str; 3] = ["customer", "tenant", "company"];
const LOCATION_WORDS: [&str; 4] = ["location", "locations", "loc", "locaton"];
const ID_WORDS: [&str; 6] = ["id", "ids", "uuid", "guid", "identifier", "uid"];
const NAME_WORDS: [&str; 2] = ["name", "names"];

impl Known {
    const IDS_AND_NAMES: [Known; 4] = [
        Known::OrgId,
        Known::LocationId,
        Known::OrgName,
        Known::LocationName,
    ];

    /// All columns of a sheet for a setting.
    pub(super) fn all(setting: &Setting) -> impl Iterator<Item = Known> + use<> {
        let fields = 0..setting.fields.len();
        Self::IDS_AND_NAMES
            .into_iter()
            .chain(fields.map(Known::Field))
    }

    /// The column that is called so, but for what [`normalize`] takes out.
    fn of_name(name: &str, setting: &Setting) -> Option<Known> {
        let name = normalize(name);
        Self::all(setting).find(|known| known.spellings(setting).contains(&name.as_str()))
    }

    /// As [`normalize`] leaves them.
    fn spellings(self, setting: &Setting) -> &'static [&'static str] {
        match self {
            Known::OrgId => &["orgid", "organizationid", "organisationid"],
            Known::LocationId => &["locationid"],
            Known::OrgName => &["orgname", "organizationname", "organisationname"],
            Known::LocationName => &["locationname"],
            Known::Field(index) => setting.fields[index].spellings,
        }
    }

    pub(super) fn name(self, setting: &Setting) -> &'static str {
        match self {
            Known::OrgId => "orgId",
            Known::LocationId => "locationId",
            Known::OrgName => "orgName",
            Known::LocationName => "locationName",
            Known::Field(index) => setting.fields[index].column,
        }
    }
}

impl Meant {
    /// The column to rename it to.
    pub fn name(self, setting: &Setting) -> String {
        match self {
            Meant::OrgId => "orgId".to_string(),
            Meant::OrgName => "orgName".to_string(),
            Meant::LocationId => "locationId".to_string(),
            Meant::LocationName => "locationName".to_string(),
            Meant::Number(Some(index)) | Meant::OtherNumber(index)
                if index < setting.fields.len() =>
            {
                setting.fields[index].column.to_string()
            }
            Meant::Number(_) | Meant::OtherNumber(_) => match setting.column_names()[..] {
                [ref others @ .., last] => format!("{} or {last}", others.join(", ")),
                [] => String::new(),
            },
        }
    }
}

impl HeaderName {
    pub(super) fn read(cell: &str, setting: &Setting) -> HeaderName {
        if let Some(known) = Known::of_name(cell, setting) {
            return HeaderName::Known(known);
        }
        let bare = without_enumeration(cell);
        if let Some(known) = Known::of_name(bare, setting).or_else(|| with_remark(bare, setting)) {
            return HeaderName::Known(known);
        }
        if let Some(known) = repeated(bare, setting) {
            return HeaderName::Repeated(known);
        }
        if is_ours(cell, setting) {
            return HeaderName::Own;
        }
        near(cell, setting).map_or(HeaderName::Own, HeaderName::Near)
    }
}

/// Any case; spaces, `_` and `-` ignored; a byte order mark and what else is invisible too. Full-width
/// letters and digits are plain ones.
pub(in crate::sheet) fn normalize(name: &str) -> String {
    let plain = match name.is_ascii() {
        true => name.into(),
        false => ComposingNormalizerBorrowed::new_nfkc().normalize(name),
    };
    plain
        .chars()
        .filter(|character| character.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a column is one of a results file or a plan, and never meant for anything else.
fn is_ours(cell: &str, setting: &Setting) -> bool {
    let name = normalize(cell);
    let of_fields = [PREVIOUS, PRESENT, NEW]
        .into_iter()
        .flat_map(|start| setting.columns(start));
    let results = RESULT_COLUMNS.into_iter().map(String::from);
    results
        .chain(of_fields)
        .any(|ours| normalize(&ours) == name)
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
    let ends = cell
        .char_indices()
        .filter(|(_, character)| !character.is_alphanumeric());
    let names = ends.filter_map(|(end, _)| {
        let (name, remark) = cell.split_at(end);
        let words = remark.split([' ', ',', ';', '/', '(', ')', '[', ']', '-', '\u{a0}']);
        let is_harmless = |word: &str| {
            let plain = normalize(word);
            plain.is_empty() || word.starts_with('+') || REMARKS.contains(&plain.as_str())
        };
        let is_remark =
            words.clone().any(|word| !word.is_empty()) && words.clone().all(is_harmless);
        Known::of_name(name, setting).filter(|_| is_remark)
    });
    names.last()
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

/// What a name that is none of ours was probably meant for.
fn near(cell: &str, setting: &Setting) -> Option<Meant> {
    let plain = normalize(cell);
    if plain.is_empty() {
        return None;
    }
    let is_near = |known: Known| {
        let long = known
            .spellings(setting)
            .iter()
            .filter(|name| name.len() >= LONG);
        let letters = plain.chars().count();
        let mut likely = long.filter(|name| name.len().abs_diff(letters) <= MISSPELT);
        likely.any(|name| strsim::damerau_levenshtein(&plain, name) <= MISSPELT)
    };
    let words = words(cell);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let has_numbers = setting
        .fields
        .iter()
        .any(|field| field.kind == FieldKind::Number);
    if has_numbers && let Some(meant) = near_number(&words) {
        return Some(meant);
    }
    let letters: String = plain
        .chars()
        .filter(|character| !character.is_ascii_digit())
        .collect();
    if has_numbers
        && (matches!(&*plain, "nl" | "ni")
            || (letters.len() >= LONG
                && strsim::damerau_levenshtein(&letters, "autotransfernumber") <= MISSPELT))
    {
        return Some(Meant::Number(None));
    }
    if matches!(&*plain, "location" | "locations") {
        return Some(Meant::LocationName);
    }
    let is_location = has(&LOCATION_WORDS);
    let is_organization = has(&ORGANIZATION_WORDS);
    if is_near(Known::LocationId) || (is_location && has(&ID_WORDS)) {
        return Some(Meant::LocationId);
    }
    if words.len() == 1 && is_organization {
        return Some(Meant::OrgName);
    }
    let is_of_organization = is_organization || has(&CUSTOMER_WORDS);
    let is_org_id = strsim::damerau_levenshtein(&plain, "orgid") <= 1
        || is_near(Known::OrgId)
        || ["orgguid", "orguuid"].contains(&plain.as_str());
    if is_org_id || (is_of_organization && has(&ID_WORDS)) {
        return Some(Meant::OrgId);
    }
    if is_near(Known::LocationName) || (is_location && has(&NAME_WORDS)) {
        return Some(Meant::LocationName);
    }
    if is_near(Known::OrgName) || (is_organization && has(&NAME_WORDS)) {
        return Some(Meant::OrgName);
    }
    (strsim::damerau_levenshtein(&plain, "orgname") <= 1).then_some(Meant::OrgName)
}

/// `Nummer 2`, `No. 2`, `n 2 (new)`, `n4`, `second number`, `autoTransferNumer2`.
fn near_number(words: &[String]) -> Option<Meant> {
    let place = |word: &String| {
        let named = PLACES.iter().find(|(name, _)| name == word);
        let value = named
            .map(|(_, place)| *place)
            .or_else(|| word.parse().ok())?;
        (1..=9).contains(&value).then(|| value - 1)
    };
    let is_number = |word: &String| {
        NUMBER_WORDS.contains(&word.as_str())
            || (word.len() >= LONG
                && strsim::damerau_levenshtein(word, "autotransfernumber") <= MISSPELT + 1)
            || (word.len() > 4 && strsim::damerau_levenshtein(word, "number") <= 1)
    };
    words.windows(2).find_map(|two| {
        let [one, other] = two else {
            return None;
        };
        if let Some(place) = place(other) {
            if is_number(one) {
                return Some(Meant::Number(Some(place)));
            }
            if OTHER_NUMBER_WORDS.contains(&one.as_str()) {
                return Some(Meant::OtherNumber(place));
            }
        }
        let place = place(one)?;
        (is_number(other) && other.len() > 2).then_some(Meant::Number(Some(place)))
    })
}

/// Runs of letters and of digits.
fn words(cell: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for character in cell.chars() {
        let kind = match character {
            digit if digit.is_ascii_digit() => Some(true),
            letter if letter.is_alphanumeric() => Some(false),
            _ => None,
        };
        if kind.is_some() {
            // A capital after a small letter begins a word: `locationUuid`.
            let begins = last != kind
                || (character.is_uppercase()
                    && words
                        .last()
                        .is_some_and(|word| word.ends_with(char::is_lowercase)));
            if begins {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(character);
            }
        }
        last = kind;
    }
    let words = words.into_iter().map(|word| word.to_lowercase());
    // `1st`, `2nd`.
    words
        .filter(|word| !["st", "nd", "rd"].contains(&word.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting;

    fn read(cells: &[&str], wanted: HeaderName) {
        for cell in cells {
            assert_eq!(HeaderName::read(cell, setting::ALL[0]), wanted, "{cell}");
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
            HeaderName::Known(Known::LocationId),
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
            HeaderName::Repeated(Known::LocationId),
        );
    }

    #[test]
    fn a_name_near_a_known_one_is_told_with_what_it_was_meant_for() {
        let near = HeaderName::Near;
        read(
            &[
                "autoTransferNumer2",
                "n 2 (new)",
                "No. 2",
                "Nummer 2",
                "2nd number",
                "number two",
                "Transfer number #2",
                "Nr 2",
                "new n2",
                "n2 old",
                "autotransfernumbr2",
                "numero 2",
                "numbr 2",
                "ATN2",
            ],
            near(Meant::Number(Some(1))),
        );
        read(&["n4", "Number 4", "No 4"], near(Meant::Number(Some(3))));
        read(&["nl", "Auto transfer numbers"], near(Meant::Number(None)));
        read(&["Phone 2", "Tel. 2"], near(Meant::OtherNumber(1)));
        read(
            &[
                "Locaton ID",
                "LocationUUID",
                "Location UUID",
                "Loc ID",
                "locationids",
                "Customer Location ID",
                "Location GUID",
            ],
            near(Meant::LocationId),
        );
        read(
            &[
                "Customer Org ID",
                "Org UUID",
                "OrgUUID",
                "Customer ID",
                "ogrId",
                "organziationId",
                "Tenant ID",
            ],
            near(Meant::OrgId),
        );
        read(
            &["Organisation", "Organization", "Org", "Org. name (legal)"],
            near(Meant::OrgName),
        );
        read(&["Location", "Locaton Name"], near(Meant::LocationName));
    }

    #[test]
    fn other_columns_are_the_persons_own() {
        read(
            &[
                "site",
                "Main number",
                "Site ID",
                "customer",
                "status",
                "new1",
                "previous2",
                "present3",
                "row",
                "",
                "Address 2",
                "Number",
                "note",
                "Street no",
                "City",
                "country",
                "Wave 2",
                "id",
            ],
            HeaderName::Own,
        );
    }
}
