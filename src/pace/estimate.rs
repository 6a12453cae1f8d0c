//! What is known of a limit, to be handed to the next run.

use std::time::Duration;

/// A rate, and how sure of it a run was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// Requests a second.
    pub per_second: f64,
    /// How many may leave at once after a long pause.
    pub burst: f64,
    /// The standard deviation of the logarithm of the rate: 0.1 is give or take a tenth.
    pub spread: f64,
    /// How long ago that was; until then the service saw requests.
    pub age: Duration,
    /// Found by another user, whose limit may be another.
    pub is_of_another: bool,
}

/// Requests a second outside of which a rate is nonsense.
const BELIEVABLE: std::ops::RangeInclusive<f64> = 0.01..=100_000.0;
/// What was found of a limit tells how long a run takes where it is off by no more than this factor.
const KNOWN_WITHIN: f64 = 2.0;
/// What a day adds to the variance. After two weeks the rate may be half as large or twice as large.
const VARIANCE_A_DAY: f64 = 0.03;
/// The least spread a run begins with: the same service is never quite the same again.
const LEAST_SPREAD: f64 = 0.05;
/// Who has sent this many times what another could have sent, and by this number of requests more, has another
/// limit.
const CLEARLY: f64 = 1.25;
const MORE_BY: f64 = 10.0;
const SECONDS_A_DAY: f64 = 86_400.0;

impl Estimate {
    /// The same after a while: nothing is slower, all is less sure.
    #[must_use]
    pub fn aged(self, age: Duration) -> Self {
        let days = age.as_secs_f64() / SECONDS_A_DAY;
        let variance = self.spread.max(LEAST_SPREAD).powi(2) + VARIANCE_A_DAY * days;
        Self {
            spread: variance.sqrt(),
            age,
            ..self
        }
    }

    /// Whether enough was seen of the limit to tell from it how long a run takes. A few requests, the last of
    /// which was refused, show how fast they were sent and not how fast more may be.
    pub fn is_known(self) -> bool {
        self.spread <= KNOWN_WITHIN.ln()
    }

    /// Whether this is clearly more than the user of this limit could have sent in these seconds.
    pub(super) fn is_exceeded_by(self, sent: f64, seconds: f64) -> bool {
        sent > MORE_BY + CLEARLY * (self.burst + self.per_second * seconds)
    }

    /// What the service has saved up since.
    pub(super) fn burst_by_now(self) -> f64 {
        self.burst.min(self.per_second * self.age.as_secs_f64())
    }

    pub(super) fn is_believable(self) -> bool {
        BELIEVABLE.contains(&self.per_second)
            && (0.0..=1e6).contains(&self.burst)
            && (0.0..=10.0).contains(&self.spread)
    }
}
