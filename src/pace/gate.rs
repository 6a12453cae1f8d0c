//! The gate: no request leaves before the instant the service announced.

use std::time::Duration;

use tokio::time::Instant;

/// The longest pause believed, so that no announced number can overflow an instant.
const LONGEST_PAUSE: Duration = Duration::from_hours(366 * 24);
/// The pause when a refusal carries no readable Retry-After; what careful clients of this service use.
pub const PAUSE_WITHOUT_WORD: Duration = Duration::from_secs(15);
/// Doublings of that pause before it stops growing: 15 s × 2⁶ = 16 min.
const MOST_DOUBLINGS: u32 = 6;

/// Only ever moves later, and counts one event a burst of refusals.
#[derive(Debug, Default)]
pub(super) struct Gate {
    opens: Option<Instant>,
    events: u32,
    events_without_word: u32,
}

/// What a refusal meant to the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    /// The first refusal since the gate last opened.
    NewEvent,
    /// It left before the gate closed: the same congestion, seen once more.
    SameEvent,
}

impl Gate {
    /// The number of the event a request that leaves now could be the first of.
    pub(super) fn events(&self) -> u32 {
        self.events
    }

    pub(super) fn opens(&self) -> Option<Instant> {
        self.opens
    }

    pub(super) fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.opens.filter(|opens| *opens > now)
    }

    pub(super) fn refused(
        &mut self,
        events_at_departure: u32,
        now: Instant,
        wait: Option<Duration>,
    ) -> Closing {
        let closing = if events_at_departure == self.events {
            self.events = self.events.wrapping_add(1);
            self.count_if_without_word(wait);
            Closing::NewEvent
        } else {
            Closing::SameEvent
        };
        self.close(now, wait);
        closing
    }

    fn count_if_without_word(&mut self, wait: Option<Duration>) {
        if wait.is_none() {
            self.events_without_word = self.events_without_word.saturating_add(1);
        }
    }

    /// Closes without an event: the pause is no matter of how much was sent. Returns when it opens.
    pub(super) fn hold(&mut self, now: Instant, wait: Option<Duration>) -> Instant {
        if self.closed_until(now).is_none() {
            self.count_if_without_word(wait);
        }
        self.close(now, wait)
    }

    fn close(&mut self, now: Instant, wait: Option<Duration>) -> Instant {
        let wait = wait.unwrap_or_else(|| {
            let doublings = self.events_without_word.saturating_sub(1);
            PAUSE_WITHOUT_WORD * 2_u32.pow(doublings.min(MOST_DOUBLINGS))
        });
        let opens = now.checked_add(wait.min(LONGEST_PAUSE)).unwrap_or(now);
        *self
            .opens
            .insert(self.opens.map_or(opens, |before| before.max(opens)))
    }

    /// A request of the present event was processed: the service is talking to us again.
    pub(super) fn accepted(&mut self, events_at_departure: u32) {
        if events_at_departure == self.events {
            self.events_without_word = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_later_refusal_of_the_same_burst_only_extends_the_pause() {
        let mut gate = Gate::default();
        let start = Instant::now();
        assert_eq!(gate.refused(0, start, Some(SECOND * 5)), Closing::NewEvent);
        let later = start + SECOND;
        assert_eq!(gate.refused(0, later, Some(SECOND)), Closing::SameEvent);
        assert_eq!(gate.closed_until(later), Some(start + SECOND * 5));
        assert_eq!(gate.refused(0, later, Some(SECOND * 9)), Closing::SameEvent);
        assert_eq!(gate.closed_until(later), Some(start + SECOND * 10));
        assert_eq!(gate.closed_until(start + SECOND * 10), None);
        assert_eq!(gate.events(), 1);
    }

    #[test]
    fn a_refusal_without_word_waits_twice_as_long_each_time_until_one_is_accepted() {
        let mut gate = Gate::default();
        let now = Instant::now();
        for (event, seconds) in [(0, 15), (1, 30), (2, 60)] {
            gate.refused(event, now, None);
            assert_eq!(gate.closed_until(now), Some(now + SECOND * seconds));
        }
        let later = now + SECOND * 60;
        assert_eq!(gate.hold(later, None), later + SECOND * 120);
        assert_eq!(gate.hold(later, None), later + SECOND * 120);
        gate.accepted(gate.events());
        let later = later + SECOND * 120;
        gate.refused(gate.events(), later, None);
        assert_eq!(gate.closed_until(later), Some(later + SECOND * 15));
    }

    #[test]
    fn an_absurd_wait_is_a_year_not_a_crash() {
        let mut gate = Gate::default();
        let now = Instant::now();
        gate.refused(0, now, Some(Duration::MAX));
        assert_eq!(gate.closed_until(now), Some(now + LONGEST_PAUSE));
    }
}
