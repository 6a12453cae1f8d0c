//! Is a number in use? Before a row clears one, the rules and the digit patterns of its location are
//! read: to clear a number to which they send calls would break those calls without a word.
//!
//! Where they cannot be read the row goes on, and says that its use was not checked. Of a row that is sent
//! without reading anything, the numbers are read where rules use one that it clears: what is not set
//! already is not taken away from them.
//!
//! A plan of rules alone asks the other way round, which of the numbers that its rules use are set.

use super::job::{Job, Step};
use super::row_decision::saying;
use super::{Pipeline, Recorder, Task, UsageCheck};
use crate::model::change::Change;
use crate::model::outcome::{OutcomeKind, WHERE_IN_USE, with_status};
use crate::model::response::{ApiResult, Response};
use crate::setting::usage_after_row;
use crate::webex::Service;

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// Whether it has to be known for this row what uses its numbers.
    pub(super) fn asks_about_usage(&self, job: &Job) -> bool {
        if self.setting.used_in.is_empty() {
            return false;
        }
        match self.policy.usage_check {
            UsageCheck::Never => false,
            UsageCheck::Always => true,
            UsageCheck::WhereCleared if usage_after_row::numbers_of(self.setting).is_empty() => {
                let changes = &job.row.changes;
                let used =
                    usage_after_row::all_usages(self.setting, changes, Some(&job.current), &[]);
                self.policy.task == Task::Read && !used.is_empty()
            }
            // A plan shows which rules use which numbers.
            UsageCheck::WhereCleared
                if self.policy.task == Task::Read && !self.setting.is_one_resource() =>
            {
                true
            }
            UsageCheck::WhereCleared if self.policy.task == Task::Write => {
                job.row.changes.contains(&Change::Clear)
            }
            // What is not set need not be cleared.
            UsageCheck::WhereCleared => {
                let mut changes = job.row.changes.iter().enumerate();
                changes.any(|(index, change)| {
                    *change == Change::Clear && job.current.get(index).is_some()
                })
            }
        }
    }

    /// What uses the numbers was answered, or not.
    pub(super) fn take_usage(&mut self, mut job: Job, index: usize, reply: ApiResult) {
        match &reply {
            Ok(Response {
                current: Some(numbers),
                usages,
                ..
            }) => {
                let all = job.usages.get_or_insert_default();
                all.extend(usages.iter().cloned());
                if usage_after_row::numbers_of(self.setting).is_empty() {
                    let changes = &job.row.changes;
                    let nowhere = usage_after_row::leading_nowhere(
                        self.setting,
                        changes,
                        &job.current,
                        numbers,
                    );
                    all.extend(nowhere);
                }
                job.answer = Some(reply);
            }
            Ok(Response {
                status, message, ..
            }) => job.usage_fault = Some(with_status(*status, message).into()),
            Err(error) => job.usage_fault = Some(error.message.clone()),
        }
        job.errors = 0;
        if index + 1 < self.setting.used_in.len() {
            job.step = Step::Usage(index + 1);
            self.send_again(job);
            return;
        }
        let answer = job.answer.take();
        if self.policy.task != Task::Write {
            // Without an answer to the first question there would have been none to this.
            return match answer {
                Some(answer) => self.settle(job, answer),
                None => self.finish(job, OutcomeKind::Failed, Ok(Response::default())),
            };
        }
        job.step = if self.conflict_of_usage(&job).is_some() {
            job.answer = answer;
            Step::Read(0)
        } else {
            Step::Write(0)
        };
        job.last = None;
        self.send_again(job);
    }

    /// Of a row that is sent without reading anything: rules use a number that it clears, and it is known
    /// which numbers are set, or cannot be known.
    pub(super) fn settle_usage(&mut self, mut job: Job, reply: ApiResult) {
        let Some(said) = self.conflict_of_usage(&job) else {
            job.step = Step::Write(0);
            job.last = None;
            return self.send_again(job);
        };
        let kind = if job.may_have_been_applied {
            OutcomeKind::Unknown
        } else {
            OutcomeKind::Conflict
        };
        self.finish(job, kind, saying(reply, &said));
    }

    /// Why a number of the row cannot be cleared; `None` where all can.
    pub(super) fn conflict_of_usage(&self, job: &Job) -> Option<String> {
        if self.policy.usage_check == UsageCheck::Never {
            return None;
        }
        let is_read = self.policy.task != Task::Write || matches!(job.step, Step::Read(_));
        let current = is_read.then_some(&job.current);
        let usages = job.usages.as_deref().unwrap_or_default();
        let used = usage_after_row::numbers_in_use(self.setting, &job.row.changes, current, usages);
        (!used.is_empty()).then(|| format!("left alone: {}; {WHERE_IN_USE}", used.join("; ")))
    }
}
