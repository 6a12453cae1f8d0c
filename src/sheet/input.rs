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

/// Folders whose files are what a process was given to read.
const NAMELESS: [&str; 3] = ["/dev/fd", "/dev/stdin", "/proc"];

const GIGABYTE: u64 = 1_000_000_000;

/// Copied at most of what is no file: ten million rows are fewer.
const MOST_COPIED: u64 = 2 * GIGABYTE;

/// Within so many bytes a file says what it is.
const BEGINNING: usize = 4096;

pub(super) const SAVE_AS_CSV: &str =
    "in Excel, use Save As and choose \"CSV UTF-8 (Comma delimited)\"";

/// Whether a sheet has no name of its own: `-`, or what a shell makes of `<(…)`.
pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT || NAMELESS.iter().any(|folder| path.starts_with(folder))
}

/// Opens a file that can be read several times. What comes through a pipe is copied into a nameless
/// temporary file first, which is gone when it is closed.
pub fn open(path: &Path) -> Result<File> {
    if path.as_os_str() == STANDARD_INPUT {
        return copy(io::stdin().lock(), "the standard input", MOST_COPIED);
    }
    let shown = path.display();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(book) = name.strip_prefix("~$") {
        bail!(
            "`{shown}` is the lock file that Excel keeps while `{book}` is open; name `{book}` itself"
        );
    }
    let file = File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot read `{shown}`"))?;
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
    let beginning = start[..start.len().min(BEGINNING)].to_ascii_lowercase();
    let has = |text: &[u8]| beginning.windows(text.len()).any(|window| window == text);
    let text = beginning
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&beginning)
        .trim_ascii_start();
    let is_html = [&b"<!doctype html"[..], b"<html", b"<table", b"<meta"]
        .iter()
        .any(|tag| text.starts_with(tag));
    let (what, advice) = match start {
        [] => bail!("the file is empty"),
        [b'P', b'K', 3, 4, ..] if has(b"application/vnd.oasis.opendocument") => (
            "an OpenDocument spreadsheet (.ods)",
            "open it in LibreOffice and use Save As with the type Excel 2007-365 (.xlsx)",
        ),
        [b'P', b'K', 3, 4, ..] if has(b"index/") || has(b".iwa") => (
            "an Apple Numbers document",
            "open it in Numbers and use File > Export To > Excel",
        ),
        [b'P', b'K', 3, 4, ..] if has(b"xl/workbook.bin") => (
            "a binary Excel workbook (.xlsb)",
            "open it in Excel and use Save As with the type Excel Workbook (.xlsx)",
        ),
        [b'P', b'K', 3, 4, ..] if has(b"word/") => {
            ("a Word document", "put its table into a spreadsheet")
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => (
            "an old Excel workbook (.xls) or one with a password",
            "open it in Excel and use Save As with the type Excel Workbook (.xlsx), without a password",
        ),
        [b'%', b'P', b'D', b'F', ..] => ("a PDF", "ask for the spreadsheet that it was made from"),
        [0x1f, 0x8b, ..] => ("a gzip archive", "unpack it first"),
        _ if is_html => (
            "a web page (HTML), as some programs save under the name .xls",
            "open it in Excel and use Save As with the type Excel Workbook (.xlsx)",
        ),
        _ if text.starts_with(b"<?xml") && has(b"spreadsheet") => (
            "an XML spreadsheet of 2003",
            "open it in Excel and use Save As with the type Excel Workbook (.xlsx)",
        ),
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
