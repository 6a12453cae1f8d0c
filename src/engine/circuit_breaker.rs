//! Whether the service can be reached at all, decided for the whole run: while it is silent one
//! request at a time asks whether it is back, and after a while the run gives up.

use std::time::Duration;

use tokio::time::Instant;

/// Silence after which the run stops: long enough for a router to restart, short enough that
/// someone comes back to a run that says so.
const GIVE_UP_AFTER: Duration = Duration::from_mins(5);

/// The longest wait between two probes, so that the run goes on soon after the network does.
const LONGEST_PROBE_WAIT: Duration = Duration::from_secs(15);

/// A circuit breaker: closed while answers come, open from the first failure to the next answer.
#[derive(Debug, Default)]
pub struct CircuitBreaker {
    silence: Option<Silence>,
}

#[derive(Debug)]
struct Silence {
    since: Instant,
    failures: u32,
    next_probe: Instant,
}

impl CircuitBreaker {
    /// Any answer at all, whatever it says.
    pub fn answered(&mut self) {
        self.silence = None;
    }

    /// A request got no answer. True when it is time to give up.
    pub fn failed(&mut self, now: Instant) -> bool {
        let silence = self.silence.get_or_insert(Silence {
            since: now,
            failures: 0,
            next_probe: now,
        });
        // The first failure is followed by a probe at once: most often it was this one row's.
        let wait = match silence.failures {
            0 => Duration::ZERO,
            failures => Duration::from_secs(1 << failures.min(10)).min(LONGEST_PROBE_WAIT),
        };
        silence.failures = silence.failures.saturating_add(1);
        silence.next_probe = silence.next_probe.max(now + wait);
        now.duration_since(silence.since) >= GIVE_UP_AFTER
    }

    /// When the next request may leave as far as this is concerned; `None` while the one that
    /// probes is on the wire.
    pub fn next_departure(&self, now: Instant, on_wire: usize) -> Option<Instant> {
        match &self.silence {
            None => Some(now),
            Some(_) if on_wire > 0 => None,
            Some(silence) => Some(silence.next_probe),
        }
    }

    /// How long nothing has been heard.
    pub fn silent_for(&self, now: Instant) -> Option<Duration> {
        let silence = self.silence.as_ref()?;
        Some(now.duration_since(silence.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn while_nothing_answers_one_request_at_a_time_probes_ever_more_rarely() {
        let start = Instant::now();
        let mut circuit_breaker = CircuitBreaker::default();
        assert!(!circuit_breaker.failed(start));
        assert_eq!(circuit_breaker.next_departure(start, 3), None);
        assert_eq!(circuit_breaker.next_departure(start, 0), Some(start));
        for wait in [2, 4, 8, 15, 15] {
            circuit_breaker.failed(start);
            assert_eq!(
                circuit_breaker.next_departure(start, 0),
                Some(after(start, wait))
            );
        }
        circuit_breaker.answered();
        assert_eq!(circuit_breaker.next_departure(start, 9), Some(start));
    }

    #[tokio::test(start_paused = true)]
    async fn five_minutes_of_silence_are_enough_and_any_answer_starts_them_anew() {
        let start = Instant::now();
        let mut circuit_breaker = CircuitBreaker::default();
        assert!(!circuit_breaker.failed(start));
        assert!(!circuit_breaker.failed(after(start, 299)));
        circuit_breaker.answered();
        assert!(!circuit_breaker.failed(after(start, 300)));
        assert!(!circuit_breaker.failed(after(start, 599)));
        assert!(circuit_breaker.failed(after(start, 600)));
    }
}
