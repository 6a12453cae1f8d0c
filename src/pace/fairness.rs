//! Whether someone else draws on the same limit: then we give way and come back, so that both end up with half.
//!
//! Alone, a limit that was found is met at the same height again and again, and not before a faster rate was tried.
//! Refused at a rate that was proven, long before that, or at another height: someone came, or went. Whoever gives up
//! a share of his rate each time, and regains it at a pace that grows with the root of it, loses more the more he has.

/// What may lie between the rate proven and the rate refused where the limit counts as found.
const FOUND: f64 = 0.03;
/// Refused sooner than this part of the time it was to be held is too soon for the limit that was found.
const EARLY: f64 = 0.3;
/// Two refusals at the same height are at most so far apart; jitter alone moves them by half of it.
const SAME_HEIGHT: f64 = 0.015;
/// What is left of a suspicion after a refusal at the same height, and after any other that does not renew it.
const REFUTED: f64 = 0.3;
const FADED: f64 = 0.8;
/// Suspicion at which we give way: until two refusals at one height, or eight that say nothing.
const ENOUGH: f64 = 0.2;
/// What is given up of the rate.
const GIVEN: f64 = 0.15;
/// Regained each second, for each root of the rate.
const REGAINED: f64 = 0.022;
/// Seconds between two tries while the limit is shared, or the time of this number of requests where that is longer.
const HOLD: f64 = 60.0;
const HOLD_IN_REQUESTS: f64 = 200.0;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fairness {
    found: bool,
    /// The rate last refused.
    height: f64,
    suspicion: f64,
}

impl Fairness {
    /// After a refusal at `rate`, where `floor` was proven and the rate was to be `held` for longer than `active`.
    pub(super) fn refused(self, rate: f64, floor: f64, active: f64, held: f64) -> Self {
        let at_the_floor = rate < (1.0 + FOUND) * floor;
        let same_height = (rate / self.height - 1.0).abs() < SAME_HEIGHT;
        let found = self.found || at_the_floor;
        let too_soon = active < EARLY * held && rate < (1.0 + SAME_HEIGHT) * self.height;
        let moved = at_the_floor && !same_height;
        Self {
            found,
            height: rate,
            suspicion: if found && (too_soon || moved) {
                1.0
            } else if same_height {
                REFUTED * self.suspicion
            } else {
                FADED * self.suspicion
            },
        }
    }

    fn is_likely(self) -> bool {
        self.suspicion > ENOUGH
    }

    /// The most to send this number of seconds after a refusal; nothing to keep to once all is regained.
    pub(super) fn most(self, active: f64) -> Option<f64> {
        let regained = (1.0 - GIVEN) * self.height + REGAINED * self.height.sqrt() * active;
        (self.is_likely() && regained < self.height).then_some(regained)
    }

    /// The longest time to hold a rate in a run of this age: an opinion is as good as the time it was formed in.
    pub(super) fn longest_hold(self, age: f64) -> Option<f64> {
        let slow = (HOLD_IN_REQUESTS / self.height).min(age / 2.0);
        self.is_likely().then_some(HOLD.max(slow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELD: f64 = 100.0;

    #[test]
    fn a_limit_met_at_one_height_is_ours_alone() {
        let mut sharing = Fairness::default();
        for _ in 0..4 {
            sharing = sharing.refused(10.05, 9.95, 1.2 * HELD, HELD);
        }
        assert!(!sharing.is_likely(), "{sharing:?}");
    }

    #[test]
    fn whoever_is_refused_at_what_was_proven_gives_way_and_comes_back() {
        let mut sharing = Fairness::default();
        for _ in 0..4 {
            sharing = sharing.refused(10.05, 9.95, 1.2 * HELD, HELD);
        }
        let sharing = sharing.refused(10.0, 9.95, 5.0, HELD);
        assert!(sharing.most(0.0).is_some_and(|most| most < 9.0));
        assert!(sharing.most(5.0) > sharing.most(0.0));
        assert_eq!(sharing.most(60.0), None);
    }

    #[test]
    fn a_search_that_is_still_narrowing_suspects_nobody() {
        let mut sharing = Fairness::default();
        for rate in [30.0, 15.0, 12.0] {
            sharing = sharing.refused(rate, 0.8 * rate, 3.0, HELD);
        }
        assert!(!sharing.is_likely(), "{sharing:?}");
    }
}
