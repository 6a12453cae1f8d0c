//! What is known of a limit, to be handed to the next run or to another lane.

/// A rate, and how sure of it a run was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Requests a second.
    pub per_second: f64,
    /// How many may leave at once after a long pause.
    pub burst: f64,
    /// The standard deviation of the logarithm of the rate: 0.1 is give or take a tenth.
    pub spread: f64,
}

/// What a day adds to the variance. After two weeks the rate may be half as large or twice as large.
const VARIANCE_A_DAY: f64 = 0.03;
/// The least spread a run begins with: the same service is never quite the same again.
const LEAST_SPREAD: f64 = 0.05;

impl Estimate {
    /// The same, so many days later: nothing is slower, all is less sure.
    #[must_use]
    pub(super) fn aged(self, days: f64) -> Self {
        let variance = self.spread.max(LEAST_SPREAD).powi(2) + VARIANCE_A_DAY * days;
        Self {
            spread: variance.sqrt(),
            ..self
        }
    }
}
