//! Handles one request: the order of the checks, and the injection of faults.

use std::collections::HashMap;
use std::time::Duration;

use hyper::header::{ALLOW, LOCATION, RETRY_AFTER};
use hyper::{Method, StatusCode};
use serde_json::Value;

use super::auth::{Auth, RefreshError};
use super::behavior::Behavior;
use super::corrupt::corrupted;
use super::endpoints::{Executed, execute, location};
use super::faults::Fault;
use super::http_response::{ApiError, ErrorShape, HttpResponse};
use super::rate_limiter::Limiter;
use super::request_log::Handling;
use super::retry_after_header::{self, RetryAfterValues};
use super::route::{Route, pairs};
use super::seeded_rng::seeded_rng;
use super::store::Store;
use super::transfer_numbers::NumbersUpdate;
use super::virtual_clock::Moment;

/// A parsed request.
#[derive(Debug)]
pub(super) struct ApiRequest {
    pub(super) method: Method,
    /// As sent, without the query.
    pub(super) path: String,
    pub(super) route: Route,
    pub(super) query: Vec<(String, String)>,
    /// Scheme, host and port from the client's point of view.
    pub(super) origin: String,
    pub(super) authorization: Option<String>,
    pub(super) content_type: Option<String>,
    pub(super) tracking_id: String,
    pub(super) body: Vec<u8>,
}

/// The decision about a request.
#[derive(Debug)]
pub(super) struct Handled {
    /// `None` closes the connection.
    pub(super) response: Option<HttpResponse>,
    /// In real time.
    pub(super) delay: Duration,
    pub(super) handling: Handling,
    pub(super) concurrently_edited: bool,
    /// It counts as in flight for the rate limit until it ends.
    pub(super) holds_permit: bool,
}

pub(super) struct RequestHandler {
    behavior: Behavior,
    auth: Auth,
    limiter: Limiter,
    store: Store,
    /// Requests executed so far, by method and location or path.
    turns: HashMap<String, u64>,
    in_flight: u32,
}

impl RequestHandler {
    pub(super) fn new(mut behavior: Behavior) -> Result<RequestHandler, String> {
        let locations = std::mem::take(&mut behavior.locations);
        let store = Store::new(locations, behavior.own_organization.as_deref())?;
        Ok(RequestHandler {
            auth: Auth::new(behavior.access.clone()),
            limiter: Limiter::new(behavior.limit),
            store,
            behavior,
            turns: HashMap::new(),
            in_flight: 0,
        })
    }

    pub(super) fn state(&self) -> Value {
        self.store.state()
    }

    /// A request that passed the rate limit has ended.
    pub(super) fn release_permit(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
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
            holds_permit: false,
        };
        handled.response = match self.check(request, now, &mut handled) {
            Err(refusal) => Some(refusal),
            Ok(()) => self.execute_with_fault(request, now, &mut handled),
        };
        handled
    }

    /// Routing, authentication, rate limit and scopes, in this order.
    fn check(
        &mut self,
        request: &ApiRequest,
        now: Moment,
        handled: &mut Handled,
    ) -> Result<(), HttpResponse> {
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
        handled.handling.authorized = self.auth.admits(authorization, now.simulated);
        if !handled.handling.authorized {
            let message = "The request requires a valid access token set in the Authorization request header.";
            return Err(refuse(StatusCode::UNAUTHORIZED, message));
        }
        if let Err(wait) = self.limiter.check(now.simulated, self.in_flight) {
            return Err(self.throttled(request, now, wait));
        }
        self.in_flight += 1;
        handled.holds_permit = true;
        if !self.auth.may(request.route.scopes(&request.method)) {
            let message = "The access token does not have the scope this request needs.";
            return Err(refuse(StatusCode::FORBIDDEN, message));
        }
        Ok(())
    }

    /// Executes a request, with the fault drawn for it.
    fn execute_with_fault(
        &mut self,
        request: &ApiRequest,
        now: Moment,
        handled: &mut Handled,
    ) -> Option<HttpResponse> {
        let (seed, subject, turn) = self.turn(request);
        let latency = self.behavior.latency;
        handled.delay = self.real(latency.sample(&mut seeded_rng(seed, "latency", &subject, turn)));
        handled.concurrently_edited = turn > 0 && self.edit_concurrently(request, &subject, turn);
        let fault = self.behavior.faults.draw(seed, &subject, turn);
        let mut rng = seeded_rng(seed, "how", &subject, turn);
        handled.handling.fault = fault.map(|fault| fault.to_string());
        let Some(fault) = fault else {
            let (response, applied) = self.execute(request);
            handled.handling.applied = applied;
            return Some(response);
        };
        match fault {
            Fault::Status(status) => Some(self.status_response(request, now, status, &mut rng)),
            Fault::OddRetryAfter => {
                let announced = retry_after_header::odd(rng.usize(0..1000), now.wall);
                Some(too_many(request, &announced, &mut rng))
            }
            Fault::UnreadableRetryAfter => {
                let announced = retry_after_header::unreadable(rng.usize(0..1000));
                Some(too_many(request, &announced, &mut rng))
            }
            Fault::AbsurdRetryAfter => {
                let announced = retry_after_header::absurd(rng.usize(0..1000));
                Some(too_many(request, &announced, &mut rng))
            }
            Fault::Redirect => {
                let error = ApiError::new(StatusCode::FOUND, "Found.");
                let response = error.in_shape(ErrorShape::Html, &request.tracking_id);
                let elsewhere = format!("https://elsewhere.invalid{}", request.path);
                Some(response.with_header(LOCATION, &elsewhere))
            }
            Fault::ResetBefore => None,
            Fault::ResetAfter => {
                handled.handling.applied = self.execute(request).1;
                None
            }
            Fault::Stall => {
                handled.delay = self.real(self.behavior.stall);
                let (response, applied) =
                    self.execute_or_fail(request, StatusCode::GATEWAY_TIMEOUT, &mut rng);
                handled.handling.applied = applied;
                Some(response)
            }
            Fault::Truncated
            | Fault::Oversized
            | Fault::Endless
            | Fault::NonUtf8
            | Fault::BadGzip => {
                let failing = StatusCode::INTERNAL_SERVER_ERROR;
                let (response, applied) = self.execute_or_fail(request, failing, &mut rng);
                handled.handling.applied = applied;
                Some(corrupted(response, fault))
            }
        }
    }

    /// The subject (method with location or path) that chance is drawn for, and the number of its earlier requests.
    fn turn(&mut self, request: &ApiRequest) -> (u64, String, u64) {
        let behavior = &self.behavior;
        let seed = behavior.seed;
        let chance_is_unused = behavior.faults.is_none()
            && !behavior.latency.varies()
            && behavior.concurrent_edits.of_one() <= 0.0;
        if chance_is_unused {
            return (seed, String::new(), 0);
        }
        let place = request.route.location().unwrap_or(&request.path);
        let subject = format!("{} {place}", request.method);
        let turn = self.turns.entry(subject.clone()).or_default();
        *turn += 1;
        (seed, subject, *turn - 1)
    }

    /// Lets another client change the location, if chance says so.
    fn edit_concurrently(&mut self, request: &ApiRequest, subject: &str, turn: u64) -> bool {
        let mut rng = seeded_rng(self.behavior.seed, "concurrent_edits", subject, turn);
        if rng.f64() >= self.behavior.concurrent_edits.of_one() {
            return false;
        }
        let number = format!("+1202555{:04}", rng.u32(0..10_000));
        let change = format!(r#"{{"autoTransferNumber1":"{number}"}}"#);
        match (
            location(request, &self.store),
            NumbersUpdate::read(change.as_bytes()),
        ) {
            (Some(location), Ok(change)) => self.store.change(location, change),
            _ => return false,
        }
        true
    }

    /// Executes the request, or responds with an error in half of the cases.
    fn execute_or_fail(
        &mut self,
        request: &ApiRequest,
        status: StatusCode,
        rng: &mut fastrand::Rng,
    ) -> Executed {
        if rng.bool() {
            return self.execute(request);
        }
        let error = ApiError::new(status, reason(status));
        let response = error.in_shape(ErrorShape::random(rng), &request.tracking_id);
        (response, false)
    }

    fn execute(&mut self, request: &ApiRequest) -> Executed {
        execute(request, &mut self.store, self.behavior.paging)
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

    /// The 429 of the rate limit.
    fn throttled(&mut self, request: &ApiRequest, now: Moment, wait: Duration) -> HttpResponse {
        let announced = self.announce(now, wait);
        let mut rng = seeded_rng(self.behavior.seed, "throttled", &request.tracking_id, 0);
        too_many(request, &announced, &mut rng)
    }

    fn announce(&mut self, now: Moment, wait: Duration) -> RetryAfterValues {
        let behavior = &self.behavior;
        let announced = behavior.retry_after.values(wait, behavior.speed, now.wall);
        if let Some(wait) = announced.wait {
            self.limiter.announced(now.simulated, wait);
        }
        announced
    }

    /// The response of an injected status.
    fn status_response(
        &mut self,
        request: &ApiRequest,
        now: Moment,
        status: u16,
        rng: &mut fastrand::Rng,
    ) -> HttpResponse {
        let wait = Duration::from_secs(rng.u64(1..=5));
        if status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
            let announced = self.announce(now, wait);
            return too_many(request, &announced, rng);
        }
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let error = ApiError::new(status, reason(status));
        let response = error.in_shape(ErrorShape::random(rng), &request.tracking_id);
        // 423 and 503 may have a Retry-After. It concerns one location, so the rate limit does not enforce it.
        let may_announce = [StatusCode::LOCKED, StatusCode::SERVICE_UNAVAILABLE].contains(&status);
        if may_announce && rng.bool() {
            let behavior = &self.behavior;
            let announced = behavior.retry_after.values(wait, behavior.speed, now.wall);
            return with_announcement(response, &announced);
        }
        response
    }

    fn real(&self, simulated: Duration) -> Duration {
        self.behavior.speed.simulated_to_real(simulated)
    }
}

fn too_many(
    request: &ApiRequest,
    announced: &RetryAfterValues,
    rng: &mut fastrand::Rng,
) -> HttpResponse {
    let status = StatusCode::TOO_MANY_REQUESTS;
    let error = ApiError::new(status, "Too many requests were made. Try again later.");
    let response = error.in_shape(ErrorShape::random(rng), &request.tracking_id);
    with_announcement(response, announced)
}

fn with_announcement(response: HttpResponse, announced: &RetryAfterValues) -> HttpResponse {
    let values = announced.values.iter();
    values.fold(response, |response, value| {
        response.with_header(RETRY_AFTER, value)
    })
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Something went wrong.")
}
