//! How long answers took, counted so that a million of them take no more room than a few.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Each doubling of the time is split into so many steps, so that a time is told to one part in
/// sixteen.
const STEPS_BITS: u32 = 4;
const STEPS: usize = 1 << STEPS_BITS;

/// Microseconds up to 2³⁶, which is 19 hours; longer ones count as that long.
const LONGEST_BITS: u32 = 36;
const BUCKETS: usize = (LONGEST_BITS - STEPS_BITS + 1) as usize * STEPS;

/// Counts answers by how long they took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyHistogram {
    counts: Vec<u64>,
    total: u64,
    slowest: u64,
}

/// The same as it is kept: only what is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LatencyCounts {
    /// Microseconds, and how many answers took no longer than that, and longer than the next
    /// smaller ones. In ascending order.
    pub at_most: Vec<(u64, u64)>,
    /// The slowest, in microseconds.
    pub slowest: u64,
}

impl LatencyCounts {
    pub fn is_empty(&self) -> bool {
        self.at_most.is_empty()
    }
}

impl Default for LatencyHistogram {
    fn default() -> LatencyHistogram {
        LatencyHistogram {
            counts: vec![0; BUCKETS],
            total: 0,
            slowest: 0,
        }
    }
}

impl LatencyHistogram {
    pub fn add(&mut self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.counts[bucket_of(took)] += 1;
        self.total += 1;
        self.slowest = self.slowest.max(took);
    }

    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn slowest(&self) -> Duration {
        Duration::from_micros(self.slowest)
    }

    /// The time that this share of the answers did not take longer than; a sixteenth too much at
    /// worst.
    pub fn percentile(&self, share: f64) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rank among answers, and never more than there are"
        )]
        let rank = ((self.total as f64 * share).ceil() as u64).clamp(1, self.total.max(1));
        let mut passed = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            passed += count;
            if passed >= rank {
                return Duration::from_micros(most_in(bucket).min(self.slowest));
            }
        }
        self.slowest()
    }

    /// Adds what was kept.
    pub fn absorb(&mut self, kept: &LatencyCounts) {
        for (took, count) in &kept.at_most {
            let bucket = &mut self.counts[bucket_of(*took)];
            *bucket = bucket.saturating_add(*count);
            self.total = self.total.saturating_add(*count);
        }
        self.slowest = self.slowest.max(kept.slowest);
    }

    /// Hands over what was counted, and begins anew.
    pub fn take(&mut self) -> LatencyCounts {
        let mut at_most = Vec::new();
        for (bucket, count) in self.counts.iter_mut().enumerate() {
            if *count > 0 {
                at_most.push((most_in(bucket), std::mem::take(count)));
            }
        }
        self.total = 0;
        LatencyCounts {
            at_most,
            slowest: std::mem::take(&mut self.slowest),
        }
    }
}

fn bucket_of(micros: u64) -> usize {
    let micros = micros.min((1 << LONGEST_BITS) - 1);
    let bits = u64::BITS - micros.leading_zeros();
    let doublings = bits.saturating_sub(STEPS_BITS + 1);
    // Small ones each have a step of their own; above, the leading bits name the step.
    let step = usize::try_from(micros >> doublings).unwrap_or_default();
    doublings as usize * STEPS + step
}

/// The longest time that falls into a bucket.
fn most_in(bucket: usize) -> u64 {
    let doublings = (bucket / STEPS).saturating_sub(1);
    let step = bucket - doublings * STEPS;
    ((step as u64 + 1) << doublings) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_percentiles_of_a_thousand_even_times_are_where_they_belong() {
        let mut latencies = LatencyHistogram::default();
        for milliseconds in 1..=1000 {
            latencies.add(Duration::from_millis(milliseconds));
        }
        for (share, milliseconds) in [(0.5, 500), (0.9, 900), (0.99, 990), (1.0, 1000)] {
            let exact = Duration::from_millis(milliseconds);
            let told = latencies.percentile(share);
            assert!(
                told >= exact && told <= exact.mul_f64(17.0 / 16.0),
                "{told:?}"
            );
        }
        assert_eq!(latencies.slowest(), Duration::from_secs(1));
        assert_eq!(latencies.total(), 1000);
    }

    #[test]
    fn none_at_all_and_one_that_never_ended_are_no_trouble() {
        let mut latencies = LatencyHistogram::default();
        assert_eq!(latencies.percentile(0.5), Duration::ZERO);
        latencies.add(Duration::MAX);
        assert_eq!(
            latencies.percentile(0.5).as_micros(),
            (1 << LONGEST_BITS) - 1
        );
    }

    proptest! {
        #[test]
        fn a_time_falls_into_a_bucket_that_ends_at_most_a_sixteenth_later(micros in 0_u64..1 << LONGEST_BITS) {
            let most = most_in(bucket_of(micros));
            prop_assert!(most >= micros && most - micros <= micros / 16);
            prop_assert_eq!(bucket_of(most), bucket_of(micros));
        }

        #[test]
        fn what_was_kept_reads_back(times in proptest::collection::vec(0_u64..1 << 40, 0..50)) {
            let mut latencies = LatencyHistogram::default();
            for time in times {
                latencies.add(Duration::from_micros(time));
            }
            let mut again = LatencyHistogram::default();
            again.absorb(&latencies.clone().take());
            prop_assert_eq!(again, latencies);
        }

        #[test]
        fn nothing_that_could_stand_in_a_file_makes_it_panic(pairs in proptest::collection::vec((0_u64.., 0_u64..), 0..5), slowest in 0_u64..) {
            let mut latencies = LatencyHistogram::default();
            latencies.absorb(&LatencyCounts { at_most: pairs, slowest });
            latencies.percentile(0.99);
        }
    }
}
