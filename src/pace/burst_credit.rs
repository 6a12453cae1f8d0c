//! What one cycle between two refusals was, and how much of a pause the limiter saves up for us.

/// One interval from the last refusal of an event to the first of the next.
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
    /// Seconds of the run when it ended.
    pub(super) ended: f64,
}

/// The share of a pause that the limiter saves up: all of it in a deep bucket, nothing where bursts are refused. The
/// more is kept, the less a refusal costs.
#[derive(Debug, Clone)]
pub(super) struct BurstCredit {
    share: f64,
    before: Option<Cycle>,
}

impl BurstCredit {
    pub(super) fn unknown() -> Self {
        Self {
            share: 0.5,
            before: None,
        }
    }

    pub(super) fn share(&self) -> f64 {
        self.share
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cycles_tell_how_much_of_a_pause_is_kept() {
        for (share, deep) in [(1.0, true), (0.0, false)] {
            let mut kept = BurstCredit::unknown();
            for active in [2.0, 20.0, 2.0, 20.0] {
                kept.learn(Cycle {
                    passed: 10.0 * (active + share),
                    active,
                    gate: 1.0,
                    pause: 1.0,
                    refusals: 1.0,
                    ended: 0.0,
                });
            }
            assert_eq!(kept.share > 0.9, deep, "{kept:?}");
            assert_eq!(kept.share < 0.1, !deep, "{kept:?}");
        }
    }
}
