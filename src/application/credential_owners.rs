//! Several credentials are asked, side by side, who they are and which organizations they manage. Those of
//! one user share a lane from then on.
//!
//! One that is not accepted is left out, and said: the rows of its organizations are problems unless others
//! manage them. One that has to wait for longer than a person wants is left out too; which organizations it
//! manages is not known then, and rows that nobody else manages stay for later.

use crate::application::lane_queries::api_client;
use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::run_lanes::{self, RunLane};
use crate::application::run_settings::RunSettings;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::QueryError;
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::{Organization, Person};

/// Credentials of which it is said that they are left out; of more, how many.
const MOST_SAID: usize = 10;

/// What one of the credentials answers.
struct Introduction {
    person: Option<Person>,
    organizations: Vec<Organization>,
}

/// Asks all of them. Returns why the first was left out that has to wait; an error is why nothing can be sent
/// at all.
pub async fn ask_all<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
) -> Result<Option<AbortReason>, AbortReason> {
    let all = session.lanes.len() as u64;
    if !settings.is_quiet() {
        let credentials = plural(all, "credential");
        say(&format!(
            "asking {credentials} who they are and what they manage"
        ));
    }
    let lanes = std::mem::take(&mut session.lanes);
    let tell = |asked: usize| {
        if !settings.is_quiet() {
            say(&format!("{asked} of {all} asked"));
        }
    };
    let ask_one = |lane, stop| ask(settings, lane, stop);
    let answers = side_by_side(lanes, &mut session.stop, ask_one, tell).await;
    let answers = answers.ok_or(AbortReason::Interrupted)?;
    let (lanes, waits) = accepted(answers, settings)?;
    session.lanes = lanes;
    Ok(waits)
}

async fn ask<S: Queries>(
    settings: &RunSettings,
    mut lane: RunLane<S>,
    mut stop: SharedStop,
) -> (RunLane<S>, Result<Introduction, QueryError>) {
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
    answers: Vec<(RunLane<S>, Result<Introduction, QueryError>)>,
    settings: &RunSettings,
) -> Result<(Vec<RunLane<S>>, Option<AbortReason>), AbortReason> {
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
                    QueryError::Stopped(wait @ AbortReason::WaitTooLong { .. }) => {
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
    Ok((run_lanes::merged(lanes), first_wait))
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
