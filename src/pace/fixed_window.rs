//! Services that hand out a whole minute's budget at once: what may leave as soon as a long pause is over.

/// A pause this long, in seconds, that the service announced is the rest of a window, not a bucket's next token.
pub(super) const LONG_PAUSE: f64 = 5.0;
/// Fewer rows than this in a window are likelier a bucket that was full.
const FEWEST_ROWS: f64 = 100.0;
/// The part of a window's budget spent at once; the rest goes one at a time, so that its end costs one refusal.
const AT_ONCE: f64 = 0.995;
/// How far two windows may differ in length: a run begins somewhere inside its first.
const LENGTH_TOLERANCE: f64 = 0.4;

#[derive(Debug, Clone, Default)]
pub(super) struct FixedWindow {
    /// Rows the last window let pass, when it looked like one.
    rows: Option<f64>,
    /// Rows that may still leave at once.
    left: f64,
    /// Seconds between them: as fast as the first window was filled.
    turn: f64,
    length: Option<f64>,
    began: f64,
}

/// A cycle that ended in a refusal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) rows: f64,
    /// Seconds it was open.
    pub(super) active: f64,
    /// When the announced pause after it is over, in seconds of the run.
    pub(super) reopens: f64,
    /// Seconds of that pause; `None` when the service did not say.
    pub(super) pause: Option<f64>,
}

impl FixedWindow {
    /// Seconds between departures while the windowful lasts.
    pub(super) fn turn(&self) -> Option<f64> {
        (self.left >= 1.0).then_some(self.turn)
    }

    /// The windowful is out: only single requests try whether the window has a little more.
    pub(super) fn is_ending(&self) -> bool {
        self.is_known() && self.left < 1.0
    }

    pub(super) fn is_known(&self) -> bool {
        self.rows.is_some()
    }

    pub(super) fn departed(&mut self) {
        self.left = (self.left - 1.0).max(0.0);
    }

    pub(super) fn ended(&mut self, window: Window) {
        let pause = window.pause.filter(|pause| *pause > LONG_PAUSE);
        let length = window.reopens - self.began;
        let is_window = pause.is_some()
            && self
                .length
                .is_none_or(|before| (length / before - 1.0).abs() < LENGTH_TOLERANCE);
        self.length = Some(length);
        self.began = window.reopens;
        if self.rows.is_none() {
            self.turn = window.active / window.rows.max(1.0);
        }
        self.rows = (is_window && window.rows >= FEWEST_ROWS).then_some(window.rows);
        self.left = self.rows.unwrap_or(0.0) * AT_ONCE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(rows: f64, active: f64, reopens: f64, pause: Option<f64>) -> FixedWindow {
        let mut windowful = FixedWindow::default();
        windowful.ended(Window {
            rows,
            active,
            reopens,
            pause,
        });
        windowful
    }

    #[test]
    fn after_the_rest_of_a_minute_the_next_minute_is_spent_as_the_first() {
        let windowful = after(300.0, 7.5, 60.0, Some(52.0));
        assert!((windowful.turn().unwrap() - 0.025).abs() < 1e-9);
        assert!(!windowful.is_ending());
    }

    #[test]
    fn a_few_rows_before_a_long_pause_are_a_bucket_that_was_full() {
        assert_eq!(after(15.0, 0.5, 30.0, Some(30.0)).turn(), None);
    }

    #[test]
    fn a_pause_nobody_announced_says_nothing_about_windows() {
        assert_eq!(after(300.0, 7.5, 22.0, None).turn(), None);
    }
}
