//! The two rates a limit lies between: one proven to pass, one seen refused; and where between them to go on.

use super::burst_credit::{BurstCredit, Cycle};
use super::burst_sample::BurstSample;
use super::estimate::Estimate;
use super::excess::Excess;
use super::fairness::Fairness;
use super::rate_floor::{RateFloor, SLOWEST};

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
/// The most otherwise: never on the ceiling.
const BOLDEST: f64 = 0.6;
/// Where in the bracket at the end of the time held: the longer nothing is refused, the more of what is above was chance.
const PATIENT: f64 = 0.75;
/// After the first refusal: begin at a factor above what came through, and double in a number of seconds. Where hardly a
/// burst is tolerated the rate sent says nothing, and each refusal on the way down from it costs a whole pause.
const OPENING: f64 = 2.5;
const OPENING_DOUBLES: f64 = 1.0;
/// Where to go on in what an overflow tells, and seconds until it is doubted.
const AFTER_OVERFLOW: f64 = 0.5;
const OVERFLOW_HOLD: f64 = 2.0;
/// With fewer passed in the overflow than that its ceiling is a guess (refusals may cost, too): it doubles in a number
/// of seconds, a number of times at most.
const FEW_PASSED: f64 = 2.0;
const GUESS_DOUBLES: f64 = 5.0;
const MOST_DOUBLINGS: f64 = 4.0;
/// Where another user's limit is not met: seconds until it is doubted, and in which it then doubles.
const LEARNED_HOLD: f64 = 2.0;
const LEARNED_DOUBLES: f64 = 2.0;
/// After this number of soon refusals in a row the bracket was made in a tumult, and is held for half the age of the run.
const TUMULT: u32 = 3;
/// What the cycles before count in what was given lately, after each further one.
const GIVEN_LATELY: f64 = 0.8;
/// A remembered rate is where in its bracket to go on: just below the middle.
const REMEMBERED: f64 = 0.45;
/// The spread of a bracket without a floor.
const UNKNOWN_SPREAD: f64 = 1.0;

#[derive(Debug, Clone, Copy)]
pub(super) struct Bracket {
    low: f64,
    high: f64,
    share: f64,
    rate: f64,
    slowest: RateFloor,
    hold: f64,
    /// Refusals in a row that came soon.
    soon: u32,
    /// What the service lately gave us at its best: trying faster goes in steps of this, or a run that was pushed
    /// aside by another one of the same token would stay there.
    best: f64,
    given: Given,
    opening: SlowStart,
    sharing: Fairness,
}

/// How to go on after the first refusal, of which little is known but the rate that was too fast.
#[derive(Debug, Clone, Copy, Default)]
struct SlowStart {
    /// Begins here and doubles, until it is where in the bracket to go on.
    from: Option<f64>,
    /// The ceiling itself is a guess: it doubles.
    guess: Option<Guess>,
}

/// What is doubled, from nothing or next to nothing.
#[derive(Debug, Clone, Copy)]
enum Guess {
    /// From what passed between few refusals.
    Overflow,
    /// From the limit of another user.
    OfAnother,
}

/// The first refusal of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct First {
    /// Requests a second on the wire.
    pub(super) sent: f64,
    /// What came through a second, the pause included.
    pub(super) through: f64,
    /// The pause is long enough for that to be a floor.
    pub(super) is_long: bool,
    /// As many were on the wire as may be, perhaps for long.
    pub(super) plateau: bool,
}

/// What the service gave us lately, pauses included.
#[derive(Debug, Clone, Copy)]
struct Given {
    requests: f64,
    seconds: f64,
}

impl Given {
    fn guess(rate: f64) -> Self {
        Self {
            requests: rate,
            seconds: 1.0,
        }
    }

    fn and(self, cycle: Cycle) -> Self {
        Self {
            requests: GIVEN_LATELY * self.requests + cycle.passed,
            seconds: GIVEN_LATELY * self.seconds + cycle.active + cycle.gate,
        }
    }

    fn rate(self) -> f64 {
        self.requests / self.seconds
    }
}

impl Bracket {
    /// As far around the rate as an earlier run was unsure of it.
    pub(super) fn remembered(found: Estimate) -> Self {
        let off = found.spread.exp();
        let (low, high) = (found.per_second / off, found.per_second * off);
        let remembered = Self {
            hold: FIRST_HOLD,
            ..Self::between(low, high, REMEMBERED)
        };
        if !found.is_of_another {
            return remembered;
        }
        Self {
            hold: LEARNED_HOLD,
            opening: SlowStart {
                from: None,
                guess: Some(Guess::OfAnother),
            },
            ..remembered
        }
    }

    fn between(low: f64, high: f64, share: f64) -> Self {
        let (low, high) = (low.clamp(SLOWEST, FASTEST), high.clamp(SLOWEST, FASTEST));
        Self {
            low,
            high,
            share,
            rate: low + share * (high - low),
            slowest: RateFloor::unknown(),
            hold: *HOLD.end(),
            soon: 0,
            best: 0.0,
            given: Given::guess(high),
            opening: SlowStart::default(),
            sharing: Fairness::default(),
        }
    }

    /// Stays at this rate.
    pub(super) fn steady(rate: f64) -> Self {
        Self {
            best: rate,
            ..Self::between(rate, rate, AFTER_SOON)
        }
    }

    pub(super) fn first(first: First) -> Self {
        let high = first.sent.clamp(SLOWEST, FASTEST);
        Self {
            low: if first.is_long { first.through } else { 0.0 }.min(high),
            high,
            share: if first.plateau || first.is_long {
                AFTER_PLATEAU
            } else {
                AFTER_GROWTH
            },
            rate: SLOWEST,
            slowest: RateFloor::unknown(),
            hold: FIRST_HOLD,
            soon: 0,
            best: FIRST_BEST * high,
            given: Given::guess(FIRST_BEST * high),
            opening: SlowStart {
                // Where nothing came through there is nothing to begin with: the very first request may be refused
                // because of what others of the same token sent.
                from: (!first.is_long && first.through > 0.0).then_some(OPENING * first.through),
                guess: None,
            },
            sharing: Fairness::default(),
        }
    }

    /// What the refusals of the first event tell together.
    pub(super) fn overflowed(self, overflow: &BurstSample) -> Self {
        let Some((slowest, fastest)) = overflow.rates().filter(|rates| rates.1 < self.high) else {
            return self;
        };
        let high = fastest.max(self.low).max(SLOWEST);
        Self {
            low: slowest.max(self.low),
            high,
            share: AFTER_OVERFLOW,
            rate: SLOWEST,
            hold: OVERFLOW_HOLD,
            opening: SlowStart {
                guess: (overflow.passed() < FEW_PASSED).then_some(Guess::Overflow),
                ..self.opening
            },
            ..self
        }
    }

    pub(super) fn refused(self, cycle: Cycle, kept: &BurstCredit) -> Self {
        // The limiter was empty when the cycle began, so all that passed was refilled since.
        let proven = (cycle.passed - 1.0).max(0.5) / (cycle.active + cycle.gate);
        let high = self.rate;
        let soon = if cycle.active < 4.0 * cycle.gate {
            self.soon.saturating_add(1)
        } else {
            0
        };
        let is_anothers = matches!(self.opening.guess, Some(Guess::OfAnother));
        let low = if soon >= 2 || is_anothers {
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
            (1.0 - kept.share()).clamp(AFTER_SOON, BOLDEST)
        };
        let best = if soon == 0 {
            proven.max(FORGETTING * self.best)
        } else {
            self.best
        };
        let sharing = self
            .sharing
            .refused(high, self.low, cycle.active, self.hold);
        let lost = cycle.pause * (1.1 - kept.share());
        let wasted = f64::midpoint(cycle.refusals, 1.0) / high.max(best);
        let mut hold = lost.max(wasted) / WASTE_BUDGET;
        if soon >= TUMULT {
            hold = hold.min(cycle.ended / 2.0);
        }
        if let Some(longest) = sharing.longest_hold(cycle.ended) {
            hold = hold.min(longest);
        }
        Self {
            low: low.min(high),
            high,
            share,
            rate: SLOWEST,
            slowest: self.slowest.refused(cycle.passed, cycle.pause),
            hold: hold.clamp(*HOLD.start(), *HOLD.end()),
            soon,
            best,
            given: self.given.and(cycle),
            opening: SlowStart::default(),
            sharing,
        }
    }

    /// `proven` is the floor this cycle has shown so far, `active` its seconds.
    pub(super) fn climb(&mut self, proven: f64, active: f64) {
        let step = (self.hold / 20.0).max(SHORTEST_STEP);
        let over = ((active - self.hold) / step).max(0.0);
        let faster = FASTER_PER_STEP * over * (1.0 + over);
        let since_hold = (active - self.hold).max(0.0);
        let high = match self.opening.guess {
            Some(Guess::Overflow) => {
                let doublings = since_hold / GUESS_DOUBLES;
                self.high * doublings.min(MOST_DOUBLINGS).exp2()
            }
            Some(Guess::OfAnother) => self.high * (since_hold / LEARNED_DOUBLES).exp2(),
            None => self.high + self.high.max(self.best) * faster,
        };
        let low = self.low.max(proven).min(high);
        let held = (active / self.hold).clamp(0.0, 1.0);
        let share = self.share + held * held * (PATIENT - self.share);
        let mut rate = low + share * (high - low);
        if let Some(from) = self.opening.from {
            rate = rate.min(from * (active / OPENING_DOUBLES).exp2());
        }
        rate = rate.max(self.rate.min(high));
        if let Some(most) = self.sharing.most(active) {
            rate = rate.min(most);
        }
        if rate.is_finite() {
            // The floor is for those who share a limit; a slow service must not be asked in vain because of it.
            let slowest = self.slowest.rate().min(self.given.rate()).max(SLOWEST);
            self.rate = rate.clamp(slowest, FASTEST);
        }
    }

    pub(super) fn hold_no_longer_than(&mut self, hold: f64) {
        self.hold = self.hold.min(hold.max(*HOLD.start()));
    }

    pub(super) fn rate(&self) -> f64 {
        self.rate
    }

    /// What a refusal at this rate would mean if the limit had been met.
    pub(super) fn excess(&self) -> Excess {
        let chance = (self.rate / self.low).ln() / (self.high / self.low).ln();
        Excess {
            chance: if chance.is_nan() { 1.0 } else { chance },
            most: 1.0 - self.low / self.rate,
        }
    }

    /// How far the limit may be from the rate, as a part of it.
    pub(super) fn spread(&self) -> f64 {
        let off = (self.high / self.low).ln() / 2.0;
        off.clamp(0.0, UNKNOWN_SPREAD)
    }

    /// Seconds to wait on where the pause is over.
    pub(super) fn hesitation(&self) -> f64 {
        self.slowest.hesitation()
    }

    /// Within a twentieth of the ceiling there is little left to find.
    pub(super) fn is_found(&self) -> bool {
        self.rate >= 0.95 * self.high
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn cycle(passed: f64, active: f64) -> Cycle {
        Cycle {
            passed,
            active,
            gate: 1.0,
            pause: 1.0,
            refusals: 1.0,
            ended: 1e6,
        }
    }

    fn first(sent: f64) -> Bracket {
        Bracket::first(First {
            sent,
            through: 10.0,
            is_long: false,
            plateau: false,
        })
    }

    #[test]
    fn what_passed_since_the_limiter_was_empty_is_a_floor() {
        let mut bracket = first(40.0);
        bracket.climb(0.0, 0.0);
        let mut bracket = bracket.refused(cycle(46.0, 8.0), &BurstCredit::unknown());
        bracket.climb(0.0, 0.0);
        assert!(bracket.rate() > 5.0 && bracket.rate() < 16.0, "{bracket:?}");
    }

    fn found(per_second: f64) -> Estimate {
        Estimate {
            per_second,
            burst: 0.0,
            spread: 0.05,
            age: Duration::ZERO,
            is_of_another: false,
        }
    }

    #[test]
    fn the_limit_of_another_user_is_soon_doubted_and_no_floor_when_refused() {
        let mut bracket = Bracket::remembered(Estimate {
            is_of_another: true,
            ..found(1.0)
        });
        bracket.climb(0.0, 1.0);
        assert!(bracket.rate() < 1.1, "{bracket:?}");
        bracket.climb(0.9, LEARNED_HOLD + 10.0);
        assert!(bracket.rate() > 20.0, "{bracket:?}");
        let mut bracket = Bracket::remembered(Estimate {
            is_of_another: true,
            ..found(5.0)
        });
        bracket.climb(0.0, 1.0);
        let bracket = bracket.refused(cycle(2.0, 1.0), &BurstCredit::unknown());
        assert!(bracket.low < 2.0, "{bracket:?}");
    }

    #[test]
    fn a_held_rate_climbs_when_nothing_is_refused_for_long() {
        let mut bracket = Bracket::remembered(found(10.0));
        bracket.climb(0.0, 1.0);
        let early = bracket.rate();
        bracket.climb(9.9, FIRST_HOLD + 30.0);
        assert!(early < 10.1 && bracket.rate() > 20.0, "{bracket:?}");
    }

    #[test]
    fn a_held_rate_goes_up_in_its_bracket_long_before_the_ceiling_is_doubted() {
        let mut bracket = first(40.0);
        bracket.climb(0.0, 0.0);
        let mut bracket = bracket.refused(cycle(200.0, 20.0), &BurstCredit::unknown());
        bracket.climb(0.0, 0.0);
        let (begins, hold) = (bracket.rate(), bracket.hold);
        bracket.climb(0.0, 0.5 * hold);
        let halfway = bracket.rate();
        bracket.climb(0.0, hold);
        assert!(begins < halfway && halfway < bracket.rate(), "{bracket:?}");
        assert!(bracket.rate() < bracket.high, "{bracket:?}");
    }

    #[test]
    fn what_passed_between_refusals_is_nearer_than_what_was_sent() {
        let mut overflow = BurstSample::begin(20, 1.0);
        overflow.add(30, 1.25);
        overflow.add(25, 1.125);
        let mut bracket = first(200.0).overflowed(&overflow);
        bracket.climb(0.0, 0.0);
        assert!(
            bracket.rate() > 20.0 && bracket.rate() < 45.0,
            "{bracket:?}"
        );
    }

    #[test]
    fn after_a_refusal_that_tells_nothing_the_rate_comes_from_below() {
        let mut bracket = first(4_000.0);
        bracket.climb(0.0, 0.0);
        let begins = bracket.rate();
        bracket.climb(0.0, 1.0);
        assert!(begins < 30.0 && bracket.rate() < 60.0, "{bracket:?}");
    }
}
