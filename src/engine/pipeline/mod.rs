//! The one loop: rows in, paced and retried requests out, one outcome a row.
//!
//! It is one task that owns all its state, so there is nothing to lock. Each turn it
//! *decides* what may leave now, then *waits* for whatever comes first (an answer, the next
//! moment something may leave, a stop), and leaves the *I/O* to the service and the recorder.
//!
//! ```text
//!  rows ─▶ ready ─▶ on the wire ─▶ finished ─▶ recorder
//!            ▲  ▲        │
//!            │  └─ front ┤ throttled: its user waits for the gate, this row goes first
//!            └─ backing off: an error that may pass; holds no place on the wire
//! ```
//!
//! A run has a lane for each user of the service. Whichever may send sends the next row of those that it
//! manages; what waits for one of them holds up no other.
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

use crate::engine::abort::AbortReason;
use crate::engine::circuit_breaker::CircuitBreaker;
use crate::engine::failure_watch::FailureWatch;
use crate::model::outcome::Outcome;
use crate::model::row::{Row, TargetKey};
use crate::pace::{SendDecision, share_what_was_learned};
use crate::setting::Setting;
use crate::sheet::duplicates::Duplicates;
use crate::webex::Service;

mod batch;
mod batch_status;
mod confirmed_values;
mod conflict;
mod dispatch;
mod interrupt;
mod job;
mod lane;
pub mod made_values;
mod next_departure;
pub mod possible_values;
mod queues;
mod rate_limited;
mod read_back;
mod responses;
mod row_decision;
mod row_span;
mod sender_end;
#[cfg(test)]
mod tests;
mod throttling;
mod usage_check;

pub use batch::{
    Batch, LaneActivity, LaneStatus, Recorder, RowResult, RunPolicy, RunResult, Status, Task,
    UsageCheck,
};
use confirmed_values::KeptValues;
use interrupt::Interrupt;
use job::{Job, OnWire, outcome, unfinished_kind};
pub use lane::Lane;
use lane::{LaneState, Sender};
use made_values::MadeByRows;
use next_departure::Departure;
use possible_values::LastKnown;
use queues::Queues;
pub use queues::Reach;
use throttling::Throttling;

/// How often the recorder is told how things stand; also the longest a record stays un-synced.
const TICK: Duration = Duration::from_millis(100);

struct Pipeline<'a, S, R> {
    lanes: Vec<LaneState<'a>>,
    /// The credentials of all lanes.
    senders: Vec<Sender<'a, S>>,
    recorder: &'a mut R,
    policy: RunPolicy,
    setting: &'static Setting,
    duplicates: &'a Duplicates,
    /// That of all lanes together.
    circuit_breaker: CircuitBreaker,
    watch: FailureWatch,
    chance: fastrand::Rng,
    queues: Queues,
    /// The sheet has no further row.
    is_all_admitted: bool,
    /// Rows that were taken from the sheet, but for those that had nothing to do.
    begun: u64,
    /// By the moment they are due; the number keeps two of one moment apart.
    backing_off: BTreeMap<(Instant, u64), Job>,
    /// Locations with a row under way, where the sheet has several: the rows that wait for it.
    followers: HashMap<TargetKey, VecDeque<Job>>,
    following: usize,
    /// Locations with several rows: the first whose change may have been applied and may yet arrive.
    in_doubt: HashMap<TargetKey, u64>,
    /// Locations with several rows of which the last was left alone, since somebody else had changed the
    /// values, or may not have changed all: what may be there since.
    last_known: HashMap<TargetKey, LastKnown>,
    /// Locations with several rows, and what those that are done have made of their fields, or of a plan would
    /// make.
    made: HashMap<TargetKey, MadeByRows>,
    /// What was found of values that changes were to leave alone.
    kept_values: KeptValues,
    /// Requests on the wire, those about tokens among them.
    under_way: usize,
    /// Rows on the wire, for a run that is left at once.
    on_wire: HashMap<u64, OnWire>,
    /// What arrived together is recorded together, before anything more leaves.
    finished: Vec<RowResult>,
    /// What could not be recorded, so that the results can still tell it.
    unrecorded: Vec<(u64, Outcome)>,
    stopping: Option<AbortReason>,
    /// Why the first credentials ended that left organizations with none.
    abandoned: Option<AbortReason>,
    /// Whether there are rows of such organizations.
    has_stranded: bool,
    /// Those of them that had been sent.
    stranded: Vec<Job>,
    requests: u64,
    throttled: u64,
    usage_unknown: u64,
}

/// Sends all rows of the batch by these lanes and records one outcome for each, until they are done, `stop`
/// says so (once: send no more and let the answers come; twice: leave at once), or going on is pointless.
pub async fn run<S: Service, R: Recorder>(
    lanes: Vec<Lane<'_, S>>,
    policy: RunPolicy,
    batch: Batch<'_, impl Iterator<Item = Result<Row<'static>>>>,
    mut stop: impl Stream<Item = ()> + Unpin,
    recorder: &mut R,
) -> RunResult {
    let (lanes, senders, queues) = lane::at_work(lanes);
    let mut pipeline = Pipeline {
        lanes,
        senders,
        queues,
        recorder,
        watch: FailureWatch::new(policy.failure_limit, &batch.counts_before),
        chance: fastrand::Rng::with_seed(policy.seed),
        policy,
        setting: batch.setting,
        duplicates: batch.duplicates,
        circuit_breaker: CircuitBreaker::default(),
        is_all_admitted: false,
        begun: 0,
        backing_off: BTreeMap::new(),
        followers: HashMap::new(),
        following: 0,
        in_doubt: batch.in_doubt,
        last_known: batch.last_known,
        made: batch.made,
        kept_values: KeptValues::default(),
        under_way: 0,
        on_wire: HashMap::new(),
        finished: Vec::new(),
        unrecorded: Vec::new(),
        stopping: None,
        abandoned: batch.unmanaged,
        has_stranded: false,
        stranded: Vec::new(),
        requests: 0,
        throttled: 0,
        usage_unknown: 0,
    };
    if let Some(reason) = pipeline.watch.passed() {
        pipeline.stop(reason);
    }
    let mut rows = batch.rows.fuse();
    let mut replies = FuturesUnordered::new();
    // One at most of each credentials: a new access token on its way, or the check of the one there is.
    let mut token_tasks = FuturesUnordered::new();
    let began = Instant::now();
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);

    loop {
        pipeline.record();
        let now = Instant::now();
        let mut wake: Option<Instant> = None;
        for lane in 0..pipeline.lanes.len() {
            while pipeline.stopping.is_none() && pipeline.has_ready(lane, &mut rows, now) {
                match pipeline.next_departure(lane, now) {
                    SendDecision::Now => match pipeline.next_of(lane, now) {
                        Some(Departure::Token { sender, task }) => {
                            token_tasks.push(pipeline.ask_about_token(sender, task, now));
                        }
                        Some(Departure::Row { sender, queue }) => {
                            replies.extend(pipeline.depart(sender, queue, now));
                        }
                        None => break,
                    },
                    SendDecision::At(instant) => {
                        pipeline.ensure_the_wait_is_bearable(lane, now);
                        wake = Some(wake.map_or(instant, |wake| wake.min(instant)));
                        break;
                    }
                    SendDecision::WhenOneReturns => break,
                }
            }
        }
        let wake = pipeline.wakes_at(wake);
        let is_idle = replies.is_empty() && token_tasks.is_empty();
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
            Some((sender, ticket, result)) = token_tasks.next() => {
                pipeline.take_token_answer(sender, ticket, &result);
            }
            () = sleep_until(wake.unwrap_or(now)), if wake.is_some() && pipeline.stopping.is_none() => {}
            _ = ticks.tick() => {
                let mut pacers: Vec<_> = pipeline.lanes.iter_mut().map(|lane| &mut *lane.pacer).collect();
                share_what_was_learned(&mut pacers, began, now);
                pipeline.tick(replies.len());
            }
            Some(()) = stop.next() => match pipeline.interrupt() {
                Interrupt::AwaitResponses => {}
                Interrupt::LeaveAtOnce => break,
            },
        }
    }
    drop(replies);
    drop(token_tasks);
    pipeline.end_after_first_rows(&mut rows);
    pipeline.end()
}

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    fn tick(&mut self, on_wire: usize) {
        let status = self.status(on_wire, Instant::now());
        if let Err(error) = self.recorder.tick(&status) {
            self.stop(AbortReason::CannotRecord(error));
        }
    }

    /// When a request may leave, or a row is due that backs off.
    fn wakes_at(&self, may_leave: Option<Instant>) -> Option<Instant> {
        let due = self.backing_off.keys().next().map(|(due, _)| *due);
        may_leave.into_iter().chain(due).min()
    }

    /// What the service said of when to ask next is on record before anything else is done.
    fn note_wait(&mut self, lane: usize, now: Instant) {
        if let Some(opens) = self.lanes[lane].pacer.status(now).closed_until
            && let Err(error) = self.recorder.told_to_wait(lane, opens.duration_since(now))
        {
            self.stop(AbortReason::CannotRecord(error));
        }
    }

    /// The first reason stands.
    fn stop(&mut self, reason: AbortReason) {
        self.stopping.get_or_insert(reason);
    }

    /// Where the first rows are done and others follow, the run ends here.
    fn end_after_first_rows(&mut self, rows: &mut impl Iterator<Item = Result<Row<'static>>>) {
        if self.policy.first.is_none() || self.stopping.is_some() || self.is_all_admitted {
            return;
        }
        // First rows that nobody is left to send are not done.
        if self.has_stranded && self.abandoned.is_some() {
            return;
        }
        match rows.next() {
            Some(Ok(_)) => self.stop(AbortReason::FirstRowsDone),
            Some(Err(error)) => self.stop(AbortReason::SheetUnreadable(error)),
            None => {}
        }
    }

    fn end(self) -> RunResult {
        let (ready, at_the_end) = self.queues.into_jobs();
        let suspects = self.senders.into_iter().filter_map(|one| one.suspect);
        let waiting = ready.into_iter().chain(suspects);
        let waiting = waiting.chain(self.backing_off.into_values());
        let waiting = waiting.chain(at_the_end).chain(self.stranded);
        let mut unfinished: Vec<(u64, Outcome)> = waiting
            .filter_map(|mut job| {
                let reply = job.last.take()?;
                let reply = job.telling_whether_it_was_read_back(reply);
                let kind = unfinished_kind(job.has_left_in_doubt(), !job.done.is_empty());
                let reply = job.telling(self.setting, kind, reply, &[]);
                Some((job.row.number, outcome(kind, job.attempts, reply)))
            })
            .collect();
        unfinished.extend(self.unrecorded);
        unfinished.extend(self.on_wire.into_iter().map(|(row, on_wire)| {
            let message = "the run was left while the request was on the wire";
            let kind = on_wire.unfinished_kind();
            let outcome = Outcome {
                attempts: on_wire.attempts,
                ..Outcome::unsent(kind, message)
            };
            (row, outcome)
        }));
        RunResult {
            reason: self
                .stopping
                .or(self.abandoned.filter(|_| self.has_stranded)),
            unfinished,
            requests: self.requests,
            throttled: self.throttled,
            usage_unknown: self.usage_unknown,
        }
    }
}
