//! Where the bytes of a sheet come from, and which files cannot be one.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

/// What stands for the standard input on a command line.
const STANDARD_INPUT: &str = "-";

pub(super) const SAVE_AS_CSV: &str =
    "in Excel, use Save As and choose \"CSV UTF-8 (Comma delimited)\"";

pub fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == STANDARD_INPUT
}

/// Opens a file that can be read several times. The standard input is copied into a nameless
/// temporary file first, which is gone when it is closed.
pub fn open(path: &Path) -> Result<File> {
    if is_standard_input(path) {
        let spool = || "cannot copy the standard input into a temporary file";
        let mut file = tempfile::tempfile().with_context(spool)?;
        io::copy(&mut io::stdin().lock(), &mut file).with_context(spool)?;
        file.seek(SeekFrom::Start(0)).with_context(spool)?;
        return Ok(file);
    }
    let shown = path.display();
    let file = File::open(path).with_context(|| format!("cannot read `{shown}`"))?;
    let metadata = file
        .metadata()
        .with_context(|| format!("cannot read `{shown}`"))?;
    if metadata.is_dir() {
        bail!("`{shown}` is a folder, not a sheet");
    }
    Ok(file)
}

/// Tells by its first bytes what is no text.
pub(super) fn refuse_other_formats(start: &[u8]) -> Result<()> {
    let what = match start {
        [] => bail!("the file is empty"),
        [b'P', b'K', 3, 4, ..] if is_open_document(start) => {
            "an OpenDocument file, as LibreOffice writes them"
        }
        [0xd0, 0xcf, 0x11, 0xe0, ..] => "an old or a protected Excel workbook",
        [b'%', b'P', b'D', b'F', ..] => "a PDF",
        _ => return Ok(()),
    };
    bail!("it is {what}; {SAVE_AS_CSV}")
}

/// As a workbook is.
pub(super) fn is_zipped(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04")
}

/// Its kind stands uncompressed at the beginning.
fn is_open_document(start: &[u8]) -> bool {
    const KIND: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument";
    start.get(30..30 + KIND.len()) == Some(KIND)
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
    Ok(hasher
        .finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        }))
}
