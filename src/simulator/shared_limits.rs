//! The rate limits of every user and every organization. A request has to pass both.

use std::collections::HashMap;
use std::time::Duration;

use super::rate_limit_config::{Limit, Rule};
use super::rate_limiter::Limiter;
use super::resource_id::ResourceId;

#[derive(Debug)]
pub(super) struct SharedLimits {
    users: Vec<Limiter>,
    of_each_organization: Limit,
    organizations: HashMap<ResourceId, Limiter>,
}

/// A request that passed and has not ended yet.
#[derive(Debug)]
pub(super) struct Permit {
    user: usize,
    organization: Option<ResourceId>,
}

/// Whose limit refused a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LimitOf {
    User(usize),
    Organization(ResourceId),
}

impl SharedLimits {
    pub(super) fn new(
        users: impl IntoIterator<Item = Limit>,
        of_each_organization: Limit,
    ) -> SharedLimits {
        SharedLimits {
            users: users.into_iter().map(Limiter::new).collect(),
            of_each_organization,
            organizations: HashMap::new(),
        }
    }

    /// Permits a request, or returns whose limit refuses it and how long until one would be permitted.
    pub(super) fn check(
        &mut self,
        user: usize,
        organization: Option<&ResourceId>,
        now: Duration,
    ) -> Result<Permit, (LimitOf, Duration)> {
        let inner = &mut self.users[user];
        let refused = |wait| (LimitOf::User(user), wait);
        inner.check(now).map_err(refused)?;
        let is_limited = self.of_each_organization.rule != Rule::Unlimited;
        let organization = organization.filter(|_| is_limited).cloned();
        if let Some(id) = &organization {
            let outer = self.organizations.entry(id.clone());
            let outer = outer.or_insert_with(|| Limiter::new(self.of_each_organization));
            if let Err(wait) = outer.check(now) {
                inner.refund();
                return Err((LimitOf::Organization(id.clone()), wait));
            }
        }
        Ok(Permit { user, organization })
    }

    pub(super) fn release(&mut self, permit: &Permit) {
        self.users[permit.user].release();
        let organization = permit.organization.as_ref();
        if let Some(outer) = organization.and_then(|id| self.organizations.get_mut(id)) {
            outer.release();
        }
    }

    /// A Retry-After was announced for the limit that refused.
    pub(super) fn announced(&mut self, refused: &LimitOf, now: Duration, wait: Duration) {
        let limiter = match refused {
            LimitOf::User(user) => self.users.get_mut(*user),
            LimitOf::Organization(id) => self.organizations.get_mut(id),
        };
        if let Some(limiter) = limiter {
            limiter.announced(now, wait);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::resource_id::ResourceKind;
    use super::*;

    #[test]
    fn a_request_passes_the_limits_of_its_user_and_of_its_organization() {
        let limit = |text: &str| text.parse::<Limit>().unwrap();
        let users = [limit("window:2/s"), limit("window:2/s")];
        let mut limits = SharedLimits::new(users, limit("window:3/s"));
        let id = |own_part| ResourceId::new(ResourceKind::Organization, own_part);
        let (a, b) = (id("a"), id("b"));
        let mut check = |user, organization| {
            let checked = limits.check(user, Some(organization), Duration::ZERO);
            checked.map(|_| ()).map_err(|(refused, _)| refused)
        };
        assert_eq!(check(0, &a), Ok(()));
        assert_eq!(check(0, &a), Ok(()));
        assert_eq!(check(0, &a), Err(LimitOf::User(0)));
        assert_eq!(check(1, &a), Ok(()));
        assert_eq!(check(1, &a), Err(LimitOf::Organization(a.clone())));
        assert_eq!(
            check(1, &b),
            Ok(()),
            "what the organization refused does not count"
        );
        assert_eq!(check(1, &b), Err(LimitOf::User(1)));
    }
}
