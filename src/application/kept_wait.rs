//! Waits that the service asked of an earlier process: nothing is asked before they are over, unless
//! the person says so.

use anyhow::{Result, bail};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::application::confirmation::{Answer, is_a_terminal, yes_or_no};
use crate::application::run_settings::{Confirmation, RunSettings};
use crate::application::suggested_commands;
use crate::model::clock;
use crate::pace::{KeptWait, Pacer};
use crate::platform::StopRequests;
use crate::stderr::say;

/// What the person was told of waits so far.
#[derive(Debug, Default)]
pub struct WaitGuard {
    /// The end of the longest wait that was spoken of.
    spoken_of: Option<Timestamp>,
}

impl WaitGuard {
    /// Keeps to what is remembered of the user and `recorded` of the run. `false`: the person was asked
    /// whether to go on before that, and it is not what they want.
    pub async fn hold(
        &mut self,
        settings: &RunSettings,
        recorded: Option<KeptWait>,
        pacer: &mut Pacer,
        stop: &mut impl StopRequests,
    ) -> Result<bool> {
        let now = clock::now();
        let remembered = settings.waits.as_ref().and_then(|waits| waits.recall(now));
        let waits = remembered.into_iter().chain(recorded);
        let Some(wait) = waits.max_by_key(|wait| wait.until) else {
            return Ok(true);
        };
        let (Some(left), true) = (wait.left(now), self.spoken_of < Some(wait.until)) else {
            return Ok(true);
        };
        self.spoken_of = Some(wait.until);
        let said = describe(&wait, now);
        if !settings.forget_wait {
            say(&format!(
                "note: {said}; nothing is sent before then\nhint: to go on before that: {}",
                suggested_commands::with_flag(settings, "--forget-wait")
            ));
            let now = Instant::now();
            pacer.close_until(now + left, now);
            return Ok(true);
        }
        if settings.spec.confirmation == Confirmation::Given {
            say(&format!("note: {said}; --forget-wait goes on before that"));
            return Ok(true);
        }
        if !is_a_terminal() {
            bail!(
                "there is no terminal to ask on: {said}; go on before that?\nhint: add --yes if that is what you want"
            );
        }
        let answer = yes_or_no(&format!("{said}; go on before that?"), Answer::No, stop).await?;
        if answer == Some(Answer::Yes) {
            return Ok(true);
        }
        say("nothing was sent");
        Ok(false)
    }
}

/// `Webex asked at 11:02:31 to wait until 14:02:31 (status 429, tracking id ROUTER_1)`
fn describe(wait: &KeptWait, now: Timestamp) -> String {
    let mut answer: Vec<String> = Vec::new();
    answer.extend(wait.status.map(|status| format!("status {status}")));
    if !wait.tracking_id.is_empty() {
        answer.push(format!("tracking id {}", wait.tracking_id));
    }
    let answer = if answer.is_empty() {
        String::new()
    } else {
        format!(" ({})", answer.join(", "))
    };
    let left = wait.left(now).unwrap_or_default();
    format!(
        "Webex asked at {} to wait until {}{answer}",
        clock::time_of_day_at(wait.told_at, now),
        clock::time_of_day(now, left)
    )
}
