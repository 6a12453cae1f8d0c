//! What has a name besides files: links that lead nowhere, and pipes, which keep whoever opens them
//! waiting until somebody is at their other end.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Whether anything has the name, even a link that leads nowhere.
pub fn is_taken(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Opens a file to read it, and nothing else.
pub fn open_file(path: &Path) -> io::Result<File> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(not_a_file());
    }
    File::open(path)
}

/// Opens what takes lines one after the other: a file, a terminal, or a pipe that somebody reads.
pub fn open_to_append(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).append(true);
    if is_pipe(path) {
        open_read_pipe(path, options)
    } else {
        options.open(path)
    }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_: &Path) -> bool {
    false
}

/// A pipe is opened once and kept: whoever reads it sees its end where it is opened, closed and opened again.
#[cfg(unix)]
fn open_read_pipe(path: &Path, mut options: OpenOptions) -> io::Result<File> {
    use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
    use std::os::unix::fs::OpenOptionsExt;
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    // Without waiting, which open(2) refuses where nobody reads.
    let opened = options.create(false).custom_flags(flags).open(path);
    let pipe = opened.map_err(|_| io::Error::other("it is a pipe that nobody reads"))?;
    // A full pipe is waited for all the same.
    fcntl_setfl(&pipe, fcntl_getfl(&pipe)? - OFlags::NONBLOCK)?;
    Ok(pipe)
}

#[cfg(not(unix))]
fn open_read_pipe(path: &Path, options: OpenOptions) -> io::Result<File> {
    options.open(path)
}

/// Whether it gives bytes one after the other as a device does, which may never end: `/dev/zero`, a disk.
#[cfg(unix)]
pub fn is_device(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    kind.is_char_device() || kind.is_block_device()
}

#[cfg(not(unix))]
pub fn is_device(_: &fs::Metadata) -> bool {
    false
}

fn not_a_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "it is not a file")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_takes_a_name_and_a_folder_is_no_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("nowhere", &link).expect("a link");
        assert!(is_taken(&link) && !link.exists());
        assert!(!is_taken(&folder.path().join("nowhere")));
        open_file(folder.path()).expect_err("it is a folder");
        open_file(&link).expect_err("there is nothing");
        let log = folder.path().join("log");
        open_to_append(&log).expect("created");
        assert!(is_taken(&log));
    }
}
