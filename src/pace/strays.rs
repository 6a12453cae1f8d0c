//! Noise without a witness: where too few are on the wire for a refusal to have neighbors, noise is told by its density.
//!
//! Below a limit that is a rate more passes between two refusals the slower we are. Where we fell well behind and it
//! is still about as many, the refusals are strays: they close the gate like any other, and the rate stays. It even
//! rises, step by step, for as long as they do not become denser, and goes back a step where they do.

use std::collections::VecDeque;

/// Cycles looked at, and how many at each end of them are compared.
const CYCLES: usize = 16;
const COMPARED: usize = 6;
/// The rate must have fallen to this share before anything is concluded.
const FALLEN: f64 = 0.5;
/// About as many, by chance alone; or fewer, since others of the same token take what we leave.
const ALIKE: std::ops::RangeInclusive<f64> = 0.3..=1.6;
/// Refusals rarer than one in this number of requests cost too little to be looked into.
const RARE: f64 = 100.0;
/// More refusals for each request that passed are a limit's, however regular they are.
const MOST_REFUSED: f64 = 2.0;
/// Chance is irregular: this is the least variance of what passes between two refusals, as a part of the square of its
/// mean (which is 1 for pure chance). A service that hands out a number a minute lets the same number pass each time.
const IRREGULAR: f64 = 0.2;
/// Refusals between two looks at whether they have become denser.
const LOOK: u32 = 5;
/// Refusals that are so much denser than the strays were are no strays.
const DENSER: f64 = 3.0;
/// So much denser, some are the limit's: the rate goes back a step.
const THICKER: f64 = 1.6;
/// A step of the rate after a look.
const STEP: f64 = 1.5;

#[derive(Debug, Clone, Default)]
pub(super) struct Strays {
    cycles: VecDeque<Cycle>,
    passing: Option<Passing>,
}

#[derive(Debug, Clone, Copy)]
struct Cycle {
    rate: f64,
    passed: f64,
    /// Refusals in the event that began it.
    refused: f64,
}

/// Refusals that are noise are known, and passed over.
#[derive(Debug, Clone)]
struct Passing {
    rate: f64,
    /// Requests a stray.
    usual: f64,
    passed: f64,
    refused: f64,
    /// Events since the last look.
    events: u32,
}

impl Strays {
    /// A refusal at `rate` after `passed` requests, and `refused` in the event before them; the rate to go on with if it
    /// is a stray.
    pub(super) fn refused(&mut self, rate: f64, passed: f64, refused: f64) -> Option<f64> {
        if self.passing.is_none() {
            self.passing = self.find(Cycle {
                rate,
                passed,
                refused,
            });
        } else if let Some(passing) = &mut self.passing {
            passing.passed += passed;
            passing.refused += refused;
            passing.events += 1;
            if passing.events == LOOK {
                let each = passing.passed / f64::from(LOOK);
                if each * DENSER < passing.usual || passing.refused > MOST_REFUSED * passing.passed
                {
                    *self = Strays::default();
                    return None;
                }
                passing.rate *= if each * THICKER < passing.usual {
                    1.0 / STEP
                } else {
                    STEP
                };
                (passing.passed, passing.refused, passing.events) = (0.0, 0.0, 0);
            }
        }
        self.passing.as_ref().map(|passing| passing.rate)
    }

    fn find(&mut self, cycle: Cycle) -> Option<Passing> {
        self.cycles.push_back(cycle);
        if self.cycles.len() > CYCLES {
            self.cycles.pop_front();
        }
        if self.cycles.len() < 2 * COMPARED {
            return None;
        }
        let mean = |part: &dyn Fn(&Cycle) -> f64, skip: usize, take: usize| {
            let cycles = self.cycles.iter().skip(skip).take(take);
            cycles.map(part).sum::<f64>() / super::float(take)
        };
        let (all, last) = (self.cycles.len(), self.cycles.len() - COMPARED);
        let was = mean(&|one| one.passed, 0, COMPARED);
        let is = mean(&|one| one.passed, last, COMPARED);
        let fast = mean(&|one| one.rate, 0, COMPARED);
        let slow = mean(&|one| one.rate, last, COMPARED);
        let typical = mean(&|one| one.passed, 0, all);
        let variance = mean(&|one| (one.passed - typical).powi(2), 0, all);
        let are_strays = slow < FALLEN * fast
            && (0.0..RARE).contains(&was)
            && ALIKE.contains(&(is / was.max(1.0)))
            && variance > IRREGULAR * typical.powi(2)
            && mean(&|one| one.refused, 0, all) < MOST_REFUSED * typical;
        are_strays.then(|| Passing {
            rate: fast,
            usual: f64::midpoint(was, is),
            passed: 0.0,
            refused: 0.0,
            events: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What passes between refusals that come by chance, after 18 on average.
    const BY_CHANCE: [f64; 6] = [31.0, 4.0, 18.0, 9.0, 40.0, 6.0];

    /// Strays at a rate that falls, until they are known as such.
    fn known() -> Strays {
        let mut strays = Strays::default();
        let mut rate = 20.0;
        for passed in BY_CHANCE.into_iter().cycle().take(CYCLES) {
            if strays.refused(rate, passed, 1.0).is_some() {
                return strays;
            }
            rate *= 0.8;
        }
        panic!("they were not found: {strays:?}");
    }

    #[test]
    fn refusals_that_come_as_often_however_slow_we_are_are_strays() {
        let held = known().passing.map(|passing| passing.rate);
        assert!(held.is_some_and(|held| held > 8.0), "{held:?}");
    }

    #[test]
    fn refusals_that_become_rarer_as_we_slow_down_are_a_limit() {
        let mut strays = Strays::default();
        let (mut rate, mut rarer) = (20.0, 1.0);
        for passed in BY_CHANCE.into_iter().cycle().take(12) {
            assert_eq!(strays.refused(rate, rarer * passed, 1.0), None);
            rate *= 0.8;
            rarer *= 1.4;
        }
    }

    #[test]
    fn the_same_number_between_all_refusals_is_a_window_and_no_chance() {
        let mut strays = Strays::default();
        let mut rate = 20.0;
        for _ in 0..4 * CYCLES {
            assert_eq!(strays.refused(rate, 18.0, 1.0), None);
            rate *= 0.9;
        }
    }

    #[test]
    fn where_strays_become_denser_with_the_rate_it_goes_back_a_step() {
        let mut strays = known();
        let mut look = |passed: f64| {
            let rates = (0..LOOK).filter_map(|_| strays.refused(0.0, passed, 1.0));
            rates.last().unwrap_or_default()
        };
        let (usual, faster, back) = (look(18.0), look(18.0), look(9.0));
        assert!(usual < faster && back < faster, "{usual} {faster} {back}");
    }

    #[test]
    fn strays_that_become_dense_are_a_limit_after_all() {
        for (passed, refused) in [(2.0, 1.0), (18.0, 40.0)] {
            let mut strays = known();
            let looks = (0..20).map(|_| strays.refused(0.0, passed, refused));
            assert!(looks.into_iter().any(|rate| rate.is_none()), "{passed}");
        }
    }
}
