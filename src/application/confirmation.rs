//! Asks the person at the terminal before anything changes.

use std::io::{self, BufRead, IsTerminal};
use std::thread;

use anyhow::{Result, bail};
use futures::StreamExt;
use tokio::sync::oneshot;

use crate::application::journal_guard::Earlier;
use crate::application::preflight::ServiceFacts;
use crate::application::settings::{Confirmation, RunSettings, Target};
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::sheet::check::CheckedSheet;
use crate::stderr::{ask, say};

/// Whether the user wants what a run is about to send.
pub(super) async fn is_wanted(
    settings: &RunSettings,
    checked: &CheckedSheet,
    facts: &ServiceFacts,
    earlier: &Earlier,
    stop: &mut impl StopRequests,
) -> Result<bool> {
    let Target::Service { base_url, .. } = &settings.target else {
        return Ok(true);
    };
    let is_given = settings.spec.confirmation == Confirmation::Given;
    // What was begun was wanted, and where nothing can be sent there is nothing to ask.
    if is_given || checked.rows_to_send() == 0 || facts.abort.is_some() || earlier.is_resumed() {
        return Ok(true);
    }
    let question = format!(
        "{} {} for {} to {base_url}?",
        settings.spec.question,
        plural(checked.rows_to_send(), "row"),
        plural(checked.organizations as u64, "organization"),
    );
    let is_wanted = confirm(&question, stop).await?;
    if !is_wanted {
        say("nothing was sent");
    }
    Ok(is_wanted)
}

/// Whether somebody will be asked before anything is sent.
pub(super) fn can_ask(settings: &RunSettings) -> bool {
    matches!(settings.target, Target::Service { .. })
        && settings.spec.confirmation == Confirmation::Ask
        && has_terminal()
}

fn has_terminal() -> bool {
    io::stdin().is_terminal() && crate::stderr::is_terminal()
}

/// Asks `question`; true for yes. Without a terminal nobody can answer, so that is an error. A wish
/// to stop is a no.
async fn confirm(question: &str, stop: &mut impl StopRequests) -> Result<bool> {
    if !has_terminal() {
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
