//! Whether a token that was just typed is accepted: asked at once, while the person still has the right one at
//! hand and nothing was begun with it.

use std::path::Path;
use std::thread;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::application::run_settings::waiting_user;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError, QueryPolicy};
use crate::model::clock;
use crate::pace::{PaceSettings, Pacer, WaitMemory};
use crate::platform::StopSignals;
use crate::retry::RetryPolicy;
use crate::webex::base_url::BaseUrl;
use crate::webex::http::proxy::Proxy;
use crate::webex::http::{Connection, Webex};
use crate::webex::token::{Credentials, Token};

/// What takes longer is left to the command, which says what it waits for.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the service says where it rejects the token. `None`: it accepts it, or does not say; `states` is where
/// times to wait are kept, since one of this user is kept to here as well.
pub fn rejection(
    base_url: &BaseUrl,
    proxy: Option<&Proxy>,
    states: Option<&Path>,
    token: &Token,
) -> Option<String> {
    let connection = Connection {
        base_url: base_url.clone(),
        proxy: proxy.cloned(),
        timeout: PATIENCE,
        connections: 1,
        warn: |_| {},
    };
    let ask = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.ok()?.block_on(ask(&connection, states, token))
    };
    // The thread that asks the person may be one of a runtime, which cannot wait for another.
    thread::scope(|scope| scope.spawn(ask).join()).ok()?
}

async fn ask(connection: &Connection, states: Option<&Path>, token: &Token) -> Option<String> {
    let secret = Credentials::Token(token.clone());
    let user = waiting_user(&connection.base_url, &secret.fingerprint());
    let waits = states.map(|folder| WaitMemory::new(folder.join("waits"), user));
    let now = clock::now();
    let kept = waits.as_ref().and_then(|waits| waits.recall(now));
    if kept.and_then(|wait| wait.left(now)).is_some() {
        return None;
    }
    let services = Webex::connect_all(connection, vec![secret]).ok()?;
    let policy = QueryPolicy {
        retry: RetryPolicy::default(),
        longest_wait: PATIENCE,
        patience: None,
        seed: fastrand::u64(..),
    };
    let mut pacer = Pacer::new(&PaceSettings::ONE_AT_A_TIME, Instant::now());
    let mut stop = StopSignals::listen().ok()?;
    let service = services.first()?;
    let mut api = ApiClient::new(
        service,
        &mut pacer,
        &mut stop,
        policy,
        waits.as_ref(),
        |_| {},
    );
    match timeout(PATIENCE, api.person()).await {
        Ok(Err(QueryError::Stopped(reason @ AbortReason::Unauthorized { .. }))) => {
            Some(reason.to_string())
        }
        _ => None,
    }
}
