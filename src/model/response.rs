//! What came of one request: an answer of the service, or none and how far the request got.

use std::time::Duration;

use crate::model::current_values::CurrentValues;
use crate::model::usage::Usage;

/// The code of a renewal whose token is that of another organization or of another user of the run.
pub const TOKEN_OF_ANOTHER: &str = "token-of-another";

/// The code of a renewal that was answered, and not with a token.
pub const NO_ACCESS_TOKEN: &str = "no-access-token";

/// What came of one request.
pub type ApiResult = Result<Response, TransportError>;

/// What was said, or why nothing was.
pub fn message_of(result: &ApiResult) -> &str {
    match result {
        Ok(response) => &response.message,
        Err(error) => &error.message,
    }
}

/// What the service said, boiled down to what a row's result needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    pub status: u16,
    pub retry_after: RetryAfter,
    /// One code, or two as `25223/8363` where the answer gives two that differ.
    pub error_code: Box<str>,
    /// Empty on success.
    pub message: Box<str>,
    /// What Cisco support asks for.
    pub tracking_id: Box<str>,
    /// Whether a success has a body that this call can have.
    pub body: Body,
    /// The values of the fields that were asked for; of a change, those that its confirmation names.
    pub current: Option<CurrentValues>,
    /// Which of those fields the service does not let anybody change.
    pub restricted: Vec<usize>,
    /// What uses numbers of the location, where that was asked for.
    pub usages: Vec<Usage>,
    /// There may be more that uses them: a part of the list was not understood, or is elsewhere.
    pub is_partial: bool,
    /// Where the list goes on that was asked for. None of these has pages by the reference.
    pub next_page: Option<Box<str>>,
}

impl Response {
    /// An answer that says nothing but its status.
    pub fn bare(status: u16) -> Response {
        Response {
            status,
            ..Response::default()
        }
    }
}

/// Whether the body of a success is one that the call can have. A sign-in page under a 200 is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Body {
    /// Empty, or what the service answers to this call.
    #[default]
    Valid,
    /// The values that a change set, and beside them something that this call is not known to answer:
    /// whether that takes the confirmation back only a read shows.
    Mixed,
    /// An object without any of the values that were asked for. Whether the service leaves out what
    /// is not set is not known.
    Bare,
    /// Of what is no success: nothing, or plain text, and no tracking id. The service's errors are JSON.
    Wordless,
    /// A page, an error, something of another service, or a part of an answer. Of what is no success: a page
    /// without a tracking id.
    Invalid,
}

/// The `Retry-After` header as far as it could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetryAfter {
    #[default]
    Missing,
    /// There was one, but it says nothing usable (`rand(30),add(30)` is real).
    Unreadable,
    /// Counted from the moment the answer arrived; never zero.
    Wait(Duration),
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransportError {
    pub delivery: Delivery,
    pub cause: TransportCause,
    /// What happened, for the person.
    pub message: Box<str>,
}

/// How far a request without an answer got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It never left: no name, no connection, no TLS.
    NotSent,
    /// It may have arrived, and may have taken effect.
    MaybeSent,
}

/// Why a request got no answer, as far as it decides what a person does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportCause {
    NameNotFound,
    ConnectionRefused,
    NoRoute,
    TimedOut,
    /// The connection came about and ended before the answer.
    Broken,
    /// Nobody whom this machine trusts has signed it.
    UntrustedCertificate,
    /// It has expired, or is not valid yet.
    CertificateOutOfDate,
    /// It was issued for another name, or says something else that cannot be accepted.
    WrongCertificate,
    /// What listens there does not speak TLS.
    NotTls,
    /// The proxy wants a name and password, or others than it was given.
    ProxyPassword,
    /// The proxy itself cannot be reached.
    ProxyUnreachable,
    /// The proxy answers and does not connect to the service.
    ProxyRefused,
    /// Something in front of the service answers that it does not get through to it.
    Gateway,
    Other,
}

impl TransportCause {
    /// Whether the next try would fail as this one did, until a person changes something.
    pub fn is_permanent(self) -> bool {
        matches!(
            self,
            Self::UntrustedCertificate
                | Self::CertificateOutOfDate
                | Self::WrongCertificate
                | Self::NotTls
                | Self::ProxyPassword
        )
    }
}
