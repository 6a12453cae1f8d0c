//! Asks the person at the terminal before anything changes.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::{Result, bail};

/// Asks `question`; true for yes. Without a terminal nobody can answer, so that is an error.
pub(super) fn confirm(question: &str) -> Result<bool> {
    let (stdin, mut stderr) = (io::stdin(), io::stderr());
    if !stdin.is_terminal() || !stderr.is_terminal() {
        bail!(
            "{question}\nhint: there is no terminal to ask on; say --yes if that is what you want"
        );
    }
    write!(stderr, "{question} [y/N] ")?;
    stderr.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(matches!(
        answer.trim().to_ascii_lowercase().as_str(),
        "y" | "yes"
    ))
}
