//! What a run holds of the outside: the service, the pace, the wish to stop; and in a rehearsal what
//! stands in for the service.

use std::cell::RefCell;

use anyhow::{Context, Result, bail};

use crate::application::rehearsal;
use crate::application::run_lanes::{self, RunLane};
use crate::application::run_settings::{RunSettings, Target};
use crate::platform::{StopRequests, StopSignals};
use crate::sheet::selection::Selection;
use crate::simulator::Simulator;
use crate::stderr::say;
use crate::webex::base_url::BaseUrl;
use crate::webex::http::proxy::Proxy;
use crate::webex::http::{Connection, Webex};
use crate::webex::lists::{Organization, Person};
use crate::webex::token::Credentials;
use crate::webex::{Queries, Renewal, Service};

/// Connections that several users keep open between their requests.
const MOST_IDLE: usize = 100;

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
    /// The users by whom it asks and sends; at least one.
    pub lanes: Vec<RunLane<S>>,
    /// There were several credentials, each for organizations of its own.
    pub has_several: bool,
    pub stop: T,
    /// What was asked already, where there is only one credential.
    pub owner: Option<AskedOwner>,
    /// What stands in for the service in a rehearsal.
    pub simulator: Option<Simulator>,
}

/// Who the only credential is of, and what it manages.
#[derive(Debug)]
pub struct AskedOwner {
    /// Empty where the service does not say it.
    pub organizations: Vec<Organization>,
    /// `None`: it was not asked, or is not said.
    pub person: Option<Person>,
}

impl<S, T> Session<S, T> {
    /// `services` are those of the credentials, in their order.
    pub fn new(
        settings: &RunSettings,
        services: Vec<S>,
        stop: T,
        simulator: Option<Simulator>,
    ) -> Session<S, T> {
        Session {
            has_several: services.len() > 1,
            lanes: run_lanes::of_services(settings, services),
            owner: None,
            stop,
            simulator,
        }
    }

    /// The same with each service made into another.
    #[must_use]
    pub fn map<R>(self, make: impl Fn(S) -> R) -> Session<R, T> {
        let lanes = self.lanes.into_iter();
        Session {
            has_several: self.has_several,
            lanes: lanes.map(|lane| lane.map(&make)).collect(),
            owner: self.owner,
            stop: self.stop,
            simulator: self.simulator,
        }
    }
}

impl<S, T> Session<S, T> {
    /// What each credential manages is known.
    pub(super) fn is_asked(&self) -> bool {
        let mut credentials = self.lanes.iter().flat_map(|lane| &lane.credentials);
        let are_asked = self.has_several && credentials.all(|one| one.manages.is_some());
        are_asked || self.owner.is_some()
    }
}

impl<S: Service, T> Session<S, T> {
    /// Until when all access tokens are good.
    pub(super) fn renewal(&self) -> Renewal {
        let credentials = self.lanes.iter().flat_map(|lane| &lane.credentials);
        let renewals = credentials.map(|one| one.service.renewal());
        renewals
            .min_by_key(|renewal| match renewal {
                Renewal::Impossible => None,
                Renewal::DueAt(at) => Some(*at),
            })
            .unwrap_or(Renewal::Impossible)
    }
}

/// A session by which questions were asked already, for the run that follows them.
#[derive(Debug)]
pub struct AskedSession<S, T>(RefCell<Option<Session<S, T>>>);

impl<S, T> AskedSession<S, T> {
    pub fn new(session: Session<S, T>) -> AskedSession<S, T> {
        AskedSession(RefCell::new(Some(session)))
    }
}

impl<S: Queries, T: StopRequests> Connect for AskedSession<S, T> {
    type Service = S;
    type Stop = T;

    fn connect(&self, _: &RunSettings, _: &Selection<'_>) -> Result<Session<S, T>> {
        self.0.borrow_mut().take().context("the session has ended")
    }
}

/// The service itself, for questions outside of a run.
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
    let secrets = credentials.iter().map(|one| one.secret.clone());
    let services = connect(
        settings,
        base_url,
        proxy.as_ref(),
        secrets.collect(),
        settings.pace.concurrency.get(),
    )?;
    let stop = StopSignals::listen().context("cannot listen for Ctrl-C")?;
    Ok(Session::new(settings, services, stop, None))
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
        let (base_url, proxy, secrets, simulator) = match &settings.target {
            Target::Service {
                base_url,
                proxy,
                credentials,
            } => {
                let secrets = credentials.iter().map(|one| one.secret.clone());
                (base_url.clone(), proxy.as_ref(), secrets.collect(), None)
            }
            Target::Rehearsal { speed, users } => {
                let (base_url, tokens, simulator) = rehearsal::start(selection, *speed, *users)?;
                let secrets = tokens.into_iter().map(Credentials::Token);
                (base_url, None, secrets.collect(), Some(simulator))
            }
        };
        let connections = settings.pace.concurrency.get();
        let services = connect(settings, &base_url, proxy, secrets, connections)?;
        let stop = StopSignals::listen().context("cannot listen for Ctrl-C")?;
        Ok(Session::new(settings, services, stop, simulator))
    }
}

/// All of them share their connections; at least `connections` are kept open.
fn connect(
    settings: &RunSettings,
    base_url: &BaseUrl,
    proxy: Option<&Proxy>,
    secrets: Vec<Credentials>,
    connections: usize,
) -> Result<Vec<Webex>> {
    let connection = Connection {
        base_url: base_url.clone(),
        proxy: proxy.cloned(),
        timeout: settings.timeout,
        connections: connections.max(secrets.len().min(MOST_IDLE)),
        warn: say,
    };
    Webex::connect_all(&connection, secrets)
}
