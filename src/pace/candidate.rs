//! One guess at the limit: a token bucket that gets what we send, and says what it would have refused.

/// The chance that a service lets pass what the right guess refuses. Requests overtake each other, clocks differ, and no
/// service is exactly a bucket. Anything from 0.01 to 0.1 does as well in the tuning worlds.
const SLIP: f64 = 0.03;

#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    /// Requests a second.
    pub(super) rate: f64,
    /// The most requests it saves up.
    pub(super) burst: f64,
    /// Whether a request that it refuses costs a token, too.
    pub(super) refusals_cost: bool,
    /// The probability that this is the limit.
    pub(super) weight: f64,
    /// Tokens now, if everything on the wire passes.
    pub(super) left: f64,
    /// Tokens when the latest request left that has been answered.
    pub(super) seen: f64,
}

impl Candidate {
    pub(super) fn refill(&mut self, seconds: f64) {
        self.left = (self.left + seconds * self.rate).min(self.burst);
    }

    /// Moves `seen` on to the time at which a request left whose answer is here.
    pub(super) fn see(&mut self, seconds: f64) {
        self.seen = (self.seen + seconds * self.rate).min(self.burst);
    }

    /// Seconds until the next request would pass.
    pub(super) fn wait(&self) -> f64 {
        ((1.0 - self.left) / self.rate).max(0.0)
    }

    /// Requests that a pause costs: what would have passed meanwhile and no burst saves up.
    pub(super) fn lost_in(&self, pause: f64) -> f64 {
        (self.rate * pause - self.burst).max(0.0)
    }

    /// The chance that the request seen last passes. Part of a token is part of a chance, since the service's clock is
    /// not ours.
    fn chance_to_pass(&self) -> f64 {
        self.seen.clamp(SLIP, 1.0)
    }

    pub(super) fn accepted(&mut self, noise: f64) {
        self.weight *= (1.0 - noise) * self.chance_to_pass();
        // There was a token, whatever this guess says.
        let had = self.seen.max(1.0);
        self.left = (self.left + had - self.seen).min(self.burst);
        self.seen = had - 1.0;
    }

    /// The first refusal of an event.
    pub(super) fn refused(&mut self, noise: f64) {
        self.weight *= 1.0 - (1.0 - noise) * self.chance_to_pass();
        self.give_back();
    }

    /// Another refusal of the same event. It is no second proof that there was no token, but one against a guess that
    /// there was one.
    pub(super) fn refused_again(&mut self, noise: f64) {
        if self.is_surprised() {
            self.weight *= noise;
        }
        self.give_back();
    }

    /// It would not have refused the request seen last.
    pub(super) fn is_surprised(&self) -> bool {
        self.seen >= 1.0
    }

    fn give_back(&mut self) {
        if self.refusals_cost {
            self.seen = (self.seen - 1.0).max(-self.burst);
            self.left = self.left.max(-self.burst);
        } else {
            self.uncount();
        }
    }

    /// A request that was sent did not count.
    pub(super) fn uncount(&mut self) {
        self.left = (self.left + 1.0).min(self.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(rate: f64, tokens: f64) -> Candidate {
        Candidate {
            rate,
            burst: 10.0,
            refusals_cost: false,
            weight: 1.0,
            left: tokens,
            seen: tokens,
        }
    }

    #[test]
    fn a_guess_gains_on_others_by_what_it_foretold() {
        let (mut full, mut empty) = (bucket(5.0, 3.0), bucket(5.0, 0.0));
        full.accepted(0.01);
        empty.accepted(0.01);
        assert!(full.weight > 20.0 * empty.weight);
        let (mut full, mut empty) = (bucket(5.0, 3.0), bucket(5.0, 0.0));
        full.refused(0.01);
        empty.refused(0.01);
        assert!(empty.weight > 20.0 * full.weight);
    }

    #[test]
    fn only_what_a_burst_cannot_save_up_is_lost_in_a_pause() {
        assert!(bucket(5.0, 0.0).lost_in(2.0) < f64::EPSILON);
        assert!((bucket(5.0, 0.0).lost_in(3.0) - 5.0).abs() < 1e-9);
    }
}
