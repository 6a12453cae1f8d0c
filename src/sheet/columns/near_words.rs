//! The words of a column's name, and what people call numbers, organizations and locations in the
//! languages of Europe.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::setting::target_kind::LOCATION;

/// Words for a number in a name such as `Nummer 2`.
const NUMBERS: &str = "n no nr nro num nbr nb number numbers nummer nummern numero número numéro numer \
    numara transfer transferno transfernr transfernumber transfernummer autotransfer autotransferno \
    autotransfernr atn tn номер номера п";

/// What may stand before such a word: `new n2`, `old number 2`. Behind any other word the number may be that
/// of a room or a building.
const BEFORE_NUMBERS: &str = "auto automatic new old neu neue alt alte nouveau nouvelle ancien nuevo viejo \
    nuovo vecchio nieuw oud the";

/// How words for a transfer begin.
const TRANSFERS: &str = "転送 转接 착신 rufumleit rufweiterleit anrufumleit anrufweiterleit transf trasf forward fwd xfer weiterleit umleit doorschakel renvoi desvio desvío deviaz \
    reroute";

/// Where a transfer leads.
const DESTINATIONS: &str = "to dest destination destinations target targets phone telephone tel ziel zielnummer \
    rufnummer telefon telefonnummer destino destinazione doel bestemming e 164 ext extension \
    extensions durchwahl nebenstelle 番号 電話番号 内線 内線番号 転送先番号 电话 号码 分机 번호 전화번호 내선";

/// How long words for a number end.
const DESTINATION_ENDS: &str = "rufnummer zielnummer telefonnummer";

const JOINING: &str = "o für pour para per voor call calls anruf anrufe appel appels llamada llamadas de del di da do du des von zu zum zur van of for the à a al";

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

/// The types of calls that rules are for, by how their names begin, and the columns of these. Services are
/// told apart by a number.
const CALL_TYPES: [(&str, &str); 8] = [
    (
        "international intl internat ausland auslands",
        "international",
    ),
    ("national nationwide domestic inland inlands", "national"),
    ("internal intern", "internalCall"),
    ("tollfree freephone", "tollFree"),
    ("operator", "operatorAssisted"),
    ("directory", "chargeableDirectoryAssisted"),
    ("premium", "premiumServices"),
    ("special", "specialServices"),
];

/// Words for calls and for what becomes of them.
const CALLS: &str = "call calls calling called rule rules action actions permission permissions allow allowed block \
    blocked barring restriction restrictions outgoing outbound dial dialing dialling anruf anrufe anrufen gespräch \
    gespräche appel appels llamada llamadas chiamata chiamate oproep oproepen";

/// Other words of such names.
const OF_CALLS: &str =
    "services service assisted assistance chargeable type for of the to transfer toll free";

const PLACES: [&str; 3] = [
    "one first primary i eins erste uno primero primer un premier primo eerste",
    "two second secondary ii zwei zweite dos segundo deux deuxième secondo tweede",
    "three third tertiary iii drei dritte tres tercero tercer trois troisième terzo derde",
];

const ORGANIZATIONS: &str = "org orgs orga szervezet 組織 組織名 组织 조직";

/// Words beside it that say nothing else.
const OF_THE_SERVICE: &str = "webex cisco control hub calling";
/// How words for an organization begin, in all spellings, and how those for who organizes something end.
const ORGANIZATION_BEGINS: &str = "organiza organisa organizz organizác organizaç";
const ORGANIZER_ENDS: &str = "or ore ores oren dora";

const CUSTOMERS: &str = "customer customers tenant tenants tenancy company companies account accounts client \
    clients partner reseller kunde kunden kundin mandant mandanten firma firmen unternehmen cliente clientes \
    empresa empresas azienda società compagnia entreprise société compagnie klant klanten bedrijf klient klienci \
    zákazník ügyfél kund asiakas";

const SITES: &str = "site sites place office branch store shop niederlassung filiale filialen lieu agence établissement \
    lugar oficina sucursal tienda sitio luogo filial loja local kantoor winkel lokalizacja oddział plats";

const IDS: &str = "id ids uuid guid identifier uid";
const NAMES: &str = "name names namen bezeichnung nom nombre nome naam nazwa navn namn nimi név";

/// Chinese, Japanese and Korean letters come after this one.
const FIRST_OF_EAST_ASIA: char = '\u{2e80}';

/// What a word is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Run {
    Digits,
    Letters,
    EastAsian,
}

/// What the words of a name are about.
pub(super) struct Words(Vec<String>);

impl Words {
    /// Runs of letters and of digits. A capital after a small letter begins one: `locationUuid`.
    pub(super) fn of(cell: &str) -> Words {
        let mut words: Vec<String> = Vec::new();
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
        let is_ending = |word: &String| ["st", "nd", "rd"].contains(&word.as_str());
        Words(words.filter(|word| !is_ending(word)).collect())
    }

    pub(super) fn all(&self) -> &[String] {
        &self.0
    }

    fn any(&self, is_one: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|word| is_one(word))
    }

    pub(super) fn has_organization(&self) -> bool {
        self.any(is_organization)
    }

    /// Whether a workspace, a person or a virtual line has numbers of its own: `Use own numbers`,
    /// `Custom (yes/no)`, `Eigene Nummern`.
    pub(super) fn are_of_own_numbers(&self) -> bool {
        let begins = |word: &str| {
            let is_one = |start: &&str| word.starts_with(*start);
            OWN.iter().any(is_one) && !is_customer(word)
        };
        let is_used = self.any(|word| word == "use");
        let is_of_another = self.any(|word| word == "organization" || word == "location");
        self.any(begins) || (is_used && is_of_another)
    }

    /// An organization, or what it may be to somebody else: a customer, a tenant.
    pub(super) fn has_customer(&self) -> bool {
        self.any(is_customer)
    }

    pub(super) fn are_all_of_organizations(&self) -> bool {
        (self.0.iter()).all(|word| is_customer(word) || is_in(OF_THE_SERVICE, word))
    }

    /// Words for places, numbers, ids and names, and what else stands in such headers.
    pub(super) fn are_all_of_columns(&self) -> bool {
        let is_of_place =
            |word: &str| is_customer(word) || is_in(SITES, word) || LOCATION.words.contains(&word);
        let is_of_number =
            |word: &str| is_number(word) || is_destination(word) || is_transfer(word);
        let is_other =
            |word: &str| is_in(OTHER_COLUMNS, word) || is_in(IDS, word) || is_in(NAMES, word);
        !self.0.is_empty()
            && (self.0.iter()).all(|word| {
                is_of_place(word) || is_of_number(word) || is_other(word) || place(word).is_some()
            })
    }

    pub(super) fn has_one_of(&self, wanted: &[&str]) -> bool {
        self.any(|word| wanted.contains(&word))
    }

    /// A location, or what else it may be called.
    pub(super) fn has_site(&self) -> bool {
        self.has_one_of(LOCATION.words) || self.any(|word| is_in(SITES, word))
    }

    /// `Org no.`
    pub(super) fn are_number_of_organization(&self) -> bool {
        self.has_organization()
            && (self.0.iter()).all(|word| is_organization(word) || is_number(word))
    }

    pub(super) fn has_id(&self) -> bool {
        self.any(|word| is_in(IDS, word))
    }

    pub(super) fn has_name(&self) -> bool {
        self.any(|word| is_in(NAMES, word))
    }

    /// The places that words name, counted from 0.
    pub(super) fn places(&self) -> impl Iterator<Item = usize> {
        self.0.iter().filter_map(|word| place(word))
    }
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_ascii_whitespace().any(|one| one == word)
}

fn begins_as(list: &str, word: &str) -> bool {
    let mut begins = list.split_ascii_whitespace();
    begins.any(|begin| word.starts_with(begin))
}

fn is_organization(word: &str) -> bool {
    let mut of_who_organizes = ORGANIZER_ENDS.split_ascii_whitespace();
    is_in(ORGANIZATIONS, word)
        || (begins_as(ORGANIZATION_BEGINS, word)
            && !of_who_organizes.any(|end| word.ends_with(end)))
}

fn is_customer(word: &str) -> bool {
    is_organization(word) || is_in(CUSTOMERS, word)
}

pub(super) fn is_transfer(word: &str) -> bool {
    begins_as(TRANSFERS, word)
}

pub(super) fn is_joining(word: &str) -> bool {
    is_in(JOINING, word)
}

pub(super) fn is_destination(word: &str) -> bool {
    let mut ends = DESTINATION_ENDS.split_ascii_whitespace();
    is_in(DESTINATIONS, word) || ends.any(|end| word.ends_with(end))
}

/// The column of the rules that a name such as `Intl. calls` or `Calls (premium 2)` is about; without its
/// number where it may be one of two.
pub(super) fn rule(words: &Words) -> Option<String> {
    let type_of = |word: &str| {
        // Alone it is short for many things.
        if word == "int" {
            return Some("international");
        }
        let of_word = CALL_TYPES
            .iter()
            .find(|(begins, _)| begins_as(begins, word));
        of_word.map(|(_, column)| *column)
    };
    let is_toll_free = words.any(|word| word == "toll") && words.any(|word| word == "free");
    let mut types: Vec<&str> = words.0.iter().filter_map(|word| type_of(word)).collect();
    types.extend(is_toll_free.then_some("tollFree"));
    types.dedup();
    let [call_type] = types[..] else {
        return None;
    };
    let is_about_calls = words.any(|word| is_in(CALLS, word));
    let is_known = |word: &String| {
        is_in(CALLS, word)
            || is_in(OF_CALLS, word)
            || type_of(word).is_some()
            || place(word).is_some()
    };
    if !is_about_calls || !words.0.iter().all(is_known) {
        return None;
    }
    let transfer = if words.any(is_transfer) {
        "Transfer"
    } else {
        ""
    };
    if !call_type.ends_with("Services") {
        return Some(format!("{call_type}{transfer}"));
    }
    let mut places = words.places().filter(|place| *place < 2);
    let Some(place) = places.next() else {
        return Some(call_type.to_string());
    };
    Some(format!("{call_type}{}{transfer}", place + 1))
}

pub(super) fn is_number(word: &str) -> bool {
    is_in(NUMBERS, word)
}

pub(super) fn may_precede_number(word: &str) -> bool {
    is_in(BEFORE_NUMBERS, word) || is_transfer(word) || is_number(word)
}

/// The place that a word names, counted from 0.
pub(super) fn place(word: &str) -> Option<usize> {
    if let Some(place) = PLACES.iter().position(|names| is_in(names, word)) {
        return Some(place);
    }
    let value: usize = word.parse().ok()?;
    (1..=99).contains(&value).then(|| value - 1)
}
