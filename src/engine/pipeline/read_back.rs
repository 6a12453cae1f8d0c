//! Rows in doubt: a change that was not answered with a success, and yet may have been applied, is
//! `failed` only when a read proves that it was not. Its values are read back once, in every run.
//!
//! | found | the row is |
//! |---|---|
//! | what it asks for | `updated` |
//! | what was there before, where that is known | `failed` |
//! | no such place, which is how the change was refused too | `failed` |
//! | anything else, or nothing can be read | `unknown` |
//!
//! The first rows of a run that somebody wants to see are read back although their changes were
//! confirmed: other values than asked for make such a row `unknown`. So are rows whose changes were confirmed
//! with other values than they asked for (`confirmed_values.rs`), or with something beside them that such an
//! answer does not have, and then before anything else of the row is sent, which would rely on them. So are
//! all rows of a setting whose changes the service may confirm and ignore: the values from before, read twice, make
//! such a row `failed`. Of other runs that have read the values from before, a sample is read back
//! (`confirmed_values.rs`).
//!
//! A change in doubt may also arrive late, after it was read back: its outcome says so
//! (`may_arrive_late`), and undo and later runs look at the row as at an `unknown` one. It may arrive after
//! the change of a later row for the same location. Such rows are read back at the end of the run, also where the earlier row was sent by an
//! earlier part of it.

use std::collections::VecDeque;

use super::conflict::{self, changed_fields};
use super::job::{Confirmed, Job, Step};
use super::possible_values::LastKnown;
use super::row_decision::saying;
use super::{Pipeline, Recorder, Task};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{NOT_READ_BACK, OutcomeKind};
use crate::model::response::{ApiResult, Body, Response};
use crate::webex::Service;

/// What is said of a row whose change was found although no success had come back.
const FOUND_AS_ASKED: &str =
    "the change was not confirmed, but the values were read back and are as asked";

/// What is said where others changed with it.
const FOUND_AND_OTHERS: &str = "the change was not confirmed; it was found when the values were read back, and others had changed with it";

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// One request of the row was confirmed.
    pub(super) fn take_success(&mut self, mut job: Job, write: usize, result: ApiResult) {
        job.may_have_been_applied = false;
        let is_otherwise = self.is_confirmed_otherwise(&job, write, &result);
        if is_otherwise {
            job.confirmed = Confirmed::Otherwise;
        }
        job.done.push(write);
        if self.next_write(&job, write + 1).is_some() {
            if is_otherwise {
                let resource = self.resource_of(write);
                job.last = Some(result);
                job.step = Step::ReadBack { resource, write };
                job.errors = 0;
                self.send_again(job);
            } else {
                self.write_from(job, write + 1, result);
            }
        } else if self.may_be_overtaken(&job) {
            job.last = Some(result);
            job.step = Step::ReadBack { resource: 0, write };
            self.leave_for_the_end(job);
        } else if self.is_always_read_back(&job) || self.is_sample(&job) {
            job.last = Some(result);
            job.step = Step::ReadBack { resource: 0, write };
            job.errors = 0;
            self.send_again(job);
        } else {
            self.finish(job, OutcomeKind::Updated, result);
        }
    }

    /// Whether a row is read back although its change was confirmed.
    pub(super) fn is_always_read_back(&self, job: &Job) -> bool {
        self.policy.first.is_some()
            || (self.policy.read_back)(&job.row)
            || self.setting.when_ignored.is_some()
            || job.confirmed == Confirmed::Otherwise
    }

    /// Whether the confirmation of a change names other values than the change asks for, or says something
    /// beside them.
    fn is_confirmed_otherwise(&self, job: &Job, write: usize, result: &ApiResult) -> bool {
        let Ok(Response {
            current: Some(values),
            body,
            ..
        }) = result
        else {
            return false;
        };
        if *body == Body::Mixed {
            return true;
        }
        let request = &self.setting.writes[write];
        let fields = request.resource.fields.clone();
        let mut current = job.current.clone();
        current.put(fields.start, fields.len(), values);
        let part = self.setting.part(request, &job.row.changes, &job.current);
        !self.setting.are_met(&part, &current)
    }

    /// The row is not tried again after `result`.
    pub(super) fn give_up(&mut self, mut job: Job, result: ApiResult) {
        match job.step {
            Step::ReadBack { .. } => {
                let refused = job
                    .last
                    .take_if(|last| is_nowhere(last) && is_nowhere(&result));
                match refused {
                    Some(refused) => {
                        // Nothing can arrive at a place that is not there.
                        job.may_arrive_late.clear();
                        self.finish(job, OutcomeKind::Failed, refused);
                    }
                    None => self.stay_in_doubt(job, result),
                }
            }
            Step::Usage(index) => self.take_usage(job, index, result),
            // Whether what it clears is set stays unknown.
            Step::Read(_) if self.policy.task == Task::Write => {
                job.step = Step::Usage(0);
                let answer = job.answer.take().unwrap_or(result);
                self.settle_usage(job, answer);
            }
            _ if !job.may_have_been_applied => self.finish(job, OutcomeKind::Failed, result),
            Step::Write(write) => {
                job.last = Some(result);
                let resource = self.resource_of(write);
                job.step = Step::ReadBack { resource, write };
                job.errors = 0;
                self.send_again(job);
            }
            // It was on the wire when an earlier run ended, and what came of it cannot be read.
            Step::Read(_) => self.finish(job, OutcomeKind::Unknown, result),
        }
    }

    /// Which of the resources a request changes.
    fn resource_of(&self, write: usize) -> usize {
        let wanted = self.setting.writes[write].resource;
        let mut resources = self.setting.resources.iter();
        let found = resources.position(|resource| resource.path == wanted.path);
        found.unwrap_or_default()
    }

    pub(super) fn take_read_back(
        &mut self,
        mut job: Job,
        resource: usize,
        write: usize,
        result: ApiResult,
    ) {
        let Ok(Response {
            current: Some(values),
            ..
        }) = &result
        else {
            return self.stay_in_doubt(job, result);
        };
        let setting = self.setting;
        let fields = setting.resources[resource].fields.clone();
        let mut current = job.current.clone();
        current.put(fields.start, fields.len(), values);
        self.recorder.read_back(&job.row, &current);
        if !job.may_have_been_applied {
            return self.take_confirmed_values(job, resource, write, current, result);
        }
        let part = setting.part(&setting.writes[write], &job.row.changes, &job.current);
        if setting.are_met(&part, &current) {
            let lost = self.changed_besides(&job, &fields, &part, &current);
            if !lost.is_empty() {
                let previous = job.previous.as_ref();
                let said = conflict::found_otherwise(setting, &lost, &part, previous, &current);
                let said = format!("{FOUND_AND_OTHERS}: {said}");
                job.note_also_changed(&lost, &current);
                return self.finish(job, OutcomeKind::Unknown, saying(result, &said));
            }
            let found = saying(result, FOUND_AS_ASKED);
            job.may_have_been_applied = false;
            job.done.push(write);
            return self.write_from(job, write + 1, found);
        }
        let is_ours_already = |field: &usize| {
            let mut done = job.done.iter();
            done.any(|index| {
                let request = &setting.writes[*index];
                let part = setting.part(request, &job.row.changes, &CurrentValues::default());
                part.get(*field).is_some_and(|one| *one != Change::Keep)
            })
        };
        let is_as_before = job.previous.as_ref().is_some_and(|previous| {
            let changed = changed_fields(setting, previous, &current);
            let mut changed = changed.filter(|field| !is_ours_already(field));
            !changed.any(|field| fields.contains(&field))
        });
        match job.last.clone() {
            Some(refused) if is_as_before => {
                job.may_have_been_applied = false;
                self.finish(job, OutcomeKind::Failed, refused);
            }
            _ => self.stay_in_doubt(job, result),
        }
    }

    /// Its result is that of the last try to write.
    pub(super) fn stay_in_doubt(&mut self, mut job: Job, read: ApiResult) {
        let is_read = matches!(&read, Ok(response) if response.current.is_some());
        if !is_read
            && self.is_only_a_sample(&job)
            && let Some(confirmed) = job.last.take()
        {
            return self.finish(job, OutcomeKind::Updated, confirmed);
        }
        let written = job.last.take().unwrap_or(read);
        let written = if job.may_have_been_applied || is_read {
            written
        } else {
            saying(written, NOT_READ_BACK)
        };
        self.finish(job, OutcomeKind::Unknown, written);
    }

    /// A change of this row may arrive late: later rows for the location are not to be believed
    /// before they are read back.
    pub(super) fn note_doubt(&mut self, job: &Job) {
        if job.may_have_been_applied && self.duplicates.shares(job.row.key) {
            self.in_doubt.entry(job.row.key).or_insert(job.row.number);
        }
    }

    /// What may be there after a row that was sent: later rows for the location are left alone where it
    /// is something else. A service may answer the next reading from before the change.
    pub(super) fn note_what_is_known(&mut self, job: &Job, kind: OutcomeKind) {
        let Some(before) = &job.previous else {
            return;
        };
        let key = job.row.key;
        if !self.duplicates.shares(key) {
            return;
        }
        let earlier = self.in_doubt.get(&key);
        let is_last_word = earlier.is_none_or(|row| *row == job.row.number);
        match kind {
            OutcomeKind::Updated if !is_last_word => {
                self.last_known.remove(&key);
            }
            OutcomeKind::Updated | OutcomeKind::Unknown | OutcomeKind::Partly => {
                let mut sent = job.row.changes.clone();
                if (self.policy.read_back)(&job.row) {
                    for (field, _) in &job.also_changed {
                        sent[*field] = Change::Clear;
                    }
                }
                let known = LastKnown::perhaps_changed(before.clone(), sent);
                self.last_known.insert(key, known);
            }
            _ => {}
        }
    }

    /// Its own late change does no harm, nor does any where another row follows.
    fn may_be_overtaken(&self, job: &Job) -> bool {
        let earlier = self.in_doubt.get(&job.row.key);
        let followers = self.followers.get(&job.row.key);
        earlier.is_some_and(|row| *row != job.row.number)
            && followers.is_none_or(VecDeque::is_empty)
    }
}

impl Job {
    /// What is said of a row that stays without its outcome, where its change was confirmed.
    pub(super) fn telling_whether_it_was_read_back(&self, reply: ApiResult) -> ApiResult {
        let is_read_back = matches!(self.step, Step::ReadBack { .. });
        if is_read_back && !self.may_have_been_applied && is_success(&reply) {
            saying(reply, NOT_READ_BACK)
        } else {
            reply
        }
    }
}

fn is_success(result: &ApiResult) -> bool {
    matches!(result, Ok(response) if (200..300).contains(&response.status))
}

/// What is not there cannot have been changed.
fn is_nowhere(result: &ApiResult) -> bool {
    matches!(result, Ok(response) if response.status == 404)
}
