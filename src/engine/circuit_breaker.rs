//! Whether the service can be reached at all: while it is silent one request at a time asks whether it is back,
//! and after five minutes the run gives up.
//!
//! A run has one for all and each of its users one of their own: as long as others are answered, whoever is not holds
//! up nobody else, and sends nothing more after five minutes.
//!
//! A failure that does not pass by itself, such as a wrong proxy password, is tried once more after a
//! while; then the run ends, since each further try could only lock an account.
//!
//! A run begins when the service has answered a question (`engine::first_contact`).

use std::time::Duration;

use tokio::time::Instant;

use crate::model::response::TransportCause;

/// Silence after which the run stops: long enough for a router to restart, short enough that
/// someone comes back to a run that says so.
const GIVE_UP_AFTER: Duration = Duration::from_mins(5);

/// The longest wait between two probes, so that the run goes on soon after the network does.
const LONGEST_PROBE_WAIT: Duration = Duration::from_secs(15);

/// Before the second try where the first failed in a way that does not pass by itself.
const PERMANENT_FAILURE_WAIT: Duration = LONGEST_PROBE_WAIT;

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

    /// A request that left at `departed` got no answer. True when it is time to give up.
    pub fn failed(&mut self, cause: TransportCause, departed: Instant, now: Instant) -> bool {
        let is_probe = self
            .silence
            .as_ref()
            .is_some_and(|silence| departed >= silence.since);
        let silence = self.silence.get_or_insert(Silence {
            since: now,
            failures: 0,
            next_probe: now,
        });
        // The first failure is followed by a probe at once: most often it was this one row's.
        let wait = match silence.failures {
            _ if cause.is_permanent() => PERMANENT_FAILURE_WAIT,
            0 => Duration::ZERO,
            failures => Duration::from_secs(1 << failures.min(10)).min(LONGEST_PROBE_WAIT),
        };
        silence.failures = silence.failures.saturating_add(1);
        silence.next_probe = silence.next_probe.max(now + wait);
        now.duration_since(silence.since) >= GIVE_UP_AFTER || (is_probe && cause.is_permanent())
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

    fn fails(circuit_breaker: &mut CircuitBreaker, now: Instant) -> bool {
        circuit_breaker.failed(TransportCause::ConnectionRefused, now, now)
    }

    fn after(start: Instant, seconds: u64) -> Instant {
        start + Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn while_nothing_answers_one_request_at_a_time_probes_ever_more_rarely() {
        let start = Instant::now();
        let mut circuit_breaker = CircuitBreaker::default();
        assert!(!fails(&mut circuit_breaker, start));
        assert_eq!(circuit_breaker.next_departure(start, 3), None);
        assert_eq!(circuit_breaker.next_departure(start, 0), Some(start));
        for wait in [2, 4, 8, 15, 15] {
            fails(&mut circuit_breaker, start);
            assert_eq!(
                circuit_breaker.next_departure(start, 0),
                Some(after(start, wait))
            );
        }
        circuit_breaker.answered();
        assert_eq!(circuit_breaker.next_departure(start, 9), Some(start));
    }

    #[tokio::test(start_paused = true)]
    async fn five_minutes_of_silence_are_enough_and_any_answer_starts_them_again() {
        let start = Instant::now();
        let mut circuit_breaker = CircuitBreaker::default();
        assert!(!fails(&mut circuit_breaker, start));
        assert!(!fails(&mut circuit_breaker, after(start, 299)));
        circuit_breaker.answered();
        assert!(!fails(&mut circuit_breaker, after(start, 300)));
        assert!(!fails(&mut circuit_breaker, after(start, 599)));
        assert!(fails(&mut circuit_breaker, after(start, 600)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_by_itself_is_tried_once_more_after_a_while() {
        let start = Instant::now();
        let password = TransportCause::ProxyPassword;
        let mut circuit_breaker = CircuitBreaker::default();
        let failed = after(start, 1);
        // Those that were on the wire together say one thing.
        for _ in 0..10 {
            assert!(!circuit_breaker.failed(password, start, failed));
        }
        assert_eq!(
            circuit_breaker.next_departure(failed, 0),
            Some(after(start, 16))
        );
        assert!(circuit_breaker.failed(password, after(start, 16), after(start, 17)));
    }
}
