//! The words of a column's name, and what people call organizations and locations in the languages of Europe.

use icu_normalizer::ComposingNormalizerBorrowed;

use super::near_heading::{LONG, MISSPELT, is_misspelt};
use super::number_heading_words::{is_destination, is_number, is_of_number, is_transfer, place};
use crate::setting::target_kind::{LOCATION, TargetKind};

/// How words for numbers of one's own begin.
const OWN: [&str; 10] = [
    "custom",
    "custm",
    "costum",
    "own",
    "usecustom",
    "iscustom",
    "eigene",
    "benutzerdefiniert",
    "individuell",
    "personali",
];

/// What else a table of places has as names of its columns.
const OTHER_COLUMNS: &str = "city town ort stadt ville ciudad città country land region address adresse dirección \
    note notes remark remarks comment comments bemerkung kommentar did dn extn 拠点 拠点名 場所";

const ORGANIZATIONS: &str = "org orgs orga szervezet 組織 組織名 组织 조직";

/// Words beside it that say nothing else.
const OF_THE_SERVICE: &str = "webex cisco control hub calling";
/// How words for an organization begin, in all spellings, and how those for who organizes something end.
const ORGANIZATION_BEGINS: &str = "organiza organisa organizz organizác organizaç";
const ORGANIZER_ENDS: &str = "or ore ores oren dora";
/// The word that a misspelt one may be.
const ORGANIZATION_SPELLINGS: &str = "organization organisation organizations organisations organisatie \
    organizacion organización organizzazione organizacja organização";
/// How words end for somebody's organization: `Kundenorganisation`.
const ORGANIZATION_ENDS: &str = "organization organisation";

/// Words behind an organization that say which one it is.
const KEYS: &str = "key keys code codes ref reference";

/// Before an organization these make a part of one, or something else.
const UNITS: &str = "sales purchase purchasing support legal charity sub is has non re";

/// What an organization of Webex is called besides.
const TENANT_BEGINS: &str = "tenant mandant";

const CUSTOMERS: &str = "customer customers tenant tenants tenancy company companies account accounts client \
    clients partner reseller kunde kunden kundin mandant mandanten firma firmen unternehmen cliente clientes \
    empresa empresas azienda società compagnia entreprise société compagnie klant klanten bedrijf klient klienci \
    zákazník ügyfél kund asiakas";

const IDS: &str = "id ids uuid guid identifier uid";
const NAMES: &str = "name names namen bezeichnung nom nombre nome naam nazwa navn namn nimi név";

/// Beside an address, besides those for mail, these make one of something else than a place: `IP address`.
const OTHER_ADDRESSES: &str = "ip mac sip web url";

/// Of a shorter word for a thing, a longer one that begins with it may mean something else: `local`, `office`.
const SHORTEST_BEGIN: usize = 7;

/// Chinese, Japanese and Korean letters come after this one.
const FIRST_OF_EAST_ASIA: char = '\u{2e80}';

/// What stands right behind the digits of an ordinal: `1st`, `2nd`, `2ème`, `2º`.
const ORDINAL_ENDINGS: &str = "st nd rd th er ère ere eme ème nde ter do da o a";

const NUMERALS: [char; 3] = ['一', '二', '三'];

/// What a word is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Digits,
    Letters,
    EastAsian,
}

/// What the words of a name are about.
pub(super) struct Words {
    all: Vec<String>,
    /// Which of them are organizations: a header may have thousands of names, and each is asked it often.
    organizations: Vec<bool>,
}

impl Words {
    /// Runs of letters and of digits. A capital after a small letter begins one: `locationUuid`.
    pub(super) fn of(cell: &str) -> Words {
        let mut words: Vec<String> = Vec::new();
        let mut ordinal_endings = Vec::new();
        let mut last = None;
        for character in ComposingNormalizerBorrowed::new_nfkc()
            .normalize(cell)
            .chars()
        {
            let kind = match character {
                digit if digit.is_ascii_digit() => Some(Run::Digits),
                letter if letter >= FIRST_OF_EAST_ASIA && letter.is_alphanumeric() => {
                    Some(Run::EastAsian)
                }
                letter if letter.is_alphanumeric() => Some(Run::Letters),
                _ => None,
            };
            if kind.is_some() {
                let begins_inside = |word: &String| word.ends_with(char::is_lowercase);
                let begins = last != kind
                    || (character.is_uppercase() && words.last().is_some_and(begins_inside));
                if begins {
                    if last == Some(Run::Digits) {
                        ordinal_endings.push(words.len());
                    }
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    word.push(character);
                }
            }
            last = kind;
        }
        let words = words.into_iter().enumerate().filter_map(|(at, word)| {
            let word = word.to_lowercase();
            let is_ending = ordinal_endings.contains(&at) && is_in(ORDINAL_ENDINGS, &word);
            (!is_ending).then_some(word)
        });
        let all: Vec<String> = words.flat_map(|word| numeral_apart(&word)).collect();
        let organizations = all.iter().map(|word| is_organization(word)).collect();
        Words { all, organizations }
    }

    pub(super) fn all(&self) -> &[String] {
        &self.all
    }

    /// The words, and whether each is an organization.
    fn each(&self) -> impl Iterator<Item = (&str, bool)> {
        let all = self.all.iter().map(String::as_str);
        all.zip(self.organizations.iter().copied())
    }

    pub(super) fn any(&self, is_one: impl Fn(&str) -> bool) -> bool {
        self.all.iter().any(|word| is_one(word))
    }

    pub(super) fn has_organization(&self) -> bool {
        self.organizations.contains(&true)
    }

    /// Whether a workspace, a person or a virtual line has numbers of its own: `Use own numbers`,
    /// `Custom (yes/no)`, `Eigene Nummern`.
    pub(super) fn are_of_own_numbers(&self) -> bool {
        let begins = |word: &str| {
            let is_one = |start: &&str| word.starts_with(*start);
            OWN.iter().any(is_one) && !is_organization(word) && !is_in(CUSTOMERS, word)
        };
        let is_used = self.any(|word| word == "use");
        let is_of_another = self.any(|word| word == "organization" || word == "location");
        self.any(begins) || (is_used && is_of_another)
    }

    /// An organization, or what it may be to somebody else: a customer, a tenant.
    pub(super) fn has_customer(&self) -> bool {
        self.each()
            .any(|(word, is_one)| is_one || is_in(CUSTOMERS, word))
    }

    /// `Organization`, `Webex Org`, `CustomerOrg`, `targetOrg`, `Tenant name`.
    pub(super) fn are_an_organization(&self) -> bool {
        let is_owned = match (&self.all[..], &self.organizations[..]) {
            ([whose, _], [_, true]) => !is_in(UNITS, whose),
            _ => false,
        };
        let is_of_one =
            |(word, is_one)| is_one || is_in(CUSTOMERS, word) || is_in(OF_THE_SERVICE, word);
        let is_named = self.has_name() || self.any(|word| word.ends_with("name"));
        let is_tenant = self.any(|word| begins_as(TENANT_BEGINS, word)) && is_named;
        is_owned || is_tenant || (self.has_organization() && self.each().all(is_of_one))
    }

    /// Words for places, numbers, ids and names, and what else stands in such headers.
    pub(super) fn are_all_of_columns(&self) -> bool {
        let is_of_place =
            |word: &str, is_one| is_one || is_in(CUSTOMERS, word) || is_called(word, &LOCATION);
        let is_other =
            |word: &str| is_in(OTHER_COLUMNS, word) || is_in(IDS, word) || is_in(NAMES, word);
        !self.all.is_empty()
            && self.each().all(|(word, is_one)| {
                is_of_place(word, is_one)
                    || is_of_number(word)
                    || is_other(word)
                    || place(word).is_some()
            })
    }

    pub(super) fn has_one_of(&self, wanted: &[&str]) -> bool {
        self.any(|word| wanted.contains(&word))
    }

    /// A location, or what else it may be called.
    pub(super) fn has_site(&self) -> bool {
        self.any(|word| is_called(word, &LOCATION))
    }

    /// Whether they name a thing of a kind, in whatever words, and no telephone of it: `Site`, `Webex location`,
    /// `Standortname`.
    pub(super) fn name_one(&self, kind: &TargetKind) -> bool {
        let names = || kind.words.iter().chain(kind.also_called);
        let begins_with = |word: &str| {
            let is_begin = |name: &&str| name.len() >= SHORTEST_BEGIN && word.starts_with(*name);
            names().any(is_begin)
        };
        self.any(|word| is_called(word, kind) || begins_with(word))
            && !self.any(|word| is_destination(word) || is_transfer(word))
            && !self.any(|word| is_in(OTHER_ADDRESSES, word) || word.ends_with("mail"))
    }

    /// `Org no.`, `OrgCode`.
    pub(super) fn are_number_of_organization(&self) -> bool {
        let is_key = |(word, is_one)| is_one || is_number(word) || is_in(KEYS, word);
        self.has_organization() && self.each().all(is_key)
    }

    pub(super) fn has_id(&self) -> bool {
        self.any(|word| is_in(IDS, word))
    }

    pub(super) fn has_name(&self) -> bool {
        self.any(|word| is_in(NAMES, word))
    }

    /// The places that words name, counted from 0.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.all.iter().filter_map(|word| place(word))
    }
}

pub(super) fn is_in(list: &str, word: &str) -> bool {
    // A search through the whole list is faster than looking at each of its words, of which few fit.
    list.contains(word) && list.split_ascii_whitespace().any(|one| one == word)
}

pub(super) fn begins_as(list: &str, word: &str) -> bool {
    let mut begins = list.split_ascii_whitespace();
    begins.any(|begin| word.starts_with(begin))
}

/// `第二番号` is `二 番号`.
fn numeral_apart(word: &str) -> Vec<String> {
    let bare = word.strip_prefix('第').unwrap_or(word);
    let parts = NUMERALS.into_iter().find_map(|numeral| {
        let rest = bare.strip_prefix(numeral).or(bare.strip_suffix(numeral))?;
        let rest = rest.trim_start_matches(['个', '個', 'の', '目']);
        (rest.is_empty() || is_of_number(rest)).then(|| (numeral.to_string(), rest.to_string()))
    });
    match parts {
        Some((numeral, rest)) if rest.is_empty() => vec![numeral],
        Some((numeral, rest)) => vec![numeral, rest],
        None if bare.is_empty() => Vec::new(),
        None => vec![bare.to_string()],
    }
}

fn is_organization(word: &str) -> bool {
    let has_end = |ends: &str| {
        let mut ends = ends.split_ascii_whitespace();
        ends.any(|end| word.ends_with(end))
    };
    let is_misspelt_one = |name: &str| word.len() >= LONG && is_misspelt(word, name, MISSPELT);
    let mut spellings = ORGANIZATION_SPELLINGS.split_ascii_whitespace();
    is_in(ORGANIZATIONS, word)
        || (!has_end(ORGANIZER_ENDS)
            && !word.starts_with("reorg")
            && (begins_as(ORGANIZATION_BEGINS, word)
                || has_end(ORGANIZATION_ENDS)
                || spellings.any(is_misspelt_one)))
}

/// Whether a thing of a kind is called so.
fn is_called(word: &str, kind: &TargetKind) -> bool {
    kind.words.contains(&word) || kind.also_called.contains(&word)
}
