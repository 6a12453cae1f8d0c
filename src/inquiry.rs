//! A few questions one after the other, before or instead of a run: paced, retried and, where
//! the token ends, renewed as a run's requests are.

use std::fmt;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::clock;
use crate::outcome::OutcomeKind;
use crate::pace::{Departure, Pacer, Ticket, Verdict};
use crate::reply::Reply;
use crate::retry::{self, Next, RetryPolicy};
use crate::webex::http::Webex;
use crate::webex::lists::{Fetched, Location, Organization, Person};
use crate::webex::{Renewal, Service};

/// Tokens tried for one question.
const MOST_REFUSALS: u32 = 2;

/// Pages of a list that are asked for; links that lead in a circle end here.
const MOST_PAGES: usize = 10_000;

/// Asks the service.
#[derive(Debug)]
pub struct Inquiry<'a> {
    pub service: &'a Webex,
    pub pacer: Pacer,
    pub retry: RetryPolicy,
    /// A longer Retry-After than this ends it.
    pub longest_wait: Duration,
    pub chance: fastrand::Rng,
}

/// Why a question has no answer.
#[derive(Debug)]
pub struct Unanswered {
    /// `None`: nothing answered, or nothing in time.
    pub status: Option<u16>,
    message: String,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) => write!(formatter, "{} (status {status})", self.message),
            None => formatter.write_str(&self.message),
        }
    }
}

impl std::error::Error for Unanswered {}

impl Inquiry<'_> {
    /// Whose token it is.
    pub async fn person(&mut self) -> Result<Person, Unanswered> {
        let fetched = self.ask(self.service.url("/people/me")).await?;
        fetched.read().map_err(|message| not_understood(&message))
    }

    /// The organisations the token manages.
    pub async fn organizations(&mut self) -> Result<Vec<Organization>, Unanswered> {
        self.list(self.service.url("/organizations"), Fetched::organizations)
            .await
    }

    /// The calling locations of an organisation, or of the token's own.
    pub async fn locations(&mut self, org_id: Option<&str>) -> Result<Vec<Location>, Unanswered> {
        self.list(self.service.locations_url(org_id), Fetched::locations)
            .await
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
            items.extend(read(&page).map_err(|message| not_understood(&message))?);
            match page.next {
                None => return Ok(items),
                // The token travels along.
                Some(next) if !self.service.is_at(&next) => {
                    let message = format!("the next page of a list is elsewhere, at `{next}`");
                    return Err(not_understood(&message));
                }
                Some(next) => url = next,
            }
        }
        Err(not_understood("a list does not end"))
    }

    async fn ask(&mut self, url: String) -> Result<Fetched, Unanswered> {
        let (mut errors, mut refusals, mut wants_token) = (0, 0, false);
        loop {
            let ticket = self.turn().await;
            let due = self.service.renewal();
            wants_token |= matches!(due, Renewal::DueAt(at) if at <= Instant::now());
            let (reply, fetched) = if wants_token {
                (self.service.renew().await, None)
            } else {
                let tracking = self.chance.u128(..);
                self.service.get(&url, tracking).await
            };
            let next = retry::decide(&reply, errors, &self.retry, self.chance.f64());
            self.pacer.answered(ticket, Instant::now(), verdict(next));
            match (next, fetched) {
                (Next::Finished(OutcomeKind::Updated), Some(fetched)) => return Ok(fetched),
                (Next::Finished(OutcomeKind::Updated), None) => wants_token = false,
                (Next::Throttled { wait }, _) => {
                    let wait = wait.unwrap_or_default();
                    if wait > self.longest_wait {
                        let wait = clock::in_words(wait);
                        let message = format!("the service asks to wait {wait}");
                        return Err(Unanswered::of(&reply, message));
                    }
                }
                // Every failure counts: unlike in a run nothing else is going on.
                (Next::Again { after, .. }, _) if errors + 1 < self.retry.tries.get() => {
                    errors += 1;
                    sleep(after).await;
                }
                (Next::Unauthorised, _)
                    if !wants_token && refusals < MOST_REFUSALS && due != Renewal::Impossible =>
                {
                    refusals += 1;
                    wants_token = true;
                }
                _ => return Err(Unanswered::of(&reply, reply.message().to_string())),
            }
        }
    }

    /// Waits until the next request may leave.
    async fn turn(&mut self) -> Ticket {
        loop {
            let now = Instant::now();
            match self.pacer.next_departure(now, 0) {
                Departure::At(instant) => sleep_until(instant).await,
                Departure::Now | Departure::WhenOneReturns => return self.pacer.depart(now),
            }
        }
    }
}

impl Unanswered {
    fn of(reply: &Reply, message: String) -> Unanswered {
        let status = match reply {
            Reply::Answer(answer) => Some(answer.status),
            Reply::NoAnswer(_) => None,
        };
        Unanswered { status, message }
    }
}

fn not_understood(message: &str) -> Unanswered {
    Unanswered {
        status: None,
        message: message.to_string(),
    }
}

fn verdict(next: Next) -> Verdict {
    match next {
        Next::Throttled { wait } => Verdict::Throttled { wait },
        Next::Again { .. } => Verdict::Silent,
        Next::Finished(_) | Next::Unauthorised => Verdict::Accepted,
    }
}
