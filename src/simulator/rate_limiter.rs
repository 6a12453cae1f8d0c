//! Decides which request passes the limit, as a function of the time it is given.

use std::collections::VecDeque;
use std::time::Duration;

use super::rate_limit::{Early, Limit, Refused, Rule};

/// When a place falls free is not known under a concurrency cap; this is what is said instead.
const SOME_PLACE_IS_FREE_BY_THEN: Duration = Duration::from_secs(1);

/// One limit and what it remembers. Times are since the simulator's start.
#[derive(Debug)]
pub(super) struct Limiter {
    limit: Limit,
    /// Token bucket: when the bucket is full again.
    full_at: Duration,
    /// Fixed window: which one, and how many in it.
    window: (u128, u64),
    /// Sliding log: what was counted lately.
    counted: VecDeque<Duration>,
    /// Before this the service has said it will refuse.
    closed_until: Duration,
}

impl Limiter {
    pub(super) fn new(limit: Limit) -> Limiter {
        Limiter {
            limit,
            full_at: Duration::ZERO,
            window: (0, 0),
            counted: VecDeque::new(),
            closed_until: Duration::ZERO,
        }
    }

    /// Lets a request through, or says how long until one would pass.
    pub(super) fn ask(&mut self, now: Duration, in_flight: u32) -> Result<(), Duration> {
        if now < self.closed_until {
            return Err(self.closed_until.saturating_sub(now));
        }
        let costs = self.limit.refused == Refused::CostAsMuch;
        match self.limit.rule {
            Rule::TokenBucket { rate, burst } => {
                self.pour(now, rate.interval(), burst.get(), costs)
            }
            Rule::Leaky { rate } => self.pour(now, rate.interval(), 1, costs),
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
            Rule::SlidingLog { rate } => self.slide(now, rate.per, rate.count.get(), costs),
            Rule::Concurrency { most } if in_flight >= most.get() => {
                Err(SOME_PLACE_IS_FREE_BY_THEN)
            }
            Rule::Unlimited | Rule::Concurrency { .. } => Ok(()),
        }
    }

    /// A Retry-After was announced: hold to it, if this service does.
    ///
    /// A refusal inside the pause does not lengthen it, or its rounding would keep a hasty client out for ever.
    pub(super) fn announced(&mut self, now: Duration, wait: Duration) {
        if self.limit.early == Early::Refused && now >= self.closed_until {
            self.closed_until = now.saturating_add(wait);
        }
    }

    /// A bucket that refills by one each `interval`, kept as the moment it is full again.
    fn pour(
        &mut self,
        now: Duration,
        interval: Duration,
        burst: u32,
        costs: bool,
    ) -> Result<(), Duration> {
        let saved = interval * (burst - 1);
        let full_at = self.full_at.max(now);
        let passes_at = full_at.saturating_sub(saved);
        if passes_at <= now {
            self.full_at = full_at + interval;
            return Ok(());
        }
        if costs {
            // The debt is capped at one more burst, so that a client that stops asking gets out of it.
            self.full_at = (full_at + interval).min(now + (saved + interval) * 2);
        }
        Err(self.full_at.saturating_sub(saved).saturating_sub(now))
    }

    fn slide(
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

    /// Which of requests at these milliseconds pass.
    fn passes(text: &str, at: &[u64]) -> Vec<bool> {
        let mut limiter = limiter(text);
        at.iter()
            .map(|at| limiter.ask(milliseconds(*at), 0).is_ok())
            .collect()
    }

    #[test]
    fn each_rule_lets_through_what_it_says() {
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
    fn a_request_passes_exactly_when_the_refusal_said() {
        for text in [
            "bucket:7/s,burst=3",
            "leaky:3/s",
            "window:5/s",
            "sliding:5/s",
        ] {
            let mut limiter = limiter(text);
            let now = milliseconds(300);
            let wait = loop {
                if let Err(wait) = limiter.ask(now, 0) {
                    break wait;
                }
            };
            let just_before = (now + wait).saturating_sub(Duration::from_nanos(1));
            assert!(limiter.ask(just_before, 0).is_err(), "{text}");
            assert!(limiter.ask(now + wait, 0).is_ok(), "{text}");
        }
    }

    #[test]
    fn refused_requests_that_cost_put_the_next_turn_off() {
        for rule in ["bucket:10/s", "window:2/s", "sliding:2/s"] {
            let until_next = |text: &str| {
                let mut limiter = limiter(text);
                (0..50u64)
                    .filter(|turn| limiter.ask(milliseconds(turn * 10), 0).is_ok())
                    .count()
            };
            let costly = format!("{rule},refused-cost");
            assert!(until_next(&costly) <= until_next(rule), "{rule}");
        }
        let mut limiter = limiter("bucket:10/s,refused-cost");
        assert!(limiter.ask(milliseconds(0), 0).is_ok());
        for _ in 0..1000 {
            assert!(limiter.ask(milliseconds(1), 0).is_err());
        }
        assert!(
            limiter.ask(milliseconds(202), 0).is_ok(),
            "a debt is worked off"
        );
    }

    #[test]
    fn only_so_many_pass_at_once_under_a_concurrency_cap() {
        let mut limiter = limiter("concurrency:2");
        assert!(limiter.ask(Duration::ZERO, 1).is_ok());
        assert!(limiter.ask(Duration::ZERO, 2).is_err());
    }

    #[test]
    fn a_strict_service_refuses_until_the_announced_time_and_not_longer() {
        let mut limiter = limiter("100/s,strict");
        limiter.announced(milliseconds(0), milliseconds(2000));
        assert_eq!(
            limiter.ask(milliseconds(500), 0),
            Err(milliseconds(1500)),
            "still closed"
        );
        limiter.announced(milliseconds(500), milliseconds(2000));
        assert!(
            limiter.ask(milliseconds(2000), 0).is_ok(),
            "asking early did not lengthen it"
        );
    }
}
