//! The search for a rate the service accepts, from nothing but departures and answers.
//!
//! While nothing is refused, requests on the wire grow with the answers and the rate is free. The first refusal makes a
//! [`Bracket`]; from then on each cycle between two refusals narrows it. Three kinds of service are not a rate, and are
//! told apart: one that counts requests at once ([`Permits`]), one that hands out whole minutes ([`FixedWindow`]), and
//! one that tolerates no burst, for which an even spacing is all there is.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use super::bracket::{Bracket, First};
use super::burst_credit::{BurstCredit, Cycle};
use super::burst_sample::BurstSample;
use super::estimate::Estimate;
use super::excess::Excess;
use super::fixed_window::{FixedWindow, LONG_PAUSE, Window};
use super::permits::Permits;
use super::strays::Strays;
use super::{InFlight, Phase, float};

/// Seconds a timer may be late without its turn being lost.
const LATENESS: f64 = 0.005;
/// Where refusals come anyway, a faster rate is tried after at most the time of this many of them: a try costs no more.
const NOISE_HOLD: f64 = 4.0;
/// The chance that a run meets a limit within ten times as many requests, while it has met none.
const UNLIMITED: f64 = 0.1;
/// Requests on the wire of a user while another looks for the limit.
const FEW: usize = 2;
/// Seconds after which it may have one more, as long as it is not refused.
const ONE_MORE: f64 = 1.5;
/// No cycle is shorter than this many seconds, so that nothing is divided by zero.
const SHORTEST_CYCLE: f64 = 0.001;

#[derive(Debug, Clone)]
pub(super) struct Search {
    /// All other times are seconds since then.
    start: Instant,
    permits: Permits,
    windowful: FixedWindow,
    bracket: Option<Bracket>,
    kept: BurstCredit,
    strays: Strays,
    last_departure: f64,
    next_turn: f64,
    cycle: Present,
    remembered: Option<Estimate>,
    /// Requests that may still leave as if there were no limit, since the service saved them up before the run.
    burst: f64,
    first_refusal: Option<FirstRefusal>,
    /// Another user of the service looks for the limit.
    waits_and_sees: bool,
}

/// The first refusal of the run: how many left before it, and when it left.
#[derive(Debug, Clone, Copy)]
struct FirstRefusal {
    sent: f64,
    left: f64,
}

/// The cycle since the last refusal.
#[derive(Debug, Clone, Default)]
struct Present {
    /// When the last refused request left: the limiter was empty then.
    emptied: f64,
    opened: f64,
    first_sequence: u64,
    /// Refused for no reason since.
    noise: f64,
    accepted: u32,
    /// Refusals in the event that began it.
    refusals: f64,
    /// The run's first event, while its refusals come in: what was made of the first of them, and all of them. After
    /// a long pause what came through is the better measure.
    first: Option<(Bracket, BurstSample)>,
}

impl Search {
    pub(super) fn new(
        concurrency: NonZeroUsize,
        remembered: Option<Estimate>,
        now: Instant,
    ) -> Self {
        let remembered = remembered.filter(|found| found.is_believable());
        Self {
            start: now,
            permits: Permits::new(concurrency),
            windowful: FixedWindow::default(),
            bracket: remembered.map(Bracket::remembered),
            kept: BurstCredit::unknown(),
            strays: Strays::default(),
            last_departure: f64::NEG_INFINITY,
            next_turn: 0.0,
            cycle: Present::default(),
            remembered,
            burst: remembered.map_or(0.0, Estimate::burst_by_now),
            first_refusal: None,
            waits_and_sees: false,
        }
    }

    pub(super) fn wait_and_see(&mut self, is_so: bool) {
        self.waits_and_sees = is_so;
    }

    pub(super) fn waits_and_sees(&self) -> bool {
        self.waits_and_sees
    }

    /// Takes over what another user has found, where no limit was met yet after `sent` requests. More than that
    /// may have passed already, since limits of users need not be alike.
    pub(super) fn learn(&mut self, found: Estimate, sent: u64, now: Instant) {
        if self.bracket.is_some() || !found.is_believable() {
            return;
        }
        let now = self.seconds(now);
        let passed = (float(sent) - found.burst) / now.max(1.0);
        let found = Estimate {
            per_second: found.per_second.max(passed),
            is_of_another: true,
            ..found
        };
        self.bracket = Some(Bracket::remembered(found));
        self.remembered = Some(found);
        let refilled = found.per_second * now;
        self.burst = (found.burst + refilled - float(sent)).clamp(0.0, found.burst);
        self.next_turn = self.next_turn.max(now);
        self.cycle.opened = now;
    }

    /// Whether more was sent than whoever found this could have sent.
    pub(super) fn is_beyond(&self, found: Estimate, sent: u64, now: Instant) -> bool {
        found.is_exceeded_by(float(sent), self.seconds(now))
    }

    fn seconds(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.start).as_secs_f64()
    }

    pub(super) fn permits(&self) -> usize {
        if self.bracket.is_none() && self.waits_and_sees {
            let more = Duration::try_from_secs_f64(self.last_departure / ONE_MORE);
            let more = more.map_or(0, |more| more.as_secs());
            let few = FEW.saturating_add(usize::try_from(more).unwrap_or_default());
            self.permits.at_most().min(few)
        } else if !self.is_limited() {
            self.permits.growing().min(self.permits.at_most())
        } else if self.windowful.is_ending() {
            1
        } else {
            self.permits.at_most()
        }
    }

    /// When the next request's turn comes; `None` when it has.
    pub(super) fn turn(&self) -> Option<Instant> {
        let next = if let Some(turn) = self.windowful.turn() {
            self.last_departure + turn
        } else if self.is_paced() {
            self.next_turn
        } else {
            self.last_departure + self.permits.spacing()?
        };
        let since_start = Duration::try_from_secs_f64(next).ok()?;
        self.start.checked_add(since_start)
    }

    fn is_limited(&self) -> bool {
        self.bracket.is_some() && self.burst < 1.0
    }

    fn is_paced(&self) -> bool {
        self.is_limited() && !self.permits.is_capped()
    }

    pub(super) fn departed(&mut self, now: Instant) {
        let now = self.seconds(now);
        self.last_departure = now;
        self.burst = (self.burst - 1.0).max(0.0);
        self.windowful.departed();
        self.climb(now);
        if let Some(bracket) = &self.bracket {
            self.next_turn = if self.windowful.turn().is_some() {
                now
            } else {
                self.next_turn.max(now - LATENESS) + 1.0 / bracket.rate()
            };
        }
    }

    fn climb(&mut self, now: f64) {
        let cycle = &self.cycle;
        if let Some(bracket) = &mut self.bracket {
            let since_empty = (now - cycle.emptied).max(SHORTEST_CYCLE);
            let proven = (f64::from(cycle.accepted) - 1.0) / since_empty;
            bracket.climb(proven, now - cycle.opened);
        }
    }

    pub(super) fn accepted(&mut self, ticket: &InFlight, now: Instant) {
        let round_trip = now.saturating_duration_since(ticket.departed);
        let is_present = ticket.sequence >= self.cycle.first_sequence;
        if is_present {
            self.cycle.accepted = self.cycle.accepted.saturating_add(1);
        }
        self.permits
            .accepted(round_trip.as_secs_f64(), is_present.then_some(ticket.ahead));
    }

    /// The first refusal of an event; `told` says whether the service announced the pause.
    pub(super) fn refused(&mut self, ticket: &InFlight, opens: Instant, told: bool) {
        let left = self.seconds(ticket.departed);
        let reopens = self.seconds(opens);
        let pause = reopens - left;
        let active = (left - self.cycle.opened).max(SHORTEST_CYCLE);
        let span = (left - self.cycle.emptied).max(active);
        let sent = float(ticket.sequence.saturating_sub(self.cycle.first_sequence));
        let rows = (sent - self.cycle.noise).max(0.0);
        self.permits.refused(ticket.ahead);
        self.burst = 0.0;
        let sent = float(ticket.sequence);
        self.first_refusal
            .get_or_insert(FirstRefusal { sent, left });
        let paced = self.bracket.filter(|_| self.is_paced());
        let stray = paced.and_then(|bracket| {
            self.strays
                .refused(bracket.rate(), rows, self.cycle.refusals)
        });
        if let Some(rate) = stray {
            self.bracket = Some(Bracket::steady(rate));
            self.begin_cycle(ticket, opens);
            return;
        }
        let cycle = Cycle {
            passed: rows,
            active,
            gate: span - active,
            pause,
            refusals: self.cycle.refusals,
            ended: left,
        };
        let mut first = None;
        self.bracket = Some(if let Some(bracket) = self.bracket {
            self.kept.learn(cycle);
            bracket.refused(cycle, &self.kept)
        } else {
            let whole = (reopens - self.cycle.opened).max(SHORTEST_CYCLE);
            let is_long = pause > LONG_PAUSE;
            let bracket = Bracket::first(First {
                sent: self.permits.rate_with(ticket.ahead),
                through: cycle.passed / whole,
                is_long,
                plateau: self.permits.is_full_with(ticket.ahead),
            });
            first = (!is_long).then(|| (bracket, BurstSample::begin(ticket.sequence, left)));
            bracket
        });
        self.windowful.ended(Window {
            rows: cycle.passed,
            active,
            reopens,
            pause: told.then_some(pause),
        });
        self.begin_cycle(ticket, opens);
        self.cycle.first = first;
        self.climb(reopens);
    }

    fn begin_cycle(&mut self, ticket: &InFlight, opens: Instant) {
        self.cycle = Present {
            first_sequence: self.cycle.first_sequence,
            refusals: 1.0,
            emptied: self.seconds(ticket.departed),
            ..Present::default()
        };
        self.reopen(ticket, opens);
    }

    /// A pause that says nothing about the rate: the time since the gate opened stands still meanwhile.
    pub(super) fn held(&mut self, longer: Duration, opens: Instant) {
        self.cycle.opened += longer.as_secs_f64();
        self.next_turn = self.next_turn.max(self.seconds(opens));
    }

    /// A refusal for no reason: only the pause is kept.
    pub(super) fn refused_by_noise(&mut self, ticket: &InFlight, opens: Instant) {
        self.cycle.noise += 1.0;
        self.next_turn = self.next_turn.max(self.seconds(opens));
        self.permits
            .refused_alone(ticket.ahead, self.bracket.is_some());
        let active = self.seconds(ticket.departed) - self.cycle.opened;
        if let Some(bracket) = &mut self.bracket {
            bracket.hold_no_longer_than(NOISE_HOLD * active.max(0.0) / self.cycle.noise);
        }
    }

    /// What a refusal now would mean if the limit had been met. Of users who wait while another one looks for the limit
    /// some are refused, too, where it is their organization's.
    pub(super) fn excess(&self) -> Excess {
        match self.bracket {
            Some(bracket) if self.is_paced() && !self.windowful.is_known() => bracket.excess(),
            bracket => Excess {
                chance: if bracket.is_some() || self.waits_and_sees {
                    1.0
                } else {
                    UNLIMITED
                },
                most: 1.0,
            },
        }
    }

    /// Another refusal of the same event.
    pub(super) fn refused_again(&mut self, ticket: &InFlight, opens: Instant) {
        self.cycle.refusals += 1.0;
        self.reopen(ticket, opens);
        let left = self.seconds(ticket.departed);
        if let Some((bracket, overflow)) = &mut self.cycle.first {
            overflow.add(ticket.sequence, left);
            self.bracket = Some(bracket.overflowed(overflow));
            self.climb(self.cycle.opened);
        }
    }

    fn reopen(&mut self, ticket: &InFlight, opens: Instant) {
        self.cycle.opened = self.seconds(opens);
        let hesitation = self.bracket.map_or(0.0, |bracket| bracket.hesitation());
        self.next_turn = self.cycle.opened + hesitation;
        self.cycle.emptied = self.cycle.emptied.max(self.seconds(ticket.departed));
        self.cycle.first_sequence = self.cycle.first_sequence.max(ticket.sequence + 1);
    }

    /// Requests a second, once there is a limit that is one.
    pub(super) fn rate(&self) -> Option<f64> {
        let bracket = self.bracket.filter(|_| self.is_paced())?;
        Some(bracket.rate())
    }

    /// What is remembered never sinks without a refusal.
    pub(super) fn estimate(&self) -> Option<Estimate> {
        let bracket = self.bracket.filter(|_| !self.permits.is_capped())?;
        let rate = bracket.rate();
        match (self.remembered, self.first_refusal) {
            (Some(before), None) if before.is_of_another => None,
            (Some(before), None) => Some(Estimate {
                per_second: rate.max(before.per_second),
                age: Duration::ZERO,
                ..before
            }),
            (before, Some(first)) => {
                let used = (first.sent - rate * first.left).max(0.0);
                let not_full = before.filter(|before| before.burst_by_now() < before.burst);
                Some(Estimate {
                    per_second: rate,
                    burst: not_full.map_or(used, |before| before.burst),
                    spread: bracket.spread(),
                    age: Duration::ZERO,
                    is_of_another: false,
                })
            }
            (None, None) => None,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        match self.bracket {
            None => Phase::Starting,
            Some(_) if self.permits.is_capped() => Phase::AtMost(self.permits.at_most()),
            Some(bracket) if bracket.is_found() => Phase::Holding,
            Some(_) => Phase::Searching,
        }
    }
}
