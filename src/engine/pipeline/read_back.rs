//! Rows in doubt: a change that was not answered with a success, and yet may have been applied, is
//! `failed` only when a read proves that it was not. Its values are read back once, in every run.
//!
//! | found | the row is |
//! |---|---|
//! | what it asks for | `updated` |
//! | what was there before, where that is known | `failed` |
//! | anything else, or nothing can be read | `unknown` |
//!
//! A change in doubt may also arrive late, and so after the change of a later row for the same
//! location. Such rows are read back at the end of the run.

use std::collections::VecDeque;

use super::conflict::changed_fields;
use super::job::{Job, Step};
use super::settled::saying;
use super::{Pipeline, Recorder};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::OutcomeKind;
use crate::model::response::{ApiResult, Response};
use crate::webex::Service;

/// What is said of a row whose change was found although no success had come back.
const FOUND_AS_ASKED: &str =
    "the change was not confirmed, but the values were read back and are as asked";

/// What is said of a row that was confirmed and whose values are others all the same.
const OVERTAKEN: &str =
    "confirmed, but the change of an earlier row for the same location may have arrived after it";

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// One request of the row was confirmed.
    pub(super) fn take_success(&mut self, mut job: Job, write: usize, result: ApiResult) {
        job.may_have_been_applied = false;
        job.done.push(write);
        if self.next_write(&job, write + 1).is_none() && self.may_be_overtaken(&job) {
            job.last = Some(result);
            job.step = Step::ReadBack { resource: 0, write };
            self.at_the_end.push_back(job);
        } else {
            self.write_from(job, write + 1, result);
        }
    }

    /// The row is not tried again after `result`.
    pub(super) fn give_up(&mut self, mut job: Job, result: ApiResult) {
        match job.step {
            Step::ReadBack { .. } => self.stay_in_doubt(job, result),
            Step::Usage(index) => self.take_usage(job, index, result),
            _ if !job.may_have_been_applied => self.finish(job, OutcomeKind::Failed, result),
            Step::Write(write) => {
                job.last = Some(result);
                let resource = self.resource_of(write);
                job.step = Step::ReadBack { resource, write };
                job.errors = 0;
                self.ready.push_front(job);
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
        if !job.may_have_been_applied {
            let of_resource = (0..job.row.changes.len()).filter(|index| fields.contains(index));
            let mut of_resource = of_resource.map(|index| (index, &job.row.changes[index]));
            let is_as_asked = of_resource
                .all(|(index, change)| setting.is_met(index, change, current.get(index)));
            return match job.last.clone() {
                Some(_) if is_as_asked && resource + 1 < setting.resources.len() => {
                    let resource = resource + 1;
                    job.step = Step::ReadBack { resource, write };
                    self.ready.push_front(job);
                }
                Some(confirmed) if is_as_asked => {
                    self.finish(job, OutcomeKind::Updated, confirmed);
                }
                _ => self.stay_in_doubt(job, result),
            };
        }
        let part = setting.part(&setting.writes[write], &job.row.changes, &job.current);
        if setting.are_met(&part, &current) {
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
    fn stay_in_doubt(&mut self, mut job: Job, read: ApiResult) {
        let written = job.last.take().unwrap_or(read);
        let written = if job.may_have_been_applied {
            written
        } else {
            saying(written, OVERTAKEN)
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

    /// Its own late change does no harm, nor does any where another row follows.
    fn may_be_overtaken(&self, job: &Job) -> bool {
        let earlier = self.in_doubt.get(&job.row.key);
        let followers = self.lanes.get(&job.row.key);
        earlier.is_some_and(|row| *row != job.row.number)
            && followers.is_none_or(VecDeque::is_empty)
    }
}
