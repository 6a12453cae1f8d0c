//! What passes while the limiter is empty: between the first and the last refusal of one event a request passes only
//! when a whole token was refilled, so the few that did tell the rate, whatever the burst was.

/// The refusals of one event, in the order of their departure.
#[derive(Debug, Clone, Copy)]
pub(super) struct BurstSample {
    first: Refused,
    last: Refused,
    count: u32,
}

#[derive(Debug, Clone, Copy)]
struct Refused {
    sequence: u64,
    /// Seconds of the run when it left.
    left: f64,
}

/// Less than this many seconds between two departures is no measure of anything.
const SHORTEST_SPAN: f64 = 0.001;
/// What may be missing to the next whole token at the last refusal, and half a token for the jitter of the network.
const NEXT_TOKEN: f64 = 1.5;

impl BurstSample {
    pub(super) fn begin(sequence: u64, left: f64) -> Self {
        let first = Refused { sequence, left };
        Self {
            first,
            last: first,
            count: 1,
        }
    }

    /// Answers overtake each other, so any may turn out to have left first.
    pub(super) fn add(&mut self, sequence: u64, left: f64) {
        let refused = Refused { sequence, left };
        if sequence < self.first.sequence {
            self.first = refused;
        } else if sequence > self.last.sequence {
            self.last = refused;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Requests that passed in between.
    pub(super) fn passed(&self) -> f64 {
        let between = super::float(self.last.sequence - self.first.sequence);
        (between + 1.0 - f64::from(self.count)).max(0.0)
    }

    /// The slowest and the fastest rate that would have let this number pass.
    pub(super) fn rates(&self) -> Option<(f64, f64)> {
        let span = self.last.left - self.first.left;
        let passed = self.passed();
        (span >= SHORTEST_SPAN).then(|| ((passed - 1.0) / span, (passed + NEXT_TOKEN) / span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_other_of_forty_a_second_means_about_twenty_in_any_order_of_the_answers() {
        for order in [[10, 12, 14, 16, 18], [14, 18, 10, 12, 16]] {
            let left = |sequence: u64| super::super::float(sequence) / 40.0;
            let mut overflow = BurstSample::begin(order[0], left(order[0]));
            for sequence in &order[1..] {
                overflow.add(*sequence, left(*sequence));
            }
            let (slowest, fastest) = overflow.rates().unwrap();
            assert!(slowest < 20.0 && 20.0 < fastest, "{slowest} to {fastest}");
            assert!(fastest < 30.0, "{fastest}");
        }
    }

    #[test]
    fn one_refusal_tells_nothing() {
        assert_eq!(BurstSample::begin(3, 1.0).rates(), None);
    }
}
