//! Files that have another name until they are whole and on the disk, so that whatever stands at a
//! path is never half a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::sync_folder_of;

/// Who may read a file that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// As the system has it for new files.
    Usual,
    /// Nobody but its owner, not even for a moment.
    OwnerOnly,
}

/// What a file is called until it is whole.
pub fn temporary_name(path: &Path) -> PathBuf {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    temporary.into()
}

/// Gives the file that is whole now its name, in place of whatever had it.
pub fn name_whole(path: &Path) -> io::Result<()> {
    fs::rename(temporary_name(path), path)?;
    sync_folder_of(path);
    Ok(())
}

/// Removes what was not finished: half a file, or a second one, helps nobody and takes up what may
/// be the last space on the disk.
pub fn drop_half(path: &Path) {
    let _ = fs::remove_file(temporary_name(path));
}

/// Writes a file at once, in place of whatever is there.
pub fn write_atomically(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    write_half(path, content, readers)
        .and_then(|()| name_whole(path))
        .inspect_err(|_| drop_half(path))
}

fn write_half(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut options = File::options();
    options.write(true);
    match readers {
        // Not made anew: on Windows a removed file keeps its name for as long as a scanner reads it.
        Readers::Usual => options.create(true).truncate(true),
        Readers::OwnerOnly => {
            // What an interrupted run left could have other permissions.
            drop_half(path);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            options.create_new(true)
        }
    };
    let mut file = options.open(temporary_name(path))?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.html");
        fs::write(temporary_name(&path), "left by a run that was killed").expect("written");
        for (content, readers) in [("one", Readers::Usual), ("two", Readers::OwnerOnly)] {
            write_atomically(&path, content.as_bytes(), readers).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("text"), content);
        }
        assert!(!super::super::others_may_read(&path).expect("a file"));
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn what_cannot_be_replaced_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("taken");
        fs::create_dir(&path).expect("a folder in the way");
        write_atomically(&path, b"x", Readers::Usual).expect_err("a folder is in the way");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }
}
