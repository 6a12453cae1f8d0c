//! Which row leaves next, and when: one that was waiting, else the next one of the sheet.

use std::collections::VecDeque;

use anyhow::Result;
use tokio::time::Instant;
use tracing::Instrument;

use super::job::{Confirmed, Job, OnWire, Step};
use super::row_span::RowSpan;
use super::{Pipeline, Recorder, Task};
use crate::engine::abort::AbortReason;
use crate::engine::token_renewal::TokenTask;
use crate::model::current_values::CurrentValues;
use crate::model::response::ApiResult;
use crate::model::row::Row;
use crate::pace::{InFlight, SendDecision};
use crate::webex::Service;

/// Rows held while they back off or wait for an earlier row of their location. Past this no
/// more are read: when so many are in trouble, going on with others helps nobody.
const MOST_ROWS_HELD: usize = 1000;

/// Rows held until no other is left. A sheet may begin with as many of one organization that is
/// throttled, and others must get their turn; they take some megabytes.
const MOST_ROWS_AT_THE_END: usize = 20_000;

impl<'a, S: Service, R: Recorder> Pipeline<'a, S, R> {
    /// Sees to it that a row is ready to leave, or the check of the token that one waits for; false
    /// when there is nothing just now.
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
        let may_begin = |pipeline: &Self| {
            let first = pipeline.policy.first;
            pipeline.rows_held() < MOST_ROWS_HELD
                && pipeline.at_the_end.len() < MOST_ROWS_AT_THE_END
                && first.is_none_or(|first| pipeline.begun < first)
        };
        while self.ready.is_empty() && may_begin(self) {
            match rows.next() {
                Some(Ok(row)) => {
                    self.begun += 1;
                    let job = self.begin(row);
                    self.admit(job);
                }
                Some(Err(error)) => self.stop(AbortReason::SheetUnreadable(error)),
                None => {
                    self.is_all_admitted = true;
                    break;
                }
            }
            if self.stopping.is_some() {
                return false;
            }
        }
        let is_quiet = self.backing_off.is_empty() && self.on_wire.is_empty();
        if self.ready.is_empty() && is_quiet {
            self.ready.append(&mut self.at_the_end);
        }
        !self.ready.is_empty() || self.suspect.is_some()
    }

    fn rows_held(&self) -> usize {
        self.backing_off.len() + self.in_lanes
    }

    /// An organization is let in after all: its rows that were passed over go on.
    pub(super) fn release(&mut self, row: &Row<'_>) {
        let is_released = |job: &Job| {
            job.own_throttles == 0 && job.row.org_id.as_deref() == row.org_id.as_deref()
        };
        let at_the_end = std::mem::take(&mut self.at_the_end);
        let (released, others): (Vec<Job>, Vec<Job>) =
            at_the_end.into_iter().partition(is_released);
        self.ready.extend(released);
        self.at_the_end.extend(others);
    }

    fn begin(&self, row: Row<'static>) -> Job {
        // What was there before is known: this row was stopped on its way, and its change may be
        // there already.
        let previous = match self.policy.task {
            Task::ReadThenWrite => self.recorder.previous_of(&row),
            Task::Write | Task::Read => None,
        };
        let may_have_been_applied = previous.is_some()
            || (self.policy.task == Task::Write && self.recorder.may_have_been_sent(&row));
        let mut job = Job {
            row_span: RowSpan::begin(&row),
            row,
            step: Step::Read(0),
            attempts: 0,
            errors: 0,
            last: None,
            may_have_been_applied,
            confirmed: Confirmed::AsSent,
            has_read_bare: false,
            previous,
            is_previous_recorded: true,
            current: CurrentValues::default(),
            restricted: Vec::new(),
            usages: None,
            usage_fault: None,
            answer: None,
            done: Vec::new(),
            throttled_at: None,
            throttles: 0,
            own_throttles: 0,
            token: 0,
            refusals: 0,
        };
        if self.policy.task == Task::Write {
            job.step = if self.asks_about_usage(&job) {
                Step::Usage(0)
            } else {
                Step::Write(0)
            };
        }
        job
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
        if self.throttling.is_passed_over(&job.row) {
            self.at_the_end.push_back(job);
        } else {
            self.ready.push_back(job);
        }
    }

    pub(super) fn next_departure(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        if self.renewal.is_under_way() {
            return SendDecision::WhenOneReturns;
        }
        let Some(reachable) = self.circuit_breaker.next_departure(now, on_wire) else {
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
    ) -> Option<impl Future<Output = (Job, InFlight, ApiResult)> + use<'a, S, R>> {
        let mut job = self.ready.pop_front()?;
        if !self.is_recorded(&mut job) {
            self.ready.push_front(job);
            return None;
        }
        let ticket = self.pacer.sent(now);
        job.attempts += 1;
        job.row_span.departs(now);
        job.token = self.renewal.token();
        self.requests += 1;
        self.on_wire.insert(job.row.number, OnWire::of(&job));
        let tracking = self.tracking_id();
        let service = self.service;
        let setting = self.setting;
        let span = job.row_span.span();
        let exchange = async move {
            let row = &job.row;
            let reply = match job.step {
                Step::Read(index)
                | Step::ReadBack {
                    resource: index, ..
                } => service.read(&setting.resources[index], row, tracking).await,
                Step::Usage(index) => service.read(&setting.used_in[index], row, tracking).await,
                Step::Write(index) => {
                    let request = &setting.writes[index];
                    let part = setting.part(request, &row.changes, &job.current);
                    let body = setting.body(request, &part, &job.current);
                    service.write(request.resource, row, body, tracking).await
                }
            };
            (job, ticket, reply)
        };
        Some(exchange.instrument(span))
    }

    /// Records the values from before a row's first change, just as it leaves: a row that only was read
    /// when the run was interrupted has nothing to be undone. False where they cannot be recorded.
    fn is_recorded(&mut self, job: &mut Job) -> bool {
        let Some(previous) = &job.previous else {
            return true;
        };
        if job.is_previous_recorded || !matches!(job.step, Step::Write(_)) {
            return true;
        }
        // First, since what follows may fail.
        self.record();
        if let Err(error) = self.recorder.found(&job.row, previous) {
            self.stop(AbortReason::CannotRecord(error));
            return false;
        }
        job.is_previous_recorded = true;
        true
    }

    /// Asks for a new access token, or about the one there is; paced as any request, since it may be
    /// refused as any other.
    pub(super) fn ask_about_token(
        &mut self,
        task: TokenTask,
        now: Instant,
    ) -> impl Future<Output = (InFlight, ApiResult)> + use<'a, S, R> {
        let ticket = self.pacer.sent(now);
        self.requests += 1;
        self.renewal.begins(task);
        let tracking = self.tracking_id();
        let service = self.service;
        async move {
            let result = match task {
                TokenTask::Renew => service.renew().await,
                TokenTask::Check => service.check_token(tracking).await,
            };
            (ticket, result)
        }
    }

    fn tracking_id(&mut self) -> u128 {
        uuid::Builder::from_random_bytes(self.chance.u128(..).to_ne_bytes())
            .into_uuid()
            .as_u128()
    }
}
