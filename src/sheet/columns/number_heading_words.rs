//! Words for numbers, for transfers and for places in a column's name, in the languages of Europe and of
//! East Asia; and words for what else has a number behind it.

use super::heading_words::{begins_as, is_in};

/// Words for a number in a name such as `Nummer 2`.
const NUMBERS: &str = "n no nr nro num núm nbr nb number numbers nummer nummern numero número numéro numer \
    numara numret číslo szám transfer transferno transfernr transfernumber transfernummer autotransfer autotransferno \
    autotransfernr atn tn номер номера п";

/// What may stand before such a word: `new n2`, `old number 2`. Behind any other word the number may be that
/// of a room or a building.
const BEFORE_NUMBERS: &str = "auto automatic new old neu neue alt alte nouveau nouvelle ancien nuevo viejo \
    nuovo vecchio nieuw oud the";

/// How words for a transfer begin.
const TRANSFERS: &str = "転送 转接 착신 rufumleit rufweiterleit anrufumleit anrufweiterleit transf trasf atn forward fwd xfer weiterleit umleit doorschakel renvoi desvio desvío deviaz \
    reroute";

/// Before words for numbers these mean others than those that are there.
const FURTHER: &str =
    "more other others further additional weitere weiteren andere autres otros altri meer";

/// Words for numbers that mostly head a count of the rows.
const COUNTS: &str = "no nr nro nbr nb num";

/// Where a transfer leads.
const DESTINATIONS: &str = "to e 164 ext extension extensions did dn cel";

/// How words for that begin, for telephones, for extensions, and for what takes the place of another.
const DESTINATION_BEGINS: &str = "phone mobil cell handy gsm hotline puhelin klapka linka telephon telefon teléfono téléphon tel tél тел dest destin target ziel \
    doel bestemming rufn durchwahl nebenst poste interno anexo ramal wewn toestel anknytn dahili exten extn \
    доб внутр 番号 電話 内線 电话 号码 分机 번호 전화 내선 \
    backup ersatz ausweich reserv fallback failover overflow überlauf alternat zweit dritt secours respaldo \
    riserva zapas резерв 予備 备用";

/// How long words for a number end.
const DESTINATION_ENDS: &str = "rufnummer zielnummer telefonnummer 番号";

const JOINING: &str = "o für pour para per voor call calls anruf anrufe appel appels llamada llamadas de del di da do du des von zu zum zur van of for the à a al auto automatic la le der die das 번째";

/// How words begin for what is counted, or has a number and is no telephone.
const COUNTED: &str = "floor level phase wave batch step stage sprint building bldg block wing room zone \
    rack shelf port vlan unit suite apartment gate address street house year month week day quarter fy version \
    rev tier class categor prio rank region area cost cent price budget amount total sum count qty quantit user \
    seat licen device headcount staff people employe code id ref ticket order invoice asset serial zip postcode \
    plz age score size speed mbps channel trunk sbc server switch site store dep account customer contract \
    project plant contact approve by etage stock gebäude raum zimmer welle jahr woche tag monat kosten \
    kunde preis menge anzahl nutzer plätze haus straße étage salle bâtiment ann mois sema jour coût piso planta \
    edificio sala año mes día costo";

const PLACES: [&str; 3] = [
    "one first primary i een één ett yksi egy bir один jeden eins erste uno primero primer un premier première primo primera eerste första pierwszy první первый 첫 一",
    "two second secondary ii twee två kaksi kettő iki два dwa dva dois duas zwei zweite dos segundo deux deuxième secondo secondario secundario secundaria secondaire segunda tweede andra anden drugi druhý druhé toinen второй ikinci második 두 二",
    "three third tertiary iii drie tre kolme három üç три trzy tři três drei dritte tres tercero tercer trois troisième terzo terziario tercera tertiaire derde tredje trzeci třetí kolmas третий üçüncü harmadik 세 三",
];

/// How words begin that have their place in themselves: `Zweitnummer`.
const PLACES_INSIDE: [&str; 3] = ["erst", "zweit", "dritt"];

const LETTERS: [&str; 3] = ["a", "b", "c"];

/// What programs call a column without a name: `Column4`, `Unnamed: 4`, `F4`.
const UNNAMED: &str = "column columns col columna colonne coluna colonna kolom kolonne kolumn kolumna sloupec \
    oszlop spalte spalten feld field champ campo veld unnamed empty noname var f v x c 列 столбец";

/// Digits of such a number.
const LONGEST_PLACE: usize = 2;

pub(super) fn is_number(word: &str) -> bool {
    is_in(NUMBERS, word)
}

pub(super) fn may_precede_number(word: &str) -> bool {
    is_in(BEFORE_NUMBERS, word) || is_transfer(word) || is_number(word)
}

pub(super) fn is_transfer(word: &str) -> bool {
    begins_as(TRANSFERS, word)
}

pub(super) fn is_joining(word: &str) -> bool {
    is_in(JOINING, word)
}

pub(super) fn is_destination(word: &str) -> bool {
    let mut ends = DESTINATION_ENDS.split_ascii_whitespace();
    is_in(DESTINATIONS, word)
        || begins_as(DESTINATION_BEGINS, word)
        || ends.any(|end| word.ends_with(end))
}

/// A number, a telephone or a transfer.
pub(super) fn is_of_number(word: &str) -> bool {
    is_number(word) || is_destination(word) || is_transfer(word)
}

/// Whether words are about numbers to call and nothing else: `Nummer`, `More numbers`, `Alternate number`.
pub(super) fn are_of_numbers_alone(words: &[String]) -> bool {
    let is_about_one = |word: &String| is_of_number(word);
    let is_beside_one = |word: &String| is_in(FURTHER, word) || is_in(BEFORE_NUMBERS, word);
    let is_count = matches!(words, [only] if is_in(COUNTS, only));
    !is_count
        && words.iter().any(is_about_one)
        && words
            .iter()
            .all(|word| is_about_one(word) || is_beside_one(word))
}

pub(super) fn is_counted(word: &str) -> bool {
    begins_as(COUNTED, word) || is_in("q po p t w", word)
}

/// Whether words are no name, but what stands where one is missing.
pub(super) fn are_no_name(words: &[String]) -> bool {
    let is_short = |word: &String| {
        word.len() <= LONGEST_PLACE && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    match words {
        [] => true,
        [only] => is_short(only) || is_in(UNNAMED, only) || is_place_alone(only),
        [word, number] => is_in(UNNAMED, word) && is_short(number),
        [no, column, name] => no == "no" && is_in(UNNAMED, column) && name == "name",
        _ => false,
    }
}

/// `second`, `二`, `B`.
fn is_place_alone(word: &str) -> bool {
    letter(word).is_some() || PLACES.iter().any(|names| is_in(names, word))
}

/// The place that a word names, counted from 0.
pub(super) fn place(word: &str) -> Option<usize> {
    if let Some(place) = PLACES.iter().position(|names| is_in(names, word)) {
        return Some(place);
    }
    let value: usize = word.parse().ok()?;
    (1..=99).contains(&value).then(|| value - 1)
}

/// The place of `B`.
pub(super) fn letter(word: &str) -> Option<usize> {
    LETTERS.iter().position(|letter| *letter == word)
}

/// The place in `Zweitnummer`.
pub(super) fn place_inside(word: &str) -> Option<usize> {
    let mut places = PLACES_INSIDE.iter();
    places.position(|begin| word.strip_prefix(begin).is_some_and(is_of_number))
}
