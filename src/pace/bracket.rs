//! The two rates a limit lies between: one proven to pass, one seen refused; and where between them to go on.

/// The slowest rate the search goes to, a second: one request in a hundred seconds.
const SLOWEST: f64 = 0.01;
/// The fastest paced rate, a second; beyond it a timer per request costs more than the limit.
const FASTEST: f64 = 100_000.0;
/// The share of all time, and of all requests, that searching may waste.
const WASTE_BUDGET: f64 = 0.004;
/// Seconds a rate is held before a faster one is tried: never so short that a run is all trying, never so long that a
/// raised limit goes unnoticed for a coffee break.
const HOLD: std::ops::RangeInclusive<f64> = 10.0..=1_000.0;
/// Seconds to hold before anything is known about the cost of a refusal.
const FIRST_HOLD: f64 = 20.0;
/// Trying faster takes steps of a twentieth of the time held, but no shorter than this many seconds.
const SHORTEST_STEP: f64 = 1.0;
/// What the first step adds to the ceiling; the tenth adds ten times as much.
const FASTER_PER_STEP: f64 = 0.005;
/// What is taken for the best at first, of the rate that was refused.
const FIRST_BEST: f64 = 0.25;
/// How much of the best lately is believed after the next event.
const FORGETTING: f64 = 0.6;
/// Where in the bracket to go on: after the first refusal while growing, and when the window was full for long (a
/// large burst hid the limit, so it may be far below).
const AFTER_GROWTH: f64 = 0.4;
const AFTER_PLATEAU: f64 = 0.3;
/// After a refusal sooner than the pause before was long: the floor is likely the limit.
const AFTER_SOON: f64 = 0.25;
/// Bounds otherwise; never on the ceiling, and never so near the floor that a step up takes forever.
const BOLDEST: f64 = 0.8;
const SHYEST: f64 = 0.1;
/// A cycle of so many requests that is ended by a refusal is worth one: the shyer the fewer it had.
const REQUESTS_PER_SHARE: f64 = 300.0;
/// A remembered rate is old news: start a tenth below it.
const REMEMBERED: f64 = 0.9;

#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    low: f64,
    high: f64,
    share: f64,
    rate: f64,
    hold: f64,
    /// Refusals in a row that came soon.
    soon: u32,
    /// What the service lately gave us at its best: trying faster goes in steps of this, or a run that was pushed
    /// aside by another one of the same token would stay there.
    best: f64,
}

/// One stretch from the last refusal of an event to the first of the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cycle {
    /// Requests that passed.
    pub(super) passed: f64,
    /// Seconds since the gate opened.
    pub(super) active: f64,
    /// Seconds before that in which nothing was sent.
    pub(super) gate: f64,
    /// Seconds of the pause that follows.
    pub(super) pause: f64,
    /// Refusals in the event before.
    pub(super) refusals: f64,
}

/// How much of a pause the limiter saves up for us: all of it in a deep bucket, nothing where bursts are refused. The
/// more is kept, the less a refusal costs.
#[derive(Debug)]
pub(super) struct Kept {
    share: f64,
    before: Option<Cycle>,
}

impl Kept {
    pub(super) fn unknown() -> Self {
        Self {
            share: 0.5,
            before: None,
        }
    }

    /// Two cycles of different length give both unknowns of `passed = rate × (active + kept × gate)`.
    pub(super) fn learn(&mut self, now: Cycle) {
        let Some(before) = self.before.replace(now) else {
            return;
        };
        let alike = now.active < 1.5 * before.active && before.active < 1.5 * now.active;
        if alike || now.passed.min(before.passed) < 10.0 {
            return;
        }
        let kept = (now.passed * before.active - before.passed * now.active)
            / (before.passed * now.gate - now.passed * before.gate);
        if kept.is_finite() {
            self.share += 0.5 * (kept.clamp(0.0, 1.0) - self.share);
        }
    }
}

impl Bracket {
    pub(super) fn remembered(rate: f64) -> Option<Self> {
        let high = rate.clamp(SLOWEST, FASTEST);
        (rate.is_finite() && rate > 0.0).then_some(Self {
            low: 0.0,
            high,
            share: REMEMBERED,
            rate: REMEMBERED * high,
            hold: FIRST_HOLD,
            soon: 0,
            best: 0.0,
        })
    }

    /// Stays at this rate.
    pub(super) fn steady(rate: f64) -> Self {
        let rate = rate.clamp(SLOWEST, FASTEST);
        Self {
            low: rate,
            high: rate,
            share: SHYEST,
            rate,
            hold: *HOLD.end(),
            soon: 0,
            best: rate,
        }
    }

    /// `sent` is the rate on the wire at the refusal, `proven` what a long announced pause makes of the whole cycle.
    pub(super) fn first(sent: f64, proven: Option<f64>, plateau: bool) -> Self {
        let high = sent.clamp(SLOWEST, FASTEST);
        Self {
            low: proven.unwrap_or(0.0).min(high),
            high,
            share: if plateau || proven.is_some() {
                AFTER_PLATEAU
            } else {
                AFTER_GROWTH
            },
            rate: SLOWEST,
            hold: FIRST_HOLD,
            soon: 0,
            best: FIRST_BEST * high,
        }
    }

    pub(super) fn refused(self, cycle: Cycle, kept: &Kept) -> Self {
        // The limiter was empty when the cycle began, so all that passed was refilled since.
        let proven = (cycle.passed - 1.0).max(0.5) / (cycle.active + cycle.gate);
        let high = self.rate;
        let soon = if cycle.active < 4.0 * cycle.gate {
            self.soon.saturating_add(1)
        } else {
            0
        };
        let low = if soon >= 2 {
            proven
        } else if high > 1.02 * self.low {
            self.low.max(proven)
        } else {
            // Refused below the floor: a stray, or the limit has fallen; the next refusal will tell.
            proven.max(0.9 * high)
        };
        let share = if cycle.active < cycle.gate {
            AFTER_SOON
        } else {
            let shyest = (cycle.passed / REQUESTS_PER_SHARE).clamp(SHYEST, AFTER_SOON);
            (1.0 - kept.share).clamp(shyest, BOLDEST)
        };
        let best = if soon == 0 {
            proven.max(FORGETTING * self.best)
        } else {
            self.best
        };
        let lost = cycle.pause * (1.1 - kept.share);
        let wasted = f64::midpoint(cycle.refusals, 1.0) / high.max(best);
        Self {
            low: low.min(high),
            high,
            share,
            rate: SLOWEST,
            hold: (lost.max(wasted) / WASTE_BUDGET).clamp(*HOLD.start(), *HOLD.end()),
            soon,
            best,
        }
    }

    /// `proven` is the floor this cycle has shown so far, `active` its seconds.
    pub(super) fn climb(&mut self, proven: f64, active: f64) {
        let step = (self.hold / 20.0).max(SHORTEST_STEP);
        let over = ((active - self.hold) / step).max(0.0);
        let faster = FASTER_PER_STEP * over * (1.0 + over);
        let high = self.high + self.high.max(self.best) * faster;
        let low = self.low.max(proven).min(high);
        let rate = (low + self.share * (high - low)).max(self.rate.min(high));
        if rate.is_finite() {
            self.rate = rate.clamp(SLOWEST, FASTEST);
        }
    }

    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// Within a twentieth of the ceiling there is little left to find.
    pub(super) fn is_found(&self) -> bool {
        self.rate >= 0.95 * self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(passed: f64, active: f64) -> Cycle {
        Cycle {
            passed,
            active,
            gate: 1.0,
            pause: 1.0,
            refusals: 1.0,
        }
    }

    #[test]
    fn what_passed_since_the_limiter_was_empty_is_a_floor() {
        let mut bracket = Bracket::first(40.0, None, false);
        bracket.climb(0.0, 0.0);
        let mut bracket = bracket.refused(cycle(46.0, 8.0), &Kept::unknown());
        bracket.climb(0.0, 0.0);
        assert!(bracket.rate() > 5.0 && bracket.rate() < 16.0, "{bracket:?}");
    }

    #[test]
    fn a_held_rate_climbs_when_nothing_is_refused_for_long() {
        let mut bracket = Bracket::remembered(10.0).unwrap();
        bracket.climb(0.0, 1.0);
        let early = bracket.rate();
        bracket.climb(9.9, FIRST_HOLD + 30.0);
        assert!(early < 10.0 && bracket.rate() > 20.0, "{bracket:?}");
    }

    #[test]
    fn two_cycles_tell_how_much_of_a_pause_is_kept() {
        for (share, deep) in [(1.0, true), (0.0, false)] {
            let mut kept = Kept::unknown();
            for active in [2.0, 20.0, 2.0, 20.0] {
                kept.learn(cycle(10.0 * (active + share), active));
            }
            assert_eq!(kept.share > 0.9, deep, "{kept:?}");
            assert_eq!(kept.share < 0.1, !deep, "{kept:?}");
        }
    }

    #[test]
    fn an_absurd_memory_is_no_memory() {
        for rate in [f64::NAN, f64::INFINITY, 0.0, -3.0] {
            assert!(Bracket::remembered(rate).is_none());
        }
    }
}
