//! Fetches a new access token and takes it over.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use serde::Deserialize;
use tokio::time::Instant;

use super::response_reader::read_body;
use super::{Webex, authorization};
use crate::model::hint;
use crate::model::response::{ApiResult, Response};
use crate::platform;
use crate::webex::service_app::ServiceApp;
use crate::webex::token::Token;

/// A new access token is fetched so long before the old one ends: longer than any request takes.
const RENEWED_BEFORE_ITS_END: Duration = Duration::from_mins(5);

/// A token without a known end is asked about by using it.
const NEVER: Duration = Duration::from_hours(24 * 365);

/// The answer to a refresh. It has no `Debug`.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    /// In seconds.
    expires_in: Option<u64>,
    #[serde(default)]
    refresh_token: String,
}

impl Webex {
    /// Asks for a new access token, and takes it over if there is one.
    pub(super) async fn refresh(&self, app: &RefCell<ServiceApp>) -> Result<Response, ApiResult> {
        let form = app.borrow_mut().form();
        self.learn(&app.borrow());
        let request = self
            .client
            .post(format!("{}/access_token", self.base_url))
            .header(
                CONTENT_TYPE,
                HeaderValue::from_static("application/x-www-form-urlencoded"),
            )
            .body(form);
        let mut response = self.send(request).await?;
        if response.status() != StatusCode::OK {
            return Ok(self.read_success(response).await);
        }
        let body = read_body(&mut response).await;
        let asked = Instant::now();
        let taken = serde_json::from_slice(&body)
            .context("there is none in it")
            .and_then(|tokens: Tokens| self.take_over(&tokens, app, asked));
        Ok(match taken {
            Ok(()) => Response::bare(StatusCode::OK.as_u16()),
            // What was answered is left out: it may hold half a token.
            Err(_) => Response {
                status: StatusCode::BAD_GATEWAY.as_u16(),
                message: "the answer holds no access token".into(),
                ..Response::default()
            },
        })
    }

    fn take_over(&self, tokens: &Tokens, app: &RefCell<ServiceApp>, now: Instant) -> Result<()> {
        let token = Token::read(&tokens.access_token)?;
        self.secrets.borrow_mut().add(token.secret());
        *self.authorization.borrow_mut() = Some(authorization(&token)?);
        let lives = tokens.expires_in.map_or(NEVER, Duration::from_secs);
        // A token that lives but minutes is used for half of them.
        let used = lives
            .saturating_sub(RENEWED_BEFORE_ITS_END)
            .max(lives / 2)
            .min(NEVER);
        self.renew_at.set(now + used);
        if let Err(error) = app.borrow_mut().take_over(&tokens.refresh_token)
            && !self.has_warned.replace(true)
        {
            (self.warn)(&format!("warning: {}", platform::describe_error(&error)));
            hint::hints(&error).for_each(|hint| (self.warn)(&format!("hint: {hint}")));
        }
        self.learn(&app.borrow());
        Ok(())
    }

    /// What the app holds now must be shown by nothing.
    fn learn(&self, app: &ServiceApp) {
        let mut secrets = self.secrets.borrow_mut();
        app.secrets().iter().for_each(|secret| secrets.add(secret));
    }
}
