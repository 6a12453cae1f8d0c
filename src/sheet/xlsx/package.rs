//! A workbook is a zip archive of parts in XML. They are read as streams; one that was made to burst
//! unpacks to a thousand times its size, so each has a limit after which reading ends in an error.

use std::fs::File;
use std::io::{self, BufReader, Read};

use anyhow::{Context, Result, anyhow};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::sheet::input::SAVE_AS_CSV;
use crate::sheet::problem::shorten;

/// Between two elements there is no more than the text of a cell, which has 32,767 characters; written as
/// references each takes ten bytes.
const LONGEST_PIECE: u64 = 512 * 1024;

/// The part that says of all others what they are.
const CONTENTS: &str = "[Content_Types].xml";

const MEBIBYTE: u64 = 1024 * 1024;

/// How large a part may be, unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// Whatever the size of the workbook.
    free: u64,
    /// For each byte of the workbook.
    a_byte: u64,
    /// In any case.
    most: u64,
}

/// The texts of all cells, each once, which does not compress well: a location's id takes 30 bytes of
/// its 82. Excel's million of rows has room for some 500 bytes each.
pub(super) const TEXTS: Limit = Limit {
    free: 32 * MEBIBYTE,
    a_byte: 20,
    most: 512 * MEBIBYTE,
};

/// Excel knows 65,490 formats of cells, of some 200 bytes, and as many again that they are made from.
pub(super) const FORMATS: Limit = Limit {
    free: 32 * MEBIBYTE,
    a_byte: 0,
    most: 32 * MEBIBYTE,
};

/// Rows are read one by one, and alike: they may take a twentieth to a fiftieth of their size.
pub(super) const ROWS: Limit = Limit {
    free: 64 * MEBIBYTE,
    a_byte: 100,
    most: 16 * 1024 * MEBIBYTE,
};

/// The archive of a workbook.
#[derive(Debug)]
pub(super) struct Package<'f> {
    archive: ZipArchive<BufReader<&'f File>>,
    size: u64,
}

/// The XML of a part.
pub(super) type Xml<'p, 'f> = Reader<BufReader<Limited<ZipFile<'p, BufReader<&'f File>>>>>;

impl<'f> Package<'f> {
    pub(super) fn open(file: &'f File) -> Result<Package<'f>> {
        let size = file.metadata()?.len();
        let archive = ZipArchive::new(BufReader::new(file)).with_context(unreadable)?;
        Ok(Package { archive, size })
    }

    /// The bytes of a workbook, which bound what may be made of it.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn has(&self, part: &str) -> bool {
        self.index_of(part).is_some()
    }

    /// A file that was packed and given the name of a workbook has no part of one.
    fn missing(&self, part: &str) -> anyhow::Error {
        let names = || self.archive.file_names().filter_map(Result::ok);
        let is_of_office = names().any(|name| name.eq_ignore_ascii_case(CONTENTS));
        match names().find(|name| !name.ends_with('/')) {
            Some(first) if !is_of_office => anyhow!(
                "it is not an Excel workbook but a ZIP archive, with `{}` in it; unpack it and use the sheet in it",
                shorten(&first)
            ),
            _ => anyhow!("the part `{part}` is missing").context(unreadable()),
        }
    }

    /// Capitals make no other part of it, nor does a backslash.
    fn index_of(&self, part: &str) -> Option<usize> {
        let plain = |name: &str| name.replace('\\', "/").to_ascii_lowercase();
        let wanted = plain(part.trim_start_matches('/'));
        let mut names = self.archive.file_names();
        names.position(|name| name.is_ok_and(|name| plain(&name) == wanted))
    }
}

/// Opens a part for reading.
pub(super) fn read_part<'p, 'f>(
    package: &'p mut Package<'f>,
    part: &str,
    limit: Limit,
) -> Result<Xml<'p, 'f>> {
    let Some(index) = package.index_of(part) else {
        return Err(package.missing(part));
    };
    let most = limit.most.min(limit.free.max(limit.a_byte * package.size));
    let packed = package.size;
    let file = package.archive.by_index(index).with_context(unreadable)?;
    let mut reader = Reader::from_reader(BufReader::new(Limited {
        source: file,
        left: most,
        piece: 0,
        packed,
    }));
    reader.config_mut().expand_empty_elements = true;
    Ok(reader)
}

fn unreadable() -> String {
    format!(
        "it is not an Excel workbook, or it is damaged or incomplete; try to open it in Excel; {SAVE_AS_CSV}"
    )
}

/// Ends in an error after a number of bytes, or where there is no end to a piece of text.
#[derive(Debug)]
pub(super) struct Limited<R> {
    source: R,
    left: u64,
    /// Bytes since the last element began.
    piece: u64,
    packed: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.source.read(buffer)?;
        let read = length as u64;
        self.piece = match buffer[..length].iter().rposition(|byte| *byte == b'<') {
            Some(at) => (length - at) as u64,
            None => self.piece + read,
        };
        if read > self.left || self.piece > LONGEST_PIECE {
            return Err(io::Error::other(format!(
                "packed into {} bytes it holds more than any sheet needs; {SAVE_AS_CSV}",
                self.packed
            )));
        }
        self.left -= read;
        Ok(length)
    }
}

/// The next event of a part; `None` at its end.
pub(super) fn next<'b, R: io::BufRead>(
    xml: &mut Reader<R>,
    buffer: &'b mut Vec<u8>,
) -> Result<Option<Event<'b>>> {
    buffer.clear();
    match xml.read_event_into(buffer) {
        Ok(Event::Eof) => Ok(None),
        Ok(event) => Ok(Some(event)),
        // What the limit says is for the person.
        Err(quick_xml::Error::Io(error)) => Err(anyhow!("{error}")),
        Err(error) => Err(anyhow::Error::new(error).context(unreadable())),
    }
}

/// An attribute's value.
pub(super) fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = element.try_get_attribute(name).ok()??;
    let value = attribute.normalized_value(XmlVersion::Implicit1_0).ok()?;
    Some(value.into_owned())
}

/// A switch: `1` and `true` are on.
pub(super) fn is_on(element: &BytesStart<'_>, name: &str) -> bool {
    attribute(element, name).is_some_and(|value| value == "1" || value == "true")
}

/// A switch that is on by itself.
pub(super) fn is_off(element: &BytesStart<'_>, name: &str) -> bool {
    attribute(element, name).is_some_and(|value| value == "0" || value == "false")
}

/// A switch that its element alone turns on.
pub(super) fn is_not_off(element: &BytesStart<'_>) -> bool {
    attribute(element, "val").is_none() || is_on(element, "val")
}

/// Adds what a text event stands for.
pub(super) fn add_text(event: &Event<'_>, text: &mut String) {
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content()),
        Event::CData(part) => text.push_str(&part.xml10_content()),
        Event::GeneralRef(reference) => {
            let named = quick_xml::escape::resolve_xml_entity(reference);
            let character = reference.resolve_char_ref().ok().flatten();
            match (named, character) {
                (Some(named), _) => text.push_str(named),
                (None, Some(character)) => text.push(character),
                (None, None) => {}
            }
        }
        _ => {}
    }
}
