//! How many requests may be on the wire at once, and how far apart they leave while no limit is known.

use std::num::NonZeroUsize;

/// On the wire at the very start: enough to learn the round trip, too few to annoy.
const FIRST_WINDOW: f64 = 4.0;
/// Up to this many on the wire the window doubles every round trip: so few refusals cost next to nothing.
const SMALL_WINDOW: f64 = 10.0;
/// What each accepted answer adds to a larger window; a surprise then costs about a third too many.
const GROWTH_PER_ANSWER: f64 = 0.3;
/// Seconds between the first departures, while no answer has told the round trip.
const FIRST_TURN: f64 = 0.02;
/// Seconds below which a turn is not worth a timer: tokio's tick is one millisecond.
const SHORTEST_TURN: f64 = 0.002;
/// The part of an even spacing that is insisted on: it breaks up clumps, and costs nothing once they are gone.
const SPACING: f64 = 0.5;
/// What one answer moves the believed round trip by; an old TCP habit.
const SMOOTHING: f64 = 0.125;
/// Round trip assumed when the very first answers are refusals, in seconds.
const UNKNOWN_ROUND_TRIP: f64 = 0.25;
/// The smallest number on the wire that can be told apart from a rate.
const SMALLEST_CAP: usize = 2;
/// When more than this many passed between two refusals with as many on the wire, there is no cap.
const MOST_PASSED: u32 = 5;
/// How often the idea of a cap may turn out wrong before it is given up.
const CAP_TRIALS: u32 = 2;

#[derive(Debug, Clone)]
pub(super) struct Permits {
    concurrency: usize,
    window: f64,
    round_trip: Option<f64>,
    cap: Cap,
}

/// Whether the service counts requests *at once* instead of by time: then everything that found fewer than a certain
/// number on the wire passed, and everything that found as many was refused.
#[derive(Debug, Clone)]
struct Cap {
    most_accepted: usize,
    least_refused: usize,
    most_refused: usize,
    events: u32,
    at: Option<usize>,
    refuted: u32,
    alone: Option<usize>,
    /// Passed since with as many on the wire.
    reached: u32,
}

impl Permits {
    pub(super) fn new(concurrency: NonZeroUsize) -> Self {
        Self {
            concurrency: concurrency.get(),
            window: FIRST_WINDOW,
            round_trip: None,
            cap: Cap {
                most_accepted: 0,
                least_refused: usize::MAX,
                most_refused: 0,
                events: 0,
                at: None,
                refuted: 0,
                alone: None,
                reached: 0,
            },
        }
    }

    /// While no limit was met.
    pub(super) fn growing(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the window is never less than its first size nor far above the concurrency"
        )]
        let window = self.window as usize;
        window.clamp(1, self.concurrency)
    }

    /// Once the search keeps the rate, only a cap found or the person's own number counts.
    pub(super) fn at_most(&self) -> usize {
        self.concurrency
            .min(self.cap.at.unwrap_or(usize::MAX))
            .max(1)
    }

    pub(super) fn is_capped(&self) -> bool {
        self.cap.at.is_some()
    }

    /// Seconds to leave between two departures that no rate governs; `None` when not worth a timer.
    pub(super) fn spacing(&self) -> Option<f64> {
        let turn = self
            .round_trip
            .map_or(FIRST_TURN, |round_trip| SPACING * round_trip / self.window);
        (turn >= SHORTEST_TURN).then_some(turn)
    }

    /// Departures a second that keep this many others on the wire.
    pub(super) fn rate_with(&self, ahead: usize) -> f64 {
        let round_trip = self.round_trip.unwrap_or(UNKNOWN_ROUND_TRIP).max(1e-6);
        super::float(ahead.saturating_add(1)) / round_trip
    }

    pub(super) fn is_full_with(&self, ahead: usize) -> bool {
        ahead.saturating_add(1) >= self.concurrency
    }

    /// `ahead` is `None` when a refusal since departure makes the number on the wire meaningless.
    pub(super) fn accepted(&mut self, round_trip: f64, ahead: Option<usize>) {
        let believed = self.round_trip.get_or_insert(round_trip);
        *believed += SMOOTHING * (round_trip - *believed);
        let growth = if self.window < SMALL_WINDOW {
            1.0
        } else {
            GROWTH_PER_ANSWER
        };
        let most = super::float(self.concurrency).max(FIRST_WINDOW);
        self.window = (self.window + growth).min(most);
        if let Some(ahead) = ahead {
            self.cap.most_accepted = self.cap.most_accepted.max(ahead);
            if self.cap.alone.is_some_and(|alone| ahead >= alone) {
                self.cap.reached += 1;
            }
        }
    }

    /// Refused alone. Where that happens twice with as many on the wire, one less may be what the service allows.
    pub(super) fn refused_alone(&mut self, ahead: usize, paced: bool) {
        let cap = &mut self.cap;
        let reached = std::mem::take(&mut cap.reached);
        let as_before = cap.alone.replace(ahead) == Some(ahead);
        if cap.at.is_some_and(|at| ahead < at) {
            cap.at = None;
            cap.refuted += 1;
        } else if as_before
            && (!paced || reached <= MOST_PASSED)
            && ahead >= SMALLEST_CAP
            && cap.refuted < CAP_TRIALS
        {
            cap.at = Some(ahead);
        }
    }

    /// The first refusal of an event.
    pub(super) fn refused(&mut self, ahead: usize) {
        let cap = &mut self.cap;
        cap.events = cap.events.saturating_add(1);
        cap.least_refused = cap.least_refused.min(ahead);
        cap.most_refused = cap.most_refused.max(ahead);
        let parted = cap.least_refused >= cap.most_accepted.max(SMALLEST_CAP);
        let always_there = cap.most_refused == cap.least_refused;
        if !parted || !always_there {
            if cap.at.take().is_some() {
                cap.refuted += 1;
            }
        } else if cap.events > 1 && cap.refuted < CAP_TRIALS {
            cap.at = Some(cap.least_refused);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permits(concurrency: usize) -> Permits {
        Permits::new(NonZeroUsize::new(concurrency).unwrap())
    }

    #[test]
    fn ten_on_the_wire_are_reached_in_two_round_trips() {
        let mut permits = permits(10);
        for _ in 0..4 + 8 {
            permits.accepted(0.25, Some(0));
        }
        assert_eq!(permits.growing(), 10);
    }

    #[test]
    fn a_fast_service_needs_no_timer_between_requests() {
        let mut permits = permits(50);
        permits.accepted(0.001, Some(0));
        assert_eq!(permits.spacing(), None);
    }

    #[test]
    fn two_refusals_with_the_same_number_on_the_wire_are_a_cap() {
        let mut permits = permits(10);
        for ahead in 0..5 {
            permits.accepted(0.25, Some(ahead));
        }
        permits.refused(5);
        assert_eq!(permits.at_most(), 10, "once may be a rate");
        permits.refused(5);
        assert_eq!(permits.at_most(), 5);
    }

    #[test]
    fn a_refusal_with_fewer_on_the_wire_than_once_passed_is_a_rate() {
        let mut permits = permits(10);
        for ahead in 0..8 {
            permits.accepted(0.25, Some(ahead));
        }
        permits.refused(8);
        permits.refused(3);
        assert_eq!(permits.at_most(), 10);
    }

    #[test]
    fn a_concurrency_of_one_stays_one() {
        let mut permits = permits(1);
        permits.accepted(0.25, Some(0));
        assert_eq!((permits.growing(), permits.at_most()), (1, 1));
    }
}
