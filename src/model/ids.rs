//! Webex identifiers: base64 of `ciscospark://us/KIND/<uuid>`, as people paste them.
//!
//! An id is sent as it was given, since padded and non-canonical ones occur and work; it is
//! decoded only to see what kind of thing it names. The one exception is the plain UUID that
//! Control Hub shows: whether the service takes it is unknown, so it is written the long way.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use foldhash::quality::FixedState;

use crate::model::row::TargetKey;
use crate::model::unseen::has_no_width;

/// The longest id looked at; real ones have 82 to 87 characters.
const LONGEST_ID: usize = 400;

/// Where a UUID has its dashes; lower-case digits everywhere else.
const UUID_DASHES: &[u8; 36] = b"........-....-....-....-............";

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// A kind of thing that ids name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// As it stands inside an id. A plain UUID is written with the first of them; the others are taken
    /// too.
    pub segments: &'static [&'static str],
    /// Such as `a location's id`.
    pub name: &'static str,
    /// How such an id begins, for a person.
    pub like: &'static str,
}

pub const ORGANIZATION: Kind = Kind {
    segments: &["ORGANIZATION"],
    name: "an organization's id",
    like: "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8…",
};

pub const LOCATION: Kind = Kind {
    segments: &["LOCATION"],
    name: "a location's id",
    like: "Y2lzY29zcGFyazovL3VzL0xPQ0FUSU9OL…",
};

impl Kind {
    /// How an id with this UUID is written.
    fn long(self, uuid: &str) -> String {
        let segment = self.segments.first().unwrap_or(&"");
        BASE64_URL_SAFE_NO_PAD.encode(format!("ciscospark://us/{segment}/{uuid}"))
    }

    /// How many characters such an id has that holds a UUID.
    pub fn length(self) -> usize {
        let segment = self.segments.first().map_or(0, |segment| segment.len());
        let bytes = "ciscospark://us//".len() + segment + UUID_DASHES.len();
        (bytes * 4).div_ceil(3)
    }
}

/// An id that passed, and the key that tells its thing apart however it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Id<'a> {
    pub text: Cow<'a, str>,
    pub key: TargetKey,
}

/// Why an id cannot be what its column says.
#[derive(Debug, PartialEq, Eq)]
pub enum IdFault {
    Empty,
    /// It names another kind of thing: `an organization's id`, `a person's id`, …
    OtherKind(Cow<'static, str>),
    /// It is nothing Webex hands out.
    NoId,
}

/// Reads a cell that should hold an id of `kind`.
pub fn read(cell: &str, kind: Kind) -> Result<Id<'_>, IdFault> {
    let text = cell.trim_matches(|character| is_blank(character) || is_quote(character));
    if text.is_empty() {
        return Err(if is_ditto(cell) {
            IdFault::NoId
        } else {
            IdFault::Empty
        });
    }
    if is_uuid(text) {
        let uuid = text.to_ascii_lowercase();
        return Ok(Id {
            text: Cow::Owned(kind.long(&uuid)),
            key: key_of(&uuid),
        });
    }
    let mut buffer = [0; LONGEST_ID];
    let decoded = decode(text, &mut buffer).ok_or(IdFault::NoId)?;
    let (found, thing) = kind_and_thing(decoded).ok_or(IdFault::NoId)?;
    if !kind.segments.contains(&found) {
        return Err(IdFault::OtherKind(name_of_kind(found)));
    }
    Ok(Id {
        text: Cow::Borrowed(text),
        key: key_of(thing),
    })
}

/// Whether a text is meant to be an id, although it is none: a part of one, or one with a letter wrong.
pub fn is_like_an_id(text: &str) -> bool {
    let text = text.trim_matches(is_blank);
    let is_of_uuid = |letter: char| letter.is_ascii_hexdigit() || letter == '-';
    text.starts_with("Y2lz") || text.len() >= 30 && text.chars().all(is_of_uuid)
}

/// The UUID in an id, as Control Hub shows it; `None` where it holds something else.
pub fn uuid_in(id: &str) -> Option<String> {
    let mut buffer = [0; LONGEST_ID];
    let (_, thing) = kind_and_thing(decode(id, &mut buffer)?)?;
    is_uuid(thing).then(|| thing.to_string())
}

/// Whether a cell is an id that says of itself that it is one of `kind`, which a UUID does not.
pub fn says_its_kind(cell: &str, kind: Kind) -> bool {
    matches!(
        read(cell, kind),
        Ok(Id {
            text: Cow::Borrowed(_),
            ..
        })
    )
}

/// Whether a text is an id of anything, or a UUID that may be one.
pub fn is_any(text: &str) -> bool {
    let mut buffer = [0; LONGEST_ID];
    is_uuid(text) || decode(text, &mut buffer).and_then(kind_and_thing).is_some()
}

/// Without a way out halfway, which would cost more than it saves.
fn is_lower_case_uuid(bytes: &[u8; 36]) -> bool {
    let pairs = bytes.iter().zip(UUID_DASHES);
    pairs.fold(true, |so_far, (byte, at)| {
        let is_digit = matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        so_far & (if *at == b'-' { *byte == b'-' } else { is_digit })
    })
}

/// A text in the alphabet for addresses, without padding.
pub fn in_base64(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// White space, no-break and zero-width characters: what clings to a pasted cell.
pub fn is_blank(character: char) -> bool {
    character.is_whitespace() || has_no_width(character)
}

/// Apostrophes with which a cell is marked as text, and quotes that were pasted along.
pub fn is_quote(character: char) -> bool {
    matches!(
        character,
        '\'' | '"' | '`' | '\u{b4}' | '\u{ab}' | '\u{bb}' | '\u{2018}'..='\u{201f}'
    )
}

/// Whether a cell has quotes and nothing else, which people write for the same as above. An apostrophe alone
/// is what Excel puts before a text.
pub fn is_ditto(cell: &str) -> bool {
    let text = cell.trim_matches(is_blank);
    !text.is_empty() && text != "'" && text.chars().all(|one| is_quote(one) || is_blank(one))
}

fn decode<'b>(text: &str, buffer: &'b mut [u8; LONGEST_ID]) -> Option<&'b str> {
    // An estimate of the decoded size, which is what base64 asks of its buffer.
    if text.len() / 4 * 3 + 3 > LONGEST_ID {
        return None;
    }
    // Nearly all ids are in the alphabet for addresses.
    let length = URL_SAFE
        .decode_slice(text, buffer)
        .or_else(|_| STANDARD.decode_slice(text, buffer))
        .ok()?;
    std::str::from_utf8(&buffer[..length]).ok()
}

/// `ciscospark://us/LOCATION/31161` → (`LOCATION`, `31161`).
fn kind_and_thing(decoded: &str) -> Option<(&str, &str)> {
    let path = decoded.strip_prefix("ciscospark://")?;
    // As nearly all are, which need not be searched for slashes.
    if let Some((kind, thing)) = path
        .strip_prefix("us/")
        .and_then(|path| path.split_once('/'))
        && is_uuid(thing)
        && is_segment(kind)
    {
        return Some((kind, thing));
    }
    let (before, thing) = path.rsplit_once('/')?;
    let (_region, kind) = before.rsplit_once('/')?;
    let is_number = thing.bytes().all(|byte| byte.is_ascii_digit());
    // An id that was cut short decodes just as well; what it names gives it away.
    let is_whole = is_uuid(thing) || (is_number && !thing.is_empty());
    (is_whole && is_segment(kind)).then_some((kind, thing))
}

fn is_segment(kind: &str) -> bool {
    let is_of_one = |byte: u8| byte.is_ascii_uppercase() || byte == b'_';
    !kind.is_empty() && kind.bytes().all(is_of_one)
}

fn name_of_kind(kind: &str) -> Cow<'static, str> {
    Cow::Borrowed(match kind {
        "ORGANIZATION" => "an organization's id",
        "LOCATION" => "a location's id",
        "PEOPLE" => "a person's id",
        "PLACE" => "a workspace's id",
        "ROOM" => "a room's id",
        "DEVICE" => "a device's id",
        "GROUP" => "a group's id",
        "LICENSE" => "a license's id",
        "VIRTUAL_LINE" => "a virtual line's id",
        "HUNT_GROUP" => "a hunt group's id",
        "CALL_QUEUE" => "a call queue's id",
        "AUTO_ATTENDANT" => "an auto attendant's id",
        "TRUNK" => "a trunk's id",
        other => return Cow::Owned(format!("an id of the kind {other}")),
    })
}

/// Whether a text is a UUID with its hyphens, in either case.
pub fn is_uuid(text: &str) -> bool {
    <[u8; 36]>::try_from(text.as_bytes()).is_ok_and(|mut bytes| {
        bytes.make_ascii_lowercase();
        is_lower_case_uuid(&bytes)
    })
}

/// Tells things apart of which only the names are known yet.
pub fn key_of_name(org_id: Option<&str>, name: &str) -> TargetKey {
    let organization = org_id.unwrap_or_default();
    TargetKey(hash(format!("{organization}\0{name}").as_bytes()))
}

/// The key of what an id names, however it is written; of what is no id, that of its text.
pub fn key_of_id(id: &str, kind: Kind) -> TargetKey {
    read(id, kind).map_or_else(|_| key_of(id), |id| id.key)
}

/// Capitals make no other thing of it.
fn key_of(thing: &str) -> TargetKey {
    if let Ok(mut uuid) = <[u8; 36]>::try_from(thing.as_bytes()) {
        uuid.make_ascii_lowercase();
        return TargetKey(hash(&uuid));
    }
    TargetKey(hash(thing.to_ascii_lowercase().as_bytes()))
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "0f3a6b1c-58d2-4e7f-9a01-b2c3d4e5f607";

    fn id(kind: &str, thing: &str) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("ciscospark://us/{kind}/{thing}"))
    }

    #[test]
    fn ids_go_out_as_they_came_but_for_what_clings_to_them() {
        let long = id("LOCATION", UUID);
        assert_eq!(long.len(), 82);
        let pasted = format!("\u{a0} {long}\u{200b}\t");
        assert_eq!(read(&pasted, LOCATION).expect("an id").text, long);
        let quoted = format!("'{long}");
        assert_eq!(read(&quoted, LOCATION).expect("an id").text, long);
        let padded = format!("{long}==");
        assert_eq!(read(&padded, LOCATION).expect("an id").text, padded);
        let numeric = id("LOCATION", "31161");
        assert_eq!(read(&numeric, LOCATION).expect("an id").text, numeric);
    }

    #[test]
    fn a_plain_uuid_is_written_the_long_way() {
        let upper = UUID.to_ascii_uppercase();
        let read = read(&upper, ORGANIZATION).expect("an id");
        assert_eq!(read.text, id("ORGANIZATION", UUID));
        assert_eq!(read.text.len(), 87);
    }

    #[test]
    fn one_location_has_one_key_however_it_is_written() {
        let key = |text: &str| read(text, LOCATION).expect("an id").key;
        let long = id("LOCATION", UUID);
        assert_eq!(key(&long), key(UUID));
        assert_eq!(key(&long), key(&format!("{long}==")));
        assert_eq!(key(&long), key(&id("LOCATION", &UUID.to_uppercase())));
        assert_ne!(key(&long), key(&id("LOCATION", "31161")));
    }

    #[test]
    fn what_is_no_id_of_the_kind_is_named() {
        let fault = |text: &str| read(text, LOCATION).expect_err("a fault");
        assert_eq!(fault(" \u{feff} "), IdFault::Empty);
        assert_eq!(
            fault(&id("ORGANIZATION", UUID)),
            IdFault::OtherKind("an organization's id".into())
        );
        assert_eq!(
            fault(&id("PEOPLE", UUID)),
            IdFault::OtherKind("a person's id".into())
        );
        let long = id("LOCATION", UUID);
        for text in [
            "London",
            "Y2lzY29",
            &long[..20],
            &long[..60],
            &long.to_lowercase(),
            &"A".repeat(10_000),
            "ciscospark://us/LOCATION/1",
            &BASE64_URL_SAFE_NO_PAD.encode("ciscospark://us/LOCATION/"),
            &BASE64_URL_SAFE_NO_PAD.encode("ciscospark://LOCATION"),
            &BASE64_URL_SAFE_NO_PAD.encode([0xff, 0xfe, 0x00]),
        ] {
            assert_eq!(fault(text), IdFault::NoId, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_cell_makes_it_panic(cell in ".*") {
            let _ = read(&cell, LOCATION);
        }
    }
}
