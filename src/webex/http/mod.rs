//! The service over HTTPS: builds the request, sends it once, reads no more of the answer than
//! it needs. The only place that knows reqwest.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use anyhow::{Context, Result};
use percent_encoding::utf8_percent_encode;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue, LINK};
use reqwest::{Client, RequestBuilder, Response as HttpResponse, StatusCode, Url, redirect, retry};
use tokio::time::Instant;

use crate::model::clock;
use crate::model::current_values::CurrentValues;
use crate::model::hint::Hinted;
use crate::model::response::{
    ApiResult, Body, Delivery, Response, TransportCause, TransportError, message_of,
};
use crate::model::row::Row;
use crate::platform;
use crate::setting::target_kind::Listing;
use crate::setting::{ReadBody, Reading, Resource};
use crate::webex::base_url::BaseUrl;
use crate::webex::lists::{self, Fetched};
use crate::webex::secrets::Secrets;
use crate::webex::service_app::ServiceApp;
use crate::webex::token::{Credentials, Token};
use crate::webex::{Queries, Renewal, Service};

pub mod proxy;
mod resource_url;
mod response_reader;
mod success_body;
mod token_request;
mod transcript;
mod transport_cause;

use proxy::Proxy;
use resource_url::{ESCAPED, resource_url};
use transcript::Transcript;
use transport_cause::transport_cause;

/// How much of a list's page is read; one of a thousand locations has half a megabyte.
const LONGEST_PAGE: usize = 16 * 1024 * 1024;

/// A connection that takes longer than this will not come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What Cisco support asks for; the service takes it over from the request.
const TRACKING_ID: HeaderName = HeaderName::from_static("trackingid");

/// What a connection to the service is made of.
#[derive(Debug)]
pub struct Connection {
    pub base_url: BaseUrl,
    /// What the environment names, for the person; reqwest takes it from there itself.
    pub proxy: Option<Proxy>,
    /// From the first byte sent to the last byte read.
    pub timeout: Duration,
    /// How many connections are kept open between requests.
    pub connections: usize,
    /// Takes what the user must be told at once: that a new refresh token could not be saved.
    pub warn: fn(&str),
}

/// The service, reached over the network.
#[derive(Debug)]
pub struct Webex {
    client: Client,
    base_url: BaseUrl,
    proxy: Option<Proxy>,
    /// Marked sensitive, so that not even `Debug` shows it; `None` until a token was fetched.
    authorization: RefCell<Option<HeaderValue>>,
    service_app: Option<RefCell<ServiceApp>>,
    /// The token in use, where no service app fetches one.
    token: RefCell<Option<Token>>,
    /// The token in use was refused: a newer one may be in its file.
    was_refused: Cell<bool>,
    secrets: RefCell<Secrets>,
    renew_at: Cell<Instant>,
    warn: fn(&str),
    has_warned: Cell<bool>,
    timeout: Duration,
}

impl Webex {
    /// The service for each of these credentials, over the same connections: a client of its own would
    /// cost each of them a third of a megabyte.
    pub fn connect_all(connection: &Connection, secrets: Vec<Credentials>) -> Result<Vec<Webex>> {
        let client = Webex::client(connection)?;
        let services = secrets.into_iter();
        services
            .map(|secret| Webex::of(connection, client.clone(), secret))
            .collect()
    }

    fn of(connection: &Connection, client: Client, secret: Credentials) -> Result<Webex> {
        let mut secrets = Secrets::default();
        let (token, authorization, service_app) = match secret {
            Credentials::Token(token) => {
                secrets.add(token.secret());
                let authorization = authorization(&token)?;
                (Some(token), Some(authorization), None)
            }
            Credentials::ServiceApp(app) => (None, None, Some(RefCell::new(app))),
        };
        Ok(Webex {
            client,
            base_url: connection.base_url.clone(),
            proxy: connection.proxy.clone(),
            authorization: RefCell::new(authorization),
            service_app,
            token: RefCell::new(token),
            was_refused: Cell::new(false),
            secrets: RefCell::new(secrets),
            renew_at: Cell::new(Instant::now()),
            warn: connection.warn,
            has_warned: Cell::new(false),
            timeout: connection.timeout,
        })
    }

    fn client(connection: &Connection) -> Result<Client> {
        // An error here means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("wxbulk/", env!("CARGO_PKG_VERSION")))
            .https_only(!connection.base_url.is_loopback())
            // The token would travel along.
            .redirect(redirect::Policy::none())
            .referer(false)
            // `retry` decides what is sent again.
            .retry(retry::never())
            .timeout(connection.timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(connection.timeout))
            .pool_max_idle_per_host(connection.connections);
        if connection.base_url.is_loopback() {
            // A company proxy knows nothing of a server on this machine.
            builder = builder.no_proxy();
        }
        if connection.base_url.is_plain() {
            // Certificates are not needed then, and a bare container has none.
            builder = builder.tls_certs_only([]);
        }
        builder.build().map_err(|error| {
            Hinted::new(
                format!(
                    "cannot set up encrypted connections on this machine: {}",
                    root_cause(&error)
                ),
                "the certificates to check the service's with are missing; on Linux install the package `ca-certificates`",
            )
        })
    }

    async fn fetch(
        &self,
        url: &str,
        tracking: u128,
    ) -> Result<(Response, Option<Fetched>), ApiResult> {
        let request = self.authorized(self.client.get(url));
        let request = request.header(TRACKING_ID, tracking_id(tracking));
        let mut response = self.send(request).await?;
        if response.status() != StatusCode::OK {
            return Ok((self.read_success(response, None).await, None));
        }
        let links = response.headers().get_all(LINK).iter();
        let next = links
            .map(|link| String::from_utf8_lossy(link.as_bytes()))
            .find_map(|link| lists::next_link(&link).map(|link| next_page(url, link)))
            .map(|next| self.secrets.borrow().hide_in(&next).into_owned());
        let answer = self.success(&response);
        let mut body = Vec::new();
        // Unlike the text of an error, half a list is none.
        let mut read = async || response.chunk().await.map_err(|error| self.error(&error));
        while let Some(chunk) = read().await? {
            body.extend_from_slice(&chunk);
            if body.len() > LONGEST_PAGE {
                break;
            }
        }
        let body = self.without_secrets(body);
        Ok((answer, Some(Fetched { body, next })))
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

    /// Where there is none after all, the next answer shows whether the old one will do.
    fn take_newer_token(&self) -> Response {
        self.was_refused.set(false);
        let newer = self.token.borrow().as_ref().and_then(Token::renewed);
        let newer = newer.and_then(|token| Some((authorization(&token).ok()?, token)));
        if let Some((authorization, token)) = newer {
            self.secrets.borrow_mut().add(token.secret());
            *self.authorization.borrow_mut() = Some(authorization);
            *self.token.borrow_mut() = Some(token);
        }
        Response::bare(StatusCode::OK.as_u16())
    }

    fn authorized(&self, request: RequestBuilder) -> RequestBuilder {
        match &*self.authorization.borrow() {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }

    fn without_secrets(&self, body: Vec<u8>) -> Vec<u8> {
        let hidden = match self
            .secrets
            .borrow()
            .hide_in(&String::from_utf8_lossy(&body))
        {
            Cow::Owned(hidden) => Some(hidden.into_bytes()),
            Cow::Borrowed(_) => None,
        };
        hidden.unwrap_or(body)
    }

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

    fn error(&self, error: &reqwest::Error) -> ApiResult {
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

/// An address with a query, for an organization or the token's own.
fn of_organization(mut url: String, org_id: Option<&str>) -> String {
    if let Some(org_id) = org_id {
        let _ = write!(url, "&orgId={}", utf8_percent_encode(org_id, ESCAPED));
    }
    url
}

impl Queries for Webex {
    fn place(&self) -> String {
        match &self.proxy {
            Some(proxy) => format!("{} through the proxy {proxy}", self.base_url),
            None => self.base_url.to_string(),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url)
    }

    fn list_url(&self, list: &Listing, org_id: Option<&str>, most: u32) -> String {
        let path = list.path;
        let and = if path.contains('?') { '&' } else { '?' };
        let url = self.url(&format!("{path}{and}max={}", most.min(list.most)));
        of_organization(url, org_id)
    }

    fn location_details_url(&self, org_id: Option<&str>, most: u32) -> String {
        of_organization(self.url(&format!("/locations?max={most}")), org_id)
    }

    fn resource_url(&self, resource: &Resource, row: &Row<'_>) -> String {
        resource_url(&self.base_url, resource, row)
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
        let (reply, fetched) = self.get(&url, tracking).await;
        let (Ok(answer), Some(fetched)) = (&reply, fetched) else {
            return reply;
        };
        let answer = answer.clone();
        Ok(match (resource.read_body)(&fetched.body) {
            ReadBody::Values(Reading {
                values,
                restricted,
                usages,
            }) => Response {
                current: Some(values),
                restricted,
                usages,
                ..answer
            },
            ReadBody::Empty => Response {
                current: Some(CurrentValues::default()),
                body: Body::Bare,
                ..answer
            },
            ReadBody::Other => self.foreign(answer, "the answer does not say what is set"),
        })
    }

    async fn check_token(&self, tracking: u128) -> ApiResult {
        self.get(&self.url("/people/me"), tracking).await.0
    }

    fn renewal(&self) -> Renewal {
        match self.service_app {
            Some(_) => Renewal::DueAt(self.renew_at.get()),
            None if self.newer_token().is_some() => Renewal::DueAt(Instant::now()),
            None => Renewal::Impossible,
        }
    }

    async fn renew(&self) -> ApiResult {
        let Some(app) = &self.service_app else {
            return Ok(self.take_newer_token());
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

/// Where a link of a page leads. One that says nothing of the organization means that of the page: it
/// would list another's locations.
fn next_page(page: &str, link: &str) -> String {
    let organization = lists::organizations_in(page).next();
    let Some(mut next) = Url::parse(page).ok().and_then(|page| page.join(link).ok()) else {
        return link.to_string();
    };
    next.set_fragment(None);
    let is_named = lists::organizations_in(next.as_str()).next().is_some();
    if let (Some(organization), false) = (organization, is_named) {
        next.query_pairs_mut().append_pair("orgId", &organization);
    }
    next.into()
}

/// The innermost cause, which is the one that says something, in the words that people search for.
fn root_cause(error: &reqwest::Error) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_page_is_of_the_same_organization_wherever_its_link_is_written_from() {
        const PAGE: &str = "https://webexapis.com/v1/locations?max=2&orgId=X%2F1";
        for (link, next) in [
            (
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
            ),
            (
                "https://webexapis.com/v1/locations?start=2",
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
            ),
            (
                "?start=2",
                "https://webexapis.com/v1/locations?start=2&orgId=X%2F1",
            ),
            ("/v1/next#top", "https://webexapis.com/v1/next?orgId=X%2F1"),
            ("?orgId=Y", "https://webexapis.com/v1/locations?orgId=Y"),
            ("//evil.example/v1", "https://evil.example/v1?orgId=X%2F1"),
        ] {
            assert_eq!(next_page(PAGE, link), next, "{link}");
        }
        assert_eq!(next_page("https://a/b", "?start=2"), "https://a/b?start=2");
    }
}
