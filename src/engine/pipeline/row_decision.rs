//! What becomes of a row once it is known what is there: nothing, a conflict, or its requests, one
//! after the other. A row that was on its way when an earlier run ended goes on with those that have
//! not taken effect.

use std::collections::HashSet;

use tokio::time::Instant;

use super::confirmed_values::A_MOMENT;
use super::conflict;
use super::job::{Job, Step};
use super::made_values::MadeByRows;
use super::possible_values::LastKnown;
use super::usage_check::ONLY_A_PART;
use super::{Pipeline, Recorder, Task};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::OutcomeKind;
use crate::model::response::{ApiResult, Response, TransportError};
use crate::model::row::TargetKey;
use crate::model::usage::Usage;
use crate::setting::usage_after_row::is_rules_alone;
use crate::setting::{self, Setting, usage_after_row};
use crate::webex::Service;

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// One resource was read; the next one follows, or what uses the numbers, or the change.
    pub(super) fn take_current(&mut self, mut job: Job, index: usize, mut reply: ApiResult) {
        let Ok(Response {
            current: Some(values),
            restricted,
            usages,
            is_partial,
            next_page,
            ..
        }) = &mut reply
        else {
            return self.finish(job, OutcomeKind::Failed, reply);
        };
        let fields = self.setting.resources[index].fields.clone();
        job.current.put(fields.start, fields.len(), values);
        let restricted = restricted.iter().map(|field| fields.start + field);
        job.restricted.extend(restricted);
        job.fixed_usages.append(usages);
        if self.policy.task == Task::ReadThenWrite {
            if let Some(made) = self.written_before(&job) {
                job.current = made.newest(self.setting, &job.current);
            }
        } else {
            job.set_before = self.made_before(&job);
        }
        let is_partial = *is_partial || next_page.is_some();
        job.has_read_bare = false;
        job.begin_errors();
        if index + 1 < self.setting.resources.len() {
            job.step = Step::Read(index + 1);
            self.send_again(job);
        } else if self.policy.task == Task::Write {
            self.settle_usage(job, reply);
        } else if self.asks_about_usage(&job) {
            // Before rules alone are changed it is only asked which numbers are set.
            if is_partial && (self.policy.task == Task::Read || !is_rules_alone(self.setting)) {
                job.usage_fault = Some(ONLY_A_PART.into());
            }
            job.answer = Some(reply);
            job.step = Step::Usage(0);
            self.send_again(job);
        } else {
            self.settle(job, reply);
        }
    }

    /// All that has to be known is.
    pub(super) fn settle(&mut self, mut job: Job, reply: ApiResult) {
        let setting = self.setting;
        let is_write = self.policy.task != Task::Read;
        let is_always_sent = self.policy.always_sent.contains(&job.row.number);
        let as_before = self.perhaps_from_before_the_run(&job);
        if !as_before.is_empty() && job.readings_as_before == 0 {
            job.readings_as_before += 1;
            job.ask_again();
            return self.back_off(job, Instant::now() + A_MOMENT);
        }
        job.current = self.newer_by_the_run(&job, &as_before);
        let made = self.written_before(&job);
        let leaves_in_doubt = |made: &MadeByRows| {
            is_write && made.leaves_in_doubt(setting, &job.row.changes, &job.current)
        };
        let is_open = is_always_sent || made.is_some_and(leaves_in_doubt);
        let are_met = !is_open && setting.are_met(&job.row.changes, &job.found());
        if let Some(previous) = job.previous.take() {
            return self.go_on(job, previous, are_met, reply);
        }
        let current = job.current.clone();
        let previous = job.previous.insert(current);
        if are_met {
            return self.finish(job, OutcomeKind::Unchanged, reply);
        }
        if is_write && !setting.is_as_expected(&job.row.expected, previous) {
            let said =
                conflict::not_as_expected(setting, &job.row.expected, &job.row.changes, previous);
            if self.duplicates.shares(job.row.key) {
                let known = || LastKnown::not_as_expected(setting, &job.row.expected, previous);
                self.last_known.entry(job.row.key).or_insert_with(known);
            }
            return self.finish(job, OutcomeKind::Conflict, saying(reply, &said));
        }
        if is_write && let Some(known) = self.last_known.get(&job.row.key) {
            let others = known.others(setting, previous);
            if !others.is_empty() {
                let before = known.before();
                let said = conflict::since_the_last_run(setting, &others, &[], before, previous);
                return self.finish(job, OutcomeKind::Conflict, saying(reply, &said));
            }
        }
        if let Some(said) = conflict::restricted(setting, &job) {
            return self.finish(job, OutcomeKind::Failed, saying(reply, &said));
        }
        if let Some(said) = self.conflict_of_usage(&job) {
            return self.finish(job, OutcomeKind::Conflict, saying(reply, &said));
        }
        if !is_write {
            let restricted = conflict::restricted_in_export(setting, &job);
            let reply = if restricted.is_empty() {
                reply
            } else {
                saying(reply, &restricted)
            };
            return self.finish(job, OutcomeKind::Different, reply);
        }
        job.may_have_been_applied = false;
        job.is_previous_recorded = false;
        self.write_from(job, 0, reply);
    }

    /// What earlier rows for its location have written. Rows that are always sent are to show what the service makes
    /// of them, which may be something else.
    pub(super) fn written_before(&self, job: &Job) -> Option<&MadeByRows> {
        let made = self.made.get(&job.row.key);
        made.filter(|_| self.policy.always_sent.is_empty())
    }

    /// Fields that an undo finds as they were before the run, which may have set them to something else: a service
    /// may answer from before a change for a while. What the undo itself has put back is no such reading.
    fn perhaps_from_before_the_run(&self, job: &Job) -> Vec<usize> {
        let is_open = |back: &HashSet<TargetKey>| !back.contains(&job.row.key);
        if job.may_have_been_applied || !self.policy.back_already.as_ref().is_some_and(is_open) {
            return Vec::new();
        }
        let setting = self.setting;
        let fields = job.row.expected.iter().enumerate();
        let as_before = fields.filter(|(index, expected)| {
            let found = job.current.get(*index);
            let is_met = |change: &Change<'_>| setting.is_met(*index, change, found);
            expected.last().is_some_and(is_met)
                && !set_by_run(expected).iter().all(is_met)
                && !self.is_done(job, *index)
        });
        as_before.map(|(index, _)| index).collect()
    }

    /// What is there where two readings show fields as they were before the run: where the run has set something else
    /// last, that is newer. To put it back does no harm where it is back already.
    fn newer_by_the_run(&self, job: &Job, as_before: &[usize]) -> CurrentValues {
        let newer = as_before.iter().filter_map(|index| {
            let last = set_by_run(job.row.expected.get(*index)?).last()?;
            let found = job.current.get(*index);
            let is_old = !self.setting.is_met(*index, last, found);
            Some((*index, last.field().filter(|_| is_old)?.into()))
        });
        job.current.with(&newer.collect::<Vec<_>>())
    }

    /// A try of the row may have taken effect, of which an earlier run or this one has not heard, or some of its
    /// requests have; and `previous` was there before.
    fn go_on(&mut self, mut job: Job, previous: CurrentValues, are_met: bool, reply: ApiResult) {
        let setting = self.setting;
        let current = &job.current;
        self.recorder.read_back(&job.row, current);
        if !are_met {
            let is_done = |part: &Vec<Change<'_>>| {
                part.iter().any(|change| *change != Change::Keep) && setting.are_met(part, current)
            };
            let parts = setting.writes.iter().enumerate().map(|(index, request)| {
                (index, setting.part(request, &job.row.changes, &previous))
            });
            let done: Vec<_> = parts
                .filter(|(index, part)| job.done.contains(index) || is_done(part))
                .collect();
            let of_field = |field: usize| {
                let mut changes = done.iter().filter_map(|(_, part)| part.get(field));
                changes.find(|change| **change != Change::Keep)
            };
            let fields = 0..setting.fields.len();
            let own = fields.map(|field| of_field(field).unwrap_or(&Change::Keep).clone());
            let own: Vec<Change<'_>> = own.collect();
            // Once this run has begun it, what the row does not ask for may change.
            let is_of_row =
                |field: usize| job.done.is_empty() || is_asked_for(setting, &job, field);
            let is_others = |field: &usize| match &own[*field] {
                Change::Keep => previous.get(*field) != current.get(*field) && is_of_row(*field),
                change => !setting.is_met(*field, change, current.get(*field)),
            };
            let others: Vec<usize> = (0..own.len()).filter(is_others).collect();
            let conflict = if others.is_empty() {
                self.conflict_of_usage(&job)
            } else {
                let said = conflict::since_the_last_run(setting, &others, &own, &previous, current);
                // What is there is not ours for the rows that follow either.
                if self.duplicates.shares(job.row.key) {
                    let known = LastKnown::left_alone(previous.clone());
                    self.last_known.insert(job.row.key, known);
                }
                Some(said)
            };
            job.done = done.into_iter().map(|(index, _)| index).collect();
            job.previous = Some(previous);
            if let Some(said) = conflict {
                return self.finish(job, OutcomeKind::Conflict, saying(reply, &said));
            }
            job.may_have_been_applied = false;
            return self.write_from(job, 0, reply);
        }
        job.previous = Some(previous);
        self.finish(job, OutcomeKind::Updated, reply);
    }

    /// Sends the first request from `index` on that has something to change; where there is none the
    /// row is done.
    pub(super) fn write_from(&mut self, mut job: Job, index: usize, reply: ApiResult) {
        let Some(next) = self.next_write(&job, index) else {
            return self.finish(job, OutcomeKind::Updated, reply);
        };
        job.step = Step::Write(next);
        job.begin_errors();
        job.errors_before = None;
        job.last = (!job.done.is_empty()).then_some(reply);
        self.send_again(job);
    }

    /// The first request from `index` on that has something to change.
    pub(super) fn next_write(&self, job: &Job, index: usize) -> Option<usize> {
        let changes = |index: &usize| {
            let request = &self.setting.writes[*index];
            let part = self.setting.part(request, &job.row.changes, &job.current);
            part.iter().any(|change| *change != Change::Keep)
        };
        (index..self.setting.writes.len()).find(changes)
    }
}

impl Job {
    /// A reply that says, besides, what of the row is done and what is not, where that is not all; that
    /// the use of its numbers is not known; and which of its rules lead nowhere.
    pub(super) fn telling(
        &self,
        setting: &Setting,
        kind: OutcomeKind,
        reply: ApiResult,
        nowhere: &[Usage],
    ) -> ApiResult {
        let mut said = Vec::new();
        let is_partly = matches!(kind, OutcomeKind::Partly | OutcomeKind::Unknown);
        if is_partly && !self.done.is_empty() {
            let before = self.previous.as_ref().unwrap_or(&self.current);
            let columns = |is_done: bool| {
                let writes = setting.writes.iter().enumerate();
                let writes = writes.filter(|(index, _)| self.done.contains(index) == is_done);
                let columns = writes.map(|(_, request)| {
                    let part = setting.part(request, &self.row.changes, before);
                    setting::columns_of(setting, &part)
                });
                let columns = columns.filter(|columns| !columns.is_empty());
                columns.collect::<Vec<_>>().join(", ")
            };
            let others = columns(false);
            // Where all are confirmed, the reply says what is in doubt.
            if !others.is_empty() {
                said.push(format!("{} changed", columns(true)));
                said.push(match kind {
                    OutcomeKind::Partly => format!("{others} not"),
                    _ => format!("{others} perhaps"),
                });
            }
        }
        let is_told = !matches!(kind, OutcomeKind::Failed | OutcomeKind::Conflict);
        if let (Some(fault), true) = (&self.usage_fault, is_told) {
            let what = if is_rules_alone(setting) && self.set_numbers.is_none() {
                "the numbers are set that the rules use"
            } else {
                "rules use the numbers"
            };
            said.push(format!("it could not be checked whether {what}: {fault}"));
        }
        said.extend(nowhere.iter().map(usage_after_row::say_nowhere));
        if said.is_empty() {
            return reply;
        }
        let own = match &reply {
            Ok(response) => &*response.message,
            Err(error) => &*error.message,
        };
        if !own.is_empty() {
            said.push(own.to_string());
        }
        saying(reply, &said.join("; "))
    }
}

impl Job {
    /// The fields of those requests that certainly had no effect, where others of the row had one or may
    /// have: they were refused, or never sent.
    pub(super) fn untouched(&self, setting: &Setting, kind: OutcomeKind) -> Vec<usize> {
        let in_doubt = match (kind, self.step) {
            (OutcomeKind::Partly, _) => None,
            (OutcomeKind::Unknown, Step::Write(write) | Step::ReadBack { write, .. }) => {
                Some(write)
            }
            // One that may arrive late is not over, whatever the outcome.
            (OutcomeKind::Failed | OutcomeKind::Conflict, _)
                if !self.may_arrive_late.is_empty() =>
            {
                None
            }
            _ => return Vec::new(),
        };
        let before = self.previous.as_ref().unwrap_or(&self.current);
        let writes = setting.writes.iter().enumerate();
        let had_effect = writes.filter(|(index, _)| {
            let is_late = self.may_arrive_late.contains(index);
            is_late || self.done.contains(index) || in_doubt == Some(*index)
        });
        let parts = had_effect.map(|(_, request)| setting.part(request, &self.row.changes, before));
        let parts: Vec<Vec<Change<'_>>> = parts.collect();
        let is_touched = |field: &usize| {
            let mut parts = parts.iter();
            parts.any(|part| {
                part.get(*field)
                    .is_some_and(|change| *change != Change::Keep)
            })
        };
        let fields = 0..self.row.changes.len();
        fields.filter(|field| !is_touched(field)).collect()
    }
}

/// What an undo may find of a field that the run has set. The last of what it may find is what it asks for.
fn set_by_run<'e, 'c>(expected: &'e [Change<'c>]) -> &'e [Change<'c>] {
    expected.split_last().map_or(&[], |(_, set)| set)
}

/// Whether a row asks for a field, or for the other one of its call type.
fn is_asked_for(setting: &Setting, job: &Job, field: usize) -> bool {
    let asked = setting.fields.iter().zip(&job.row.changes);
    let mut asked = asked.filter(|(_, change)| **change != Change::Keep);
    asked.any(|(asked, _)| asked.name == setting.fields[field].name)
}

/// The reply with another message.
pub(super) fn saying(result: ApiResult, message: &str) -> ApiResult {
    let message = message.into();
    match result {
        Ok(response) => Ok(Response {
            message,
            ..response
        }),
        Err(error) => Err(TransportError { message, ..error }),
    }
}
