//! One request from its arrival until its response is sent or the client disconnects.

use std::rc::Rc;

use hyper::body::Incoming;
use hyper::header::{
    AUTHORIZATION, CONTENT_TYPE, DATE, HOST, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT,
};
use hyper::{Request, Response};

use super::http_response::HttpResponse;
use super::query::{pairs, value};
use super::request::ApiRequest;
use super::request_log::RequestInfo;
use super::resource_id::{ResourceId, ResourceKind};
use super::response_body::{ResponseBody, into_hyper};
use super::retry_after_header::date_header;
use super::route::Route;
use super::seeded_rng::seeded_rng;
use super::shared_limits::Permit;
use super::shared_state::Shared;

const TRACKING_ID: HeaderName = HeaderName::from_static("trackingid");

/// Dropping it, also when the client disconnects early, ends it in the log and releases its permit.
pub(super) struct InFlightRequest {
    pub(super) shared: Rc<Shared>,
    pub(super) sequence: u64,
    target: Option<String>,
    pub(super) permit: Option<Permit>,
    answered: bool,
}

impl InFlightRequest {
    pub(super) fn begin(
        request: Request<Incoming>,
        shared: Rc<Shared>,
    ) -> (ApiRequest, Option<HeaderValue>, Incoming, InFlightRequest) {
        let (head, body) = request.into_parts();
        let text = |name: HeaderName| {
            let value = head.headers.get(name)?;
            Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let route = Route::of(head.uri.path());
        let query = pairs(head.uri.query().unwrap_or_default());
        let given = head.headers.get(TRACKING_ID).cloned();
        let mut log = shared.log.borrow_mut();
        let tracking_id = match &given {
            Some(given) => String::from_utf8_lossy(given.as_bytes()).into_owned(),
            None => generated_tracking_id(shared.seed, log.next_sequence()),
        };
        let host = head.uri.authority().map(ToString::to_string);
        let host = host.or_else(|| text(HOST));
        let host = host.unwrap_or_else(|| shared.address.to_string());
        let canonical = |text: &str, kind| {
            ResourceId::read(text, kind).map_or_else(|| text.to_owned(), |id| id.canonical())
        };
        let target = route.target();
        let is_location = target.is_none_or(|target| target.kind == ResourceKind::Location);
        let target = target.map(|target| canonical(&target.id, target.kind));
        let arrival = RequestInfo {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            organization: value(&query, "orgId")
                .map(|id| canonical(id, ResourceKind::Organization)),
            is_location,
            target: target.clone(),
            tracking_id: tracking_id.clone(),
            user_agent: text(USER_AGENT),
        };
        let sequence = log.arrived(shared.clock.now().real, arrival);
        drop(log);
        let request = ApiRequest {
            authorization: text(AUTHORIZATION),
            content_type: text(CONTENT_TYPE),
            path: head.uri.path().to_owned(),
            method: head.method,
            route,
            query,
            origin: format!("http://{host}"),
            tracking_id,
            body: Vec::new(),
        };
        let in_flight = InFlightRequest {
            shared,
            sequence,
            target,
            permit: None,
            answered: false,
        };
        (request, given, body, in_flight)
    }

    /// Logs the response and converts it.
    pub(super) fn respond(
        &mut self,
        mut response: HttpResponse,
        tracking_id: Option<HeaderValue>,
    ) -> Response<ResponseBody> {
        let tracking_id = tracking_id.or_else(|| {
            HeaderValue::from_str(&generated_tracking_id(self.shared.seed, self.sequence)).ok()
        });
        if let Some(tracking_id) = tracking_id {
            response.headers.push((TRACKING_ID, tracking_id));
        }
        let announced = response
            .headers
            .iter()
            .filter(|(name, _)| *name == RETRY_AFTER);
        let announced: Vec<_> = announced
            .map(|(_, value)| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let announced = (!announced.is_empty()).then(|| announced.join(", "));
        let status = response.status.as_u16();
        let now = self.shared.clock.now();
        response = response.with_header(DATE, &date_header(now.wall));
        self.answered = true;
        let mut log = self.shared.log.borrow_mut();
        log.answered(self.sequence, now.real, status, announced);
        into_hyper(response)
    }
}

impl Drop for InFlightRequest {
    fn drop(&mut self) {
        if let Some(permit) = &self.permit {
            self.shared.service.borrow_mut().release(permit);
        }
        let mut log = self.shared.log.borrow_mut();
        log.left(self.target.as_deref(), self.answered);
    }
}

fn generated_tracking_id(seed: u64, sequence: u64) -> String {
    let bytes = seeded_rng(seed, "tracking id", "", sequence)
        .u128(..)
        .to_le_bytes();
    let id = uuid::Builder::from_random_bytes(bytes).into_uuid();
    format!("SIMULATOR_{id}")
}
