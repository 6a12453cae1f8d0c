//! What a name that is none of ours was probably meant for: a misspelt one, one in other words, one with
//! a number that there is no column for.

use super::header_name::{HeaderName, Known, normalize};
use super::meant::Meant;
use super::near_words::{
    self, Words, is_destination, is_joining, is_number, is_transfer, may_precede_number, place,
};
use crate::model::ids::{self, Kind};
use crate::setting::{FieldKind, Setting};

/// Letters wrong, missing or swapped in a name that is still taken for a misspelt one.
const MISSPELT: usize = 2;

/// Shorter names have too many neighbors.
const LONG: usize = 8;

/// Names of columns are shorter, and so are ids longer.
const LONGEST_HEADING: usize = 35;

/// The service's own word, as [`normalize`] leaves it and without its digit.
const FIELD_OF_SERVICE: &str = "autotransfernumber";

/// What a name that is none of ours was probably meant for.
pub(super) fn near(cell: &str, setting: &Setting) -> Option<Meant> {
    let plain = normalize(cell);
    if plain.is_empty() {
        return None;
    }
    let is_near = |known: Known| {
        let mut long = known.spellings(setting).iter();
        long.any(|name| name.len() >= LONG && is_misspelt(&plain, name, MISSPELT))
    };
    let words = Words::of(cell);
    let has_numbers = setting
        .fields
        .iter()
        .any(|field| field.kind == FieldKind::Number);
    if has_numbers && let Some(meant) = near_number(&plain, &words) {
        return Some(meant);
    }
    let target = setting.target;
    if [target.noun, target.plural].map(normalize).contains(&plain) {
        return Some(Meant::TargetName);
    }
    let is_target = words.has_one_of(target.words);
    if is_near(Known::TargetId) || (is_target && words.has_id()) {
        return Some(Meant::TargetId);
    }
    if words.has_organization() && words.are_all_of_organizations() {
        return Some(Meant::OrgName);
    }
    let is_org_id = is_misspelt(&plain, "orgid", 1)
        || is_near(Known::OrgId)
        || matches!(&*plain, "orgguid" | "orguuid");
    let is_org_id = is_org_id || words.are_number_of_organization();
    if is_org_id || (words.has_organization() && words.has_id()) {
        return Some(Meant::OrgId);
    }
    if is_near(Known::TargetName) || (is_target && words.has_name()) {
        return Some(Meant::TargetName);
    }
    let is_org_name = is_misspelt(&plain, "orgname", 1) || is_near(Known::OrgName);
    if is_org_name || (words.has_organization() && words.has_name()) {
        return Some(Meant::OrgName);
    }
    let mut fields =
        (0..setting.fields.len()).filter(|index| setting.kind(*index) != Some(FieldKind::Number));
    if let Some(index) = fields.find(|index| is_near(Known::Field(*index))) {
        let has_no_place = !plain.ends_with(|last: char| last.is_ascii_digit());
        let is_one_of_two = setting.fields[index].column.contains(['1', '2']);
        return Some(if has_no_place && is_one_of_two {
            Meant::AnyRule
        } else {
            Meant::Rule(index)
        });
    }
    let has_rules = setting
        .fields
        .iter()
        .any(|field| field.kind == FieldKind::Action);
    let mut fields = setting.fields.iter();
    let choice = fields.position(|field| field.kind == FieldKind::YesOrNo);
    if let (Some(index), false, true) = (choice, has_rules, words.are_of_own_numbers()) {
        return Some(Meant::Rule(index));
    }
    if has_rules && let Some(column) = near_words::rule(&words) {
        let is_one = setting.fields.iter().any(|field| field.column == column);
        return Some(if is_one {
            Meant::field(&column, setting)
        } else {
            Meant::AnyRule
        });
    }
    has_numbers.then(|| other_number(&words)).flatten()
}

/// What a name is about that is near none of ours: a UUID below it may be the id of such a thing.
pub(super) fn about(cell: &str) -> Option<Kind> {
    let words = Words::of(cell);
    if words.has_customer() {
        Some(ids::ORGANIZATION)
    } else {
        words.has_site().then_some(ids::LOCATION)
    }
}

/// Whether a cell is what people call a column of ours, and nothing else: a known name, one near it, or words
/// for places and numbers alone, `Standort`, `Phone`.
pub(super) fn is_heading(cell: &str, setting: &Setting) -> bool {
    let begins_as_word = cell.trim().starts_with(char::is_alphabetic);
    if !begins_as_word || cell.len() > LONGEST_HEADING {
        return false;
    }
    HeaderName::known(cell, setting).is_some()
        || matches!(near(cell, setting), Some(meant) if !matches!(meant, Meant::OtherNumber(_)))
        || Words::of(cell).are_all_of_columns()
}

fn is_misspelt(plain: &str, name: &str, letters: usize) -> bool {
    name.len().abs_diff(plain.chars().count()) <= letters
        && strsim::damerau_levenshtein(plain, name) <= letters
}

/// `Nummer 2`, `No. 2`, `n 2 (new)`, `n4`, `second number`, `autoTransferNumer2`.
fn near_number(plain: &str, words: &Words) -> Option<Meant> {
    let is_one = |word: &str| {
        is_number(word)
            || (word.len() >= LONG && is_misspelt(word, FIELD_OF_SERVICE, MISSPELT + 1))
            || (word.len() > 4 && is_misspelt(word, "number", 1))
    };
    let words = words.all();
    if let Some(place) = number_of_transfer(words) {
        return Some(Meant::Number(Some(place)));
    }
    let found = words.windows(2).enumerate().find_map(|(at, two)| {
        let [one, other] = two else {
            return None;
        };
        // Behind another word it may be the number of a room.
        let is_alone = one == "n" || words[..at].iter().all(|word| may_precede_number(word));
        if let Some(place) = place(other)
            && is_one(one)
        {
            return is_alone.then_some(Meant::Number(Some(place)));
        }
        let place = place(one)?;
        (is_one(other) && other.len() > 2).then_some(Meant::Number(Some(place)))
    });
    let letters: String = plain
        .chars()
        .filter(|character| !character.is_ascii_digit())
        .collect();
    let is_without_place = matches!(plain, "nl" | "ni" | "n0" | "number0" | "nummer0" | "nr0")
        || is_misspelt(&letters, FIELD_OF_SERVICE, MISSPELT);
    found.or_else(|| is_without_place.then_some(Meant::Number(None)))
}

/// `Transfer destination 1`, `Forwarding phone 2`.
fn number_of_transfer(words: &[String]) -> Option<usize> {
    let is_about_one = words.iter().any(|word| is_transfer(word));
    let (places, others): (Vec<_>, Vec<_>) = words.iter().partition(|word| place(word).is_some());
    // `Weiterleitung 2` may be the second of them, whatever it holds.
    let is_of_one = |word: &&String| is_number(word) || is_destination(word);
    let is_no_more = |word: &&String| is_transfer(word) || is_number(word) || is_destination(word);
    match places[..] {
        [only] if is_about_one && others.iter().any(is_of_one) && others.iter().all(is_no_more) => {
            place(only)
        }
        _ => None,
    }
}

fn is_of_number(word: &str) -> bool {
    is_number(word) || is_destination(word) || is_transfer(word)
}

/// `Ziel 2`, `Transfer to`; `DN 2`, `2`, `Forwarded by`.
fn other_number(words: &Words) -> Option<Meant> {
    // `second` alone.
    let is_ordinal =
        matches!(words.all(), [only] if only.len() > 2 && only.parse::<u32>().is_err());
    let are_of_numbers = (is_ordinal || words.all().iter().any(|word| is_of_number(word)))
        && (words.all().iter())
            .all(|word| is_of_number(word) || is_joining(word) || place(word).is_some());
    let meant = if are_of_numbers {
        Meant::PhoneNumber
    } else {
        Meant::OtherNumber
    };
    let mut places = words.places();
    match (places.next(), places.next()) {
        (Some(only), None) => Some(meant(Some(only))),
        (Some(_), Some(_)) => None,
        (None, _) => {
            let is_about_one = words.all().iter().any(|word| is_transfer(word));
            is_about_one.then_some(meant(None))
        }
    }
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
        for cell in ["Premium calls", "Premium services", "special calls"] {
            assert_eq!(near(cell, rules), Some(Meant::AnyRule), "{cell}");
        }
        for cell in ["region", "internal", "calls", "site", "International site"] {
            assert_eq!(near(cell, rules), None, "{cell}");
        }
    }

    #[test]
    fn a_rule_in_other_words_is_told() {
        let rules = &setting::location_rules::LOCATION_RULES;
        for (cell, column) in [
            ("Int. calls", "international"),
            ("Intl. calls", "international"),
            ("Calls international", "international"),
            ("Domestic calls", "national"),
            ("Calls (toll free)", "tollFree"),
            ("Premium 2 calls", "premiumServices2"),
            ("Intl. calls transfer", "internationalTransfer"),
            ("Operator calls", "operatorAssisted"),
        ] {
            let meant = near(cell, rules).map(|meant| meant.name(rules));
            assert_eq!(meant.as_deref(), Some(column), "{cell}");
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
                "п2",
                "Номер 2",
                "ATN2",
            ],
            Some(Meant::Number(Some(1))),
        );
        read(&["n4", "Number 4", "No 4"], Some(Meant::Number(Some(3))));
        read(
            &["nl", "n0", "Number 0", "Auto transfer numbers"],
            Some(Meant::Number(None)),
        );
        read(&["DN2", "#2"], Some(Meant::OtherNumber(Some(1))));
        read(
            &[
                "second",
                "Secondary",
                "Call forwarding 2",
                "内線2",
                "番号2",
                "Zielrufnummer 2",
                "Phone 2",
                "Tel. 2",
                "Ziel 2",
                "Weiterleitung 2",
                "Ext. 2",
                "2º número",
                "Numéro de transfert 2",
            ],
            Some(Meant::PhoneNumber(Some(1))),
        );
        read(
            &["Transfer numbers", "Weiterleitung", "Forward to"],
            Some(Meant::PhoneNumber(None)),
        );
        read(&["Forwarded by"], Some(Meant::OtherNumber(None)));
        read(
            &[
                "Main number",
                "Phone",
                "Q2 week 3",
                "E911",
                "Number",
                "Customer ID",
                "Kunden-ID",
                "Organisator",
                "N",
                "Order no.",
                "Number of users",
            ],
            None,
        );
        // It may be the number of a room, so its cells tell.
        read(
            &["Room Nr. 2", "Building no 2"],
            Some(Meant::OtherNumber(Some(1))),
        );
    }

    #[test]
    fn so_is_one_near_those_of_ids_and_names() {
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
                "拠点ID",
            ],
            Some(Meant::TargetId),
        );
        read(
            &[
                "Customer Org ID",
                "Org UUID",
                "OrgUUID",
                "Org no.",
                "ogrId",
                "organziationId",
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
                "Organizacja",
                "Webex Org",
                "組織",
                "Naam organisatie",
                "Nom de l'organisation",
                "organização",
            ],
            Some(Meant::OrgName),
        );
        read(&["Location", "Locaton Name"], Some(Meant::TargetName));
    }

    #[test]
    fn a_name_may_be_about_organizations_or_locations_without_being_near_ours() {
        for (cells, wanted) in [
            (
                &["Mandant", "Customer ID", "Kunden-ID", "Société", "Org unit"][..],
                Some(ids::ORGANIZATION),
            ),
            (&["Site ID", "Filiale", "Standort"], Some(ids::LOCATION)),
            (&["Asset", "GUID", "", "Name"], None),
        ] {
            for cell in cells {
                assert_eq!(about(cell), wanted, "{cell}");
            }
        }
    }
}
