//! Authentication: checks bearer tokens and scopes, and issues new access tokens for refresh tokens.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use super::token_policy::{Access, Bearer, Lifetime, Refresh, Rotation, Scopes, Secret};
use super::typed_units::ClockSpeed;

/// `expires_in` of a new access token, as documented for integrations: 14 days.
const ACCESS_TOKEN_LIFETIME: Duration = Duration::from_hours(14 * 24);
/// `refresh_token_expires_in`, as documented for integrations: 90 days.
const REFRESH_TOKEN_LIFETIME: Duration = Duration::from_hours(90 * 24);

/// Why a refresh was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RefreshError {
    GrantType,
    Client,
    RefreshToken,
}

/// The use of one token so far.
struct TokenUse {
    user: usize,
    since: Duration,
    requests: u64,
}

struct UserTokens {
    access: Access,
    /// The only valid refresh token; `None` accepts any.
    refresh_token: Option<Secret>,
    requests: u64,
}

/// The tokens issued and used so far. Users are numbered.
pub(super) struct Auth {
    users: Vec<UserTokens>,
    tokens: HashMap<String, TokenUse>,
    issued: u64,
}

impl Auth {
    pub(super) fn new(accesses: impl IntoIterator<Item = Access>) -> Auth {
        let users = accesses.into_iter().map(|access| UserTokens {
            refresh_token: match &access.refresh {
                Refresh::Exactly { refresh_token, .. } => Some(refresh_token.clone()),
                Refresh::Anything | Refresh::Nothing => None,
            },
            access,
            requests: 0,
        });
        Auth {
            users: users.collect(),
            tokens: HashMap::new(),
            issued: 0,
        }
    }

    /// The user of the valid token in this `Authorization` header. Counts as one use of that token.
    pub(super) fn authenticate(
        &mut self,
        authorization: Option<&str>,
        now: Duration,
    ) -> Option<usize> {
        let (scheme, token) = authorization.and_then(|text| text.split_once(' '))?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return None;
        }
        let at = match self.tokens.get(token) {
            Some(known) => known.user,
            None => self.user_of(token)?,
        };
        let user = &mut self.users[at];
        user.requests += 1;
        let entry = self.tokens.entry(token.to_owned());
        let token = entry.or_insert(TokenUse {
            user: at,
            since: now,
            requests: 0,
        });
        token.requests += 1;
        let age = now.saturating_sub(token.since);
        let is_valid = user.access.lifetime.includes(token.requests, age)
            && user.access.revoked_after.includes(user.requests, now);
        is_valid.then_some(at)
    }

    /// The user for whom the token is configured, or else the first who accepts any.
    fn user_of(&self, token: &str) -> Option<usize> {
        let is_configured = |user: &UserTokens| match &user.access.bearer {
            Bearer::Any => false,
            Bearer::Exactly(known) => known.is(token),
            Bearer::OneOf(known) => known.iter().any(|known| known.is(token)),
        };
        let accepts_any = |user: &UserTokens| matches!(user.access.bearer, Bearer::Any);
        let mut users = self.users.iter();
        let configured = users.position(is_configured);
        configured.or_else(|| self.users.iter().position(accepts_any))
    }

    /// Whether the user's tokens have one of these scopes.
    pub(super) fn has_scope(&self, user: usize, one_of: &[&str]) -> bool {
        match &self.users[user].access.scopes {
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
        let knows_client = |user: &UserTokens| match &user.access.refresh {
            Refresh::Nothing => false,
            Refresh::Anything => {
                !field("client_id").is_empty() && !field("client_secret").is_empty()
            }
            Refresh::Exactly {
                client_id,
                client_secret,
                ..
            } => client_id == field("client_id") && client_secret.is(field("client_secret")),
        };
        if !self.users.iter().any(knows_client) {
            return Err(RefreshError::Client);
        }
        let given = field("refresh_token");
        let is_valid = |user: &UserTokens| {
            let is_known = |valid: &Secret| valid.is(given);
            knows_client(user)
                && user.refresh_token.as_ref().is_none_or(is_known)
                && user.access.revoked_after.includes(user.requests, now)
        };
        let at = self.users.iter().position(is_valid);
        let at = at
            .filter(|_| !given.is_empty())
            .ok_or(RefreshError::RefreshToken)?;
        self.issued += 1;
        let access_token = format!("simulated-access-token-{}", self.issued);
        let issued = TokenUse {
            user: at,
            since: now,
            requests: 0,
        };
        self.tokens.insert(access_token.clone(), issued);
        let user = &mut self.users[at];
        let mut refresh_token = given.to_owned();
        if user.access.rotation == Rotation::NewRefreshToken {
            refresh_token = format!("simulated-refresh-token-{}", self.issued);
            user.refresh_token = Some(Secret::new(refresh_token.clone()));
        }
        let lifetime = match user.access.lifetime {
            Lifetime::Time(most) => speed.simulated_to_real(most),
            Lifetime::Unlimited | Lifetime::Requests(_) => ACCESS_TOKEN_LIFETIME,
        };
        let mut response = json!({
            "access_token": access_token,
            "expires_in": lifetime.as_secs(),
            "refresh_token": refresh_token,
            "refresh_token_expires_in": REFRESH_TOKEN_LIFETIME.as_secs(),
            "token_type": "Bearer",
        });
        for (field, value) in &user.access.refresh_response {
            response[field] = value.clone();
        }
        Ok(response)
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
        let mut auth = Auth::new([access]);
        for (header, accepted) in [
            (Some("Bearer right"), true),
            (Some("bearer right"), true),
            (Some("Bearer wrong"), false),
            (Some("Bearer "), false),
            (Some("Basic right"), false),
            (Some("right"), false),
            (None, false),
        ] {
            assert_eq!(
                auth.authenticate(header, START).is_some(),
                accepted,
                "{header:?}"
            );
        }
    }

    #[test]
    fn a_token_expires_after_its_requests_and_a_refresh_issues_a_new_one() {
        let lifetime = Lifetime::Requests(NonZeroU64::new(2).unwrap());
        let access = Access {
            lifetime,
            ..Access::default()
        };
        let mut auth = Auth::new([access]);
        let admitted: Vec<bool> = (0..4)
            .map(|_| auth.authenticate(Some("Bearer old"), START).is_some())
            .collect();
        assert_eq!(admitted, [true, true, false, false]);
        let response = auth.refresh(&form("r"), START, ClockSpeed::REAL).unwrap();
        let header = format!("Bearer {}", response["access_token"].as_str().unwrap());
        assert!(auth.authenticate(Some(&header), START).is_some());
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
        let mut auth = Auth::new([access]);
        let mut at = |seconds| {
            auth.authenticate(Some("Bearer t"), Duration::from_secs(seconds))
                .is_some()
        };
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
        let mut auth = Auth::new([Access {
            refresh,
            rotation,
            ..Access::default()
        }]);
        let mut ask = |token: &str| auth.refresh(&form(token), START, ClockSpeed::REAL);
        assert_eq!(ask("guess"), Err(RefreshError::RefreshToken));
        let second = ask("first").unwrap()["refresh_token"].clone();
        assert_eq!(ask("first"), Err(RefreshError::RefreshToken));
        assert!(ask(second.as_str().unwrap()).is_ok());
    }

    #[test]
    fn each_token_belongs_to_its_user_and_a_revoked_user_gets_no_new_one() {
        let user = |name: &str, revoked_after: &str| Access {
            bearer: Bearer::OneOf(
                ["a", "b"]
                    .map(|token| Secret::new(format!("{name}-{token}")))
                    .into(),
            ),
            refresh: Refresh::Exactly {
                client_id: "me".to_owned(),
                client_secret: Secret::new("hush"),
                refresh_token: Secret::new(name),
            },
            revoked_after: revoked_after.parse().unwrap(),
            ..Access::default()
        };
        let mut auth = Auth::new([user("one", "unlimited"), user("two", "3")]);
        let mut user_of = |token: &str| auth.authenticate(Some(&format!("Bearer {token}")), START);
        assert_eq!(user_of("one-a"), Some(0));
        assert_eq!([user_of("two-a"), user_of("two-b")], [Some(1), Some(1)]);
        assert_eq!(user_of("three"), None);
        let issued = auth.refresh(&form("two"), START, ClockSpeed::REAL).unwrap();
        let issued = format!("Bearer {}", issued["access_token"].as_str().unwrap());
        assert_eq!(auth.authenticate(Some(&issued), START), Some(1));
        assert_eq!(auth.authenticate(Some(&issued), START), None, "revoked");
        let refused = auth.refresh(&form("two"), START, ClockSpeed::REAL);
        assert_eq!(refused, Err(RefreshError::RefreshToken));
        assert!(auth.refresh(&form("one"), START, ClockSpeed::REAL).is_ok());
    }
}
