//! A few questions one after the other, before or instead of a run: paced, retried and, where
//! the token ends, renewed as a run's requests are.

use std::fmt;
use std::time::Duration;

use crate::engine::abort::AbortReason;
use crate::engine::token_renewal::TokenRenewal;
use crate::model::outcome::with_status;
use crate::model::row::Row;
use crate::pace::Pacer;
use crate::platform::{StopRequests, StopSignals};
use crate::retry::RetryPolicy;
use crate::setting::Setting;
use crate::webex::Queries;
use crate::webex::http::Webex;
use crate::webex::lists::{Fetched, Location, Organization, Person};

mod exchange;

/// Locations that a page may have.
const MOST_ON_A_PAGE: u32 = 1000;

/// Pages of a list that are asked for; links that lead in a circle end here.
const MOST_PAGES: usize = 10_000;

/// How questions are asked.
#[derive(Debug, Clone, Copy)]
pub struct QueryPolicy {
    pub retry: RetryPolicy,
    /// A longer Retry-After than this ends it.
    pub longest_wait: Duration,
    /// Seeds the spread of retries and the tracking ids.
    pub seed: u64,
}

/// Asks the service.
#[derive(Debug)]
pub struct ApiClient<'a, S = Webex, T = StopSignals> {
    service: &'a S,
    pacer: &'a mut Pacer,
    stop: &'a mut T,
    pub policy: QueryPolicy,
    chance: fastrand::Rng,
    renewal: TokenRenewal,
    /// Tells the user of a longer wait.
    say: fn(&str),
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum QueryError {
    /// The service says no to this question.
    Refused { status: u16, message: String },
    /// Nothing came, or nothing that can be understood.
    Unclear(String),
    /// It is pointless to ask anything else.
    Stopped(AbortReason),
}

impl fmt::Display for QueryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueryError::Refused { status, message } => {
                formatter.write_str(&with_status(*status, message))
            }
            QueryError::Unclear(message) => formatter.write_str(message),
            QueryError::Stopped(reason) => reason.fmt(formatter),
        }
    }
}

impl std::error::Error for QueryError {}

impl<'a, S: Queries, T: StopRequests> ApiClient<'a, S, T> {
    pub fn new(
        service: &'a S,
        pacer: &'a mut Pacer,
        stop: &'a mut T,
        policy: QueryPolicy,
        say: fn(&str),
    ) -> ApiClient<'a, S, T> {
        ApiClient {
            service,
            pacer,
            stop,
            policy,
            chance: fastrand::Rng::with_seed(policy.seed),
            renewal: TokenRenewal::default(),
            say,
        }
    }

    /// Whose token it is.
    pub async fn person(&mut self) -> Result<Person, QueryError> {
        let fetched = self.ask(self.service.url("/people/me")).await?;
        fetched.read().map_err(QueryError::Unclear)
    }

    /// The organizations the token manages.
    pub async fn organizations(&mut self) -> Result<Vec<Organization>, QueryError> {
        self.list(self.service.url("/organizations"), Fetched::organizations)
            .await
    }

    /// The calling locations of an organization, or of the token's own.
    pub async fn locations(&mut self, org_id: Option<&str>) -> Result<Vec<Location>, QueryError> {
        let url = self.service.locations_url(org_id, MOST_ON_A_PAGE);
        self.list(url, Fetched::locations).await
    }

    /// Whether the token may list them.
    pub async fn one_location(&mut self, org_id: Option<&str>) -> Result<(), QueryError> {
        let url = self.service.locations_url(org_id, 1);
        self.ask(url).await.map(drop)
    }

    /// Whether the token may read a setting of a row.
    pub async fn setting_of(&mut self, setting: &Setting, row: &Row<'_>) -> Result<(), QueryError> {
        self.ask(self.service.setting_url(setting, row))
            .await
            .map(drop)
    }

    /// All pages of a list. One may be empty and still have a next.
    async fn list<I>(
        &mut self,
        first: String,
        read: fn(&Fetched) -> Result<Vec<I>, String>,
    ) -> Result<Vec<I>, QueryError> {
        let mut items = Vec::new();
        let mut url = first;
        for _ in 0..MOST_PAGES {
            let page = self.ask(url.clone()).await?;
            items.extend(read(&page).map_err(QueryError::Unclear)?);
            match page.next {
                None => return Ok(items),
                // The token travels along.
                Some(next) if !self.service.is_at(&next) => {
                    let message = format!("the next page of a list is elsewhere, at `{next}`");
                    return Err(QueryError::Unclear(message));
                }
                Some(next) => url = next,
            }
        }
        Err(QueryError::Unclear("a list does not end".into()))
    }
}
