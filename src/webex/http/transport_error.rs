//! What is said of a request that got no answer.

use std::error::Error;

use super::Webex;
use super::transport_cause::transport_cause;
use crate::model::clock;
use crate::model::response::{ApiResult, Delivery, TransportCause, TransportError};
use crate::platform;

impl Webex {
    /// Where it failed, if that is the proxy.
    fn via(&self, cause: TransportCause) -> String {
        let is_proxys = matches!(
            cause,
            TransportCause::ProxyPassword
                | TransportCause::ProxyUnreachable
                | TransportCause::ProxyRefused
        );
        match &self.proxy {
            Some(proxy) if is_proxys => format!(" through the proxy {proxy}"),
            None if is_proxys => " through the proxy".into(),
            _ => String::new(),
        }
    }

    pub(super) fn error(&self, error: &reqwest::Error) -> ApiResult {
        let delivery = if error.is_connect() || error.is_builder() {
            Delivery::NotSent
        } else {
            Delivery::MaybeSent
        };
        let cause = transport_cause(error);
        let message = if error.is_timeout() && delivery == Delivery::MaybeSent {
            format!("no answer within {}", clock::in_words(self.timeout))
        } else {
            let said = root_cause(error);
            match delivery {
                Delivery::NotSent => format!("could not connect{}: {said}", self.via(cause)),
                Delivery::MaybeSent => format!("the connection broke before the answer: {said}"),
            }
        };
        Err(TransportError {
            delivery,
            cause,
            // It may repeat what the other side said, as HTTP/2 says why it closes a connection.
            message: self.one_line(&message).into(),
        })
    }
}

/// The innermost cause, which is the one that says something, in the words that people search for.
pub(super) fn root_cause(error: &reqwest::Error) -> String {
    match transport_cause(error) {
        TransportCause::ConnectionRefused => return "connection refused".into(),
        TransportCause::NameNotFound => return "the name of the server is not found".into(),
        TransportCause::ProxyPassword => {
            return "it wants a name and password, or others than it was given (407)".into();
        }
        TransportCause::ProxyRefused => return "it does not connect to the service".into(),
        TransportCause::NotTls => return "what answers there does not speak TLS".into(),
        _ => {}
    }
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let said = cause.to_string();
    let said = platform::strip_error_number(&said);
    // The system begins its words with a capital.
    said.replace("Connection refused", "connection refused")
}
