//! What an access token of Webex looks like, so that one which was typed in the place of something else is not
//! repeated.

use std::borrow::Cow;

const HIDDEN: &str = "(hidden)";

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
        if is_token(&text[at..end]) {
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

fn is_token(word: &str) -> bool {
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
}
