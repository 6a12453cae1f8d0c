//! Writes to standard error, for the person at the terminal. Standard output is left to data.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the place that owns standard error"
)]

use std::io::{self, IsTerminal, StderrLock, Write};

/// Writes a line. A closed standard error is not worth ending a run for, so failures are ignored.
pub fn say(line: &str) {
    let _ = writeln!(lock(), "{line}");
}

/// Writes a question that is answered on the same line.
pub fn ask(question: &str) -> io::Result<()> {
    let mut out = lock();
    write!(out, "{question} ")?;
    out.flush()
}

/// Standard error, for whoever writes several lines.
pub fn lock() -> StderrLock<'static> {
    io::stderr().lock()
}

/// Whether a person can read along.
pub fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Whether somebody can be asked here.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && is_terminal()
}
