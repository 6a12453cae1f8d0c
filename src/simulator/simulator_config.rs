//! The configuration of the simulator, and the two presets most runs use.

use std::time::Duration;

use serde::Deserialize;

use super::calling_permissions::RestrictedUpdate;
use super::fault_config::Faults;
use super::initial_data::{Entity, Locations};
use super::latency::Latency;
use super::pagination::Paging;
use super::rate_limit_config::Limit;
use super::retry_after_header::RetryAfterPolicy;
use super::token_policy::Access;
use super::transfer_numbers::{EmptyUpdate, UnsetNumbers};
use super::typed_units::{ClockSpeed, ParseError, Probability, parsed, parsed_duration};
use super::users::User;
use super::virtual_clock::ClockSkew;

/// All durations are in the service's time. The client sees them divided by `speed`.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Behavior {
    pub locations: Locations,
    /// The people, workspaces and virtual lines.
    pub entities: Vec<Entity>,
    /// Empty for one user, who has `access`, manages all organizations and belongs to `own_organization`.
    pub users: Vec<User>,
    /// The organization of locations and users that name none. `None` takes the one that all locations share, or invents
    /// one.
    pub own_organization: Option<String>,
    pub access: Access,
    /// The limit of each user.
    #[serde(deserialize_with = "parsed")]
    pub limit: Limit,
    /// The limit of each organization, whoever makes the requests. A request has to pass both.
    #[serde(deserialize_with = "parsed")]
    pub organization_limit: Limit,
    #[serde(deserialize_with = "parsed")]
    pub retry_after: RetryAfterPolicy,
    #[serde(deserialize_with = "parsed")]
    pub latency: Latency,
    #[serde(deserialize_with = "parsed")]
    pub faults: Faults,
    /// How long a stalled response is delayed.
    #[serde(deserialize_with = "parsed_duration")]
    pub stall: Duration,
    pub paging: Paging,
    pub unset_numbers: UnsetNumbers,
    pub empty_update: EmptyUpdate,
    /// A number with fewer digits is refused.
    pub fewest_digits: usize,
    pub restricted_update: RestrictedUpdate,
    /// The probability that another client changes a location's first number between two requests for that location.
    #[serde(deserialize_with = "parsed")]
    pub concurrent_edits: Probability,
    pub seed: u64,
    #[serde(deserialize_with = "parsed")]
    pub speed: ClockSpeed,
    /// Shows in the `Date` header and in the dates of Retry-After.
    #[serde(deserialize_with = "parsed")]
    pub clock_skew: ClockSkew,
    /// How many of the latest requests the log keeps. Its counts cover all of them.
    pub log_keeps: usize,
}

/// Longer than the 60 s after which clients commonly time out.
const STALL: Duration = Duration::from_secs(90);

impl Default for Behavior {
    fn default() -> Behavior {
        Behavior {
            locations: Locations::default(),
            entities: Vec::new(),
            users: Vec::new(),
            own_organization: None,
            access: Access::default(),
            limit: Limit::default(),
            organization_limit: Limit::default(),
            retry_after: RetryAfterPolicy::default(),
            latency: Latency::NONE,
            faults: Faults::NONE,
            stall: STALL,
            paging: Paging::default(),
            unset_numbers: UnsetNumbers::default(),
            empty_update: EmptyUpdate::default(),
            fewest_digits: 2,
            restricted_update: RestrictedUpdate::default(),
            concurrent_edits: Probability::NONE,
            seed: 1,
            speed: ClockSpeed::REAL,
            clock_skew: ClockSkew::default(),
            log_keeps: 200_000,
        }
    }
}

impl Behavior {
    /// Parses JSON whose fields have the names of this type's in camel case, and values as the flags take them.
    pub fn from_json(text: &str) -> Result<Behavior, ParseError> {
        serde_json::from_str(text).map_err(|error| ParseError(error.to_string()))
    }

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
    use crate::simulator::rate_limit_config::Rule;

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
            let fault = faults.draw(1, &location.to_string(), 0, &[]);
            fault.is_some_and(|fault| fault.to_string().starts_with('5'))
        };
        let failing = (0..10_000).filter(fails).count();
        assert!((60..140).contains(&failing), "{failing}");
    }
}
