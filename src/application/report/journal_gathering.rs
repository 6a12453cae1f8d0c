//! Puts the entries of a journal together, in the order they were written, for the page about the run.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::changes_section::Changes;
use super::chosen_rows::ChosenRows;
use super::earlier_section::{self, EarlierRun};
use super::organization_section::Organizations;
use super::request_counts::Series;
use super::run_model::{RunModel, WorkSession, between, total};
use crate::application::row_name::RowNames;
use crate::journal::{
    BeginRecord, CarriedRecord, Entry, Place, PreviousRecord, RowChange, RowRecord, RunHeader,
};
use crate::model::failure_groups::FailureGroups;
use crate::model::outcome::OutcomeKind;
use crate::setting::Setting;
use crate::traffic::{Interval, LatencyHistogram};

/// Sittings told apart; of a run that went on more often, the first ones and the last.
const MOST_SITTINGS: usize = 200;

/// Pauses drawn in one sitting.
const MOST_PAUSES: usize = 5000;

/// Names of locations kept for rows that are not done.
const MOST_NAMES: usize = 2000;

/// Puts entries together in the order they were written.
#[derive(Debug)]
pub(super) struct Gathering<'c> {
    /// The only rows that are told of.
    pub(super) chosen: Option<&'c ChosenRows>,
    pub(super) setting: &'static Setting,
    pub(super) sittings: Vec<WorkSession>,
    pub(super) recorded: BTreeMap<OutcomeKind, u64>,
    causes: FailureGroups,
    names: BTreeMap<u64, Box<str>>,
    row_names: RowNames,
    /// The organization of rows that name none; empty where it is not known.
    own: Box<str>,
    pub(super) changes: Changes,
    pub(super) organizations: Organizations,
    latencies: LatencyHistogram,
    requests: u64,
    throttled: u64,
    unanswered: u64,
    /// What the runs before this one did to rows that this one has not finished.
    pub(super) carried: BTreeMap<u64, Vec<RowChange>>,
    pub(super) earlier: Vec<EarlierRun>,
}

impl Gathering<'_> {
    /// Of a run about this setting.
    pub(super) fn of(setting: &'static Setting) -> Gathering<'static> {
        Gathering {
            chosen: None,
            setting,
            sittings: Vec::new(),
            recorded: BTreeMap::new(),
            causes: FailureGroups::default(),
            names: BTreeMap::new(),
            row_names: RowNames::default(),
            own: Box::default(),
            changes: Changes::default(),
            organizations: Organizations::default(),
            latencies: LatencyHistogram::default(),
            requests: 0,
            throttled: 0,
            unanswered: 0,
            carried: BTreeMap::new(),
            earlier: Vec::new(),
        }
    }

    /// The runs that this one goes on from.
    pub(super) fn after(self, earlier: Vec<EarlierRun>) -> Self {
        Gathering { earlier, ..self }
    }

    pub(super) fn add(&mut self, entry: Entry) {
        let Some(entry) = self.narrowed(entry) else {
            return;
        };
        match entry {
            // The header is handed over at the end.
            Entry::Run(_) | Entry::Names(_) | Entry::Gate(_) | Entry::CredentialEnded(_) => {}
            Entry::Carried(CarriedRecord { row, changes, .. }) => {
                self.carried.insert(row, changes);
            }
            Entry::Previous(record) => self.changes.note(&record),
            Entry::Begin(mut begin) => {
                if self.chosen.is_none() {
                    earlier_section::add_organizations(&mut begin, &self.earlier);
                }
                self.row_names = RowNames::of(Some(&begin));
                self.own = begin.own_organization.as_str().into();
                let is_same = self
                    .sittings
                    .last()
                    .is_some_and(|last| goes_on(last, &begin));
                let sitting = if is_same {
                    let sitting = self.sitting(begin.began_at);
                    sitting.waited += between(sitting.last_sign, begin.began_at);
                    sitting.last_sign = sitting.last_sign.max(begin.began_at);
                    sitting
                } else {
                    self.begin_sitting(begin.began_at)
                };
                sitting.begin = Some(begin);
            }
            Entry::Row(mut record) => {
                self.name_organization(record.place.as_mut());
                self.add_row(&record);
            }
            Entry::Traffic(interval) => self.add_interval(&interval),
            Entry::End(end) => {
                let sitting = self.sitting(end.finished_at);
                sitting.last_sign = sitting.last_sign.max(end.finished_at);
                sitting.end = Some(end);
            }
        }
    }

    /// What an entry tells of the chosen rows.
    fn narrowed(&self, entry: Entry) -> Option<Entry> {
        let Some(chosen) = self.chosen else {
            return Some(entry);
        };
        match entry {
            Entry::Begin(begin) => Some(Entry::Begin(chosen.narrow_begin(begin))),
            Entry::End(end) => Some(Entry::End(ChosenRows::narrow_end(&end))),
            Entry::Row(RowRecord { row, .. })
            | Entry::Previous(PreviousRecord { row, .. })
            | Entry::Carried(CarriedRecord { row, .. }) => chosen.contains(row).then_some(entry),
            // Traffic is of all rows together.
            _ => None,
        }
    }

    pub(super) fn name_organization(&self, place: Option<&mut Place>) {
        if let Some(place) = place {
            let own = || Some(self.own.clone()).filter(|own| !own.is_empty());
            place.org_id = place.org_id.take().or_else(own);
        }
    }

    pub(super) fn add_cause(&mut self, record: &RowRecord) {
        let RowRecord { row, outcome, .. } = record;
        if outcome.kind.is_success() {
            return;
        }
        self.causes.add(*row, outcome);
        let place = record.place.as_ref();
        let names = &self.row_names;
        let name = place.map(|place| names.of_place(place.org_id.as_deref(), &place.name));
        if let Some(name) = name.filter(|name| !name.is_empty())
            && self.names.len() < MOST_NAMES
        {
            self.names.insert(*row, name.into());
        }
    }

    fn add_row(&mut self, record: &RowRecord) {
        let RowRecord { row, outcome, .. } = record;
        *self.recorded.entry(outcome.kind).or_default() += 1;
        self.add_cause(record);
        self.organizations.add(record);
        let mut first = None;
        for change in self.carried.remove(row).into_iter().flatten() {
            let is_there = match (&change.place, &record.place) {
                (Some(one), Some(other)) => one.is_same(other),
                _ => true,
            };
            if !is_there {
                self.add_carried_change(*row, change);
            } else if change.may_have_been_applied {
                first = change.earlier;
            }
        }
        self.changes.add(self.setting, record, first.as_ref());
        let sitting = self.sitting(record.finished_at);
        sitting.rows += 1;
        sitting.last_sign = sitting.last_sign.max(record.finished_at);
    }

    fn add_interval(&mut self, interval: &Interval) {
        self.latencies.absorb(&interval.latencies);
        let requests = total(interval.requests.iter().copied());
        let throttled = total(interval.throttled.iter().copied());
        self.requests = self.requests.saturating_add(requests);
        self.throttled = self.throttled.saturating_add(throttled);
        self.unanswered = self.unanswered.saturating_add(interval.unanswered);
        let sitting = self.sitting(interval.from);
        sitting.series.add(interval);
        sitting.requests = sitting.requests.saturating_add(requests);
        for pause in &interval.pauses {
            add_pause(&mut sitting.pauses, *pause);
        }
    }

    /// The sitting that goes on at this time. Older journals do not tell when one began.
    fn sitting(&mut self, at: Timestamp) -> &mut WorkSession {
        if self
            .sittings
            .last()
            .is_none_or(|sitting| sitting.end.is_some())
        {
            self.begin_sitting(at);
        }
        let last = self.sittings.len() - 1;
        &mut self.sittings[last]
    }

    fn begin_sitting(&mut self, began: Timestamp) -> &mut WorkSession {
        if self.sittings.len() == MOST_SITTINGS {
            self.sittings.pop();
        }
        self.sittings.push(WorkSession {
            began,
            begin: None,
            end: None,
            last_sign: began,
            waited: Duration::ZERO,
            rows: 0,
            requests: 0,
            series: Series::new(),
            pauses: Vec::new(),
        });
        let last = self.sittings.len() - 1;
        &mut self.sittings[last]
    }

    pub(super) fn finish(mut self, mut header: RunHeader) -> RunModel {
        if self.sittings.is_empty() {
            self.begin_sitting(header.started_at);
        }
        // What a person took to answer before anything was sent is no time at work.
        if self.sittings[0].begin.is_none() {
            self.sittings[0].began = self.sittings[0].began.min(header.started_at);
        }
        if let Some(chosen) = self.chosen {
            header.input.rows = chosen.count();
            header.settings.org = None;
        }
        self.add_carried();
        let mut outcomes = self.recorded;
        let mut skipped = FailureGroups::default();
        if let Some(end) = self
            .sittings
            .last()
            .and_then(|sitting| sitting.end.as_ref())
            && !end.outcomes.is_empty()
        {
            outcomes.clone_from(&end.outcomes);
            self.causes.absorb(end.without_record.clone());
            skipped.clone_from(&end.skipped);
        }
        if let Some(chosen) = self.chosen {
            for outcome in chosen.of_earlier_runs.iter().copied() {
                *outcomes.entry(outcome).or_default() += 1;
            }
            for (row, outcome) in &chosen.without_record {
                *outcomes.entry(outcome.kind).or_default() += 1;
                match outcome.kind {
                    OutcomeKind::Skipped => skipped.add(*row, outcome),
                    // Why is told once, of all that are left.
                    OutcomeKind::NotAttempted => {}
                    kind if kind.is_success() => {}
                    _ => self.causes.add(*row, outcome),
                }
            }
        }
        for cause in &mut self.causes.causes {
            cause.tracking_ids.sort_unstable_by_key(|(row, _)| *row);
        }
        self.changes.sort();
        let told = total(outcomes.values().copied());
        let rows = header.input.rows;
        for sitting in &mut self.sittings {
            // What was announced and not waited for is no pause.
            let end = sitting
                .end
                .as_ref()
                .map_or(Timestamp::MAX, |end| end.finished_at);
            sitting.pauses.retain_mut(|(from, until)| {
                *until = end.min(*until);
                from < until
            });
        }
        let mut model = RunModel {
            part: self.chosen.map(|chosen| chosen.said.clone()),
            requests: self.requests,
            own_sheet: header.input.name.clone(),
            header,
            sittings: self.sittings,
            outcomes,
            rows,
            earlier: self.earlier,
            rows_untold: rows.saturating_sub(told),
            causes: self.causes,
            skipped,
            names: self.names,
            changes: self.changes,
            organizations: self.organizations,
            latencies: self.latencies,
            throttled: self.throttled,
            unanswered: self.unanswered,
            is_running: false,
            undone: None,
        };
        // These rows may be done where the run has others left.
        let is_done = model.part.is_some() && model.rows_to_do() == 0;
        if let Some(end) = model.sittings.last_mut().and_then(|last| last.end.as_mut()) {
            end.complete |= is_done;
        }
        model
    }
}

/// Whether the same process went on, once the first rows were seen.
fn goes_on(sitting: &WorkSession, begin: &BeginRecord) -> bool {
    let before = sitting.begin.as_ref();
    let is_same = before.is_some_and(|before| before.machine == begin.machine);
    sitting.end.is_none() && begin.first_rows_shown && begin.machine.is_some() && is_same
}

/// A pause that is told again, longer, is the same one.
fn add_pause(pauses: &mut Vec<(Timestamp, Timestamp)>, (from, until): (Timestamp, Timestamp)) {
    match pauses.last_mut() {
        Some(last) if from <= last.1 => last.1 = last.1.max(until),
        _ => {
            if pauses.len() < MOST_PAUSES {
                pauses.push((from, until));
            }
        }
    }
}
