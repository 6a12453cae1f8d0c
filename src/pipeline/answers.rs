//! What an answer does: to its row, to the pace, and to the run.

use std::slice;
use std::time::Duration;

use tokio::time::Instant;

use super::job::{Job, Step, outcome};
use super::renewal::Refusal;
use super::trail;
use super::{Finished, Pipeline, Recorder, Task};
use crate::clock;
use crate::outcome::OutcomeKind;
use crate::pace::{Feedback, InFlight};
use crate::reply::{Answer, Reach, Reply};
use crate::retry::{self, Next};
use crate::row::Change;
use crate::stop::StopReason;
use crate::webex::Service;

/// What is said of a row that was left alone because of its expectations.
const NOT_AS_EXPECTED: &str = "somebody changed the numbers in the meantime; they were left alone";

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    pub(super) fn take_renewal(&mut self, ticket: InFlight, reply: &Reply) {
        let now = Instant::now();
        self.recorder.ended(reply, ticket.age(now));
        trail::note_renewal(reply);
        if self.is_out_of_reach(reply, now) {
            self.stop_as_unreachable(reply);
        }
        let errors = self.renewal.errors;
        let next = retry::decide(reply, errors, &self.course.retry, self.chance.f64());
        self.pacer.answered(ticket, now, verdict(reply, next));
        match next {
            Next::Finished(OutcomeKind::Updated) => self.renewal.succeeded(),
            Next::Throttled { wait } => {
                self.throttled += 1;
                self.ensure_the_wait_is_bearable(wait, now);
                self.renewal.try_again(now, Duration::ZERO, false);
            }
            Next::Again { after, counts } => self.renewal.try_again(now, after, counts),
            Next::Finished(_) | Next::Unauthorized => self.stop(StopReason::NotRenewed {
                message: reply.message().to_string(),
            }),
        }
    }

    /// What any reply says about the service as a whole; true when it has been silent for so long
    /// that going on is pointless.
    pub(super) fn is_out_of_reach(&mut self, reply: &Reply, now: Instant) -> bool {
        match reply {
            Reply::Answer(_) => {
                self.reachability.answered();
                false
            }
            Reply::NoAnswer(_) => self.reachability.failed(now),
        }
    }

    pub(super) fn stop_as_unreachable(&mut self, reply: &Reply) {
        self.stop(StopReason::Unreachable {
            message: reply.message().to_string(),
        });
    }

    pub(super) fn take_reply(&mut self, mut job: Job, ticket: InFlight, reply: Reply) {
        let now = Instant::now();
        self.recorder.ended(&reply, ticket.age(now));
        self.on_wire.remove(&job.row.number);
        job.trail.returns(now);
        let mut is_given_up = false;
        if self.is_out_of_reach(&reply, now) {
            is_given_up = self.is_silence_of_these_rows(&reply);
            if !is_given_up {
                self.stop_as_unreachable(&reply);
            }
        }
        if let Some(reason) = self.watch.answered(&reply) {
            self.stop(reason);
        }
        let next = if is_given_up {
            Next::Finished(OutcomeKind::Unknown)
        } else {
            retry::decide(&reply, job.errors, &self.course.retry, self.chance.f64())
        };
        job.note_answer(&reply, next);
        self.pacer.answered(ticket, now, verdict(&reply, next));
        job.is_doubtful |= job.step == Step::Change && retry::may_have_taken_effect(&reply);
        if matches!(&reply, Reply::Answer(answer) if answer.status != 401) {
            self.renewal.accepted();
        }
        match next {
            Next::Finished(kind) => match (job.step, kind) {
                (Step::Change, kind) => self.finish(job, kind, reply),
                (Step::Look, OutcomeKind::Updated) => self.take_present(job, reply),
                // Nothing was asked that could have taken effect.
                (Step::Look, _) => self.finish(job, OutcomeKind::Failed, reply),
            },
            Next::Throttled { wait } => {
                self.throttled += 1;
                self.ensure_the_wait_is_bearable(wait, now);
                job.last = Some(reply);
                self.ready.push_front(job);
            }
            Next::Again { after, counts } => {
                job.errors += u32::from(counts);
                job.last = Some(reply);
                self.backing_off.insert((now + after, self.requests), job);
            }
            Next::Unauthorized => {
                job.refusals += 1;
                let renewal = self.service.renewal();
                match self.renewal.refused(job.token, job.refusals, renewal) {
                    Refusal::OfTheRow => {
                        self.finish(job, OutcomeKind::Failed, reply);
                        return;
                    }
                    Refusal::Passing => {}
                    Refusal::Final => self.stop(StopReason::Unauthorized {
                        message: reply.message().to_string(),
                    }),
                }
                job.last = Some(reply);
                self.ready.push_front(job);
            }
        }
    }

    /// What becomes of a row now that the numbers of its location are known.
    pub(super) fn take_present(&mut self, mut job: Job, mut reply: Reply) {
        let Reply::Answer(Answer {
            present: Some(present),
            message,
            ..
        }) = &mut reply
        else {
            return self.finish(job, OutcomeKind::Failed, reply);
        };
        let present = std::mem::take(present);
        let previous = job.previous.insert(present);
        if Change::are_met(&job.row.changes, previous) {
            self.finish(job, OutcomeKind::Unchanged, reply);
        } else if self.course.task == Task::Look {
            self.finish(job, OutcomeKind::Different, reply);
        } else if !Change::are_met(&job.row.expected, previous) {
            *message = NOT_AS_EXPECTED.into();
            self.finish(job, OutcomeKind::Failed, reply);
        } else {
            // First, since what follows may fail.
            self.record();
            if let Err(error) = self.recorder.found(&job.row, previous) {
                self.stop(StopReason::CannotRecord(error));
                return;
            }
            job.step = Step::Change;
            job.errors = 0;
            job.last = None;
            self.ready.push_front(job);
        }
    }

    /// Whether the silence may be that of a few locations and not the service's: it takes
    /// connections, and no row is left that has not been silent itself. Stopping would leave
    /// such rows to every resumed run again.
    pub(super) fn is_silence_of_these_rows(&self, reply: &Reply) -> bool {
        matches!(reply, Reply::NoAnswer(no_answer) if no_answer.reach == Reach::MaybeSent)
            && self.is_all_admitted
            && self.ready.iter().all(|job| job.attempts > 0)
    }

    pub(super) fn ensure_the_wait_is_bearable(&mut self, wait: Option<Duration>, now: Instant) {
        // Without a time from the service the pacer's own guess counts.
        let status = self.pacer.status(now);
        let closed_for = status.closed_until.map(|until| until.duration_since(now));
        let wait = wait.into_iter().chain(closed_for).max().unwrap_or_default();
        if wait > self.course.longest_wait {
            let until = clock::time_of_day(clock::now(), wait);
            self.stop(StopReason::WaitTooLong { wait, until });
        }
    }

    pub(super) fn finish(&mut self, job: Job, kind: OutcomeKind, reply: Reply) {
        let location = job.row.key;
        if let Some(lane) = self.lanes.get_mut(&location) {
            if let Some(next) = lane.pop_front() {
                self.in_lanes -= 1;
                self.ready.push_back(next);
            } else {
                self.lanes.remove(&location);
            }
        }
        let mut outcome = outcome(kind, job.attempts, reply);
        job.note_outcome(&outcome);
        outcome.previous = job.previous;
        let row = job.row;
        self.finished.push(Finished { row, outcome });
        if let Some(reason) = self.watch.finished(kind) {
            self.stop(reason);
        }
    }

    /// Records what has finished.
    pub(super) fn record(&mut self) {
        if self.finished.is_empty() {
            return;
        }
        let had_failed = matches!(self.stopping, Some(StopReason::CannotRecord(_)));
        if !had_failed {
            match self.recorder.finished(&self.finished) {
                Ok(()) => return self.finished.clear(),
                Err(error) => self.stopping = Some(StopReason::CannotRecord(error)),
            }
        }
        for finished in self.finished.drain(..) {
            // Where there is no room for all there may be some for a few.
            if had_failed || self.recorder.finished(slice::from_ref(&finished)).is_err() {
                self.recorder.cannot_record(&finished);
                let Finished { row, outcome } = finished;
                self.unrecorded.push((row.number, outcome));
            }
        }
    }
}

fn verdict(reply: &Reply, next: Next) -> Feedback {
    match (reply, next) {
        (Reply::Answer(answer), Next::Throttled { wait }) if answer.status != 429 => {
            Feedback::Held { wait }
        }
        (_, Next::Throttled { wait }) => Feedback::Throttled { wait },
        (Reply::NoAnswer(_), _) => Feedback::Silent,
        (Reply::Answer(_), _) => Feedback::Accepted,
    }
}
