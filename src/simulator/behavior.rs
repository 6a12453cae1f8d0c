//! The configuration of the simulator, and the two presets most runs use.

use std::time::Duration;

use super::faults::Faults;
use super::latency::Latency;
use super::pagination::Paging;
use super::rate_limit::Limit;
use super::retry_after_header::RetryAfterPolicy;
use super::store::Locations;
use super::token_policy::Access;
use super::units::{ClockSpeed, Probability};

/// All durations are in the service's time. The client sees them divided by `speed`.
#[derive(Debug, Clone)]
pub struct Behavior {
    pub locations: Locations,
    /// The organization of the token. `None` takes the organization of the locations if they share one, else an invented one.
    pub own_organization: Option<String>,
    pub access: Access,
    pub limit: Limit,
    pub retry_after: RetryAfterPolicy,
    pub latency: Latency,
    pub faults: Faults,
    /// How long a stalled response is delayed.
    pub stall: Duration,
    pub paging: Paging,
    /// The probability that another client changes a location's first number between two requests for that location.
    pub concurrent_edits: Probability,
    pub seed: u64,
    pub speed: ClockSpeed,
    /// How many of the latest requests the log keeps. Its counts cover all of them.
    pub log_keeps: usize,
}

/// Longer than the 60 s after which clients commonly time out.
const STALL: Duration = Duration::from_secs(90);

impl Default for Behavior {
    fn default() -> Behavior {
        Behavior {
            locations: Locations::default(),
            own_organization: None,
            access: Access::default(),
            limit: Limit::default(),
            retry_after: RetryAfterPolicy::default(),
            latency: Latency::NONE,
            faults: Faults::NONE,
            stall: STALL,
            paging: Paging::default(),
            concurrent_edits: Probability::NONE,
            seed: 1,
            speed: ClockSpeed::REAL,
            log_keeps: 200_000,
        }
    }
}

impl Behavior {
    /// No latency, no rate limit, no faults; every well-formed location id exists.
    pub fn instant() -> Behavior {
        Behavior::default()
    }

    /// Close to the real service: about 300 requests a minute with a small burst, 200 to 800 ms a call, an occasional
    /// 429, and one location in a hundred that fails once.
    pub fn rehearsal(speed: ClockSpeed) -> Behavior {
        Behavior {
            limit: REHEARSAL_LIMIT.parse().unwrap_or_default(),
            latency: REHEARSAL_LATENCY.parse().unwrap_or_default(),
            faults: REHEARSAL_FAULTS.parse().unwrap_or_default(),
            speed,
            log_keeps: 1000,
            ..Behavior::default()
        }
    }
}

const REHEARSAL_LIMIT: &str = "bucket:300/min,burst=10,strict";
const REHEARSAL_LATENCY: &str = "200ms..800ms";
const REHEARSAL_FAULTS: &str =
    "429=0.5%, 500=0.25% once, 502=0.25% once, 503=0.25% once, 504=0.25% once";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::rate_limit::Rule;

    #[test]
    fn the_rehearsal_is_as_its_constants_say() {
        assert_eq!(REHEARSAL_LIMIT.parse::<Limit>().map(|_| ()), Ok(()));
        assert_eq!(REHEARSAL_FAULTS.parse::<Faults>().map(|_| ()), Ok(()));
        let rehearsal = Behavior::rehearsal(ClockSpeed::REAL);
        assert!(matches!(rehearsal.limit.rule, Rule::TokenBucket { .. }));
        assert_ne!(rehearsal.latency, Latency::NONE);
    }

    #[test]
    fn about_one_location_in_a_hundred_fails_once_in_a_rehearsal() {
        let faults = Behavior::rehearsal(ClockSpeed::REAL).faults;
        let fails = |location: &u32| {
            let fault = faults.draw(1, &location.to_string(), 0);
            fault.is_some_and(|fault| fault.to_string().starts_with('5'))
        };
        let failing = (0..10_000).filter(fails).count();
        assert!((60..140).contains(&failing), "{failing}");
    }
}
