//! What an answer does: to its row, to the pace, and to the run.

use std::slice;

use tokio::time::Instant;

use super::job::{Job, Step, outcome};
use super::row_span;
use super::throttling::Place;
use super::{Pipeline, Recorder, RowResult};
use crate::engine::abort::AbortReason;
use crate::engine::pace_feedback::{bearable_wait, verdict};
use crate::engine::token_renewal::{Refusal, TokenState};
use crate::model::outcome::OutcomeKind;
use crate::model::response::{ApiResult, Body, Delivery, TransportError};
use crate::pace::InFlight;
use crate::retry::{self, RetryDecision};
use crate::webex::Service;

/// For how long nothing was answered.
enum Silence<'r> {
    Bearable,
    /// So long to one user, while others are answered, that nothing more is sent by them.
    OfLane(&'r TransportError),
    /// So long to anybody that going on is pointless.
    OfAll(&'r TransportError),
}

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    pub(super) fn take_token_answer(
        &mut self,
        sender: usize,
        ticket: InFlight,
        result: &ApiResult,
    ) {
        let now = Instant::now();
        let lane = self.senders[sender].lane;
        self.lanes[lane].on_wire -= 1;
        self.under_way -= 1;
        self.recorder.ended(lane, result, ticket.age(now));
        row_span::note_token_answer(result);
        match self.note_silence(lane, result, now - ticket.age(now), now) {
            Silence::OfAll(error) => self.stop(AbortReason::unreachable(error)),
            Silence::OfLane(error) => self.end_lane(lane, error),
            Silence::Bearable => {}
        }
        let errors = self.senders[sender].renewal.errors();
        let decision = retry::decide(result, errors, &self.policy.retry, self.chance.f64());
        let verdict = verdict(result, decision);
        self.lanes[lane].pacer.answered(ticket, now, verdict);
        self.note_wait(lane, now);
        self.throttled += u64::from(matches!(decision, RetryDecision::Throttled { .. }));
        let is_known = (self.senders.iter()).any(|sender| sender.watch.has_answered());
        let asked = &mut self.senders[sender];
        let renewal = asked.service.renewal();
        match (asked.renewal).answered(result, decision, renewal, now, is_known) {
            TokenState::Open => {}
            TokenState::Renewed => {
                let names = asked.service.known_as();
                if let Some(left) = self.recorder.known_as(lane, names) {
                    self.lanes[lane].pacer.close_until(now + left, now);
                }
                if let Some(job) = asked.suspect.take() {
                    self.send_later(job);
                }
            }
            TokenState::Accepted => {
                if let Some(mut job) = asked.suspect.take()
                    && let Some(refused) = job.last.take()
                {
                    job.refusals = 0;
                    self.leave_or_give_up(job, sender, refused);
                }
            }
            TokenState::Ended(reason) => self.end_sender(sender, reason),
        }
    }

    /// What the result of a request that left at `departed` says about the service as a whole, and about one
    /// user of it.
    fn note_silence<'r>(
        &mut self,
        lane: usize,
        result: &'r ApiResult,
        departed: Instant,
        now: Instant,
    ) -> Silence<'r> {
        let own = &mut self.lanes[lane].circuit_breaker;
        let Err(error) = result else {
            own.answered();
            self.circuit_breaker.answered();
            return Silence::Bearable;
        };
        let is_of_lane = own.failed(error.cause, departed, now);
        let is_of_all = self.circuit_breaker.failed(error.cause, departed, now);
        match (is_of_all, is_of_lane) {
            (true, _) => Silence::OfAll(error),
            (false, true) => Silence::OfLane(error),
            (false, false) => Silence::Bearable,
        }
    }

    /// Nothing more is sent by any credentials of a user.
    fn end_lane(&mut self, lane: usize, error: &TransportError) {
        for sender in self.lanes[lane].senders.clone() {
            self.end_sender(sender, AbortReason::unreachable(error));
        }
    }

    pub(super) fn take_reply(&mut self, mut job: Job, ticket: InFlight, reply: ApiResult) {
        let now = Instant::now();
        let sender = job.sender.unwrap_or_default();
        let lane = self.senders[sender].lane;
        self.lanes[lane].on_wire -= 1;
        self.under_way -= 1;
        self.recorder.ended(lane, &reply, ticket.age(now));
        self.on_wire.remove(&job.row.number);
        job.row_span.returns(now);
        let departed = now - ticket.age(now);
        let mut is_given_up = false;
        match self.note_silence(lane, &reply, departed, now) {
            Silence::Bearable => {}
            _ if self.is_silence_of_these_rows(&reply) => is_given_up = true,
            Silence::OfAll(error) => self.stop(AbortReason::unreachable(error)),
            Silence::OfLane(error) => self.end_lane(lane, error),
        }
        // What the token may read shows only that.
        if !matches!(job.step, Step::ReadBack { .. } | Step::Usage(_))
            && let Some(reason) = self.senders[sender].watch.answered(&reply, job.row.number)
        {
            match reason {
                // Whoever asks would hear the same.
                AbortReason::NotTheService { .. } => self.stop(reason),
                // It may be let change others (`sender_end`).
                AbortReason::Forbidden { .. } if self.has_others(&job, sender) => {}
                reason => self.end_sender(sender, reason),
            }
        }
        let decision = if is_given_up {
            RetryDecision::GiveUp
        } else {
            let policy = job.retry_policy(self.policy.retry);
            retry::decide(&reply, job.errors, &policy, self.chance.f64())
        };
        job.note_answer(&reply, decision);
        if !matches!(decision, RetryDecision::Succeeded | RetryDecision::GiveUp) {
            job.put_off_at = Some(now);
        }
        let place = self.place_after_wait(&mut job, lane, decision, departed, now);
        let feedback = self.feedback(&mut job, lane, ticket, place, &reply, decision);
        self.lanes[lane].pacer.answered(ticket, now, feedback);
        self.note_wait(lane, now);
        if let Step::Write(write) = job.step
            && retry::may_have_been_applied(&reply)
        {
            job.note_doubt(write);
        }
        self.note_doubt(&job);
        if matches!(&reply, Ok(answer) if answer.status != 401) {
            self.senders[sender].renewal.accepted(job.token);
        }
        if reply.is_ok() && place.is_none() {
            self.note_passed(&job, lane, departed);
        }
        let is_first_bare = is_first_bare(&mut job, &reply);
        match decision {
            RetryDecision::Succeeded => match job.step {
                Step::Write(index) => {
                    self.note_allowed(job.queue, sender);
                    self.take_success(job, index, reply);
                }
                _ if is_first_bare => self.send_again(job),
                Step::Read(index) => self.take_current(job, index, reply),
                Step::Usage(index) => self.take_usage(job, index, reply),
                Step::ReadBack { resource, write } => {
                    self.take_read_back(job, resource, write, reply);
                }
            },
            // To read it back would be as silent.
            RetryDecision::GiveUp if is_given_up && job.may_have_been_applied => {
                self.finish(job, OutcomeKind::Unknown, reply);
            }
            RetryDecision::GiveUp => self.leave_or_give_up(job, sender, reply),
            RetryDecision::Throttled { .. } => {
                self.wait(job, lane, reply, place.unwrap_or(Place::First), now);
            }
            RetryDecision::Retry { after, counts } => {
                job.errors += u32::from(counts);
                job.failed_by = Some(sender);
                job.note_result(reply);
                self.back_off(job, now + after);
            }
            RetryDecision::Unauthorized => {
                job.refusals += 1;
                job.note_result(reply);
                let refused = &mut self.senders[sender];
                let renewal = refused.service.renewal();
                match refused.renewal.refused(job.token, job.refusals, renewal) {
                    Refusal::SendAgain => self.send_again(job),
                    Refusal::Suspect => refused.suspect = Some(job),
                }
            }
        }
    }

    /// Whether the silence may be that of a few locations and not the service's: it takes
    /// connections, and no row is left that has not been silent itself. Stopping would leave
    /// such rows to every resumed run again.
    pub(super) fn is_silence_of_these_rows(&self, reply: &ApiResult) -> bool {
        matches!(reply, Err(error) if error.delivery == Delivery::MaybeSent)
            && self.is_all_admitted
            && self.queues.were_all_sent()
    }

    /// A user who would have to wait for too long sends nothing more.
    pub(super) fn ensure_the_wait_is_bearable(&mut self, lane: usize, now: Instant) {
        let longest = self.policy.longest_wait;
        for sender in self.lanes[lane].senders.clone() {
            if let Err(reason) = bearable_wait(self.lanes[lane].pacer, longest, now) {
                self.end_sender(sender, reason);
            }
        }
    }

    /// A row leaves when no other does any more, if anybody is left who may send it.
    pub(super) fn leave_for_the_end(&mut self, job: Job) {
        let queue = self.queues.at_mut(job.queue);
        if queue.senders.is_empty() {
            self.strand(job);
        } else {
            queue.at_the_end.push_back(job);
        }
    }

    pub(super) fn finish(&mut self, mut job: Job, kind: OutcomeKind, reply: ApiResult) {
        let kind = match kind {
            OutcomeKind::Failed | OutcomeKind::Conflict if !job.done.is_empty() => {
                OutcomeKind::Partly
            }
            kind => kind,
        };
        let nowhere = self.left_nowhere(&job, kind);
        let reply = job.telling(self.setting, kind, reply, &nowhere);
        let is_changed = matches!(
            kind,
            OutcomeKind::Updated
                | OutcomeKind::Unknown
                | OutcomeKind::Partly
                | OutcomeKind::Different
        );
        self.usage_unknown += u64::from(is_changed && job.usage_fault.is_some());
        let location = job.row.key;
        if let Some(followers) = self.followers.get_mut(&location) {
            if let Some(next) = followers.pop_front() {
                self.following -= 1;
                self.send_later(next);
            } else {
                self.followers.remove(&location);
            }
        }
        self.note_what_is_known(&job, kind);
        let made_before = self.made_before(&job);
        let mut outcome = outcome(kind, job.attempts, reply);
        outcome.untouched = job.untouched(self.setting, kind);
        outcome.may_arrive_late = !job.may_arrive_late.is_empty();
        self.note_made(&job, &outcome);
        job.note_outcome(&outcome);
        outcome.also_changed = std::mem::take(&mut job.also_changed);
        outcome.usages = job.told_usages();
        if outcome.usages.is_none() && !job.row.used_before.is_empty() {
            outcome.usages = Some(job.row.used_before.clone());
        }
        outcome.set_numbers = job.set_numbers;
        outcome.set_before = made_before;
        outcome.previous = job.previous;
        if let Some(sender) = job.sender {
            self.lanes[self.senders[sender].lane].rows += 1;
        }
        let row = job.row;
        self.finished.push(RowResult { row, outcome });
        if kind == OutcomeKind::Unchanged {
            self.begun -= 1;
        }
        if let Some(reason) = self.watch.finished(kind) {
            self.stop(reason);
        }
    }

    /// Records what has finished.
    pub(super) fn record(&mut self) {
        if self.finished.is_empty() {
            return;
        }
        let had_failed = matches!(self.stopping, Some(AbortReason::CannotRecord(_)));
        if !had_failed {
            match self.recorder.finished(&self.finished) {
                Ok(()) => return self.finished.clear(),
                Err(error) => self.stopping = Some(AbortReason::CannotRecord(error)),
            }
        }
        for finished in self.finished.drain(..) {
            // Where there is no room for all there may be some for a few.
            if had_failed || self.recorder.finished(slice::from_ref(&finished)).is_err() {
                self.recorder.cannot_record(&finished);
                let RowResult { row, outcome } = finished;
                self.unrecorded.push((row.number, outcome));
            }
        }
    }
}

/// Whether a read answered with none of the values for the first time: only when a second one
/// agrees, nothing is set.
fn is_first_bare(job: &mut Job, result: &ApiResult) -> bool {
    let is_bare = matches!(result, Ok(response) if response.body == Body::Bare);
    is_bare && !std::mem::replace(&mut job.has_read_bare, true)
}
