//! What a run holds of the outside: the service, the pace, the wish to stop; and in a rehearsal what
//! stands in for the service.

use anyhow::{Context, Result, bail};
use tokio::time::Instant;

use crate::application::rehearsal;
use crate::application::run_settings::{RunSettings, Target};
use crate::pace::Pacer;
use crate::platform::{StopRequests, StopSignals};
use crate::sheet::selection::Selection;
use crate::simulator::Simulator;
use crate::stderr::say;
use crate::webex::Queries;
use crate::webex::http::{Connection, Webex};
use crate::webex::token::Credentials;

/// Connects a run to the outside. [`Network`] does so in earnest.
pub trait Connect {
    type Service: Queries;
    type Stop: StopRequests;

    /// Called once, when the sheet was checked.
    fn connect(
        &self,
        settings: &RunSettings,
        selection: &Selection<'_>,
    ) -> Result<Session<Self::Service, Self::Stop>>;
}

/// What a run holds from its first question to its last row.
#[derive(Debug)]
pub struct Session<S, T> {
    pub service: S,
    pub pacer: Pacer,
    pub stop: T,
    /// What stands in for the service in a rehearsal.
    pub simulator: Option<Simulator>,
}

/// The service itself, for questions outside of a run, which are asked one at a time.
pub fn connect_to_ask(settings: &RunSettings) -> Result<Session<Webex, StopSignals>> {
    let Target::Service {
        base_url,
        proxy,
        credentials,
    } = &settings.target
    else {
        let command = settings.spec.command;
        bail!("there is nothing to rehearse: `wxbulk {command}` asks the service what is there");
    };
    Ok(Session {
        service: Webex::connect(Connection {
            base_url: base_url.clone(),
            proxy: proxy.clone(),
            credentials: credentials.clone(),
            timeout: settings.timeout,
            connections: 1,
            warn: say,
        })?,
        pacer: Pacer::new(&settings.pace, Instant::now()),
        stop: StopSignals::listen().context("cannot listen for Ctrl-C")?,
        simulator: None,
    })
}

/// The service over the network, or the simulator in a rehearsal; stopped by signals.
#[derive(Debug)]
pub struct Network;

impl Connect for Network {
    type Service = Webex;
    type Stop = StopSignals;

    fn connect(
        &self,
        settings: &RunSettings,
        selection: &Selection<'_>,
    ) -> Result<Session<Webex, StopSignals>> {
        let (base_url, proxy, credentials, simulator) = match &settings.target {
            Target::Service {
                base_url,
                proxy,
                credentials,
            } => (base_url.clone(), proxy.clone(), credentials.clone(), None),
            Target::Rehearsal { speed } => {
                let (base_url, token, simulator) = rehearsal::start(selection, *speed)?;
                (base_url, None, Credentials::Token(token), Some(simulator))
            }
        };
        Ok(Session {
            service: Webex::connect(Connection {
                base_url,
                proxy,
                credentials,
                timeout: settings.timeout,
                connections: settings.pace.concurrency.get(),
                warn: say,
            })?,
            pacer: Pacer::new(&settings.pace, Instant::now()),
            stop: StopSignals::listen().context("cannot listen for Ctrl-C")?,
            simulator,
        })
    }
}
