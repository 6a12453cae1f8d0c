//! One question and its answer: paced, retried, and asked again with a new token where the old one
//! has ended.

use std::future::pending;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{Instant, sleep_until};

use super::{ApiClient, QueryError};
use crate::engine::abort::AbortReason;
use crate::engine::first_answer::{no_contact, not_of_the_service};
use crate::engine::first_contact::NextTry;
use crate::engine::pace_feedback::verdict;
use crate::engine::token_renewal::{Refusal, TokenState, TokenTask};
use crate::model::clock;
use crate::model::response::{ApiResult, Delivery, TransportCause, TransportError, message_of};
use crate::pace::InFlight;
use crate::platform::StopRequests;
use crate::retry::{self, RetryDecision};
use crate::webex::Queries;
use crate::webex::lists::Fetched;

/// A wait that a person need not be told of.
const SHORT_WAIT: Duration = Duration::from_secs(5);

/// For so long a question is asked again that is answered with errors alone: somebody waits for it.
const PATIENCE_WITH_ERRORS: Duration = Duration::from_secs(15);

/// How long it may be before somebody is told what is asked again.
const SILENCE: Duration = Duration::from_secs(2);

/// An answer that comes at all is there by then.
const TIME_TO_ANSWER: Duration = Duration::from_secs(1);

/// How often one thing of many may be rate limited before it is left.
const MOST_THROTTLES_OF_ONE: u32 = 3;

impl<S: Queries, T: StopRequests> ApiClient<'_, S, T> {
    /// Asks until there is an answer: a limit that everyone meets passes.
    pub(super) async fn ask(&mut self, url: String) -> Result<Fetched, QueryError> {
        self.ask_so_often(url, u32::MAX).await
    }

    /// Asks about one thing of many, which may be limited when others are not.
    pub(super) async fn ask_about_one(&mut self, url: String) -> Result<Fetched, QueryError> {
        self.ask_so_often(url, MOST_THROTTLES_OF_ONE).await
    }

    async fn ask_so_often(
        &mut self,
        url: String,
        most_throttles: u32,
    ) -> Result<Fetched, QueryError> {
        let (mut errors, mut refusals, mut throttles) = (0, 0, 0);
        let mut trying_since = None;
        let mut failing_since = None;
        let mut has_spoken = false;
        loop {
            self.renew_if_due().await?;
            let ticket = self.turn().await?;
            let given_up = self.gives_up_at(*trying_since.get_or_insert_with(Instant::now));
            let token = self.renewal.borrow().token();
            let answer = self.get(&url, given_up).await;
            self.pace.returned();
            let (result, fetched) = answer?;
            tracing::debug!("asked `{url}`: {}", in_words(&result));
            if matches!(&result, Ok(answer) if !answer.tracking_id.is_empty()) {
                self.is_known.set(true);
            }
            if matches!(&result, Ok(answer) if answer.status != 401) {
                self.renewal.borrow_mut().accepted(token);
            }
            let decision = self.decide(ticket, &result, errors);
            self.ensure_it_is_the_service(&result, fetched.as_ref())?;
            if self.is_to_be_tried_again(&result).await? {
                continue;
            }
            match (decision, fetched) {
                (RetryDecision::Succeeded, Some(fetched)) => return Ok(fetched),
                (RetryDecision::Throttled { .. }, _) if throttles + 1 < most_throttles => {
                    throttles += 1;
                    trying_since = None;
                    failing_since = None;
                }
                // Every failure counts: unlike in a run nothing else is going on.
                (RetryDecision::Retry { after, .. }, _)
                    if errors + 1 < self.policy.retry.tries.get() =>
                {
                    errors += 1;
                    let now = Instant::now();
                    let next = now + after;
                    let since = *failing_since.get_or_insert(now);
                    let last = last_try(since, given_up);
                    if now >= last {
                        return Err(self.unanswered(&result));
                    }
                    if !has_spoken && next > since + SILENCE {
                        has_spoken = true;
                        self.say_what_fails(&url, &result, last - now);
                    }
                    self.wait_until(next.min(last)).await?;
                }
                (RetryDecision::Unauthorized, _) => {
                    refusals += 1;
                    let renewal = self.service.renewal();
                    let refusal = self.renewal.borrow_mut().refused(token, refusals, renewal);
                    if refusal == Refusal::Suspect {
                        return Err(QueryError::Stopped(AbortReason::of_refused_token(
                            &result,
                            self.is_known.get(),
                        )));
                    }
                }
                _ => return Err(self.unanswered(&result)),
            }
        }
    }

    /// Fetches a new access token where the one there is has ended or is about to; one question does so for
    /// all.
    async fn renew_if_due(&mut self) -> Result<(), QueryError> {
        let (mut silences, mut last) = (0, None);
        let given_up = self.gives_up_at(Instant::now());
        loop {
            if self.renewal.borrow().is_under_way() {
                self.wait_for_news().await?;
                continue;
            }
            let renewal = self.service.renewal();
            let Some(task) = self.renewal.borrow().due(Instant::now(), renewal) else {
                return Ok(());
            };
            let not_before = self.renewal.borrow().not_before();
            if let Some(instant) = not_before.filter(|instant| *instant > Instant::now()) {
                if given_up.is_some_and(|given_up| instant > given_up)
                    && let Some(result) = &last
                {
                    return Err(self.unanswered(result));
                }
                self.wait_until(instant).await?;
                continue;
            }
            self.renewal.borrow_mut().begins(task);
            let result = self.try_to_renew(task, &mut silences).await;
            if result.is_err() {
                self.renewal.borrow_mut().put_off();
            }
            self.pace.tell();
            last = Some(result?);
        }
    }

    async fn try_to_renew(
        &mut self,
        task: TokenTask,
        silences: &mut u32,
    ) -> Result<ApiResult, QueryError> {
        let ticket = self.turn().await?;
        let result = match task {
            TokenTask::Renew => self.renew().await,
            TokenTask::Check => Ok(self.service.check_token(self.chance.u128(..)).await),
        };
        self.pace.returned();
        let result = result?;
        let errors = self.renewal.borrow().errors();
        let decision = self.decide(ticket, &result, errors);
        self.ensure_it_is_the_service(&result, None)?;
        let now = Instant::now();
        let renewal = self.service.renewal();
        if self.is_to_be_tried_again(&result).await? {
            // It was waited for just now.
            let again = RetryDecision::Retry {
                after: Duration::ZERO,
                counts: false,
            };
            let mut state = self.renewal.borrow_mut();
            state.answered(&result, again, renewal, now, self.is_known.get());
            return Ok(result);
        }
        *silences = if result.is_err() { *silences + 1 } else { 0 };
        if let Err(error) = &result
            && *silences >= self.policy.retry.tries.get()
        {
            return Err(unreachable(error));
        }
        let mut state = self.renewal.borrow_mut();
        match state.answered(&result, decision, renewal, now, self.is_known.get()) {
            TokenState::Ended(reason) => Err(QueryError::Stopped(reason)),
            _ => Ok(result),
        }
    }

    fn decide(&mut self, ticket: InFlight, result: &ApiResult, errors: u32) -> RetryDecision {
        let chance = self.chance.f64();
        let decision = retry::decide(result, errors, &self.policy.retry, chance);
        let now = Instant::now();
        self.pace.answered(ticket, now, verdict(result, decision));
        self.pace.keep_wait(self.waits, result, now);
        decision
    }

    /// What a result says about the service as a whole: true where nothing was ever answered, and the
    /// time to try again has come.
    async fn is_to_be_tried_again(&mut self, result: &ApiResult) -> Result<bool, QueryError> {
        let Some(error) = no_contact(result) else {
            self.contact.answered();
            return Ok(false);
        };
        let now = Instant::now();
        match self.contact.failed(&error, now) {
            NextTry::After(wait) => {
                self.say_what_is_tried();
                self.wait_until(now + wait).await?;
                Ok(true)
            }
            NextTry::GivenUp => Err(unreachable(&error)),
            // The next try would fail as well.
            NextTry::AsUsual if error.cause.is_permanent() => Err(unreachable(&error)),
            NextTry::AsUsual => Ok(false),
        }
    }

    /// The very first answer shows whether it is a sign-in page, or what a proxy has to say.
    fn ensure_it_is_the_service(
        &self,
        result: &ApiResult,
        fetched: Option<&Fetched>,
    ) -> Result<(), QueryError> {
        let page = fetched.map_or(&[][..], |fetched| &fetched.body);
        match not_of_the_service(result, page) {
            Some(reason) if !self.contact.is_made() => Err(QueryError::Stopped(reason)),
            _ => Ok(()),
        }
    }

    /// A success that has not what was asked for. The service always says what its lists have, so what never did,
    /// and has no tracking id, is something else, and would confirm any change.
    pub(super) fn not_answered(&self, message: String) -> QueryError {
        if self.is_known.get() {
            return QueryError::Unclear(message);
        }
        QueryError::Stopped(AbortReason::NotTheService { message })
    }

    fn unanswered(&self, result: &ApiResult) -> QueryError {
        let message = message_of(result).to_string();
        match result {
            Ok(response) if (200..300).contains(&response.status) => {
                self.not_answered(if message.is_empty() {
                    format!("it answers {} and no list", response.status)
                } else {
                    message
                })
            }
            Ok(response) => QueryError::Refused {
                status: response.status,
                message,
            },
            Err(_) => QueryError::Unclear(message),
        }
    }

    fn say_what_is_tried(&mut self) {
        let address = self.service.url("");
        let held_up = self.service.held_up_by().map(String::from);
        let silence =
            held_up.unwrap_or_else(|| format!("{} has not answered yet", self.service.place()));
        if let Some(word) = self.contact.word(&address, &silence, Instant::now()) {
            self.tell(&word);
        }
    }

    /// What is asked again, and for how long.
    fn say_what_fails(&self, url: &str, result: &ApiResult, left: Duration) {
        let (address, _) = url.split_once('?').unwrap_or((url, ""));
        self.tell(&format!(
            "`{address}` has no answer yet ({}); it is asked again for up to {}",
            in_words(result).trim_end(),
            clock::in_words(left)
        ));
    }

    /// A question is dropped at the first wish to stop: it changes nothing.
    async fn get(
        &mut self,
        url: &str,
        given_up: Option<Instant>,
    ) -> Result<(ApiResult, Option<Fetched>), QueryError> {
        let tracking = self.chance.u128(..);
        let service = self.service;
        let mut answer = pin!(service.get(url, tracking));
        self.contact.begins(Instant::now());
        loop {
            tokio::select! {
                answer = &mut answer => return Ok(answer),
                Some(()) = self.stop.next() => return Err(interrupted()),
                () = at(self.contact.speaks_at()) => self.say_what_is_tried(),
                () = at(self.contact.gives_up_at()) => {
                    return Err(self.given_up());
                }
                () = at(given_up) => {
                    return Err(QueryError::Unclear("there was no answer in time".into()));
                }
            }
        }
    }

    /// Why nothing came in all the time that a first answer is waited for.
    fn given_up(&self) -> QueryError {
        unreachable(&match self.service.held_up_by() {
            Some(what) => TransportError {
                delivery: Delivery::NotSent,
                cause: TransportCause::TimedOut,
                message: what.into(),
            },
            None => self.contact.last_error(),
        })
    }

    /// A new access token is waited for until the second wish: the answer may hold the only refresh
    /// token that is still good. A service that has never answered is given up here as well: it hangs,
    /// and the request would end by its time-out with as little to show.
    async fn renew(&mut self) -> Result<ApiResult, QueryError> {
        let service = self.service;
        let mut renewal = pin!(service.renew());
        self.contact.begins(Instant::now());
        loop {
            tokio::select! {
                result = &mut renewal => return Ok(result),
                () = at(self.contact.speaks_at()) => self.say_what_is_tried(),
                () = at(self.contact.gives_up_at()) => return Err(self.given_up()),
                Some(()) = self.stop.next() => break,
            }
        }
        tokio::select! {
            _ = renewal => {}
            Some(()) = self.stop.next() => {}
        }
        Err(interrupted())
    }

    /// Waits until the next request may leave.
    async fn turn(&mut self) -> Result<InFlight, QueryError> {
        loop {
            let now = Instant::now();
            let wait = self.pace.bearable_wait(self.policy.longest_wait, now);
            let wait = wait.map_err(QueryError::Stopped)?;
            self.ensure_it_is_in_time(wait, now)?;
            if wait > SHORT_WAIT && !self.pace.was_told_until(now + wait) {
                let wait = clock::in_words(wait);
                self.tell(&format!(
                    "the service asks to wait {wait} before it answers"
                ));
            }
            match self.pace.next_send(now) {
                Some(instant) if instant > now => {
                    self.ensure_it_is_in_time(instant.duration_since(now), now)?;
                    self.wait_until(instant).await?;
                }
                Some(_) => return Ok(self.pace.sent(now)),
                None => self.wait_for_news().await?,
            }
        }
    }

    /// Waits for another question that is asked beside this one.
    async fn wait_for_news(&mut self) -> Result<(), QueryError> {
        let pace = Rc::clone(&self.pace);
        tokio::select! {
            () = pace.news() => Ok(()),
            Some(()) = self.stop.next() => Err(interrupted()),
        }
    }

    /// When the others go on without the answer to a question that was asked first at `since`. The very first
    /// answer is waited for as long as that of a single one.
    fn gives_up_at(&self, since: Instant) -> Option<Instant> {
        let patience = self.policy.patience.filter(|_| self.contact.is_made());
        patience.map(|patience| since + patience.errors)
    }

    fn ensure_it_is_in_time(&self, wait: Duration, now: Instant) -> Result<(), QueryError> {
        let mut patience = self.policy.patience.into_iter();
        if patience.any(|patience| now + wait > patience.waits_until) {
            let until = clock::time_of_day(clock::now(), wait);
            return Err(QueryError::Stopped(AbortReason::StillToWait {
                wait,
                until,
            }));
        }
        Ok(())
    }

    async fn wait_until(&mut self, instant: Instant) -> Result<(), QueryError> {
        tokio::select! {
            () = sleep_until(instant) => Ok(()),
            Some(()) = self.stop.next() => Err(interrupted()),
        }
    }
}

/// When a question is asked for the last time that failed first at `since`. Its answer needs time before the others
/// go on without it.
fn last_try(since: Instant, given_up: Option<Instant>) -> Instant {
    let ends = since + PATIENCE_WITH_ERRORS;
    let in_time = given_up.and_then(|given_up| given_up.checked_sub(TIME_TO_ANSWER));
    in_time.map_or(ends, |in_time| in_time.min(ends))
}

/// Never, where there is no instant.
async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => sleep_until(instant).await,
        None => pending().await,
    }
}

fn unreachable(error: &TransportError) -> QueryError {
    QueryError::Stopped(AbortReason::unreachable(error))
}

fn in_words(result: &ApiResult) -> String {
    match result {
        Ok(response) => format!("{} {}", response.status, response.message),
        Err(error) => error.message.to_string(),
    }
}

fn interrupted() -> QueryError {
    QueryError::Stopped(AbortReason::Interrupted)
}
