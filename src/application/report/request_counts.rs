//! Requests over time, in so few steps that they can be drawn, however long it took.

use crate::traffic::Interval;

/// More steps than a page is wide.
const MOST_STEPS: usize = 2048;

/// What happened in one step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) requests: u64,
    pub(super) throttled: u64,
}

/// Steps of equal length, from the first request on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    /// The second it begins with.
    pub(super) start: i64,
    /// Seconds a step.
    pub(super) width: i64,
    pub(super) steps: Vec<Step>,
    /// The second after the last request; the last step may go on beyond it.
    pub(super) end: i64,
    /// The most requests in one second.
    pub(super) peak: u64,
}

impl Series {
    pub(super) fn new() -> Series {
        Series {
            start: 0,
            width: 1,
            steps: Vec::new(),
            end: 0,
            peak: 0,
        }
    }

    pub(super) fn add(&mut self, interval: &Interval) {
        let from = interval.from.as_second();
        for (index, requests) in interval.requests.iter().enumerate() {
            let throttled = interval.throttled.get(index).copied().unwrap_or_default();
            let step = Step {
                requests: *requests,
                throttled,
            };
            let index = i64::try_from(index).unwrap_or_default();
            self.add_second(from.saturating_add(index), step);
        }
    }

    fn add_second(&mut self, second: i64, step: Step) {
        if step == Step::default() {
            return;
        }
        if self.steps.is_empty() {
            self.start = second;
            self.end = second;
        }
        self.end = self.end.max(second.saturating_add(1));
        self.peak = self.peak.max(step.requests);
        // A clock that was put back must not draw anything before the beginning.
        let offset = second.saturating_sub(self.start).max(0);
        let index = loop {
            match usize::try_from(offset / self.width) {
                Ok(index) if index < MOST_STEPS => break index,
                _ => self.halve(),
            }
        };
        if self.steps.len() <= index {
            self.steps.resize(index + 1, Step::default());
        }
        self.steps[index].add(step);
    }

    /// Half as many steps, twice as long.
    fn halve(&mut self) {
        self.steps = merged(&self.steps, 2);
        self.width = self.width.saturating_mul(2);
    }

    /// The same in at most this number of steps.
    pub(super) fn in_steps(&self, most: usize) -> Series {
        let together = self.steps.len().div_ceil(most.max(1)).max(1);
        Series {
            width: self
                .width
                .saturating_mul(i64::try_from(together).unwrap_or(1)),
            steps: merged(&self.steps, together),
            ..*self
        }
    }

    /// From which second to which a step goes.
    pub(super) fn span(&self, index: usize) -> (i64, i64) {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        let from = self.start.saturating_add(index.saturating_mul(self.width));
        let until = from.saturating_add(self.width).min(self.end);
        (from, until.max(from.saturating_add(1)))
    }
}

impl Step {
    fn add(&mut self, other: Step) {
        self.requests = self.requests.saturating_add(other.requests);
        self.throttled = self.throttled.saturating_add(other.throttled);
    }
}

fn merged(steps: &[Step], together: usize) -> Vec<Step> {
    let chunks = steps.chunks(together);
    let sum = |chunk: &[Step]| {
        let mut sum = Step::default();
        for step in chunk {
            sum.add(*step);
        }
        sum
    };
    chunks.map(sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn interval(from: i64, requests: &[u64]) -> Interval {
        Interval {
            from: Timestamp::from_second(from).expect("a time"),
            requests: requests.to_vec(),
            throttled: vec![1],
            ..Interval::default()
        }
    }

    #[test]
    fn a_run_of_days_keeps_every_request_in_a_bounded_number_of_steps() {
        let mut series = Series::new();
        for second in (0..300_000).step_by(5) {
            series.add(&interval(1_000 + second, &[5, 5, 4, 5, 5]));
        }
        assert!(series.steps.len() <= MOST_STEPS);
        assert_eq!(
            series.steps.iter().map(|step| step.requests).sum::<u64>(),
            300_000 / 5 * 24
        );
        assert_eq!(series.peak, 5);
        let drawn = series.in_steps(100);
        assert!(drawn.steps.len() <= 100);
        assert_eq!(
            drawn.steps.iter().map(|step| step.throttled).sum::<u64>(),
            60_000
        );
        assert_eq!(drawn.end, 301_000);
        let (from, until) = drawn.span(drawn.steps.len() - 1);
        assert!(from < until && until == 301_000);
    }

    #[test]
    fn a_clock_put_back_or_far_ahead_is_no_trouble() {
        let mut series = Series::new();
        for from in [1_000_000, 5, 253_402_200_000, -1_000_000] {
            series.add(&interval(from, &[1]));
        }
        assert_eq!(series.steps[0].requests, 3);
        assert!(series.steps.len() <= MOST_STEPS);
    }
}
