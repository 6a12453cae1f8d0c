//! What differs between Linux, macOS and Windows: the signals that stop a run, how a renamed file
//! is made to stay renamed, who may read a file, how shells quote, and what the errors mean. The
//! Windows half cannot be tested on Linux.

mod atomic_file;
mod error_message;
mod exclusive_file;
pub mod line_breaks;
mod machine;
mod special_file;
mod stop_signals;

use std::fmt::Write;
use std::io;
use std::path::{Path, PathBuf};

pub use atomic_file::{
    Readers, create_temporary, create_temporary_of, persist, persist_new, write_atomically,
};
pub use error_message::{describe_error, is_closed_pipe, strip_error_number};
pub use exclusive_file::{
    FileLock, appending, is_locked, is_same_file, is_sharing_violation, lock,
};
pub use machine::{forbid_core_dumps, host_name, is_process_alive, user_name};
pub use special_file::{is_device, is_taken, open_file, open_to_append};
pub use stop_signals::{StopRequests, StopSignals};

/// Where programs keep what they learned, by the system's custom; `variable` reads the environment.
pub fn state_folder(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let base = if cfg!(windows) {
        PathBuf::from(variable("LOCALAPPDATA")?)
    } else if let Some(state) = variable("XDG_STATE_HOME") {
        PathBuf::from(state)
    } else if cfg!(target_os = "macos") {
        PathBuf::from(variable("HOME")?).join("Library/Application Support")
    } else {
        PathBuf::from(variable("HOME")?).join(".local/state")
    };
    // A relative one would scatter files about.
    base.is_absolute().then(|| base.join("wxbulk"))
}

/// Whether anyone but its owner may read a file. Not known on Windows, where a file in one's own
/// folders is private unless it was shared.
pub fn others_may_read(path: &Path) -> io::Result<bool> {
    let metadata = std::fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        Ok(metadata.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = metadata;
        Ok(false)
    }
}

/// The word as a shell takes it for one, with nothing in it expanded. Windows' shells agree on
/// double quotes only, and no file name there holds one.
pub fn quoted_for_shell(word: &str) -> String {
    if cfg!(windows) {
        format!("\"{word}\"")
    } else if word.contains(char::is_control) {
        quoted_with_escapes(word)
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The word with its control characters as escapes, `$'a\033b'`, which bash, ksh and zsh read; as they are
/// they would steer the terminal that shows them.
fn quoted_with_escapes(word: &str) -> String {
    let mut quoted = String::from("$'");
    for character in word.chars() {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            _ if character.is_control() => {
                let mut bytes = [0; 4];
                let bytes = character.encode_utf8(&mut bytes).bytes();
                for byte in bytes {
                    // Three digits of an octal number end by themselves. Writing into a text cannot fail.
                    let _ = write!(quoted, "\\{byte:03o}");
                }
            }
            _ => quoted.push(character),
        }
    }
    quoted + "'"
}

/// The folder we are in; empty where it is gone or its name is no text.
pub fn current_folder() -> String {
    let folder = std::env::current_dir().ok();
    folder
        .and_then(|folder| folder.to_str().map(String::from))
        .unwrap_or_default()
}

/// The folder that a file is in; of a bare name the one we are in.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Makes a rename in the folder of `path` survive a power cut, where the system has a way to ask
/// for it. What cannot be synced is written all the same, so a failure is none.
pub fn sync_folder_of(path: &Path) {
    if let Some(folder) = open_folder_of(path) {
        let _ = folder.sync_all();
    }
}

/// The folder of `path`, opened to be synced; `None` where the system has no way to ask for it.
pub fn open_folder_of(path: &Path) -> Option<std::fs::File> {
    let folder = cfg!(unix).then(|| folder_of(path))?;
    std::fs::File::open(folder).ok()
}
