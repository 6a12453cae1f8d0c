//! A name that is near that of a number, or has the place of one in it.

use super::heading_meaning::{ByName, Meant};
use super::heading_words::Words;
use super::near_heading::{LONG, MISSPELT, is_misspelt};
use super::number_heading_words::{
    are_no_name, is_counted, is_destination, is_joining, is_number, is_of_number, is_transfer,
    letter, may_precede_number, place, place_inside,
};

/// The service's own word, as [`super::normalize`] leaves it and without its digit.
const FIELD_OF_SERVICE: &str = "autotransfernumber";

/// The place of the number, where there is one: `Nummer 2`, `No. 2`, `n 2 (new)`, `n4`, `second number`, `autoTransferNumer2`.
pub(super) fn near(plain: &str, words: &Words) -> Option<Meant> {
    let near = |place| Meant::Number(place, ByName::Near);
    let is_one = |word: &str| {
        is_number(word)
            || (word.len() >= LONG && is_misspelt(word, FIELD_OF_SERVICE, MISSPELT + 1))
            || (word.len() > 4 && is_misspelt(word, "number", 1))
    };
    let words = words.all();
    if let Some(place) = number_of_transfer(words) {
        return Some(near(Some(place)));
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
            return is_alone.then_some(near(Some(place)));
        }
        // `numero due`, but `due date`.
        if other == "due" && one == "numero" {
            return is_alone.then_some(near(Some(1)));
        }
        let place = place(one)?;
        (is_one(other) && other.len() > 2).then_some(near(Some(place)))
    });
    let letters: String = plain
        .chars()
        .filter(|character| !character.is_ascii_digit())
        .collect();
    let is_without_place = matches!(plain, "nl" | "ni" | "n0" | "number0" | "nummer0" | "nr0")
        || is_misspelt(&letters, FIELD_OF_SERVICE, MISSPELT);
    found.or_else(|| is_without_place.then_some(near(None)))
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

/// `Ziel 2`, `Backup B`, `Transfer to`; `Column4`; `Room 2`, `Forwarded by`.
pub(super) fn other(words: &Words) -> Option<Meant> {
    let all = words.all();
    let places = || all.iter().filter_map(|word| place(word));
    if are_no_name(all) {
        let is_number_of_column = all.len() > 1;
        let only = places().next().filter(|_| !is_number_of_column);
        let only = only.or_else(|| all.first().and_then(|word| letter(word)));
        return Some(Meant::Number(only, ByName::Nothing));
    }
    let are_of_numbers = all.iter().any(|word| is_of_number(word))
        && (all.iter()).all(|word| is_of_number(word) || is_joining(word) || is_place(word));
    let by_name = if are_of_numbers {
        ByName::Telephone
    } else if words.any(is_counted) {
        ByName::Counted
    } else {
        ByName::Unknown
    };
    // `nB`, or `N.B.` above remarks.
    if let [n, last] = all
        && n == "n"
        && let Some(place @ 1..) = letter(last)
    {
        return Some(Meant::Number(Some(place), ByName::Unknown));
    }
    let inside = || all.iter().find_map(|word| place_inside(word));
    // `n/a` is none.
    let is_word = |word: &String| word.len() > 2 && is_of_number(word);
    let is_lettered = are_of_numbers && all.iter().any(is_word);
    let at_the_end = || {
        let last = all.last().filter(|_| is_lettered)?;
        letter(last)
    };
    let only = match places().collect::<Vec<_>>()[..] {
        [only] => Some(only),
        [] => inside().or_else(at_the_end),
        _ => return None,
    };
    if only.is_some() {
        return Some(Meant::Number(only, by_name));
    }
    let by_name = if are_of_numbers {
        by_name
    } else {
        ByName::Counted
    };
    words
        .any(is_transfer)
        .then_some(Meant::Number(None, by_name))
}

fn is_place(word: &str) -> bool {
    place(word).or_else(|| letter(word)).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting;
    use crate::sheet::columns::near_heading;

    fn read(cells: &[&str], wanted: Option<Meant>) {
        for cell in cells {
            let near = near_heading::near(cell, setting::ALL[0]);
            assert_eq!(near, wanted, "{cell}");
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
                "2º número",
                "2ème numéro",
                "nummer twee",
                "nummer två",
                "numero due",
                "Núm. 2",
            ],
            Some(Meant::Number(Some(1), ByName::Near)),
        );
        read(
            &["n4", "Number 4", "No 4"],
            Some(Meant::Number(Some(3), ByName::Near)),
        );
        read(
            &["nl", "n0", "Number 0", "Auto transfer numbers"],
            Some(Meant::Number(None, ByName::Near)),
        );
        read(
            &["#2", "2", "second", "Secondary", "\u{4e8c}", "B", "II"],
            Some(Meant::Number(Some(1), ByName::Nothing)),
        );
        read(
            &[
                "DN2",
                "autoTransferPhoneNumber2",
                "Ersatznummer 2",
                "Zweitnummer",
                "Rufnr. 2",
                "Poste 2",
                "T\u{e9}l. 2",
                "Backup 2",
                "Ausweichnummer 2",
                "Destination B",
                "\u{7b2c}2\u{756a}\u{53f7}",
                "\u{7b2c}\u{4e8c}\u{756a}\u{53f7}",
                "Call forwarding 2",
                "内線2",
                "番号2",
                "Zielrufnummer 2",
                "Phone 2",
                "Tel. 2",
                "Ziel 2",
                "Weiterleitung 2",
                "Ext. 2",
                "Numéro de transfert 2",
            ],
            Some(Meant::Number(Some(1), ByName::Telephone)),
        );
        read(
            &["Transfer numbers", "Weiterleitung", "Forward to"],
            Some(Meant::Number(None, ByName::Telephone)),
        );
    }

    #[test]
    fn of_other_names_only_the_cells_can_tell() {
        read(
            &["Forwarded by"],
            Some(Meant::Number(None, ByName::Counted)),
        );
        read(
            &[
                "Column4",
                "Spalte4",
                "Colonne 4",
                "Unnamed: 4",
                "F4",
                "",
                "-",
            ],
            Some(Meant::Number(None, ByName::Nothing)),
        );
        read(
            &["Vara 2", "Notfall 2", "nB"],
            Some(Meant::Number(Some(1), ByName::Unknown)),
        );
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
            &["Room Nr. 2", "Building no 2", "Floor 2", "Kundennummer 2"],
            Some(Meant::Number(Some(1), ByName::Counted)),
        );
    }
}
