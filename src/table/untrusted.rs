//! Text from outside (what the service says, names, what stands in a cell that is quoted back) as it
//! may stand in a cell: one line, not too long, and no formula.

use std::borrow::Cow;

/// More than this of a text is read by nobody, in characters.
const LONGEST: usize = 2000;

/// Makes of a text what no spreadsheet takes for a formula: an apostrophe goes before what begins
/// like one. That counts after a separator too, since a sheet is not always taken apart at the one it
/// was written with.
pub fn escape_formula(text: &str) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    let mut begins_a_cell = true;
    for (index, character) in in_one_line(text).enumerate() {
        if index == LONGEST {
            safe.push('…');
            break;
        }
        if begins_a_cell && begins_a_formula(character) {
            safe.push('\'');
        }
        begins_a_cell = is_separator(character) || (begins_a_cell && character == '"');
        safe.push(character);
    }
    Cow::Owned(safe)
}

/// Whether a text is so plain that nothing of it needs a closer look, as nearly all are: a million
/// tracking ids are told by this.
fn is_harmless(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.len() <= LONGEST && !text.starts_with('-') && text.bytes().all(is_plain)
}

/// Control characters, among them tabs and line ends, become blanks, and none of those stand at the
/// ends.
fn in_one_line(text: &str) -> impl Iterator<Item = char> {
    let trimmed =
        text.trim_matches(|character: char| character.is_whitespace() || character.is_control());
    trimmed.chars().map(|character| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    })
}

/// Those of an East Asian keyboard are understood by some spreadsheets as well.
fn begins_a_formula(character: char) -> bool {
    matches!(
        character,
        '=' | '+' | '-' | '@' | '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}'
    )
}

fn is_separator(character: char) -> bool {
    matches!(character, ',' | ';' | '|')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_does_not_begin_a_cell() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("\t\r\n=1+1", "'=1+1"),
            ("+1 is missing", "'+1 is missing"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\"=1+1\"", "\"'=1+1\""),
            ("x;=HYPERLINK(1);y", "x;'=HYPERLINK(1);y"),
            ("x;\"=1", "x;\"'=1"),
            ("a=b, +1", "a=b, +1"),
            ("'=1", "'=1"),
            ("a\r\nb\tc\u{0}d", "a  b c d"),
            ("", ""),
            ("ROUTERGW_5e9f-1", "ROUTERGW_5e9f-1"),
            ("-1", "'-1"),
        ] {
            assert_eq!(escape_formula(text), safe, "{text:?}");
        }
    }

    #[test]
    fn a_text_that_is_too_long_ends_in_dots() {
        let too_long = "é".repeat(LONGEST + 1);
        let safe = escape_formula(&too_long);
        assert_eq!(safe.chars().count(), LONGEST + 1);
        assert!(safe.ends_with('…'));
        assert!(!escape_formula(&"é".repeat(LONGEST)).ends_with('…'));
    }

    proptest::proptest! {
        #[test]
        fn however_it_is_taken_apart_no_part_is_a_formula(text in "[-=+@;,|\"' \ta1\u{ff1d}]*") {
            let safe = escape_formula(&text);
            for part in safe.split([',', ';', '|', '\t']) {
                let part = part.trim_start_matches('"');
                proptest::prop_assert!(!part.starts_with(begins_a_formula), "{} of {}", part, safe);
            }
            proptest::prop_assert_eq!(escape_formula(&safe), &*safe);
        }
    }
}
