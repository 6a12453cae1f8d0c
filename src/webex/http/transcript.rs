//! A request that failed and what was answered, in full, for the log. Nothing secret is in it, and
//! nothing is kept of a request where no log wants it.

use reqwest::Request;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use tokio::time::Instant;
use tracing::Level;

use crate::model::clock;
use crate::webex::secrets::{HIDDEN, Secrets};

/// How much of a body is noted.
const LONGEST_BODY: usize = 4000;

/// Headers whose values open something.
const OPENERS: [&str; 4] = [
    "authorization",
    "cookie",
    "proxy-authorization",
    "set-cookie",
];

/// A request as it is sent.
pub(super) struct Transcript(Option<Sent>);

struct Sent {
    at: Instant,
    method: String,
    url: String,
    headers: HeaderMap,
    body: String,
}

impl Transcript {
    pub(super) fn begin(request: &Request) -> Transcript {
        if !tracing::enabled!(Level::TRACE) {
            return Transcript(None);
        }
        let body = request.body().and_then(|body| body.as_bytes());
        // A form holds secrets and nothing else worth reading.
        let body = match request.headers().get(CONTENT_TYPE) {
            Some(kind) if kind.as_bytes().ends_with(b"form-urlencoded") => HIDDEN.into(),
            _ => String::from_utf8_lossy(body.unwrap_or_default()).into_owned(),
        };
        Transcript(Some(Sent {
            at: Instant::now(),
            method: request.method().to_string(),
            url: request.url().to_string(),
            headers: request.headers().clone(),
            body,
        }))
    }

    /// Notes an answer that is no success; `body` has nothing secret in it.
    pub(super) fn answered(self, status: u16, headers: &HeaderMap, body: &str, secrets: &Secrets) {
        let Some(sent) = self.0 else { return };
        let response = lines(headers, secrets);
        let body: String = body.chars().take(LONGEST_BODY).collect();
        sent.note(secrets, Some((status, &response, &body)), None);
    }

    pub(super) fn unanswered(self, error: &str, secrets: &Secrets) {
        let Some(sent) = self.0 else { return };
        sent.note(secrets, None, Some(error));
    }
}

impl Sent {
    /// `answer`: its status, headers and body.
    fn note(&self, secrets: &Secrets, answer: Option<(u16, &str, &str)>, error: Option<&str>) {
        tracing::trace!(
            method = self.method,
            url = %secrets.hide_in(&self.url),
            request_headers = lines(&self.headers, secrets),
            request_body = %secrets.hide_in(&self.body),
            status = answer.map(|(status, ..)| status),
            response_headers = answer.map(|(_, headers, _)| headers),
            response_body = answer.map(|(.., body)| body),
            error,
            took_ms = clock::milliseconds(self.at.elapsed()),
            "exchange"
        );
    }
}

/// One header a line, as they go over the wire.
fn lines(headers: &HeaderMap, secrets: &Secrets) -> String {
    let lines = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = if OPENERS.contains(&name.as_str()) {
            HIDDEN.into()
        } else {
            secrets.hide_in(&value)
        };
        format!("{}: {value}", secrets.hide_in(name.as_str()))
    });
    lines.collect::<Vec<_>>().join("\n")
}
