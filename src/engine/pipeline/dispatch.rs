//! Which row leaves next by a lane, and when: one that was waiting, else the next one of the sheet that the
//! lane may send.

use std::collections::VecDeque;

use anyhow::Result;
use tokio::time::Instant;
use tracing::Instrument;

use super::job::{Confirmed, Job, OnWire, Step};
use super::lane::Sender;
use super::queues::ReadyRow;
use super::row_span::RowSpan;
use super::{Pipeline, Recorder, Task};
use crate::engine::abort::AbortReason;
use crate::engine::token_renewal::TokenTask;
use crate::model::current_values::CurrentValues;
use crate::model::response::ApiResult;
use crate::model::row::Row;
use crate::pace::InFlight;
use crate::webex::Service;

/// Rows held while they back off or wait for an earlier row of their location. Past this no
/// more are read: when that number is in trouble, going on with others helps nobody.
const MOST_ROWS_HELD: usize = 1000;

/// Rows that are ready and wait for their user, while rows are looked for that only another may send. A
/// sheet may have its organizations one after the other, each with a user of its own; they take some
/// megabytes.
const MOST_ROWS_READY: usize = 20_000;

/// Times that a row that was rate limited is tried by another user. After that the limit may be its own.
const MOST_MOVES: u32 = 3;

/// Rows held until no other is left. A sheet may begin with as many of one organization that is
/// throttled, and others must get their turn; they take some megabytes.
const MOST_ROWS_AT_THE_END: usize = 20_000;

impl<'a, S: Service, R: Recorder> Pipeline<'a, S, R> {
    /// Sees to it that a row is ready to leave by a lane, or the check of the token that one waits for;
    /// false when there is nothing just now.
    pub(super) fn has_ready(
        &mut self,
        lane: usize,
        rows: &mut impl Iterator<Item = Result<Row<'static>>>,
        now: Instant,
    ) -> bool {
        while let Some(entry) = self.backing_off.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let job = entry.remove();
            self.queues.at_mut(job.queue).backing_off -= 1;
            self.send_later(job);
        }
        if self.lanes[lane].senders.is_empty() {
            return false;
        }
        let may_begin = |pipeline: &Self| {
            let first = pipeline.policy.first;
            pipeline.rows_held() < MOST_ROWS_HELD
                && pipeline.queues.ready() < MOST_ROWS_READY
                && pipeline.queues.at_the_end() < MOST_ROWS_AT_THE_END
                && first.is_none_or(|first| pipeline.begun < first)
        };
        let takes_fresh = !self.fresh_queues(lane).is_empty();
        while takes_fresh
            && !self.has_narrowest(lane, now)
            && !self.is_all_admitted
            && may_begin(self)
        {
            match rows.next() {
                Some(Ok(row)) => {
                    self.begun += 1;
                    match self.queues.of(row.org_id.as_deref()) {
                        Some(queue) => self.admit(row, queue),
                        None => self.has_stranded = true,
                    }
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
        let mut is_waiting = self.head_of(lane, now).is_some();
        if !is_waiting && self.is_quiet(lane) {
            for queue in self.queues_of(lane) {
                self.queues.take_those_at_the_end(queue);
            }
            is_waiting = self.head_of(lane, now).is_some();
        }
        let mut senders = self.lanes[lane].senders.iter();
        is_waiting || senders.any(|sender| self.senders[*sender].suspect.is_some())
    }

    fn rows_held(&self) -> usize {
        self.backing_off.len() + self.following
    }

    /// An organization is let in after all: its rows that were passed over go on.
    pub(super) fn release(&mut self, row: &Row<'_>, queue: usize) {
        self.queues.release(queue, |job| {
            job.own_throttles == 0 && job.row.org_id.as_deref() == row.org_id.as_deref()
        });
    }

    /// A row waits for a moment before it is ready again.
    pub(super) fn back_off(&mut self, job: Job, due: Instant) {
        self.queues.at_mut(job.queue).backing_off += 1;
        self.backing_off.insert((due, job.row.number), job);
    }

    fn begin(&self, row: Row<'static>, queue: usize) -> Job {
        // What was there before is known: this row was stopped on its way, and its change may be
        // there already.
        let previous = match self.policy.task {
            Task::ReadThenWrite => self.recorder.previous_of(&row),
            Task::Write | Task::Read => None,
        };
        let may_have_been_applied = previous.is_some()
            || (self.policy.task == Task::Write && self.recorder.may_have_been_sent(&row));
        let mut job = Job {
            row_span: RowSpan::default(),
            row,
            step: Step::Read(0),
            first_step: Step::Read(0),
            attempts: 0,
            errors: 0,
            last: None,
            may_have_been_applied,
            also_changed: Vec::new(),
            may_arrive_late: self.all_writes_if(may_have_been_applied),
            confirmed: Confirmed::AsSent,
            odd_readings: 0,
            readings_as_before: 0,
            has_read_bare: false,
            previous,
            is_previous_recorded: true,
            current: CurrentValues::default(),
            read_at: None,
            errors_before: None,
            set_before: Vec::new(),
            restricted: Vec::new(),
            fixed_usages: Vec::new(),
            usages: None,
            set_numbers: None,
            usage_fault: None,
            usage_page: None,
            usage_pages: 0,
            answer: None,
            done: Vec::new(),
            put_off_at: None,
            throttled_at: None,
            taken_for_limit: None,
            throttles: 0,
            own_throttles: 0,
            queue,
            sender: None,
            token: 0,
            moves: 0,
            forbidden_to: Vec::new(),
            refused_questions: Vec::new(),
            failed_by: None,
            refusals: 0,
        };
        if self.policy.task == Task::Write {
            job.step = if self.asks_about_usage(&job) {
                Step::Usage(0)
            } else {
                Step::Write(0)
            };
            job.first_step = job.step;
        }
        job
    }

    /// Of a row that was on its way when an earlier part of the run ended nobody knows how far it was.
    fn all_writes_if(&self, was_on_its_way: bool) -> Vec<usize> {
        let writes = 0..self.setting.writes.len();
        writes.filter(|_| was_on_its_way).collect()
    }

    /// Of several rows for one location only one is under way; the others wait in file order.
    fn admit(&mut self, row: Row<'static>, queue: usize) {
        let location = row.key;
        if self.queues.at(queue).senders.is_empty() {
            return self.strand_fresh(&row);
        }
        if self.duplicates.shares(location) {
            if self.followers.contains_key(&location) {
                let job = self.begin(row, queue);
                self.followers.entry(location).or_default().push_back(job);
                self.following += 1;
                return;
            }
            self.followers.insert(location, VecDeque::new());
        }
        let mut senders = self.queues.at(queue).senders.iter();
        let is_passed_over = senders.all(|sender| {
            let lane = &self.lanes[self.senders[*sender].lane];
            lane.throttling.is_passed_over(&row)
        });
        if is_passed_over {
            let job = self.begin(row, queue);
            self.queues.at_mut(queue).at_the_end.push_back(job);
        } else {
            self.queues.push_fresh(row, queue);
        }
    }

    pub(super) fn depart(
        &mut self,
        sender: usize,
        queue: usize,
        now: Instant,
    ) -> Option<impl Future<Output = (Job, InFlight, ApiResult)> + use<'a, S, R>> {
        let (lanes, senders) = (&self.lanes, &self.senders);
        let is_free = |other: usize| lanes[senders[other].lane].is_free(&senders[other], now);
        let mut job = match self.queues.pop(queue, sender, is_free)? {
            ReadyRow::Fresh(row) => self.begin(*row, queue),
            ReadyRow::Begun(job) => *job,
        };
        job.departs(now, self.lanes[self.senders[sender].lane].held_at);
        if !self.is_recorded(&mut job) {
            self.queues.push_front(job);
            return None;
        }
        let Sender {
            lane,
            service,
            renewal,
            ..
        } = &self.senders[sender];
        let (lane, service) = (*lane, *service);
        job.token = renewal.token();
        self.note_move(&mut job, lane);
        job.sender = Some(sender);
        let lane = &mut self.lanes[lane];
        let ticket = lane.pacer.sent(now);
        lane.on_wire += 1;
        self.under_way += 1;
        job.attempts += 1;
        job.row_span.departs(&job.row, now);
        self.requests += 1;
        self.on_wire.insert(job.row.number, OnWire::of(&job));
        let tracking = self.tracking_id();
        let setting = self.setting;
        let span = job.row_span.span();
        let exchange = async move {
            let row = &job.row;
            let reply = match job.step {
                Step::Read(index)
                | Step::ReadBack {
                    resource: index, ..
                } => service.read(&setting.resources[index], row, tracking).await,
                Step::Usage(index) => {
                    let list = &setting.used_in[index];
                    match &job.usage_page {
                        Some(page) => service.read_page(list, page, tracking).await,
                        None => service.read(list, row, tracking).await,
                    }
                }
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

    /// A row that one user was rate limited with goes by another: what that one's limit refuses is counted
    /// from the beginning, unless it was so with several.
    fn note_move(&self, job: &mut Job, lane: usize) {
        let before = job.sender.map(|sender| self.senders[sender].lane);
        if before.is_some_and(|before| before != lane) && job.throttled_at.is_some() {
            job.moves += 1;
            if job.moves <= MOST_MOVES {
                job.throttled_at = None;
                job.throttles = 0;
            }
        }
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
        // From here on what is there may be its own.
        self.last_known.remove(&job.row.key);
        true
    }

    /// Asks for a new access token, or about the one there is; paced as any request, since it may be
    /// refused as any other.
    pub(super) fn ask_about_token(
        &mut self,
        sender: usize,
        task: TokenTask,
        now: Instant,
    ) -> impl Future<Output = (usize, InFlight, ApiResult)> + use<'a, S, R> {
        let lane = &mut self.lanes[self.senders[sender].lane];
        let ticket = lane.pacer.sent(now);
        lane.on_wire += 1;
        self.under_way += 1;
        self.requests += 1;
        self.senders[sender].renewal.begins(task);
        let tracking = self.tracking_id();
        let service = self.senders[sender].service;
        async move {
            let result = match task {
                TokenTask::Renew => service.renew().await,
                TokenTask::Check => service.check_token(tracking).await,
            };
            (sender, ticket, result)
        }
    }

    fn tracking_id(&mut self) -> u128 {
        uuid::Builder::from_random_bytes(self.chance.u128(..).to_ne_bytes())
            .into_uuid()
            .as_u128()
    }
}
