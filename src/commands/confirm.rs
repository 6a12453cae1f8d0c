//! Asks the person at the terminal before anything changes.

use std::io::{self, BufRead, IsTerminal};
use std::thread;

use anyhow::{Result, bail};
use futures::StreamExt;
use tokio::sync::oneshot;

use crate::platform::StopSignals;
use crate::progress::{ask, say};

/// Asks `question`; true for yes. Without a terminal nobody can answer, so that is an error. A wish
/// to stop is a no.
pub(super) async fn confirm(question: &str, stop: &mut StopSignals) -> Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        bail!(
            "there is no terminal to ask on: {question}\nhint: add --yes if that is what you want"
        );
    }
    ask(&format!("{question} [y/N]"))?;
    let (answered, answer) = oneshot::channel();
    // Nothing but the end of the process ends such a reading, so nobody may wait for it.
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let _ = answered.send(read.map(|_| line));
    });
    tokio::select! {
        line = answer => {
            let line = line.unwrap_or_else(|_| Ok(String::new()))?;
            Ok(matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
        }
        Some(()) = stop.next() => {
            say("");
            Ok(false)
        }
    }
}
