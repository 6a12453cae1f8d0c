//! Why a request got no answer, read from the chain of errors of the libraries below. Where a library
//! keeps its error types to itself its words are read; `tests/it/unreachable.rs` meets each of them.

use std::error::Error;
use std::io::{self, ErrorKind};

use rustls::CertificateError;

use crate::model::response::TransportCause;

/// The cause of an error of reqwest.
pub(super) fn transport_cause(error: &reqwest::Error) -> TransportCause {
    let chain = Chain::of(error);
    let is_proxys = chain.says("failed to create underlying connection");
    match chain.cause() {
        _ if chain.says("proxy authorization required") => TransportCause::ProxyPassword,
        _ if chain.says("tunnel error: ") && !is_proxys => TransportCause::ProxyRefused,
        cause if is_proxys && !cause.is_permanent() => TransportCause::ProxyUnreachable,
        TransportCause::Other if error.is_timeout() => TransportCause::TimedOut,
        TransportCause::Other if !error.is_connect() && !error.is_builder() => {
            TransportCause::Broken
        }
        cause => cause,
    }
}

/// An error and what caused it, the outermost first.
struct Chain<'a>(Vec<&'a (dyn Error + 'static)>);

impl<'a> Chain<'a> {
    fn of(error: &'a (dyn Error + 'static)) -> Chain<'a> {
        let mut errors = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            errors.push(error);
            // An error in an `io::Error` is not its source.
            let inner = error
                .downcast_ref()
                .and_then(|error: &io::Error| error.get_ref());
            next = inner.map_or_else(|| error.source(), |inner| Some(inner));
        }
        Chain(errors)
    }

    fn says(&self, words: &str) -> bool {
        let mut errors = self.0.iter();
        errors.any(|error| error.to_string().contains(words))
    }

    /// What the innermost error that is known means.
    fn cause(&self) -> TransportCause {
        let mut errors = self.0.iter().rev();
        if self.says("dns error") {
            return TransportCause::NameNotFound;
        }
        errors
            .find_map(|error| {
                let tls = error.downcast_ref().and_then(of_tls);
                tls.or_else(|| error.downcast_ref().and_then(of_system))
            })
            .unwrap_or(TransportCause::Other)
    }
}

fn of_tls(error: &rustls::Error) -> Option<TransportCause> {
    use rustls::Error as Tls;
    Some(match error {
        Tls::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)) => {
            TransportCause::UntrustedCertificate
        }
        Tls::InvalidCertificate(
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. },
        ) => TransportCause::CertificateOutOfDate,
        Tls::InvalidCertificate(_) => TransportCause::WrongCertificate,
        Tls::InvalidMessage(_) => TransportCause::NotTls,
        _ => return None,
    })
}

fn of_system(error: &io::Error) -> Option<TransportCause> {
    Some(match error.kind() {
        ErrorKind::ConnectionRefused => TransportCause::ConnectionRefused,
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::NetworkDown => {
            TransportCause::NoRoute
        }
        ErrorKind::TimedOut => TransportCause::TimedOut,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => TransportCause::Broken,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(error: impl Into<io::Error>) -> TransportCause {
        Chain::of(&error.into()).cause()
    }

    #[test]
    fn an_error_is_told_by_its_innermost_cause() {
        // As deep as the libraries put it.
        let tls = |error: rustls::Error| {
            let error = io::Error::new(ErrorKind::InvalidData, error);
            cause(io::Error::other(error))
        };
        let certificate = |error| tls(rustls::Error::InvalidCertificate(error));
        for (cause, meant) in [
            (
                certificate(CertificateError::UnknownIssuer),
                TransportCause::UntrustedCertificate,
            ),
            (
                certificate(CertificateError::Expired),
                TransportCause::CertificateOutOfDate,
            ),
            (
                certificate(CertificateError::NotValidForName),
                TransportCause::WrongCertificate,
            ),
            (
                tls(rustls::Error::InvalidMessage(
                    rustls::InvalidMessage::InvalidContentType,
                )),
                TransportCause::NotTls,
            ),
            (
                cause(ErrorKind::ConnectionRefused),
                TransportCause::ConnectionRefused,
            ),
            (cause(ErrorKind::HostUnreachable), TransportCause::NoRoute),
            (cause(ErrorKind::ConnectionReset), TransportCause::Broken),
            (cause(ErrorKind::TimedOut), TransportCause::TimedOut),
            (
                cause(io::Error::other("dns error: no such host")),
                TransportCause::NameNotFound,
            ),
            (
                cause(io::Error::other("something else")),
                TransportCause::Other,
            ),
        ] {
            assert_eq!(cause, meant);
        }
    }
}
