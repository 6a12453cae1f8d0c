//! Which row leaves next, and when: one that was waiting, else the next one of the sheet.

use std::collections::VecDeque;

use anyhow::Result;
use tokio::time::Instant;
use tracing::Instrument;

use super::job::{Job, OnWire, Step};
use super::trail::Trail;
use super::{Pipeline, Recorder, Task};
use crate::pace::{InFlight, SendDecision};
use crate::reply::Reply;
use crate::row::Row;
use crate::stop::StopReason;
use crate::webex::Service;

/// Rows held while they back off or wait for an earlier row of their location. Past this no
/// more are read: when so many are in trouble, going on with others helps nobody.
const MOST_ROWS_HELD: usize = 1000;

impl<'a, S: Service, R: Recorder> Pipeline<'a, S, R> {
    /// Sees to it that a row is ready to leave; false when there is none just now.
    pub(super) fn has_ready(
        &mut self,
        rows: &mut impl Iterator<Item = Result<Row<'static>>>,
        now: Instant,
    ) -> bool {
        while let Some(entry) = self.backing_off.first_entry() {
            if entry.key().0 > now {
                break;
            }
            self.ready.push_back(entry.remove());
        }
        while self.ready.is_empty() && self.backing_off.len() + self.in_lanes < MOST_ROWS_HELD {
            match rows.next() {
                Some(Ok(row)) => {
                    let job = self.begin(row);
                    self.admit(job);
                }
                Some(Err(error)) => self.stop(StopReason::SheetUnreadable(error)),
                None => {
                    self.is_all_admitted = true;
                    break;
                }
            }
            if self.stopping.is_some() {
                return false;
            }
        }
        !self.ready.is_empty()
    }

    fn begin(&self, row: Row<'static>) -> Job {
        // What was there before is known: this row was stopped on its way, and its change may be
        // there already.
        let previous = match self.course.task {
            Task::LookAndChange => self.recorder.previous_of(&row),
            Task::Change | Task::Look => None,
        };
        let step = match self.course.task {
            Task::Change => Step::Change,
            Task::LookAndChange if previous.is_some() => Step::Change,
            Task::Look | Task::LookAndChange => Step::Look,
        };
        Job {
            trail: Trail::begin(&row),
            row,
            step,
            previous,
            attempts: 0,
            errors: 0,
            last: None,
            is_doubtful: false,
            token: 0,
            refusals: 0,
        }
    }

    /// Of several rows for one location only one is under way; the others wait in file order.
    fn admit(&mut self, job: Job) {
        let location = job.row.key;
        if self.duplicates.shares(location) {
            if let Some(lane) = self.lanes.get_mut(&location) {
                lane.push_back(job);
                self.in_lanes += 1;
                return;
            }
            self.lanes.insert(location, VecDeque::new());
        }
        self.ready.push_back(job);
    }

    pub(super) fn next_departure(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        if self.renewal.is_under_way() {
            return SendDecision::WhenOneReturns;
        }
        let Some(reachable) = self.reachability.next_departure(now, on_wire) else {
            return SendDecision::WhenOneReturns;
        };
        let reachable = reachable.max(self.renewal.not_before().unwrap_or(reachable));
        match self.pacer.next_send(now, on_wire) {
            SendDecision::Now if reachable > now => SendDecision::At(reachable),
            SendDecision::At(instant) => SendDecision::At(instant.max(reachable)),
            departure => departure,
        }
    }

    pub(super) fn depart(
        &mut self,
        now: Instant,
    ) -> Option<impl Future<Output = (Job, InFlight, Reply)> + use<'a, S, R>> {
        let mut job = self.ready.pop_front()?;
        let ticket = self.pacer.sent(now);
        job.attempts += 1;
        job.trail.departs(now);
        job.token = self.renewal.token();
        self.requests += 1;
        let on_wire = OnWire {
            step: job.step,
            attempts: job.attempts,
        };
        self.on_wire.insert(job.row.number, on_wire);
        let tracking = uuid::Builder::from_random_bytes(self.chance.u128(..).to_ne_bytes());
        let tracking = tracking.into_uuid().as_u128();
        let service = self.service;
        let span = job.trail.span();
        let exchange = async move {
            let reply = match job.step {
                Step::Look => service.numbers(&job.row, tracking).await,
                Step::Change => service.set_numbers(&job.row, tracking).await,
            };
            (job, ticket, reply)
        };
        Some(exchange.instrument(span))
    }

    /// Asks for a new access token; paced as any request, since it may be refused as any other.
    pub(super) fn renew(
        &mut self,
        now: Instant,
    ) -> impl Future<Output = (InFlight, Reply)> + use<'a, S, R> {
        let ticket = self.pacer.sent(now);
        self.requests += 1;
        self.renewal.begins();
        let service = self.service;
        async move { (ticket, service.renew().await) }
    }
}
