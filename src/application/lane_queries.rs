//! Single questions by the credentials of a lane.

use futures::stream::{self, Pending};

use crate::application::run_lanes::{Credential, RunLane};
use crate::application::run_settings::{RunSettings, Target};
use crate::engine::api_queries::{ApiClient, QueryPolicy};
use crate::platform::StopRequests;
use crate::stderr::say;
use crate::webex::Queries;

/// Questions before a run, asked as the run will ask its own.
pub fn api_client<'a, S: Queries, T: StopRequests>(
    settings: &RunSettings,
    lane: &'a mut RunLane<S>,
    stop: &'a mut T,
) -> ApiClient<'a, S, &'a mut T> {
    api_client_of(settings, lane, 0, stop)
}

/// The same by one of several credentials.
pub(super) fn api_client_of<'a, S: Queries, T: StopRequests>(
    settings: &RunSettings,
    lane: &'a mut RunLane<S>,
    credential: usize,
    stop: &'a mut T,
) -> ApiClient<'a, S, &'a mut T> {
    let RunLane {
        credentials,
        pacer,
        waits,
        seed,
        is_reached,
        ..
    } = lane;
    let Credential { service, name, .. } = &credentials[credential];
    // What did not answer the first questions was not asked again.
    let was_reached = std::mem::replace(is_reached, true);
    *seed = seed.wrapping_add(1);
    let policy = policy_of(settings, *seed);
    let client = ApiClient::new(service, pacer, stop, policy, waits.as_ref(), say);
    let client = client.named(name_if_several(settings, name));
    if was_reached {
        client.after_others()
    } else {
        client
    }
}

fn policy_of(settings: &RunSettings, seed: u64) -> QueryPolicy {
    QueryPolicy {
        retry: settings.policy.retry,
        longest_wait: settings.policy.longest_wait,
        patience: None,
        seed,
    }
}

fn name_if_several<'n>(settings: &RunSettings, name: &'n str) -> &'n str {
    match &settings.target {
        Target::Service { credentials, .. } if credentials.len() > 1 => name,
        _ => "",
    }
}

/// Credentials of a lane, and who asks by them.
type Client<'a, S> = (&'a Credential<S>, ApiClient<'a, S, Pending<()>>);

/// All credentials of a lane, for questions that are asked side by side.
pub(super) fn clients_of<'a, S: Queries>(
    settings: &RunSettings,
    lane: &'a mut RunLane<S>,
) -> Vec<Client<'a, S>> {
    let RunLane {
        credentials,
        pacer,
        waits,
        seed,
        is_reached,
        ..
    } = lane;
    let policy = policy_of(settings, *seed);
    let credentials: &'a [Credential<S>] = credentials;
    let Some(first) = credentials.first() else {
        return Vec::new();
    };
    let nobody = stream::pending();
    let mut api = ApiClient::new(&first.service, pacer, nobody, policy, waits.as_ref(), say);
    if std::mem::replace(is_reached, true) {
        api = api.after_others();
    }
    let clients = credentials.iter();
    let clients = clients.map(|one| {
        let client = api.of_same_user(&one.service, stream::pending());
        (one, client.named(name_if_several(settings, &one.name)))
    });
    clients.collect()
}
