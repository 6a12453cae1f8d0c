//! The service over HTTPS: builds the request, sends it once, reads no more of the answer than
//! it needs. The only place that knows reqwest.

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result};
use percent_encoding::utf8_percent_encode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response as HttpResponse, StatusCode};
use tokio::time::Instant;

use crate::model::current_values::CurrentValues;
use crate::model::response::{ApiResult, Body, Response, message_of};
use crate::model::row::Row;
use crate::setting::target_kind::Listing;
use crate::setting::{ReadBody, Reading, Resource};
use crate::webex::base_url::BaseUrl;
use crate::webex::lists::{self, Fetched, Person};
use crate::webex::secrets::Secrets;
use crate::webex::service_app::ServiceApp;
use crate::webex::token::{Credentials, Token};
use crate::webex::{Queries, Renewal, Service};

mod http_client;
mod list_page;
pub mod proxy;
mod resource_url;
mod response_reader;
mod success_body;
mod token_owner;
mod token_request;
mod transcript;
mod transport_cause;
mod transport_error;

pub use http_client::Connection;
use proxy::Proxy;
use resource_url::{ESCAPED, resource_url};
use transcript::Transcript;

/// What Cisco support asks for; the service takes it over from the request.
const TRACKING_ID: HeaderName = HeaderName::from_static("trackingid");

/// The service, reached over the network.
#[derive(Debug)]
pub struct Webex {
    client: Client,
    base_url: BaseUrl,
    proxy: Option<Proxy>,
    /// Named where a request is for none by its id; `None` for the token's own.
    own_organization: RefCell<Option<String>>,
    /// Marked sensitive, so that not even `Debug` shows it; `None` until a token was fetched.
    authorization: RefCell<Option<HeaderValue>>,
    service_app: Option<RefCell<ServiceApp>>,
    /// The token in use, where no service app fetches one.
    token: RefCell<Option<Token>>,
    /// Whose those of all credentials are, once an answer said so; those of this one by its number.
    owners: Rc<RefCell<Vec<Option<Person>>>>,
    number: usize,
    /// The service app's file holds other secrets than before, and nobody asked yet whose they are.
    has_other_app: Cell<bool>,
    /// The token in use was refused: a newer one may be in its file.
    was_refused: Cell<bool>,
    /// Those of all credentials.
    secrets: Rc<RefCell<Secrets>>,
    renew_at: Cell<Instant>,
    /// Another run refreshes with the same file.
    awaits_other_run: Cell<bool>,
    warn: fn(&str),
    has_warned: Cell<bool>,
    timeout: Duration,
}

impl Webex {
    /// The service for each of these credentials, over the same connections: a client of its own would
    /// cost each of them a third of a megabyte.
    pub fn connect_all(connection: &Connection, secrets: Vec<Credentials>) -> Result<Vec<Webex>> {
        let client = connection.client()?;
        let all = Rc::<RefCell<Secrets>>::default();
        let owners = Rc::new(RefCell::new(vec![None; secrets.len()]));
        let services = secrets.into_iter().enumerate();
        services
            .map(|(number, secret)| {
                let webex = Webex::of(connection, client.clone(), secret, Rc::clone(&all))?;
                Ok(Webex {
                    owners: Rc::clone(&owners),
                    number,
                    ..webex
                })
            })
            .collect()
    }

    fn of(
        connection: &Connection,
        client: Client,
        secret: Credentials,
        secrets: Rc<RefCell<Secrets>>,
    ) -> Result<Webex> {
        let (token, authorization, service_app) = match secret {
            Credentials::Token(token) => {
                secrets.borrow_mut().add(token.secret());
                let authorization = authorization(&token)?;
                (Some(token), Some(authorization), None)
            }
            Credentials::ServiceApp(app) => {
                let mut known = secrets.borrow_mut();
                app.secrets().iter().for_each(|secret| known.add(secret));
                (None, None, Some(RefCell::new(app)))
            }
        };
        Ok(Webex {
            client,
            base_url: connection.base_url.clone(),
            proxy: connection.proxy.clone(),
            own_organization: RefCell::default(),
            authorization: RefCell::new(authorization),
            service_app,
            token: RefCell::new(token),
            owners: Rc::default(),
            number: 0,
            has_other_app: Cell::new(false),
            was_refused: Cell::new(false),
            secrets,
            renew_at: Cell::new(Instant::now()),
            awaits_other_run: Cell::new(false),
            warn: connection.warn,
            has_warned: Cell::new(false),
            timeout: connection.timeout,
        })
    }

    /// Sends a request once. Only a success is a response; of everything else the reply is made
    /// here, and noted in the log.
    async fn send(&self, request: RequestBuilder) -> Result<HttpResponse, ApiResult> {
        let request = request.build().map_err(|error| self.error(&error))?;
        let transcript = Transcript::begin(&request);
        match self.client.execute(request).await {
            Ok(response) if response.status().is_success() => {
                self.was_refused.set(false);
                Ok(response)
            }
            Ok(response) => {
                if response.status() == StatusCode::UNAUTHORIZED {
                    self.was_refused.set(true);
                }
                Err(Ok(self.read_failure(response, transcript).await))
            }
            Err(error) => {
                let reply = self.error(&error);
                transcript.unanswered(message_of(&reply), &self.secrets.borrow());
                Err(reply)
            }
        }
    }

    /// The token that a person put into the file since the one in use was refused.
    fn newer_token(&self) -> Option<Token> {
        let token = self.token.borrow();
        token.as_ref().filter(|_| self.was_refused.get())?.renewed()
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &*self.authorization.borrow() {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    /// An address with a query, for an organization or the token's own.
    fn of_organization(&self, mut url: String, org_id: Option<&str>) -> String {
        if let Some(org_id) = org_id.or(self.own_organization.borrow().as_deref()) {
            let _ = write!(url, "&orgId={}", utf8_percent_encode(org_id, ESCAPED));
        }
        url
    }

    /// Whether what would be made use of repeats a secret. With that hidden in it it would be another value, so
    /// nothing of such an answer is taken.
    fn has_secrets(&self, body: &[u8]) -> bool {
        let body = String::from_utf8_lossy(body);
        self.secrets.borrow().are_in(&body)
    }
}

impl Queries for Webex {
    fn place(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("{} through the proxy {proxy}", self.base_url),
            None => self.base_url.to_string(),
        }
    }

    fn held_up_by(&self) -> Option<&'static str> {
        let waits = self.awaits_other_run.get();
        waits.then_some("another run is fetching an access token with the same service app")
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    fn list_url(&self, list: &Listing, org_id: Option<&str>, most: u32) -> String {
        let path = list.path;
        let and = if path.contains('?') { '&' } else { '?' };
        let url = self.url(&format!("{path}{and}max={}", most.min(list.most)));
        self.of_organization(url, org_id)
    }

    fn location_details_url(&self, org_id: Option<&str>, most: u32) -> String {
        let url = self.url(&format!("/locations?max={most}"));
        self.of_organization(url, org_id)
    }

    fn default_to_organization(&mut self, org_id: &str) {
        self.own_organization.replace(Some(org_id.to_string()));
    }

    fn resource_url(&self, resource: &Resource, row: &Row<'_>) -> String {
        let own = self.own_organization.borrow();
        let org_id = row.org_id.as_deref().or(own.as_deref());
        resource_url(&self.base_url, resource, org_id, &row.target_id)
    }

    fn is_at(&self, url: &str) -> bool {
        lists::is_of_the_service(url, &self.base_url)
    }

    async fn get(&self, url: &str, tracking: u128) -> (ApiResult, Option<Fetched>) {
        match self.fetch(url, tracking).await {
            Ok((answer, fetched)) => (Ok(answer), fetched),
            Err(reply) => (reply, None),
        }
    }
}

impl Service for Webex {
    async fn write(
        &self,
        resource: &Resource,
        row: &Row<'_>,
        body: Vec<u8>,
        tracking: u128,
    ) -> ApiResult {
        let request = self
            .authorized(self.client.put(self.resource_url(resource, row)))
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header(TRACKING_ID, tracking_id(tracking))
            .body(body);
        match self.send(request).await {
            Ok(response) => Ok(self.read_success(response, Some(resource)).await),
            Err(reply) => reply,
        }
    }

    async fn read(&self, resource: &Resource, row: &Row<'_>, tracking: u128) -> ApiResult {
        let url = self.resource_url(resource, row);
        self.read_page(resource, &url, tracking).await
    }

    async fn read_page(&self, resource: &Resource, page: &str, tracking: u128) -> ApiResult {
        let (reply, fetched) = self.get(page, tracking).await;
        let (Ok(answer), Some(fetched)) = (&reply, fetched) else {
            return reply;
        };
        let answer = answer.clone();
        if fetched.may_say_an_error() {
            let said = fetched.read().unwrap_or_default();
            let what = success_body::what_is_said(&said);
            return Ok(self.foreign_saying(answer, what, &fetched.body));
        }
        Ok(match (resource.read_body)(&fetched.body) {
            ReadBody::Values(Reading {
                values,
                restricted,
                usages,
                is_partial,
            }) => {
                let is_elsewhere = (fetched.next.as_deref()).is_some_and(|next| !self.is_at(next));
                Response {
                    current: Some(values),
                    restricted,
                    usages,
                    is_partial: is_partial || is_elsewhere,
                    next_page: fetched.next.filter(|_| !is_elsewhere).map(Into::into),
                    ..answer
                }
            }
            ReadBody::Empty => Response {
                current: Some(CurrentValues::default()),
                body: Body::Bare,
                ..answer
            },
            ReadBody::Other => self.foreign(answer, "the answer does not say what is set"),
        })
    }

    async fn check_token(&self, tracking: u128) -> ApiResult {
        self.get(&self.url(token_owner::WHO), tracking).await.0
    }

    fn renewal(&self) -> Renewal {
        match self.service_app {
            Some(_) => Renewal::DueAt(self.renew_at.get()),
            None if self.newer_token().is_some() => Renewal::DueAt(Instant::now()),
            None => Renewal::Impossible,
        }
    }

    fn known_as(&self) -> Vec<String> {
        let token = self.token.borrow().as_ref().map(Token::fingerprint);
        let person = self.owner().map(|person| person.id);
        let names = token.into_iter().chain(person);
        names.filter(|name| !name.is_empty()).collect()
    }

    async fn renew(&self) -> ApiResult {
        let Some(app) = &self.service_app else {
            return self.take_newer_token().await;
        };
        match self.refresh(app).await {
            Ok(answer) => Ok(answer),
            Err(reply) => reply,
        }
    }
}

fn authorization(token: &Token) -> Result<HeaderValue> {
    let mut authorization = HeaderValue::from_str(&token.authorization())
        .context("the access token cannot stand in a request")?;
    authorization.set_sensitive(true);
    Ok(authorization)
}

fn tracking_id(tracking: u128) -> HeaderValue {
    let tracking = uuid::Uuid::from_u128(tracking).hyphenated();
    let text = [
        "wxbulk_",
        tracking.encode_lower(&mut uuid::Uuid::encode_buffer()),
    ]
    .concat();
    let mut value = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""));
    // No two are the same: HTTP/2 is not to remember each of them in place of what does come again.
    value.set_sensitive(true);
    value
}
