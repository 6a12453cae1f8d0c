//! What a name that is none of ours was probably meant for: a misspelt one, one in other words, one with
//! a number that there is no column for.

use super::About;
use super::header_cell::{HeaderName, Known};
use super::heading_meaning::{ByName, Meant};
use super::heading_words::Words;
use super::number_heading_words::are_of_numbers_alone;
use super::{near_number_heading, rule_heading_words};
use crate::model::ids;
use crate::setting::{self, FieldKind, Setting};
use crate::sheet::plain_name::normalize;

/// Letters wrong, missing or swapped in a name that is still taken for a misspelt one.
pub(super) const MISSPELT: usize = 2;

/// Shorter names have too many neighbors.
pub(super) const LONG: usize = 8;

/// Names of columns are shorter, and so are ids longer.
const LONGEST_HEADING: usize = 35;

/// Characters of a cell that are compared; what a column is called stands at the beginning.
const COMPARED: usize = 100;

pub(super) fn beginning(cell: &str) -> &str {
    let end = cell.char_indices().nth(COMPARED).map(|(at, _)| at);
    &cell[..end.unwrap_or(cell.len())]
}

/// What a name that is none of ours was probably meant for.
pub(super) fn near(cell: &str, setting: &Setting) -> Option<Meant> {
    let cell = beginning(cell);
    let plain = normalize(cell);
    let is_near = |known: Known| {
        let mut long = known.spellings(setting).iter();
        long.any(|name| name.len() >= LONG && is_misspelt(&plain, name, MISSPELT))
    };
    let words = Words::of(cell);
    let has_numbers = setting
        .fields
        .iter()
        .any(|field| field.kind == FieldKind::Number);
    let has_rules = setting.has_rules();
    let misspelt = misspelt_field(&plain, &words, setting);
    let named = || {
        let column = rule_heading_words::rule(&words)?;
        let is_one = setting.fields.iter().any(|field| field.column == column);
        Some(if is_one {
            Meant::field(&column, setting)
        } else {
            Meant::AnyRule
        })
    };
    let rule = misspelt.or_else(|| named().filter(|meant| *meant != Meant::AnyRule));
    // `Premium service 2 transfer` has the words of a number as well.
    if has_rules && rule.is_some() {
        return rule;
    }
    if has_numbers && let Some(meant) = near_number_heading::near(&plain, &words) {
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
    if words.are_an_organization() {
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
    if misspelt.is_some() {
        return misspelt;
    }
    let mut fields = setting.fields.iter();
    let choice = fields.position(|field| field.kind == FieldKind::YesOrNo);
    if let (Some(index), false, true) = (choice, has_rules, words.are_of_own_numbers()) {
        return Some(Meant::Rule(index));
    }
    if has_rules && let Some(meant) = named() {
        return Some(meant);
    }
    has_numbers
        .then(|| near_number_heading::other(&words))
        .flatten()
}

/// The field that is no number and whose name is nearest. A field with another number than the name is not
/// meant, and of two that are as near nobody can tell which.
fn misspelt_field(plain: &str, words: &Words, setting: &Setting) -> Option<Meant> {
    let places: Vec<usize> = words.places().collect();
    let mut near = Vec::new();
    for (index, field) in setting.fields.iter().enumerate() {
        let own = field.column.chars().find_map(|one| one.to_digit(10));
        let has_place = |place: &usize| own == u32::try_from(place + 1).ok();
        let fits = places.iter().all(has_place);
        if field.kind == FieldKind::Number || (own.is_none() && !fits) {
            continue;
        }
        let long = field.spellings.iter().filter(|name| name.len() >= LONG);
        let distances = long.filter_map(|name| distance(plain, name, MISSPELT));
        near.extend(distances.min().map(|distance| (distance, fits, index)));
    }
    let fitting = near.iter().filter(|(_, fits, _)| *fits);
    let nearest = fitting.clone().map(|(distance, ..)| distance).min();
    let nearest = fitting.filter(|(distance, ..)| Some(distance) == nearest);
    match nearest.collect::<Vec<_>>()[..] {
        [(.., index)] => Some(Meant::Rule(*index)),
        _ => (!near.is_empty()).then_some(Meant::AnyRule),
    }
}

/// What a name is about that is near none of ours: a UUID below it may be the id of such a thing.
pub(super) fn about(cell: &str) -> About {
    let words = Words::of(beginning(cell));
    let id = if words.has_customer() {
        Some(ids::ORGANIZATION)
    } else {
        words.has_site().then_some(ids::LOCATION)
    };
    let mut with_rules = setting::ALL
        .into_iter()
        .filter(|setting| setting.has_rules());
    let is_called_so = with_rules.any(|setting| {
        let known = HeaderName::known(cell, setting);
        let field = known.and_then(Known::field);
        field.is_some_and(|index| setting.kind(index) != Some(FieldKind::Number))
    });
    About {
        id,
        is_project: rule_heading_words::are_of_project(&words),
        is_rule: is_called_so || rule_heading_words::rule(&words).is_some(),
        is_number: are_of_numbers_alone(words.all()),
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
        || near(cell, setting).is_some_and(Meant::is_by_its_name)
        || Words::of(cell).are_all_of_columns()
}

/// What a cell is called, as names are compared, that heads a column of numbers and nothing else: `n2`,
/// `Номер 1`, `(second)`, `Column4`.
pub(super) fn number_heading(cell: &str, setting: &Setting) -> Option<String> {
    if !cell.contains(char::is_alphabetic) || cell.len() > LONGEST_HEADING {
        return None;
    }
    let is_one = match HeaderName::known(cell, setting) {
        Some(Known::Field(index)) => setting.kind(index) == Some(FieldKind::Number),
        Some(_) => false,
        None => matches!(
            near(cell, setting),
            Some(
                Meant::Number(Some(_), ByName::Near | ByName::Telephone)
                    | Meant::Number(_, ByName::Nothing)
            )
        ),
    };
    is_one.then(|| normalize(cell))
}

pub(super) fn is_misspelt(plain: &str, name: &str, letters: usize) -> bool {
    distance(plain, name, letters).is_some()
}

/// How many letters are wrong, missing or swapped; `None` where these are more than `letters`.
fn distance(plain: &str, name: &str, letters: usize) -> Option<usize> {
    let may_be_near = name.len().abs_diff(plain.chars().count()) <= letters;
    let distance = may_be_near.then(|| strsim::damerau_levenshtein(plain, name))?;
    (distance <= letters).then_some(distance)
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
            ("Natonal transfer", "nationalTransfer"),
            ("Premium Service 1", "premiumServices1"),
            ("Premium Service 2", "premiumServices2"),
            ("Premium Service II", "premiumServices2"),
            ("premiumSrevices2", "premiumServices2"),
            ("internationalTransferEnable", "internationalTransfer"),
            ("Intl. transfer enabled", "internationalTransfer"),
        ] {
            let meant = near(cell, rules).map(|meant| meant.name(rules));
            assert_eq!(meant.as_deref(), Some(column), "{cell}");
            // Whether it is a number, only its cells can tell.
            let other = near(cell, setting::ALL[0]);
            let is_told = other.is_some_and(Meant::is_by_its_name);
            assert!(!is_told, "{cell}");
        }
        for cell in [
            "Premium calls",
            "Premium services",
            "special calls",
            "special services 3",
            "premiumServicesTransfer",
            "premiumServicesTransferEnabled",
            "premium services transfer 3",
            "National calls 2",
        ] {
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
            ("special service 1 transfer", "specialServices1Transfer"),
            ("Premium Service 2 transfer", "premiumServices2Transfer"),
            ("Premium 2 transfer enabled", "premiumServices2Transfer"),
        ] {
            let meant = near(cell, rules).map(|meant| meant.name(rules));
            assert_eq!(meant.as_deref(), Some(column), "{cell}");
        }
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
                "Org-Key",
                "OrgCode",
                "Org ref",
                "Orgnaization ID",
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
                "Orgnaization",
                "Organziation",
                "Orginisation",
                "Organistation",
                "Orgnisation",
                "Organiztion",
                "targetOrg",
                "managedOrg",
                "custOrg",
                "Kundenorganisation",
                "Tenant Name",
                "Mandantenname",
            ],
            Some(Meant::OrgName),
        );
        read(&["Location", "Locaton Name"], Some(Meant::TargetName));
        let others = [
            "Org unit",
            "Sales org",
            "Reorganisation",
            "Organizer",
            "Original",
        ];
        read(&others, None);
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
                assert_eq!(about(cell).id, wanted, "{cell}");
            }
        }
    }
}
