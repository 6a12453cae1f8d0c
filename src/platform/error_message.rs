//! Errors of the system as messages for a person, who knows no error numbers.

use std::io;

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

/// Whether nobody reads on what was to be printed.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let cause = error.root_cause().downcast_ref::<io::Error>();
    cause.is_some_and(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
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
        io::ErrorKind::NotFound => "no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        io::ErrorKind::StorageFull => "the disk is full".into(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".into(),
        // What the system says begins with a capital letter; what we say is for people as it is.
        _ if error.raw_os_error().is_some() => {
            strip_error_number(&error.to_string()).to_lowercase()
        }
        _ => error.to_string(),
    }
}

/// What the system says without its number for it, which tells a person nothing.
pub fn strip_error_number(words: &str) -> &str {
    words.split(" (os error").next().unwrap_or_default()
}
