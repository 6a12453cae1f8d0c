//! A file that one process at a time may write, by appending: how it is opened, locked, and known
//! again at its path.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// How the lock on a file came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileLock {
    Ours,
    /// Another process has it.
    Taken,
    /// The drive has no locks.
    Unsupported,
}

/// How a file is opened that is only ever appended to, besides reading it.
pub fn appending() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    options.append(true);
    // Windows could not cut off a file that is opened to append. There the open file itself is the
    // lock: others may read it and not open it to write.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 1);
    options
}

/// Whether an error says that another process has the file open, as Windows does.
pub fn is_sharing_violation(error: &io::Error) -> bool {
    cfg!(windows) && error.raw_os_error() == Some(32)
}

/// Locks a file that was opened with [`appending`], until it is closed.
pub fn lock(file: &File) -> io::Result<FileLock> {
    if cfg!(windows) {
        return Ok(FileLock::Ours);
    }
    match file.try_lock() {
        Ok(()) => Ok(FileLock::Ours),
        Err(fs::TryLockError::WouldBlock) => Ok(FileLock::Taken),
        Err(fs::TryLockError::Error(error)) if has_no_locks(&error) => Ok(FileLock::Unsupported),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Whether another process has locked a file; `false` where that cannot be told.
pub fn is_locked(path: &Path) -> bool {
    if cfg!(windows) {
        return appending()
            .open(path)
            .is_err_and(|error| is_sharing_violation(&error));
    }
    let file = File::open(path);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock)))
}

/// NFS without its lock service says `ENOLCK`, for which Rust has no kind.
fn has_no_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(rustix::io::Errno::NOLCK.raw_os_error()) {
        return true;
    }
    error.kind() == io::ErrorKind::Unsupported
}

/// Whether the file at the path is this one still, and not another that took its name. Windows
/// lets nobody take the name of a file that is open.
pub fn is_same_file(file: &File, path: &Path) -> io::Result<bool> {
    let there = match fs::metadata(path) {
        Ok(there) => there,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let ours = file.metadata()?;
        Ok((there.dev(), there.ino()) == (ours.dev(), ours.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = (file, there);
        Ok(true)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_locked_file_is_seen_by_others_and_one_that_took_its_name_is_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("a"), folder.path().join("b"));
        let file = appending().create_new(true).open(&path).expect("a file");
        assert!(!is_locked(&path));
        assert_eq!(lock(&file).expect("a lock"), FileLock::Ours);
        assert!(is_locked(&path));
        let again = appending().open(&path).expect("it is there");
        assert_eq!(lock(&again).expect("an answer"), FileLock::Taken);

        assert!(is_same_file(&file, &path).expect("an answer"));
        fs::copy(&path, &other).expect("a copy");
        fs::rename(&other, &path).expect("renamed");
        assert!(!is_same_file(&file, &path).expect("an answer"));
        fs::remove_file(&path).expect("it was there");
        assert!(!is_same_file(&file, &path).expect("an answer"));
    }
}
