//! How many requests may be on the wire while no limit was met, and how far apart they leave.

/// On the wire at the very start: enough to learn the round trip, too few to annoy.
const FIRST_WINDOW: f64 = 4.0;
/// Up to this many on the wire the window doubles every round trip: so few refusals cost next to nothing.
const SMALL_WINDOW: f64 = 10.0;
/// What each accepted answer adds to a larger window; a surprise then costs about a third too many.
const GROWTH_PER_ANSWER: f64 = 0.3;
/// Seconds between the first requests, while no answer has told the round trip.
const FIRST_TURN: f64 = 0.02;
/// Seconds below which a turn is not worth a timer: tokio's tick is one millisecond.
const SHORTEST_TURN: f64 = 0.002;
/// The part of an even spacing that is insisted on: it breaks up clumps, and costs nothing once they are gone.
const SPACING: f64 = 0.5;
/// What one answer moves the believed round trip by, as in TCP (RFC 6298).
const SMOOTHING: f64 = 0.125;
/// Seconds of a round trip when the very first answers are refusals.
const UNKNOWN_ROUND_TRIP: f64 = 0.25;

#[derive(Debug)]
pub(super) struct SlowStart {
    concurrency: usize,
    window: f64,
    round_trip: Option<f64>,
}

impl SlowStart {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            concurrency,
            window: FIRST_WINDOW,
            round_trip: None,
        }
    }

    /// Requests on the wire at most.
    pub(super) fn window(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the window is never less than its first size nor far above the concurrency"
        )]
        let window = self.window as usize;
        window.clamp(1, self.concurrency)
    }

    /// Seconds to leave between two requests; `None` when not worth a timer.
    pub(super) fn spacing(&self) -> Option<f64> {
        let turn = self
            .round_trip
            .map_or(FIRST_TURN, |round_trip| SPACING * round_trip / self.window);
        (turn >= SHORTEST_TURN).then_some(turn)
    }

    pub(super) fn round_trip(&self) -> f64 {
        self.round_trip.unwrap_or(UNKNOWN_ROUND_TRIP).max(1e-6)
    }

    pub(super) fn accepted(&mut self, round_trip: f64) {
        let believed = self.round_trip.get_or_insert(round_trip);
        *believed += SMOOTHING * (round_trip - *believed);
        let growth = if self.window < SMALL_WINDOW {
            1.0
        } else {
            GROWTH_PER_ANSWER
        };
        let most = super::float(self.concurrency).max(FIRST_WINDOW);
        self.window = (self.window + growth).min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_on_the_wire_are_reached_in_two_round_trips() {
        let mut slow_start = SlowStart::new(10);
        for _ in 0..4 + 8 {
            slow_start.accepted(0.25);
        }
        assert_eq!(slow_start.window(), 10);
    }

    #[test]
    fn a_fast_service_needs_no_timer_between_requests() {
        let mut slow_start = SlowStart::new(50);
        slow_start.accepted(0.001);
        assert_eq!(slow_start.spacing(), None);
    }
}
