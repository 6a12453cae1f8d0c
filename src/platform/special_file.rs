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
    if is_unread_pipe(path, &options) {
        return Err(io::Error::other("it is a pipe that nobody reads"));
    }
    options.open(path)
}

#[cfg(unix)]
fn is_unread_pipe(path: &Path, options: &OpenOptions) -> bool {
    use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
    let is_pipe = fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo());
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    is_pipe
        && options
            .clone()
            .create(false)
            .custom_flags(flags)
            .open(path)
            .is_err()
}

#[cfg(not(unix))]
fn is_unread_pipe(_: &Path, _: &OpenOptions) -> bool {
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
