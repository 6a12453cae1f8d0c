//! The simulator's clock: real time, the service's time and the calendar.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::units::ClockSpeed;

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
    pub(super) fn start(speed: ClockSpeed) -> VirtualClock {
        VirtualClock {
            started: Instant::now(),
            wall_at_start: Timestamp::now(),
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
