//! How many requests a second a run got through of late, by what its journal kept of its traffic. Pauses
//! that the service asked for count as time, since they will come again.

use std::collections::VecDeque;

use super::Interval;

/// Some minutes of traffic; what was before that may have been the search for the rate.
const MOST_INTERVALS: usize = 60;

/// Less says nothing of the rate: a limit of 300 a minute lets all of them pass at once.
const SHORTEST_SECONDS: i64 = 60;

/// Fewer say nothing of it either: of three requests and one pause of a minute the pause makes the rate.
const FEWEST_REQUESTS: u64 = 30;

/// Sums up the last intervals of a run.
#[derive(Debug, Default)]
pub struct RecentRate {
    intervals: VecDeque<Seen>,
    /// That of the parts of the run before this one.
    before: Option<f64>,
}

#[derive(Debug)]
struct Seen {
    from: i64,
    until: i64,
    passed: u64,
}

impl RecentRate {
    /// The run goes on. What passed since it ended is not its time.
    pub fn begin_part(&mut self) {
        self.before = self.per_second();
        self.intervals.clear();
    }

    pub fn add(&mut self, interval: &Interval) {
        let from = interval.from.as_second();
        let seconds = i64::try_from(interval.requests.len()).unwrap_or(i64::MAX);
        let requests: u64 = interval.requests.iter().sum();
        let throttled: u64 = interval.throttled.iter().sum();
        let lost = throttled.saturating_add(interval.unanswered);
        self.intervals.push_back(Seen {
            from,
            until: from.saturating_add(seconds),
            passed: requests.saturating_sub(lost),
        });
        if self.intervals.len() > MOST_INTERVALS {
            self.intervals.pop_front();
        }
    }

    /// Requests that passed in a second; `None` where there were too few to tell.
    pub fn per_second(&self) -> Option<f64> {
        let (first, last) = (self.intervals.front(), self.intervals.back());
        let seconds = first
            .zip(last)
            .map_or(0, |(first, last)| last.until.saturating_sub(first.from));
        let passed: u64 = self.intervals.iter().map(|seen| seen.passed).sum();
        if seconds < SHORTEST_SECONDS || passed < FEWEST_REQUESTS {
            return self.before;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few minutes of requests")]
        Some(passed as f64 / seconds as f64)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn interval(from: i64, requests: &[u64], throttled: u64) -> Interval {
        Interval {
            from: Timestamp::from_second(from).expect("a time"),
            requests: requests.to_vec(),
            throttled: vec![throttled],
            ..Interval::default()
        }
    }

    #[test]
    fn what_passed_of_late_and_the_pauses_between_make_the_rate() {
        let mut rate = RecentRate::default();
        rate.add(&interval(100, &[8; 24], 0));
        assert_eq!(rate.per_second(), None, "too short");
        rate.add(&interval(124, &[8; 36], 48));
        assert_eq!(rate.per_second(), Some(7.2));
        // A minute of silence that was asked for.
        rate.add(&interval(220, &[8; 30], 0));
        assert_eq!(rate.per_second(), Some(112.0 / 25.0));
        // A part that was too short tells nothing new, and the night between is no pause.
        rate.begin_part();
        rate.add(&interval(50_000, &[1], 0));
        assert_eq!(rate.per_second(), Some(112.0 / 25.0));
        rate.add(&interval(50_030, &[3; 30], 0));
        assert_eq!(rate.per_second(), Some(91.0 / 60.0));
    }

    #[test]
    fn a_few_requests_and_a_pause_make_no_rate() {
        let mut rate = RecentRate::default();
        rate.add(&interval(0, &[3], 1));
        rate.add(&interval(65, &[2], 0));
        assert_eq!(rate.per_second(), None);
        rate.add(&interval(70, &[26], 0));
        assert_eq!(rate.per_second(), Some(30.0 / 71.0));
    }

    #[test]
    fn only_the_last_minutes_count_and_a_clock_that_jumps_does_no_harm() {
        let mut rate = RecentRate::default();
        for index in 0..1000 {
            let each = if index < 900 { 1 } else { 5 };
            rate.add(&interval(index * 5, &[each; 5], 0));
        }
        assert_eq!(rate.per_second(), Some(5.0));
        rate.add(&interval(10, &[5; 5], 0));
        assert_eq!(rate.per_second(), None);
    }
}
