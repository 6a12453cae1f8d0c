//! What a run's journal tells, put together for the page.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;

use super::changes_section::Changes;
use super::chosen_rows::ChosenRows;
use super::earlier_section::EarlierRun;
use super::journal_gathering::Gathering;
use super::organization_section::Organizations;
use super::request_counts::Series;
use crate::application::status::Undone;
use crate::journal::{self, BeginRecord, EndRecord, RunHeader};
use crate::model::failure_groups::{FailureGroups, Rows};
use crate::model::outcome::OutcomeKind;
use crate::setting::target_kind::TargetKind;
use crate::setting::{self, Setting};
use crate::traffic::LatencyHistogram;

/// All that is told of a run.
#[derive(Debug)]
pub(super) struct RunModel {
    pub(super) header: RunHeader,
    pub(super) sittings: Vec<WorkSession>,
    /// How many rows came to what, as far as it is known.
    pub(super) outcomes: BTreeMap<OutcomeKind, u64>,
    /// The rows of the results, be they of this run or of those that it went on from.
    pub(super) rows: u64,
    /// The runs that it went on from, the newest first.
    pub(super) earlier: Vec<EarlierRun>,
    /// Rows about which nothing is known.
    pub(super) rows_untold: u64,
    pub(super) causes: FailureGroups,
    /// Rows that were left out, by the reason why.
    pub(super) skipped: FailureGroups,
    /// What rows that are not done call their locations.
    pub(super) names: BTreeMap<u64, Box<str>>,
    pub(super) changes: Changes,
    pub(super) organizations: Organizations,
    pub(super) latencies: LatencyHistogram,
    pub(super) requests: u64,
    pub(super) throttled: u64,
    pub(super) unanswered: u64,
    /// A process is at work on it.
    pub(super) is_running: bool,
    /// The run that undid it.
    pub(super) undone: Option<Undone>,
    /// The name of the person's own sheet, with which it began.
    pub(super) own_sheet: String,
    /// What the rows are, where only some of the run's are told of.
    pub(super) part: Option<String>,
}

/// From a beginning or a going on to the next end.
#[derive(Debug)]
pub(super) struct WorkSession {
    pub(super) began: Timestamp,
    /// Missing where an older wxbulk wrote the journal.
    pub(super) begin: Option<BeginRecord>,
    pub(super) end: Option<EndRecord>,
    /// When something was last written.
    pub(super) last_sign: Timestamp,
    /// How long it waited for the answer to a question, once the first rows were done.
    pub(super) waited: Duration,
    pub(super) rows: u64,
    pub(super) requests: u64,
    pub(super) series: Series,
    /// From, until; in the order of time, none touching another.
    pub(super) pauses: Vec<(Timestamp, Timestamp)>,
}

impl RunModel {
    pub(super) fn read(
        journal: &Path,
        chosen: Option<&ChosenRows>,
        earlier: Vec<EarlierRun>,
    ) -> Result<RunModel> {
        let RunHeader {
            setting, wxbulk, ..
        } = journal::header_of(journal)?;
        let Some(setting) = Setting::named(&setting) else {
            bail!(
                "`{}` is about `{setting}`, which this wxbulk does not know; read it with wxbulk {wxbulk} or a newer one",
                journal.display()
            );
        };
        let mut gathering = Gathering::of(setting).after(earlier);
        gathering.chosen = chosen;
        let header = journal::read_through(journal, |entry| gathering.add(entry))?;
        Ok(RunModel {
            is_running: journal::is_being_written(journal),
            ..gathering.finish(header)
        })
    }

    /// Whether what was sent stands in a file that wxbulk has made of the person's own.
    pub(super) fn is_of_made_sheet(&self) -> bool {
        self.own_sheet != self.header.input.name
    }

    /// What its rows are for.
    pub(super) fn target(&self) -> &'static TargetKind {
        let setting = Setting::named(&self.header.setting);
        setting.unwrap_or(setting::ALL[0]).target
    }

    /// How the run ended, if it did.
    pub(super) fn end(&self) -> Option<&EndRecord> {
        self.sittings.last()?.end.as_ref()
    }

    /// How it was begun the last time.
    pub(super) fn begin(&self) -> Option<&BeginRecord> {
        self.sittings
            .iter()
            .rev()
            .find_map(|sitting| sitting.begin.as_ref())
    }

    /// Rows that whoever approved a plan deleted from it, so that they were not sent, by the runs that this page
    /// is about: the sheet that was planned, and their numbers in it.
    pub(super) fn deleted_from_plan(&self) -> Vec<(&str, &Rows)> {
        let earlier = self.earlier.iter().filter(|_| self.part.is_none());
        let earlier = earlier.filter_map(|run| run.begin.as_ref());
        let begins = self.begin().into_iter().chain(earlier);
        let deleted = begins.map(|begin| (&*begin.planned_sheet, &begin.deleted_from_plan));
        let mut deleted: Vec<_> = deleted.filter(|(_, rows)| !rows.is_empty()).collect();
        deleted.reverse();
        deleted.dedup();
        deleted
    }

    /// How long it was at work.
    pub(super) fn took(&self) -> Duration {
        self.sittings.iter().map(WorkSession::took).sum()
    }

    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn rows_done(&self) -> u64 {
        let is_done = |kind: OutcomeKind| kind.is_success() && kind != OutcomeKind::Skipped;
        let done = self.outcomes.iter().filter(|(kind, _)| is_done(**kind));
        total(done.map(|(_, count)| *count))
    }

    pub(super) fn rows_skipped(&self) -> u64 {
        let skipped = self.outcomes.get(&OutcomeKind::Skipped);
        skipped.copied().unwrap_or_default()
    }

    /// Rows that were tried, or left out, and are not done.
    pub(super) fn rows_not_done(&self) -> u64 {
        let others = [OutcomeKind::NotAttempted, OutcomeKind::Unknown];
        let not = self.outcomes.iter();
        let not = not.filter(|(kind, _)| !kind.is_success() && !others.contains(kind));
        total(not.map(|(_, count)| *count))
    }

    /// Rows of which nobody can say whether they are done.
    pub(super) fn rows_in_doubt(&self) -> u64 {
        let unknown = self.outcomes.get(&OutcomeKind::Unknown);
        unknown.copied().unwrap_or_default()
    }

    /// Those of them that the service confirmed, and that only could not be read back.
    pub(super) fn rows_confirmed_and_unseen(&self) -> u64 {
        let causes = self.causes.causes.iter();
        let unseen = causes.filter(|cause| cause.outcome.is_confirmed_and_unseen());
        total(unseen.map(|cause| cause.rows.count))
    }

    /// Rows that changed something, or may have, by this run or those that it went on from: an undo puts back
    /// both.
    pub(super) fn rows_changed(&self) -> u64 {
        let may_have = [
            OutcomeKind::Updated,
            OutcomeKind::Partly,
            OutcomeKind::Unknown,
        ];
        let counts = may_have.iter().filter_map(|kind| self.outcomes.get(kind));
        total(counts.copied())
    }

    /// Rows that are still to be done.
    pub(super) fn rows_to_do(&self) -> u64 {
        let told = [
            self.rows_done(),
            self.rows_not_done(),
            self.rows_in_doubt(),
            self.rows_skipped(),
        ];
        self.rows().saturating_sub(total(told.into_iter()))
    }

    /// Whether it is known what went over the wire for these rows.
    pub(super) fn knows_traffic(&self) -> bool {
        // While a run is at work, its first requests are counted only after a while.
        let is_counted = !self.is_running || self.requests > 0;
        let is_recorded = self.sittings.iter().all(|sitting| sitting.begin.is_some());
        self.part.is_none() && is_recorded && is_counted
    }
}

impl WorkSession {
    /// Without the time in which a person was asked.
    pub(super) fn took(&self) -> Duration {
        between(self.began, self.last_sign).saturating_sub(self.waited)
    }
}

pub(super) fn between(from: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(from)).unwrap_or_default()
}

/// Of counts that a damaged file may have made absurd.
pub(super) fn total(counts: impl Iterator<Item = u64>) -> u64 {
    counts.fold(0, u64::saturating_add)
}
