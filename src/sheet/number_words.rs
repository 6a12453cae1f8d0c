//! Words between numbers: `5501 to 5510` is a range, `5501 and 5510` are two numbers.

use crate::sheet::cell_diagnostics::CellDiagnostic;
use crate::sheet::group_faults::GroupFault;
use crate::sheet::number_faults;
use crate::sheet::number_faults::say_fault;

/// Words between the two ends of a range.
const RANGE: [&str; 19] = [
    "to", "bis", "till", "til", "until", "thru", "through", "hasta", "tot", "al", "a", "à", "au",
    "tm", "do", "ate", "até", "до", "по",
];

/// Words between two numbers.
const SEVERAL: [&str; 13] = [
    "and", "or", "und", "oder", "et", "ou", "en", "och", "og", "e", "y", "ja", "и",
];

/// What words between numbers make of a cell; `is_number` tells whether a part of it is one.
pub(super) fn read(text: &str, is_number: impl Fn(&str) -> bool) -> Option<CellDiagnostic> {
    let text = text.to_lowercase().replace("t/m", "tm");
    let mut parts = text.split(char::is_alphabetic).map(str::trim);
    let words: Vec<&str> = text
        .split(|character: char| !character.is_alphabetic())
        .filter(|word| !word.is_empty())
        .collect();
    let are_all_of = |known: &[&str]| words.iter().all(|word| known.contains(word));
    let is_letter = |end: Option<char>| end.is_none_or(char::is_alphabetic);
    // Between the letters of a word there is nothing.
    let are_numbers = parts.all(|part| part.is_empty() || is_number(part));
    if words.is_empty()
        || !are_numbers
        || is_letter(text.chars().next())
        || is_letter(text.chars().last())
    {
        return None;
    }
    if are_all_of(&RANGE) {
        return Some(say_fault(GroupFault::Range, &text));
    }
    are_all_of(&SEVERAL).then(number_faults::several_numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::problem_kind::ProblemKind;

    #[test]
    fn a_word_between_numbers_is_known_in_any_case_and_without_blanks() {
        let is_number =
            |text: &str| text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit());
        for (text, kind) in [
            ("5501 TO 5510", Some(ProblemKind::Range)),
            ("5501to5510", Some(ProblemKind::Range)),
            ("5501 t/m 5510", Some(ProblemKind::Range)),
            ("5501 to 5510 to 5520", Some(ProblemKind::Range)),
            ("5501 och 5510", Some(ProblemKind::SeveralNumbers)),
            ("5501 Y 5510", Some(ProblemKind::SeveralNumbers)),
            ("5501 to", None),
            ("to 5501", None),
            ("5501 x 5510", None),
            ("5501 to x", None),
            ("5501", None),
        ] {
            assert_eq!(
                read(text, is_number).map(|found| found.kind),
                kind,
                "{text}"
            );
        }
    }
}
