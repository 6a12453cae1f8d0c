//! `wxbulk whoami`: what a token is good for, before a big run. It changes nothing.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::Instant;

use crate::application::exit_code::ExitCode;
use crate::application::preflight::{is_forbidden, say_why_not};
use crate::cli::WhoamiFlags;
use crate::cli::resolve::{read_service, wait_memory};
use crate::engine::api_queries::{ApiClient, QueryError, QueryPolicy};
use crate::model::clock;
use crate::model::wording::plural;
use crate::pace::{PaceSettings, Pacer};
use crate::platform::StopSignals;
use crate::retry::RetryPolicy;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::setting::target_kind::LOCATION;
use crate::stderr::say;
use crate::webex::errors::flatten;
use crate::webex::http::{Connection, Webex};

/// A few answers that take longer than this are not worth waiting for.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Nobody sits through a longer pause for a question.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

pub(super) async fn run(flags: &WhoamiFlags) -> Result<ExitCode> {
    let (base_url, proxy, credentials) = read_service(&flags.service)?;
    let waits = wait_memory(&base_url, &credentials.fingerprint());
    let service = Webex::connect(Connection {
        base_url,
        proxy,
        credentials,
        timeout: TIMEOUT,
        connections: 1,
        warn: say,
    })?;
    let one_at_a_time = PaceSettings {
        concurrency: NonZeroUsize::MIN,
        ceiling: None,
        remembered: None,
    };
    let policy = QueryPolicy {
        retry: RetryPolicy::default(),
        longest_wait: LONGEST_WAIT,
        seed: fastrand::u64(..),
    };
    let mut pacer = Pacer::new(&one_at_a_time, Instant::now());
    let mut stop = StopSignals::listen().context("cannot listen for Ctrl-C")?;
    let (now, started) = (clock::now(), Instant::now());
    let kept = waits.as_ref().and_then(|waits| waits.recall(now));
    if let Some(left) = kept.and_then(|wait| wait.left(now)) {
        pacer.close_until(started + left, started);
    }
    let waits = waits.as_ref();
    let mut api = ApiClient::new(&service, &mut pacer, &mut stop, policy, waits, say);
    match tell(&mut api).await {
        Ok((text, code)) => {
            io::stdout()
                .write_all(text.as_bytes())
                .context("cannot print what the token is good for")?;
            Ok(code)
        }
        Err(query_error) => {
            say_why_not(query_error, &LOCATION_NUMBERS).context("the service gives no answer")
        }
    }
}

/// What the token is good for, in words, and whether that is good enough.
async fn tell(api: &mut ApiClient<'_>) -> Result<(String, ExitCode), QueryError> {
    let mut text = String::new();
    if let Some(person) = unless_forbidden(api.person().await)? {
        let name = [person.display_name, person.emails.join(", ")].join(" ");
        let _ = writeln!(text, "whose token: {}", flatten(&name).trim());
        let _ = writeln!(text, "its own organization: {}", flatten(&person.org_id));
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
    Ok((text, code))
}

/// A right that is missing is an answer too.
fn unless_forbidden<T>(answer: Result<T, QueryError>) -> Result<Option<T>, QueryError> {
    if is_forbidden(&answer) {
        return Ok(None);
    }
    answer.map(Some)
}
