//! Authentication: checks bearer tokens and scopes, and issues new access tokens for refresh tokens.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::token_policy::{Access, Bearer, Lifetime, Refresh, Rotation, Scopes, Secret};
use super::units::ClockSpeed;

/// `expires_in` of a new access token, as documented for integrations: 14 days.
const ACCESS_TOKEN_LIVES: Duration = Duration::from_hours(14 * 24);
/// `refresh_token_expires_in`, as documented for integrations: 90 days.
const REFRESH_TOKEN_LIVES: Duration = Duration::from_hours(90 * 24);

/// Why a refresh was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefreshError {
    GrantType,
    Client,
    RefreshToken,
}

struct Use {
    since: Duration,
    requests: u64,
}

/// The tokens issued and used so far.
pub(super) struct Auth {
    access: Access,
    uses: HashMap<String, Use>,
    made: u64,
    /// The only valid refresh token; `None` accepts any.
    refresh_token: Option<Secret>,
}

impl Auth {
    pub(super) fn new(access: Access) -> Auth {
        let refresh_token = match &access.refresh {
            Refresh::Exactly { refresh_token, .. } => Some(refresh_token.clone()),
            Refresh::Anything => None,
        };
        Auth {
            access,
            uses: HashMap::new(),
            made: 0,
            refresh_token,
        }
    }

    /// Whether this `Authorization` header holds a valid token. Counts as one use of that token.
    pub(super) fn admits(&mut self, authorization: Option<&str>, now: Duration) -> bool {
        let Some((scheme, token)) = authorization.and_then(|text| text.split_once(' ')) else {
            return false;
        };
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return false;
        }
        let known = match &self.access.bearer {
            Bearer::Any => true,
            Bearer::Exactly(wanted) => wanted.is(token) || self.uses.contains_key(token),
        };
        known && self.is_alive(token, now)
    }

    fn is_alive(&mut self, token: &str, now: Duration) -> bool {
        if matches!(self.access.lifetime, Lifetime::Unlimited) {
            return true;
        }
        let first = || Use {
            since: now,
            requests: 0,
        };
        let used = self.uses.entry(token.to_owned()).or_insert_with(first);
        used.requests += 1;
        match self.access.lifetime {
            Lifetime::Unlimited => true,
            Lifetime::Requests(most) => used.requests <= most.get(),
            Lifetime::Time(most) => now.saturating_sub(used.since) < most,
        }
    }

    /// Whether the token has one of these scopes.
    pub(super) fn may(&self, one_of: &[&str]) -> bool {
        match &self.access.scopes {
            Scopes::All => true,
            Scopes::Only(scopes) => one_of.iter().any(|scope| scopes.contains(*scope)),
        }
    }

    /// Issues an access token for the form of a `POST /access_token`.
    pub(super) fn refresh(
        &mut self,
        form: &[(String, String)],
        now: Duration,
        speed: ClockSpeed,
    ) -> Result<Value, RefreshError> {
        let field = |name: &str| {
            let found = form.iter().find(|(key, _)| key == name);
            found.map_or("", |(_, value)| value.as_str())
        };
        if field("grant_type") != "refresh_token" {
            return Err(RefreshError::GrantType);
        }
        let client_is_known = match &self.access.refresh {
            Refresh::Anything => {
                !field("client_id").is_empty() && !field("client_secret").is_empty()
            }
            Refresh::Exactly {
                client_id,
                client_secret,
                ..
            } => client_id == field("client_id") && client_secret.is(field("client_secret")),
        };
        if !client_is_known {
            return Err(RefreshError::Client);
        }
        let given = field("refresh_token");
        let good = self
            .refresh_token
            .as_ref()
            .is_none_or(|wanted| wanted.is(given));
        if given.is_empty() || !good {
            return Err(RefreshError::RefreshToken);
        }
        self.made += 1;
        let access_token = format!("simulated-access-token-{}", self.made);
        let made = Use {
            since: now,
            requests: 0,
        };
        self.uses.insert(access_token.clone(), made);
        let mut refresh_token = given.to_owned();
        if self.access.rotation == Rotation::NewRefreshToken {
            refresh_token = format!("simulated-refresh-token-{}", self.made);
            self.refresh_token = Some(Secret::new(refresh_token.clone()));
        }
        let lives = match self.access.lifetime {
            Lifetime::Time(most) => speed.simulated_to_real(most),
            Lifetime::Unlimited | Lifetime::Requests(_) => ACCESS_TOKEN_LIVES,
        };
        Ok(json!({
            "access_token": access_token,
            "expires_in": lives.as_secs(),
            "refresh_token": refresh_token,
            "refresh_token_expires_in": REFRESH_TOKEN_LIVES.as_secs(),
            "token_type": "Bearer",
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    const START: Duration = Duration::ZERO;

    fn form(refresh_token: &str) -> Vec<(String, String)> {
        [
            ("grant_type", "refresh_token"),
            ("client_id", "me"),
            ("client_secret", "hush"),
            ("refresh_token", refresh_token),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
    }

    #[test]
    fn only_the_configured_token_is_accepted() {
        let bearer = Bearer::Exactly(Secret::new("right"));
        let access = Access {
            bearer,
            ..Access::default()
        };
        let mut auth = Auth::new(access);
        for (header, accepted) in [
            (Some("Bearer right"), true),
            (Some("bearer right"), true),
            (Some("Bearer wrong"), false),
            (Some("Bearer "), false),
            (Some("Basic right"), false),
            (Some("right"), false),
            (None, false),
        ] {
            assert_eq!(auth.admits(header, START), accepted, "{header:?}");
        }
    }

    #[test]
    fn a_token_expires_after_its_requests_and_a_refresh_issues_a_new_one() {
        let lifetime = Lifetime::Requests(NonZeroU64::new(2).unwrap());
        let access = Access {
            lifetime,
            ..Access::default()
        };
        let mut auth = Auth::new(access);
        let admitted: Vec<bool> = (0..4)
            .map(|_| auth.admits(Some("Bearer old"), START))
            .collect();
        assert_eq!(admitted, [true, true, false, false]);
        let response = auth.refresh(&form("r"), START, ClockSpeed::REAL).unwrap();
        let header = format!("Bearer {}", response["access_token"].as_str().unwrap());
        assert!(auth.admits(Some(&header), START));
        assert_eq!(response["refresh_token"], "r");
        assert_eq!(response["expires_in"], 1_209_600);
    }

    #[test]
    fn a_token_expires_after_its_time() {
        let lifetime = Lifetime::Time(Duration::from_secs(10));
        let access = Access {
            lifetime,
            ..Access::default()
        };
        let mut auth = Auth::new(access);
        let mut at = |seconds| auth.admits(Some("Bearer t"), Duration::from_secs(seconds));
        assert_eq!(
            [at(5), at(14), at(15)],
            [true, true, false],
            "counted from its first use"
        );
    }

    #[test]
    fn a_rotated_refresh_token_invalidates_the_one_before() {
        let refresh = Refresh::Exactly {
            client_id: "me".to_owned(),
            client_secret: Secret::new("hush"),
            refresh_token: Secret::new("first"),
        };
        let rotation = Rotation::NewRefreshToken;
        let mut auth = Auth::new(Access {
            refresh,
            rotation,
            ..Access::default()
        });
        let mut ask = |token: &str| auth.refresh(&form(token), START, ClockSpeed::REAL);
        assert_eq!(ask("guess"), Err(RefreshError::RefreshToken));
        let second = ask("first").unwrap()["refresh_token"].clone();
        assert_eq!(ask("first"), Err(RefreshError::RefreshToken));
        assert!(ask(second.as_str().unwrap()).is_ok());
    }
}
