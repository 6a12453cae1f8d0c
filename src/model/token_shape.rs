//! What an access token of Webex looks like, and what else may be a secret: one that was typed in the place of
//! something else is not repeated. Terminals are shared, filmed and logged.

use std::borrow::Cow;

use crate::model::ids::is_uuid;

const HIDDEN: &str = "(hidden)";

/// No token or secret of the service is shorter.
const SHORTEST: usize = 20;

/// The extension of a file name is no longer than this; what follows the last dot of a token is.
const LONGEST_EXTENSION: usize = 5;

/// A word of this many characters is a token, unless it is an id or a path.
const CERTAIN: usize = 60;

/// Letters and digits of a token before its mark.
const BEGINNING: usize = 20;

/// How much of the id at its end is enough to tell it: what is shown may be cut.
const LEAST_OF_ID: usize = 4;

/// A text without tokens, which are a long word, `_`, a mark such as `PF84`, `_` and a UUID.
pub fn without_tokens(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let mut shown_up_to = 0;
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].find(|one| !is_of_token(one));
        let end = at + length.unwrap_or(text.len() - at);
        if is_access_token(&text[at..end]) {
            shown.push_str(&text[shown_up_to..at]);
            shown.push_str(HIDDEN);
            shown_up_to = end;
        }
        let next = text[end..].chars().next().map_or(1, char::len_utf8);
        at = end + next;
    }
    if shown_up_to == 0 {
        return Cow::Borrowed(text);
    }
    shown.push_str(&text[shown_up_to..]);
    Cow::Owned(shown)
}

fn is_of_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '-'
}

fn is_access_token(word: &str) -> bool {
    let mut parts = word.rsplitn(3, '_');
    let (Some(id), Some(mark), Some(beginning)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let is_mark = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    let is_of_id = |byte: u8| byte.is_ascii_hexdigit() || byte == b'-';
    let is_mixed = beginning.bytes().any(|byte| byte.is_ascii_digit())
        && beginning.bytes().any(|byte| byte.is_ascii_uppercase());
    beginning.len() >= BEGINNING
        && is_mixed
        && mark.len() == 4
        && mark.bytes().all(is_mark)
        && id.len() >= LEAST_OF_ID
        && id.bytes().all(is_of_id)
}

/// Whether a word can hardly be anything but an access token, whatever it was typed for.
pub fn is_token(word: &str) -> bool {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_.~+=".contains(one);
    let has = |kind: fn(&char) -> bool| word.chars().any(|one| kind(&one));
    let word = word.trim().trim_matches(['"', '\'']);
    let is_mixed =
        has(char::is_ascii_digit) && has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    let ends_with_id = word
        .rsplit_once('_')
        .is_some_and(|(begin, id)| is_uuid(id) && begin.len() >= SHORTEST);
    may_be_secret(word)
        && word.chars().all(is_plain)
        && (ends_with_id || (is_mixed && word.len() >= CERTAIN))
}

/// Ids of organizations and locations are as long as tokens, and no secret.
fn is_id(word: &str) -> bool {
    word.starts_with("Y2lz") || is_uuid(word)
}

/// Whether a word looks more like a token than like a file name, a number or a flag.
pub fn may_be_secret(word: &str) -> bool {
    let has_extension = word.rsplit_once('.').is_some_and(|(name, extension)| {
        !name.is_empty() && (1..=LONGEST_EXTENSION).contains(&extension.len())
    });
    word.len() >= SHORTEST
        && !is_id(word)
        && !has_extension
        && !word.starts_with("--")
        && word.contains(|one: char| one.is_ascii_digit())
        && word.contains(|one: char| one.is_ascii_alphabetic())
        && !word.contains(['/', '\\', '*', '?'])
}

/// The words of what was typed for one, with the values of flags and variables.
pub fn words_in(typed: &str) -> impl Iterator<Item = &str> {
    typed.split([' ', '=', '\n', '\r', '\t'])
}

/// A message about `typed` words, with those hidden that may be secrets.
pub fn hide_secrets<'a>(message: String, typed: impl Iterator<Item = &'a str>) -> String {
    let parts = typed.flat_map(words_in);
    let secrets = parts.filter(|part| may_be_secret(part));
    secrets.fold(message, |message, secret| message.replace(secret, HIDDEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_hidden_wherever_it_stands_and_also_cut() {
        const TOKEN: &str = "NzQ0ODU5NjUtZTQ1NC00ZmE5_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";
        for around in [
            "`…`",
            "--…",
            "https://….example/v1",
            "https://a/…",
            "…/",
            "(…\n",
            "é…é",
        ] {
            for token in [TOKEN, &TOKEN[..45]] {
                let text = around.replace('…', token);
                let shown = without_tokens(&text);
                assert!(!shown.contains(&token[5..]), "{shown}");
                assert!(shown.contains(HIDDEN), "{shown}");
            }
        }
        for text in [
            "1eb65fdf-9643-417f-9974-ad72cae0e10f",
            "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xZWI2NWZkZi05NjQzLTQxN2YtOTk3NC1hZDcyY2FlMGUxMGY",
            "wxbulk_1eb65fdf-9643-417f-9974-ad72cae0e10f",
            "NUMBERS_OF_THE_MIGRATION_2026_MARCH_WAVE",
            "a_b_c",
            "",
            "é",
        ] {
            assert_eq!(without_tokens(text), text);
        }
    }

    #[test]
    fn tokens_are_hidden_and_names_are_shown() {
        for secret in [
            "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f",
            "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
            "d0c57e3a91b2480fa6d3c5e7f8091a2b3c4d5e6f",
        ] {
            for typed in [
                secret.to_string(),
                format!("--token={secret}"),
                format!("Bearer {secret}"),
            ] {
                let message = format!("unexpected argument `{typed}`");
                let hidden = hide_secrets(message, [typed.as_str()].into_iter());
                assert!(
                    hidden.contains(HIDDEN) && !hidden.contains(secret),
                    "{hidden}"
                );
            }
        }
        for name in [
            "numbers-of-march-2026-for-approval.csv",
            "/home/anna/migration-2026/numbers",
            "+12025550101",
            "--rehearse-speed",
            "window:300/min",
            "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xZWI2NWZkZi05NjQzLTQxN2YtOTk3NC1hZDcyY2FlMGUxMGY",
            "1eb65fdf-9643-417f-9974-ad72cae0e10f",
        ] {
            assert!(!may_be_secret(name) && !is_token(name), "{name}");
        }
        for (word, is_certain) in [
            (
                "NzQ0ODU5NjUtZTQ1_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f",
                true,
            ),
            (
                "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl",
                true,
            ),
            ("CHG0012345-migration-wave-2026-second-half", false),
            ("d0c57e3a91b2480fa6d3c5e7f8091a2b3c4d5e6f", false),
            (
                "a-very-long-name-of-a-results-file-for-the-migration-of-2026-wave-2.Csv",
                false,
            ),
        ] {
            assert_eq!(is_token(word), is_certain, "{word}");
        }
    }
}
