//! Keeps what may be a secret out of messages about what was typed, such as a token in the place of
//! a file name. Terminals are shared, filmed and logged.

/// No token or secret of the service is shorter.
const SHORTEST: usize = 20;

/// File names end in so many characters after their last dot, tokens do not.
const LONGEST_EXTENSION: usize = 5;

const HIDDEN: &str = "(hidden)";

/// Whether a word looks more like a token than like a file name, a number or a flag.
pub fn may_be_secret(word: &str) -> bool {
    let has_extension = word.rsplit_once('.').is_some_and(|(name, extension)| {
        !name.is_empty() && (1..=LONGEST_EXTENSION).contains(&extension.len())
    });
    word.len() >= SHORTEST
        && !has_extension
        && !word.starts_with("--")
        && word.contains(|one: char| one.is_ascii_digit())
        && word.contains(|one: char| one.is_ascii_alphabetic())
        && !word.contains(['/', '\\', '*', '?'])
}

/// A message about `typed` words, with those hidden that may be secrets.
pub fn hide_secrets<'a>(message: String, typed: impl Iterator<Item = &'a str>) -> String {
    let parts = typed.flat_map(|word| word.split([' ', '=']));
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
        ] {
            assert!(!may_be_secret(name), "{name}");
        }
    }
}
