//! Is a number in use? Before a row clears one, the rules and the digit patterns of its location are
//! read: to clear a number to which they send calls would break those calls without a word.
//!
//! Where none of the credentials can read them (403, 404, no answer of this call) the row goes on, and says
//! that its use was not checked. So it does where only a part of them is understood, and none of that part
//! uses the number. A list of several pages is read to its end, or as far as its fiftieth page. After any
//! other failure it is not sent. Of a row that is sent without reading anything, the numbers are read where
//! rules use one that it clears: what is not set already is not taken away from them.
//!
//! Rules alone ask the other way round, which of the numbers that they use are set. A plan of them shows
//! what uses the numbers as well.

use super::job::{Job, Step};
use super::made_values::MadeValues;
use super::row_decision::saying;
use super::{Pipeline, Recorder, Task, UsageCheck};
use crate::model::change::Change;
use crate::model::outcome::{Outcome, OutcomeKind, WHERE_IN_USE, with_status};
use crate::model::response::{ApiResult, Response};
use crate::model::usage::Usage;
use crate::setting::usage_after_row;
use crate::webex::Service;

/// Why it is not known what uses the numbers, where some of it is.
pub(super) const ONLY_A_PART: &str = "only a part of the list of rules could be read";

/// Pages of one list that are read.
const MOST_PAGES: u32 = 50;

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// Whether it has to be known for this row what uses its numbers.
    pub(super) fn asks_about_usage(&self, job: &Job) -> bool {
        if self.setting.used_in.is_empty() {
            return false;
        }
        match self.policy.usage_check {
            UsageCheck::Never => false,
            // A plan shows which rules use which numbers.
            _ if self.policy.task == Task::Read && self.setting.has_rules() => true,
            _ if usage_after_row::is_rules_alone(self.setting) => {
                let changes = &job.row.changes;
                let used = usage_after_row::all_usages(self.setting, changes, None, &[]);
                !used.is_empty() && !self.setting.are_met(changes, &job.found())
            }
            UsageCheck::Always => true,
            UsageCheck::WhereCleared if self.policy.task == Task::Write => {
                job.row.changes.contains(&Change::Clear)
            }
            // What is not set need not be cleared.
            UsageCheck::WhereCleared => {
                let found = job.found();
                let mut changes = job.row.changes.iter().enumerate();
                changes
                    .any(|(index, change)| *change == Change::Clear && found.get(index).is_some())
            }
        }
    }

    /// What uses the numbers was answered, or not.
    pub(super) fn take_usage(&mut self, mut job: Job, index: usize, reply: ApiResult) {
        let is_told = matches!(&reply, Ok(response) if response.current.is_some());
        if !is_told && !is_kept_from_us(&reply) && self.clears_what_may_be_set(&job) {
            let said = match &reply {
                Ok(Response { message, .. }) => message,
                Err(error) => &error.message,
            };
            let again = if job.may_have_been_applied {
                " again"
            } else {
                ""
            };
            let said = format!(
                "not sent{again}, since it could not be checked whether rules use the numbers: {said}"
            );
            let kind = job.kind_without_effect(OutcomeKind::Failed);
            return self.finish(job, kind, saying(reply, &said));
        }
        let mut next = None;
        match &reply {
            Ok(Response {
                current: Some(numbers),
                usages,
                is_partial,
                next_page,
                ..
            }) => {
                job.usage_pages += 1;
                next.clone_from(next_page);
                let is_unread = next.is_some() && job.usage_pages == MOST_PAGES;
                if *is_partial || is_unread {
                    job.usage_fault = Some(ONLY_A_PART.into());
                }
                let all = job.usages.get_or_insert_default();
                all.extend(usages.iter().cloned());
                let fields = self.setting.used_in[index].fields.clone();
                if !fields.is_empty() {
                    let set = fields.filter(|number| numbers.get(*number).is_some());
                    job.set_numbers = Some(set.collect());
                }
                job.answer = Some(reply);
            }
            Ok(Response {
                status, message, ..
            }) => job.usage_fault = Some(with_status(*status, message).into()),
            Err(error) => job.usage_fault = Some(error.message.clone()),
        }
        job.begin_errors();
        job.usage_page = next.filter(|_| job.usage_pages < MOST_PAGES);
        if job.usage_page.is_some() {
            return self.send_again(job);
        }
        job.usage_pages = 0;
        let is_plan = self.policy.task == Task::Read;
        if index + 1 < usage_after_row::read_for_usage(self.setting, is_plan).len() {
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
        let kind = job.kind_without_effect(OutcomeKind::Conflict);
        self.finish(job, kind, saying(reply, &said));
    }

    /// Why a number of the row cannot be cleared; `None` where all can.
    pub(super) fn conflict_of_usage(&self, job: &Job) -> Option<String> {
        if self.policy.even_if_used || self.policy.usage_check == UsageCheck::Never {
            return None;
        }
        let current = self.is_read(job).then(|| job.found());
        let asked = job.usages.iter().flatten();
        let usages: Vec<Usage> = job.fixed_usages.iter().chain(asked).cloned().collect();
        let changes = &job.row.changes;
        let used = usage_after_row::numbers_in_use(
            self.setting,
            changes,
            current.as_ref(),
            &usages,
            &job.row.used_before,
        );
        (!used.is_empty()).then(|| format!("left alone: {}; {WHERE_IN_USE}", used.join("; ")))
    }

    /// What earlier rows for its location have made of fields, or of a plan would make.
    pub(super) fn made_before(&self, job: &Job) -> MadeValues {
        let made = self.made.get(&job.row.key);
        made.map(|made| made.values().clone()).unwrap_or_default()
    }

    /// What a row makes of its location: a later row for it may clear a number from which this one takes the
    /// rules away, or set one to which this one has sent calls, and may be answered from before this one.
    pub(super) fn note_made(&mut self, job: &Job, outcome: &Outcome) {
        if self.duplicates.shares(job.row.key) {
            let made = self.made.entry(job.row.key).or_default();
            made.add_row(&job.row.changes, job.previous.as_ref(), outcome);
        }
    }

    /// The rules that lead to a number that is not set, once all rows for the location are done.
    pub(super) fn left_nowhere(&self, job: &Job, kind: OutcomeKind) -> Vec<Usage> {
        if self.policy.task == Task::Read || self.duplicates.is_followed(job.row.number) {
            return Vec::new();
        }
        usage_after_row::left_nowhere(
            self.setting,
            &usage_after_row::changes_made(&job.row.changes, kind, &self.made_before(job)),
            job.previous.as_ref(),
            None,
            job.set_numbers.as_deref(),
        )
    }

    /// Whether what is there is known.
    fn is_read(&self, job: &Job) -> bool {
        self.policy.task != Task::Write || matches!(job.step, Step::Read(_))
    }

    /// Whether a number may be taken away from rules.
    fn clears_what_may_be_set(&self, job: &Job) -> bool {
        let is_set = |index: usize| !self.is_read(job) || job.current.get(index).is_some();
        let mut changes = job.row.changes.iter().enumerate();
        !self.policy.even_if_used
            && changes.any(|(index, change)| *change == Change::Clear && is_set(index))
    }
}

impl Job {
    /// What uses the numbers, where all of it is known.
    pub(super) fn told_usages(&mut self) -> Option<Vec<Usage>> {
        let mut usages = self.usages.take().filter(|_| self.usage_fault.is_none())?;
        usages.append(&mut self.fixed_usages);
        Some(usages)
    }
}

/// Whether this token will never be told.
fn is_kept_from_us(reply: &ApiResult) -> bool {
    matches!(reply, Ok(response) if matches!(response.status, 403 | 404 | 200..=299))
}
