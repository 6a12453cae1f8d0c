//! How two spellings of a phone number compare, and in which one a person reads it. Nothing is dropped
//! but separators: `*7201` is another number than `7201`.

/// A number as every file and message has it for a reader: one of the North American plan, which the
/// service lists as ten bare digits, with its `+1`; one with a `+` without separators; any other as it is.
pub fn for_reading(number: &str) -> String {
    if is_north_american(number) {
        format!("+1{number}")
    } else if number.starts_with('+') {
        significant(number)
    } else {
        number.to_string()
    }
}

/// The spellings in which the service may list a number that is written so for a reader: as it is, as
/// ten bare digits, and with a hyphen after the country code, which has one digit to three. A `+` that
/// a spreadsheet has dropped is put back.
pub fn listings(read: &str) -> impl Iterator<Item = String> {
    const LONGEST_COUNTRY_CODE: usize = 3;
    let digits = read.strip_prefix('+').unwrap_or(read);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = if is_number { digits } else { "" };
    let bare = digits
        .strip_prefix('1')
        .filter(|bare| is_north_american(bare));
    let codes = (1..=LONGEST_COUNTRY_CODE).filter_map(|length| digits.split_at_checked(length));
    let hyphened = codes.map(|(code, rest)| format!("+{code}-{rest}"));
    let with_plus = (!digits.is_empty()).then(|| format!("+{digits}"));
    [read.to_string()]
        .into_iter()
        .chain(with_plus)
        .chain(bare.map(String::from))
        .chain(hyphened)
}

/// A number as the service would list it beside another one that it lists so. One with a hyphen after
/// its country code is listed in the way in which those of North America have no `+1`.
pub fn listed_like(number: &str, listed: Option<&str>) -> String {
    let own = for_reading(number);
    let bare = own
        .strip_prefix("+1")
        .filter(|bare| is_north_american(bare));
    let has_plus = listed.is_some_and(|one| one.starts_with('+') && !one.contains('-'));
    match (bare, listed) {
        (Some(bare), _) if !has_plus => bare.to_string(),
        (None, Some(listed)) => {
            let code = listed.split_once('-').map_or("", |(code, _)| code);
            let rest = own.strip_prefix(code).filter(|_| code.starts_with('+'));
            rest.map_or_else(|| number.to_string(), |rest| format!("{code}-{rest}"))
        }
        _ => number.to_string(),
    }
}

fn is_north_american(number: &str) -> bool {
    let is_digit_of_a_plan = |index: usize| matches!(number.as_bytes()[index], b'2'..=b'9');
    number.len() == 10
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && is_digit_of_a_plan(0)
        && is_digit_of_a_plan(3)
}

/// Whether two spellings mean one number.
///
/// A number of the North American plan is read back as ten bare digits, so these equal the same
/// with `+1` in front.
pub fn is_same(one: &str, other: &str) -> bool {
    significant(one) == significant(other)
}

/// A number without what only helps to read it. Ten bare digits are read with `+1`, since that is how
/// the service tells North American numbers.
fn significant(number: &str) -> String {
    let bare: String = number
        .chars()
        .filter(|character| !is_separator(*character))
        .collect();
    if bare.len() == 10 && bare.bytes().all(|byte| byte.is_ascii_digit()) {
        return format!("+1{bare}");
    }
    bare
}

/// Blanks, hyphens and dashes, dots, brackets.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '.' | '(' | ')' | '\u{2010}'..='\u{2015}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_for_a_reader_and_its_listing_is_found_again() {
        for (listed, read) in [
            ("2025550101", "+12025550101"),
            ("+12025550101", "+12025550101"),
            ("+49-6100773123", "+496100773123"),
            ("+44-2079460911", "+442079460911"),
            ("+353-15550101", "+35315550101"),
            ("+7-4955550101", "+74955550101"),
            ("1025550101", "1025550101"),
            ("2021550101", "2021550101"),
            ("5501", "5501"),
            ("*7201", "*7201"),
            ("+12025550101;ext=55", "+12025550101;ext=55"),
            ("", ""),
        ] {
            assert_eq!(for_reading(listed), read);
            assert!(listings(read).any(|one| one == listed), "{listed}");
        }
        // A spreadsheet dropped the `+`.
        assert!(listings("12025550101").any(|one| one == "2025550101"));
        assert!(listings("496100773123").any(|one| one == "+49-6100773123"));
        assert_eq!(listings("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn numbers_beside_each_other_are_listed_alike() {
        for (number, listed, expected) in [
            ("+12025550101", Some("2025550102"), "2025550101"),
            ("+12025550101", Some("+12025550102"), "+12025550101"),
            ("+12025550101", Some("+49-6100773123"), "2025550101"),
            ("+12025550101", Some("5501"), "2025550101"),
            ("+12025550101", None, "2025550101"),
            ("2025550101", None, "2025550101"),
            ("+496100773124", Some("+49-6100773123"), "+49-6100773124"),
            ("+496100773124", Some("+496100773123"), "+496100773124"),
            ("+442079460911", Some("+49-6100773123"), "+442079460911"),
            ("+496100773124", None, "+496100773124"),
            ("5501", Some("+49-6100773123"), "5501"),
            ("", Some("2025550101"), ""),
        ] {
            assert_eq!(listed_like(number, listed), expected, "{number} {listed:?}");
        }
    }

    #[test]
    fn a_number_is_the_same_however_the_service_spells_it() {
        for (one, other, expected) in [
            ("+496100773123", "+49-6100773123", true),
            ("+12025550101", "2025550101", true),
            ("2025550101", "202-555-0101", true),
            ("5501", "5501", true),
            ("5501", "5502", false),
            ("+442025550101", "2025550101", false),
            ("+2025550101", "2025550101", false),
            ("", "5501", false),
            ("*7201", "7201", false),
            ("*7201", "*72 01", true),
            ("+12025550101;ext=55", "+1202555010155", false),
            ("+12025550101;ext=55", "2025550101;ext=55", false),
            ("sip:desk@example.com", "sip:DESK@example.com", false),
            ("(202) 555-0101", "+1.202.555.0101", true),
            ("1025550101", "+11025550101", true),
        ] {
            assert_eq!(is_same(one, other), expected, "{one} and {other}");
            assert_eq!(is_same(other, one), expected, "{other} and {one}");
        }
    }
}
