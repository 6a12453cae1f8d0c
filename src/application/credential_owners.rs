//! Several credentials are asked, side by side, first who they are and then which organizations they manage.
//! Those of one user share a lane, and its waits, as soon as it is known who that is.
//!
//! One that is not accepted is left out, and said: the rows of its organizations are problems unless others
//! manage them. One that has to wait is left out too unless it is for a moment, and so is one of which errors or
//! silence are all that comes: nobody waits for it. Which organizations it manages is not known then, and rows
//! that nobody else manages stay for later. Where nobody answers at all they are asked as patiently as one
//! would be.

use std::time::Duration;

use tokio::time::Instant;

use crate::application::kept_wait;
use crate::application::lane_queries::{api_client, api_client_of};
use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::run_lanes::RunLane;
use crate::application::run_settings::RunSettings;
use crate::application::same_user::{self, Unknown};
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, Patience, QueryError};
use crate::model::clock;
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::setting::target_kind::TargetKind;
use crate::sheet::directory::key_of;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::{Organization, Person};

/// Credentials of which it is said that they are left out; of more, how many.
const MOST_SAID: usize = 10;

/// Organizations of a sheet about which a credential is asked that may not say which it manages.
const MOST_TRIED: usize = 20;

/// Users who are named where a credential may be of any of them.
const MOST_NAMED: usize = 3;

/// One that has to wait by more than this longer than the first is not waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// One that answers with errors for so long, or not at all, is not waited for.
const PATIENCE_WITH_ERRORS: Duration = Duration::from_secs(10);

/// Credentials that a run does without.
#[derive(Debug, Default)]
pub struct LeftOut {
    /// What they are called.
    pub names: Vec<String>,
    /// Why, of the first that might be asked at another time.
    pub unasked: Option<AbortReason>,
    /// Credentials that may not list organizations, so that others than the person's own may be theirs too.
    pub unlisted: Vec<String>,
}

/// The organizations that are meant, and what is set there, for credentials that may not even say where they belong.
#[derive(Debug)]
pub struct NamedOrganizations<'a> {
    pub kind: &'a TargetKind,
    /// What is no id means nothing here.
    pub ids: Vec<&'a str>,
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
    wanted: &NamedOrganizations<'_>,
) -> Result<LeftOut, AbortReason> {
    let all = session.lanes.len();
    if !settings.is_quiet() {
        say(&match all {
            1 => "asking 1 credential whose it is and what it manages".to_string(),
            all => format!("asking {all} credentials who they are and what they manage"),
        });
    }
    let mut refused = Refused::default();
    let who = ask_each(settings, session, all, |lane, stop, patience| {
        who(settings, lane, stop, patience)
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
    session.lanes = same_user::merged(std::mem::take(&mut session.lanes));
    kept_wait::hold_known(settings, session);
    let managed = ask_each(settings, session, all, |lane, stop, patience| {
        managed(settings, lane, wanted, stop, patience)
    });
    let mut unlisted = Vec::new();
    for (mut lane, answer) in managed.await? {
        let answers = match answer {
            Ok(answers) => answers,
            Err(error) => {
                let mut names = lane.credentials.iter().map(|one| &*one.name);
                let first = names.next().unwrap_or_default();
                names.for_each(|name| refused.note(name, &error));
                refused.add(first, error)?;
                continue;
            }
        };
        let mut credentials = Vec::new();
        for (mut one, answer) in lane.credentials.into_iter().zip(answers) {
            match answer {
                Ok(known) => {
                    // The token of a service app is one organization's.
                    one.is_unlisted = known.is_unlisted && !one.is_app;
                    if one.is_unlisted {
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
    session.lanes = same_user::merged(std::mem::take(&mut session.lanes));
    let (lanes, unknown) = same_user::behind_known_users(std::mem::take(&mut session.lanes));
    session.lanes = lanes;
    let left_out = refused.end(session.lanes.is_empty());
    tell_unknown(&unknown, &session.lanes);
    if !settings.is_quiet() {
        tell_unlisted(&unlisted);
    }
    Ok(LeftOut {
        unlisted,
        ..left_out?
    })
}

/// Asks the lanes side by side, and takes them out of the session. Where all of them only have to wait, or fail in
/// a way that may pass, nobody is there to go on without them, and they are asked again.
async fn ask_each<S, T: StopRequests, R, F: Future<Output = Answer<S, R>>>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    all: usize,
    ask: impl Fn(RunLane<S>, SharedStop, Option<Duration>) -> F,
) -> Result<Vec<Answer<S, R>>, AbortReason> {
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

fn not_waited_for<S, R>(lane: RunLane<S>) -> Answer<S, R> {
    let wait = wait_of(&lane);
    let until = clock::time_of_day(clock::now(), wait);
    let reason = AbortReason::StillToWait { wait, until };
    (lane, Err(QueryError::Stopped(reason)))
}

/// How long a lane is tried that has to wait no longer than `longest`; `None` where nobody goes on without it.
fn patience(longest: Option<Duration>) -> Option<Patience> {
    longest.map(|longest| Patience {
        waits_until: Instant::now() + longest,
        errors: PATIENCE_WITH_ERRORS,
    })
}

/// Whose a credential is; `None` where it may not ask.
async fn who<S: Queries>(
    settings: &RunSettings,
    mut lane: RunLane<S>,
    mut stop: SharedStop,
    longest: Option<Duration>,
) -> Answer<S, Option<Person>> {
    let mut api = api_client(settings, &mut lane, &mut stop);
    api.policy.patience = patience(longest);
    let person = match api.person().await {
        Err(QueryError::Refused { .. }) => Ok(None),
        person => person.map(Some),
    };
    (lane, person)
}

/// What each credential of a user manages. Where it is not told, it is the organization of the person.
async fn managed<S: Queries>(
    settings: &RunSettings,
    mut lane: RunLane<S>,
    wanted: &NamedOrganizations<'_>,
    mut stop: SharedStop,
    longest: Option<Duration>,
) -> Answer<S, Managed> {
    let patience = patience(longest);
    let own = lane.person.as_ref().map(|person| Organization {
        id: person.org_id.clone(),
        name: String::new(),
    });
    let mut answers = Vec::new();
    for number in 0..lane.credentials.len() {
        let mut api = api_client_of(settings, &mut lane, number, &mut stop);
        api.policy.patience = patience;
        let own = own.clone().into_iter();
        let (organizations, is_unlisted) = match api.organizations().await {
            Ok(none) if none.is_empty() => (Ok(own.collect()), false),
            Err(error @ QueryError::Refused { .. }) if !error.may_pass() => {
                let found = match own.len() {
                    0 => those_it_lists(&mut api, wanted, error).await,
                    _ => Ok(own.collect()),
                };
                (found, true)
            }
            organizations => (organizations, false),
        };
        answers.push(organizations.map(|organizations| Known {
            organizations,
            is_unlisted,
        }));
    }
    let can_be_asked_again =
        |answer: &Result<Known, QueryError>| answer.as_ref().is_err_and(QueryError::may_pass);
    if answers.iter().all(can_be_asked_again)
        && let Some(Err(error)) = answers.pop()
    {
        return (lane, Err(error));
    }
    (lane, Ok(answers))
}

/// The organizations that are wanted of which it may list what is set; `refusal` where there are none. It is asked
/// about each of them, so of few only.
async fn those_it_lists<S: Queries, T: StopRequests>(
    api: &mut ApiClient<'_, S, T>,
    wanted: &NamedOrganizations<'_>,
    refusal: QueryError,
) -> Result<Vec<Organization>, QueryError> {
    let mut found = Vec::new();
    let ids = wanted.ids.iter();
    let ids: Vec<&str> = ids.copied().filter(|id| key_of(id).is_some()).collect();
    if ids.len() <= MOST_TRIED {
        for id in ids {
            if api.may_list(wanted.kind, id).await? {
                found.push(Organization {
                    id: id.to_string(),
                    name: String::new(),
                });
            }
        }
    }
    match refusal {
        QueryError::Refused { status, message } if found.is_empty() => Err(QueryError::Refused {
            status,
            message: format!(
                "{message} (Webex says which organizations it manages with the scope spark-admin:organizations_read, or which one its user belongs to with spark:people_read)"
            ),
        }),
        _ => Ok(found),
    }
}

/// Credentials that are left out, and why.
#[derive(Debug, Default)]
struct Refused {
    said: Vec<(String, String)>,
    /// The first that might be asked at another time.
    unasked: Option<(String, QueryError)>,
    first_reason: Option<AbortReason>,
}

impl Refused {
    /// An error is one that ends all.
    fn add(&mut self, name: &str, error: QueryError) -> Result<(), AbortReason> {
        self.note(name, &error);
        match error {
            QueryError::Stopped(reason @ AbortReason::Interrupted) => return Err(reason),
            error if error.may_pass() => {
                // Of a wait it is known when it ends.
                let is_first = self
                    .unasked
                    .as_ref()
                    .is_none_or(|(_, first)| error.is_wait() && !first.is_wait());
                if is_first {
                    self.unasked = Some((name.to_string(), error));
                }
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

    fn note(&mut self, name: &str, error: &QueryError) {
        self.said.push((name.to_string(), error.to_string()));
    }

    fn end(self, nobody_is_left: bool) -> Result<LeftOut, AbortReason> {
        tell_left_out(&self.said);
        let mut unasked = match self.unasked {
            Some((_, QueryError::Stopped(reason))) if nobody_is_left || reason.is_wait() => {
                Some(reason)
            }
            Some((credential, error)) => Some(AbortReason::NotAsked {
                credential,
                message: error.to_string(),
            }),
            None => None,
        };
        if nobody_is_left && let Some(reason) = unasked.take().or(self.first_reason) {
            return Err(reason);
        }
        Ok(LeftOut {
            names: self.said.into_iter().map(|(name, _)| name).collect(),
            unasked,
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
        "note: these credentials may not list organizations, so they are used for their user's own, or for those of the sheet that they may read: {}{more}",
        shown.collect::<Vec<_>>().join(", ")
    ));
}

/// Of one user there may be only one pace, and whose these are may not be asked.
fn tell_unknown<S>(unknown: &Unknown, lanes: &[RunLane<S>]) {
    for (name, users) in unknown.left_out.iter().take(MOST_SAID) {
        say(&format!(
            "warning: `{name}` is not used: it may belong to {}, who manage the same organizations, and two tokens of one user must not be faster than one\nhint: with the scope `spark:people_read` Webex says whose it is",
            one_of(users)
        ));
    }
    let more = unknown.left_out.len().saturating_sub(MOST_SAID);
    if more > 0 {
        let more = plural(more as u64, "more credential");
        say(&format!("warning: {more} not used for the same reason"));
    }
    let names = &unknown.names;
    let is_alone = matches!(lanes, [only] if only.person.is_none());
    if names.is_empty() || is_alone {
        return;
    }
    let more = match names.len().saturating_sub(MOST_SAID) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let shown = names.iter().take(MOST_SAID).map(|name| format!("`{name}`"));
    let shown = shown.collect::<Vec<_>>().join(", ");
    say(&format!(
        "warning: Webex does not say whose these credentials are: {shown}{more}\nhint: each counts as that of a user who manages the same organizations; if two others of them belong to one user, that user is sent more than the limit allows. With the scope `spark:people_read` Webex says whose they are"
    ));
}

/// `Ada or Ben`
fn one_of(users: &[String]) -> String {
    let more = if users.len() > MOST_NAMED {
        " or …"
    } else {
        ""
    };
    let named = &users[..users.len().min(MOST_NAMED)];
    format!("{}{more}", named.join(" or "))
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
