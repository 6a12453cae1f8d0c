//! When the next request may leave: never before the service said, and just under a limit nobody published.
//!
//! ```text
//! gate open? ── below --rate? ── its turn? ──▶ send
//!   gate          ceiling         search
//!    ▲              ▲               ▲
//!    └──────────────┴── answered ───┘
//! ```
//!
//! A pure state machine on instants that are handed in: it never sleeps and reads no clock. The caller owns the
//! waiting, and so can interrupt it at once. There is one pacer for each user of the service.
//!
//! # How the limit is found
//!
//! **Until the first refusal** nothing is known, and requests on the wire grow as in TCP's slow start
//! ([`slow_start`]).
//!
//! **From then on** the pacer keeps two hundred guesses at the limit ([`candidate`]). Each is a token bucket with a rate,
//! a burst and a probability, it gets every request that we send, and it says which of them it would have refused. A
//! guess that foretold an answer gains on those that did not: a request that passed refutes guesses that are too slow, and
//! a refusal those that are too fast. From time to time the guesses are drawn anew, close to those that did well. This is
//! a particle filter ([`particle_filter`]). Besides rates it weighs two other reasons for a refusal: a cap on requests at
//! once, and noise, which refuses one request in so many whatever we do. So a refusal amid others that pass is noise,
//! since no slow guess explains those that passed, and one that takes its neighbors along is a limit.
//!
//! **A request leaves as soon as that is worth its risk:** when the guesses that would refuse it, weighed by what a
//! refusal costs, count no more than those that would let it pass. A refusal costs a place in line and what would have
//! passed during the pause, unless the burst saves that up. So where the service says "1 s" the rate is tried boldly,
//! and where it says "60 s" shyly.
//!
//! - **The first refusal** makes the guesses: all rates are as likely, from one in 100 s to faster than we sent. Each has
//!   the burst that would have been used up just now. The gate is closed, then two requests leave, and each that passes lets one
//!   more on the wire.
//! - **The second refusal** leaves those rates that fit what passed since the first: the limit is known to a third or so.
//! - **The tenth** comes after some hundred requests, and the rate is known to a few percent. From then on the guesses
//!   stay so close together that one request in fifty or fewer is refused. They never stop moving a little, so that a
//!   limit that changes is followed.
//!
//! What was found is remembered as an [`Estimate`] and is where the next run, or another lane, begins.

mod candidate;
mod ceiling;
mod estimate;
mod gate;
mod memory;
mod particle_filter;
mod rate;
mod search;
mod slow_start;
#[cfg(test)]
mod tests;

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use ceiling::Ceiling;
pub use estimate::Estimate;
use gate::Gate;
pub use memory::Memory;
pub use rate::{Rate, RateError};
use search::Search;

/// What a run asks of its pacer.
#[derive(Debug, Clone)]
pub struct PaceSettings {
    /// The most requests on the wire at once.
    pub concurrency: NonZeroUsize,
    /// The rate a person said must not be passed.
    pub ceiling: Option<Rate>,
    /// What an earlier run or another lane found.
    pub remembered: Option<Estimate>,
}

/// When the next request may leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendDecision {
    Now,
    /// Not before this instant; ask again then, it may have moved.
    At(Instant),
    /// Only an answer can change anything.
    WhenOneReturns,
}

/// What an answer says about the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// Any answer but a throttle: it was processed, and cost budget.
    Accepted,
    /// Not processed; `None` when the service did not say readably for how long.
    Throttled { wait: Option<Duration> },
    /// Not processed, for a reason that has nothing to do with how fast we are: the location is locked, the service is
    /// down, or this row alone is refused again and again while others pass. Everyone waits, and the rate stays.
    Held { wait: Option<Duration> },
    /// The transport failed: nothing learned about the limit.
    Silent,
}

/// A request on the wire, to be handed back with its answer.
#[derive(Debug, Clone, Copy)]
pub struct InFlight {
    left: Instant,
    /// How many left before it in this run.
    sequence: u64,
    /// Events of the gate when it left.
    events: u32,
    /// Requests on the wire when it left, itself not counted.
    ahead: usize,
}

impl InFlight {
    /// How long ago it left.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.left)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No limit met yet.
    Starting,
    /// A limit was met, and is not known well.
    Searching,
    /// Just under the limit.
    Holding,
    /// The service counts requests at once; so many are allowed.
    AtMost(usize),
}

/// For the progress bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaceStatus {
    pub closed_until: Option<Instant>,
    /// Requests a second, once there is a limit to keep.
    pub rate: Option<f64>,
    pub phase: Phase,
}

/// Counts of one run are far below where a float stops counting.
#[expect(
    clippy::cast_precision_loss,
    reason = "a run has fewer than 2^53 requests"
)]
fn float<N: TryInto<u64>>(count: N) -> f64 {
    count.try_into().map_or(f64::MAX, |count| count as f64)
}

#[derive(Debug)]
pub struct Pacer {
    gate: Gate,
    ceiling: Option<Ceiling>,
    search: Search,
    sent: u64,
    on_wire: usize,
}

impl Pacer {
    pub fn new(settings: &PaceSettings, now: Instant) -> Self {
        Self {
            gate: Gate::default(),
            ceiling: settings.ceiling.and_then(|rate| Ceiling::new(rate, now)),
            search: Search::new(settings.concurrency, settings.remembered, now),
            sent: 0,
            on_wire: 0,
        }
    }

    /// For a run that follows after a while. What was learned of the limit is stale by then; what was promised is not.
    #[must_use]
    pub fn afresh(self, settings: &PaceSettings, now: Instant) -> Self {
        let mut pacer = Self {
            ceiling: self.ceiling,
            ..Self::new(settings, now)
        };
        if let Some(opens) = self.gate.closed_until(now) {
            pacer.close_until(opens, now);
        }
        pacer
    }

    /// Nothing leaves before `opens`, which the service announced to somebody else or to an earlier process.
    pub fn close_until(&mut self, opens: Instant, now: Instant) {
        self.gate
            .hold(now, Some(opens.saturating_duration_since(now)));
    }

    /// The instant before which the service wants no request, to be kept for other processes; `None` when it has passed.
    pub fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.gate.closed_until(now)
    }

    /// May be asked any number of times: it spends nothing.
    pub fn next_send(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        self.on_wire = on_wire;
        let mut at = match self.search.next_send(now, on_wire) {
            SendDecision::Now => now,
            SendDecision::At(at) => at,
            SendDecision::WhenOneReturns => return SendDecision::WhenOneReturns,
        };
        if let Some(ceiling) = &self.ceiling {
            at = at.max(ceiling.free_at());
        }
        if let Some(opens) = self.gate.closed_until(now) {
            at = at.max(opens);
        }
        if at <= now {
            SendDecision::Now
        } else {
            SendDecision::At(at)
        }
    }

    /// A request leaves now and spends the turn.
    pub fn sent(&mut self, now: Instant) -> InFlight {
        let request = InFlight {
            left: now,
            sequence: self.sent,
            events: self.gate.events(),
            ahead: self.on_wire,
        };
        self.sent += 1;
        self.on_wire += 1;
        if let Some(ceiling) = &mut self.ceiling {
            ceiling.spend(now);
        }
        self.search.sent(now);
        request
    }

    pub fn answered(&mut self, request: InFlight, now: Instant, feedback: Feedback) {
        match feedback {
            Feedback::Accepted => {
                self.gate.accepted(request.events);
                self.search.accepted(&request, now);
            }
            Feedback::Throttled { wait } => {
                let opens = self.gate.refused(request.events, now, wait);
                self.search.refused(&request, now, opens);
            }
            Feedback::Held { wait } => {
                self.gate.hold(now, wait);
                self.search.uncounted(&request);
            }
            // It may have counted or not. Nothing passed, so nothing is refuted.
            Feedback::Silent => {}
        }
    }

    pub fn status(&self, now: Instant) -> PaceStatus {
        PaceStatus {
            closed_until: self.gate.closed_until(now),
            rate: self.search.rate(),
            phase: self.search.phase(),
        }
    }

    /// What the next run, or another lane, should begin with, once this one has found a limit.
    pub fn estimate(&self) -> Option<Estimate> {
        self.search.estimate()
    }
}
