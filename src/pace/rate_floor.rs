//! How slow is slow enough.
//!
//! No slower than one request in two pauses: the service said itself when to come again, and where others leave nothing
//! of a limit, coming later yet only leaves them more. But where nothing at all is let through, the service may count
//! what it refuses, and say too little: then it is twice as long each time, until something is.

/// Requests a second, of all that we send the slowest: one in a hundred seconds.
pub(super) const SLOWEST: f64 = 0.01;
/// Pauses between two requests, or seconds where they are shorter than one.
const PAUSES: f64 = 2.0;
/// Refusals in a row with nothing let through between them, before that is too soon.
const BARREN: i32 = 3;

#[derive(Debug, Clone, Copy)]
pub(super) struct RateFloor {
    rate: f64,
    /// Refusals in a row with nothing let through between them.
    barren: i32,
}

impl RateFloor {
    pub(super) fn unknown() -> Self {
        Self {
            rate: SLOWEST,
            barren: 0,
        }
    }

    /// After a number of requests that passed, and a pause in seconds.
    pub(super) fn refused(self, passed: f64, pause: f64) -> Self {
        let barren = if passed < 1.0 {
            self.barren.saturating_add(1)
        } else {
            0
        };
        let seconds = PAUSES * pause.max(1.0) * f64::from((barren - BARREN).max(0)).exp2();
        Self {
            rate: SLOWEST.max(1.0 / seconds),
            barren,
        }
    }

    pub(super) fn rate(self) -> f64 {
        self.rate
    }

    /// Seconds to wait on where the pause is over: none, unless the first request after it was refused time and again.
    pub(super) fn hesitation(self) -> f64 {
        if self.barren > BARREN {
            1.0 / self.rate
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(refusals: u32, passed: f64) -> RateFloor {
        (0..refusals).fold(RateFloor::unknown(), |slowest, _| {
            slowest.refused(passed, 1.0)
        })
    }

    #[test]
    fn however_often_it_is_refused_it_comes_again_after_two_pauses() {
        let slowest = after(50, 1.0);
        assert!((slowest.rate() - 0.5).abs() < 1e-9, "{slowest:?}");
        assert!(slowest.hesitation() < f64::EPSILON);
    }

    #[test]
    fn where_nothing_at_all_is_let_through_it_comes_ever_later() {
        assert!(after(3, 0.0).hesitation() < f64::EPSILON);
        assert!((after(5, 0.0).hesitation() - 8.0).abs() < 1e-9);
        let at_last = after(60, 0.0);
        assert!((at_last.hesitation() - 1.0 / SLOWEST).abs() < 1e-9);
        let again = at_last.refused(1.0, 1.0);
        assert!(again.rate() > 0.4, "one came through");
    }
}
