//! How the bytes of a file are read as text: told by its mark, by its look, or by the user.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::str::FromStr;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::{DecodeReaderBytes, DecodeReaderBytesBuilder};

/// Read at once while looking through the file.
const CHUNK: usize = 64 * 1024;

/// In a text fewer than one byte in this number is a control character.
const CONTROLS_AMONG: usize = 20;

/// Turned into UTF-8 at once.
const DECODED: usize = 64 * 1024;

/// A character encoding, by any of the names the web knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// How a file is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextForm {
    encoding: Encoding,
    /// Neither the file nor the user said which encoding it is.
    pub is_guessed: bool,
}

/// A file's text as UTF-8, without a byte order mark.
pub(super) type Text<R> = DecodeReaderBytes<R, Vec<u8>>;

impl FromStr for Encoding {
    type Err = String;

    fn from_str(label: &str) -> Result<Encoding, String> {
        encoding_rs::Encoding::for_label_no_replacement(label.as_bytes())
            .map(Encoding)
            .ok_or_else(|| {
                format!(
                    "`{label}` is not a known encoding; known are utf-8, utf-16le, windows-1252, iso-8859-2, shift_jis and others"
                )
            })
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name())
    }
}

impl TextForm {
    /// Looks at the file, of which `start` is the beginning. `None`: it is no text.
    pub(super) fn find(
        file: &File,
        start: &[u8],
        given: Option<Encoding>,
    ) -> io::Result<Option<TextForm>> {
        let marked = encoding_rs::Encoding::for_bom(start).map(|(encoding, _)| Encoding(encoding));
        let (encoding, is_guessed) = match marked.or(given) {
            Some(encoding) => (encoding, false),
            None => match utf_16_by_its_zeros(start) {
                Some(encoding) => (Encoding(encoding), true),
                None if is_binary(start) => return Ok(None),
                None => {
                    let code_page = guess_code_page(file)?;
                    (Encoding(code_page.unwrap_or(UTF_8)), code_page.is_some())
                }
            },
        };
        Ok(Some(TextForm {
            encoding,
            is_guessed,
        }))
    }

    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(super) fn is_utf_8(&self) -> bool {
        self.encoding.0 == UTF_8
    }

    /// Turns `source` into UTF-8 as it is read.
    pub(super) fn reader<R: Read>(&self, source: R) -> Text<R> {
        let mut builder = DecodeReaderBytesBuilder::new();
        builder.strip_bom(true);
        if self.is_utf_8() {
            // Cells that are not UTF-8 after all are reported with their place.
            builder.utf8_passthru(true);
        } else {
            builder.encoding(Some(self.encoding.0)).bom_override(true);
        }
        let buffer = vec![0; if self.is_utf_8() { 16 } else { DECODED }];
        builder
            .build_with_buffer(source, buffer)
            .unwrap_or_else(|_| unreachable!("the buffer holds more than one character"))
    }

    /// All the text of `bytes`.
    pub(super) fn read_all(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        self.reader(bytes).read_to_end(&mut text)?;
        Ok(text)
    }
}

/// A text may have a stray NUL in it, which its cell is refused for; other files are full of such.
fn is_binary(start: &[u8]) -> bool {
    let is_control = |byte: &&u8| matches!(byte, 0..=8 | 0xe..=0x19 | 0x1b..=0x1f);
    let controls = start.iter().filter(is_control).count();
    controls * CONTROLS_AMONG > start.len()
}

/// Text in plain letters has a zero in every other byte.
fn utf_16_by_its_zeros(start: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let zeros = |first: usize| {
        let bytes = start.iter().skip(first).step_by(2);
        bytes.filter(|byte| **byte == 0).count()
    };
    let many = start.len() / 4;
    match (zeros(0), zeros(1)) {
        (0, odd) if odd > many => Some(UTF_16LE),
        (even, 0) if even > many => Some(UTF_16BE),
        _ => None,
    }
}

/// The likeliest code page of a file that is not UTF-8; `None`: it is. Plain letters are the
/// same in all, so the whole file is looked through for others.
fn guess_code_page(file: &File) -> io::Result<Option<&'static encoding_rs::Encoding>> {
    let mut file = file;
    file.seek(SeekFrom::Start(0))?;
    let mut buffer = vec![0; CHUNK];
    let mut kept = 0;
    loop {
        let length = file.read(&mut buffer[kept..])?;
        if length == 0 {
            // A character cut off at the very end makes no other encoding of it.
            return Ok(None);
        }
        let filled = kept + length;
        match std::str::from_utf8(&buffer[..filled]) {
            Ok(_) => kept = 0,
            Err(error) if error.error_len().is_none() => {
                buffer.copy_within(error.valid_up_to()..filled, 0);
                kept = filled - error.valid_up_to();
            }
            Err(_) => {
                let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
                detector.feed(&buffer[..filled], true);
                return Ok(Some(detector.guess(None, Utf8Detection::Deny)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn form_of(bytes: &[u8]) -> Option<TextForm> {
        let mut file = tempfile::tempfile().expect("a temporary file");
        file.write_all(bytes).expect("room for it");
        let start = &bytes[..bytes.len().min(64 * 1024)];
        TextForm::find(&file, start, None).expect("it can be read")
    }

    fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn encodings_are_told_by_mark_or_look() {
        const TEXT: &str = "orgId,locationId,n1,site\n,a,1,Zürich\n";
        let marked = format!("\u{feff}{TEXT}");
        for (bytes, name, is_guessed) in [
            (TEXT.as_bytes().to_vec(), "UTF-8", false),
            (marked.as_bytes().to_vec(), "UTF-8", false),
            (utf_16(&marked, u16::to_le_bytes), "UTF-16LE", false),
            (utf_16(&marked, u16::to_be_bytes), "UTF-16BE", false),
            (utf_16(TEXT, u16::to_le_bytes), "UTF-16LE", true),
            (utf_16(TEXT, u16::to_be_bytes), "UTF-16BE", true),
            (
                TEXT.replace('ü', "\u{1}")
                    .bytes()
                    .map(|byte| if byte == 1 { 0xfc } else { byte })
                    .collect(),
                "windows-1252",
                true,
            ),
        ] {
            let form = form_of(&bytes).expect("text");
            assert_eq!(
                (form.encoding().to_string().as_str(), form.is_guessed),
                (name, is_guessed)
            );
            let text = form.read_all(&bytes).expect("it can be read");
            assert_eq!(String::from_utf8(text).expect("UTF-8"), TEXT, "{name}");
        }
        assert_eq!(form_of(b"\x7fELF\0\0\0"), None);
    }

    #[test]
    fn a_foreign_letter_far_down_tells_as_well_and_a_split_one_does_not() {
        let mut bytes = vec![b'a'; 3 * CHUNK];
        bytes.push(0xe9);
        bytes.extend(b"tage\n");
        let form = form_of(&bytes).expect("text");
        assert!(!form.is_utf_8() && form.is_guessed);
        let mut split = vec![b'a'; CHUNK - 1];
        split.extend("é".repeat(CHUNK).bytes());
        assert!(form_of(&split).expect("text").is_utf_8());
    }
}
