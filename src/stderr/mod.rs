//! Writes to standard error, for the person at the terminal. Standard output is left to data.

mod wrap;

use std::io::{self, Write};

use console::Term;

use wrap::Wrapped;

/// Writes a line. A closed standard error is not worth ending a run for, so failures are ignored.
pub fn say(line: &str) {
    let _ = writeln!(lock(), "{line}");
}

/// Writes a question that is answered on the same line.
pub fn ask(question: &str) -> io::Result<()> {
    let mut out = lock();
    write!(out, "{question}")?;
    out.flush()?;
    write!(io::stderr(), " ")
}

/// Standard error, for whoever writes several lines.
pub fn lock() -> Wrapped<io::StderrLock<'static>> {
    Wrapped::new(io::stderr().lock(), &Term::stderr())
}

/// Standard output, for people who read along.
pub fn page() -> Wrapped<io::StdoutLock<'static>> {
    Wrapped::new(io::stdout().lock(), &Term::stdout())
}
