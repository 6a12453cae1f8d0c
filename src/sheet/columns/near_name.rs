//! What a name that is none of ours was probably meant for: a misspelt one, one in other words, one with
//! a number that there is no column for.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::header_name::{Known, normalize};
use crate::setting::{FieldKind, Setting, used};

/// Letters wrong, missing or swapped in a name that is still taken for a misspelt one.
const MISSPELT: usize = 2;

/// Shorter names have too many neighbors.
const LONG: usize = 8;

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
    /// A field that is no number.
    Rule(usize),
}

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

const PLACES: [(&str, usize); 12] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("eins", 1),
    ("zwei", 2),
    ("drei", 3),
    ("uno", 1),
    ("dos", 2),
    ("tres", 3),
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

impl Meant {
    /// The column to rename it to.
    pub fn name(self, setting: &Setting) -> String {
        match self {
            Meant::OrgId => "orgId".to_string(),
            Meant::OrgName => "orgName".to_string(),
            Meant::LocationId => "locationId".to_string(),
            Meant::LocationName => "locationName".to_string(),
            Meant::Rule(index) => {
                let field = setting.fields.get(index);
                field.map_or(String::new(), |field| field.column.to_string())
            }
            Meant::Number(Some(index)) | Meant::OtherNumber(index)
                if setting.kind(index) == Some(FieldKind::Number) =>
            {
                setting.fields[index].column.to_string()
            }
            Meant::Number(_) | Meant::OtherNumber(_) => {
                let numbers = used::numbers_of(setting).into_iter();
                let numbers = numbers.map(|index| setting.fields[index].column);
                match numbers.collect::<Vec<_>>()[..] {
                    [ref others @ .., last] => format!("{} or {last}", others.join(", ")),
                    [] => String::new(),
                }
            }
        }
    }
}

/// What a name that is none of ours was probably meant for.
pub(super) fn near(cell: &str, setting: &Setting) -> Option<Meant> {
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
    let is_about_it = |word: &String| {
        ORGANIZATION_WORDS.contains(&word.as_str()) || CUSTOMER_WORDS.contains(&word.as_str())
    };
    if is_organization && words.iter().all(is_about_it) {
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
    if strsim::damerau_levenshtein(&plain, "orgname") <= 1 {
        return Some(Meant::OrgName);
    }
    let mut fields =
        (0..setting.fields.len()).filter(|index| setting.kind(*index) != Some(FieldKind::Number));
    fields
        .find(|index| is_near(Known::Field(*index)))
        .map(Meant::Rule)
}

/// `Nummer 2`, `No. 2`, `n 2 (new)`, `n4`, `second number`, `autoTransferNumer2`.
fn near_number(words: &[String]) -> Option<Meant> {
    let place = |word: &String| {
        let named = PLACES.iter().find(|(name, _)| name == word);
        let value = named
            .map(|(_, place)| *place)
            .or_else(|| word.parse().ok())?;
        (1..=99).contains(&value).then(|| value - 1)
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
    let cell = ComposingNormalizerBorrowed::new_nfkc().normalize(cell);
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

    fn read(cells: &[&str], wanted: Option<Meant>) {
        for cell in cells {
            assert_eq!(near(cell, setting::ALL[0]), wanted, "{cell}");
        }
    }

    #[test]
    fn a_misspelt_rule_is_told_only_in_a_sheet_of_rules() {
        let rules = &setting::location_rules::LOCATION_RULES;
        for (cell, column) in [
            ("Internationl", "international"),
            ("premiumService1", "premiumServices1"),
            ("special services 3", "specialServices1"),
            ("Natonal transfer", "nationalTransfer"),
        ] {
            let meant = near(cell, rules).map(|meant| meant.name(rules));
            assert_eq!(meant.as_deref(), Some(column), "{cell}");
            assert_eq!(near(cell, setting::ALL[0]), None, "{cell}");
        }
        for cell in ["region", "internal", "calls", "site"] {
            assert_eq!(near(cell, rules), None, "{cell}");
        }
    }

    #[test]
    fn a_name_near_a_known_one_is_told_with_what_it_was_meant_for() {
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
                "Nº 2",
                "N°2",
                "Nummer zwei",
                "n2b",
                "new n2",
                "n2 old",
                "autotransfernumbr2",
                "numero 2",
                "numbr 2",
                "ATN2",
            ],
            Some(Meant::Number(Some(1))),
        );
        read(&["n4", "Number 4", "No 4"], Some(Meant::Number(Some(3))));
        read(&["nl", "Auto transfer numbers"], Some(Meant::Number(None)));
        read(&["Phone 2", "Tel. 2"], Some(Meant::OtherNumber(1)));
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
            Some(Meant::LocationId),
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
            Some(Meant::OrgId),
        );
        read(
            &[
                "Organisation",
                "CustomerOrg",
                "Organization",
                "Org",
                "Org. name (legal)",
            ],
            Some(Meant::OrgName),
        );
        read(&["Location", "Locaton Name"], Some(Meant::LocationName));
    }
}
