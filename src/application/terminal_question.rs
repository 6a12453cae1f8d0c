//! Questions that are asked at the terminal, and what is typed there.

use std::io::{self, BufRead};
use std::thread;

use anyhow::Result;
use futures::StreamExt;
use tokio::sync::oneshot;

use crate::application::progress::for_terminal;
use crate::application::run_settings::{Confirmation, RunSettings, Target};
use crate::platform::StopRequests;
use crate::stderr::{self, ask, say};

pub(super) fn is_a_terminal() -> bool {
    stderr::can_ask()
}

/// Whether somebody will be asked before anything is sent.
pub(super) fn can_ask(settings: &RunSettings) -> bool {
    matches!(settings.target, Target::Service { .. })
        && settings.spec.confirmation == Confirmation::Ask
        && is_a_terminal()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
}

/// How often a question is asked where the answer is neither yes nor no.
const TIMES_ASKED: usize = 3;

/// Asks a question; nothing typed is the `usual` answer. A wish to stop is none, and so is what is neither yes
/// nor no each time: which of them is safe depends on the question.
pub(super) async fn yes_or_no(
    question: &str,
    usual: Answer,
    stop: &mut impl StopRequests,
) -> Result<Option<Answer>> {
    let choices = match usual {
        Answer::Yes => "[Y/n]",
        Answer::No => "[y/N]",
    };
    let end = if question.ends_with('?') { "" } else { "." };
    let question = for_terminal(&format!("{question}{end} {choices}"));
    for _ in 0..TIMES_ASKED {
        let Some(line) = typed_line(&question, stop).await? else {
            return Ok(None);
        };
        match line.trim().to_ascii_lowercase().as_str() {
            "" => return Ok(Some(usual)),
            "y" | "yes" => return Ok(Some(Answer::Yes)),
            "n" | "no" => return Ok(Some(Answer::No)),
            _ => say("that is neither yes nor no: type y or n, and press Enter"),
        }
    }
    Ok(None)
}

/// Asks for a line. A wish to stop is none, and neither is the end of the input.
pub(super) async fn typed_line(
    question: &str,
    stop: &mut impl StopRequests,
) -> Result<Option<String>> {
    ask(question)?;
    let (answered, answer) = oneshot::channel();
    // Nothing but the end of the process ends such a reading, so nobody may wait for it.
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().lock().read_line(&mut line);
        let _ = answered.send(read.map(|length| (length > 0).then_some(line)));
    });
    tokio::select! {
        line = answer => {
            let line = line.unwrap_or(Ok(None))?;
            if line.is_none() {
                say("");
            }
            Ok(line)
        }
        Some(()) = stop.next() => {
            say("");
            Ok(None)
        }
    }
}
