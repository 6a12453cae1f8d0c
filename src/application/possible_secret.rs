//! Keeps what may be a secret out of messages about what was typed, such as a token in the place of
//! a file name. Terminals are shared, filmed and logged.

/// No token or secret of the service is shorter.
const SHORTEST: usize = 20;

/// File names end in so many characters after their last dot, tokens do not.
const LONGEST_EXTENSION: usize = 5;

const HIDDEN: &str = "(hidden)";

/// A word of this many characters is a token, unless it is an id or a path.
const CERTAIN: usize = 60;

/// Whether a word can hardly be anything but an access token, whatever it was typed for.
pub fn is_token(word: &str) -> bool {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_.~+=".contains(one);
    let has = |kind: fn(&char) -> bool| word.chars().any(|one| kind(&one));
    let word = word.trim().trim_matches(['"', '\'']);
    let is_mixed =
        has(char::is_ascii_digit) && has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase);
    let ends_with_id = word
        .rsplit_once('_')
        .is_some_and(|(begin, id)| id.len() == UUID && is_uuid(id) && begin.len() >= SHORTEST);
    may_be_secret(word)
        && word.chars().all(is_plain)
        && (ends_with_id || (is_mixed && word.len() >= CERTAIN))
}

const UUID: usize = 36;

fn is_uuid(word: &str) -> bool {
    let hyphens = [8, 13, 18, 23];
    let is_of_one = |(at, byte): (usize, u8)| {
        if hyphens.contains(&at) {
            byte == b'-'
        } else {
            byte.is_ascii_hexdigit()
        }
    };
    word.len() == UUID && word.bytes().enumerate().all(is_of_one)
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
