//! Rate limiting: decides which requests pass, with the time as an argument.

use std::collections::VecDeque;
use std::time::Duration;

use super::rate_limit_config::{Early, Limit, Refused, Rule};

/// The wait announced under a concurrency limit, where the real one is not known.
const WAIT_FOR_A_PERMIT: Duration = Duration::from_secs(1);

/// The state of one limit. Times are since the simulator's start.
#[derive(Debug)]
pub(super) struct Limiter {
    limit: Limit,
    /// Token bucket: when the bucket is full again.
    full_at: Duration,
    /// Fixed window: its index, and the requests in it.
    window: (u128, u64),
    /// Sliding log: the times of the latest requests.
    counted: VecDeque<Duration>,
    /// The end of the announced Retry-After.
    closed_until: Duration,
    /// Permitted requests that have not ended.
    in_flight: u32,
}

impl Limiter {
    pub(super) fn new(limit: Limit) -> Limiter {
        Limiter {
            limit,
            full_at: Duration::ZERO,
            window: (0, 0),
            counted: VecDeque::new(),
            closed_until: Duration::ZERO,
            in_flight: 0,
        }
    }

    /// Permits a request, or returns how long until one would be permitted.
    pub(super) fn check(&mut self, now: Duration) -> Result<(), Duration> {
        let permitted = self.check_rule(now);
        self.in_flight += u32::from(permitted.is_ok());
        permitted
    }

    /// A permitted request has ended.
    pub(super) fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    /// A request permitted just now was refused elsewhere, so it does not count.
    pub(super) fn refund(&mut self) {
        self.release();
        match self.limit.rule {
            Rule::TokenBucket { rate, .. } | Rule::Leaky { rate } => {
                self.full_at = self.full_at.saturating_sub(rate.interval());
            }
            Rule::FixedWindow { .. } => self.window.1 = self.window.1.saturating_sub(1),
            Rule::SlidingLog { .. } => {
                self.counted.pop_back();
            }
            Rule::Unlimited | Rule::Concurrency { .. } => {}
        }
    }

    fn check_rule(&mut self, now: Duration) -> Result<(), Duration> {
        if now < self.closed_until {
            return Err(self.closed_until.saturating_sub(now));
        }
        let costs = self.limit.refused == Refused::CostAsMuch;
        match self.limit.rule {
            Rule::TokenBucket { rate, burst } => {
                self.take_token(now, rate.interval(), burst.get(), costs)
            }
            Rule::Leaky { rate } => self.take_token(now, rate.interval(), 1, costs),
            Rule::FixedWindow { rate } => {
                let index = now.as_nanos() / rate.per.as_nanos();
                if self.window.0 != index {
                    self.window = (index, 0);
                }
                let passes = self.window.1 < u64::from(rate.count.get());
                if passes || costs {
                    self.window.1 += 1;
                }
                let into_window = now.as_nanos() % rate.per.as_nanos();
                let left = rate.per.as_nanos() - into_window;
                let left = Duration::from_nanos(u64::try_from(left).unwrap_or(u64::MAX));
                passes.then_some(()).ok_or(left)
            }
            Rule::SlidingLog { rate } => self.check_window(now, rate.per, rate.count.get(), costs),
            Rule::Concurrency { most } if self.in_flight >= most.get() => Err(WAIT_FOR_A_PERMIT),
            Rule::Unlimited | Rule::Concurrency { .. } => Ok(()),
        }
    }

    /// Refuses every request until the announced Retry-After has passed, if the limit is strict.
    ///
    /// A refusal within the pause does not extend it; otherwise its rounding would lock out an impatient client for ever.
    pub(super) fn announced(&mut self, now: Duration, wait: Duration) {
        if self.limit.early == Early::Refused && now >= self.closed_until {
            self.closed_until = now.saturating_add(wait);
        }
    }

    /// A bucket that refills by one each `interval`, stored as the time at which it is full.
    fn take_token(
        &mut self,
        now: Duration,
        interval: Duration,
        burst: u32,
        costs: bool,
    ) -> Result<(), Duration> {
        let capacity = interval * (burst - 1);
        let full_at = self.full_at.max(now);
        let passes_at = full_at.saturating_sub(capacity);
        if passes_at <= now {
            self.full_at = full_at + interval;
            return Ok(());
        }
        if costs {
            // The debt is capped at one more burst, so that a client that stops asking gets out of it.
            self.full_at = (full_at + interval).min(now + (capacity + interval) * 2);
        }
        Err(self.full_at.saturating_sub(capacity).saturating_sub(now))
    }

    fn check_window(
        &mut self,
        now: Duration,
        period: Duration,
        count: u32,
        costs: bool,
    ) -> Result<(), Duration> {
        let count = count as usize;
        while self
            .counted
            .front()
            .is_some_and(|then| *then + period <= now)
        {
            self.counted.pop_front();
        }
        let passes = self.counted.len() < count;
        if passes || costs {
            self.counted.push_back(now);
        }
        if passes {
            return Ok(());
        }
        // Only the latest `count` matter for when the next one passes; forgetting the others bounds the memory.
        while self.counted.len() > count {
            self.counted.pop_front();
        }
        let oldest = self.counted.front().copied().unwrap_or(now);
        Err((oldest + period).saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn milliseconds(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    fn limiter(text: &str) -> Limiter {
        Limiter::new(text.parse().unwrap())
    }

    /// Which of the requests at these milliseconds pass.
    fn passes(text: &str, at: &[u64]) -> Vec<bool> {
        let mut limiter = limiter(text);
        at.iter()
            .map(|at| limiter.check(milliseconds(*at)).is_ok())
            .collect()
    }

    #[test]
    fn each_rule_permits_what_its_name_says() {
        for (text, at, wanted) in [
            ("none", vec![0, 0, 0], vec![true, true, true]),
            (
                "bucket:10/s,burst=2",
                vec![0, 0, 0, 100, 100],
                vec![true, true, false, true, false],
            ),
            (
                "leaky:10/s",
                vec![0, 50, 100, 199, 200],
                vec![true, false, true, false, true],
            ),
            (
                "window:2/s",
                vec![900, 901, 902, 1000, 1001, 1002],
                vec![true, true, false, true, true, false],
            ),
            (
                "sliding:2/s",
                vec![900, 901, 1000, 1899, 1900, 1901],
                vec![true, true, false, false, true, true],
            ),
        ] {
            assert_eq!(passes(text, &at), wanted, "{text}");
        }
    }

    #[test]
    fn a_request_passes_exactly_when_its_refusal_announced() {
        for text in [
            "bucket:7/s,burst=3",
            "leaky:3/s",
            "window:5/s",
            "sliding:5/s",
        ] {
            let mut limiter = limiter(text);
            let now = milliseconds(300);
            let wait = loop {
                if let Err(wait) = limiter.check(now) {
                    break wait;
                }
            };
            let just_before = (now + wait).saturating_sub(Duration::from_nanos(1));
            assert!(limiter.check(just_before).is_err(), "{text}");
            assert!(limiter.check(now + wait).is_ok(), "{text}");
        }
    }

    #[test]
    fn refused_requests_that_count_delay_the_next_one() {
        for rule in ["bucket:10/s", "window:2/s", "sliding:2/s"] {
            let until_next = |text: &str| {
                let mut limiter = limiter(text);
                (0..50u64)
                    .filter(|turn| limiter.check(milliseconds(turn * 10)).is_ok())
                    .count()
            };
            let costly = format!("{rule},refused-cost");
            assert!(until_next(&costly) <= until_next(rule), "{rule}");
        }
        let mut limiter = limiter("bucket:10/s,refused-cost");
        assert!(limiter.check(milliseconds(0)).is_ok());
        for _ in 0..1000 {
            assert!(limiter.check(milliseconds(1)).is_err());
        }
        assert!(
            limiter.check(milliseconds(202)).is_ok(),
            "a debt is worked off"
        );
    }

    #[test]
    fn a_concurrency_limit_bounds_the_requests_in_flight() {
        let mut limiter = limiter("concurrency:2");
        let mut check = || limiter.check(Duration::ZERO).is_ok();
        assert_eq!([check(), check(), check()], [true, true, false]);
        limiter.release();
        assert!(limiter.check(Duration::ZERO).is_ok());
    }

    #[test]
    fn a_strict_service_refuses_until_the_announced_time_and_not_longer() {
        let mut limiter = limiter("100/s,strict");
        limiter.announced(milliseconds(0), milliseconds(2000));
        assert_eq!(
            limiter.check(milliseconds(500)),
            Err(milliseconds(1500)),
            "still closed"
        );
        limiter.announced(milliseconds(500), milliseconds(2000));
        assert!(
            limiter.check(milliseconds(2000)).is_ok(),
            "asking early did not lengthen it"
        );
    }
}
