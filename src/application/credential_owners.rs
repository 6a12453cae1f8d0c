//! Several credentials are asked, side by side, first who they are and then which organizations they manage.
//! Those of one user share a lane, and its waits, as soon as it is known who that is.
//!
//! One that is not accepted is left out, and said: the rows of its organizations are problems unless others
//! manage them. One that has to wait, since the service told an earlier process so, is left out too unless it
//! is for a moment: nobody waits for it. Which organizations it manages is not known then, and rows that
//! nobody else manages stay for later.

use std::time::Duration;

use tokio::time::Instant;

use crate::application::kept_wait;
use crate::application::lane_queries::{api_client, api_client_of};
use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::run_lanes::{self, RunLane};
use crate::application::run_settings::{RunSettings, Target};
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::QueryError;
use crate::model::clock;
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::{Organization, Person};
use crate::webex::token::Credentials;

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
    /// Credentials that may not list organizations, so that others than the person's own may be theirs too.
    pub unlisted: Vec<String>,
}

/// What a lane answers.
type Answer<S, R> = (RunLane<S>, Result<R, QueryError>);

/// What each of a lane's credentials manages.
type Managed = Vec<Result<Known, QueryError>>;

struct Known {
    organizations: Vec<Organization>,
    /// The list may not be read: it is the person's own.
    is_unlisted: bool,
}

/// Asks all of them. An error is why nothing can be sent at all.
pub async fn ask_all<S: Queries, T: StopRequests>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
) -> Result<LeftOut, AbortReason> {
    let all = session.lanes.len();
    if !settings.is_quiet() {
        say(&match all {
            1 => "asking 1 credential whose it is and what it manages".to_string(),
            all => format!("asking {all} credentials who they are and what they manage"),
        });
    }
    let mut refused = Refused::default();
    let who = ask_each(settings, session, all, |lane, stop| {
        who(settings, lane, stop)
    })
    .await?;
    for (mut lane, person) in who {
        match person {
            Ok(person) => {
                if let Some(person) = person {
                    lane.know(person, &settings.target);
                }
                session.lanes.push(lane);
            }
            Err(error) => refused.add(lane.name(), error)?,
        }
    }
    // From here on one user waits once, whatever token was told so, by this process or an earlier one.
    session.lanes = run_lanes::merged(std::mem::take(&mut session.lanes));
    kept_wait::hold_known(settings, session);
    let managed = ask_each(settings, session, all, |lane, stop| {
        managed(settings, lane, stop)
    });
    let mut unlisted = Vec::new();
    for (mut lane, answer) in managed.await? {
        let answers = match answer {
            Ok(answers) => answers,
            Err(error) => {
                for one in &lane.credentials {
                    refused.note(&one.name, &error);
                }
                refused.count(error)?;
                continue;
            }
        };
        let mut credentials = Vec::new();
        for (mut one, answer) in lane.credentials.into_iter().zip(answers) {
            match answer {
                Ok(known) => {
                    // The token of a service app is one organization's.
                    if known.is_unlisted && !is_app(settings, &one.name) {
                        unlisted.push(one.name.clone());
                    }
                    one.manages = Some(known.organizations);
                    credentials.push(one);
                }
                Err(error) => refused.add(&one.name, error)?,
            }
        }
        lane.credentials = credentials;
        if !lane.credentials.is_empty() {
            session.lanes.push(lane);
        }
    }
    session.lanes = run_lanes::merged(std::mem::take(&mut session.lanes));
    let left_out = refused.end(session.lanes.is_empty());
    tell_unknown(&session.lanes);
    if !settings.is_quiet() {
        tell_unlisted(&unlisted);
    }
    Ok(LeftOut {
        unlisted,
        ..left_out?
    })
}

fn is_app(settings: &RunSettings, name: &str) -> bool {
    let Target::Service { credentials, .. } = &settings.target else {
        return false;
    };
    let mut credentials = credentials.iter();
    credentials.any(|one| one.name == name && matches!(one.secret, Credentials::ServiceApp(_)))
}

/// Asks the lanes side by side, and takes them out of the session.
async fn ask_each<S, T: StopRequests, R, F: Future<Output = Answer<S, R>>>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    all: usize,
    ask: impl Fn(RunLane<S>, SharedStop) -> F,
) -> Result<Vec<Answer<S, R>>, AbortReason> {
    let (lanes, waiting) = to_ask(std::mem::take(&mut session.lanes));
    let tell = |asked: usize| {
        if !settings.is_quiet() {
            say(&format!("{asked} of {all} asked"));
        }
    };
    let answers = side_by_side(lanes, &mut session.stop, ask, tell).await;
    let answers = answers.ok_or(AbortReason::Interrupted)?;
    Ok(answers.into_iter().chain(waiting).collect())
}

/// Those that are asked, and those that have to wait for too long.
fn to_ask<S, R>(lanes: Vec<RunLane<S>>) -> (Vec<RunLane<S>>, Vec<Answer<S, R>>) {
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

/// Whose a credential is; `None` where it may not ask.
async fn who<S: Queries>(
    settings: &RunSettings,
    mut lane: RunLane<S>,
    mut stop: SharedStop,
) -> Answer<S, Option<Person>> {
    let person = match api_client(settings, &mut lane, &mut stop).person().await {
        Err(QueryError::Refused { .. }) => Ok(None),
        person => person.map(Some),
    };
    (lane, person)
}

/// What each credential of a user manages. Where it is not told, it is the organization of the person.
async fn managed<S: Queries>(
    settings: &RunSettings,
    mut lane: RunLane<S>,
    mut stop: SharedStop,
) -> Answer<S, Managed> {
    let own = lane.person.as_ref().map(|person| Organization {
        id: person.org_id.clone(),
        name: String::new(),
    });
    let mut answers = Vec::new();
    for number in 0..lane.credentials.len() {
        let mut api = api_client_of(settings, &mut lane, number, &mut stop);
        let own = own.clone().into_iter();
        let (organizations, is_unlisted) = match api.organizations().await {
            Ok(none) if none.is_empty() => (Ok(own.collect()), false),
            Err(QueryError::Refused { .. }) if own.len() > 0 => (Ok(own.collect()), true),
            organizations => (organizations, false),
        };
        answers.push(organizations.map(|organizations| Known {
            organizations,
            is_unlisted,
        }));
    }
    (lane, Ok(answers))
}

/// Credentials that are left out, and why.
#[derive(Debug, Default)]
struct Refused {
    said: Vec<(String, String)>,
    first_wait: Option<AbortReason>,
    first_reason: Option<AbortReason>,
}

impl Refused {
    /// An error is one that ends all.
    fn add(&mut self, name: &str, error: QueryError) -> Result<(), AbortReason> {
        self.note(name, &error);
        self.count(error)
    }

    fn note(&mut self, name: &str, error: &QueryError) {
        self.said.push((name.to_string(), error.to_string()));
    }

    fn count(&mut self, error: QueryError) -> Result<(), AbortReason> {
        match error {
            QueryError::Stopped(
                reason @ (AbortReason::Unreachable { .. } | AbortReason::Interrupted),
            ) => return Err(reason),
            QueryError::Stopped(
                wait @ (AbortReason::WaitTooLong { .. } | AbortReason::StillToWait { .. }),
            ) => {
                self.first_wait.get_or_insert(wait);
            }
            QueryError::Stopped(reason) => {
                self.first_reason.get_or_insert(reason);
            }
            error => {
                let message = error.to_string();
                self.first_reason
                    .get_or_insert(AbortReason::MayNotRead { message });
            }
        }
        Ok(())
    }

    fn end(self, nobody_is_left: bool) -> Result<LeftOut, AbortReason> {
        tell_left_out(&self.said);
        let (mut to_wait, reason) = (self.first_wait, self.first_reason);
        if nobody_is_left && let Some(reason) = to_wait.take().or(reason) {
            return Err(reason);
        }
        Ok(LeftOut {
            names: self.said.into_iter().map(|(name, _)| name).collect(),
            to_wait,
            unlisted: Vec::new(),
        })
    }
}

/// What else they manage is not known.
fn tell_unlisted(names: &[String]) {
    if names.is_empty() {
        return;
    }
    let shown = names.iter().take(MOST_SAID).map(|name| format!("`{name}`"));
    let more = match names.len().saturating_sub(MOST_SAID) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    say(&format!(
        "note: these credentials may not list organizations, so only the user's own is known: {}{more}",
        shown.collect::<Vec<_>>().join(", ")
    ));
}

/// Of one user there may be only one pace, and whose these are may not be asked.
fn tell_unknown<S>(lanes: &[RunLane<S>]) {
    let unknown = lanes.iter().filter(|lane| lane.person.is_none());
    let names: Vec<String> = unknown.map(|lane| format!("`{}`", lane.name())).collect();
    if names.is_empty() || lanes.len() < 2 {
        return;
    }
    let more = match names.len().saturating_sub(MOST_SAID) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names[..names.len().min(MOST_SAID)].join(", ");
    say(&format!(
        "warning: whose these credentials are may not be asked: {shown}{more}\nhint: those that manage the same organizations count as one user's; no two others of them may be one user's, or that user is sent more than the limit allows. With the scope `spark:people_read` the users are told apart"
    ));
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
