//! The search for a rate the service accepts, from nothing but departures and answers.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use super::{Phase, Ticket};

/// On the wire at the very start: enough to learn the round trip, too few to annoy.
const FIRST_WINDOW: f64 = 4.0;
/// How much of the window each accepted answer adds while no limit was met: doubles every other round trip.
const GROWTH_PER_ANSWER: f64 = 0.4;
/// The slowest rate the search goes to, a second: one request in a hundred seconds.
const SLOWEST: f64 = 0.01;
/// The fastest paced rate, a second; beyond it a timer per request costs more than the limit.
const FASTEST: f64 = 100_000.0;
/// Turns that may be saved up while a timer is late.
const LATENESS_TURNS: f64 = 1.5;

#[derive(Debug)]
pub(super) struct Search {
    start: Instant,
    concurrency: usize,
    window: f64,
    round_trip: f64,
    rate: Option<f64>,
    too_fast: f64,
    next_turn: f64,
    opened: f64,
    opened_sequence: u64,
    emptied: f64,
}

impl Search {
    pub(super) fn new(concurrency: NonZeroUsize, remembered: Option<f64>, now: Instant) -> Self {
        Self {
            start: now,
            concurrency: concurrency.get(),
            window: FIRST_WINDOW,
            round_trip: 0.0,
            rate: remembered.map(|rate| rate.clamp(SLOWEST, FASTEST)),
            too_fast: FASTEST,
            next_turn: 0.0,
            opened: 0.0,
            opened_sequence: 0,
            emptied: 0.0,
        }
    }

    pub(super) fn permits(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the window is between one and the concurrency"
        )]
        let window = self.window as usize;
        window.clamp(1, self.concurrency)
    }

    fn seconds(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.start).as_secs_f64()
    }

    pub(super) fn turn(&self, now: Instant) -> Instant {
        if self.rate.is_none() {
            return now;
        }
        self.start
            .checked_add(Duration::from_secs_f64(self.next_turn.max(0.0)))
            .unwrap_or(now)
    }

    pub(super) fn departed(&mut self, now: Instant) {
        let now = self.seconds(now);
        if let Some(rate) = &mut self.rate {
            let period = 1.0 / *rate;
            self.next_turn = self.next_turn.max(now - LATENESS_TURNS * period) + period;
            // A doubling takes fifty round trips: slow enough to stay near what was found.
            *rate = (*rate * 1.000_5).min(FASTEST);
        }
    }

    pub(super) fn accepted(&mut self, ticket: &Ticket, now: Instant) {
        let sample = now.saturating_duration_since(ticket.departed).as_secs_f64();
        self.round_trip +=
            (sample - self.round_trip) / if self.round_trip > 0.0 { 8.0 } else { 1.0 };
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of requests on the wire"
        )]
        let most = self.concurrency as f64;
        self.window = (self.window + GROWTH_PER_ANSWER).min(most);
    }

    pub(super) fn limit_met(&mut self, ticket: &Ticket, opens: Instant, _departures: u64) {
        let left = self.seconds(ticket.departed);
        #[expect(clippy::cast_precision_loss, reason = "counts of requests in one run")]
        let (passed, ahead) = (
            ticket.sequence.saturating_sub(self.opened_sequence) as f64,
            ticket.ahead as f64,
        );
        let present = self
            .rate
            .unwrap_or((ahead + 1.0) / self.round_trip.max(0.001));
        let floor = (passed / (left - self.emptied).max(0.001)).min(present);
        self.too_fast = present;
        let next = if self.rate.is_some() {
            floor.max(present * 0.5)
        } else {
            present * 0.6
        };
        self.rate = Some(next.clamp(SLOWEST, FASTEST));
        self.emptied = left;
        self.reopen(ticket, opens);
    }

    pub(super) fn limit_met_again(&mut self, ticket: &Ticket, opens: Instant) {
        self.emptied = self.emptied.max(self.seconds(ticket.departed));
        self.reopen(ticket, opens);
    }

    fn reopen(&mut self, ticket: &Ticket, opens: Instant) {
        self.opened = self.seconds(opens);
        self.next_turn = self.opened;
        self.opened_sequence = self.opened_sequence.max(ticket.sequence + 1);
    }

    pub(super) fn rate(&self) -> Option<f64> {
        self.rate
    }

    pub(super) fn phase(&self) -> Phase {
        if self.rate.is_none() {
            Phase::Starting
        } else {
            Phase::Searching
        }
    }
}
