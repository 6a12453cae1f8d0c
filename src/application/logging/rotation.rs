//! A log file that never outgrows its size: when it is full it becomes `LOG.1`, what was `LOG.1`
//! becomes `LOG.2`, and the oldest is let go.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// A file of this size can still be opened in an editor or sent by mail.
const FULL: u64 = 20 * 1024 * 1024;

/// How many full files are kept.
const KEPT: usize = 4;

/// A log. What is written at once stays together in one file.
#[derive(Debug)]
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    size: u64,
    full: u64,
}

impl RotatingFile {
    /// Goes on with the log at `path`; refuses a file that is no log, which a slip of the fingers
    /// would otherwise spoil.
    pub(super) fn open(path: &Path) -> io::Result<RotatingFile> {
        RotatingFile::open_until(path, FULL)
    }

    fn open_until(path: &Path, full: u64) -> io::Result<RotatingFile> {
        if path.exists() {
            let mut first = Vec::new();
            File::open(path)?.take(1).read_to_end(&mut first)?;
            if !matches!(first[..], [] | [b'{']) {
                return Err(io::Error::other(
                    "it exists and is not a log; name another file",
                ));
            }
        }
        let file = File::options().create(true).append(true).open(path)?;
        let size = file.metadata()?.len();
        Ok(RotatingFile {
            path: path.to_path_buf(),
            file,
            size,
            full,
        })
    }

    fn rotate(&mut self) -> io::Result<()> {
        let numbered = |number: usize| {
            let mut name = OsString::from(&self.path);
            if number > 0 {
                name.push(format!(".{number}"));
            }
            name
        };
        for number in (0..KEPT).rev() {
            match fs::rename(numbered(number), numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.file = File::options().create(true).append(true).open(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

impl Write for RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.size > 0 && self.size + line.len() as u64 > self.full {
            // A log that cannot be set aside goes on where it is.
            let _ = self.rotate();
        }
        let written = self.file.write(line)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_set_aside_and_the_oldest_let_go() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log");
        for number in 0..14 {
            // Opened anew each time, as by one run after the other.
            let mut log = RotatingFile::open_until(&path, 20).expect("opened");
            writeln!(log, "{{{number:07}}}").expect("written");
        }
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a log");
        assert_eq!(read("log"), "{0000012}\n{0000013}\n");
        assert_eq!(read("log.1"), "{0000010}\n{0000011}\n");
        assert_eq!(read("log.4"), "{0000004}\n{0000005}\n");
        assert!(!folder.path().join("log.5").exists());
    }

    #[test]
    fn a_file_that_is_no_log_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("numbers.csv");
        fs::write(&path, "orgId,locationId,n1\n").expect("written");
        assert!(RotatingFile::open(&path).is_err());
        fs::write(&path, "").expect("written");
        assert!(RotatingFile::open(&path).is_ok());
    }
}
