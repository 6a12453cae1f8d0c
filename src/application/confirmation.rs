//! Asks the person at the terminal before anything changes.

use std::io::{self, BufRead, IsTerminal};
use std::thread;

use anyhow::{Result, bail};
use futures::StreamExt;
use tokio::sync::oneshot;

use crate::application::settings::{Confirmation, RunSettings, Target};
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::sheet::check::CheckedSheet;
use crate::stderr::{self, ask, say};

/// Whether the user wants what a run is about to send.
pub async fn is_wanted(
    settings: &RunSettings,
    checked: &CheckedSheet,
    stop: &mut impl StopRequests,
) -> Result<bool> {
    let Target::Service { base_url, .. } = &settings.target else {
        return Ok(true);
    };
    if settings.spec.confirmation == Confirmation::Given || checked.rows_to_send() == 0 {
        return Ok(true);
    }
    let question = format!(
        "{} {} for {} to {base_url}?",
        settings.spec.question,
        plural(checked.rows_to_send(), "row"),
        plural(checked.organizations as u64, "organization"),
    );
    confirm(&question, stop).await
}

/// Asks `question`; true for yes. Without a terminal nobody can answer, so that is an error. A wish
/// to stop is a no.
async fn confirm(question: &str, stop: &mut impl StopRequests) -> Result<bool> {
    if !io::stdin().is_terminal() || !stderr::is_terminal() {
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
