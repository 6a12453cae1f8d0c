//! A few questions one after the other, before or instead of a run: paced, retried and, where
//! the token ends, renewed as a run's requests are.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, sleep_until};

use crate::engine::abort::AbortReason;
use crate::model::clock;
use crate::model::outcome::{OutcomeKind, with_status};
use crate::model::response::{ApiResult, message_of};
use crate::model::row::Row;
use crate::pace::{Departure, Pacer, Ticket, Verdict};
use crate::platform::{StopRequests, StopSignals};
use crate::retry::{self, RetryDecision, RetryPolicy};
use crate::setting::Setting;
use crate::webex::http::Webex;
use crate::webex::lists::{Fetched, Location, Organization, Person};
use crate::webex::{Queries, Renewal};

/// Tokens tried for one question.
const MOST_REFUSALS: u32 = 2;

/// A wait that a person need not be told of.
const SHORT_WAIT: Duration = Duration::from_secs(5);

/// Locations that a page may have.
const MOST_ON_A_PAGE: u32 = 1000;

/// Pages of a list that are asked for; links that lead in a circle end here.
const MOST_PAGES: usize = 10_000;

/// Asks the service.
#[derive(Debug)]
pub struct ApiClient<'a, S = Webex, T = StopSignals> {
    pub service: &'a S,
    pub pacer: &'a mut Pacer,
    pub stop: &'a mut T,
    pub retry: RetryPolicy,
    /// A longer Retry-After than this ends it.
    pub longest_wait: Duration,
    pub chance: fastrand::Rng,
    /// Tells the user of a longer wait.
    pub say: fn(&str),
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

impl<S: Queries, T: StopRequests> ApiClient<'_, S, T> {
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

    async fn ask(&mut self, url: String) -> Result<Fetched, QueryError> {
        let (mut errors, mut refusals, mut wants_token) = (0, 0, false);
        loop {
            let ticket = self.turn().await?;
            let due = self.service.renewal();
            wants_token |= matches!(due, Renewal::DueAt(at) if at <= Instant::now());
            let (reply, fetched) = if wants_token {
                (self.renew().await?, None)
            } else {
                self.get(&url).await?
            };
            tracing::debug!("asked `{url}`: {}", in_words(&reply));
            let next = retry::decide(&reply, errors, &self.retry, self.chance.f64());
            self.pacer.answered(ticket, Instant::now(), verdict(next));
            match (next, fetched) {
                (RetryDecision::Finished(OutcomeKind::Updated), Some(fetched)) => {
                    return Ok(fetched);
                }
                (RetryDecision::Finished(OutcomeKind::Updated), None) if wants_token => {
                    wants_token = false;
                }
                (RetryDecision::Throttled { wait }, _) => self.ensure_the_wait_is_bearable(wait)?,
                // Every failure counts: unlike in a run nothing else is going on.
                (RetryDecision::Again { after, .. }, _) if errors + 1 < self.retry.tries.get() => {
                    errors += 1;
                    self.wait_until(Instant::now() + after).await?;
                }
                (RetryDecision::Unauthorized, _)
                    if !wants_token && refusals < MOST_REFUSALS && due != Renewal::Impossible =>
                {
                    refusals += 1;
                    wants_token = true;
                }
                _ => return Err(query_error(&reply, next, wants_token)),
            }
        }
    }

    /// A question is dropped at the first wish to stop: it changes nothing.
    async fn get(&mut self, url: &str) -> Result<(ApiResult, Option<Fetched>), QueryError> {
        let tracking = self.chance.u128(..);
        tokio::select! {
            answer = self.service.get(url, tracking) => Ok(answer),
            Some(()) = self.stop.next() => Err(interrupted()),
        }
    }

    /// A new access token is waited for until the second wish: the answer may hold the only refresh
    /// token that is still good.
    async fn renew(&mut self) -> Result<ApiResult, QueryError> {
        let mut renewal = pin!(self.service.renew());
        tokio::select! {
            reply = &mut renewal => return Ok(reply),
            Some(()) = self.stop.next() => {}
        }
        tokio::select! {
            _ = renewal => {}
            Some(()) = self.stop.next() => {}
        }
        Err(interrupted())
    }

    /// Waits until the next request may leave.
    async fn turn(&mut self) -> Result<Ticket, QueryError> {
        loop {
            let now = Instant::now();
            match self.pacer.next_departure(now, 0) {
                Departure::At(instant) => self.wait_until(instant).await?,
                Departure::Now | Departure::WhenOneReturns => return Ok(self.pacer.depart(now)),
            }
        }
    }

    async fn wait_until(&mut self, instant: Instant) -> Result<(), QueryError> {
        tokio::select! {
            () = sleep_until(instant) => Ok(()),
            Some(()) = self.stop.next() => Err(interrupted()),
        }
    }

    fn ensure_the_wait_is_bearable(&self, wait: Option<Duration>) -> Result<(), QueryError> {
        let now = Instant::now();
        let opens = self.pacer.status(now).closed_until;
        let closed_for = opens.map(|opens| opens.duration_since(now));
        let wait = wait.into_iter().chain(closed_for).max().unwrap_or_default();
        if wait > self.longest_wait {
            let until = clock::time_of_day(clock::now(), wait);
            return Err(QueryError::Stopped(AbortReason::WaitTooLong {
                wait,
                until,
            }));
        }
        if wait > SHORT_WAIT {
            let wait = clock::in_words(wait);
            (self.say)(&format!(
                "the service asks to wait {wait} before it answers"
            ));
        }
        Ok(())
    }
}

fn in_words(reply: &ApiResult) -> String {
    match reply {
        Ok(answer) => format!("{} {}", answer.status, answer.message),
        Err(error) => error.message.to_string(),
    }
}

fn interrupted() -> QueryError {
    QueryError::Stopped(AbortReason::Interrupted)
}

/// `of_renewal`: it was a new access token that was asked for.
fn query_error(reply: &ApiResult, next: RetryDecision, of_renewal: bool) -> QueryError {
    let message = message_of(reply).to_string();
    match reply {
        Ok(_) if of_renewal => QueryError::Stopped(AbortReason::NotRenewed { message }),
        Ok(_) if next == RetryDecision::Unauthorized => {
            QueryError::Stopped(AbortReason::Unauthorized { message })
        }
        Ok(answer) if (200..300).contains(&answer.status) => {
            QueryError::Unclear(format!("it answers {} and no list", answer.status))
        }
        Ok(answer) => QueryError::Refused {
            status: answer.status,
            message,
        },
        Err(_) => QueryError::Unclear(message),
    }
}

fn verdict(next: RetryDecision) -> Verdict {
    match next {
        RetryDecision::Throttled { wait } => Verdict::Throttled { wait },
        RetryDecision::Again { .. } => Verdict::Silent,
        RetryDecision::Finished(_) | RetryDecision::Unauthorized => Verdict::Accepted,
    }
}
