//! Models of the limiters services use, each told only when a request arrives.

use std::collections::VecDeque;

/// What a limiter says to a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Answer {
    Accepted,
    /// With the Retry-After it sends, in seconds; `None` when it sends none.
    Refused(Option<f64>),
    /// Refused for no reason; whoever asks how fast must not learn from it.
    Noise(Option<f64>),
}

/// Which request arrives: the noise and the way of a request follow from its number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arrival {
    pub party: usize,
    /// How many the party sent before.
    pub sequence: u64,
    /// When it leaves the service, if it is let in.
    pub until: f64,
}

/// What a limiter writes into Retry-After.
#[derive(Debug, Clone, Copy)]
pub enum RetryAfter {
    /// Whole seconds until the next request would pass, at least one.
    Honest,
    Always(f64),
    Missing,
}

impl RetryAfter {
    fn says(self, until_free: f64) -> Answer {
        Answer::Refused(match self {
            Self::Honest => Some((until_free - 1e-9).ceil().max(1.0)),
            Self::Always(seconds) => Some(seconds),
            Self::Missing => None,
        })
    }
}

pub trait Limiter {
    /// Times are seconds since the run began and never go back.
    fn arrive(&mut self, now: f64) -> Answer;
    fn meet(&mut self, now: f64, _arrival: Arrival) -> Answer {
        self.arrive(now)
    }
    /// The earliest time, not before `now`, at which a request would pass. Only the oracle asks.
    fn next_free(&mut self, now: f64) -> f64;
    /// An accepted request was worked off.
    fn finished(&mut self) {}
    /// The most requests inside the service at once.
    fn slots(&self) -> usize {
        usize::MAX
    }
}

/// Token bucket; with a burst of one it is the leaky bucket that tolerates nothing.
#[derive(Debug)]
pub struct Bucket {
    /// From when which rate holds.
    rates: Vec<(f64, f64)>,
    burst: f64,
    level: f64,
    at: f64,
    cost_of_refusal: f64,
    retry_after: RetryAfter,
    /// Another program of the same user: its rate, and when it asks next.
    other: Option<(f64, f64)>,
}

impl Bucket {
    pub fn new(rate: f64, burst: f64) -> Self {
        Self {
            rates: vec![(0.0, rate)],
            burst,
            level: burst,
            at: 0.0,
            cost_of_refusal: 0.0,
            retry_after: RetryAfter::Honest,
            other: None,
        }
    }

    pub fn retry_after(self, retry_after: RetryAfter) -> Self {
        Self {
            retry_after,
            ..self
        }
    }

    pub fn refusals_cost(self, cost_of_refusal: f64) -> Self {
        Self {
            cost_of_refusal,
            ..self
        }
    }

    pub fn changing(self, rates: Vec<(f64, f64)>) -> Self {
        Self { rates, ..self }
    }

    pub fn shared_with(self, rate: f64) -> Self {
        Self {
            other: Some((rate, 0.03)),
            ..self
        }
    }

    fn rate(&self) -> f64 {
        let now = self.rates.iter().rev().find(|(from, _)| *from <= self.at);
        now.map_or(1.0, |(_, rate)| *rate)
    }

    fn refill(&mut self, to: f64) {
        while self.at < to {
            let changes = self.rates.iter().map(|(from, _)| *from);
            let step = changes.filter(|from| *from > self.at).fold(to, f64::min);
            self.level = (self.level + (step - self.at) * self.rate()).min(self.burst);
            self.at = step;
        }
    }

    fn advance(&mut self, to: f64) {
        while let Some((rate, next)) = self.other.filter(|(_, next)| *next <= to) {
            self.refill(next);
            if self.level >= 1.0 - 1e-9 {
                self.level -= 1.0;
            }
            self.other = Some((rate, next + 1.0 / rate));
        }
        self.refill(to);
    }
}

impl Limiter for Bucket {
    fn arrive(&mut self, now: f64) -> Answer {
        self.advance(now);
        if self.level >= 1.0 - 1e-9 {
            self.level -= 1.0;
            return Answer::Accepted;
        }
        self.level = (self.level - self.cost_of_refusal).max(-self.burst);
        self.retry_after.says((1.0 - self.level) / self.rate())
    }

    fn next_free(&mut self, now: f64) -> f64 {
        let mut free = now.max(self.at);
        self.advance(free);
        while self.level < 1.0 - 1e-9 {
            free += (1.0 - self.level) / self.rate();
            self.advance(free);
        }
        free
    }
}

/// So many in each calendar window.
#[derive(Debug)]
pub struct FixedWindow {
    count: u32,
    length: f64,
    /// How far into a window the run begins.
    phase: f64,
    window: f64,
    used: u32,
}

impl FixedWindow {
    pub fn per_minute(count: u32, phase: f64) -> Self {
        Self {
            count,
            length: 60.0,
            phase,
            window: -1.0,
            used: 0,
        }
    }

    fn enter(&mut self, now: f64) -> f64 {
        let window = ((now + self.phase) / self.length).floor();
        if window > self.window {
            self.window = window;
            self.used = 0;
        }
        (self.window + 1.0) * self.length - self.phase
    }
}

impl Limiter for FixedWindow {
    fn arrive(&mut self, now: f64) -> Answer {
        let ends = self.enter(now);
        if self.used < self.count {
            self.used += 1;
            return Answer::Accepted;
        }
        RetryAfter::Honest.says(ends - now)
    }

    fn next_free(&mut self, now: f64) -> f64 {
        let ends = self.enter(now);
        if self.used < self.count { now } else { ends }
    }
}

/// So many in the minute before each request.
#[derive(Debug)]
pub struct SlidingLog {
    count: usize,
    length: f64,
    log: VecDeque<f64>,
}

impl SlidingLog {
    pub fn per_minute(count: usize) -> Self {
        Self {
            count,
            length: 60.0,
            log: VecDeque::new(),
        }
    }
}

impl Limiter for SlidingLog {
    fn arrive(&mut self, now: f64) -> Answer {
        let free = self.next_free(now);
        if free <= now {
            self.log.push_back(now);
            return Answer::Accepted;
        }
        RetryAfter::Honest.says(free - now)
    }

    fn next_free(&mut self, now: f64) -> f64 {
        while self
            .log
            .front()
            .is_some_and(|first| first + self.length <= now)
        {
            self.log.pop_front();
        }
        match self.log.front() {
            Some(first) if self.log.len() >= self.count => first + self.length,
            _ => now,
        }
    }
}

/// So many inside the service at once, whatever the rate.
#[derive(Debug)]
pub struct AtOnce {
    most: usize,
    inside: usize,
}

impl AtOnce {
    pub fn at_most(most: usize) -> Self {
        Self { most, inside: 0 }
    }
}

impl Limiter for AtOnce {
    fn arrive(&mut self, _now: f64) -> Answer {
        if self.inside < self.most {
            self.inside += 1;
            return Answer::Accepted;
        }
        Answer::Refused(Some(1.0))
    }

    fn next_free(&mut self, now: f64) -> f64 {
        now
    }

    fn finished(&mut self) {
        self.inside -= 1;
    }

    fn slots(&self) -> usize {
        self.most
    }
}

/// Refuses at random, however fast or slow requests come.
#[derive(Debug)]
pub struct AtRandom {
    chance: f64,
    random: fastrand::Rng,
}

impl AtRandom {
    pub fn one_in(requests: f64, phase: f64) -> Self {
        Self {
            chance: 1.0 / requests,
            random: fastrand::Rng::with_seed(phase.to_bits()),
        }
    }
}

impl Limiter for AtRandom {
    fn arrive(&mut self, _now: f64) -> Answer {
        if self.random.f64() < self.chance {
            return Answer::Refused(Some(1.0));
        }
        Answer::Accepted
    }

    fn next_free(&mut self, now: f64) -> f64 {
        now
    }
}
