//! Questions to several users side by side, of whom nobody is waited for who has to wait for long, or of whom errors
//! and silence are all that comes.

use std::time::Duration;

use tokio::time::Instant;

use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::run_lanes::RunLane;
use crate::application::run_settings::RunSettings;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{Patience, QueryError};
use crate::model::clock;
use crate::platform::StopRequests;
use crate::stderr::say;

/// One that has to wait by more than this longer than the first is not waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// One that answers with errors for so long, or not at all, is not waited for.
const PATIENCE_WITH_ERRORS: Duration = Duration::from_secs(10);

/// What a lane answers.
pub(super) type LaneAnswer<S, R> = (RunLane<S>, Result<R, QueryError>);

/// Asks the lanes side by side, and takes them out of the session. Where all of them only have to wait, or fail in
/// a way that may pass, nobody is there to go on without them, and they are asked again.
pub(super) async fn ask_each<S, T: StopRequests, R, F: Future<Output = LaneAnswer<S, R>>>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    all: usize,
    ask: impl Fn(RunLane<S>, SharedStop, Option<Duration>) -> F,
) -> Result<Vec<LaneAnswer<S, R>>, AbortReason> {
    let tell = |asked: usize| {
        if !settings.is_quiet() {
            say(&format!("{asked} of {all} asked"));
        }
    };
    let mut lanes = std::mem::take(&mut session.lanes);
    let mut has_patience = false;
    loop {
        let shortest = lanes.iter().map(wait_of).min().unwrap_or_default();
        let longest = shortest + PATIENCE;
        let (asked, waiting): (Vec<_>, Vec<_>) =
            lanes.into_iter().partition(|lane| wait_of(lane) <= longest);
        let ask = |lane, stop| ask(lane, stop, (!has_patience).then_some(longest));
        let answers = side_by_side(asked, &mut session.stop, ask, tell).await;
        let mut answers = answers.ok_or(AbortReason::Interrupted)?;
        answers.extend(waiting.into_iter().map(not_waited_for));
        let can_be_asked_again = |error: &QueryError| {
            let is_silent = matches!(error, QueryError::Stopped(AbortReason::Unreachable { .. }));
            error.may_pass() && !is_silent
        };
        let mut errors = answers.iter().map(|(_, answer)| answer.as_ref().err());
        let is_vain = errors.all(|error| error.is_some_and(can_be_asked_again));
        if has_patience || !is_vain || shortest > settings.policy.longest_wait {
            return Ok(answers);
        }
        lanes = answers.into_iter().map(|(lane, _)| lane).collect();
        has_patience = true;
    }
}

/// How long a lane has to wait before it may ask.
fn wait_of<S>(lane: &RunLane<S>) -> Duration {
    let now = Instant::now();
    let opens = lane.pacer.status(now).closed_until;
    opens.map_or(Duration::ZERO, |opens| opens.duration_since(now))
}

fn not_waited_for<S, R>(lane: RunLane<S>) -> LaneAnswer<S, R> {
    let wait = wait_of(&lane);
    let until = clock::time_of_day(clock::now(), wait);
    let reason = AbortReason::StillToWait { wait, until };
    (lane, Err(QueryError::Stopped(reason)))
}

/// How long a lane is tried that has to wait no longer than `longest`; `None` where nobody goes on without it.
pub(super) fn patience(longest: Option<Duration>) -> Option<Patience> {
    longest.map(|longest| Patience {
        waits_until: Instant::now() + longest,
        errors: PATIENCE_WITH_ERRORS,
    })
}

/// How long one is tried of whom only a part may come that others have not.
pub(super) fn patience_for_a_part() -> Option<Patience> {
    patience(Some(PATIENCE_WITH_ERRORS))
}

/// How long one is tried where others can be asked in its place.
pub(super) fn patience_beside_others() -> Option<Patience> {
    patience(Some(PATIENCE))
}
