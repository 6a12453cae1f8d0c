//! A local server that behaves like the service.
//!
//! It implements the service's documented contract and shares no type with the client; otherwise a field misspelt in
//! both would go unnoticed. All of its state is in memory.
//!
//! ```text
//! connection ─▶ route ─▶ request_handler: auth → rate_limiter → faults → endpoints → store ─▶ connection
//!     │                                                                                      │
//!     └──────────────────────────────────── request_log ◀────────────────────────────────────┘
//! ```
//!
//! In addition to the API it has `GET /simulator/requests` (the requests received), `/simulator/state` (the current
//! values) and `/simulator/summary` (counts).
//!
//! Faults and latencies depend on the seed, the location, the method and the number of earlier requests of that kind,
//! never on which of two requests arrives first. Only rate limits depend on the clock.

mod auth;
mod calling_permissions;
mod connection;
mod corrupt_body;
mod digit_patterns;
mod endpoints;
mod fault_config;
mod fault_injection;
mod fault_kinds;
mod faulty_stream;
mod http_response;
mod in_flight_request;
mod initial_data;
mod latency;
mod list_items;
mod outgoing_permissions;
mod pagination;
mod query;
mod rate_limit_config;
mod rate_limiter;
mod request;
mod request_handler;
mod request_log;
mod resource_id;
mod response_body;
mod retry_after_header;
mod route;
mod seeded_rng;
mod shared_limits;
mod shared_state;
mod simulator_config;
mod store;
mod store_setup;
mod token_policy;
mod transfer_numbers;
mod typed_units;
mod users;
mod virtual_clock;

#[cfg(test)]
mod permission_tests;
#[cfg(test)]
mod test_client;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod user_tests;

use std::cell::RefCell;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

pub use calling_permissions::{CallTypePermission, RestrictedUpdate};
pub use digit_patterns::DigitPattern;
pub use fault_config::{Faults, When};
pub use fault_kinds::Fault;
pub use initial_data::{Entity, EntityKind, Location, Locations};
pub use latency::Latency;
pub use pagination::Paging;
pub use rate_limit_config::{Early, Limit, Refused, Rule};
pub use retry_after_header::RetryAfterPolicy;
pub use simulator_config::Behavior;
pub use token_policy::{Access, Bearer, Lifetime, Refresh, Rotation, Scopes, Secret};
pub use transfer_numbers::{EmptyUpdate, UnsetNumbers};
pub use typed_units::{ClockSpeed, ParseError, Probability, RequestRate, parse_duration};
pub use users::User;
pub use virtual_clock::ClockSkew;

use connection::serve;
use request_handler::RequestHandler;
use request_log::RequestLog;
use shared_state::Shared;
use virtual_clock::VirtualClock;

/// A running simulator on its own thread. Dropping it stops the thread and waits for its end.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    /// Resolves when the thread ends.
    ended: oneshot::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Returns when the simulator accepts requests. Port 0 takes any free port.
    pub fn start(behavior: Behavior, listen: SocketAddr) -> io::Result<Simulator> {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let (ending, ended) = oneshot::channel();
        let (report, started) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("simulator".to_owned())
            .spawn(move || {
                let _ending: oneshot::Sender<()> = ending;
                if let Err(error) = run(behavior, listener, &report, stopped) {
                    let _ = report.send(Err(error));
                }
            })?;
        let simulator = Simulator {
            address,
            stop: Some(stop),
            ended,
            thread: Some(thread),
        };
        let gone = |_| Err(io::Error::other("the simulator ended before it started"));
        started.recv().unwrap_or_else(gone)?;
        Ok(simulator)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://` and the address. The API's paths follow it, with or without `/v1`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns only if the simulator ends by itself, which it should not. Race it against the signal to stop.
    pub async fn ended(&mut self) {
        let _ = (&mut self.ended).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Serves until `stopped` resolves.
fn run(
    behavior: Behavior,
    listener: TcpListener,
    report: &mpsc::SyncSender<io::Result<()>>,
    stopped: oneshot::Receiver<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let log = RequestLog::new(behavior.log_keeps);
    let clock = VirtualClock::start(behavior.speed, behavior.clock_skew);
    let seed = behavior.seed;
    let service = RequestHandler::new(behavior)
        .map_err(|complaint| io::Error::new(io::ErrorKind::InvalidInput, complaint))?;
    let serving = async move {
        let shared = Shared {
            service: RefCell::new(service),
            log: RefCell::new(log),
            clock,
            address: listener.local_addr()?,
            seed,
        };
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let _ = report.send(Ok(()));
        tokio::select! {
            () = serve(listener, Rc::new(shared)) => {}
            _ = stopped => {}
        }
        Ok(())
    };
    tokio::task::LocalSet::new().block_on(&runtime, serving)
}
