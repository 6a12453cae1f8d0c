//! The ceiling a person set with `--rate`: never more than that, whatever the search believes.

use std::cell::Cell;
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::rate::Rate;

/// governor reads its own clock; this one shows the instant it was last told.
#[derive(Debug, Clone, Default)]
struct ToldClock {
    since_start: Cell<Duration>,
}

impl Clock for ToldClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.since_start.get()
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, ToldClock, NoOpMiddleware<Duration>>;

#[derive(Debug)]
pub(super) struct Ceiling {
    limiter: Limiter,
    per_second: f64,
    start: Instant,
    free_at: Instant,
}

impl Ceiling {
    pub(super) fn new(rate: Rate, now: Instant) -> Option<Self> {
        // A period admits one at a time: `per_second(10)` would let ten go at once.
        let quota = Quota::with_period(rate.period())?;
        Some(Self {
            limiter: RateLimiter::direct_with_clock(quota, ToldClock::default()),
            per_second: rate.per_second(),
            start: now,
            free_at: now,
        })
    }

    /// Whether it keeps the rate below this one.
    pub(super) fn is_below(&self, per_second: f64) -> bool {
        self.per_second <= per_second
    }

    /// When the next request may leave as far as the ceiling goes; spends nothing.
    pub(super) fn free_at(&self) -> Instant {
        self.free_at
    }

    pub(super) fn spend(&mut self, now: Instant) {
        let clock = self.limiter.clock();
        clock
            .since_start
            .set(now.saturating_duration_since(self.start));
        let told = clock.now();
        let _taken = self.limiter.check();
        // A refused check spends nothing and is the one way to learn when the next would pass.
        if let Err(not_until) = self.limiter.check() {
            let wait = not_until.earliest_possible().duration_since(told);
            self.free_at = now.checked_add(wait.into()).unwrap_or(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn departures(rate: &str, seconds: u64) -> Vec<Duration> {
        let start = Instant::now();
        let mut ceiling = Ceiling::new(rate.parse().unwrap(), start).unwrap();
        let mut left = Vec::new();
        let mut now = start;
        while now < start + Duration::from_secs(seconds) {
            left.push(now - start);
            ceiling.spend(now);
            assert!(ceiling.free_at() > now);
            now = ceiling.free_at();
        }
        left
    }

    #[test]
    fn ten_a_second_is_one_every_tenth_and_never_ten_at_once() {
        let left = departures("10/s", 2);
        assert_eq!(left.len(), 20);
        assert_eq!(left[1], Duration::from_millis(100));
    }

    #[test]
    fn a_rate_below_one_a_second_is_kept_too() {
        assert_eq!(departures("0.5/s", 10).len(), 5);
        assert_eq!(departures("6/min", 60).len(), 6);
    }

    #[test]
    fn idle_time_saves_nothing_up() {
        let start = Instant::now();
        let mut ceiling = Ceiling::new("10/s".parse().unwrap(), start).unwrap();
        ceiling.spend(start);
        let later = start + Duration::from_mins(1);
        assert!(ceiling.free_at() <= later);
        ceiling.spend(later);
        assert_eq!(ceiling.free_at(), later + Duration::from_millis(100));
    }
}
