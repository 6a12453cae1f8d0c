//! A request to the API, as it was read.

use hyper::Method;

use super::route::Route;

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
