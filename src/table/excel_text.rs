//! Text that Excel would make a number or a date of when it opens a CSV file, and the form in which it
//! does not: `="+12025550101"`, a formula whose value is the text.

use std::borrow::Cow;

/// No number or date is longer, in bytes.
const LONGEST: usize = 32;

/// Excel shows, and so saves, as many digits of a number as they are.
const DIGITS_SHOWN: usize = 11;

/// How months begin that Excel knows in English and German.
const MONTHS: [&str; 16] = [
    "jan", "feb", "mar", "mär", "mrz", "apr", "may", "mai", "jun", "jul", "aug", "sep", "oct",
    "okt", "nov", "de",
];

/// A text so that Excel leaves it as it is.
pub(super) fn as_text_formula(text: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(text) {
        Ok(text) if is_at_risk(text) => {
            Cow::Owned(format!("=\"{}\"", text.replace('"', "\"\"")).into_bytes())
        }
        _ => Cow::Borrowed(text),
    }
}

/// The text that was protected; any other as it is.
pub fn strip_text_formula(text: &str) -> &str {
    text.strip_prefix("=\"")
        .and_then(|inner| inner.strip_suffix('"'))
        .filter(|inner| !inner.contains('"'))
        .unwrap_or(text)
}

/// Whether Excel may make something else of it.
fn is_at_risk(text: &str) -> bool {
    let begins = text.trim_start().to_lowercase();
    let is_like_a_value = begins
        .starts_with(|first: char| first.is_ascii_digit() || "+-.,('$€£%".contains(first))
        || MONTHS.iter().any(|month| begins.starts_with(month));
    text.len() <= LONGEST
        && is_like_a_value
        && text.contains(|character: char| character.is_ascii_digit())
        && !is_safe_number(text)
}

fn is_safe_number(text: &str) -> bool {
    text.len() <= DIGITS_SHOWN
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text.len() == 1 || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_excel_would_change_is_protected_and_reads_back() {
        for (text, is_protected) in [
            ("+12025550101", true),
            ("05501", true),
            ("123456789012", true),
            ("2025-01-05", true),
            ("Jan-25", true),
            ("1/2", true),
            ("3.50", true),
            ("12025550101", false),
            ("0", false),
            ("REMOVE", false),
            ("", false),
            ("January", false),
            ("=A1+1", false),
            ("0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f607", false),
            ("Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OLzE", false),
        ] {
            let written = as_text_formula(text.as_bytes());
            let written = std::str::from_utf8(&written).expect("text");
            assert_eq!(written != text, is_protected, "{text}");
            assert_eq!(strip_text_formula(written), text);
            // Written again, it is as it was.
            assert_eq!(as_text_formula(written.as_bytes()), written.as_bytes());
        }
        assert_eq!(as_text_formula(b"1 \"x\""), b"=\"1 \"\"x\"\"\"".as_slice());
        assert_eq!(as_text_formula(b"\xff1"), b"\xff1".as_slice());
    }
}
