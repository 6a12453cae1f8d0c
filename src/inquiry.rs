//! A few questions one after the other, before or instead of a run: paced, retried and, where
//! the token ends, renewed as a run's requests are.

use std::fmt;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, sleep_until};

use crate::clock;
use crate::outcome::{OutcomeKind, with_status};
use crate::pace::{Feedback, InFlight, Pacer, SendDecision};
use crate::platform::StopSignals;
use crate::reply::Reply;
use crate::retry::{self, Next, RetryPolicy};
use crate::row::Row;
use crate::stop::StopReason;
use crate::webex::http::Webex;
use crate::webex::lists::{Fetched, Location, Organization, Person};
use crate::webex::{Renewal, Service};

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
pub struct Inquiry<'a> {
    pub service: &'a Webex,
    pub pacer: &'a mut Pacer,
    pub stop: &'a mut StopSignals,
    pub retry: RetryPolicy,
    /// A longer Retry-After than this ends it.
    pub longest_wait: Duration,
    pub chance: fastrand::Rng,
    /// Tells the user of a longer wait.
    pub say: fn(&str),
}

/// Why a question has no answer.
#[derive(Debug)]
pub enum Unanswered {
    /// The service says no to this question.
    Refused { status: u16, message: String },
    /// Nothing came, or nothing that can be understood.
    Unclear(String),
    /// It is pointless to ask anything else.
    Stopped(StopReason),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unanswered::Refused { status, message } => {
                formatter.write_str(&with_status(*status, message))
            }
            Unanswered::Unclear(message) => formatter.write_str(message),
            Unanswered::Stopped(reason) => reason.fmt(formatter),
        }
    }
}

impl std::error::Error for Unanswered {}

impl Inquiry<'_> {
    /// Whose token it is.
    pub async fn person(&mut self) -> Result<Person, Unanswered> {
        let fetched = self.ask(self.service.url("/people/me")).await?;
        fetched.read().map_err(Unanswered::Unclear)
    }

    /// The organizations the token manages.
    pub async fn organizations(&mut self) -> Result<Vec<Organization>, Unanswered> {
        self.list(self.service.url("/organizations"), Fetched::organizations)
            .await
    }

    /// The calling locations of an organization, or of the token's own.
    pub async fn locations(&mut self, org_id: Option<&str>) -> Result<Vec<Location>, Unanswered> {
        let url = self.service.locations_url(org_id, MOST_ON_A_PAGE);
        self.list(url, Fetched::locations).await
    }

    /// Whether the token may list them.
    pub async fn one_location(&mut self, org_id: Option<&str>) -> Result<(), Unanswered> {
        let url = self.service.locations_url(org_id, 1);
        self.ask(url).await.map(drop)
    }

    /// Whether the token may read the numbers of a row's location.
    pub async fn numbers_of(&mut self, row: &Row<'_>) -> Result<(), Unanswered> {
        self.ask(self.service.numbers_url(row)).await.map(drop)
    }

    /// All pages of a list. One may be empty and still have a next.
    async fn list<T>(
        &mut self,
        first: String,
        read: fn(&Fetched) -> Result<Vec<T>, String>,
    ) -> Result<Vec<T>, Unanswered> {
        let mut items = Vec::new();
        let mut url = first;
        for _ in 0..MOST_PAGES {
            let page = self.ask(url.clone()).await?;
            items.extend(read(&page).map_err(Unanswered::Unclear)?);
            match page.next {
                None => return Ok(items),
                // The token travels along.
                Some(next) if !self.service.is_at(&next) => {
                    let message = format!("the next page of a list is elsewhere, at `{next}`");
                    return Err(Unanswered::Unclear(message));
                }
                Some(next) => url = next,
            }
        }
        Err(Unanswered::Unclear("a list does not end".into()))
    }

    async fn ask(&mut self, url: String) -> Result<Fetched, Unanswered> {
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
                (Next::Finished(OutcomeKind::Updated), Some(fetched)) => return Ok(fetched),
                (Next::Finished(OutcomeKind::Updated), None) if wants_token => wants_token = false,
                (Next::Throttled { wait }, _) => self.ensure_the_wait_is_bearable(wait)?,
                // Every failure counts: unlike in a run nothing else is going on.
                (Next::Again { after, .. }, _) if errors + 1 < self.retry.tries.get() => {
                    errors += 1;
                    self.wait_until(Instant::now() + after).await?;
                }
                (Next::Unauthorized, _)
                    if !wants_token && refusals < MOST_REFUSALS && due != Renewal::Impossible =>
                {
                    refusals += 1;
                    wants_token = true;
                }
                _ => return Err(unanswered(&reply, next, wants_token)),
            }
        }
    }

    /// A question is dropped at the first wish to stop: it changes nothing.
    async fn get(&mut self, url: &str) -> Result<(Reply, Option<Fetched>), Unanswered> {
        let tracking = self.chance.u128(..);
        tokio::select! {
            answer = self.service.get(url, tracking) => Ok(answer),
            Some(()) = self.stop.next() => Err(interrupted()),
        }
    }

    /// A new access token is waited for until the second wish: the answer may hold the only refresh
    /// token that is still good.
    async fn renew(&mut self) -> Result<Reply, Unanswered> {
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
    async fn turn(&mut self) -> Result<InFlight, Unanswered> {
        loop {
            let now = Instant::now();
            match self.pacer.next_send(now, 0) {
                SendDecision::At(instant) => self.wait_until(instant).await?,
                SendDecision::Now | SendDecision::WhenOneReturns => {
                    return Ok(self.pacer.sent(now));
                }
            }
        }
    }

    async fn wait_until(&mut self, instant: Instant) -> Result<(), Unanswered> {
        tokio::select! {
            () = sleep_until(instant) => Ok(()),
            Some(()) = self.stop.next() => Err(interrupted()),
        }
    }

    fn ensure_the_wait_is_bearable(&self, wait: Option<Duration>) -> Result<(), Unanswered> {
        let now = Instant::now();
        let opens = self.pacer.status(now).closed_until;
        let closed_for = opens.map(|opens| opens.duration_since(now));
        let wait = wait.into_iter().chain(closed_for).max().unwrap_or_default();
        if wait > self.longest_wait {
            let until = clock::time_of_day(clock::now(), wait);
            return Err(Unanswered::Stopped(StopReason::WaitTooLong { wait, until }));
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

fn in_words(reply: &Reply) -> String {
    match reply {
        Reply::Answer(answer) => format!("{} {}", answer.status, answer.message),
        Reply::NoAnswer(no_answer) => no_answer.message.to_string(),
    }
}

fn interrupted() -> Unanswered {
    Unanswered::Stopped(StopReason::Interrupted)
}

/// `of_renewal`: it was a new access token that was asked for.
fn unanswered(reply: &Reply, next: Next, of_renewal: bool) -> Unanswered {
    let message = reply.message().to_string();
    match reply {
        Reply::Answer(_) if of_renewal => Unanswered::Stopped(StopReason::NotRenewed { message }),
        Reply::Answer(_) if next == Next::Unauthorized => {
            Unanswered::Stopped(StopReason::Unauthorized { message })
        }
        Reply::Answer(answer) if (200..300).contains(&answer.status) => {
            Unanswered::Unclear(format!("it answers {} and no list", answer.status))
        }
        Reply::Answer(answer) => Unanswered::Refused {
            status: answer.status,
            message,
        },
        Reply::NoAnswer(_) => Unanswered::Unclear(message),
    }
}

fn verdict(next: Next) -> Feedback {
    match next {
        Next::Throttled { wait } => Feedback::Throttled { wait },
        Next::Again { .. } => Feedback::Silent,
        Next::Finished(_) | Next::Unauthorized => Feedback::Accepted,
    }
}
