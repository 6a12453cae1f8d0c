//! A text with what is escaped in it undone, and where each of its bytes stood: escaped as in JSON, a URL,
//! HTML or a mail.

use std::borrow::Cow;

/// What HTML calls characters, and those that are no more than a blank.
const ENTITIES: [(&[u8], u8); 7] = [
    (b"amp", b'&'),
    (b"lt", b'<'),
    (b"gt", b'>'),
    (b"quot", b'"'),
    (b"apos", b'\''),
    (b"nbsp", b' '),
    (b"shy", b' '),
];

/// A text whose escapes were undone so and so often.
pub(super) struct Unescaped<'t> {
    pub(super) text: Cow<'t, str>,
    /// Where each byte began in the first text, and where that ends.
    pub(super) places: Vec<usize>,
}

impl<'t> Unescaped<'t> {
    pub(super) fn of(text: &'t str) -> Unescaped<'t> {
        Unescaped {
            text: text.into(),
            places: (0..=text.len()).collect(),
        }
    }

    /// The text with its escapes undone once more; `None` where there are none.
    pub(super) fn deeper(&self) -> Option<Unescaped<'static>> {
        let bytes = self.text.as_bytes();
        let mut text = String::with_capacity(bytes.len());
        let mut places = Vec::with_capacity(self.places.len());
        let (mut at, mut has_any) = (0, false);
        while let Some(character) = self.text[at..].chars().next() {
            let escape = read_escape(&bytes[at..]);
            has_any |= escape.is_some();
            let (character, length) = escape.unwrap_or((character, character.len_utf8()));
            text.push(character);
            places.resize(text.len(), self.places[at]);
            at += length;
        }
        places.push(self.places[at]);
        has_any.then(|| Unescaped {
            text: text.into(),
            places,
        })
    }
}

/// The character that an escape stands for, and how many bytes it takes.
fn read_escape(text: &[u8]) -> Option<(char, usize)> {
    let (code, length) = match text {
        [b'\\', b'u', b'{', hex @ ..] => {
            let end = hex.iter().take(7).position(|byte| *byte == b'}')?;
            (number(hex, end, 16)?, end + 4)
        }
        [b'\\', b'u' | b'U', hex @ ..] => (number(hex, 4, 16)?, 6),
        [b'\\', b'x' | b'X', hex @ ..] => (number(hex, 2, 16)?, 4),
        [b'\\', b'0'..=b'7', ..] => (number(&text[1..], 3, 8)?, 4),
        [b'\\', b'n' | b'r' | b't', ..] => (u32::from(b' '), 2),
        [b'\\', escaped, ..] if escaped.is_ascii_graphic() => (u32::from(*escaped), 2),
        [b'%' | b'=', hex @ ..] => (number(hex, 2, 16)?, 3),
        [b'&', b'#', rest @ ..] => {
            let (code, length) = read_reference(rest)?;
            (code, length + 2)
        }
        [b'&', rest @ ..] => ENTITIES.iter().find_map(|(name, character)| {
            let rest = rest.strip_prefix(*name)?;
            let length = 1 + name.len() + usize::from(rest.first() == Some(&b';'));
            Some((u32::from(*character), length))
        })?,
        _ => return None,
    };
    Some((char::from_u32(code)?, length))
}

/// `45;` or `x2d;`, also without the end, and how long it is.
pub(super) fn read_reference(text: &[u8]) -> Option<(u32, usize)> {
    let (start, radix) = match text {
        [b'x' | b'X', ..] => (1, 16),
        _ => (0, 10),
    };
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let digits = text.get(start..)?.iter().take(7).take_while(is_digit);
    let end = start + digits.count();
    let code = number(&text[start..], end - start, radix)?;
    Some((code, end + usize::from(text.get(end) == Some(&b';'))))
}

pub(super) fn number(text: &[u8], digits: usize, radix: u32) -> Option<u32> {
    let digits = std::str::from_utf8(text.get(..digits)?).ok()?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u32::from_str_radix(digits, radix).ok().filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_knows_where_it_stood() {
        let once = Unescaped::of("a%2541é&amp;#66;");
        let once = once.deeper().expect("there are escapes");
        assert_eq!(once.text, "a%41é&#66;");
        let twice = once.deeper().expect("there are more");
        assert_eq!(twice.text, "aAéB");
        assert_eq!(twice.places, [0, 1, 6, 6, 8, 17]);
        assert!(twice.deeper().is_none());
    }
}
