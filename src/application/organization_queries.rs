//! A question about each of several organizations, side by side: by whoever manages it, through the pace of their
//! user. Where one may not ask or cannot, the next one who manages it does.

use std::cell::{Cell, RefCell};

use crate::application::lane_queries::clients_of;
use crate::application::parallel_tasks::{SharedStop, side_by_side};
use crate::application::patient_questions::patience_beside_others;
use crate::application::run_settings::RunSettings;
use crate::application::session::Session;
use crate::engine::abort::AbortReason;
use crate::engine::api_queries::{ApiClient, QueryError};
use crate::platform::StopRequests;
use crate::stderr::say;
use crate::webex::Queries;

/// An organization, `None` for the token's own, and what is said of it.
pub type OrganizationAnswer<R> = (Option<String>, Result<R, QueryError>);

/// Asks about all that anybody manages, and returns the answers in their order. `ask` is told the number of the
/// credentials it asks by. An error is an interrupt.
pub async fn ask_about_each<S: Queries, T: StopRequests, R>(
    settings: &RunSettings,
    session: &mut Session<S, T>,
    wanted: Vec<Option<String>>,
    ask: impl AsyncFn(
        &mut ApiClient<'_, S, &mut SharedStop>,
        usize,
        Option<&str>,
    ) -> Result<R, QueryError>,
) -> Result<Vec<OrganizationAnswer<R>>, AbortReason> {
    let Session { lanes, stop, .. } = session;
    let clients: Vec<_> = lanes
        .iter_mut()
        .flat_map(|lane| clients_of(settings, lane))
        .collect();
    let asked: Vec<Cell<usize>> = clients.iter().map(|_| Cell::default()).collect();
    // Why some can ask nothing more.
    let over: Vec<RefCell<String>> = clients.iter().map(|_| RefCell::default()).collect();
    let able = |org: Option<&str>| -> Vec<usize> {
        let clients = clients.iter().enumerate();
        let able = clients.filter(|(_, (credential, _))| credential.may_manage(org));
        able.map(|(at, _)| at).collect()
    };
    let wanted = wanted.into_iter();
    let wanted = wanted.filter(|org| !able(org.as_deref()).is_empty());
    let wanted: Vec<_> = (0..).zip(wanted).collect();
    let all = wanted.len();
    let tell = |done: usize| {
        if !settings.is_quiet() {
            say(&format!("{done} of {all} organizations looked up"));
        }
    };
    let ask_about = async |(number, org): (u64, Option<String>), mut stop: SharedStop| {
        let mut left = able(org.as_deref());
        let mut first = None;
        // Whoever waits the least, and of those whoever has had the least to ask.
        while let Some(next) =
            (0..left.len()).min_by_key(|at| (clients[left[*at]].1.wait(), asked[left[*at]].get()))
        {
            let at = left.remove(next);
            if !over[at].borrow().is_empty() {
                first.get_or_insert(QueryError::Unclear(over[at].borrow().clone()));
                continue;
            }
            asked[at].update(|count| count + 1);
            let client = &clients[at].1;
            let seed = client.policy.seed.wrapping_add(number);
            let mut api = client.beside(&mut stop, seed);
            if !left.is_empty() {
                api.policy.patience = patience_beside_others();
            }
            match ask(&mut api, at, org.as_deref()).await {
                Ok(answer) => return (org, Ok(answer)),
                Err(error @ QueryError::Stopped(AbortReason::Interrupted)) => {
                    return (org, Err(error));
                }
                Err(error) => {
                    if matches!(error, QueryError::Stopped(_)) && !error.is_wait() {
                        over[at].replace(error.to_string());
                    }
                    first.get_or_insert(error);
                }
            }
        }
        let nobody = || QueryError::Unclear("nobody manages it".into());
        (org, Err(first.unwrap_or_else(nobody)))
    };
    let answers = side_by_side(wanted, stop, ask_about, tell).await;
    answers.ok_or(AbortReason::Interrupted)
}
