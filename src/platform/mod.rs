//! What differs between Linux, macOS and Windows: the signals that stop a run, how a renamed file
//! is made to stay renamed, who may read a file, how shells quote, and what the errors mean. The
//! Windows half cannot be tested on Linux.

mod atomic_file;
mod exclusive_file;
mod machine;

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::Stream;

pub use atomic_file::{Readers, create_temporary, persist, persist_new, write_atomically};
pub use exclusive_file::{
    FileLock, appending, is_locked, is_same_file, is_sharing_violation, lock,
};
pub use machine::{host_name, is_process_alive, user_name};

/// An error and its causes for a person, who knows no error numbers.
pub fn describe_error(error: &anyhow::Error) -> String {
    let mut words = String::new();
    for cause in error.chain() {
        let cause = match cause.downcast_ref() {
            Some(error) => describe_system_error(error),
            None => cause.to_string(),
        };
        // Some libraries repeat the cause in their own words for it.
        if !words.ends_with(&cause) {
            let separator = if words.is_empty() { "" } else { ": " };
            words = words + separator + &cause;
        }
    }
    words
}

fn describe_system_error(error: &io::Error) -> String {
    /// Windows, where a program that has a file open may keep it to itself, as Excel does.
    const IN_USE: [i32; 2] = [32, 33];
    if cfg!(windows)
        && error
            .raw_os_error()
            .is_some_and(|code| IN_USE.contains(&code))
    {
        return "another program has it open; close it there (in Excel?) and try again".into();
    }
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "you are not allowed to".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::ReadOnlyFilesystem => "nothing can be written there".into(),
        _ => strip_error_number(&error.to_string()).to_lowercase(),
    }
}

/// What the system says without its number for it, which tells a person nothing.
pub fn strip_error_number(words: &str) -> &str {
    words.split(" (os error").next().unwrap_or_default()
}

/// Wishes to stop, one after the other. [`StopSignals`] are the real ones.
pub trait StopRequests: Stream<Item = ()> + Unpin {}

impl<T: Stream<Item = ()> + Unpin> StopRequests for T {}

/// The user's wish to stop, as often as it is uttered: Ctrl-C, and what terminals, services and
/// shutting-down machines send.
#[derive(Debug)]
pub struct StopSignals {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 3],
    #[cfg(windows)]
    signals: (
        tokio::signal::windows::CtrlC,
        tokio::signal::windows::CtrlBreak,
        tokio::signal::windows::CtrlClose,
        tokio::signal::windows::CtrlShutdown,
    ),
}

impl StopSignals {
    /// From now on the signals no longer end the process by themselves.
    #[cfg(unix)]
    pub fn listen() -> io::Result<StopSignals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(StopSignals {
            signals: [
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
                signal(SignalKind::hangup())?,
            ],
        })
    }

    #[cfg(windows)]
    pub fn listen() -> io::Result<StopSignals> {
        use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
        Ok(StopSignals {
            signals: (ctrl_c()?, ctrl_break()?, ctrl_close()?, ctrl_shutdown()?),
        })
    }
}

impl Stream for StopSignals {
    type Item = ();

    #[cfg(unix)]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        for signal in &mut self.signals {
            if signal.poll_recv(context).is_ready() {
                return Poll::Ready(Some(()));
            }
        }
        Poll::Pending
    }

    #[cfg(windows)]
    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<()>> {
        let (c, r#break, close, shutdown) = &mut self.signals;
        if c.poll_recv(context).is_ready()
            || r#break.poll_recv(context).is_ready()
            || close.poll_recv(context).is_ready()
            || shutdown.poll_recv(context).is_ready()
        {
            return Poll::Ready(Some(()));
        }
        Poll::Pending
    }
}

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
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
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
