//! The simulator's clock: real time, the service's time and the calendar.

use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::typed_units::{ClockSpeed, ParseError, parse_duration};

/// How far the server's calendar is ahead of the real one, or behind it: `2h`, `-90s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockSkew(SignedDuration);

impl FromStr for ClockSkew {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<ClockSkew, ParseError> {
        let (sign, length) = match text.trim().strip_prefix('-') {
            Some(length) => (-1, length),
            None => (1, text),
        };
        let length = SignedDuration::try_from(parse_duration(length)?);
        let skew = length.ok().and_then(|length| length.checked_mul(sign));
        let refused = || ParseError(format!("`{text}` is too long for the skew of a clock"));
        skew.map(ClockSkew).ok_or_else(refused)
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) struct VirtualClock {
    started: Instant,
    wall_at_start: Timestamp,
    speed: ClockSpeed,
}

/// One instant on each of the clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    /// Since the start.
    pub(super) real: Duration,
    /// Since the start, in the service's time.
    pub(super) simulated: Duration,
    pub(super) wall: Timestamp,
}

impl VirtualClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the simulator shares nothing with the crate, its clock neither; this is the one place that asks"
    )]
    pub(super) fn start(speed: ClockSpeed, skew: ClockSkew) -> VirtualClock {
        let now = Timestamp::now();
        VirtualClock {
            started: Instant::now(),
            wall_at_start: now.saturating_add(skew.0).unwrap_or(now),
            speed,
        }
    }

    pub(super) fn now(&self) -> Moment {
        let real = self.started.elapsed();
        Moment {
            real,
            simulated: self.speed.real_to_simulated(real),
            wall: self
                .wall_at_start
                .saturating_add(real)
                .unwrap_or(Timestamp::MAX),
        }
    }
}
