//! Several credentials are asked, side by side, first who they are and then which organizations they manage.
//! Those of one user share a lane, and its waits, as soon as it is known who that is.
//!
//! One that is not accepted is left out, and said: the rows of its organizations are problems unless others
//! manage them. One that has to wait is left out too unless it is for a moment, and so is one of which errors or
//! silence are all that comes: nobody waits for it. Which organizations it manages is not known then, and rows
//! that nobody else manages stay for later. Where nobody answers at all they are asked as patiently as one
//! would be.

use std::time::Duration;

use crate::application::credential_notes::{tell_unknown, tell_unlisted};
use crate::application::kept_wait;
use crate::application::lane_queries::{api_client, api_client_of};
use crate::application::left_out_credentials::{LeftOut, Refused};
use crate::application::parallel_tasks::SharedStop;
use crate::application::patient_questions::{LaneAnswer, ask_each, patience};
use crate::application::run_lanes::RunLane;
use crate::application::run_settings::RunSettings;
use crate::application::same_user;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::platform::StopRequests;
use crate::setting::target_kind::TargetKind;
use crate::sheet::managed_organizations::key_of;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::lists::{Organization, Person};

/// Organizations of a sheet about which a credential is asked that may not say which it manages.
const MOST_TRIED: usize = 20;

/// The organizations that are meant, and what is set there, for credentials that may not even say where they belong.
#[derive(Debug)]
pub struct NamedOrganizations<'a> {
    pub kind: &'a TargetKind,
    /// What is no id means nothing here.
    pub ids: Vec<&'a str>,
}

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
    let own: Vec<String> = own_organizations(&session.lanes).collect();
    let wanted = NamedOrganizations {
        kind: wanted.kind,
        ids: with_own(&wanted.ids, &own),
    };
    let managed = ask_each(settings, session, all, |lane, stop, patience| {
        managed(settings, lane, &wanted, stop, patience)
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

/// Where the users belong, as far as that is known.
fn own_organizations<S>(lanes: &[RunLane<S>]) -> impl Iterator<Item = String> {
    let people = lanes.iter().filter_map(|lane| lane.person.as_ref());
    people.map(|person| person.org_id.clone())
}

/// Whoever may say nothing of themselves may be a user of whom only their own organization is known, so they are
/// asked about those too, as far as there are few.
fn with_own<'o>(wanted: &[&'o str], own: &'o [String]) -> Vec<&'o str> {
    let mut all = wanted.to_vec();
    for id in own {
        if all.iter().all(|known| key_of(known) != key_of(id)) {
            all.push(id);
        }
    }
    if all.len() > MOST_TRIED {
        all.truncate(wanted.len());
    }
    all
}

/// Whose a credential is; `None` where it may not ask.
async fn who<S: Queries>(
    settings: &RunSettings,
    mut lane: RunLane<S>,
    mut stop: SharedStop,
    longest: Option<Duration>,
) -> LaneAnswer<S, Option<Person>> {
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
) -> LaneAnswer<S, Managed> {
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
