//! The session to the service: the connection, the pace, the wish to stop; and in a rehearsal what stands
//! in for the service.

use anyhow::{Context, Result};
use tokio::time::Instant;

use crate::application::rehearsal;
use crate::application::settings::{RunSettings, Target};
use crate::pace::Pacer;
use crate::platform::StopSignals;
use crate::sheet::selection::Selection;
use crate::simulator::Simulator;
use crate::stderr::say;
use crate::webex::http::{Connection, Webex};
use crate::webex::token::Credentials;

/// What a run holds from its first question to its last row.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) service: Webex,
    pub(super) pacer: Pacer,
    pub(super) stop: StopSignals,
    /// What stands in for the service in a rehearsal.
    _simulator: Option<Simulator>,
}

impl Session {
    pub(super) fn open(settings: &RunSettings, selection: &Selection<'_>) -> Result<Session> {
        let (base_url, credentials, simulator) = match &settings.target {
            Target::Service {
                base_url,
                credentials,
            } => (base_url.clone(), credentials.clone(), None),
            Target::Rehearsal { speed } => {
                let (base_url, token, simulator) = rehearsal::start(selection, *speed)?;
                (base_url, Credentials::Token(token), Some(simulator))
            }
        };
        Ok(Session {
            service: Webex::connect(Connection {
                base_url,
                credentials,
                timeout: settings.timeout,
                connections: settings.pace.concurrency.get(),
                warn: say,
            })?,
            pacer: Pacer::new(&settings.pace, Instant::now()),
            stop: StopSignals::listen().context("cannot listen for Ctrl-C")?,
            _simulator: simulator,
        })
    }
}
