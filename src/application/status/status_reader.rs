//! Reads how a run stands from its journal, also while another process writes it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::{SignedDuration, Timestamp};

use super::credential_status::CredentialStatus;
use super::next_steps::{self, OtherRuns};
use super::open_successors::open_successors;
use super::places_undone::is_undone_in_part;
use super::related_runs::{FolderRun, is_sent_again, runs_in, undone_among, unfinished_undo};
use super::run_status::{
    AppliedPlan, PlanStatus, ResultsFile, RowCounts, RunState, RunStatus, SheetCopy,
};
use super::{is_journal, results_of};
use crate::application::spool::Spool;
use crate::journal::{
    Author, BeginRecord, CredentialEndRecord, EndRecord, Entry, Follower, GateRecord, RunHeader,
    is_being_written,
};
use crate::model::outcome::OutcomeKind;
use crate::pace::Rate;
use crate::platform;
use crate::setting::{self, Setting};
use crate::sheet;
use crate::table;

/// The time over which the rate is measured.
const RECENT: SignedDuration = SignedDuration::from_secs(60);

/// Less says nothing of the rate.
const SHORTEST: SignedDuration = SignedDuration::from_secs(5);

/// Finished rows whose times are kept for the rate.
const MOST_RECENT: usize = 10_000;

/// Follows the journal of a run.
#[derive(Debug)]
pub struct StatusReader {
    journal: PathBuf,
    follower: Follower,
    seen: Seen,
}

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) begin: Option<BeginRecord>,
    /// How it began at first.
    first_begin: Option<BeginRecord>,
    pub(super) end: Option<EndRecord>,
    /// Something happened after the results were written last.
    is_end_outdated: bool,
    outcomes: BTreeMap<OutcomeKind, u64>,
    in_flight: BTreeSet<u64>,
    with_earlier: u64,
    /// Rows of which the values from before were taken over from an earlier run.
    carried: BTreeSet<u64>,
    /// What was taken over of some row may have been applied.
    carries_changes: bool,
    recent: VecDeque<Timestamp>,
    /// The last of each user.
    gates: Vec<GateRecord>,
    /// Credentials that ended in this part of the run.
    credentials_ended: Vec<CredentialEndRecord>,
    pub(super) last_sign: Option<Timestamp>,
}

impl Seen {
    pub(super) fn add(&mut self, entry: Entry) {
        self.is_end_outdated = true;
        match entry {
            Entry::Begin(begin) => {
                self.sign(begin.began_at);
                self.recent.clear();
                self.credentials_ended.clear();
                self.first_begin.get_or_insert_with(|| begin.clone());
                self.begin = Some(begin);
            }
            Entry::Previous(record) => {
                self.in_flight.insert(record.row);
            }
            Entry::Row(record) => {
                self.sign(record.finished_at);
                self.in_flight.remove(&record.row);
                *self.outcomes.entry(record.outcome.kind).or_default() += 1;
                let is_kept = record.outcome.previous.is_some();
                self.with_earlier += u64::from(is_kept && !self.carried.contains(&record.row));
                self.recent.push_back(record.finished_at);
                if self.recent.len() > MOST_RECENT {
                    self.recent.pop_front();
                }
            }
            Entry::Gate(record) => {
                self.sign(record.told_at);
                self.gates.retain(|gate| gate.user != record.user);
                self.gates.push(record);
            }
            Entry::CredentialEnded(record) => {
                self.sign(record.ended_at);
                self.credentials_ended.push(record);
            }
            Entry::Traffic(interval) => self.sign(interval.from),
            Entry::End(end) => {
                self.sign(end.finished_at);
                self.is_end_outdated = false;
                self.end = Some(end);
            }
            Entry::Carried(record) => {
                let mut kept = record.changes.iter().filter(|one| one.earlier.is_some());
                self.carries_changes |= kept.clone().any(|one| one.may_have_been_applied);
                if kept.next().is_some() {
                    self.carried.insert(record.row);
                }
            }
            Entry::Run(_) | Entry::Names(_) => {}
        }
    }

    /// Rows that were on their way. Where it ended by itself, its results say which of them may have been applied.
    fn in_flight(&self) -> u64 {
        let noted = self.in_flight.len() as u64;
        let unknown = |outcomes: &BTreeMap<OutcomeKind, u64>| {
            outcomes.get(&OutcomeKind::Unknown).copied().unwrap_or(0)
        };
        match &self.end {
            Some(end) if !self.is_end_outdated => {
                noted.min(unknown(&end.outcomes).saturating_sub(unknown(&self.outcomes)))
            }
            _ => noted,
        }
    }

    /// Rows whose values from before are kept, those that were taken over included.
    fn kept(&self) -> u64 {
        let in_flight = self.in_flight.difference(&self.carried).count();
        self.with_earlier + (self.carried.len() + in_flight) as u64
    }

    fn sign(&mut self, at: Timestamp) {
        self.last_sign = self.last_sign.max(Some(at));
    }

    /// Rows a second of this part of the run, in the last minute. It counts from its first row on, since
    /// what is looked up before is no measure. Until a minute is seen a rate that was named counts.
    fn rate(&self, now: Timestamp, requests_a_row: f64) -> Option<f64> {
        let first = *self.recent.front()?;
        let since = first.max(now - RECENT);
        let span = now.duration_since(since);
        let rows = self.recent.iter().rev().take_while(|at| **at > since);
        #[expect(clippy::cast_precision_loss, reason = "a few thousand rows")]
        let measured = (span >= SHORTEST).then(|| rows.count() as f64 / span.as_secs_f64());
        let named = self.begin.as_ref().and_then(|begin| begin.rate.as_ref());
        let named = named.and_then(|rate| rate.parse::<Rate>().ok());
        match named {
            Some(named) if span < RECENT => Some(named.per_second() / requests_a_row),
            _ => measured,
        }
    }

    /// What the results say, else what is recorded.
    pub(super) fn outcomes(&self) -> BTreeMap<OutcomeKind, u64> {
        match &self.end {
            Some(end) if !self.is_end_outdated && !end.outcomes.is_empty() => end.outcomes.clone(),
            _ => self.outcomes.clone(),
        }
    }
}

impl StatusReader {
    pub fn open(journal: &Path) -> Result<StatusReader> {
        Ok(StatusReader {
            journal: journal.to_path_buf(),
            follower: Follower::open(journal)?,
            seen: Seen::default(),
        })
    }

    /// Reads on to where the journal ends by now.
    pub fn read(&mut self, now: Timestamp) -> Result<RunStatus> {
        self.follower.poll(|_, entry| self.seen.add(entry))?;
        let header = self.follower.header()?.clone();
        let seen = &self.seen;
        let results = results_of(&self.journal);
        let runs = runs_in(platform::folder_of(&self.journal));
        let state = self.state();
        let begin = seen.begin.clone().unwrap_or_default();
        let done = seen.outcomes.values().sum();
        let to_send = begin.rows_to_send.unwrap_or(header.input.rows);
        let is_running = state == RunState::Running;
        let is_only = begin.credentials.is_empty();
        let credential = |one| CredentialStatus::of(one, &seen.gates, &seen.credentials_ended, now);
        let rows_per_second = is_running
            .then(|| seen.rate(now, requests_a_row(&header)))
            .flatten()
            .filter(|rate| *rate > 0.0);
        let left = to_send.saturating_sub(done);
        let mut status = RunStatus {
            state,
            stopped: seen.end.as_ref().and_then(|end| end.stopped.clone()),
            results_file: self.results_file(&results)?,
            sheet_copy: sheet_copy(state, &results, &header, &begin.folder),
            undone: None,
            not_undone: header.not_undone.clone(),
            damage: self.follower.damage(),
            run: header.id.clone(),
            command: begin.command.clone(),
            rehearsal: header.settings.rehearsal,
            started_at: header.started_at,
            began_at: begin.began_at.max(header.started_at),
            last_sign_at: seen.last_sign.unwrap_or(header.started_at),
            last_row_at: seen.recent.back().copied(),
            person: begin.person.clone(),
            begun_by: seen
                .first_begin
                .as_ref()
                .and_then(|first| Author::of_another(first, &begin)),
            credentials: begin.credentials.iter().map(credential).collect(),
            machine: begin.machine.clone(),
            note: begin.note.clone(),
            sheet: header.input.clone(),
            organizations: begin.organizations.clone(),
            part: header.settings.part.clone(),
            plan: plan_status(&runs, &header, &begin.folder),
            rows: RowCounts {
                to_send,
                done,
                left,
                in_flight: seen.in_flight(),
                with_earlier: seen.kept(),
            },
            outcomes: seen.outcomes(),
            rows_per_second,
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            seconds_left: rows_per_second.map(|rate| left as f64 / rate),
            waiting: seen
                .gates
                .last()
                .cloned()
                .filter(|gate| is_only && gate.until > now),
            next: Vec::new(),
            journal: self.journal.clone(),
            results,
        };
        if status.state != RunState::Stopped {
            // An earlier part of the run said so.
            status.stopped = None;
        }
        status.undone = undone_among(&runs, &self.journal, &header, status.changed());
        let others = OtherRuns {
            have_what_failed: status.failed() > 0 && is_sent_again(&runs, &header),
            keep_it_from_going_on: is_undone_in_part(&runs, &self.journal),
            undo_of_newest: open_successors(&results_of(&self.journal), &header.id)
                .into_iter()
                .next()
                .map(|newest| newest.undo),
            unfinished_undo: unfinished_undo(&runs, &header.id),
            are_undone_with_it: seen.carries_changes,
        };
        status.next = next_steps::after(&status, &header.settings, begin, others);
        Ok(status)
    }

    /// Whether it is the journal of a run whose first line is damaged.
    pub fn is_first_line_damaged(&self) -> bool {
        self.follower.is_first_line_damaged()
    }

    fn state(&self) -> RunState {
        let seen = &self.seen;
        match &seen.end {
            Some(end) if !seen.is_end_outdated && end.complete => RunState::Finished,
            _ if is_being_written(&self.journal) => RunState::Running,
            Some(_) if !seen.is_end_outdated => RunState::Stopped,
            _ => RunState::Killed,
        }
    }

    fn results_file(&self, results: &Path) -> Result<ResultsFile> {
        if !results.is_file() {
            return Ok(ResultsFile::Missing);
        }
        let now = table::checksum_of(results)
            .with_context(|| format!("cannot read `{}`", results.display()))?;
        Ok(match &self.seen.end {
            Some(end) if end.results == now && self.seen.is_end_outdated => ResultsFile::Older,
            Some(end) if end.results == now => ResultsFile::AsWritten,
            _ => ResultsFile::Changed,
        })
    }
}

/// What is wrong with the copy of the sheet with which a run would go on.
fn sheet_copy(
    state: RunState,
    results: &Path,
    header: &RunHeader,
    folder: &str,
) -> Option<SheetCopy> {
    let copy = Spool::path_for(results);
    if !matches!(state, RunState::Stopped | RunState::Killed) || !copy.is_file() {
        return None;
    }
    let is_as_it_was = |path: &Path| {
        let now = sheet::sha256_of(path);
        now.is_ok_and(|sha256| sha256 == header.input.sha256)
    };
    match is_as_it_was(&copy) {
        true => None,
        false if is_as_it_was(&Path::new(folder).join(&header.input.name)) => {
            Some(SheetCopy::Damaged)
        }
        false => Some(SheetCopy::Lost),
    }
}

/// What became of a plan; `None` of any other run.
fn plan_status(runs: &[FolderRun], header: &RunHeader, folder: &str) -> Option<PlanStatus> {
    if !header.settings.plan {
        return None;
    }
    let applies = runs.iter().filter(|run| {
        let plan = run.header.plan.as_ref();
        let is_it = plan.is_some_and(|plan| plan.id.as_ref() == Some(&header.id));
        is_it
            && run.header.follows.is_none()
            && !run.header.settings.rehearsal
            && !run.header.settings.plan
    });
    let sheet = Path::new(folder).join(&header.input.name);
    let sha256 = sheet.is_file().then(|| sheet::sha256_of(&sheet).ok());
    Some(PlanStatus {
        applied: applies
            .map(|run| AppliedPlan {
                results: run.results_name().into(),
                part: run.header.settings.part.clone(),
            })
            .collect(),
        sheet_changed: sha256.flatten().map(|sha256| sha256 != header.input.sha256),
    })
}

/// How many requests a row of the run takes, but for those about what uses its numbers.
fn requests_a_row(header: &RunHeader) -> f64 {
    let setting = Setting::named(&header.setting).unwrap_or(setting::ALL[0]);
    let reads = setting.resources.len();
    let requests = match (&header.settings, setting.when_ignored) {
        (settings, _) if settings.plan => reads,
        (settings, _) if !settings.backup => 1,
        (_, None) => reads + 1,
        (_, Some(_)) => reads + 2,
    };
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let requests = requests as f64;
    requests
}

/// Journals in a folder. What cannot be read there is no run.
pub(super) fn journals_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut journals: Vec<PathBuf> = paths
        .filter(|path| is_journal(path) && path.is_file())
        .collect();
    journals.sort();
    journals
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::RowRecord;
    use crate::model::outcome::Outcome;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    /// A part of a run that began at this second.
    fn part(seen: &mut Seen, second: i64, rate: Option<&str>) {
        seen.add(Entry::Begin(BeginRecord {
            began_at: at(second),
            rate: rate.map(String::from),
            ..BeginRecord::default()
        }));
    }

    fn rows(seen: &mut Seen, seconds: std::ops::Range<i64>) {
        for second in seconds {
            seen.add(Entry::Row(RowRecord {
                row: 2,
                check: 0,
                finished_at: at(second),
                place: None,
                sent: None,
                outcome: Outcome::unsent(OutcomeKind::Updated, ""),
            }));
        }
    }

    #[test]
    fn the_rate_is_that_of_this_part_of_the_run() {
        let mut seen = Seen::default();
        part(&mut seen, 0, None);
        rows(&mut seen, 10..100);
        assert_eq!(seen.rate(at(99), 1.0), Some(1.0));
        // It goes on after an hour, and looks things up for half a minute.
        part(&mut seen, 3600, None);
        assert_eq!(seen.rate(at(3630), 1.0), None);
        rows(&mut seen, 3630..3640);
        assert_eq!(seen.rate(at(3632), 1.0), None);
        assert_eq!(seen.rate(at(3639), 1.0), Some(1.0));
    }

    #[test]
    fn a_rate_that_was_named_counts_until_a_minute_is_seen() {
        let mut seen = Seen::default();
        part(&mut seen, 0, Some("5/s"));
        rows(&mut seen, 10..71);
        assert_eq!(seen.rate(at(11), 2.0), Some(2.5));
        assert_eq!(seen.rate(at(69), 2.0), Some(2.5));
        assert_eq!(seen.rate(at(70), 2.0), Some(1.0));
    }
}
