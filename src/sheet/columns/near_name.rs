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
    TargetId,
    TargetName,
    /// One of the numbers, where its place is known.
    Number(Option<usize>),
    /// A number by words that many tables have: `Phone 2`, `Ziel 2`, `Transfer to`; its place, where
    /// that is known. Whether it is one, only its cells can tell.
    OtherNumber(Option<usize>),
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

/// How words for a transfer begin.
const TRANSFER_WORDS: [&str; 13] = [
    "transf",
    "trasf",
    "forward",
    "fwd",
    "xfer",
    "weiterleit",
    "umleit",
    "doorschakel",
    "renvoi",
    "desvio",
    "desvío",
    "deviaz",
    "reroute",
];

const PLACES: [(&str, usize); 34] = [
    ("one", 1),
    ("two", 2),
    ("three", 3),
    ("first", 1),
    ("second", 2),
    ("third", 3),
    ("ii", 2),
    ("iii", 3),
    ("eins", 1),
    ("zwei", 2),
    ("drei", 3),
    ("erste", 1),
    ("zweite", 2),
    ("dritte", 3),
    ("uno", 1),
    ("dos", 2),
    ("tres", 3),
    ("primero", 1),
    ("primer", 1),
    ("segundo", 2),
    ("tercero", 3),
    ("tercer", 3),
    ("un", 1),
    ("deux", 2),
    ("trois", 3),
    ("premier", 1),
    ("deuxième", 2),
    ("troisième", 3),
    ("primo", 1),
    ("secondo", 2),
    ("terzo", 3),
    ("eerste", 1),
    ("tweede", 2),
    ("derde", 3),
];

const ORGANIZATION_WORDS: [&str; 13] = [
    "org",
    "orgs",
    "orga",
    "organization",
    "organisation",
    "organizations",
    "organisations",
    "organización",
    "organizacion",
    "organização",
    "organizzazione",
    "organisatie",
    "organisationen",
];
const CUSTOMER_WORDS: [&str; 13] = [
    "customer",
    "tenant",
    "company",
    "kunde",
    "kunden",
    "mandant",
    "mandanten",
    "firma",
    "firmen",
    "client",
    "cliente",
    "empresa",
    "azienda",
];
const ID_WORDS: [&str; 6] = ["id", "ids", "uuid", "guid", "identifier", "uid"];
const NAME_WORDS: [&str; 2] = ["name", "names"];

impl Meant {
    /// The column to rename it to.
    pub fn name(self, setting: &Setting) -> String {
        match self {
            Meant::OrgId => "orgId".to_string(),
            Meant::OrgName => "orgName".to_string(),
            Meant::TargetId => setting.target.id_column.to_string(),
            Meant::TargetName => setting.target.name_column.to_string(),
            Meant::Rule(index) => {
                let field = setting.fields.get(index);
                field.map_or(String::new(), |field| field.column.to_string())
            }
            Meant::Number(Some(index)) | Meant::OtherNumber(Some(index))
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
    let target = setting.target;
    if [target.noun, target.plural].map(normalize).contains(&plain) {
        return Some(Meant::TargetName);
    }
    let is_target = has(target.words);
    let is_organization = has(&ORGANIZATION_WORDS);
    if is_near(Known::TargetId) || (is_target && has(&ID_WORDS)) {
        return Some(Meant::TargetId);
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
    if is_near(Known::TargetName) || (is_target && has(&NAME_WORDS)) {
        return Some(Meant::TargetName);
    }
    if is_near(Known::OrgName) || (is_organization && has(&NAME_WORDS)) {
        return Some(Meant::OrgName);
    }
    if strsim::damerau_levenshtein(&plain, "orgname") <= 1 {
        return Some(Meant::OrgName);
    }
    let mut fields =
        (0..setting.fields.len()).filter(|index| setting.kind(*index) != Some(FieldKind::Number));
    if let Some(index) = fields.find(|index| is_near(Known::Field(*index))) {
        return Some(Meant::Rule(index));
    }
    has_numbers.then(|| other_number(&words)).flatten()
}

/// `Nummer 2`, `No. 2`, `n 2 (new)`, `n4`, `second number`, `autoTransferNumer2`.
fn near_number(words: &[String]) -> Option<Meant> {
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
        if let Some(place) = place(other)
            && is_number(one)
        {
            return Some(Meant::Number(Some(place)));
        }
        let place = place(one)?;
        (is_number(other) && other.len() > 2).then_some(Meant::Number(Some(place)))
    })
}

/// `Ziel 2`, `DN 2`, `2`, `Transfer to`.
fn other_number(words: &[String]) -> Option<Meant> {
    let mut places = words.iter().filter_map(place);
    match (places.next(), places.next()) {
        (Some(only), None) => Some(Meant::OtherNumber(Some(only))),
        (Some(_), Some(_)) => None,
        (None, _) => {
            let is_transfer = |word: &String| {
                let mut begins = TRANSFER_WORDS.iter();
                begins.any(|begin| word.starts_with(begin))
            };
            let is_about_one = words.iter().any(is_transfer);
            is_about_one.then_some(Meant::OtherNumber(None))
        }
    }
}

/// The place that a word names, counted from 0.
fn place(word: &String) -> Option<usize> {
    let named = PLACES.iter().find(|(name, _)| name == word);
    let value = named
        .map(|(_, place)| *place)
        .or_else(|| word.parse().ok())?;
    (1..=99).contains(&value).then(|| value - 1)
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
            // Whether it is a number, only its cells can tell.
            let other = near(cell, setting::ALL[0]);
            let is_told = !matches!(other, None | Some(Meant::OtherNumber(_)));
            assert!(!is_told, "{cell}");
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
        read(
            &[
                "Phone 2",
                "Tel. 2",
                "Ziel 2",
                "DN2",
                "Numéro de transfert 2",
                "2º número",
                "#2",
                "п2",
            ],
            Some(Meant::OtherNumber(Some(1))),
        );
        read(
            &["Transfer numbers", "Weiterleitung", "Forward to"],
            Some(Meant::OtherNumber(None)),
        );
        read(
            &["Main number", "Phone", "Q2 week 3", "E911", "Number"],
            None,
        );
        read(
            &[
                "Locaton ID",
                "LocationUUID",
                "Location UUID",
                "Loc ID",
                "locationids",
                "Customer Location ID",
                "Location GUID",
                "Standort-ID",
                "ID ubicación",
            ],
            Some(Meant::TargetId),
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
                "Kunden-ID",
                "ID de organización",
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
        read(&["Location", "Locaton Name"], Some(Meant::TargetName));
    }
}
