//! The one loop: rows in, paced and retried requests out, one outcome a row.
//!
//! It is one task that owns all its state, so there is nothing to lock. Each turn it
//! *decides* what may leave now, then *waits* for whatever comes first (an answer, the next
//! moment something may leave, a stop), and leaves the *I/O* to the service and the recorder.
//!
//! ```text
//!  rows ─▶ ready ─▶ on the wire ─▶ finished ─▶ recorder
//!            ▲  ▲        │
//!            │  └─ front ┤ throttled: everyone waits for the gate, this row goes first
//!            └─ backing off: an error that may pass; holds no place on the wire
//! ```
//!
//! A design with a future per row and permits in between was the other candidate. Here a
//! throttled row goes to the front by being put there, a backing-off row holds no permit
//! because there is none to hold, and a stop is a flag.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use anyhow::Result;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, Stream, StreamExt};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::duplicates::Duplicates;
use crate::outcome::Outcome;
use crate::pace::{Estimate, PaceStatus, Pacer, SendDecision};
use crate::present::Present;
use crate::reachability::Reachability;
use crate::reply::Reply;
use crate::retry::RetryPolicy;
use crate::row::{LocationKey, Row};
use crate::stop::{FailureLimit, StopReason, Watch};
use crate::webex::Service;

mod answers;
mod departures;
mod job;
mod renewal;
#[cfg(test)]
mod tests;
mod trail;

use job::{Job, OnWire, Step, outcome, unfinished_kind};
use renewal::Renewal;

/// How often the recorder is told how things stand; also the longest a record stays un-synced.
const TICK: Duration = Duration::from_millis(100);

/// What is done for each row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// Its changes are sent.
    Change,
    /// The present numbers are read, and nothing is changed.
    Look,
    /// The present numbers are read and recorded; then its changes are sent, if they would change
    /// anything and what the row expects is so.
    LookAndChange,
}

/// How a run goes about it.
#[derive(Debug, Clone)]
pub struct Course {
    pub task: Task,
    pub retry: RetryPolicy,
    /// A longer Retry-After than this stops the run.
    pub longest_wait: Duration,
    pub failure_limit: Option<FailureLimit>,
    /// Seeds the spread of retries and the tracking ids.
    pub seed: u64,
}

/// Takes down what happens. An error stops the run.
pub trait Recorder {
    /// The numbers that an earlier run recorded for a row before it sent anything for it.
    fn previous_of(&self, row: &Row<'_>) -> Option<Present>;
    /// Records the numbers before anything is sent for a row; they are safe when this returns.
    fn found(&mut self, row: &Row<'_>, present: &Present) -> Result<()>;
    /// A request ended, so long after it left.
    fn ended(&mut self, reply: &Reply, took: Duration);
    /// Rows have their outcomes, all of which are on record when this returns; after an error none is.
    fn finished(&mut self, finished: &[Finished]) -> Result<()>;
    /// Called some ten times a second.
    fn tick(&mut self, status: &Status) -> Result<()>;
    /// A row's outcome arrived when recording failed or had failed: the last chance to tell anyone.
    fn cannot_record(&mut self, finished: &Finished);
}

/// A row that has its outcome.
#[derive(Debug)]
pub struct Finished {
    pub row: Row<'static>,
    pub outcome: Outcome,
}

/// How things stand.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    pub on_wire: usize,
    pub backing_off: usize,
    pub pace: PaceStatus,
    /// How long the gate stays closed.
    pub closed_for: Option<Duration>,
    pub silent_for: Option<Duration>,
    pub is_stopping: bool,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    /// `None`: every row has its outcome.
    pub reason: Option<StopReason>,
    /// Rows that had been sent and have no record: `unknown` where a try may have taken effect,
    /// else `not-attempted`; with their true outcome where only the recording failed. A resumed
    /// run sends them again.
    pub unfinished: Vec<(u64, Outcome)>,
    pub requests: u64,
    pub throttled: u64,
    /// Where the next run should begin, if a limit was found.
    pub estimate: Option<Estimate>,
}

impl Ended {
    /// It turned out beforehand that there was no point in it.
    pub fn before_the_first_row(reason: StopReason) -> Ended {
        Ended {
            reason: Some(reason),
            unfinished: Vec::new(),
            requests: 0,
            throttled: 0,
            estimate: None,
        }
    }
}

struct Pipeline<'a, S, R> {
    service: &'a S,
    recorder: &'a mut R,
    pacer: Pacer,
    course: Course,
    duplicates: &'a Duplicates,
    reachability: Reachability,
    watch: Watch,
    renewal: Renewal,
    chance: fastrand::Rng,
    ready: VecDeque<Job>,
    /// The sheet has no further row.
    is_all_admitted: bool,
    /// By the moment they are due; the number keeps two of one moment apart.
    backing_off: BTreeMap<(Instant, u64), Job>,
    /// Locations with a row under way, where the sheet has several: the rows that wait for it.
    lanes: HashMap<LocationKey, VecDeque<Job>>,
    in_lanes: usize,
    /// Rows on the wire, for a run that is left at once.
    on_wire: HashMap<u64, OnWire>,
    /// What arrived together is recorded together, before anything more leaves.
    finished: Vec<Finished>,
    /// What could not be recorded, so that the results can still tell it.
    unrecorded: Vec<(u64, Outcome)>,
    stopping: Option<StopReason>,
    requests: u64,
    throttled: u64,
}

/// Sends all `rows` and records one outcome for each, until they are done, `stop` says so (once:
/// send no more and let the answers come; twice: leave at once), or going on is pointless.
pub async fn run<S: Service, R: Recorder>(
    service: &S,
    pacer: Pacer,
    course: Course,
    duplicates: &Duplicates,
    rows: impl Iterator<Item = Result<Row<'static>>>,
    mut stop: impl Stream<Item = ()> + Unpin,
    recorder: &mut R,
) -> Ended {
    let mut pipeline = Pipeline {
        service,
        recorder,
        pacer,
        watch: Watch::new(course.failure_limit),
        renewal: Renewal::default(),
        chance: fastrand::Rng::with_seed(course.seed),
        course,
        duplicates,
        reachability: Reachability::default(),
        ready: VecDeque::new(),
        is_all_admitted: false,
        backing_off: BTreeMap::new(),
        lanes: HashMap::new(),
        in_lanes: 0,
        on_wire: HashMap::new(),
        finished: Vec::new(),
        unrecorded: Vec::new(),
        stopping: None,
        requests: 0,
        throttled: 0,
    };
    let mut rows = rows.fuse();
    let mut replies = FuturesUnordered::new();
    // One at most: a new access token on its way.
    let mut renewals = FuturesUnordered::new();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);

    loop {
        pipeline.record();
        let now = Instant::now();
        let mut wake = None;
        while pipeline.stopping.is_none() && pipeline.has_ready(&mut rows, now) {
            match pipeline.next_departure(now, replies.len() + renewals.len()) {
                SendDecision::Now if pipeline.renewal.is_due(now, service.renewal()) => {
                    renewals.push(pipeline.renew(now));
                }
                SendDecision::Now => replies.extend(pipeline.depart(now)),
                SendDecision::At(instant) => {
                    wake = Some(instant);
                    break;
                }
                SendDecision::WhenOneReturns => break,
            }
        }
        let due = pipeline.backing_off.first_key_value();
        let due = due.map(|((due, _), _)| *due);
        let wake = wake.into_iter().chain(due).min();
        let is_idle = replies.is_empty() && renewals.is_empty();
        if is_idle && (pipeline.stopping.is_some() || wake.is_none()) {
            break;
        }

        tokio::select! {
            Some((job, ticket, reply)) = replies.next() => {
                pipeline.take_reply(job, ticket, reply);
                while let Some(Some((job, ticket, reply))) = replies.next().now_or_never() {
                    pipeline.take_reply(job, ticket, reply);
                }
            }
            Some((ticket, reply)) = renewals.next() => pipeline.take_renewal(ticket, &reply),
            () = sleep_until(wake.unwrap_or(now)), if wake.is_some() && pipeline.stopping.is_none() => {}
            _ = ticks.tick() => pipeline.tick(replies.len()),
            Some(()) = stop.next() => {
                if pipeline.stopping.is_some() {
                    break;
                }
                pipeline.stopping = Some(StopReason::Interrupted);
            }
        }
    }
    drop(replies);
    drop(renewals);
    pipeline.end()
}

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    fn tick(&mut self, on_wire: usize) {
        let now = Instant::now();
        let pace = self.pacer.status(now);
        let status = Status {
            on_wire,
            backing_off: self.backing_off.len(),
            pace,
            closed_for: pace.closed_until.map(|until| until.duration_since(now)),
            silent_for: self.reachability.silent_for(now),
            is_stopping: self.stopping.is_some(),
        };
        if let Err(error) = self.recorder.tick(&status) {
            self.stop(StopReason::CannotRecord(error));
        }
    }

    /// The first reason stands.
    fn stop(&mut self, reason: StopReason) {
        self.stopping.get_or_insert(reason);
    }

    fn end(self) -> Ended {
        let waiting = self.ready.into_iter().chain(self.backing_off.into_values());
        let mut unfinished: Vec<(u64, Outcome)> = waiting
            .filter_map(|job| {
                let reply = job.last?;
                let kind = unfinished_kind(job.is_doubtful);
                Some((job.row.number, outcome(kind, job.attempts, reply)))
            })
            .collect();
        unfinished.extend(self.unrecorded);
        unfinished.extend(self.on_wire.into_iter().map(|(row, on_wire)| {
            let message = "the run was left while the request was on the wire";
            let kind = unfinished_kind(on_wire.step == Step::Change);
            let outcome = Outcome {
                attempts: on_wire.attempts,
                ..Outcome::unsent(kind, message)
            };
            (row, outcome)
        }));
        Ended {
            reason: self.stopping,
            unfinished,
            requests: self.requests,
            throttled: self.throttled,
            estimate: self.pacer.estimate(),
        }
    }
}
