//! Executes a request with the fault, the latency and the concurrent edit that chance draws for it.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::LOCATION;

use super::corrupt_body::{corrupted, wrong_body};
use super::endpoints::{Caller, Executed, execute, find};
use super::fault_config::Faults;
use super::fault_kinds::Fault;
use super::http_response::{ApiError, ErrorShape, HttpResponse};
use super::request::ApiRequest;
use super::request_handler::{Handled, Identity, RequestHandler, too_many, with_retry_after};
use super::resource_id::own_part;
use super::retry_after_header::{absurd, odd, unreadable};
use super::route::{Aspect, Route};
use super::seeded_rng::seeded_rng;
use super::shared_limits::LimitOf;
use super::virtual_clock::Moment;

impl RequestHandler {
    /// Returns `None` if the connection is to be closed.
    pub(super) fn execute_with_fault(
        &mut self,
        request: &ApiRequest,
        identity: &Identity,
        now: Moment,
        handled: &mut Handled,
    ) -> Option<HttpResponse> {
        let (seed, subject, turn) = self.turn(request, identity);
        let latency = self.behavior.latency;
        handled.delay = self.real(latency.sample(&mut seeded_rng(seed, "latency", &subject, turn)));
        handled.concurrently_edited =
            turn > 0 && self.edit_concurrently(request, identity, &subject, turn);
        let fault = self.draw_fault(request, identity, &subject, turn);
        handled.handling.fault = fault.map(|fault| fault.to_string());
        if fault == Some(Fault::Stall) {
            handled.delay = self.real(self.behavior.stall);
        }
        let mut rng = seeded_rng(seed, "how", &subject, turn);
        let executed = match fault {
            None => Some(self.execute(request, identity)),
            Some(Fault::ResetBefore) => None,
            Some(Fault::ResetAfter) => {
                handled.handling.applied = self.execute(request, identity).applied;
                None
            }
            Some(fault) => Some(self.respond_with(fault, request, identity, now, &mut rng)),
        };
        let executed = executed?;
        handled.handling.applied = executed.applied;
        Some(executed.response)
    }

    fn respond_with(
        &mut self,
        fault: Fault,
        request: &ApiRequest,
        identity: &Identity,
        now: Moment,
        rng: &mut fastrand::Rng,
    ) -> Executed {
        let response = match fault {
            Fault::Status(429) => {
                let wait = seconds_to_wait(rng);
                let announced = self.announce(&LimitOf::User(identity.user), now, wait);
                too_many(request, &announced, rng)
            }
            Fault::Status(status) => {
                let wait = seconds_to_wait(rng);
                let response = failure(request, status, rng);
                // It concerns one location, so no rate limit enforces it.
                if matches!(status, 423 | 503) && rng.bool() {
                    with_retry_after(response, &self.retry_after(now, wait))
                } else {
                    response
                }
            }
            Fault::StatusWithRetryAfter(status) => {
                let announced = self.retry_after(now, seconds_to_wait(rng));
                with_retry_after(failure(request, status, rng), &announced)
            }
            Fault::StatusAfter(status) => {
                let Executed { applied, .. } = self.execute(request, identity);
                let response = failure(request, status, rng);
                return Executed { response, applied };
            }
            Fault::OddRetryAfter => too_many(request, &odd(rng.usize(0..1000), now.wall), rng),
            Fault::UnreadableRetryAfter => too_many(request, &unreadable(rng.usize(0..1000)), rng),
            Fault::AbsurdRetryAfter => too_many(request, &absurd(rng.usize(0..1000)), rng),
            Fault::WrongBody => wrong_body(rng.usize(0..1000)),
            Fault::SignInPage => {
                let page = ApiError::new(StatusCode::OK, "Sign in to the network.");
                page.in_shape(ErrorShape::Html, &request.tracking_id)
            }
            Fault::Redirect => {
                let error = ApiError::new(StatusCode::FOUND, "Found.");
                let response = error.in_shape(ErrorShape::Html, &request.tracking_id);
                let elsewhere = format!("https://elsewhere.invalid{}", request.path);
                response.with_header(LOCATION, &elsewhere)
            }
            Fault::Stall => return self.execute_or_fail(request, identity, 504, rng),
            _ => {
                let Executed { response, applied } =
                    self.execute_or_fail(request, identity, 500, rng);
                let response = corrupted(response, fault);
                return Executed { response, applied };
            }
        };
        response.into()
    }

    /// The subject (method with location or path) that chance is drawn for, and the number of its earlier requests.
    fn turn(&mut self, request: &ApiRequest, identity: &Identity) -> (u64, String, u64) {
        let behavior = &self.behavior;
        let seed = behavior.seed;
        let chance_is_unused = self.faults_of(identity).is_none()
            && !behavior.latency.varies()
            && behavior.concurrent_edits.of_one() <= 0.0;
        if chance_is_unused {
            return (seed, String::new(), 0);
        }
        let subject = match &request.route {
            // Other aspects of a location have faults of their own.
            Route::Of(target, Aspect::TransferNumbers | Aspect::CallingDetails) => &target.id,
            _ => &request.path,
        };
        let subject = format!("{} {subject}", request.method);
        let turn = self.turns.entry(subject.clone()).or_default();
        *turn += 1;
        (seed, subject, *turn - 1)
    }

    fn faults_of(&self, identity: &Identity) -> &Faults {
        let own = self.accounts[identity.user].faults.as_ref();
        own.unwrap_or(&self.behavior.faults)
    }

    fn draw_fault(
        &self,
        request: &ApiRequest,
        identity: &Identity,
        subject: &str,
        turn: u64,
    ) -> Option<Fault> {
        let faults = self.faults_of(identity);
        if faults.is_none() {
            return None;
        }
        let target = request.route.target().map(|target| own_part(&target.id));
        let organization = identity.organization.as_ref();
        let organization = organization.map(|id| id.own_part().to_owned());
        let ids = [target, organization].map(Option::unwrap_or_default);
        let ids = ids.each_ref().map(String::as_str);
        faults.draw(self.behavior.seed, subject, turn, &ids)
    }

    /// Lets another client change the numbers that the request addresses, if chance says so.
    fn edit_concurrently(
        &mut self,
        request: &ApiRequest,
        identity: &Identity,
        subject: &str,
        turn: u64,
    ) -> bool {
        let mut rng = seeded_rng(self.behavior.seed, "concurrent edits", subject, turn);
        if rng.f64() >= self.behavior.concurrent_edits.of_one() {
            return false;
        }
        let Some(target) = request.route.target() else {
            return false;
        };
        let Ok(record) = find(target, identity.organization.as_ref(), &self.store) else {
            return false;
        };
        let mut permissions = self.store.permissions(&record).into_owned();
        permissions.numbers[0] = Some(format!("+1202555{:04}", rng.u32(0..10_000)));
        self.store.set_permissions(record, permissions);
        true
    }

    /// Executes the request, or responds with this status in half of the cases.
    fn execute_or_fail(
        &mut self,
        request: &ApiRequest,
        identity: &Identity,
        status: u16,
        rng: &mut fastrand::Rng,
    ) -> Executed {
        if rng.bool() {
            self.execute(request, identity)
        } else {
            failure(request, status, rng).into()
        }
    }

    fn execute(&mut self, request: &ApiRequest, identity: &Identity) -> Executed {
        let caller = Caller {
            account: &self.accounts[identity.user],
            organization: identity.organization.as_ref(),
        };
        execute(request, caller, &mut self.store, &self.behavior)
    }
}

fn seconds_to_wait(rng: &mut fastrand::Rng) -> Duration {
    Duration::from_secs(rng.u64(1..=5))
}

/// An error without any reason in the request.
fn failure(request: &ApiRequest, status: u16, rng: &mut fastrand::Rng) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let reason = status.canonical_reason();
    let error = ApiError::new(status, reason.unwrap_or("Something went wrong."));
    error.in_shape(ErrorShape::random(rng), &request.tracking_id)
}
