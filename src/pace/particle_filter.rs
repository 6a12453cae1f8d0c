//! The candidates, and what is believed of each: a particle filter.
//!
//! All randomness is that of a low-discrepancy sequence, so the same answers always lead to the same decisions.

use super::candidate::Candidate;
use super::estimate::Estimate;
use super::float;

/// Guesses at a time. Fewer find the limit less exactly; more take longer and find no more.
const CANDIDATES: usize = 200;
/// Requests a second: no guess is slower than one in 100 s, or faster than a timer a request can be.
const RATES: std::ops::RangeInclusive<f64> = 0.01..=100_000.0;
/// The fastest first guess, in what was sent until the first refusal.
const FASTEST_GUESS: f64 = 5.0;
/// One guess in so many says that refusals cost.
const COSTLY: usize = 5;
/// The noise believed in at first: half a refusal in ten requests, and soon what was seen.
const NOISE_AT_FIRST: (f64, f64) = (0.5, 10.0);
/// Noise is never believed to be more or less than this; more would be a limit that is not understood.
const NOISE: std::ops::RangeInclusive<f64> = 0.003..=0.05;
/// Noise comes alone: the chance that another request of the same event meets it, too.
const NOISE_AGAIN: f64 = 0.1;
/// Weight of all caps on requests at once, in that of all rates, after the first refusal.
const CAPS: f64 = 0.3;
/// The chance that a cap that is reached lets a request pass: some of those on the wire have left the service.
const CAP_SLIP: f64 = 0.3;
/// Caps looked at.
const MOST_CAPS: usize = 64;
/// What one 429 costs, in requests delayed by one place; a pause costs what is lost in it besides.
const REFUSAL_COST: f64 = 1.0;
/// Guesses are drawn anew when only this part of them carries weight; a usual value.
const EFFECTIVE: f64 = 0.33;
/// How far a guess drawn anew is moved: in standard deviations of the rate, at least by this part of it (so that a
/// limit that drifts is followed), and by this part of the burst.
const RATE_BLUR: f64 = 0.5;
const LEAST_BLUR: f64 = 0.003;
const BURST_BLUR: f64 = 0.3;
/// This part of the guesses is drawn from a wider range instead, up to so many times slower or faster, in case the
/// limit has changed.
const FRESH: f64 = 0.01;
const FRESH_REACH: f64 = 4.5;
/// The golden ratio, whose multiples fill an interval most evenly.
const GOLDEN: f64 = 0.618_033_988_749_895;

#[derive(Debug)]
pub(super) struct ParticleFilter {
    candidates: Vec<Candidate>,
    /// The weight of a cap of so many and one requests at once.
    caps: Vec<f64>,
    /// The weight of there being no limit, only noise.
    free: f64,
    /// Seconds of the run that `left` and `seen` of the candidates are of.
    left_at: f64,
    seen_at: f64,
    /// When the first refusal of the latest event was told.
    event_told: f64,
    pause: f64,
    round_trip: f64,
    answers: f64,
    noises: f64,
    pub(super) refusals: u32,
    golden: f64,
}

/// What is known when the first request of a run is refused. Times are seconds of the run.
#[derive(Debug, Clone, Copy)]
pub(super) struct FirstRefusal {
    /// Requests that left before it, and after it.
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) left_at: f64,
    pub(super) told_at: f64,
    pub(super) pause: f64,
    /// On the wire when it left, and the most that one that passed found there.
    pub(super) ahead: usize,
    pub(super) most_ahead: usize,
    pub(super) concurrency: usize,
    pub(super) round_trip: f64,
}

impl ParticleFilter {
    /// Every rate is possible. The burst follows from it, as the bucket is empty now; a rate that was not even reached
    /// would take the refusal for noise.
    pub(super) fn after(first: FirstRefusal) -> Self {
        let slowest = *RATES.start();
        let sent = (first.before + 1.0) / first.left_at.max(first.round_trip);
        let fastest = FASTEST_GUESS * sent.max(1.0 / first.pause.max(1.0));
        let fastest = fastest.clamp(2.0 * slowest, *RATES.end());
        let noise = noise_of(0.0, first.before);
        let mut filter = Self::new(first.told_at, first.left_at, first.pause, first.round_trip);
        filter.answers = first.before;
        filter.refusals = 1;
        for index in 0..CANDIDATES {
            let rate = slowest * (fastest / slowest).powf(part(index));
            let used = first.before - rate * first.left_at;
            let (burst, seen, weight) = if used < 0.0 {
                let burst = 1.0 + 2.0 * first.before * filter.chance();
                (burst, burst, noise)
            } else {
                (used.max(1.0), 0.0, 1.0)
            };
            let refilled = seen + rate * (first.told_at - first.left_at);
            filter.candidates.push(Candidate {
                rate,
                burst,
                refusals_cost: index % COSTLY == COSTLY - 1,
                weight,
                left: refilled.min(burst) - first.after,
                seen,
            });
        }
        let mass = filter.mass();
        filter.free = noise * mass;
        let share = CAPS * mass / float(first.ahead.max(1));
        let cap = |at_once: usize| match at_once {
            most if most == 1 || most > first.ahead => 0.0,
            most if most <= first.most_ahead => CAP_SLIP * share,
            _ => share,
        };
        let most = first.concurrency.min(MOST_CAPS);
        filter.caps = (1..=most).map(cap).collect();
        filter.normalize();
        filter
    }

    /// Begins with what an earlier run found. What is not known any more may rather be faster than slower, and how
    /// full the bucket is nobody knows.
    pub(super) fn from_estimate(estimate: Estimate, concurrency: usize) -> Self {
        let mut filter = Self::new(0.0, 0.0, 1.0, 0.25);
        for index in 0..CANDIDATES {
            let off = estimate.spread * (4.0 * part(index) - 1.0);
            let burst = estimate.burst.max(1.0);
            let tokens = 1.0 + (burst - 1.0) * filter.chance();
            filter.candidates.push(Candidate {
                rate: (estimate.per_second * off.exp()).clamp(*RATES.start(), *RATES.end()),
                burst,
                refusals_cost: index % COSTLY == COSTLY - 1,
                weight: 1.0,
                left: tokens,
                seen: tokens,
            });
        }
        filter.free = noise_of(0.0, 0.0) * filter.mass();
        filter.caps = vec![0.0; concurrency.min(MOST_CAPS)];
        filter.normalize();
        filter
    }

    fn new(left_at: f64, seen_at: f64, pause: f64, round_trip: f64) -> Self {
        Self {
            candidates: Vec::with_capacity(CANDIDATES),
            caps: Vec::new(),
            free: 0.0,
            left_at,
            seen_at,
            event_told: left_at,
            pause,
            round_trip,
            answers: 0.0,
            noises: 0.0,
            refusals: 0,
            golden: 0.5,
        }
    }

    fn mass(&self) -> f64 {
        self.candidates.iter().map(|one| one.weight).sum()
    }

    /// Makes all weights sum up to one; returns what they summed up to: how likely the latest answer was.
    fn normalize(&mut self) -> f64 {
        let others = self.caps.iter().sum::<f64>() + self.free;
        let total = (self.mass() + others).max(f64::MIN_POSITIVE);
        let caps = self.caps.iter_mut().chain([&mut self.free]);
        let all = self
            .candidates
            .iter_mut()
            .map(|one| &mut one.weight)
            .chain(caps);
        all.for_each(|weight| *weight /= total);
        total
    }

    fn refill(&mut self, now: f64) {
        let seconds = (now - self.left_at).max(0.0);
        self.left_at += seconds;
        self.candidates
            .iter_mut()
            .for_each(|one| one.refill(seconds));
    }

    fn see(&mut self, left: f64) {
        let seconds = (left - self.seen_at).max(0.0);
        self.seen_at += seconds;
        self.candidates.iter_mut().for_each(|one| one.see(seconds));
    }

    pub(super) fn sent(&mut self, now: f64) {
        self.refill(now);
        self.candidates.iter_mut().for_each(|one| one.left -= 1.0);
    }

    pub(super) fn accepted(&mut self, left: f64, ahead: usize, round_trip: f64) {
        self.round_trip = round_trip;
        self.answers += 1.0;
        let noise = noise_of(self.noises, self.answers);
        self.see(left);
        self.candidates
            .iter_mut()
            .for_each(|one| one.accepted(noise));
        for (cap, at_once) in self.caps.iter_mut().zip(1..) {
            *cap *= if ahead >= at_once {
                CAP_SLIP
            } else {
                1.0 - noise
            };
        }
        self.free *= 1.0 - noise;
        self.normalize();
        let squares: f64 = self.candidates.iter().map(|one| one.weight.powi(2)).sum();
        if self.mass().powi(2) < EFFECTIVE * float(CANDIDATES) * squares {
            self.resample();
        }
    }

    pub(super) fn refused(&mut self, left: f64, ahead: usize, told: f64, pause: f64) {
        self.answers += 1.0;
        self.refusals = self.refusals.saturating_add(1);
        self.pause = pause;
        self.see(left);
        let is_first = left >= self.event_told;
        let noise = if is_first {
            noise_of(self.noises, self.answers)
        } else {
            NOISE_AGAIN
        };
        let mut surprised = 0.0;
        for one in &mut self.candidates {
            let is_surprised = one.is_surprised();
            if is_first {
                one.refused(noise);
            } else {
                one.refused_again(noise);
            }
            surprised += if is_surprised { one.weight } else { 0.0 };
        }
        for (cap, at_once) in self.caps.iter_mut().zip(1..) {
            let is_full = ahead >= at_once;
            *cap *= match is_full {
                true if is_first => 1.0 - CAP_SLIP,
                true => 1.0,
                false => noise,
            };
            surprised += if is_full { 0.0 } else { *cap };
        }
        self.free *= noise;
        self.noises += ((surprised + self.free) / self.normalize()).min(1.0);
        if is_first {
            self.event_told = told;
            self.resample();
        }
    }

    /// A request that was sent did not count.
    pub(super) fn uncount(&mut self) {
        self.candidates.iter_mut().for_each(Candidate::uncount);
    }

    fn chance(&mut self) -> f64 {
        self.golden = (self.golden + GOLDEN).fract();
        self.golden.clamp(1e-6, 1.0 - 1e-6)
    }

    /// From a distribution with mean zero and a deviation of about one (logistic, which has an inverse).
    fn deviate(&mut self) -> f64 {
        let chance = self.chance();
        (chance / (1.0 - chance)).ln() / 1.8
    }

    /// Draws the guesses anew, each as often as it has weight, and moves each a little (Liu and West, 2001).
    fn resample(&mut self) {
        let mass = self.mass();
        if mass < 1e-12 {
            return;
        }
        let (mean, spread) = self.log_rate();
        let shrink = (1.0 - RATE_BLUR * RATE_BLUR).sqrt();
        let width = (RATE_BLUR * spread).max(LEAST_BLUR);
        let mut before = std::mem::take(&mut self.candidates).into_iter();
        let mut last = before.next();
        let mut sum = last.map_or(0.0, |one| one.weight);
        for index in 0..CANDIDATES {
            while sum < mass * part(index) {
                let Some(next) = before.next() else { break };
                sum += next.weight;
                last = Some(next);
            }
            let Some(mut one) = last else { return };
            one.weight = mass / float(CANDIDATES);
            let mut log = mean + shrink * (one.rate.ln() - mean) + width * self.deviate();
            one.burst = (one.burst * (BURST_BLUR * self.deviate()).exp()).max(1.0);
            let chance = self.chance();
            if chance < FRESH {
                log = mean + FRESH_REACH.ln() * (2.0 * chance / FRESH - 1.0);
            }
            one.rate = log.exp().clamp(*RATES.start(), *RATES.end());
            one.left = one.left.min(one.burst);
            one.seen = one.seen.min(one.burst);
            self.candidates.push(one);
        }
        self.candidates
            .sort_by(|one, other| one.rate.total_cmp(&other.rate));
    }

    /// Seconds until a request may leave; `None` while only an answer can change anything. It leaves as soon as what a
    /// refusal would cost, by its probability, is no more than what passing gains.
    pub(super) fn wait(&mut self, now: f64, on_wire: usize) -> Option<f64> {
        self.refill(now);
        let (mut risk, mut gain) = (0.0, self.free);
        for (cap, at_once) in self.caps.iter().zip(1..) {
            if on_wire >= at_once {
                let lost = float(at_once) / self.round_trip * self.pause;
                risk += cap * (1.0 + REFUSAL_COST + lost);
            } else {
                gain += cap;
            }
        }
        let of = |one: &Candidate| {
            let cost = 1.0 + REFUSAL_COST + one.lost_in(self.pause);
            (one.wait(), one.weight, one.weight * cost)
        };
        let mut waits: Vec<_> = self.candidates.iter().map(of).collect();
        risk += waits.iter().map(|one| one.2).sum::<f64>();
        waits.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
        let mut at = (risk <= gain).then_some(0.0);
        let mut waits = waits.into_iter();
        while at.is_none() {
            let (wait, weight, cost) = waits.next()?;
            risk -= cost;
            gain += weight;
            at = (risk <= gain).then_some(wait);
        }
        at
    }

    /// Mean and standard deviation of the logarithm of the rate.
    fn log_rate(&self) -> (f64, f64) {
        let mass = self.mass().max(f64::MIN_POSITIVE);
        let sum = |of: &dyn Fn(&Candidate) -> f64| -> f64 {
            self.candidates.iter().map(|one| one.weight * of(one)).sum()
        };
        let mean = sum(&|one| one.rate.ln()) / mass;
        let variance = sum(&|one| (one.rate.ln() - mean).powi(2)) / mass;
        (mean, variance.sqrt())
    }

    /// `None` while something else than a rate is likelier.
    pub(super) fn estimate(&self) -> Option<Estimate> {
        let mass = self.mass();
        let (mean, spread) = self.log_rate();
        let logs = self
            .candidates
            .iter()
            .map(|one| one.weight * one.burst.ln());
        (mass > 0.5).then(|| Estimate {
            per_second: mean.exp(),
            burst: (logs.sum::<f64>() / mass).exp(),
            spread,
        })
    }

    /// The cap on requests at once that is likelier than everything else together.
    pub(super) fn cap(&self) -> Option<usize> {
        self.caps
            .iter()
            .position(|cap| *cap > 0.5)
            .map(|index| index + 1)
    }
}

fn noise_of(noises: f64, answers: f64) -> f64 {
    let (refusals, requests) = NOISE_AT_FIRST;
    ((refusals + noises) / (requests + answers)).clamp(*NOISE.start(), *NOISE.end())
}

/// The middle of a part of the interval from zero to one.
fn part(index: usize) -> f64 {
    (float(index) + 0.5) / float(CANDIDATES)
}
