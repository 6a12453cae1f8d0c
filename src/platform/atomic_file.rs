//! Files that have a temporary name until they are complete and on the disk, so that whatever
//! stands at a path is never half a file.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile, PersistError};

use super::{folder_of, sync_folder_of};

/// Who may read a file that we write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// As the system has it for new files.
    Usual,
    /// Nobody but its owner, not even for a moment.
    OwnerOnly,
}

/// Creates a file beside `path` that is removed unless it is persisted. Its name is new and cannot
/// be guessed, so that nobody can have put a link or a pipe in its place.
pub fn create_temporary(path: &Path, readers: Readers) -> io::Result<NamedTempFile> {
    let mut prefix = path.file_name().map_or_else(OsString::new, OsString::from);
    prefix.push(".");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The system takes from it what the umask forbids.
        builder.permissions(fs::Permissions::from_mode(match readers {
            Readers::Usual => 0o666,
            Readers::OwnerOnly => 0o600,
        }));
    }
    #[cfg(not(unix))]
    let _ = readers;
    builder.tempfile_in(folder_of(path))
}

/// The same with a name that says whose it is. One that is there already was left by its `owner`, who
/// was killed, and is removed; whatever else has the name is left alone, and no link is followed.
pub fn create_temporary_of(path: &Path, owner: &str) -> io::Result<NamedTempFile> {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{owner}.tmp"));
    let left = path.with_file_name(&name);
    if fs::symlink_metadata(&left).is_ok_and(|metadata| metadata.is_file()) {
        fs::remove_file(&left)?;
    }
    let mut builder = Builder::new();
    builder.prefix(&name).rand_bytes(0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    match builder.tempfile_in(folder_of(path)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            create_temporary(path, Readers::Usual)
        }
        created => created,
    }
}

/// Gives a complete file its name, in place of whatever has it.
pub fn persist(file: NamedTempFile, path: &Path) -> Result<(), PersistError> {
    file.persist(path)?;
    sync_folder_of(path);
    Ok(())
}

/// Gives a complete file its name, which nothing may have.
pub fn persist_new(file: NamedTempFile, path: &Path) -> Result<(), PersistError> {
    match file.persist_noclobber(path) {
        Ok(_) => {
            sync_folder_of(path);
            Ok(())
        }
        // Drives without hard links, such as USB sticks, have no way to do it at once.
        Err(PersistError { file, .. }) if fs::symlink_metadata(path).is_err() => {
            persist(file, path)
        }
        Err(error) => Err(error),
    }
}

/// Writes a file at once, in place of whatever is there.
pub fn write_atomically(path: &Path, content: &[u8], readers: Readers) -> io::Result<()> {
    let mut file = create_temporary(path, readers)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    Ok(persist(file, path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_as_a_whole_and_nothing_stays_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("page.html");
        for (content, readers) in [("one", Readers::Usual), ("two", Readers::OwnerOnly)] {
            write_atomically(&path, content.as_bytes(), readers).expect("written");
            assert_eq!(fs::read_to_string(&path).expect("text"), content);
        }
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_has_the_permissions_that_the_system_gives_or_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let mode = |path: &Path| {
            let permissions = fs::metadata(path).expect("a file").permissions();
            permissions.mode() & 0o777
        };
        let usual = folder.path().join("usual");
        fs::write(&usual, "").expect("written");
        let path = folder.path().join("page.html");
        write_atomically(&path, b"x", Readers::Usual).expect("written");
        assert_eq!(mode(&path), mode(&usual));
        write_atomically(&path, b"x", Readers::OwnerOnly).expect("written");
        assert_eq!(mode(&path), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn what_its_owner_left_is_removed_and_what_a_link_leads_to_is_not_touched() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.csv");
        let left = folder.path().join("results.csv.r1.tmp");
        fs::write(&left, "half").expect("written");
        let file = create_temporary_of(&path, "r1").expect("created");
        assert_eq!(file.path(), left);
        assert_eq!(fs::read(&left).expect("a file"), b"");
        drop(file);
        let other = folder.path().join("other");
        fs::write(&other, "kept").expect("written");
        std::os::unix::fs::symlink(&other, &left).expect("a link");
        let mut file = create_temporary_of(&path, "r1").expect("created");
        file.write_all(b"new").expect("written");
        persist(file, &path).expect("it is there");
        assert_eq!(fs::read(&other).expect("a file"), b"kept");
        assert_eq!(fs::read(&path).expect("a file"), b"new");
    }

    #[test]
    fn what_cannot_be_replaced_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("taken");
        fs::create_dir(&path).expect("a folder in the way");
        write_atomically(&path, b"x", Readers::Usual).expect_err("a folder is in the way");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    }

    #[test]
    fn a_file_that_has_the_name_already_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.csv");
        let temporary = || create_temporary(&path, Readers::Usual).expect("created");
        persist_new(temporary(), &path).expect("nothing has the name");
        fs::write(&path, "kept").expect("written");
        let refused = persist_new(temporary(), &path).expect_err("the name is taken");
        assert_eq!(refused.error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).expect("text"), "kept");
    }
}
