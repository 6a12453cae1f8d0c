//! The search for a rate the service accepts, from nothing but departures and answers.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use super::{Phase, Ticket};

/// On the wire at the very start: enough to learn the round trip, too few to annoy.
const FIRST_WINDOW: f64 = 5.0;
/// How much of the window each accepted answer adds while no limit was met.
const GROWTH_PER_ANSWER: f64 = 0.5;
/// The slowest rate the search goes to, a second: one request in a hundred seconds.
const SLOWEST: f64 = 0.01;
/// The fastest paced rate, a second; beyond it a timer per request costs more than the limit.
const FASTEST: f64 = 100_000.0;
/// Seconds a timer may be late without its turn being lost.
const LATENESS: f64 = 0.005;
/// The share of all time the search may spend in pauses of its own making.
const WASTE_BUDGET: f64 = 0.004;

#[derive(Debug)]
pub(super) struct Search {
    start: Instant,
    concurrency: usize,
    window: f64,
    round_trip: f64,
    limit: Option<Limit>,
    most_accepted_ahead: usize,
    least_refused_ahead: usize,
    cap: Option<usize>,
    cap_refuted: u32,
    accepted: u64,
    events: u32,
    opened: f64,
    opened_sequence: u64,
    emptied: f64,
    next_turn: f64,
    /// accepted, active seconds, gate seconds of the cycle before
    before: Option<(f64, f64, f64)>,
    kept: f64,
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    low: f64,
    high: f64,
    share: f64,
    rate: f64,
    hold: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests in one run")]
fn float(count: u64) -> f64 {
    count as f64
}

impl Search {
    pub(super) fn new(concurrency: NonZeroUsize, remembered: Option<f64>, now: Instant) -> Self {
        Self {
            start: now,
            concurrency: concurrency.get(),
            window: FIRST_WINDOW,
            round_trip: 0.0,
            limit: remembered.map(|rate| Limit {
                low: 0.0,
                high: rate.clamp(SLOWEST, FASTEST),
                share: 0.9,
                rate: rate.clamp(SLOWEST, FASTEST) * 0.9,
                hold: 20.0,
            }),
            most_accepted_ahead: 0,
            least_refused_ahead: usize::MAX,
            cap: None,
            cap_refuted: 0,
            accepted: 0,
            events: 0,
            opened: 0.0,
            opened_sequence: 0,
            emptied: 0.0,
            next_turn: 0.0,
            before: None,
            kept: 0.5,
        }
    }

    pub(super) fn permits(&self) -> usize {
        if let Some(cap) = self.cap {
            return cap.min(self.concurrency);
        }
        if self.limit.is_some() {
            return self.concurrency;
        }
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
        if self.limit.is_none() || self.cap.is_some() {
            return now;
        }
        self.start
            .checked_add(Duration::from_secs_f64(self.next_turn.max(0.0)))
            .unwrap_or(now)
    }

    pub(super) fn departed(&mut self, now: Instant) {
        let now = self.seconds(now);
        let (opened, emptied, accepted) = (self.opened, self.emptied, self.accepted);
        if let Some(limit) = &mut self.limit {
            let proven = (float(accepted) - 1.0) / (now - emptied).max(0.001);
            let low = limit.low.max(proven);
            let over = ((now - opened - limit.hold) / (limit.hold / 20.0).max(1.0)).max(0.0);
            let high = limit.high * (1.0 + 0.01 * over + 0.01 * over * over);
            let low = low.min(high);
            let mut rate = low + limit.share * (high - low);
            if limit.hold < 1e9 { rate = rate.max(limit.rate.min(high)); }
            limit.rate = rate.clamp(SLOWEST, FASTEST);
            self.next_turn = self.next_turn.max(now - LATENESS) + 1.0 / limit.rate;
        }
    }

    pub(super) fn accepted(&mut self, ticket: &Ticket, now: Instant) {
        let sample = now.saturating_duration_since(ticket.departed).as_secs_f64();
        self.round_trip +=
            (sample - self.round_trip) / if self.round_trip > 0.0 { 8.0 } else { 1.0 };
        self.most_accepted_ahead = self.most_accepted_ahead.max(ticket.ahead);
        if ticket.events == self.events {
            self.accepted += 1;
        }
        let most = float(self.concurrency as u64);
        let slow = if self.window > 10.0 { 0.25 } else { GROWTH_PER_ANSWER };
        self.window = (self.window + slow).min(most);
    }

    pub(super) fn limit_met(&mut self, ticket: &Ticket, opens: Instant, _departures: u64) {
        self.events += 1;
        let left = self.seconds(ticket.departed);
        let reopens = self.seconds(opens);
        let passed = float(ticket.sequence.saturating_sub(self.opened_sequence));
        let active = (left - self.opened).max(0.001);
        let span = (left - self.emptied).max(active);
        let gate = span - active;
        let round_trip = if self.round_trip > 0.0 { self.round_trip } else { 0.25 };
        self.least_refused_ahead = self.least_refused_ahead.min(ticket.ahead);
        let separable = self.least_refused_ahead >= self.most_accepted_ahead.max(2);
        if self.cap.is_some() && !separable {
            self.cap_refuted += 1;
            self.cap = None;
        } else if self.events >= 2 && separable && self.cap_refuted < 2 {
            self.cap = Some(self.least_refused_ahead);
        }
        let pause = reopens - left;
        self.limit = Some(match self.limit {
            None => {
                let high = float(ticket.ahead as u64 + 1) / round_trip;
                let low = if pause > 5.0 { passed / (reopens - self.opened) } else { 0.0 };
                let share = if pause > 5.0 { 0.3 } else { 0.5 };
                Limit { low: low.min(high), high, share, rate: 0.0, hold: 20.0 }
            }
            Some(limit) => {
                if let Some((a, d, g)) = self.before
                    && (active > 1.5 * d || d > 1.5 * active)
                {
                    let below = a * gate - passed * g;
                    let kept = (passed * d - a * active) / below;
                    if kept.is_finite() {
                        self.kept = kept.clamp(0.0, 1.0);
                    }
                }
                let low_now = (passed - 1.0).max(0.0) / span;
                let high = limit.rate;
                let low = if high < limit.low * 1.02 { low_now } else { limit.low.max(low_now) };
                let share = if active < gate {
                    0.25
                } else {
                    (1.0 - self.kept).clamp(0.25, 0.8)
                };
                let cost = pause * (1.0 - self.kept) + 0.1 * pause;
                Limit { low: low.min(high), high, share, rate: 0.0, hold: (cost / WASTE_BUDGET).clamp(10.0, 1000.0) }
            }
        });
        if self.events >= 2 {
            self.before = Some((passed, active, gate));
        }
        self.accepted = 0;
        self.emptied = left;
        self.reopen(ticket, opens);
        self.departed(opens);
        self.next_turn = self.opened;
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
        self.limit.filter(|_| self.cap.is_none()).map(|limit| limit.rate)
    }

    pub(super) fn phase(&self) -> Phase {
        if self.limit.is_none() {
            Phase::Starting
        } else {
            Phase::Searching
        }
    }
}
