//! How long answers took, counted so that a million of them take no more memory than a few.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

/// 19 hours in microseconds; longer ones count as that long.
const LONGEST: u64 = (1 << 36) - 1;

/// One significant digit splits each doubling of the time into sixteen buckets. Journals have
/// these buckets in them.
const SIGNIFICANT_DIGITS: u8 = 1;

/// More answers than a run can have, and few enough that the counts of many runs add up.
const MOST_ANSWERS: u64 = 1 << 40;

/// Counts answers by how long they took.
#[derive(Debug, Clone, PartialEq)]
pub struct LatencyHistogram {
    microseconds: Histogram<u64>,
    slowest: u64,
}

/// The buckets that are not empty, as the journal keeps them.
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
        let microseconds = Histogram::new_with_bounds(1, LONGEST, SIGNIFICANT_DIGITS);
        LatencyHistogram {
            microseconds: microseconds.expect("the bounds are constants"),
            slowest: 0,
        }
    }
}

impl LatencyHistogram {
    pub fn add(&mut self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.saturating_record(took);
        self.slowest = self.slowest.max(took);
    }

    pub fn total(&self) -> u64 {
        self.microseconds.len()
    }

    pub fn slowest(&self) -> Duration {
        Duration::from_micros(self.slowest)
    }

    /// The time that this share of the answers did not take longer than; a sixteenth too much at
    /// worst.
    pub fn percentile(&self, share: f64) -> Duration {
        let most = self.microseconds.value_at_quantile(share);
        Duration::from_micros(most.min(self.slowest))
    }

    /// Adds what the journal kept.
    pub fn absorb(&mut self, kept: &LatencyCounts) {
        for (took, count) in &kept.at_most {
            self.microseconds
                .saturating_record_n(*took, (*count).min(MOST_ANSWERS));
        }
        self.slowest = self.slowest.max(kept.slowest);
    }

    /// Hands over what was counted, and begins again.
    pub fn take(&mut self) -> LatencyCounts {
        let buckets = self.microseconds.iter_recorded();
        let at_most = buckets
            .map(|bucket| {
                let most = self
                    .microseconds
                    .highest_equivalent(bucket.value_iterated_to());
                (most, bucket.count_at_value())
            })
            .collect();
        self.microseconds.reset();
        LatencyCounts {
            at_most,
            slowest: std::mem::take(&mut self.slowest),
        }
    }
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
        assert_eq!(latencies.percentile(0.5), Duration::from_micros(LONGEST));
    }

    #[test]
    fn the_buckets_are_those_of_the_first_journals() {
        for (took, most) in [
            (0, 0),
            (1, 1),
            (31, 31),
            (32, 33),
            (200_000, 204_799),
            (1_000_000, 1_015_807),
            (60_000_000, 60_817_407),
        ] {
            let mut latencies = LatencyHistogram::default();
            latencies.add(Duration::from_micros(took));
            assert_eq!(latencies.take().at_most, [(most, 1)]);
        }
    }

    proptest! {
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
