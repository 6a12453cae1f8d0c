//! Writes to standard error, for the person at the terminal. Standard output is left to data.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the place that owns standard error"
)]

use std::borrow::Cow;
use std::io::{self, IsTerminal, StderrLock, Write};

use crate::model::token_shape::without_tokens;
use crate::model::unseen::steers_a_terminal;
use crate::platform::line_breaks::{fit, stderr_width};

/// Writes a line. A closed standard error is not worth ending a run for, so failures are ignored.
pub fn say(line: &str) {
    let line = without_tokens(line);
    let line = visible(&line);
    let _ = writeln!(lock(), "{}", fit(&line, stderr_width()));
}

/// The text with what would steer the terminal, as an escape or a change of the writing direction, made
/// visible: names of files, people and notes may hold anything.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(steers_a_terminal) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for character in text.chars() {
        if steers_a_terminal(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

/// Writes a question that is answered on the same line.
pub fn ask(question: &str) -> io::Result<()> {
    let mut out = lock();
    let question = without_tokens(question);
    let question = visible(&question);
    write!(out, "{} ", fit(&question, stderr_width()))?;
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
