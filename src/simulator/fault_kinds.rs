//! The ways in which a request can fail, and their names.

use std::fmt;

use super::typed_units::ParseError;

/// One way in which a request can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// This status; the request is not executed. 423 and 503 have a Retry-After in half of the cases, 429 always.
    Status(u16),
    /// This status, although the update took effect.
    StatusAfter(u16),
    /// This status with a Retry-After; the request is not executed.
    StatusWithRetryAfter(u16),
    /// 200 with JSON that is not what the endpoint returns; the request is not executed.
    WrongBody,
    /// 200 with an HTML page, as a proxy or a captive portal sends; the request is not executed.
    SignInPage,
    /// The connection is reset before the update takes effect.
    ResetBefore,
    /// The connection is reset after the update took effect.
    ResetAfter,
    /// No response for the behavior's `stall`; the update took effect in half of the cases.
    Stall,
    /// The connection closes in the middle of the body.
    Truncated,
    /// A body of one megabyte.
    Oversized,
    /// A body without end.
    Endless,
    NonUtf8,
    BadGzip,
    /// 429 with an unusual Retry-After that is over within seconds.
    OddRetryAfter,
    /// 429 with a Retry-After that cannot be parsed.
    UnreadableRetryAfter,
    /// 429 with a Retry-After of a year or more.
    AbsurdRetryAfter,
    /// 302 to another host.
    Redirect,
}

/// The documented error statuses of the call, 408 and 425.
const STATUSES: [u16; 17] = [
    400, 401, 403, 404, 405, 408, 409, 410, 415, 423, 425, 428, 429, 500, 502, 503, 504,
];

/// The faults that a retry gets past; `all` stands for them.
pub(super) const TRANSIENT: [Fault; 15] = [
    Fault::Status(408),
    Fault::Status(423),
    Fault::Status(429),
    Fault::Status(500),
    Fault::Status(502),
    Fault::Status(503),
    Fault::Status(504),
    Fault::ResetBefore,
    Fault::ResetAfter,
    Fault::Stall,
    Fault::Truncated,
    Fault::Oversized,
    Fault::Endless,
    Fault::NonUtf8,
    Fault::BadGzip,
];

pub(super) const NAMED: [(&str, Fault); 14] = [
    ("wrong-body", Fault::WrongBody),
    ("sign-in-page", Fault::SignInPage),
    ("reset-before", Fault::ResetBefore),
    ("reset-after", Fault::ResetAfter),
    ("stall", Fault::Stall),
    ("truncated", Fault::Truncated),
    ("oversized", Fault::Oversized),
    ("endless", Fault::Endless),
    ("non-utf8", Fault::NonUtf8),
    ("bad-gzip", Fault::BadGzip),
    ("odd-retry-after", Fault::OddRetryAfter),
    ("unreadable-retry-after", Fault::UnreadableRetryAfter),
    ("absurd-retry-after", Fault::AbsurdRetryAfter),
    ("redirect", Fault::Redirect),
];

/// What follows a status that comes although the update took effect.
const AFTER: &str = "-after";

/// What follows a status that comes with a Retry-After.
const WITH_RETRY_AFTER: &str = "-retry-after";

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Status(status) => write!(formatter, "{status}"),
            Fault::StatusAfter(status) => write!(formatter, "{status}{AFTER}"),
            Fault::StatusWithRetryAfter(status) => write!(formatter, "{status}{WITH_RETRY_AFTER}"),
            _ => {
                let named = NAMED.iter().find(|(_, fault)| fault == self);
                formatter.write_str(named.map_or("", |(name, _)| name))
            }
        }
    }
}

pub(super) fn parse_fault(name: &str) -> Result<Fault, ParseError> {
    if let Some((_, fault)) = NAMED.iter().find(|(known, _)| *known == name) {
        return Ok(*fault);
    }
    let of_status: (&str, fn(u16) -> Fault) =
        if let Some(status) = name.strip_suffix(WITH_RETRY_AFTER) {
            (status, Fault::StatusWithRetryAfter)
        } else if let Some(status) = name.strip_suffix(AFTER) {
            (status, Fault::StatusAfter)
        } else {
            (name, Fault::Status)
        };
    let (text, fault) = of_status;
    let status = STATUSES.iter().find(|status| status.to_string() == text);
    status.map(|status| fault(*status)).ok_or_else(|| {
        let names: Vec<&str> = NAMED.iter().map(|(known, _)| *known).collect();
        ParseError(format!(
            "`{name}` is not a fault the simulator knows; it knows `all`, the statuses of the service such as `429`, \
             `500` and `503`, these with an update that took effect (`504-after`) or with a Retry-After \
             (`500-retry-after`), and {}",
            names.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_can_be_typed_by_the_name_it_is_logged_under() {
        let statuses = [Fault::StatusAfter(504), Fault::StatusWithRetryAfter(408)];
        let named = NAMED.map(|(_, fault)| fault).into_iter();
        for fault in TRANSIENT.into_iter().chain(named).chain(statuses) {
            assert_eq!(parse_fault(&fault.to_string()), Ok(fault));
        }
    }
}
