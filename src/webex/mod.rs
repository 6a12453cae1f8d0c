//! The service: what it calls things, how it answers, and the one request wxbulk makes of it.

pub mod base_url;
pub mod errors;
pub mod http;
pub mod ids;
pub mod retry_after;
pub mod token;

use crate::reply::Reply;
use crate::row::Row;

/// What the pipeline needs of the service. The real one is [`http::Webex`]; tests script theirs.
pub trait Service {
    /// Sets the numbers of the row's location: one request, one reply, no retry.
    fn set_numbers(&self, row: &Row<'_>, tracking: u128) -> impl Future<Output = Reply>;
}
