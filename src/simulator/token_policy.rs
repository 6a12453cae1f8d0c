//! Configuration of access tokens: which are valid, their scopes and lifetime, and how they are refreshed.

use std::collections::BTreeSet;
use std::fmt;
use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::typed_units::{ParseError, parse_duration, parsed};

/// The tokens of one user.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Access {
    #[serde(rename = "tokens")]
    pub bearer: Bearer,
    pub scopes: Scopes,
    #[serde(deserialize_with = "parsed")]
    pub lifetime: Lifetime,
    pub refresh: Refresh,
    pub rotation: Rotation,
    /// Fields that replace those of the response to a refresh, such as an `expires_in` that is a text.
    pub refresh_response: Map<String, Value>,
    /// When all tokens of the user stop being valid, and no refresh helps: after a number of requests of the user, or
    /// a time after the simulator's start.
    #[serde(deserialize_with = "parsed")]
    pub revoked_after: Lifetime,
}

/// A text that `Debug` does not print.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    pub(super) fn is(&self, guess: &str) -> bool {
        self.0 == guess
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// The tokens a client may start with. Those issued by a refresh are valid too.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "Vec<Secret>")]
pub enum Bearer {
    #[default]
    Any,
    Exactly(Secret),
    OneOf(Vec<Secret>),
}

impl From<Vec<Secret>> for Bearer {
    fn from(tokens: Vec<Secret>) -> Bearer {
        Bearer::OneOf(tokens)
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(from = "BTreeSet<String>")]
pub enum Scopes {
    #[default]
    All,
    Only(BTreeSet<String>),
}

impl From<BTreeSet<String>> for Scopes {
    fn from(scopes: BTreeSet<String>) -> Scopes {
        Scopes::Only(scopes)
    }
}

/// How long a token is valid, in the service's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifetime {
    #[default]
    Unlimited,
    Requests(NonZeroU64),
    /// Counted from its first use, or from the refresh that issued it.
    Time(Duration),
}

impl Lifetime {
    /// Whether the `requests`-th request at this age is still within it.
    pub(super) fn includes(self, requests: u64, age: Duration) -> bool {
        match self {
            Lifetime::Unlimited => true,
            Lifetime::Requests(most) => requests <= most.get(),
            Lifetime::Time(most) => age < most,
        }
    }
}

/// `unlimited`, a number of requests such as `200`, or a time such as `12h`.
impl FromStr for Lifetime {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Lifetime, ParseError> {
        if text == "unlimited" {
            return Ok(Lifetime::Unlimited);
        }
        let requests = text.parse().map(Lifetime::Requests).ok();
        let time = || parse_duration(text).map(Lifetime::Time).ok();
        requests.or_else(time).ok_or_else(|| {
            ParseError(format!(
                "`{text}` is not a token's lifetime; write `unlimited`, a number of requests like `200`, or a time like \
                 `12h`"
            ))
        })
    }
}

/// What a refresh request must contain.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub enum Refresh {
    #[default]
    Anything,
    /// Of users that are listed by name those that name none.
    #[serde(skip)]
    Nothing,
    Exactly {
        client_id: String,
        client_secret: Secret,
        refresh_token: Secret,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rotation {
    #[default]
    SameRefreshToken,
    /// Each refresh issues a new refresh token and invalidates the old one.
    NewRefreshToken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let bearer = Bearer::Exactly(Secret::new("hush"));
        assert!(!format!("{bearer:?}").contains("hush"));
    }

    #[test]
    fn a_lifetime_is_counted_in_requests_or_in_time() {
        let requests = NonZeroU64::new(200).unwrap();
        for (text, lifetime) in [
            ("unlimited", Lifetime::Unlimited),
            ("200", Lifetime::Requests(requests)),
            ("2min", Lifetime::Time(Duration::from_mins(2))),
        ] {
            assert_eq!(text.parse(), Ok(lifetime), "{text}");
        }
        for text in ["", "-1", "long"] {
            let complaint = text.parse::<Lifetime>().unwrap_err().to_string();
            assert!(complaint.contains("`12h`"), "{complaint}");
        }
    }
}
