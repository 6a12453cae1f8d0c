//! Waits that the service asked of an earlier process: nothing is asked before they are over, unless
//! the person says so.

use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::application::recorded_waits::describe;
use crate::application::run_lanes::RunLane;
use crate::application::run_settings::{Confirmation, RunSettings};
use crate::application::session::Session;
use crate::application::suggested_commands;
use crate::application::terminal_question::{Answer, is_a_terminal, yes_or_no};
use crate::model::clock;
use crate::pace::KeptWait;
use crate::platform::StopRequests;
use crate::stderr::say;
use crate::webex::Service;

/// Has each user of a session keep to what is remembered of them and `recorded` of the run, by a name that
/// the run knows them by. `false`: the person was asked whether to go on before that, and it is not what
/// they want.
pub async fn hold<S: Service, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    recorded: impl Fn(&RunSettings, &str) -> Option<KeptWait>,
) -> Result<bool> {
    let is_only = !session.has_several;
    for lane in &mut session.lanes {
        // A newer token may be another person's.
        lane.note_names(&settings.target);
        let person = lane.person.as_ref().map(|person| person.id.as_str());
        let known: Vec<String> = lane.known_as().collect();
        let users = lane.fingerprints().chain(person);
        let users = users.chain(known.iter().map(String::as_str));
        let recorded = users.filter_map(|user| recorded(settings, user));
        let recorded = recorded.max_by_key(|wait| wait.until);
        if !hold_one(settings, lane, recorded, is_only, &mut session.stop).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The same of what is remembered alone, as soon as it is known who the users are. Whoever may have to ask
/// whether to go on before that asks later.
pub(super) fn hold_known<S, T>(settings: &RunSettings, session: &mut Session<S, T>) {
    if settings.forget_wait {
        return;
    }
    let (now, is_only) = (clock::now(), !session.has_several);
    for lane in &mut session.lanes {
        let wait = lane.waits.as_ref().and_then(|waits| waits.recall(now));
        // What this process was told it keeps to already.
        let started = Instant::now();
        let opens = lane.pacer.status(started).closed_until;
        let is_kept = |wait: &KeptWait| {
            let left = wait.left(now).unwrap_or_default();
            opens.is_some_and(|opens| opens + Duration::from_secs(1) >= started + left)
        };
        if let Some(wait) = wait.filter(|wait| !is_kept(wait))
            && let Some(left) = news_of(lane, &wait, now)
        {
            let said = in_words(lane, &wait, is_only, now);
            close(settings, lane, &said, left, is_only);
        }
    }
}

/// How long it still is, of a wait that was not spoken of.
fn news_of<S>(lane: &mut RunLane<S>, wait: &KeptWait, now: Timestamp) -> Option<Duration> {
    let left = wait.left(now)?;
    let is_new = lane.spoken_of < Some(wait.until);
    is_new.then(|| {
        lane.spoken_of = Some(wait.until);
        left
    })
}

fn in_words<S>(lane: &RunLane<S>, wait: &KeptWait, is_only: bool, now: Timestamp) -> String {
    let said = describe(wait, now);
    if is_only {
        said
    } else {
        format!("`{}`: {said}", lane.name())
    }
}

fn close<S>(
    settings: &RunSettings,
    lane: &mut RunLane<S>,
    said: &str,
    left: Duration,
    is_only: bool,
) {
    let what = if is_only {
        "nothing is sent before then"
    } else {
        "it sends nothing before then"
    };
    say(&format!(
        "note: {said}; {what}\nhint: to go on before that: {}",
        suggested_commands::with_flag(settings, "--forget-wait")
    ));
    let now = Instant::now();
    lane.pacer.close_until(now + left, now);
}

async fn hold_one<S>(
    settings: &RunSettings,
    lane: &mut RunLane<S>,
    recorded: Option<KeptWait>,
    is_only: bool,
    stop: &mut impl StopRequests,
) -> Result<bool> {
    let now = clock::now();
    let remembered = lane.waits.as_ref().and_then(|waits| waits.recall(now));
    let waits = remembered.into_iter().chain(recorded);
    let Some(wait) = waits.max_by_key(|wait| wait.until) else {
        return Ok(true);
    };
    let Some(left) = news_of(lane, &wait, now) else {
        return Ok(true);
    };
    let said = in_words(lane, &wait, is_only, now);
    if !settings.forget_wait {
        close(settings, lane, &said, left, is_only);
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
