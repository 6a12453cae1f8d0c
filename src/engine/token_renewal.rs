//! When the access token is replaced: once per token, however many requests wait for it. And whose
//! fault a 401 is, the token's or the request's own.
//!
//! A refused request asks for a new token where there can be one. Where there cannot, or where the
//! new one has let nobody in, or where one request was refused by several in turn, a question
//! that any token may ask decides: a 401 again means that the token is over, and any other
//! answer that the request itself is what is refused. Without that question one location in a
//! thousand that answers 401 would end every resumed run.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::abort::AbortReason;
use crate::model::response::{ApiResult, TOKEN_OF_ANOTHER, message_of};
use crate::retry::RetryDecision;
use crate::webex::Renewal;

/// Tokens that may refuse one request before it is suspected itself.
const MOST_REFUSALS: u32 = 3;

/// What is asked about the token while everything else waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenTask {
    /// A new one.
    Renew,
    /// Whether it is accepted at all.
    Check,
}

/// Which token counts, and what is asked about it.
#[derive(Debug, Default)]
pub(super) struct TokenRenewal {
    /// How often it was replaced; a request keeps the number it left with.
    token: u32,
    /// Someone was let in by it.
    has_let_in: bool,
    wanted: Option<TokenTask>,
    is_under_way: bool,
    not_before: Option<Instant>,
    /// Failed tries of what is under way.
    errors: u32,
}

/// What a refused request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is sent again, with a new token.
    SendAgain,
    /// The check decides; until then the request is under suspicion.
    Suspect,
}

/// What is known when a task has its answer.
#[derive(Debug)]
pub(super) enum TokenState {
    /// A new token is there.
    Renewed,
    /// The token is good: the suspected request is what is refused.
    Accepted,
    /// Nothing yet; the task is tried again.
    Open,
    Ended(AbortReason),
}

impl TokenRenewal {
    pub(super) fn token(&self) -> u32 {
        self.token
    }

    /// What has to be asked now instead of sending anything else.
    pub(super) fn due(&self, now: Instant, renewal: Renewal) -> Option<TokenTask> {
        let in_time = matches!(renewal, Renewal::DueAt(at) if at <= now);
        let wanted = self.wanted.or(in_time.then_some(TokenTask::Renew));
        wanted.filter(|_| !self.is_under_way)
    }

    /// Everything else has to wait for the answer.
    pub(super) fn is_under_way(&self) -> bool {
        self.is_under_way
    }

    /// Whether anything is asked about the token.
    pub(super) fn is_in_question(&self) -> bool {
        self.wanted.is_some()
    }

    /// After a failed try everything waits for this.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    /// Failed tries of the task so far.
    pub(super) fn errors(&self) -> u32 {
        self.errors
    }

    pub(super) fn begins(&mut self, task: TokenTask) {
        self.wanted = Some(task);
        self.is_under_way = true;
    }

    /// The task under way has its answer. `is_known`: the service has answered something else before.
    pub(super) fn answered(
        &mut self,
        result: &ApiResult,
        decision: RetryDecision,
        renewal: Renewal,
        now: Instant,
        is_known: bool,
    ) -> TokenState {
        let message = || message_of(result).to_string();
        match (decision, self.wanted.unwrap_or(TokenTask::Check)) {
            (RetryDecision::Throttled { .. }, _) => self.try_again(now, Duration::ZERO, false),
            (RetryDecision::Retry { after, counts }, _) => self.try_again(now, after, counts),
            (RetryDecision::Succeeded, TokenTask::Renew) => {
                *self = TokenRenewal {
                    token: self.token + 1,
                    ..TokenRenewal::default()
                };
                TokenState::Renewed
            }
            (_, TokenTask::Renew) if is_of_another(result) => {
                TokenState::Ended(AbortReason::TokenOfAnother { message: message() })
            }
            (_, TokenTask::Renew) if is_refused(result) => {
                TokenState::Ended(AbortReason::NotRenewed { message: message() })
            }
            (_, TokenTask::Renew) => {
                TokenState::Ended(AbortReason::NoTokenGiven { message: message() })
            }
            // It ended meanwhile.
            (RetryDecision::Unauthorized, TokenTask::Check)
                if self.has_let_in && renewal != Renewal::Impossible =>
            {
                self.wanted = Some(TokenTask::Renew);
                self.try_again(now, Duration::ZERO, false)
            }
            (RetryDecision::Unauthorized, TokenTask::Check) => {
                TokenState::Ended(AbortReason::of_refused_token(result, is_known))
            }
            (RetryDecision::Succeeded | RetryDecision::GiveUp, TokenTask::Check) => {
                *self = TokenRenewal {
                    token: self.token,
                    has_let_in: true,
                    ..TokenRenewal::default()
                };
                TokenState::Accepted
            }
        }
    }

    /// The task under way has no answer and is left to others.
    pub(super) fn put_off(&mut self) {
        self.is_under_way = false;
    }

    fn try_again(&mut self, now: Instant, after: Duration, counts: bool) -> TokenState {
        self.is_under_way = false;
        self.not_before = Some(now + after);
        self.errors += u32::from(counts);
        TokenState::Open
    }

    /// A request was let in, which left with `token`.
    pub(super) fn accepted(&mut self, token: u32) {
        self.has_let_in |= token == self.token;
    }

    /// One was not, which left with `token`; `refusals` is how often it was refused by now.
    pub(super) fn refused(&mut self, token: u32, refusals: u32, renewal: Renewal) -> Refusal {
        // It left before the token was replaced, or while it is in question already.
        if token != self.token || self.wanted.is_some() {
            return Refusal::SendAgain;
        }
        let is_new = token > 0;
        let is_suspect = renewal == Renewal::Impossible
            || (is_new && !self.has_let_in)
            || refusals > MOST_REFUSALS;
        if is_suspect {
            self.wanted = Some(TokenTask::Check);
            return Refusal::Suspect;
        }
        self.wanted = Some(TokenTask::Renew);
        Refusal::SendAgain
    }
}

/// Whether the service says no to a refresh token, as the OAuth standard has it (RFC 6749, 5.2).
fn is_refused(result: &ApiResult) -> bool {
    matches!(result, Ok(response) if matches!(response.status, 400 | 401 | 403))
}

fn is_of_another(result: &ApiResult) -> bool {
    matches!(result, Ok(response) if &*response.error_code == TOKEN_OF_ANOTHER)
}
