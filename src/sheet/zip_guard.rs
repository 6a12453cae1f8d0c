//! A workbook is a zip archive of parts, most of which are held in memory whole while it is read. One
//! that was made to burst unpacks to a thousand times its size, so each part is unpacked once
//! beforehand, and its bytes are counted and thrown away: what an archive says of itself need not
//! be so.

use std::fs::File;
use std::io::{BufReader, Read};

use anyhow::{Result, bail};
use memchr::memmem;
use zip::ZipArchive;

use crate::sheet::input::SAVE_AS_CSV;

/// Unpacked at once.
const BLOCK: usize = 64 * 1024;

/// What announces how many texts there are, and for how many room is made.
const COUNT: &[u8] = b"uniqueCount";

/// Between that word and the number stand a sign, a quote and a few blanks; more are there to hide it.
const PADDING: usize = 32;

/// The longest announcement: the word, what stands between, and twenty digits.
const ANNOUNCEMENT: usize = 64;

const MEBIBYTE: u64 = 1024 * 1024;

/// How large the parts of a kind may be, unpacked.
struct Limit {
    /// Whatever the size of the workbook.
    free: u64,
    /// For each byte of the workbook.
    a_byte: u64,
    /// In any case.
    most: u64,
    /// Room is made for as many as it says there are.
    announces: bool,
}

/// Folders of parts that say nothing of cells: pictures, what queries and other programs keep, who wrote it.
const NEVER_READ: [&[u8]; 3] = [b"xl/media/", b"customxml/", b"docprops/"];

/// The texts of all cells, each once, which does not compress well: a location's id takes 30 bytes of
/// its 82. Excel's million of rows has room for some 500 bytes each.
const TEXTS: Limit = Limit {
    free: 32 * MEBIBYTE,
    a_byte: 20,
    most: 512 * MEBIBYTE,
    announces: true,
};

/// Excel knows 65,490 formats of cells, of some 200 bytes, and as many again that they are made from.
const FORMATS: Limit = Limit {
    free: 32 * MEBIBYTE,
    a_byte: 0,
    most: 32 * MEBIBYTE,
    announces: false,
};

/// Rows are read one by one, and alike: they may take a twentieth to a fiftieth of their size.
const OTHERS: Limit = Limit {
    free: 64 * MEBIBYTE,
    a_byte: 100,
    most: 16 * 1024 * MEBIBYTE,
    announces: false,
};

/// Refuses a workbook that would take more memory than its sheets can need. One that is no archive at
/// all is left to the one who reads it.
pub(super) fn ensure_it_does_not_burst(file: &File) -> Result<()> {
    let packed = file.metadata()?.len();
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else {
        return Ok(());
    };
    for index in 0..archive.len() {
        // A part that cannot be unpacked here cannot be read there either.
        let Ok(mut part) = archive.by_index(index) else {
            continue;
        };
        let name = part.name_raw().to_ascii_lowercase();
        if NEVER_READ.iter().any(|folder| name.starts_with(folder)) {
            continue;
        }
        let limit = limit_of(&name);
        let most = limit.most.min(limit.free.max(limit.a_byte * packed));
        let mut start = Vec::new();
        // Damaged, it is not read there either.
        let _ = part.by_ref().take(2).read_to_end(&mut start);
        if limit.announces && is_utf_16(&start) {
            // What they announce could not be seen.
            bail!("its texts are not written as spreadsheet programs write them; {SAVE_AS_CSV}");
        }
        if !is_within(&mut start.chain(part), most, limit.announces) {
            bail!("packed into {packed} bytes it holds more than any sheet needs; {SAVE_AS_CSV}");
        }
    }
    Ok(())
}

fn limit_of(name: &[u8]) -> &'static Limit {
    if name.ends_with(b"sharedstrings.xml") {
        &TEXTS
    } else if name.ends_with(b"styles.xml") || name.ends_with(b".rels") {
        &FORMATS
    } else {
        &OTHERS
    }
}

/// Whether a part has no more bytes than that, nor announces more texts than it has bytes.
fn is_within(part: &mut impl Read, most: u64, announces: bool) -> bool {
    let mut block = vec![0; BLOCK];
    let (mut kept, mut unpacked, mut texts) = (0, 0, 0);
    loop {
        // Damaged, it is not read any further there either.
        let length = part.read(&mut block[kept..]).unwrap_or_default();
        let filled = kept + length;
        unpacked += length as u64;
        if announces {
            texts = texts.max(announced_in(&block[..filled]));
        }
        if length == 0 {
            return texts <= unpacked;
        }
        if unpacked > most {
            return false;
        }
        // An announcement may be cut in two.
        kept = filled.min(ANNOUNCEMENT);
        block.copy_within(filled - kept..filled, 0);
    }
}

/// The largest number of texts that is announced.
fn announced_in(xml: &[u8]) -> u64 {
    let counts = memmem::find_iter(xml, COUNT).map(|at| {
        let rest = &xml[at + COUNT.len()..];
        let is_between = |byte: &&u8| byte.is_ascii_whitespace() || b"=\"'".contains(byte);
        let padding = rest.iter().take_while(is_between).count();
        if padding > PADDING {
            return u64::MAX;
        }
        let digits = rest[padding..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        digits.fold(0_u64, |count, digit| {
            count
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        })
    });
    counts.max().unwrap_or_default()
}

fn is_utf_16(start: &[u8]) -> bool {
    matches!(start, [0xff, 0xfe] | [0xfe, 0xff] | [b'<', 0] | [0, b'<'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_announced_texts_are_counted_wherever_blocks_begin() {
        let is_within = |text: &str, most| is_within(&mut text.as_bytes(), most, true);
        for before in [0, 100, BLOCK - 80, BLOCK - 60, BLOCK - 15, BLOCK, 3 * BLOCK] {
            let blanks = " ".repeat(before);
            let text = format!(r#"{blanks}<sst count="9" uniqueCount="12"><si/>"#);
            let length = text.len() as u64;
            assert!(is_within(&text, length) && !is_within(&text, length - 1));
            for count in [length + 100, u64::MAX] {
                for padding in [0, 1, 20, 30, 40, 60, 100, 2 * BLOCK] {
                    let padding = " ".repeat(padding);
                    let text = format!(r#"{blanks}<sst uniqueCount{padding}="{count}">"#);
                    assert!(!is_within(&text, u64::MAX), "{before} {}", padding.len());
                }
            }
        }
    }

    #[test]
    fn what_is_no_archive_is_left_to_others() {
        let file = tempfile::tempfile().expect("a temporary file");
        assert!(ensure_it_does_not_burst(&file).is_ok());
    }
}
