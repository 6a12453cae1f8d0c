//! What is read back of a row whose change was confirmed. What the row asks for has to be there, and what it
//! does not ask for has to be as it was: a service may clear what a change leaves out.
//!
//! What is otherwise is read a second time after a moment, since a service may answer from before the change
//! for a while. What is otherwise still makes the row `unknown`, and its message names the fields. What the
//! change has made of them is recorded, so that an undo puts it back too. Of a setting whose changes may be
//! confirmed and ignored, a row that changed nothing is `failed`. Nothing proves that the second reading was not
//! from before the change as well, so an undo looks at such a row like at one whose change may arrive late.
//!
//! To read back each row would make a long run half as fast again. So of a run that has read the values from before,
//! only the first rows are read back that leave values alone which are set, until one of them has proved that those
//! stay, or three have proved nothing. Where one has lost such a value all that follow are read back.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use super::conflict::{self, changed_fields};
use super::job::{Job, Step};
use super::made_values::MadeByRows;
use super::row_decision::saying;
use super::{Pipeline, Recorder};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::OutcomeKind;
use crate::model::response::ApiResult;
use crate::webex::Service;

/// Between two readings of values that are from before a change, as it seems.
pub(super) const A_MOMENT: Duration = Duration::from_secs(2);

/// Rows that are read back although nothing asks for it, where they prove nothing.
const MOST_SAMPLES: u32 = 3;

/// Whether changes leave alone what they are to leave alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KeptValues {
    /// So many rows were read back and have proved nothing.
    Unproved(u32),
    Stay,
    AreLost,
}

impl Default for KeptValues {
    fn default() -> KeptValues {
        KeptValues::Unproved(0)
    }
}

const OTHER: &str = "confirmed, but other values were found when they were read back";

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    /// One resource was read back; the next one follows, or the request that waited for it, or the end.
    pub(super) fn take_confirmed_values(
        &mut self,
        mut job: Job,
        resource: usize,
        write: usize,
        current: CurrentValues,
        read: ApiResult,
    ) {
        let setting = self.setting;
        let fields = setting.resources[resource].fields.clone();
        let is_between = self.next_write(&job, write + 1).is_some();
        let asked = if is_between {
            setting.part(&setting.writes[write], &job.row.changes, &job.current)
        } else {
            job.row.changes.clone()
        };
        let unmet = fields.clone().filter(|index| {
            let change = asked.get(*index).unwrap_or(&Change::Keep);
            !setting.is_met(*index, change, current.get(*index))
        });
        let unmet: Vec<usize> = unmet.collect();
        let mut lost = self.changed_besides(&job, &fields, &asked, &current);
        if self.is_only_a_sample(&job) {
            // What the last reading before the change has shown already is of somebody else.
            lost.retain(|index| job.current.get(*index) != current.get(*index));
        }
        let Some(confirmed) = job.last.clone() else {
            return self.stay_in_doubt(job, read);
        };
        let is_as_asked = unmet.is_empty() && lost.is_empty();
        job.odd_readings = if is_as_asked { 0 } else { job.odd_readings + 1 };
        if job.odd_readings == 1 {
            return self.back_off(job, Instant::now() + A_MOMENT);
        }
        job.current = current;
        self.note_kept_values(&job, is_as_asked, &lost);
        // A sample that shows nothing of the change proves nothing either way.
        if !is_as_asked && lost.is_empty() && self.is_only_a_sample(&job) {
            return self.finish(job, OutcomeKind::Updated, confirmed);
        }
        if is_as_asked {
            if is_between {
                return self.write_from(job, write + 1, confirmed);
            }
            if resource + 1 == setting.resources.len() {
                return self.finish(job, OutcomeKind::Updated, confirmed);
            }
            let resource = resource + 1;
            job.step = Step::ReadBack { resource, write };
            return self.send_again(job);
        }
        if let Some(said) = self.ignored(&job) {
            job.done.retain(|done| *done != write);
            job.note_late(write);
            return self.finish(job, OutcomeKind::Failed, saying(confirmed, &said));
        }
        if is_between && !unmet.is_empty() {
            job.done.retain(|done| *done != write);
        }
        let mut others = unmet;
        others.extend(&lost);
        let said = self.found_otherwise(&job, &others, &asked);
        // The change of an earlier row may have put there what this one did not ask for.
        if !self.in_doubt.contains_key(&job.row.key) {
            // Nor is a reading from before the earlier rows what this one has made.
            let newest = |made: &MadeByRows| made.newest(setting, &job.current);
            let newest = self.written_before(&job).map(newest);
            let newest = newest.as_ref().unwrap_or(&job.current);
            let previous = job.previous.as_ref();
            let is_new = |index: &usize| {
                previous.is_some_and(|previous| previous.get(*index) != newest.get(*index))
            };
            others.retain(is_new);
            if (self.policy.read_back)(&job.row) {
                others.retain(|index| job.current.get(*index).is_none());
            }
            job.note_also_changed(&others, &job.current.clone());
        }
        job.last = Some(saying(confirmed, &said));
        self.stay_in_doubt(job, read);
    }

    /// Whether a row is read back only to see whether its change has left the other values alone. Several rows for one
    /// location may each be answered from before another one.
    pub(super) fn is_sample(&self, job: &Job) -> bool {
        let is_due = match self.kept_values {
            KeptValues::Unproved(samples) => samples < MOST_SAMPLES,
            KeptValues::Stay => false,
            KeptValues::AreLost => true,
        };
        is_due && !self.duplicates.shares(job.row.key) && self.keeps_some(job)
    }

    /// Whether nothing but that is why a row is read back whose change was confirmed.
    pub(super) fn is_only_a_sample(&self, job: &Job) -> bool {
        !job.may_have_been_applied
            && !self.is_always_read_back(job)
            && !self.in_doubt.contains_key(&job.row.key)
            && !self.duplicates.shares(job.row.key)
    }

    /// Whether a request that the row has sent leaves something alone that was set.
    fn keeps_some(&self, job: &Job) -> bool {
        let Some(previous) = &job.previous else {
            return false;
        };
        let mut done = job.done.iter();
        done.any(|write| {
            let mut fields = self.setting.writes[*write].resource.fields.clone();
            fields.any(|field| previous.get(field).is_some() && !self.is_done(job, field))
        })
    }

    fn note_kept_values(&mut self, job: &Job, is_as_asked: bool, lost: &[usize]) {
        if self.duplicates.shares(job.row.key) || !self.keeps_some(job) {
            return;
        }
        self.kept_values = match self.kept_values {
            KeptValues::AreLost => KeptValues::AreLost,
            _ if !lost.is_empty() => KeptValues::AreLost,
            KeptValues::Unproved(_) if is_as_asked => KeptValues::Stay,
            KeptValues::Unproved(samples) => KeptValues::Unproved(samples + 1),
            KeptValues::Stay => KeptValues::Stay,
        };
    }

    /// Fields that are not asked for and are not as they were before the row, where that is known.
    pub(super) fn changed_besides(
        &self,
        job: &Job,
        fields: &Range<usize>,
        asked: &[Change<'_>],
        found: &CurrentValues,
    ) -> Vec<usize> {
        let Some(previous) = &job.previous else {
            return Vec::new();
        };
        // The change of an earlier row may have arrived meanwhile.
        if self.in_doubt.contains_key(&job.row.key) {
            return Vec::new();
        }
        let is_kept = |index: &usize| matches!(asked.get(*index), None | Some(Change::Keep));
        let is_same = |index: &usize| match (previous.get(*index), found.get(*index)) {
            (Some(one), Some(other)) => self.setting.is_same(*index, one, other),
            (one, other) => one == other,
        };
        let kept = fields.clone().filter(is_kept);
        let kept = kept.filter(|index| !self.is_done(job, *index));
        kept.filter(|index| !is_same(index)).collect()
    }

    /// Whether a request of the row that took effect has changed this field.
    pub(super) fn is_done(&self, job: &Job, field: usize) -> bool {
        let none = CurrentValues::default();
        job.done.iter().any(|write| {
            let request = &self.setting.writes[*write];
            let part = self.setting.part(request, &job.row.changes, &none);
            part.get(field)
                .is_some_and(|change| *change != Change::Keep)
        })
    }

    /// What to say of a row whose change was confirmed and has changed nothing.
    fn ignored(&self, job: &Job) -> Option<String> {
        let why = self.setting.when_ignored?;
        let previous = job.previous.as_ref()?;
        let is_as_before = changed_fields(self.setting, previous, &job.current)
            .next()
            .is_none();
        let said = format!(
            "Webex answered with a success, and the values were read back as before: perhaps {why}"
        );
        // The change of an earlier row may have put that there.
        let may_be_overtaken = self.in_doubt.contains_key(&job.row.key);
        (is_as_before && !may_be_overtaken).then_some(said)
    }

    /// What to say of a row that was confirmed and whose values are others all the same.
    fn found_otherwise(&self, job: &Job, others: &[usize], asked: &[Change<'_>]) -> String {
        let setting = self.setting;
        let noun = setting.target.noun;
        if self.in_doubt.contains_key(&job.row.key) {
            return format!(
                "confirmed, but the change of an earlier row for the same {noun} may have arrived after it"
            );
        }
        let previous = job.previous.as_ref();
        let found = conflict::found_otherwise(setting, others, asked, previous, &job.current);
        let said = format!("{OTHER}: {found}");
        let is_asked = |index: &usize| asked.get(*index).is_some_and(|one| *one != Change::Keep);
        match setting.when_ignored.filter(|_| others.iter().any(is_asked)) {
            Some(why) => format!("{said}. Perhaps {why}"),
            None => said,
        }
    }
}

impl Job {
    pub(super) fn note_also_changed(&mut self, fields: &[usize], found: &CurrentValues) {
        let found = fields
            .iter()
            .map(|index| (*index, found.text(*index).into()));
        self.also_changed.extend(found);
    }
}
