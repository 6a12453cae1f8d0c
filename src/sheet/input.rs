//! Where the bytes of a sheet come from, and which files cannot be one.

use std::fs::File;
use std::io::{self, IsTerminal, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::model::hexadecimal::hexadecimal;
use crate::platform::is_device;

/// What stands for the standard input on a command line.
const STANDARD_INPUT: &str = "-";

/// Where what a process was given to read has a name.
const NAMELESS: [&str; 2] = ["/dev/fd", "/dev/stdin"];

const GIGABYTE: u64 = 1_000_000_000;

/// Copied at most of what is no file: ten million rows are fewer.
const MOST_COPIED: u64 = 2 * GIGABYTE;

/// The number of bytes at the beginning of a file within which it says what it is.
const BEGINNING: usize = 4096;

const NUMBERS: &str = "an Apple Numbers document";
const EXPORT_FROM_NUMBERS: &str = "open it in Numbers and use File > Export To > Excel";
const SAVE_AS_WORKBOOK: &str =
    "open it in Excel and use Save As with the type Excel Workbook (.xlsx)";

const SAVE_FROM_LIBRE_OFFICE: &str =
    "open it in LibreOffice and use Save As with the type Excel 2007-365 (.xlsx)";
const OTHER_EXPORT: &str =
    "export it as CSV or as an Excel workbook (.xlsx) from the program that made it";

pub(super) const SAVE_AS_CSV: &str =
    "in Excel, use Save As and choose \"CSV UTF-8 (Comma delimited)\"";

/// Whether a sheet has no name of its own: `-`, or what a shell makes of `<(…)`.
pub fn is_standard_input(path: &Path) -> bool {
    let is_nameless = NAMELESS.iter().any(|folder| path.starts_with(folder));
    path.as_os_str() == STANDARD_INPUT || is_nameless || is_descriptor_of_process(path)
}

/// `/proc/self/fd/3`
fn is_descriptor_of_process(path: &Path) -> bool {
    path.starts_with("/proc") && path.iter().any(|part| part == "fd")
}

/// Whether an output would go to the standard output or into a pipe: `-`, or what a shell makes of `>(…)`.
pub fn is_standard_output(path: &Path) -> bool {
    let streams = ["/dev/stdout", "/dev/stderr"];
    is_standard_input(path) || streams.iter().any(|stream| path == Path::new(stream))
}

/// Opens a file that can be read several times. What comes through a pipe is copied into a nameless
/// temporary file first, which is gone when it is closed.
pub fn open(path: &Path) -> Result<File> {
    if path.as_os_str() == STANDARD_INPUT {
        return copy(io::stdin().lock(), "the standard input", MOST_COPIED);
    }
    let shown = path.display();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let libre_office = name.strip_prefix(".~lock.");
    let locks = [
        ("Excel", name.strip_prefix("~$")),
        (
            "LibreOffice",
            libre_office.and_then(|name| name.strip_suffix('#')),
        ),
    ];
    for (program, book) in locks {
        if let Some(book) = book {
            bail!(
                "`{shown}` is the lock file that {program} keeps while `{book}` is open; name `{book}` itself"
            );
        }
    }
    let has_ending = |ending: &str| {
        let own = path.extension().unwrap_or_default();
        own.eq_ignore_ascii_case(ending)
    };
    if has_ending("gsheet") {
        bail!(
            "`{shown}` is only a link to a Google Sheet; open that in the browser and use File > Download > Microsoft Excel (.xlsx)"
        );
    }
    let file = File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot read `{shown}`"))?;
    if metadata.is_dir() && has_ending("numbers") {
        bail!("`{shown}` is {NUMBERS}; {EXPORT_FROM_NUMBERS}");
    }
    if metadata.is_dir() {
        bail!("`{shown}` is a folder, not a sheet");
    }
    if metadata.is_file() {
        return Ok(file);
    }
    if is_device(&metadata) && !file.is_terminal() && !is_standard_input(path) {
        bail!("`{shown}` is a device, not a sheet");
    }
    copy(file, &format!("`{shown}`"), MOST_COPIED)
}

/// Copies what can be read once only, as far as it is no longer than `most` bytes: what never ends would fill
/// the disk.
fn copy(source: impl Read, name: &str, most: u64) -> Result<File> {
    let cannot_copy = || format!("cannot copy {name} into a temporary file");
    let mut copy = tempfile::tempfile().with_context(cannot_copy)?;
    let copied = io::copy(&mut source.take(most + 1), &mut copy).with_context(cannot_copy)?;
    if copied > most {
        bail!(
            "{name} gives more than {} GB, which no sheet has; if it is one, save it as a file and name that",
            most / GIGABYTE
        );
    }
    copy.seek(SeekFrom::Start(0)).with_context(cannot_copy)?;
    Ok(copy)
}

/// Tells by its first bytes what is neither a text nor a workbook.
pub(super) fn refuse_other_formats(start: &[u8]) -> Result<()> {
    let mut beginning = start[..start.len().min(BEGINNING)].to_ascii_lowercase();
    if matches!(start, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        // Of UTF-16 the plain letters.
        beginning.drain(..2);
        beginning.retain(|byte| *byte != 0);
    }
    let has = |text: &[u8]| beginning.windows(text.len()).any(|window| window == text);
    let text = beginning
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&beginning)
        .trim_ascii_start();
    let begins = |begins: &[&[u8]]| begins.iter().any(|begin| text.starts_with(begin));
    let is_html = begins(&[b"<!doctype html", b"<html", b"<table", b"<meta"])
        || (begins(&[b"<!--", b"<?xml"]) && has(b"<html"));
    let is_xml = begins(&[b"<?xml"]);
    let squeezed: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let is_json = [&b"{\""[..], b"[{", b"[[", b"[\""]
        .iter()
        .any(|begin| squeezed.starts_with(begin));
    let (what, advice) = match start {
        [] => bail!("the file is empty"),
        [b'P', b'K', 3, 4, ..] if has(b"application/vnd.oasis.opendocument") => {
            ("an OpenDocument spreadsheet (.ods)", SAVE_FROM_LIBRE_OFFICE)
        }
        [b'P', b'K', 3, 4, ..] if has(b"index/") || has(b".iwa") => (NUMBERS, EXPORT_FROM_NUMBERS),
        [b'P', b'K', 3, 4, ..] if has(b"xl/workbook.bin") => {
            ("a binary Excel workbook (.xlsb)", SAVE_AS_WORKBOOK)
        }
        [b'P', b'K', 3, 4, ..] if has(b"word/") => {
            ("a Word document", "put its table into a spreadsheet")
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => (
            "an old Excel workbook (.xls) or one with a password",
            "open it in Excel and use Save As with the type Excel Workbook (.xlsx), without a password",
        ),
        [9, 0 | 2 | 4, 4 | 6, 0, ..] => ("an old Excel workbook (.xls)", SAVE_AS_WORKBOOK),
        [0x89, b'P', b'N', b'G', ..] | [0xff, 0xd8, 0xff, ..] | [b'G', b'I', b'F', b'8', ..] => {
            ("a picture", "ask for the spreadsheet that it shows")
        }
        [b'%', b'P', b'D', b'F', ..] => ("a PDF", "ask for the spreadsheet that it was made from"),
        [0x1f, 0x8b, ..] => ("a gzip archive", "unpack it first"),
        _ if is_html => (
            "a web page (HTML), as some programs save under the name .xls",
            SAVE_AS_WORKBOOK,
        ),
        _ if begins(&[b"mime-version:"]) => (
            "a web archive (MHTML), as some programs save under the name .xls",
            SAVE_AS_WORKBOOK,
        ),
        _ if begins(&[b"{\\rtf"]) => ("an RTF document", "put its table into a spreadsheet"),
        _ if is_xml && has(b"opendocument") => (
            "an OpenDocument spreadsheet in one XML file (.fods)",
            SAVE_FROM_LIBRE_OFFICE,
        ),
        _ if is_xml && has(b"spreadsheet") => ("an XML spreadsheet of 2003", SAVE_AS_WORKBOOK),
        _ if is_xml => ("an XML file", OTHER_EXPORT),
        _ if is_json => ("JSON", OTHER_EXPORT),
        _ => return Ok(()),
    };
    bail!("it is {what}; {advice}")
}

/// As a workbook is.
pub(super) fn is_zipped(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04")
}

/// The SHA-256 of the whole file in hexadecimal.
pub(super) fn sha256(file: &File) -> io::Result<String> {
    let mut file = file;
    file.seek(SeekFrom::Start(0))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let length = file.read(&mut buffer)?;
        if length == 0 {
            break;
        }
        hasher.update(&buffer[..length]);
    }
    Ok(hexadecimal(&hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_copied_up_to_a_bound() {
        let copied = copy(&b"orgId"[..], "it", 5).expect("short enough");
        assert_eq!(copied.metadata().expect("a file").len(), 5);
        let endless = copy(io::repeat(0), "`/dev/zero`", 2 * GIGABYTE / 1_000_000);
        let said = endless.expect_err("it never ends").to_string();
        assert!(said.starts_with("`/dev/zero` gives more than"), "{said}");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_not_a_sheet() {
        let said = open(Path::new("/dev/null")).expect_err("a device");
        assert_eq!(said.to_string(), "`/dev/null` is a device, not a sheet");
    }
}
