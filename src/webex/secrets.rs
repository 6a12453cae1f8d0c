//! What opens the service, known so that it can be taken out of every text that is shown or
//! written down: a server, or whatever stands before it, may repeat what it was sent.
//!
//! | text | what counts as a secret | then |
//! |---|---|---|
//! | shown or logged: messages, headers, bodies of errors | 8 characters of one in a row, 16 of one in hexadecimal or base64 | they are hidden |
//! | made use of: ids, values, names, next pages | 16 characters in a row, however they are written | the answer is refused |
//!
//! Less than that is found by chance among the ids of a large customer, whose base64 is that of other UUIDs, and a
//! value with something hidden in it would be another value. The id of the organization that a token ends with is
//! no secret: it is hidden behind the rest of the token only.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::fmt;

use crate::model::hexadecimal::hexadecimal;
use crate::model::ids;
use crate::webex::token_text;
use crate::webex::unescaped::{Unescaped, number, read_reference};

/// What stands where a secret stood.
pub const HIDDEN: &str = "(hidden)";

/// How many characters of a secret in a row are hidden wherever they stand: what is told may begin or end
/// in the middle of one.
const SHORT: usize = 8;

/// How many in a row stand nowhere by chance, whatever their encoding.
const LONG: usize = 16;

/// A longer tag is none.
const LONGEST_TAG: usize = 200;

/// So often what was escaped is undone, and in no longer text: a page of a list is read as it is, and each
/// of its names again.
const DEEPEST: usize = 6;
const LONGEST_UNESCAPED: usize = 256 * 1024;

/// The pieces of secrets that are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Those as well.
    Short,
    Long,
}

/// All that was ever used in this run by any of the credentials: an answer to one of them may repeat what another
/// sent. `Debug` shows nothing of it.
#[derive(Default)]
pub struct Secrets {
    /// Pieces of each secret, each in one number.
    pieces: HashSet<u64>,
    /// Those that are of an organization's id alone, which are hidden where they follow others.
    of_organizations: HashSet<u64>,
    /// How many characters the long pieces have: a whole secret may have fewer than [`LONG`].
    lengths: BTreeSet<usize>,
}

impl Secrets {
    /// Adds a secret. One that is shorter than `SHORT` is none: hiding it would garble every text.
    /// A header of `Basic` has all in base64.
    pub fn add(&mut self, secret: &str) {
        if secret.len() < SHORT {
            return;
        }
        // What stands before the id of an organization, in its own address as well, may look alike.
        let own = match token_text::before_the_organization(secret).len() {
            all if all == secret.len() => all,
            own => own - 1,
        };
        self.add_pieces(secret, Piece::Short, own);
        self.add_pieces(secret, Piece::Long, own);
        let hexadecimal = hexadecimal(secret.as_bytes());
        self.add_pieces(&hexadecimal, Piece::Long, 2 * own);
        // Three bytes become four characters, so it depends on how many stand before; those that hold
        // something else as well are left out.
        for (before, mixed) in [(0, 0), (1, 2), (2, 3)] {
            let encoded = ids::in_base64(&format!("{}{secret}", &"  "[..before]));
            let encoded = encoded.get(mixed..encoded.len() - 1).unwrap_or_default();
            let own = ((before + own) * 4).div_ceil(3) - mixed;
            self.add_pieces(encoded, Piece::Long, own);
        }
    }

    /// All pieces of one kind. Those that begin behind the first `own` characters are of the id of an organization.
    fn add_pieces(&mut self, text: &str, kind: Piece, own: usize) {
        let length = match kind {
            Piece::Short => SHORT,
            Piece::Long => LONG.min(text.len()),
        };
        for (start, piece) in text.as_bytes().windows(length).enumerate() {
            let piece = piece.iter().fold(0, |last, byte| next(last, *byte));
            let pieces = if start < own {
                &mut self.pieces
            } else {
                &mut self.of_organizations
            };
            pieces.insert(key(piece, kind, length));
        }
        if kind == Piece::Long {
            self.lengths.insert(length);
        }
    }

    /// The text without anything of a secret that could be recognized: also where it is escaped as in
    /// JSON, a URL or HTML, broken over lines, or has tags in it.
    pub fn hide_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = String::new();
        let mut shown_up_to = 0;
        for (start, end) in self.found_in(text, Piece::Short) {
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

    /// Whether a text repeats a secret or so much of one that it is no chance.
    pub fn are_in(&self, text: &str) -> bool {
        !self.found_in(text, Piece::Long).is_empty()
    }

    /// Where pieces of secrets stand, none of which overlap: in the text as it is, and as it is when what
    /// is escaped in it was undone, again and again until nothing changes.
    fn found_in(&self, text: &str, sought: Piece) -> Vec<(usize, usize)> {
        if self.pieces.is_empty() {
            return Vec::new();
        }
        let mut found = self.scanned(text, sought);
        if text.len() <= LONGEST_UNESCAPED {
            let mut level = Unescaped::of(text);
            for _ in 0..DEEPEST {
                let Some(deeper) = level.deeper() else {
                    break;
                };
                level = deeper;
                let places = self.scanned(&level.text, sought).into_iter();
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
    fn scanned(&self, text: &str, sought: Piece) -> Vec<(usize, usize)> {
        let mut found = self.pieces_in(text, Tags::Skipped, sought);
        if text.contains('<') {
            found.extend(self.pieces_in(text, Tags::Read, sought));
        }
        found
    }

    fn pieces_in(&self, text: &str, tags: Tags, sought: Piece) -> Vec<(usize, usize)> {
        let mut found: Vec<(usize, usize)> = Vec::new();
        // The last characters and where they stand, and how many there are since one that is in no secret.
        let (mut last, mut places, mut count) = (0, [0; LONG], 0);
        let mut at = 0;
        while at < text.len() {
            let (meant, length) = read_one(&text[at..], tags);
            let end = at + length;
            match meant {
                Meant::Nothing => {}
                Meant::Other => count = 0,
                Meant::Character(character) => {
                    last = next(last, character);
                    places[count % LONG] = at;
                    count += 1;
                    let long = self.lengths.iter().rev().map(|long| (Piece::Long, *long));
                    let short = (sought == Piece::Short).then_some((Piece::Short, SHORT));
                    let lengths = long.chain(short);
                    for (kind, length) in lengths.filter(|(_, length)| *length <= count) {
                        let start = places[(count - length) % LONG];
                        let key = key(last, kind, length);
                        let before = found.last_mut().filter(|before| before.1 >= start);
                        match before {
                            _ if self.pieces.contains(&key) => {}
                            Some(_) if self.of_organizations.contains(&key) => {}
                            _ => continue,
                        }
                        match before {
                            Some(before) => *before = (before.0.min(start), end),
                            None => found.push((start, end)),
                        }
                        break;
                    }
                }
            }
            at = end;
        }
        found
    }
}

/// The last [`LONG`] characters, after one more. Small letters and capitals are the same, and so are the two
/// alphabets of base64: a name of a header comes in small letters, and each further spelling of all secrets would
/// take up as much memory as the first.
fn next(last: u128, character: u8) -> u128 {
    let character = match character {
        b'-' => b'+',
        b'_' => b'/',
        other => other.to_ascii_lowercase(),
    };
    last << 8 | u128::from(character)
}

/// The last `length` characters in one number, in which short pieces differ from all long ones.
fn key(last: u128, kind: Piece, length: usize) -> u64 {
    let piece = last & u128::MAX >> (8 * (LONG - length));
    let mixed = match kind {
        Piece::Short => piece,
        Piece::Long => {
            piece.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) >> 64 | 1 << 63
        }
    };
    u64::try_from(mixed & u128::from(u64::MAX)).unwrap_or_default()
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

    /// As Webex makes them; no person's.
    const TOKEN: &str = "NzQ0ODU5NjUtZTQ1NC00ZmE5_PF84_1eb65fdf-9643-417f-9974-ad72cae0e10f";

    #[test]
    fn the_organization_that_a_token_ends_with_is_no_secret() {
        let mut secrets = Secrets::default();
        secrets.add(TOKEN);
        let uuid = &TOKEN[TOKEN.len() - 36..];
        let id = ids::in_base64(&format!("ciscospark://us/ORGANIZATION/{uuid}"));
        for text in [
            uuid.to_string(),
            uuid.to_uppercase(),
            format!("https://webexapis.com/v1/locations?orgId={uuid}"),
            hexadecimal(format!("/{uuid}").as_bytes()),
            ids::in_base64(uuid),
            ids::in_base64(&format!("/{uuid}")),
            ids::in_base64(&format!("N/{uuid}")),
            id,
        ] {
            assert_eq!(secrets.hide_in(&text), text);
            assert!(!secrets.are_in(&text), "{text}");
        }
        for (text, hidden) in [
            (format!("Bearer {TOKEN}."), "Bearer (hidden)."),
            (format!("cut: {}", &TOKEN[20..]), "cut: (hidden)"),
            (format!("cut: {}", &TOKEN[..40]), "cut: (hidden)"),
        ] {
            assert_eq!(secrets.hide_in(&text), hidden);
        }
    }

    #[test]
    fn what_is_made_use_of_repeats_no_secret_by_chance() {
        let mut secrets = Secrets::default();
        secrets.add(TOKEN);
        secrets.add("x25784-and-much-more");
        for (text, repeats) in [
            (TOKEN, true),
            (&TOKEN[..16], true),
            (&TOKEN[..15], false),
            (&TOKEN[14..30], true),
            (&TOKEN.to_uppercase(), true),
            (&ids::in_base64(TOKEN), true),
            (&ids::in_base64(&format!("u:{TOKEN}")), true),
            (&hexadecimal(TOKEN.as_bytes()), true),
            (
                &ids::in_base64("ciscospark://us/LOCATION/74485965-e454-4fb0-8000-000000000001"),
                false,
            ),
            // The characters 25784 in hexadecimal.
            ("+13235373834", false),
        ] {
            assert_eq!(secrets.are_in(text), repeats, "{text}");
        }
        let mut short = Secrets::default();
        short.add("8letters");
        assert!(short.are_in("an 8letters."));
        assert!(!short.are_in("an 8letter"));
    }

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
