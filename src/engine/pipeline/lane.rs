//! A lane is one user of the service: who waits when the service says so. Each has a pace of its own, and
//! the credentials by which its requests are sent; two of one user share the pace.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::Throttling;
use super::job::Job;
use super::queues::{Queues, Reach};
use crate::engine::circuit_breaker::CircuitBreaker;
use crate::engine::failure_watch::FailureWatch;
use crate::engine::token_renewal::TokenRenewal;
use crate::model::counts::Counts;
use crate::pace::{InFlight, Pacer};

/// A row that failed by one user waits so long for another one.
const SHORT_WAIT: Duration = Duration::from_secs(5);

/// One user, and what opens the service for them.
#[derive(Debug)]
pub struct Lane<'a, S> {
    pub pacer: &'a mut Pacer,
    pub credentials: Vec<(&'a S, Reach)>,
}

impl<'a, S> Lane<'a, S> {
    /// The only one of a run.
    pub fn only(service: &'a S, pacer: &'a mut Pacer) -> Lane<'a, S> {
        Lane {
            pacer,
            credentials: vec![(service, Reach::Everything)],
        }
    }
}

/// A lane at work.
#[derive(Debug)]
pub(super) struct LaneState<'a> {
    pub(super) pacer: &'a mut Pacer,
    /// By their numbers; none when all have ended.
    pub(super) senders: Vec<usize>,
    pub(super) on_wire: usize,
    /// When its rows were kept from leaving last by something else than the pace: the gate was closed, the
    /// service was silent, or no access token was to be had.
    pub(super) held_at: Option<Instant>,
    /// Rows that have their outcome.
    pub(super) rows: u64,
    pub(super) throttling: Throttling,
    pub(super) circuit_breaker: CircuitBreaker,
    /// A row that was refused twice, the second time alone, and the refusal that the pace has taken for that of a
    /// limit: where another row passes next, it was not.
    pub(super) doubted: Option<(u64, InFlight)>,
}

impl LaneState<'_> {
    /// Whether rows may soon leave by these credentials of it.
    pub(super) fn is_free<S>(&self, sender: &Sender<'_, S>, now: Instant) -> bool {
        let opens = self.pacer.status(now).closed_until;
        let is_in_question = sender.suspect.is_some() || sender.renewal.is_in_question();
        !is_in_question && opens.is_none_or(|opens| opens <= now + SHORT_WAIT)
    }
}

/// Credentials at work.
#[derive(Debug)]
pub(super) struct Sender<'a, S> {
    pub(super) lane: usize,
    pub(super) service: &'a S,
    pub(super) renewal: TokenRenewal,
    /// A refused row that waits for the check of the token.
    pub(super) suspect: Option<Job>,
    /// Whether nothing comes of them from the start.
    pub(super) watch: FailureWatch,
    /// How often in a row they were not let send what others may, by the queues.
    pub(super) forbidden: HashMap<usize, u32>,
    /// The queues that they may send from.
    pub(super) queues: Vec<usize>,
}

impl<'a, S> Sender<'a, S> {
    pub(super) fn new(lane: usize, service: &'a S) -> Sender<'a, S> {
        Sender {
            lane,
            service,
            renewal: TokenRenewal::default(),
            suspect: None,
            watch: FailureWatch::new(None, &Counts::default()),
            forbidden: HashMap::new(),
            queues: Vec::new(),
        }
    }
}

/// Takes lanes apart for the loop.
pub(super) fn at_work<S>(
    lanes: Vec<Lane<'_, S>>,
) -> (Vec<LaneState<'_>>, Vec<Sender<'_, S>>, Queues) {
    let (mut states, mut senders, mut reaches) = (Vec::new(), Vec::new(), Vec::new());
    for (number, lane) in lanes.into_iter().enumerate() {
        let first = senders.len();
        for (service, reach) in lane.credentials {
            senders.push(Sender::new(number, service));
            reaches.push(reach);
        }
        states.push(LaneState {
            pacer: lane.pacer,
            senders: (first..senders.len()).collect(),
            on_wire: 0,
            held_at: None,
            rows: 0,
            throttling: Throttling::default(),
            circuit_breaker: CircuitBreaker::default(),
            doubted: None,
        });
    }
    let queues = Queues::new(&reaches.iter().collect::<Vec<_>>());
    for queue in 0..queues.count() {
        for sender in &queues.at(queue).senders {
            senders[*sender].queues.push(queue);
        }
    }
    (states, senders, queues)
}
