//! `wxbulk whoami`: what a token is good for, or each of several, before a big run. It changes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::Instant;

use crate::application::exit_code::ExitCode;
use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::query_refusals::{is_forbidden, say_why_not};
use crate::application::run_settings::waiting_user;
use crate::cli::WhoamiFlags;
use crate::cli::resolve::{read_service, state_folder};
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError, QueryPolicy};
use crate::model::clock;
use crate::model::wording::{listed, plural};
use crate::pace::{PaceSettings, Pacer, WaitMemory};
use crate::platform::line_breaks::{fit, stdout_width};
use crate::platform::{StopRequests, StopSignals};
use crate::retry::RetryPolicy;
use crate::setting;
use crate::setting::target_kind::LOCATION;
use crate::stderr::say;
use crate::webex::base_url::BaseUrl;
use crate::webex::error_body::flatten;
use crate::webex::http::{Connection, Webex};
use crate::webex::lists::Person;
use crate::webex::token::Credentials;

/// A few answers that take longer than this are not worth waiting for.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Nobody sits through a longer pause for a question.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

pub(super) async fn run(flags: &WhoamiFlags) -> Result<ExitCode> {
    let (base_url, proxy, credentials) = read_service(&flags.service)?;
    let is_only = credentials.len() == 1;
    let waits = credentials
        .iter()
        .map(|one| waits_of(&base_url, &one.secret, is_only));
    let waits: Vec<Option<WaitMemory>> = waits.collect();
    let (names, secrets): (Vec<String>, Vec<Credentials>) = credentials
        .into_iter()
        .map(|one| (one.name, one.secret))
        .unzip();
    let connection = Connection {
        base_url,
        proxy,
        timeout: TIMEOUT,
        connections: secrets.len(),
        warn: say,
    };
    let services = Webex::connect_all(&connection, secrets)?;
    let mut stop = StopSignals::listen().context("cannot listen for Ctrl-C")?;
    let address = connection.base_url.clone();
    let ask = |(service, waits), stop| ask_one(&address, service, waits, stop);
    let answers = side_by_side(services.iter().zip(waits), &mut stop, ask, |_| {}).await;
    let answers = answers.unwrap_or_else(|| vec![Err(interrupted())]);
    let (text, code) = if is_only {
        match answers.into_iter().next().unwrap_or(Err(interrupted())) {
            Ok(told) => (told.text, told.code),
            Err(query_error) => {
                return say_why_not(query_error, setting::ALL[0])
                    .context("the service gives no answer");
            }
        }
    } else if let Some(Err(query_error)) = answers.iter().find(|answer| is_interrupted(answer)) {
        say(&format!("stopped: {query_error}"));
        return Ok(ExitCode::Interrupted);
    } else {
        tell_all(&names, answers)
    };
    io::stdout()
        .write_all(fit(&text, stdout_width()).as_bytes())
        .context("cannot print what the token is good for")?;
    Ok(code)
}

fn interrupted() -> QueryError {
    QueryError::Stopped(AbortReason::Interrupted)
}

fn is_interrupted<T>(answer: &Result<T, QueryError>) -> bool {
    matches!(answer, Err(QueryError::Stopped(AbortReason::Interrupted)))
}

/// Until when credentials have to wait, by the names under which it is kept.
fn waits_of(base_url: &BaseUrl, secret: &Credentials, is_only: bool) -> Option<WaitMemory> {
    let folder = state_folder()?.join("waits");
    let of = |user: String| waiting_user(base_url, &user);
    let mut waits = WaitMemory::new(folder, of(secret.own_fingerprint()));
    waits.add_name(of(secret.fingerprint_of_all()));
    if is_only {
        waits.add_name(of(secret.fingerprint()));
    }
    Some(waits)
}

/// What one of the credentials is good for.
struct Told {
    text: String,
    code: ExitCode,
    /// Empty where it is not known.
    person: String,
}

async fn ask_one(
    base_url: &BaseUrl,
    service: &Webex,
    mut waits: Option<WaitMemory>,
    mut stop: SharedStop,
) -> Result<Told, QueryError> {
    let policy = QueryPolicy {
        retry: RetryPolicy::default(),
        longest_wait: LONGEST_WAIT,
        patience: None,
        seed: fastrand::u64(..),
    };
    let mut pacer = Pacer::new(&PaceSettings::ONE_AT_A_TIME, Instant::now());
    keep_to(waits.as_ref(), &mut pacer);
    let first = waits.as_ref();
    let mut api = ApiClient::new(service, &mut pacer, &mut stop, policy, first, say);
    let person = unless_forbidden(api.person().await)?;
    // The same user may have to wait by another token.
    if let (Some(waits), Some(person)) = (&mut waits, &person)
        && !person.id.is_empty()
    {
        waits.add_name(waiting_user(base_url, &person.id));
    }
    keep_to(waits.as_ref(), &mut pacer);
    let waits = waits.as_ref();
    let api = ApiClient::new(service, &mut pacer, &mut stop, policy, waits, say);
    tell(&mut api.after_others(), person).await
}

/// Asks nothing before a wait is over that the service asked of an earlier process.
fn keep_to(waits: Option<&WaitMemory>, pacer: &mut Pacer) {
    let (now, started) = (clock::now(), Instant::now());
    let kept = waits.and_then(|waits| waits.recall(now));
    if let Some(left) = kept.and_then(|wait| wait.left(now)) {
        pacer.close_until(started + left, started);
    }
}

/// Each of several credentials by its name, and which of them are of one user.
fn tell_all(names: &[String], answers: Vec<Result<Told, QueryError>>) -> (String, ExitCode) {
    let (mut text, mut code) = (String::new(), ExitCode::Success);
    let mut of_people: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    // Of many the same is true: each is said once.
    let mut hints = BTreeSet::new();
    for (name, answer) in names.iter().zip(answers) {
        let _ = writeln!(text, "{name}");
        match answer {
            Ok(told) => {
                for line in told.text.lines() {
                    let _ = writeln!(text, "  {line}");
                }
                if told.code != ExitCode::Success {
                    code = told.code;
                }
                of_people.entry(told.person).or_default().push(name);
            }
            Err(query_error) => {
                if let QueryError::Stopped(reason) = &query_error {
                    hints.extend(reason.hint(setting::ALL[0]));
                }
                let _ = match query_error {
                    QueryError::Stopped(
                        AbortReason::Unauthorized { .. }
                        | AbortReason::NotRenewed { .. }
                        | AbortReason::TokenOfAnother { .. },
                    ) => writeln!(text, "  it is not accepted: {query_error}"),
                    QueryError::Stopped(AbortReason::WaitTooLong { until, .. }) => {
                        writeln!(text, "  it was not asked: it has to wait until {until}")
                    }
                    error => writeln!(text, "  there is no answer: {error}"),
                };
                code = ExitCode::NothingSent;
            }
        }
    }
    for hint in hints {
        let _ = writeln!(text, "hint: {hint}");
    }
    of_people.remove("");
    for same in of_people.values().filter(|same| same.len() > 1) {
        let names: Vec<String> = same.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(
            text,
            "{} are of one user and share one pace, so together they are no faster than one of them",
            listed(&names)
        );
    }
    (text, code)
}

/// What the token is good for, in words, and whether that is good enough.
async fn tell<T: StopRequests>(
    api: &mut ApiClient<'_, Webex, T>,
    person: Option<Person>,
) -> Result<Told, QueryError> {
    let (mut text, mut id) = (String::new(), String::new());
    if let Some(person) = person {
        let name = [person.display_name, person.emails.join(", ")].join(" ");
        let _ = writeln!(text, "whose token: {}", flatten(&name).trim());
        let _ = writeln!(text, "its own organization: {}", flatten(&person.org_id));
        id = person.id;
    } else {
        text.push_str("whose token: it is not allowed to ask\n");
    }
    let organizations = unless_forbidden(api.organizations().await)?;
    if organizations.as_ref().is_some_and(Vec::is_empty) {
        text.push_str("which organizations it manages: the service names none\n");
    } else if let Some(organizations) = organizations {
        let count = plural(organizations.len() as u64, "organization");
        let _ = writeln!(text, "it manages {count}:");
        for organization in &organizations {
            let _ = writeln!(
                text,
                "  {}  {}",
                flatten(&organization.id),
                flatten(&organization.name)
            );
        }
    } else {
        text.push_str("which organizations it manages: it is not allowed to ask\n");
    }
    let locations = unless_forbidden(api.targets(&LOCATION, None).await)?;
    let code = if let Some(locations) = locations {
        let count = plural(locations.len() as u64, "location");
        let _ = writeln!(
            text,
            "calling settings: it can read those of {count} in its own organization"
        );
        text.push_str("only a change can show whether it may change them; that takes the scope spark-admin:telephony_config_write\n");
        ExitCode::Success
    } else {
        text.push_str(
            "calling settings: it cannot read them; that takes the scope spark-admin:telephony_config_read\n",
        );
        ExitCode::NothingSent
    };
    Ok(Told {
        text,
        code,
        person: id,
    })
}

/// A right that is missing is an answer too.
fn unless_forbidden<T>(answer: Result<T, QueryError>) -> Result<Option<T>, QueryError> {
    if is_forbidden(&answer) {
        return Ok(None);
    }
    answer.map(Some)
}
