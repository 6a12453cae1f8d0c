//! What a limit that a row meets does to the row and to the pace: how long it waits, and whether others are held up
//! or slowed down by it.

use tokio::time::Instant;

use super::job::Job;
use super::throttling::Place;
use super::{Pipeline, Recorder};
use crate::engine::pace_feedback::verdict;
use crate::model::response::{ApiResult, Response};
use crate::pace::{Feedback, InFlight, PAUSE_WITHOUT_WORD};
use crate::retry::{self, RetryDecision, RetryPolicy};
use crate::webex::Service;

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// What an answer says to the pace. A refusal that is the row's own says nothing about the limit of all.
    pub(super) fn feedback(
        &mut self,
        job: &mut Job,
        lane: usize,
        ticket: InFlight,
        place: Option<Place>,
        reply: &ApiResult,
        decision: RetryDecision,
    ) -> Feedback {
        let lane = &mut self.lanes[lane];
        match (place, decision) {
            (Some(Place::AtTheEnd | Place::GivenUp), RetryDecision::Throttled { wait }) => {
                if let Some(refused) = job.taken_for_limit.take() {
                    lane.pacer.take_back(&refused);
                }
                // Nobody else is asked to wait.
                if wait.is_none() && job.waits_by_itself() {
                    Feedback::Silent
                } else {
                    Feedback::Held { wait }
                }
            }
            // One request leaves after each pause, and is refused again, however slow we are.
            (Some(Place::Aside | Place::BehindTheNext), RetryDecision::Throttled { wait })
                if ticket.left_alone() =>
            {
                let refused = job.taken_for_limit.take();
                lane.doubted = refused.map(|refused| (job.row.number, refused));
                Feedback::Held { wait }
            }
            _ => {
                let feedback = verdict(reply, decision);
                if let Feedback::Throttled { .. } = feedback {
                    job.taken_for_limit = Some(ticket);
                    lane.doubted = None;
                }
                feedback
            }
        }
    }

    /// A request of this row, which left at `departed`, was processed.
    pub(super) fn note_passed(&mut self, job: &Job, lane: usize, departed: Instant) {
        let lane = &mut self.lanes[lane];
        if let Some((row, refused)) = lane.doubted.take()
            && row != job.row.number
        {
            lane.pacer.take_back(&refused);
        }
        if lane.throttling.passed(&job.row, departed) {
            self.release(&job.row, job.queue);
        }
    }

    /// Where a row goes that was rate limited.
    pub(super) fn place_after_wait(
        &mut self,
        job: &mut Job,
        lane: usize,
        decision: RetryDecision,
        departed: Instant,
        now: Instant,
    ) -> Option<Place> {
        let mut first = self.policy.first.into_iter();
        let is_last = self.is_all_admitted || first.any(|first| self.begun >= first);
        let throttling = &mut self.lanes[lane].throttling;
        matches!(decision, RetryDecision::Throttled { .. })
            .then(|| throttling.refused(job, departed, now, is_last))
    }

    /// The row was rate limited.
    pub(super) fn wait(
        &mut self,
        mut job: Job,
        lane: usize,
        reply: ApiResult,
        place: Place,
        now: Instant,
    ) {
        self.throttled += 1;
        match place {
            Place::GivenUp => {
                let times = job.throttles;
                let has_any_passed = self.lanes[lane].throttling.has_any_passed();
                let reply = reply.map(|response| Response {
                    message: format!(
                        "rate limited {times} times{}: {}",
                        if has_any_passed {
                            " while others passed"
                        } else {
                            ""
                        },
                        response.message
                    )
                    .into(),
                    ..response
                });
                self.give_up(job, reply);
            }
            Place::First => {
                job.note_result(reply);
                self.send_again(job);
            }
            Place::BehindTheNext => {
                job.note_result(reply);
                let status = self.lanes[lane].pacer.status(now);
                let opens = status.closed_until.unwrap_or(now);
                let doublings = job.throttles.saturating_sub(2).min(16);
                let RetryPolicy {
                    first_delay,
                    longest_delay,
                    ..
                } = self.policy.retry;
                let due = opens
                    + first_delay
                        .saturating_mul(1 << doublings)
                        .min(longest_delay);
                self.back_off(job, due);
            }
            Place::AtTheEnd if retry::announced_wait(&reply).is_none() => {
                job.note_result(reply);
                self.back_off(job, now + PAUSE_WITHOUT_WORD);
            }
            Place::Aside | Place::AtTheEnd => {
                job.note_result(reply);
                self.leave_for_the_end(job);
            }
        }
    }
}
