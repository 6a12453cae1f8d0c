//! When the access token is replaced while a run goes on: once per token, however many rows wait.

use std::time::Duration;

use tokio::time::Instant;

use crate::webex;

/// A row that so many tokens in turn refused is itself what is refused.
const MOST_REFUSALS: u32 = 3;

/// Which token counts, and whether a new one is on its way.
#[derive(Debug, Default)]
pub(super) struct Renewal {
    /// How often it was replaced; a request keeps the number it left with.
    token: u32,
    /// Someone was let in since a row was last blamed: so it can be a row's fault at all.
    may_be_the_row: bool,
    is_wanted: bool,
    is_under_way: bool,
    not_before: Option<Instant>,
    /// Failed tries for the token to come.
    pub(super) errors: u32,
}

/// What a refused request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The row is sent again, with a new token.
    Passing,
    /// It is the row and not the token.
    OfTheRow,
    /// There is no other token to be had, or a new one is no better.
    Final,
}

impl Renewal {
    pub(super) fn token(&self) -> u32 {
        self.token
    }

    /// Whether to fetch a new token now instead of sending a row.
    pub(super) fn is_due(&self, now: Instant, renewal: webex::Renewal) -> bool {
        let in_time = matches!(renewal, webex::Renewal::DueAt(at) if at <= now);
        (self.is_wanted || in_time) && !self.is_under_way
    }

    /// Rows have to wait for the answer.
    pub(super) fn is_under_way(&self) -> bool {
        self.is_under_way
    }

    /// After a failed try rows and the next try wait for this.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.not_before
    }

    pub(super) fn begins(&mut self) {
        self.is_wanted = true;
        self.is_under_way = true;
    }

    pub(super) fn succeeded(&mut self) {
        *self = Renewal {
            token: self.token + 1,
            may_be_the_row: self.may_be_the_row,
            ..Renewal::default()
        };
    }

    pub(super) fn try_again(&mut self, now: Instant, after: Duration, counts: bool) {
        self.is_under_way = false;
        self.not_before = Some(now + after);
        self.errors += u32::from(counts);
    }

    /// A request was let in.
    pub(super) fn accepted(&mut self) {
        self.may_be_the_row = true;
    }

    /// One was not, which left with `token`; `refusals` is how often its row was refused by now.
    pub(super) fn refused(
        &mut self,
        token: u32,
        refusals: u32,
        renewal: webex::Renewal,
    ) -> Refusal {
        let is_new = token > 0;
        if renewal == webex::Renewal::Impossible || (is_new && !self.may_be_the_row) {
            return Refusal::Final;
        }
        if refusals > MOST_REFUSALS {
            self.may_be_the_row = false;
            return Refusal::OfTheRow;
        }
        // Unless it left before the token was replaced.
        self.is_wanted |= token == self.token;
        Refusal::Passing
    }
}
