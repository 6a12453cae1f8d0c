//! What all connections share, which run on one thread.

use std::cell::RefCell;
use std::net::SocketAddr;

use hyper::StatusCode;

use super::http_response::HttpResponse;
use super::query::value;
use super::request_handler::RequestHandler;
use super::request_log::RequestLog;
use super::route::SimulatorReport;
use super::virtual_clock::VirtualClock;

/// State shared by all connections, which run on one thread.
pub(super) struct Shared {
    pub(super) service: RefCell<RequestHandler>,
    pub(super) log: RefCell<RequestLog>,
    pub(super) clock: VirtualClock,
    pub(super) address: SocketAddr,
    pub(super) seed: u64,
}

impl Shared {
    pub(super) fn report(
        &self,
        report: SimulatorReport,
        query: &[(String, String)],
    ) -> HttpResponse {
        let body = match report {
            SimulatorReport::Requests => {
                let from = value(query, "from").and_then(|text| text.parse().ok());
                self.log.borrow().requests(from.unwrap_or(0))
            }
            SimulatorReport::State => self.service.borrow().state(),
            SimulatorReport::Summary => self.log.borrow().summary(),
        };
        HttpResponse::json(StatusCode::OK, &body)
    }
}
