//! When the next request may leave: never before the service said, and just under a limit nobody published.
//!
//! ```text
//! free permit? ── gate open? ── below --rate? ── its turn? ──▶ depart
//!   permits         gate          ceiling         search
//!      ▲              ▲                              ▲
//!      └──────────────┴───────── answered ───────────┘
//! ```
//!
//! A pure state machine on instants that are handed in: it never sleeps and reads no clock. The caller owns the
//! waiting, and so can interrupt it at once.
//!
//! # How the limit is found
//!
//! Until the first refusal requests on the wire grow as in TCP's slow start, from 4, by 1 for each answer up to 10 and then
//! by 0.3 (`permits`). Each refusal closes the gate, and from then on the search goes on twice: as if the limit had been
//! met, and as if this was noise. What becomes of the requests that left right after tells which of the two decides
//! (`noise_filter`). Noise only keeps the pause. The limit lies in a bracket (`bracket`) between what is proven to pass
//! and what was refused:
//!
//! - **The first refusal**, if the limit's, makes the bracket. Its ceiling is the rate sent, or what came through between the first and
//!   the last refusal of the event. The rate goes on at 2.5 times what came through until then and doubles each second,
//!   up to 0.4 of the bracket.
//! - **The second** leaves what passed since the first as its floor, and the rate refused as its ceiling. The rate goes on
//!   half-way between them, or a quarter of the way where the refusal came sooner than the pause before it was long, and
//!   climbs to three quarters while it is held.
//! - **By the tenth** the bracket is a few percent wide. A rate is held for 10 to 1,000 seconds, as long as it takes for one
//!   refusal to cost 0.4 % of it; then a faster one is tried, by 0.5 % more with each step.
//!
//! A refusal at what was proven, or long before its time, means that someone else came: 15 % are given up and regained
//! (`fairness`). The rate never sinks below one request in two pauses where that much was given lately (`rate_floor`).
//! Services that are not a rate are told apart: a cap on requests at once (`permits`) and whole minutes (`fixed_window`).
//!
//! What was found is remembered as an [`Estimate`], where the next run begins, and the other users of this one
//! (`limit_sharing`): one of them looks for the limit, and one that is refused meanwhile has met a limit, too.

mod bracket;
mod burst_credit;
mod burst_sample;
mod ceiling;
mod estimate;
mod excess;
mod fairness;
mod fixed_window;
mod gate;
mod limit_sharing;
mod memory;
mod noise_filter;
mod permits;
mod rate;
mod rate_floor;
mod search;
mod strays;
#[cfg(test)]
mod tests;
mod wait_memory;

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use ceiling::Ceiling;
pub use estimate::Estimate;
pub use gate::PAUSE_WITHOUT_WORD;
use gate::{Closing, Gate};
pub use limit_sharing::share_what_was_learned;
pub use memory::Memory;
use noise_filter::NoiseFilter;
pub use rate::{Rate, RateError};
pub use wait_memory::{KeptWait, WaitMemory};

/// What a run asks of its pacer.
#[derive(Debug, Clone)]
pub struct PaceSettings {
    /// The most requests on the wire at once.
    pub concurrency: NonZeroUsize,
    /// The rate a person said must not be passed, by all users together.
    pub ceiling: Option<Rate>,
    /// What an earlier run found.
    pub remembered: Option<Estimate>,
}

impl PaceSettings {
    /// Of a user of whom nothing is known and who is asked a question after the other.
    pub const ONE_AT_A_TIME: PaceSettings = PaceSettings {
        concurrency: NonZeroUsize::MIN,
        ceiling: None,
        remembered: None,
    };
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
    /// Not processed, for a reason that has nothing to do with how fast we are (the location is locked, the service
    /// is down): everyone waits, and the rate stays what it was.
    Held { wait: Option<Duration> },
    /// The transport failed: nothing learned about the limit.
    Silent,
}

/// One request's departure, to be handed back with its answer.
#[derive(Debug, Clone, Copy)]
pub struct InFlight {
    departed: Instant,
    /// How many departed before it in this run.
    sequence: u64,
    /// Events of the gate when it left.
    events: u32,
    /// Requests on the wire when it left, itself not counted.
    ahead: usize,
}

impl InFlight {
    /// How long ago it left.
    pub fn age(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.departed)
    }

    /// Whether nothing else was on the wire when it left.
    pub fn left_alone(&self) -> bool {
        self.ahead == 0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No limit met yet.
    Starting,
    /// Between what is known to pass and what is known to be too fast.
    Searching,
    /// Just under the limit.
    Holding,
    /// The service counts requests at once, and allows this number.
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
    /// That of all users together.
    ceiling: Option<Rc<RefCell<Ceiling>>>,
    search: NoiseFilter,
    departures: u64,
    on_wire: usize,
}

impl Pacer {
    pub fn new(settings: &PaceSettings, now: Instant) -> Self {
        Self {
            gate: Gate::default(),
            ceiling: settings
                .ceiling
                .and_then(|rate| Ceiling::new(rate, now))
                .map(|ceiling| Rc::new(RefCell::new(ceiling))),
            search: NoiseFilter::new(settings.concurrency, settings.remembered, now),
            departures: 0,
            on_wire: 0,
        }
    }

    /// For another user of the same run, whose limit is another, and likely alike: while this one looks for
    /// it, the other has few requests on the wire. The rate that a person named is for all.
    #[must_use]
    pub fn beside(&self, settings: &PaceSettings, now: Instant) -> Self {
        let mut pacer = self.successor(settings, now);
        pacer.search.wait_and_see(true);
        pacer
    }

    fn successor(&self, settings: &PaceSettings, now: Instant) -> Self {
        Self {
            ceiling: self.ceiling.clone(),
            ..Self::new(settings, now)
        }
    }

    /// Whether no limit was met or learned yet.
    pub fn knows_nothing(&self) -> bool {
        self.search.phase() == Phase::Starting
    }

    /// Begins with what another user has found, unless a limit was met already.
    pub fn learn(&mut self, found: Estimate, now: Instant) {
        self.search.learn(found, self.departures, now);
    }

    /// Whether it has sent more than all who have found these limits could have sent: its own is another.
    fn is_beyond(&self, found: &[Estimate], now: Instant) -> bool {
        let sent = self.departures.saturating_sub(self.on_wire as u64);
        let mut found = found.iter();
        found.len() > 0 && found.all(|one| self.search.is_beyond(*one, sent, now))
    }

    /// This one looks for its limit too, whatever others have found.
    pub fn look_for_itself(&mut self) {
        self.search.wait_and_see(false);
    }

    /// For a run that follows after a while. What was learned of the limit is stale by then; what was promised is not.
    #[must_use]
    pub fn afresh(&self, settings: &PaceSettings, now: Instant) -> Self {
        let mut pacer = self.successor(settings, now);
        pacer.search.wait_and_see(self.search.waits_and_sees());
        if let Some(opens) = self.gate.closed_until(now) {
            pacer.close_until(opens, now);
        }
        pacer
    }

    /// Keeps the gate closed until an instant that the service named before this pacer was made.
    pub fn close_until(&mut self, opens: Instant, now: Instant) {
        let wait = opens.saturating_duration_since(now);
        if !wait.is_zero() {
            self.gate.hold(now, Some(wait));
            self.search.held(wait, opens);
        }
    }

    /// May be asked any number of times: it spends nothing.
    pub fn next_send(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        self.on_wire = on_wire;
        if on_wire >= self.search.permits() {
            return SendDecision::WhenOneReturns;
        }
        let mut at = self.search.turn().unwrap_or(now);
        if let Some(ceiling) = &self.ceiling {
            at = at.max(ceiling.borrow().free_at());
        }
        if let Some(opens) = self.gate.opens() {
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
        let ticket = InFlight {
            departed: now,
            sequence: self.departures,
            events: self.gate.events(),
            ahead: self.on_wire,
        };
        self.departures += 1;
        self.on_wire += 1;
        if let Some(ceiling) = &self.ceiling {
            ceiling.borrow_mut().spend(now);
        }
        self.search.departed(now);
        ticket
    }

    pub fn answered(&mut self, ticket: InFlight, now: Instant, verdict: Feedback) {
        match verdict {
            Feedback::Accepted => {
                self.gate.accepted(ticket.events);
                self.search.accepted(&ticket, now);
            }
            Feedback::Throttled { wait } => {
                let closing = self.gate.refused(ticket.events, now, wait);
                let opens = self.gate.opens().unwrap_or(now);
                match closing {
                    Closing::NewEvent => self.search.refused(&ticket, opens, wait.is_some()),
                    Closing::SameEvent => self.search.refused_again(&ticket, opens),
                }
            }
            Feedback::Held { wait } => {
                let before = self.gate.opens().map_or(now, |opens| opens.max(now));
                let opens = self.gate.hold(now, wait);
                self.search
                    .held(opens.saturating_duration_since(before), opens);
            }
            Feedback::Silent => {}
        }
    }

    /// The refusal of this request, which was taken for one of everybody, was its own: it says nothing about the limit.
    pub fn take_back(&mut self, refused: &InFlight) {
        self.search.take_back(refused);
    }

    pub fn status(&self, now: Instant) -> PaceStatus {
        let rate = self.search.rate();
        PaceStatus {
            closed_until: self.gate.closed_until(now),
            rate,
            phase: match (self.search.phase(), &self.ceiling) {
                // There is nothing to find below a rate that was named, unless less than that was too fast.
                (Phase::Starting, Some(_)) => Phase::Holding,
                (Phase::Searching, Some(ceiling))
                    if rate.is_none_or(|rate| ceiling.borrow().is_below(rate)) =>
                {
                    Phase::Holding
                }
                (phase, _) => phase,
            },
        }
    }

    /// What the next run should start from, once this one has found a limit.
    pub fn estimate(&self) -> Option<Estimate> {
        self.search.estimate()
    }
}
