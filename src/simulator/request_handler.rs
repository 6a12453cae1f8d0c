//! Handles one request: routing, authentication, rate limits and scopes, in this order.

use std::collections::HashMap;
use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{ALLOW, RETRY_AFTER};
use serde_json::Value;

use super::auth::{Auth, RefreshError};
use super::http_response::{ApiError, ErrorShape, HttpResponse};
use super::query::{pairs, value};
use super::request::ApiRequest;
use super::request_log::Handling;
use super::resource_id::ResourceId;
use super::retry_after_header::RetryAfterValues;
use super::route::Route;
use super::seeded_rng::seeded_rng;
use super::shared_limits::{LimitOf, Permit, SharedLimits};
use super::simulator_config::Behavior;
use super::store::Store;
use super::token_policy::Refresh;
use super::users::{Account, User};
use super::virtual_clock::Moment;

/// The decision about a request.
#[derive(Debug)]
pub(super) struct Handled {
    /// `None` closes the connection.
    pub(super) response: Option<HttpResponse>,
    /// In real time.
    pub(super) delay: Duration,
    pub(super) handling: Handling,
    pub(super) concurrently_edited: bool,
    /// It passed the rate limits and counts as in flight there until it ends.
    pub(super) permit: Option<Permit>,
}

/// Who makes a request, and for which organization; `None` for one that the user does not manage.
pub(super) struct Identity {
    pub(super) user: usize,
    pub(super) organization: Option<ResourceId>,
}

pub(super) struct RequestHandler {
    pub(super) behavior: Behavior,
    pub(super) accounts: Vec<Account>,
    auth: Auth,
    limits: SharedLimits,
    pub(super) store: Store,
    /// Requests executed so far, by method and location or path.
    pub(super) turns: HashMap<String, u64>,
}

impl RequestHandler {
    pub(super) fn new(mut behavior: Behavior) -> Result<RequestHandler, String> {
        let locations = std::mem::take(&mut behavior.locations);
        let entities = std::mem::take(&mut behavior.entities);
        let mut users = std::mem::take(&mut behavior.users);
        for user in &mut users {
            if matches!(user.access.refresh, Refresh::Anything) {
                user.access.refresh = Refresh::Nothing;
            }
        }
        if users.is_empty() {
            users.push(User {
                access: behavior.access.clone(),
                ..User::default()
            });
        }
        let mut store = Store::new(locations, entities, behavior.own_organization.as_deref())?;
        let accounts = users.iter().enumerate();
        let accounts = accounts.map(|(number, user)| Account::new(number, user, &mut store));
        let accounts = accounts.collect::<Result<_, _>>()?;
        let limits = users
            .iter()
            .map(|user| user.limit.unwrap_or(behavior.limit));
        Ok(RequestHandler {
            limits: SharedLimits::new(limits, behavior.organization_limit),
            auth: Auth::new(users.into_iter().map(|user| user.access)),
            accounts,
            store,
            behavior,
            turns: HashMap::new(),
        })
    }

    pub(super) fn state(&self) -> Value {
        self.store.state()
    }

    /// A request that passed the rate limits has ended.
    pub(super) fn release(&mut self, permit: &Permit) {
        self.limits.release(permit);
    }

    /// Executes a request at once; only its response is delayed. A client that disconnects in between finds its update
    /// made, as it would at the service.
    pub(super) fn handle(&mut self, request: &ApiRequest, now: Moment) -> Handled {
        let mut handled = Handled {
            response: None,
            delay: self.real(self.behavior.latency.least()),
            handling: Handling {
                body: match request.route {
                    // The form holds the client's secrets.
                    Route::AccessToken => String::new(),
                    _ => String::from_utf8_lossy(&request.body).into_owned(),
                },
                ..Handling::default()
            },
            concurrently_edited: false,
            permit: None,
        };
        handled.response = match self.check(request, now, &mut handled) {
            Err(refusal) => Some(refusal),
            Ok(identity) => self.execute_with_fault(request, &identity, now, &mut handled),
        };
        handled
    }

    /// Routing, authentication, rate limit and scopes, in this order.
    fn check(
        &mut self,
        request: &ApiRequest,
        now: Moment,
        handled: &mut Handled,
    ) -> Result<Identity, HttpResponse> {
        let refuse = |status, message: &str| {
            ApiError::new(status, message).in_shape(ErrorShape::Message, &request.tracking_id)
        };
        if request.route == Route::Unknown {
            let message = "The requested resource could not be found.";
            return Err(refuse(StatusCode::NOT_FOUND, message));
        }
        if !request.route.supports(&request.method) {
            let refusal = refuse(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed.");
            return Err(refusal.with_header(ALLOW, request.route.allows()));
        }
        // A refresh needs no valid access token.
        if request.route == Route::AccessToken {
            return Err(self.refreshed(request, now));
        }
        let authorization = request.authorization.as_deref();
        let Some(user) = self.auth.authenticate(authorization, now.simulated) else {
            let message = "The request requires a valid access token set in the Authorization request header.";
            return Err(refuse(StatusCode::UNAUTHORIZED, message));
        };
        let account = &self.accounts[user];
        handled.handling.user = Some(account.name.clone());
        let organization = account.organization(value(&request.query, "orgId"), &self.store);
        let checked = self
            .limits
            .check(user, organization.as_ref(), now.simulated);
        match checked {
            Ok(permit) => handled.permit = Some(permit),
            Err((limit, wait)) => return Err(self.throttled(request, &limit, now, wait)),
        }
        if !self
            .auth
            .has_scope(user, request.route.scopes(&request.method))
        {
            let message = "The access token does not have the scope this request needs.";
            return Err(refuse(StatusCode::FORBIDDEN, message));
        }
        Ok(Identity { user, organization })
    }

    fn refreshed(&mut self, request: &ApiRequest, now: Moment) -> HttpResponse {
        let form = pairs(&String::from_utf8_lossy(&request.body));
        let kind = request.content_type.as_deref().unwrap_or_default();
        let refuse = |status, message: &str| {
            ApiError::new(status, message).in_shape(ErrorShape::Message, &request.tracking_id)
        };
        if !kind.starts_with("application/x-www-form-urlencoded") {
            let message = "Content type must be application/x-www-form-urlencoded.";
            return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, message);
        }
        match self.auth.refresh(&form, now.simulated, self.behavior.speed) {
            Ok(tokens) => HttpResponse::json(StatusCode::OK, &tokens),
            Err(RefreshError::GrantType) => {
                refuse(StatusCode::BAD_REQUEST, "The grant type is not supported.")
            }
            Err(RefreshError::Client) => {
                refuse(StatusCode::UNAUTHORIZED, "The client is not known.")
            }
            Err(RefreshError::RefreshToken) => {
                refuse(StatusCode::BAD_REQUEST, "The refresh token is not valid.")
            }
        }
    }

    /// The 429 of a rate limit.
    fn throttled(
        &mut self,
        request: &ApiRequest,
        limit: &LimitOf,
        now: Moment,
        wait: Duration,
    ) -> HttpResponse {
        let announced = self.announce(limit, now, wait);
        let mut rng = seeded_rng(self.behavior.seed, "throttled", &request.tracking_id, 0);
        too_many(request, &announced, &mut rng)
    }

    /// Announces a wait that a strict limit then enforces.
    pub(super) fn announce(
        &mut self,
        limit: &LimitOf,
        now: Moment,
        wait: Duration,
    ) -> RetryAfterValues {
        let announced = self.retry_after(now, wait);
        if let Some(wait) = announced.wait {
            self.limits.announced(limit, now.simulated, wait);
        }
        announced
    }

    pub(super) fn retry_after(&self, now: Moment, wait: Duration) -> RetryAfterValues {
        let behavior = &self.behavior;
        behavior.retry_after.values(wait, behavior.speed, now.wall)
    }

    pub(super) fn real(&self, simulated: Duration) -> Duration {
        self.behavior.speed.simulated_to_real(simulated)
    }
}

/// A 429 with these values of Retry-After.
pub(super) fn too_many(
    request: &ApiRequest,
    announced: &RetryAfterValues,
    rng: &mut fastrand::Rng,
) -> HttpResponse {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let error = ApiError::new(status, "Too many requests were made. Try again later.");
    let response = error.in_shape(ErrorShape::random(rng), &request.tracking_id);
    with_retry_after(response, announced)
}

pub(super) fn with_retry_after(
    response: HttpResponse,
    announced: &RetryAfterValues,
) -> HttpResponse {
    let values = announced.values.iter();
    values.fold(response, |response, value| {
        response.with_header(RETRY_AFTER, value)
    })
}
