//! Words for types of calls and for what becomes of them, in a column's name.

use super::heading_words::{Words, begins_as, is_in};
use super::number_heading_words::{is_joining, is_transfer, place};

/// The types of calls that rules are for, by how their names begin, and the columns of these. Services are
/// told apart by a number.
const CALL_TYPES: [(&str, &str); 8] = [
    (
        "internation internacion internazion internac internat intl abroad oversea foreign ausland étrang extranj estero buitenland utland udland zagran",
        "international",
    ),
    (
        "national nacional nazional nationwide domestic inland binnenland",
        "national",
    ),
    ("internal intern intér wewn", "internalCall"),
    (
        "tollfree freephone gratuit gratis kostenlos kostenfrei gebührenfrei bezpłat",
        "tollFree",
    ),
    ("operator opérat operad vermittlung", "operatorAssisted"),
    (
        "directory annuaire auskunft elenco",
        "chargeableDirectoryAssisted",
    ),
    ("premium surtax mehrwert", "premiumServices"),
    ("special spécia especia sonder", "specialServices"),
];

/// How words begin for calls and for what becomes of them.
const CALLS: &str = "call dial rule action permi allow block barr restrict outgo outbound anruf gespräch \
    appel llamad chiamat ligaç chamad oproep gesprek połącz rozmow samtal opkald hovor hívás \
    bloqu bloc blok autoris autoriz sperr";

/// How other words of such names begin.
const OF_CALLS: &str = "service servic serviz servi dienst assist chargeable enabl type for of the to toll free \
    vers nach ins in hacia verso naar sort abgehend ausgehend salient uscent uitgaand";

/// How words begin for how far a project has come, where `blocked` and `allowed` mean something else.
const PROJECT: &str = "approv genehm freigab freigeg status state statut estado stato état signed signoff sign review \
    decision entscheid progress ready readi done check valid accept abnahme migrat cutover release result";

/// Whether words are about a project: `Go/No-Go`, `Signed off`.
pub(super) fn are_of_project(words: &Words) -> bool {
    words.any(|word| begins_as(PROJECT, word) || word == "go")
}

/// The column of the rules that a name such as `Intl. calls` or `Calls (premium 2)` is about; without a
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
    let mut types: Vec<&str> = words
        .all()
        .iter()
        .filter_map(|word| type_of(word))
        .collect();
    types.extend(is_toll_free.then_some("tollFree"));
    types.dedup();
    let [call_type] = types[..] else {
        return None;
    };
    let is_of_calls = |word: &str| begins_as(CALLS, word) || is_transfer(word);
    let is_known = |word: &str| {
        is_of_calls(word)
            || begins_as(OF_CALLS, word)
            || is_joining(word)
            || is_in("l d", word)
            || type_of(word).is_some()
            || place(word).is_some()
    };
    if !words.any(is_of_calls) || !words.all().iter().all(|word| is_known(word)) {
        return None;
    }
    let transfer = if words.any(is_transfer) {
        "Transfer"
    } else {
        ""
    };
    // Of services there are two, of other types one: any other number makes no column.
    let places = words.places().map(|place| (place + 1).to_string());
    let places: String = places.collect();
    Some(format!("{call_type}{places}{transfer}"))
}
