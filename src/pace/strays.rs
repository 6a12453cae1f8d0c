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
}

/// Refusals that are noise are known, and passed over.
#[derive(Debug, Clone)]
struct Passing {
    rate: f64,
    /// Requests a stray.
    usual: f64,
    passed: f64,
    refusals: u32,
}

impl Strays {
    /// A refusal at `rate` after `passed` requests; the rate to go on with if it is a stray.
    pub(super) fn refused(&mut self, rate: f64, passed: f64) -> Option<f64> {
        if self.passing.is_none() {
            self.passing = self.find(Cycle { rate, passed });
        } else if let Some(passing) = &mut self.passing {
            passing.passed += passed;
            passing.refusals += 1;
            if passing.refusals == LOOK {
                let each = passing.passed / f64::from(LOOK);
                if each * DENSER < passing.usual {
                    *self = Strays::default();
                    return None;
                }
                passing.rate *= if each * THICKER < passing.usual {
                    1.0 / STEP
                } else {
                    STEP
                };
                (passing.passed, passing.refusals) = (0.0, 0);
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
        let mean = |part: &dyn Fn(&Cycle) -> f64, skip: usize| {
            let cycles = self.cycles.iter().skip(skip).take(COMPARED);
            cycles.map(part).sum::<f64>() / super::float(COMPARED as u64)
        };
        let last = self.cycles.len() - COMPARED;
        let (was, is) = (mean(&|one| one.passed, 0), mean(&|one| one.passed, last));
        let (fast, slow) = (mean(&|one| one.rate, 0), mean(&|one| one.rate, last));
        let are_strays = slow < FALLEN * fast
            && (0.0..RARE).contains(&was)
            && ALIKE.contains(&(is / was.max(1.0)));
        are_strays.then(|| Passing {
            rate: fast,
            usual: f64::midpoint(was, is),
            passed: 0.0,
            refusals: 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_that_come_as_often_however_slow_we_are_are_strays() {
        let mut strays = Strays::default();
        let mut rate = 20.0;
        let mut held = None;
        for _ in 0..12 {
            held = strays.refused(rate, 18.0);
            rate *= 0.8;
        }
        assert!(held.is_some_and(|held| held > 8.0), "{held:?}");
    }

    #[test]
    fn refusals_that_become_rarer_as_we_slow_down_are_a_limit() {
        let mut strays = Strays::default();
        let (mut rate, mut passed) = (20.0, 10.0);
        for _ in 0..12 {
            assert_eq!(strays.refused(rate, passed), None);
            rate *= 0.8;
            passed *= 1.4;
        }
    }

    #[test]
    fn where_strays_become_denser_with_the_rate_it_goes_back_a_step() {
        let mut strays = Strays::default();
        let mut rate = 20.0;
        while strays.refused(rate, 18.0).is_none() {
            rate *= 0.8;
        }
        let mut look = |passed: f64| {
            let rates = (0..LOOK).filter_map(|_| strays.refused(rate, passed));
            rates.last().unwrap_or_default()
        };
        let (usual, faster, back) = (look(18.0), look(18.0), look(9.0));
        assert!(usual < faster && back < faster, "{usual} {faster} {back}");
    }

    #[test]
    fn strays_that_become_dense_are_a_limit_after_all() {
        let mut strays = Strays::default();
        let mut rate = 20.0;
        while strays.refused(rate, 18.0).is_none() {
            rate *= 0.8;
        }
        let faster = strays.refused(rate, 18.0);
        let mut last = faster;
        for _ in 0..20 {
            last = strays.refused(faster.unwrap_or_default(), 2.0);
            if last.is_none() {
                break;
            }
        }
        assert_eq!(last, None);
    }
}
