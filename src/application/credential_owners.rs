//! Several credentials are asked, side by side, who they are and which organizations they manage. Those of
//! one user share a lane from then on.
//!
//! One that is not accepted is left out, and said: the rows of its organizations are problems unless others
//! manage them. One that has to wait, since the service told an earlier process so, is left out too unless it
//! is for a moment: nobody waits for it. Which organizations it manages is not known then, and rows that
//! nobody else manages stay for later.

use std::time::Duration;

use tokio::time::Instant;

use crate::application::lane_queries::api_client;
use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::run_lanes::{self, RunLane};
use crate::application::run_settings::RunSettings;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::QueryError;
use crate::model::clock;
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::{Organization, Person};

/// Credentials of which it is said that they are left out; of more, how many.
const MOST_SAID: usize = 10;

/// One that has to wait by more than this longer than the first is not waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// Credentials that a run does without.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// What they are called.
    pub names: Vec<String>,
    /// Why, of the first that has to wait.
    pub to_wait: Option<AbortReason>,
}

/// What one of the credentials answers.
struct Introduction {
    person: Option<Person>,
    organizations: Vec<Organization>,
}

/// Asks all of them. An error is why nothing can be sent at all.
pub async fn ask_all<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
) -> Result<LeftOut, AbortReason> {
    let (lanes, waiting) = to_ask(std::mem::take(&mut session.lanes));
    let all = lanes.len() as u64;
    if !settings.is_quiet() {
        say(&match all {
            1 => "asking 1 credential whose it is and what it manages".to_string(),
            all => format!("asking {all} credentials who they are and what they manage"),
        });
    }
    let tell = |asked: usize| {
        if !settings.is_quiet() {
            say(&format!("{asked} of {all} asked"));
        }
    };
    let ask_one = |lane, stop| ask(settings, lane, stop);
    let answers = side_by_side(lanes, &mut session.stop, ask_one, tell).await;
    let answers = answers.ok_or(AbortReason::Interrupted)?;
    let answers = answers.into_iter().chain(waiting).collect();
    let (lanes, left_out) = accepted(answers, settings)?;
    session.lanes = lanes;
    Ok(left_out)
}

/// What a lane answers.
type Answer<S> = (RunLane<S>, Result<Introduction, QueryError>);

/// Those that are asked, and those that have to wait for too long.
fn to_ask<S>(lanes: Vec<RunLane<S>>) -> (Vec<RunLane<S>>, Vec<Answer<S>>) {
    let now = Instant::now();
    let wait_of = |lane: &RunLane<S>| {
        let opens = lane.pacer.status(now).closed_until;
        opens.map_or(Duration::ZERO, |opens| opens.duration_since(now))
    };
    let shortest = lanes.iter().map(wait_of).min().unwrap_or_default();
    let is_asked = |lane: &RunLane<S>| wait_of(lane) <= shortest + PATIENCE;
    let (asked, waiting): (Vec<_>, Vec<_>) = lanes.into_iter().partition(is_asked);
    let waiting = waiting.into_iter().map(|lane| {
        let wait = wait_of(&lane);
        let until = clock::time_of_day(clock::now(), wait);
        let reason = AbortReason::StillToWait { wait, until };
        (lane, Err(QueryError::Stopped(reason)))
    });
    (asked, waiting.collect())
}

async fn ask<S: Queries>(
    settings: &RunSettings,
    mut lane: RunLane<S>,
    mut stop: SharedStop,
) -> Answer<S> {
    let said = introduction(settings, &mut lane, &mut stop).await;
    (lane, said)
}

/// Where it is not told what is managed, it is the organization of the person.
async fn introduction<S: Queries>(
    settings: &RunSettings,
    lane: &mut RunLane<S>,
    stop: &mut SharedStop,
) -> Result<Introduction, QueryError> {
    let mut api = api_client(settings, lane, stop);
    let person = match api.person().await {
        Err(QueryError::Refused { .. }) => None,
        person => Some(person?),
    };
    let own = person.as_ref().map(|person| Organization {
        id: person.org_id.clone(),
        name: String::new(),
    });
    let organizations = match api.organizations().await {
        Ok(none) if none.is_empty() => own.into_iter().collect(),
        Err(QueryError::Refused { .. }) if own.is_some() => own.into_iter().collect(),
        organizations => organizations?,
    };
    Ok(Introduction {
        person,
        organizations,
    })
}

/// The lanes of those that are accepted, one for each user.
fn accepted<S>(
    answers: Vec<Answer<S>>,
    settings: &RunSettings,
) -> Result<(Vec<RunLane<S>>, LeftOut), AbortReason> {
    let mut lanes = Vec::new();
    let mut left_out: Vec<(String, String)> = Vec::new();
    let (mut first_wait, mut first_reason) = (None, None);
    for (mut lane, said) in answers {
        match said {
            Ok(Introduction {
                person,
                organizations,
            }) => {
                if let Some(person) = person {
                    lane.know(person, &settings.target);
                }
                for one in &mut lane.credentials {
                    one.manages = Some(organizations.clone());
                }
                lanes.push(lane);
            }
            Err(QueryError::Stopped(
                reason @ (AbortReason::Unreachable { .. } | AbortReason::Interrupted),
            )) => return Err(reason),
            Err(error) => {
                let message = error.to_string();
                left_out.push((lane.name().to_string(), message.clone()));
                match error {
                    QueryError::Stopped(
                        wait @ (AbortReason::WaitTooLong { .. } | AbortReason::StillToWait { .. }),
                    ) => {
                        first_wait.get_or_insert(wait);
                    }
                    QueryError::Stopped(reason) => {
                        first_reason.get_or_insert(reason);
                    }
                    _ => {
                        first_reason.get_or_insert(AbortReason::MayNotRead { message });
                    }
                }
            }
        }
    }
    tell_left_out(&left_out);
    if lanes.is_empty()
        && let Some(reason) = first_wait.take().or(first_reason)
    {
        return Err(reason);
    }
    let left_out = LeftOut {
        names: left_out.into_iter().map(|(name, _)| name).collect(),
        to_wait: first_wait,
    };
    Ok((run_lanes::merged(lanes), left_out))
}

fn tell_left_out(left_out: &[(String, String)]) {
    for (name, why) in left_out.iter().take(MOST_SAID) {
        say(&format!("warning: `{name}` is left out: {why}"));
    }
    let more = left_out.len().saturating_sub(MOST_SAID);
    if more > 0 {
        let more = plural(more as u64, "more credential");
        say(&format!("warning: {more} left out"));
    }
}
