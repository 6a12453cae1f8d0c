//! The client that all requests share: how it connects, and what it may not do by itself.

use std::time::Duration;

use anyhow::Result;
use reqwest::{Client, redirect, retry};

use super::proxy::Proxy;
use super::transport_error::root_cause;
use crate::model::hint::Hinted;
use crate::webex::base_url::BaseUrl;

/// A connection that takes longer than this will not come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

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

impl Connection {
    pub(super) fn client(&self) -> Result<Client> {
        // An error here means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .user_agent(concat!("wxbulk/", env!("CARGO_PKG_VERSION")))
            .https_only(!self.base_url.is_loopback())
            // The token would travel along.
            .redirect(redirect::Policy::none())
            .referer(false)
            // `retry` decides what is sent again.
            .retry(retry::never())
            .timeout(self.timeout)
            .connect_timeout(CONNECT_TIMEOUT.min(self.timeout))
            .pool_max_idle_per_host(self.connections);
        if self.base_url.is_loopback() {
            // A company proxy knows nothing of a server on this machine.
            builder = builder.no_proxy();
        }
        if self.base_url.is_plain() {
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
}
