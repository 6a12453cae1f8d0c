//! The service: what it calls things, how it answers, and what wxbulk asks of it.

pub mod base_url;
pub mod error_body;
pub mod http;
pub mod lists;
mod page_entries;
pub mod retry_after;
pub mod secrets;
pub mod service_app;
mod stated_outcome;
pub mod token;
mod token_text;
mod unescaped;

use tokio::time::Instant;

use crate::model::response::ApiResult;
use crate::model::row::Row;
use crate::setting::Resource;
use crate::setting::target_kind::Listing;
use crate::webex::lists::Fetched;

/// What the pipeline needs of the service. The real one is [`http::Webex`]; tests script theirs.
pub trait Service {
    /// Changes a resource of a row: one request, one answer, no retry.
    fn write(
        &self,
        resource: &Resource,
        row: &Row<'_>,
        body: Vec<u8>,
        tracking: u128,
    ) -> impl Future<Output = ApiResult>;

    /// Reads a resource of a row: one request, one answer, no retry. A success has its values in
    /// `current`.
    fn read(
        &self,
        resource: &Resource,
        row: &Row<'_>,
        tracking: u128,
    ) -> impl Future<Output = ApiResult>;

    /// Reads a further page of it, at an address of the service that an answer named.
    fn read_page(
        &self,
        resource: &Resource,
        page: &str,
        tracking: u128,
    ) -> impl Future<Output = ApiResult>;

    /// Asks whether the access token is accepted at all, which any token may ask: one request, one
    /// reply, no retry.
    fn check_token(&self, tracking: u128) -> impl Future<Output = ApiResult>;

    /// Whether the access token can be replaced by a new one, and when it should be.
    fn renewal(&self) -> Renewal;

    /// What the user is known as: by the access token in use, unless it is fetched, and as a person.
    fn known_as(&self) -> Vec<String> {
        Vec::new()
    }

    /// Fetches a new access token: one request, one reply, no retry. After a success the requests
    /// that follow carry the new one. Once the service has answered anything, it must not be dropped when it
    /// was begun: the answer may hold the only refresh token that is still good.
    fn renew(&self) -> impl Future<Output = ApiResult>;
}

/// What single queries need of the service besides.
pub trait Queries: Service {
    /// Where the service is, for a person who waits for it.
    fn place(&self) -> String {
        self.url("")
    }

    /// What a request waits for before it can leave, besides its turn.
    fn held_up_by(&self) -> Option<&'static str> {
        None
    }

    /// An address below the base URL.
    fn url(&self, path: &str) -> String;

    /// Where things of an organization are listed, and how many a page has.
    fn list_url(&self, list: &Listing, org_id: Option<&str>, most: u32) -> String;

    /// Where an organization's locations are listed with their addresses, and how many a page has.
    fn location_details_url(&self, org_id: Option<&str>, most: u32) -> String;

    /// From now on requests that are for no organization by its id name this one.
    fn default_to_organization(&mut self, _org_id: &str) {}

    /// Where a resource of a row is.
    fn resource_url(&self, resource: &Resource, row: &Row<'_>) -> String;

    /// Whether an address is the service's own.
    fn is_at(&self, url: &str) -> bool;

    /// Reads one page: one request, no retry. Only a success has something fetched.
    fn get(&self, url: &str, tracking: u128) -> impl Future<Output = (ApiResult, Option<Fetched>)>;
}

/// Whether an access token can be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// When it is over, all is over.
    Impossible,
    /// At this instant it should be; a token may still end before.
    DueAt(Instant),
}
