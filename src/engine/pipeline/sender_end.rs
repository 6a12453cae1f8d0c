//! Credentials that send nothing more: their rows go to others that manage them, and where there are none
//! they stay as they are. The run goes on as long as anybody may send.
//!
//! To manage an organization is not to be let change it. A row that is forbidden to one of several (403, or a 401
//! although the token is accepted) goes to the next and fails where it is forbidden to all. After ten in a row
//! these credentials stand back: of the rows of their queue they send only what is forbidden to the others, until
//! they are let change one. Two administrators of locations may each change what the other may not. Where the
//! first ten rows of a queue are forbidden to everybody nothing more of it is sent.
//!
//! A location that is not there for one of them (404) goes to the next as well: an administrator of locations may
//! not be told of those of others. It may be a mistake of the sheet, so a 404 tells nothing more.
//!
//! What uses the numbers is asked of the next as well, and tells nothing of who may change what: whoever was
//! refused only such a question is asked again for what follows, where nobody else is left.

use super::job::{Job, Step};
use super::{Pipeline, Recorder};
use crate::engine::abort::AbortReason;
use crate::engine::failure_limit::FORBIDDEN_AT_THE_START;
use crate::model::response::{ApiResult, message_of};
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
    pub(super) fn leave_or_give_up(&mut self, mut job: Job, sender: usize, reply: ApiResult) {
        if self.may_others(&mut job, sender, &reply) {
            self.leave_to_others(job, sender, reply);
        } else {
            self.give_up(job, reply);
        }
    }

    /// Whether there are others who may be let send a row that is forbidden to these.
    pub(super) fn has_others(&self, job: &Job, sender: usize) -> bool {
        let mut senders = self.queues.at(job.queue).senders.iter();
        senders.any(|one| *one != sender)
    }

    /// Whether there are others to whom the row is not forbidden as far as anybody knows. Where there are none,
    /// it may be that nobody is let send anything.
    fn may_others(&mut self, job: &mut Job, sender: usize, reply: &ApiResult) -> bool {
        let Ok(answer) = reply else {
            return false;
        };
        let is_forbidden = is_forbidden(answer.status);
        if !(is_forbidden || answer.status == 404) || matches!(job.step, Step::ReadBack { .. }) {
            return false;
        }
        let senders = &self.queues.at(job.queue).senders;
        let has_others = senders.iter().any(|one| *one != sender);
        let is_left = |job: &Job| {
            let mut others = senders.iter().filter(|one| **one != sender);
            others.any(|one| !job.forbidden_to.contains(one))
        };
        if !is_left(job) {
            job.forgive_other_questions();
        }
        let is_left = is_left(job);
        if is_forbidden
            && !matches!(job.step, Step::Usage(_))
            && has_others
            && !is_left
            && self.queues.at_mut(job.queue).is_forbidden_to_all()
        {
            self.end_all_of(job.queue, &answer.message);
        }
        is_left
    }

    /// None of these credentials may change anything in the organizations of a queue.
    fn end_all_of(&mut self, queue: usize, message: &str) {
        for sender in self.queues.at(queue).senders.clone() {
            let queues = &self.senders[sender].queues;
            if *queues == [queue] {
                let message = message.to_string();
                self.end_sender(sender, AbortReason::MayNotChange { message });
            }
        }
    }

    fn leave_to_others(&mut self, mut job: Job, sender: usize, reply: ApiResult) {
        let queue = job.queue;
        let message = message_of(&reply).to_string();
        let is_forbidden = matches!(&reply, Ok(answer) if is_forbidden(answer.status));
        job.forbidden_to.push(sender);
        let is_question = matches!(job.step, Step::Usage(_));
        if is_question {
            job.refused_questions.push((sender, job.step));
        }
        job.note_result(reply);
        self.send_again(job);
        if !is_forbidden || is_question {
            return;
        }
        let times = self.senders[sender].forbidden.entry(queue).or_default();
        *times += 1;
        if *times == FORBIDDEN_AT_THE_START {
            self.queues.at_mut(queue).standing_back.push(sender);
            self.recorder.stands_back(sender, &message);
        }
    }

    /// A change of a queue was accepted that left by these credentials.
    pub(super) fn note_allowed(&mut self, queue: usize, sender: usize) {
        self.senders[sender].forbidden.remove(&queue);
        self.queues.at_mut(queue).note_allowed(sender);
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

impl Job {
    /// Those who were refused only what uses the numbers, and not by this request, may be let send it.
    fn forgive_other_questions(&mut self) {
        let step = self.step;
        let others = self.refused_questions.extract_if(.., |(_, at)| *at != step);
        for (sender, _) in others {
            self.forbidden_to.retain(|one| *one != sender);
        }
    }
}

fn is_forbidden(status: u16) -> bool {
    matches!(status, 401 | 403)
}
