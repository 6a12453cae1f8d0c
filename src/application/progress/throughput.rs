//! How fast rows get finished, as it was measured.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// As far back as anything is measured: a service that counts by the minute is judged by a minute,
/// its pauses included.
pub(super) const LONG: Duration = Duration::from_mins(1);

/// What "now" means where no limit has been met yet and the throughput still rises.
pub(super) const SHORT: Duration = Duration::from_secs(5);

/// Less says nothing.
const SHORTEST: Duration = Duration::from_secs(1);

/// Finished rows a second over the last while.
#[derive(Debug)]
pub(super) struct Throughput {
    /// About one a second, the oldest first.
    samples: VecDeque<(Instant, u64)>,
    latest: (Instant, u64),
}

impl Throughput {
    pub(super) fn start(now: Instant, done: u64) -> Throughput {
        Throughput {
            samples: VecDeque::from([(now, done)]),
            latest: (now, done),
        }
    }

    pub(super) fn note(&mut self, now: Instant, done: u64) {
        self.latest = (now, done);
        let newest = self.samples.back().map(|(time, _)| *time);
        if newest.is_none_or(|time| now.duration_since(time) >= Duration::from_secs(1)) {
            self.samples.push_back((now, done));
        }
        while self.samples.len() > 1
            && (self.samples.front()).is_some_and(|(time, _)| now.duration_since(*time) > LONG)
        {
            self.samples.pop_front();
        }
    }

    /// Over the last `span` before what was noted last; `None` while too little is known.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub(super) fn per_second(&self, span: Duration) -> Option<f64> {
        let (now, latest) = self.latest;
        let within = |time: Instant| now.duration_since(time) <= span;
        let (since, done) = self.samples.iter().find(|(time, _)| within(*time))?;
        let length = now.duration_since(*since);
        (length >= SHORTEST && latest > *done)
            .then(|| (latest - done) as f64 / length.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_long_look_back_has_the_pauses_in_it_and_a_short_one_has_not() {
        let mut throughput = Throughput::start(Instant::now(), 0);
        assert_eq!(throughput.per_second(LONG), None);
        for second in 1..=60 {
            tokio::time::advance(Duration::from_secs(1)).await;
            // Nothing until the 55th second, then ten a second.
            throughput.note(Instant::now(), 10 * u64::max(second, 55) - 550);
        }
        assert_eq!(throughput.per_second(SHORT), Some(10.0));
        assert_eq!(throughput.per_second(LONG), Some(50.0 / 60.0));
    }
}
