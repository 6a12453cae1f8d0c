//! What opens the service, known so that it can be taken out of every text that is shown or
//! written down: a server, or whatever stands before it, may repeat what it was sent.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use crate::model::hexadecimal::hexadecimal;
use crate::model::ids;
use crate::webex::unescaped::{Unescaped, number, read_reference};

/// What stands where a secret stood.
pub const HIDDEN: &str = "(hidden)";

/// So many characters of a secret in a row are hidden wherever they stand: what is told may begin or
/// end in the middle of one.
const TELLING: usize = 8;

/// A longer tag is none.
const LONGEST_TAG: usize = 200;

/// So often what was escaped is undone, and in no longer text: a page of a list is read as it is, and each
/// of its names again.
const DEEPEST: usize = 6;
const LONGEST_UNESCAPED: usize = 256 * 1024;

/// All that was ever used in this run by any of the credentials: an answer to one of them may repeat what another
/// sent. `Debug` shows nothing of it.
#[derive(Default)]
pub struct Secrets {
    /// Every [`TELLING`] characters in a row of each secret, each in one number.
    pieces: HashSet<u64>,
}

impl Secrets {
    /// Adds a secret. One that is shorter than `TELLING` is none: hiding it would garble every text.
    /// A name of a header comes in small letters, and a header of `Basic` has all in base64.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < TELLING {
            return;
        }
        let hexadecimal = hexadecimal(secret.as_bytes());
        self.add_pieces(secret);
        self.add_pieces(&secret.to_ascii_lowercase());
        self.add_pieces(&secret.to_ascii_uppercase());
        self.add_pieces(&with_capitals_swapped(secret));
        self.add_pieces(&hexadecimal);
        self.add_pieces(&hexadecimal.to_ascii_uppercase());
        // Three bytes become four characters, so it depends on how many stand before; those that hold
        // something else as well are left out.
        for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
            let encoded = ids::in_base64(&format!("{}{secret}", &"  "[..before]));
            let own = encoded.get(mixed..encoded.len() - 1).unwrap_or_default();
            self.add_pieces(own);
            self.add_pieces(&own.replace('-', "+").replace('_', "/"));
        }
    }

    fn add_pieces(&mut self, text: &str) {
        let pieces = text.as_bytes().windows(TELLING);
        let in_one_number = |piece: &[u8]| Some(u64::from_be_bytes(piece.try_into().ok()?));
        self.pieces.extend(pieces.filter_map(in_one_number));
    }

    /// The text without anything of a secret that could be recognized: also where it is escaped as in
    /// JSON, a URL or HTML, broken over lines, or has tags in it.
    pub fn hide_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = String::new();
        let mut shown_up_to = 0;
        for (start, end) in self.found_in(text) {
            shown.push_str(&text[shown_up_to..start]);
            shown.push_str(HIDDEN);
            shown_up_to = end;
        }
        if shown_up_to == 0 {
            return Cow::Borrowed(text);
        }
        shown.push_str(&text[shown_up_to..]);
        Cow::Owned(shown)
    }

    /// Where pieces of secrets stand, none of which overlap: in the text as it is, and as it is when what
    /// is escaped in it was undone, again and again until nothing changes.
    fn found_in(&self, text: &str) -> Vec<(usize, usize)> {
        if self.pieces.is_empty() {
            return Vec::new();
        }
        let mut found = self.scanned(text);
        if text.len() <= LONGEST_UNESCAPED {
            let mut level = Unescaped::of(text);
            for _ in 0..DEEPEST {
                let Some(deeper) = level.deeper() else {
                    break;
                };
                level = deeper;
                let places = self.scanned(&level.text).into_iter();
                found.extend(places.map(|(start, end)| (level.places[start], level.places[end])));
            }
        }
        found.sort_unstable();
        found.dedup_by(|later, earlier| {
            let is_joined = later.0 <= earlier.1;
            if is_joined {
                earlier.1 = earlier.1.max(later.1);
            }
            is_joined
        });
        found
    }

    /// Both where tags stand within a secret, and where one stands within what looks like a tag.
    fn scanned(&self, text: &str) -> Vec<(usize, usize)> {
        let mut found = self.pieces_in(text, Tags::Skipped);
        if text.contains('<') {
            found.extend(self.pieces_in(text, Tags::Read));
        }
        found
    }

    fn pieces_in(&self, text: &str, tags: Tags) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        // The last characters and where they stand, and how many there are since one that is in no secret.
        let (mut piece, mut places, mut count) = (0_u64, [0; TELLING], 0);
        let mut at = 0;
        while at < text.len() {
            let (meant, length) = read_one(&text[at..], tags);
            let end = at + length;
            match meant {
                Meant::Nothing => {}
                Meant::Other => count = 0,
                Meant::Character(character) => {
                    piece = piece << 8 | u64::from(character);
                    places[count % TELLING] = at;
                    count += 1;
                    if count >= TELLING && self.pieces.contains(&piece) {
                        // That of the first comes round next.
                        let start = places[count % TELLING];
                        match found.last_mut().filter(|last| last.1 >= start) {
                            Some(last) => last.1 = end,
                            None => found.push((start, end)),
                        }
                    }
                }
            }
            at = end;
        }
        found
    }
}

fn with_capitals_swapped(text: &str) -> String {
    let swapped = |letter: char| match letter {
        small if small.is_ascii_lowercase() => small.to_ascii_uppercase(),
        other => other.to_ascii_lowercase(),
    };
    text.chars().map(swapped).collect()
}

/// What is done with `<…>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tags {
    Skipped,
    Read,
}

/// What the beginning of a text stands for.
enum Meant {
    Character(u8),
    /// A blank, a line break or a tag, which may stand within a secret.
    Nothing,
    /// What is in no secret.
    Other,
}

/// Reads one character, however it is written; and how many bytes that takes.
fn read_one(text: &str, tags: Tags) -> (Meant, usize) {
    let bytes = text.as_bytes();
    let escaped = match bytes {
        [b'\\', b'u' | b'U', hex @ ..] => number(hex, 4, 16).map(|code| (code, 6)),
        [b'\\', b'x' | b'X', hex @ ..] => number(hex, 2, 16).map(|code| (code, 4)),
        [b'\\', b'n' | b'r' | b't', ..] => return (Meant::Nothing, 2),
        [b'\\', escaped, ..] if escaped.is_ascii_graphic() => Some((u32::from(*escaped), 2)),
        // A percent sign that was escaped itself.
        [b'%', b'2', b'5', hex @ ..] if number(hex, 2, 16).is_some() => {
            number(hex, 2, 16).map(|code| (code, 5))
        }
        [b'%', hex @ ..] => number(hex, 2, 16).map(|code| (code, 3)),
        [b'&', b'#', rest @ ..] => read_reference(rest).map(|(code, length)| (code, length + 2)),
        [b'<', rest @ ..] if tags == Tags::Skipped => {
            let tag = &rest[..rest.len().min(LONGEST_TAG)];
            if let Some(end) = tag.iter().position(|byte| *byte == b'>') {
                return (Meant::Nothing, end + 2);
            }
            None
        }
        _ => None,
    };
    let length = text.chars().next().map_or(1, char::len_utf8);
    let (code, length) = escaped.unwrap_or_else(|| {
        let character = text.chars().next().unwrap_or_default();
        (u32::from(character), length)
    });
    match u8::try_from(code) {
        Ok(byte) if byte.is_ascii_graphic() => (Meant::Character(byte), length),
        _ if char::from_u32(code).is_none_or(|it| ids::is_blank(it) || it.is_control()) => {
            (Meant::Nothing, length)
        }
        _ => (Meant::Other, length),
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_however_they_stand_in_a_text() {
        let mut secrets = Secrets::default();
        secrets.add("");
        secrets.add("short");
        secrets.add("hush-hush");
        secrets.add("hush-hush/token+more");
        for (text, hidden) in [
            ("nothing secret, and short", "nothing secret, and short"),
            ("Bearer hush-hush/token+more!", "Bearer (hidden)!"),
            ("t=hush%2Dhush%2Ftoken%2Bmore&x", "t=(hidden)&x"),
            ("t=hush%2dhush%2ftoken%2bmore&x", "t=(hidden)&x"),
            (r"hush-hush\/token+more", "(hidden)"),
            (r"\u0068\u0075sh-hush/token+more!", "(hidden)!"),
            ("hush&#45;hush&#x2F;token&#43;more", "(hidden)"),
            ("hush-\r\nhush/tok\ten+more", "(hidden)"),
            (r"hush-\nhush/token+more", "(hidden)"),
            ("hush-<b>hush</b>/token<br>+more<p>", "(hidden)<p>"),
            ("hush-hush, hush-hush", "(hidden), (hidden)"),
            ("cut off in hush-hush/tok", "cut off in (hidden)"),
            ("cut off in hush-hus", "cut off in (hidden)"),
            (
                "/token+more, which began before",
                "(hidden), which began before",
            ),
            ("hush-h", "hush-h"),
            ("x-hush-hush/token+more: 1", "x-(hidden): 1"),
            ("HUSH-HUSH/TOKEN", "(hidden)"),
            ("<hush-hush/token+more>", "<(hidden)>"),
            ("<Bearer hush-hush/token+more>", "<Bearer (hidden)>"),
            (
                "<https://x/cb?t=hush-hush/token+more>; rel=x",
                "<https://x/cb?t=(hidden)>; rel=x",
            ),
            (
                "<i v='hush-hush/token'>+more<p>",
                "<i v='(hidden)'>+more<p>",
            ),
            ("hush%25252Dhush%25252Ftoken", "(hidden)"),
            ("hush&amp;#45;hush&amp;#x2F;token", "(hidden)"),
            ("hush&#45hush&#x2Ftoken", "(hidden)"),
            ("hush&shy;-hush&nbsp;/token", "(hidden)"),
            (r"\150\165sh-hush/token", "(hidden)"),
            (r"\u{68}\u{75}sh-hush/token", "(hidden)"),
            ("=68=75sh-hush/token", "(hidden)"),
            ("t=hush-hush/token", "t=(hidden)"),
            (r"\\u0068\\u0075sh-hush/token", "(hidden)"),
            (r"\\\\u0068\\\\u0075sh-hush/token", "(hidden)"),
            ("hush%252Dhush%252Ftoken%252Bmore", "(hidden)"),
            (r"\x68\x75sh-hush/token+more", "(hidden)"),
            ("hush\u{200b}-hush\u{ad}/token+more", "(hidden)"),
            (
                "hex 687573682d687573682f746f6b656e2b6d6f7265!",
                "hex (hidden)!",
            ),
            ("Basic aHVzaC1odXNoL3Rva2VuK21vcmU", "Basic (hidden)U"),
            ("Basic dTpodXNoLWh1c2gvdG9rZW4rbW9yZQ", "Basic dTp(hidden)Q"),
            ("é<é%é&#é\\ué\\", "é<é%é&#é\\ué\\"),
            ("", ""),
        ] {
            assert_eq!(secrets.hide_in(text), hidden, "{text}");
        }
        assert_eq!(format!("{secrets:?}"), "Secrets(hidden)");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", markup in "[<>&#%;ux0-9a-f\\\\é]{0,40}") {
            let mut secrets = Secrets::default();
            secrets.add("0123456789abcdef");
            secrets.hide_in(&text);
            secrets.hide_in(&markup);
        }
    }
}
