//! Names in place of ids: what organizations and the things in them are called, and which one a name
//! means. Only just that name will do; what is nearly so is shown.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use crate::model::ids::{self, is_blank};
use crate::setting::target_kind::TargetKind;
use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::problem::shorten;
use crate::sheet::problem_kind::ProblemKind;
use crate::table::escape_formula;
use crate::webex::lists::{Listed, Organization};

/// Letters wrong, missing or swapped in a name that may still be the one meant.
const MISSPELT: usize = 2;

/// Things that are shown where a name does not tell which is meant.
const CANDIDATES: usize = 3;

/// Unicode's block of these.
const HALF_AND_FULL_WIDTH: RangeInclusive<char> = '\u{ff00}'..='\u{ffef}';

/// An organization, or something in one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Named {
    name: String,
    id: String,
}

/// Things with names, in the order of these.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names(Vec<Named>);

/// What is in an organization, or why it cannot be listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesOf {
    /// `None`: the token's own.
    pub org_id: Option<String>,
    pub names: Result<Names, String>,
}

/// All that was looked up for a sheet. A run that goes on takes it from its journal: so each name
/// means what it meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedNames {
    pub organizations: Names,
    /// As older journals call them.
    #[serde(rename = "locations")]
    pub targets: Vec<NamesOf>,
}

impl ResolvedNames {
    pub fn of_organizations(organizations: Vec<Organization>) -> ResolvedNames {
        let things = organizations.into_iter();
        ResolvedNames {
            organizations: Names::new(things.map(|thing| (thing.name, thing.id))),
            targets: Vec::new(),
        }
    }

    pub fn add_targets(
        &mut self,
        kind: &TargetKind,
        org_id: Option<String>,
        listed: Result<Vec<Listed>, String>,
    ) {
        let names = listed.map(|listed| {
            let named = listed.into_iter().flat_map(|Listed { id, entry }| {
                let names = entry.names.into_iter();
                names.map(move |name| (as_called(&name, kind).into_owned(), id.clone()))
            });
            Names::new(named)
        });
        self.targets.push(NamesOf { org_id, names });
    }
}

impl Names {
    /// Takes pairs of a name and an id.
    pub fn new(things: impl IntoIterator<Item = (String, String)>) -> Names {
        let mut named: Vec<Named> = things
            .into_iter()
            .map(|(name, id)| Named {
                name: as_seen(trim(&name)).into_owned(),
                id,
            })
            .collect();
        named.sort_unstable();
        Names(named)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All names with their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|named| (&*named.name, &*named.id))
    }

    /// The ids of all things of this name.
    pub(super) fn ids_of(&self, name: &str) -> impl Iterator<Item = &str> {
        let name = as_seen(trim(name)).into_owned();
        let start = self.0.partition_point(|named| named.name < name);
        let found = self.0[start..].iter();
        let found = found.take_while(move |named| named.name == name);
        found.map(|named| &*named.id)
    }

    /// The id of the only thing of this name, as it is compared and as it is `written`. `what` it is, and in
    /// which column its id would stand, is for the one who reads that there is none.
    pub fn id_of(
        &self,
        name: &str,
        written: &str,
        what: &str,
        column: &str,
    ) -> Result<&str, CellDiagnostic> {
        let name = &*as_seen(trim(name));
        let start = self.0.partition_point(|named| named.name.as_str() < name);
        let mut found = self.0[start..]
            .iter()
            .take_while(|named| named.name == name);
        let shown = shorten(trim(written));
        match (found.next(), found.count()) {
            (Some(only), 0) => Ok(&only.id),
            (Some(_), others) => {
                let same = self.0[start..].iter().take((others + 1).min(CANDIDATES));
                let ids: Vec<String> = same.map(|named| format!("`{}`", named.id)).collect();
                Err(CellDiagnostic {
                    kind: ProblemKind::AmbiguousName,
                    says: format!(
                        "{} {what}s are named `{shown}`; put the right one's id into `{column}`: {}{}",
                        others + 1,
                        ids.join(", "),
                        if others + 1 > CANDIDATES { ", …" } else { "" }
                    ),
                })
            }
            (None, _) if ids::is_any(name) => Err(CellDiagnostic {
                kind: ProblemKind::UnknownName,
                says: format!(
                    "no {what} is called `{shown}`, which is an id; put it into a column named `{column}`"
                ),
            }),
            (None, _) => Err(CellDiagnostic {
                kind: ProblemKind::UnknownName,
                says: format!("no {what} is called `{shown}`{}", self.say_nearest(name)),
            }),
        }
    }

    fn say_nearest(&self, name: &str) -> String {
        let plain = plain(name);
        let length = plain.chars().count();
        let mut near: Vec<(usize, &str)> = self
            .0
            .iter()
            // Most names are told apart by their lengths, which cost little.
            .filter(|named| named.name.chars().count().abs_diff(length) <= 2 * MISSPELT)
            .filter_map(|named| {
                let distance = strsim::damerau_levenshtein(&self::plain(&named.name), &plain);
                // A short name has too many neighbors.
                (distance <= MISSPELT.min(length / 3)).then_some((distance, named.name.as_str()))
            })
            .collect();
        near.sort_unstable();
        near.dedup();
        let nearest = near.first().map_or(0, |(distance, _)| *distance);
        near.retain(|(distance, _)| *distance == nearest);
        if near.is_empty() {
            return format!(
                "; Webex lists {} and none with a similar name; check the spelling and the organization, or use the id",
                self.0.len()
            );
        }
        let only = if let [(_, only)] = near[..] {
            Some(only)
        } else {
            None
        };
        let difference = only.and_then(|only| say_difference(name, only));
        let near: Vec<String> = near
            .iter()
            .take(CANDIDATES)
            .map(|(_, name)| format!("`{}`", shorten(name)))
            .collect();
        format!(
            "; is it {}?{}",
            near.join(" or "),
            difference.unwrap_or_default()
        )
    }
}

/// A name as people see it: composed letters, narrow characters, one blank between words, and nothing
/// that is invisible. A raised or lowered digit, a fraction or a ligature stays what it is: `Building 1²` is
/// not `Building 12`.
pub(super) fn as_seen(name: &str) -> Cow<'_, str> {
    if name.is_ascii() && !name.contains("  ") && !name.contains(['\t', '\n', '\r']) {
        return Cow::Borrowed(name);
    }
    let narrow: String = name.chars().map(narrowed).collect();
    let composed = ComposingNormalizerBorrowed::new_nfc().normalize(&narrow);
    let is_seen = |character: &char| character.is_whitespace() || !is_blank(*character);
    let seen: String = composed.chars().filter(is_seen).collect();
    Cow::Owned(seen.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// A full-width letter or digit as the plain one, a half-width Japanese or Korean letter as the full one.
fn narrowed(character: char) -> char {
    if !HALF_AND_FULL_WIDTH.contains(&character) {
        return character;
    }
    let mut text = [0; 4];
    let text = character.encode_utf8(&mut text);
    let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(text);
    let mut plain = plain.chars();
    match (plain.next(), plain.next()) {
        (Some(only), None) => only,
        _ => character,
    }
}

/// Letters of other alphabets, below the Latin ones that look the same.
const LOOK_ALIKES: [(&str, &str); 2] = [
    ("ABEKMHOPCTXYaeopcyxijs", "АВЕКМНОРСТХУаеорсухіјѕ"),
    ("ABEZHIKMNOPTYXov", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧον"),
];

/// Letters, digits and signs that look the same in many typefaces.
const ALIKE: [&str; 6] = ["Il1|ı", "O0", "gɡ", "AᎪ", "'’‘`´ʼ", "-–—‐‑−"];

/// The Latin letter that a letter of another alphabet looks like.
fn latin(letter: char) -> Option<char> {
    LOOK_ALIKES.into_iter().find_map(|(latin, other)| {
        let mut pairs = latin.chars().zip(other.chars());
        pairs.find_map(|(latin, other)| (other == letter).then_some(latin))
    })
}

/// What the eye easily misses: capitals, and letters of another alphabet.
fn say_difference(name: &str, known: &str) -> Option<String> {
    if name.to_lowercase() == known.to_lowercase() {
        return Some(" Upper and lower case must match".to_string());
    }
    let is_same = |one: char, other: char| one.to_lowercase().eq(other.to_lowercase());
    let mut pairs = name.chars().zip(known.chars());
    let (found, wanted) = pairs.find(|(found, wanted)| !is_same(*found, *wanted))?;
    let foreign = [found, wanted]
        .into_iter()
        .find(|letter| latin(*letter).is_some());
    if let Some(foreign) = foreign
        && let Some(latin) = latin(foreign)
        && [found, wanted]
            .into_iter()
            .any(|letter| is_same(letter, latin))
    {
        let place = if foreign == found {
            "in the sheet"
        } else {
            "in Webex"
        };
        return Some(format!(
            " The letter `{foreign}` {place} only looks like `{latin}` (it is U+{:04X}); copy the name from Webex",
            u32::from(foreign)
        ));
    }
    let are_alike = |group: &&str| group.contains(found) && group.contains(wanted);
    ALIKE.iter().any(are_alike).then(|| {
        format!(
            " The sheet has `{found}` (U+{:04X}) where Webex has `{wanted}` (U+{:04X}); copy the name from Webex",
            u32::from(found),
            u32::from(wanted)
        )
    })
}

/// Without what clings to a pasted cell, and the apostrophe that an export puts before what could be
/// taken for a formula.
fn trim(name: &str) -> &str {
    let name = name.trim_matches(is_blank);
    let bare = name.strip_prefix('\'');
    bare.filter(|bare| escape_formula(bare) == name)
        .unwrap_or(name)
}

/// A name without what is easily got wrong: capitals, blanks, signs.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|character| character.is_alphanumeric());
    let letters = letters.map(|letter| latin(letter).unwrap_or(letter));
    letters.flat_map(char::to_lowercase).collect()
}

/// A name as it is compared with those of the service.
pub(super) fn as_called<'n>(name: &'n str, kind: &TargetKind) -> Cow<'n, str> {
    let name = as_seen(name);
    if kind.ignores_case {
        Cow::Owned(name.to_lowercase())
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Names {
        let things = names.iter().enumerate();
        Names::new(things.map(|(at, name)| ((*name).to_string(), format!("id {at}"))))
    }

    fn id_of(known: &[&str], name: &str) -> Result<String, String> {
        let known = names(known);
        let found = known.id_of(name, name, "location", "locationId");
        found.map(String::from).map_err(|damage| damage.says)
    }

    #[test]
    fn a_name_means_the_only_thing_that_is_called_just_so() {
        let known = [
            "London",
            "Paris ",
            "LONDON",
            "London Bridge",
            "",
            "München",
            "=Site",
        ];
        for (name, id) in [
            ("London", "id 0"),
            (" Paris\u{a0}", "id 1"),
            ("LONDON", "id 2"),
            ("London Bridge", "id 3"),
            ("München", "id 5"),
            ("'=Site", "id 6"),
            ("=Site", "id 6"),
            ("Mu\u{308}nchen", "id 5"),
            ("Lon\u{ad}don\u{a0} Bridge", "id 3"),
            ("\u{ff2c}ondon", "id 0"),
        ] {
            assert_eq!(id_of(&known, name), Ok(id.to_string()), "{name}");
        }
    }

    #[test]
    fn what_people_tell_apart_is_not_the_same() {
        let known = [
            "Building 1",
            "Building 12",
            "Haus 1a",
            "Site 11\u{2044}2",
            "Floor 5",
            "ｶﾞﾗ",
        ];
        for name in [
            "Building 1\u{b2}",
            "Building 1\u{2082}",
            "Haus 1\u{aa}",
            "Site 1\u{bd}",
            "Floor \u{2464}",
            "\u{fb02}oor 5",
        ] {
            let said = id_of(&known, name).expect_err(name);
            assert!(said.starts_with("no location is called"), "{said}");
        }
        assert_eq!(id_of(&known, "ガラ"), Ok("id 5".to_string()));
        assert_eq!(
            id_of(&known, "Ｆｌｏｏｒ\u{3000}５"),
            Ok("id 4".to_string())
        );
    }

    #[test]
    fn an_id_in_the_place_of_a_name_is_told() {
        let uuid = "5eed0000-0000-4000-8000-000000000001";
        let said = id_of(&["London"], uuid).expect_err("no name");
        assert!(
            said.ends_with("which is an id; put it into a column named `locationId`"),
            "{said}"
        );
    }

    #[test]
    fn a_name_that_is_not_or_not_alone_there_shows_what_may_be_meant() {
        let known = [
            "London",
            "London-West",
            "Paris",
            "Paris",
            "Oslo",
            "St John's",
            "Ulm-Ost",
            "Pier 12",
            "Bugge",
        ];
        let said: Vec<String> = [
            "Lodnon",
            "london west",
            "Paris",
            "Osl",
            "Rome",
            "Londo",
            "OSLO",
            "\u{41e}slo",
            "\u{43e}SLO",
            "St John\u{2019}s",
            "Ulm\u{2013}Ost",
            "Pier l2",
            "Bu\u{261}ge",
        ]
        .iter()
        .map(|name| id_of(&known, name).expect_err(name))
        .collect();
        insta::assert_snapshot!(said.join("\n"), @r"
        no location is called `Lodnon`; is it `London`?
        no location is called `london west`; is it `London-West`?
        2 locations are named `Paris`; put the right one's id into `locationId`: `id 2`, `id 3`
        no location is called `Osl`; is it `Oslo`?
        no location is called `Rome`; Webex lists 9 and none with a similar name; check the spelling and the organization, or use the id
        no location is called `Londo`; is it `London`?
        no location is called `OSLO`; is it `Oslo`? Upper and lower case must match
        no location is called `Оslo`; is it `Oslo`? The letter `О` in the sheet only looks like `O` (it is U+041E); copy the name from Webex
        no location is called `оSLO`; is it `Oslo`? The letter `о` in the sheet only looks like `o` (it is U+043E); copy the name from Webex
        no location is called `St John’s`; is it `St John's`? The sheet has `’` (U+2019) where Webex has `'` (U+0027); copy the name from Webex
        no location is called `Ulm–Ost`; is it `Ulm-Ost`? The sheet has `–` (U+2013) where Webex has `-` (U+002D); copy the name from Webex
        no location is called `Pier l2`; is it `Pier 12`? The sheet has `l` (U+006C) where Webex has `1` (U+0031); copy the name from Webex
        no location is called `Buɡge`; is it `Bugge`? The sheet has `ɡ` (U+0261) where Webex has `g` (U+0067); copy the name from Webex
        ");
    }
}
