//! Fetches a new access token and takes it over.

use std::cell::RefCell;
use std::fs::{File, TryLockError};
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::response_reader::read_up_to;
use super::success_body::{self, BYTE_ORDER_MARK, is_page};
use super::{Webex, authorization};
use crate::model::hint;
use crate::model::response::{ApiResult, NO_ACCESS_TOKEN, Response};
use crate::platform;
use crate::webex::error_body;
use crate::webex::service_app::ServiceApp;
use crate::webex::token::Token;

/// A new access token is fetched so long before the old one ends: longer than any request takes.
const RENEWED_BEFORE_ITS_END: Duration = Duration::from_mins(5);

/// A token without a known end is asked about by using it.
const NEVER: Duration = Duration::from_hours(24 * 365);

/// A token that is said to live shorter is used so long: to ask for each request would help nobody.
const SHORTEST_LIFE: Duration = Duration::from_mins(2);

/// How much of the answer is read: half of it holds no token.
const LONGEST_ANSWER: usize = 1024 * 1024;

/// How long another run may take to refresh.
const LONGEST_REFRESH: Duration = Duration::from_mins(1);
const BETWEEN_TRIES: Duration = Duration::from_millis(50);

/// The answer to a refresh. It has no `Debug`.
#[derive(Deserialize)]
struct Tokens {
    access_token: Option<Value>,
    /// In seconds: a number, or one in quotes.
    expires_in: Option<Value>,
    /// `null`, or anything that is none, leaves the one there is.
    refresh_token: Option<Value>,
    /// Such as `invalid_grant`.
    error: Option<Value>,
}

impl Tokens {
    fn refresh_token(&self) -> &str {
        text(self.refresh_token.as_ref())
    }

    fn access_token(&self) -> &str {
        text(self.access_token.as_ref())
    }

    /// An error of OAuth, and no token.
    fn is_refusal(&self) -> bool {
        let is_error = self.error.as_ref().is_some_and(Value::is_string);
        is_error && self.access_token().is_empty() && self.refresh_token().is_empty()
    }

    /// How long the access token lives; [`NEVER`] ends where it is not said readably.
    fn lifetime(&self) -> Duration {
        let seconds = match &self.expires_in {
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        };
        let lifetime = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        lifetime.map_or(NEVER, |lifetime| lifetime.max(SHORTEST_LIFE))
    }

    /// How long the access token is used. One that lives but minutes is used for half of them.
    fn time_of_use(&self) -> Duration {
        let lives = self.lifetime();
        let used = lives.saturating_sub(RENEWED_BEFORE_ITS_END);
        used.max(lives / 2).min(NEVER)
    }
}

fn text(value: Option<&Value>) -> &str {
    value.and_then(Value::as_str).unwrap_or_default()
}

impl Webex {
    /// Asks for a new access token, and takes it over if there is one.
    pub(super) async fn refresh(&self, app: &RefCell<ServiceApp>) -> Result<Response, ApiResult> {
        self.awaits_other_run.set(true);
        let _turn = turn(app).await;
        self.awaits_other_run.set(false);
        let before = app.borrow().fingerprint_of_all();
        let form = app.borrow_mut().form();
        self.learn(&app.borrow());
        let is_another = app.borrow().fingerprint_of_all() != before;
        self.has_other_app
            .set(self.has_other_app.get() || is_another);
        let request = self
            .client
            .post(format!("{}/access_token", self.base_url))
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            )
            .body(form);
        let mut response = self.send(request).await?;
        let success = self.success(&response);
        // Any other success without a token is no success.
        if !response.status().is_success() {
            return Ok(self.read_success(response, None).await);
        }
        let body = read_up_to(LONGEST_ANSWER, &mut response).await;
        let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&body);
        let asked = Instant::now();
        let tokens: Option<Tokens> = serde_json::from_slice(body).ok();
        let taken = tokens
            .as_ref()
            .context("there is none in it")
            .and_then(|tokens| self.take_over(tokens, app));
        Ok(match taken {
            Ok(authorization) => {
                if self.has_other_app.get() {
                    self.ensure_it_may_follow(&authorization).await?;
                    self.has_other_app.set(false);
                }
                *self.authorization.borrow_mut() = Some(authorization);
                self.renew_at
                    .set(asked + tokens.map_or(NEVER, |tokens| tokens.time_of_use()));
                Response::bare(StatusCode::OK.as_u16())
            }
            // It is asked again in vain.
            Err(_) if tokens.is_some_and(|tokens| tokens.is_refusal()) => Response {
                status: StatusCode::BAD_REQUEST.as_u16(),
                message: self.one_line(&error_body::read(body, "").message).into(),
                ..Response::default()
            },
            // What was answered is left out: it may hold half a token.
            Err(_) if success.tracking_id.is_empty() && is_page(body) => {
                self.foreign(success, success_body::A_PAGE)
            }
            Err(_) => Response {
                status: StatusCode::BAD_GATEWAY.as_u16(),
                message: format!("the answer ({}) holds no access token", success.status).into(),
                error_code: NO_ACCESS_TOKEN.into(),
                ..Response::default()
            },
        })
    }

    /// The refresh token counts also where the access token is none: the one before may be good for
    /// nothing now.
    fn take_over(&self, tokens: &Tokens, app: &RefCell<ServiceApp>) -> Result<HeaderValue> {
        self.take_over_refresh_token(tokens.refresh_token(), app);
        let token = Token::read(tokens.access_token())?;
        self.secrets.borrow_mut().add(token.secret());
        authorization(&token)
    }

    fn take_over_refresh_token(&self, refresh_token: &str, app: &RefCell<ServiceApp>) {
        if let Err(error) = app.borrow_mut().take_over(refresh_token)
            && !self.has_warned.replace(true)
        {
            (self.warn)(&format!("warning: {}", platform::describe_error(&error)));
            hint::hints(&error).for_each(|hint| (self.warn)(&format!("hint: {hint}")));
        }
        self.learn(&app.borrow());
    }

    /// What the app holds now must be shown by nothing.
    fn learn(&self, app: &ServiceApp) {
        let mut secrets = self.secrets.borrow_mut();
        app.secrets().iter().for_each(|secret| secrets.add(secret));
    }
}

/// Waits until no other run refreshes with the same file; one that takes too long is not waited for.
async fn turn(app: &RefCell<ServiceApp>) -> Option<File> {
    let file = app.borrow().lock_file()?;
    let patience = Instant::now() + LONGEST_REFRESH;
    while let Err(TryLockError::WouldBlock) = file.try_lock() {
        if Instant::now() >= patience {
            return None;
        }
        sleep(BETWEEN_TRIES).await;
    }
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_read_however_it_is_written() {
        for (expires_in, seconds) in [
            ("3600", 3600),
            ("\"3600\"", 3600),
            ("3600.5", 3600),
            ("1209600", 1_209_600),
            ("0", 120),
            ("-1", NEVER.as_secs()),
            ("1e300", NEVER.as_secs()),
            ("null", NEVER.as_secs()),
            ("\"soon\"", NEVER.as_secs()),
            ("[]", NEVER.as_secs()),
        ] {
            let body = format!(
                r#"{{"access_token":"abc","expires_in":{expires_in},"refresh_token":null}}"#
            );
            let tokens: Tokens = serde_json::from_str(&body).expect("tokens");
            assert_eq!(tokens.lifetime().as_secs(), seconds, "{expires_in}");
        }
    }
}
