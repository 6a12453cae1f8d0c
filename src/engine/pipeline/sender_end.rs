//! Credentials that send nothing more: their rows go to others that manage them, and where there are none
//! they stay as they are. The run goes on as long as anybody may send.
//!
//! To manage an organization is not to be let change it. A row that is forbidden to one of several (403, or a 401
//! although the token is accepted) goes to the next and fails where it is forbidden to all; after ten in a row
//! these credentials are not tried for the rows of their queue any more, as long as there are others.

use super::job::{Job, Step};
use super::{Pipeline, Recorder};
use crate::engine::abort::AbortReason;
use crate::engine::failure_limit::FORBIDDEN_AT_THE_START;
use crate::model::response::ApiResult;
use crate::model::row::Row;
use crate::webex::Service;

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// Nothing more is sent by these credentials.
    pub(super) fn end_sender(&mut self, sender: usize, reason: AbortReason) {
        let lane = self.senders[sender].lane;
        if !self.lanes[lane].senders.contains(&sender) {
            return;
        }
        let others = self.lanes.iter().flat_map(|lane| &lane.senders);
        let is_last = others.filter(|other| **other != sender).count() == 0;
        if self.senders.len() > 1
            && let Err(error) = self.recorder.sender_ended(sender, &reason)
        {
            self.stop(AbortReason::CannotRecord(error));
        }
        if is_last {
            return self.stop(reason);
        }
        self.lanes[lane].senders.retain(|other| *other != sender);
        let (left_over, fresh) = self.queues.without(sender);
        if let Some(mut suspect) = self.senders[sender].suspect.take() {
            suspect.refusals = 0;
            self.send_again(suspect);
        }
        for job in left_over {
            self.strand(job);
        }
        for row in fresh {
            self.strand_fresh(&row);
        }
        let queues = &self.senders[sender].queues;
        let mut queues = queues.iter();
        if queues.any(|queue| self.queues.at(*queue).senders.is_empty()) {
            self.abandoned.get_or_insert(reason);
        }
    }

    /// The row was refused for good by these credentials.
    pub(super) fn leave_or_give_up(&mut self, job: Job, sender: usize, reply: ApiResult) {
        if self.may_others(&job, sender, &reply) {
            self.leave_to_others(job, sender, reply);
        } else {
            self.give_up(job, reply);
        }
    }

    /// Whether there are others to whom the row is not forbidden as far as anybody knows.
    fn may_others(&self, job: &Job, sender: usize, reply: &ApiResult) -> bool {
        let is_forbidden = matches!(reply, Ok(answer) if matches!(answer.status, 401 | 403));
        let mut senders = self.queues.at(job.queue).senders.iter();
        is_forbidden
            && matches!(job.step, Step::Read(_) | Step::Write(_))
            && senders.any(|one| *one != sender && !job.forbidden_to.contains(one))
    }

    fn leave_to_others(&mut self, mut job: Job, sender: usize, reply: ApiResult) {
        let queue = job.queue;
        let message = reply
            .as_ref()
            .map_or("", |answer| &answer.message)
            .to_string();
        job.forbidden_to.push(sender);
        job.note_result(reply);
        self.send_again(job);
        let times = self.senders[sender].forbidden.entry(queue).or_default();
        *times += 1;
        if *times < FORBIDDEN_AT_THE_START {
            return;
        }
        let senders = &mut self.queues.at_mut(queue).senders;
        senders.retain(|one| *one != sender);
        let queues = &mut self.senders[sender].queues;
        queues.retain(|one| *one != queue);
        if queues.is_empty() {
            self.end_sender(sender, AbortReason::MayNotChange { message });
        }
    }

    /// A row is ready as the next one, if anybody is left who may send it.
    pub(super) fn send_again(&mut self, job: Job) {
        if self.queues.at(job.queue).senders.is_empty() {
            self.strand(job);
        } else {
            self.queues.push_front(job);
        }
    }

    /// A row is ready behind the others, if anybody is left who may send it.
    pub(super) fn send_later(&mut self, job: Job) {
        if self.queues.at(job.queue).senders.is_empty() {
            self.strand(job);
        } else {
            self.queues.push_back(job);
        }
    }

    /// Nobody is left who may send the row. What was never sent needs no record to be told.
    pub(super) fn strand(&mut self, job: Job) {
        self.strand_fresh(&job.row);
        if job.last.is_some() {
            self.stranded.push(job);
        }
    }

    /// Those that wait for it stay as they are too.
    pub(super) fn strand_fresh(&mut self, row: &Row<'_>) {
        self.has_stranded = true;
        if let Some(followers) = self.followers.remove(&row.key) {
            self.following -= followers.len();
        }
    }
}
