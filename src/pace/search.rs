//! When the next request has its turn: slow start until the first refusal, the particle filter from then on.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use super::estimate::Estimate;
use super::particle_filter::{FirstRefusal, ParticleFilter};
use super::slow_start::SlowStart;
use super::{InFlight, Phase, SendDecision, float};

/// On the wire at once after a refusal; each answer lets one more. A pause never ends with a herd.
const AFTER_A_PAUSE: usize = 2;
/// Where nothing passes between refusals the pause is doubled from the third on, so often at most: the service says too
/// little, or each refusal costs.
const MOST_DOUBLINGS: u32 = 4;
/// A spread of the rate below which it counts as found.
const FOUND: f64 = 0.05;

#[derive(Debug)]
pub(super) struct Search {
    /// All other times are seconds since then.
    start: Instant,
    concurrency: usize,
    slow_start: SlowStart,
    remembered: Option<Estimate>,
    filter: Option<ParticleFilter>,
    sent: u64,
    /// The first request whose answer the filter has not been told when it was made.
    first_counted: u64,
    last_sent: f64,
    /// On the wire at most, as long as that is less than otherwise.
    at_once: usize,
    /// The most on the wire that one that passed found there.
    most_ahead: usize,
    /// Events in a row with nothing passed between them, and when the next request may leave after those.
    in_vain: u32,
    not_before: f64,
    /// What the filter said, until something happens; infinite while only an answer can tell.
    turn: Option<f64>,
}

impl Search {
    pub(super) fn new(
        concurrency: NonZeroUsize,
        remembered: Option<Estimate>,
        now: Instant,
    ) -> Self {
        let concurrency = concurrency.get();
        let remembered = remembered.filter(|found| {
            let all = [found.per_second, found.burst, found.spread];
            all.iter().all(|number| number.is_finite()) && found.per_second > 0.0
        });
        Self {
            start: now,
            concurrency,
            slow_start: SlowStart::new(concurrency),
            remembered,
            filter: remembered.map(|found| ParticleFilter::from_estimate(found, concurrency)),
            sent: 0,
            first_counted: 0,
            last_sent: f64::NEG_INFINITY,
            at_once: usize::MAX,
            most_ahead: 0,
            in_vain: 0,
            not_before: 0.0,
            turn: None,
        }
    }

    fn seconds(&self, now: Instant) -> f64 {
        now.saturating_duration_since(self.start).as_secs_f64()
    }

    pub(super) fn next_send(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        let most = if self.filter.is_some() {
            self.concurrency
        } else {
            self.slow_start.window()
        };
        if on_wire >= most.min(self.at_once) {
            return SendDecision::WhenOneReturns;
        }
        let seconds = self.seconds(now);
        let at = if let Some(filter) = &mut self.filter {
            let turn = *self.turn.get_or_insert_with(|| {
                let wait = filter.wait(seconds, on_wire);
                wait.map_or(f64::INFINITY, |wait| seconds + wait)
            });
            if turn.is_finite() {
                turn.max(self.not_before)
            } else if on_wire > 0 {
                return SendDecision::WhenOneReturns;
            } else {
                seconds.max(self.not_before)
            }
        } else {
            self.last_sent + self.slow_start.spacing().unwrap_or(0.0)
        };
        let at = Duration::try_from_secs_f64(at).ok();
        match at.and_then(|at| self.start.checked_add(at)) {
            Some(at) if at > now => SendDecision::At(at),
            _ => SendDecision::Now,
        }
    }

    pub(super) fn sent(&mut self, now: Instant) {
        let now = self.seconds(now);
        self.last_sent = now;
        self.sent += 1;
        self.turn = None;
        if let Some(filter) = &mut self.filter {
            filter.sent(now);
        }
    }

    pub(super) fn accepted(&mut self, request: &InFlight, now: Instant) {
        self.turn = None;
        self.at_once = self.at_once.saturating_add(1);
        self.in_vain = 0;
        let left = self.seconds(request.left);
        self.slow_start.accepted(self.seconds(now) - left);
        let round_trip = self.slow_start.round_trip();
        if self.filter.is_none() {
            self.most_ahead = self.most_ahead.max(request.ahead);
        } else if let Some(filter) = self.filter_for(request) {
            filter.accepted(left, request.ahead, round_trip);
        }
    }

    pub(super) fn refused(&mut self, request: &InFlight, now: Instant, opens: Instant) {
        self.turn = None;
        self.at_once = AFTER_A_PAUSE;
        let left_at = self.seconds(request.left);
        let told_at = self.seconds(now);
        let pause = self.seconds(opens) - told_at;
        if left_at >= self.not_before {
            let doublings = self.in_vain.saturating_sub(1).min(MOST_DOUBLINGS);
            self.in_vain = self.in_vain.saturating_add(1);
            self.not_before = told_at + pause * f64::from(1_u32 << doublings);
        }
        if self.filter.is_none() {
            self.first_counted = request.sequence + 1;
            self.filter = Some(ParticleFilter::after(FirstRefusal {
                before: float(request.sequence),
                after: float(self.sent.saturating_sub(self.first_counted)),
                left_at,
                told_at,
                pause,
                ahead: request.ahead,
                most_ahead: self.most_ahead,
                concurrency: self.concurrency,
                round_trip: self.slow_start.round_trip(),
            }));
        } else if let Some(filter) = self.filter_for(request) {
            filter.refused(left_at, request.ahead, told_at, pause);
        }
    }

    /// Its answer says nothing of the limit, and it did not count there.
    pub(super) fn uncounted(&mut self, request: &InFlight) {
        self.turn = None;
        if let Some(filter) = self.filter_for(request) {
            filter.uncount();
        }
    }

    fn filter_for(&mut self, request: &InFlight) -> Option<&mut ParticleFilter> {
        let is_counted = request.sequence >= self.first_counted;
        self.filter.as_mut().filter(|_| is_counted)
    }

    /// Requests a second, once there is a limit that is one.
    pub(super) fn rate(&self) -> Option<f64> {
        Some(self.filter.as_ref()?.estimate()?.per_second)
    }

    /// What is remembered never sinks without a refusal.
    pub(super) fn estimate(&self) -> Option<Estimate> {
        let filter = self.filter.as_ref()?;
        let found = filter.estimate();
        let before = self.remembered.filter(|_| filter.refusals == 0);
        let is_slower =
            |before: &Estimate| found.is_none_or(|found| found.per_second < before.per_second);
        before.filter(is_slower).or(found)
    }

    pub(super) fn phase(&self) -> Phase {
        let Some(filter) = &self.filter else {
            return Phase::Starting;
        };
        match (filter.cap(), filter.estimate()) {
            (Some(at_once), _) => Phase::AtMost(at_once),
            (None, Some(found)) if found.spread < FOUND => Phase::Holding,
            _ => Phase::Searching,
        }
    }
}
