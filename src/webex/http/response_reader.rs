//! Reads of an answer what is needed, and no more.

use reqwest::Response as HttpResponse;
use reqwest::header::{AsHeaderName, DATE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::transcript::Transcript;
use super::{TRACKING_ID, Webex, success_body};
use crate::model::clock;
use crate::model::response::{Body, Response, RetryAfter};
use crate::setting::{ReadBody, Reading, Resource};
use crate::webex::stated_outcome::says_more_than;
use crate::webex::{error_body, retry_after};

/// How much of an answer is read; an error that matters says so in its first lines.
const LONGEST_BODY: usize = 64 * 1024;

impl Webex {
    /// What a success says before its body is read.
    pub(super) fn success(&self, response: &HttpResponse) -> Response {
        Response {
            status: response.status().as_u16(),
            retry_after: announced_wait(response.headers()),
            tracking_id: self.header_text(response.headers(), TRACKING_ID).into(),
            ..Response::default()
        }
    }

    /// A success that need not have a body: one that has another than this call can have came from
    /// something else, such as a sign-in page, or says an error. It may have the values of a resource.
    pub(super) async fn read_success(
        &self,
        mut response: HttpResponse,
        resource: Option<&Resource>,
    ) -> Response {
        let answer = self.success(&response);
        let Some(body) = read_whole_body(&mut response).await else {
            return self.foreign(answer, "the answer broke off or does not end");
        };
        let what = match success_body::check(&body) {
            Ok(Some(_)) if resource.is_some() && self.has_secrets(&body) => {
                return self.foreign(answer, success_body::WITH_SECRETS);
            }
            Ok(object) => match object.zip(resource) {
                Some((object, resource)) => {
                    match (resource.read_body)(object.to_string().as_bytes()) {
                        ReadBody::Values(Reading { values, .. }) => {
                            return Response {
                                current: Some(values),
                                body: if says_more_than(resource.names, &object) {
                                    Body::Mixed
                                } else {
                                    Body::Valid
                                },
                                ..answer
                            };
                        }
                        ReadBody::Other => success_body::NOT_OF_WEBEX,
                        ReadBody::Empty => return answer,
                    }
                }
                None => return answer,
            },
            Err(what) => what,
        };
        self.foreign_saying(answer, what, &body)
    }

    /// A success that is none, and what its body says.
    pub(super) fn foreign_saying(&self, answer: Response, what: &str, body: &[u8]) -> Response {
        let body = String::from_utf8_lossy(body);
        let body = self.secrets.borrow().hide_in(&body).into_owned();
        let message = error_body::read(body.as_bytes(), "").message;
        // What its message says may sound like a success, and one without words is shown as it is.
        let said = match what {
            success_body::NOT_OF_THIS_CALL => format!("`{}`", error_body::flatten(&body)),
            _ if message.is_empty() => format!("`{}`", error_body::flatten(&body)),
            _ => message,
        };
        self.foreign(answer, &format!("{what}: {said}"))
    }

    /// A success that is none, since its body is that of something else.
    pub(super) fn foreign(&self, answer: Response, what: &str) -> Response {
        Response {
            message: self.one_line(what).into(),
            body: Body::Invalid,
            ..answer
        }
    }

    /// An answer that is no success, with everything secret taken out of it.
    pub(super) async fn read_failure(
        &self,
        mut response: HttpResponse,
        transcript: Transcript,
    ) -> Response {
        let status = response.status();
        let body = read_body(&mut response).await;
        let secrets = self.secrets.borrow();
        let headers = response.headers();
        let body = String::from_utf8_lossy(&body);
        let body = secrets.hide_in(&body);
        transcript.answered(status.as_u16(), headers, &body, &secrets);

        let retry_after = announced_wait(headers);
        let codes = self.header_text(headers, "cisco-spark-error-codes");
        let mut error = error_body::read(body.as_bytes(), &codes);
        if error.message.is_empty() {
            error.message = status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_lowercase();
        }
        if status.is_redirection() {
            let target = self.header_text(headers, "location");
            let place = match &*target {
                "" => "nowhere".to_string(),
                target => format!("to `{target}`"),
            };
            error.message =
                format!("redirected {place}, which is not followed; is --base-url right?");
        }
        let mut tracking_id = self.header_text(headers, TRACKING_ID);
        if tracking_id.is_empty() {
            tracking_id = error.tracking_id;
        }
        let form = match body.trim_start().chars().next() {
            _ if !tracking_id.is_empty() => Body::Valid,
            Some('<') => Body::Invalid,
            Some('{' | '[') => Body::Valid,
            _ => Body::Wordless,
        };
        // Once more: JSON has ways to write a letter that only its reader undoes.
        let [error_code, message, tracking_id] = [error.code, error.message, tracking_id]
            .map(|text| secrets.hide_in(&text).into_owned().into());
        Response {
            status: status.as_u16(),
            retry_after,
            error_code,
            message,
            tracking_id,
            body: form,
            ..Response::default()
        }
    }

    /// A text as one short line without anything secret: hidden before it is cut, and after, since
    /// what was broken over lines is whole then.
    pub(super) fn one_line(&self, text: &str) -> String {
        let secrets = self.secrets.borrow();
        let hidden = secrets.hide_in(text);
        let line = error_body::flatten(&hidden);
        if line == hidden {
            return line;
        }
        secrets.hide_in(&line).into_owned()
    }

    /// A header as one line without anything secret; empty where there is none.
    fn header_text(&self, headers: &HeaderMap, name: impl AsHeaderName) -> String {
        let value = headers.get(name).map(HeaderValue::as_bytes);
        self.one_line(&String::from_utf8_lossy(value.unwrap_or_default()))
    }
}

fn announced_wait(headers: &HeaderMap) -> RetryAfter {
    let waits = headers.get_all(RETRY_AFTER).iter();
    let date = headers.get(DATE).map(HeaderValue::as_bytes);
    retry_after::read(waits.map(HeaderValue::as_bytes), date, clock::now())
}

/// The body, unless it breaks off or is longer than any that is read.
async fn read_whole_body(response: &mut HttpResponse) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        body.extend_from_slice(&chunk);
        if body.len() > LONGEST_BODY {
            return None;
        }
    }
    Some(body)
}

/// The body up to [`LONGEST_BODY`].
pub(super) async fn read_body(response: &mut HttpResponse) -> Vec<u8> {
    read_up_to(LONGEST_BODY, response).await
}

/// The first bytes of the body, `most` at most. What cannot be read (broken off, bad gzip) is left out: the status has been
/// said, and that is what counts.
pub(super) async fn read_up_to(most: usize, response: &mut HttpResponse) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = most - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if body.len() == most {
            break;
        }
    }
    body
}
