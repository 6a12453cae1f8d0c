//! Where in a journal the records of each row are, and the little that is kept in memory beside
//! that: some sixteen bytes a row.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{EndRecord, Entry, GateRecord, PreviousRecord};
use super::header::BeginRecord;
use crate::sheet::names::ResolvedNames;
use crate::traffic::RecentRate;

/// Offsets by row number; 0, where the header is, for none.
#[derive(Debug, Default)]
pub(super) struct Offsets(Vec<u64>);

impl Offsets {
    pub(super) fn of(&self, row: u64) -> Option<u64> {
        let offset = self.0.get(usize::try_from(row).ok()?)?;
        (*offset > 0).then_some(*offset)
    }

    fn set(&mut self, row: u64, offset: u64) {
        // Rows of more than a reader believes never get here.
        let Ok(index) = usize::try_from(row) else {
            return;
        };
        if index >= self.0.len() {
            self.0.resize(index.saturating_add(1), 0);
        }
        self.0[index] = offset;
    }

    fn rows(&self) -> u64 {
        self.0.len() as u64
    }
}

#[derive(Debug, Default)]
pub(super) struct Index {
    /// The record of each row that has its outcome.
    pub(super) finished: Offsets,
    /// What an earlier run noted of it.
    pub(super) carried: Offsets,
    pub(super) finished_count: u64,
    /// Rows without an outcome of which it is noted what was there before: as many as were on the
    /// wire at once.
    pub(super) in_flight: BTreeMap<u64, PreviousRecord>,
    pub(super) names: Option<ResolvedNames>,
    pub(super) begin: Option<BeginRecord>,
    /// How the run began at first, where it went on since.
    pub(super) first_begin: Option<BeginRecord>,
    /// The ids of the organizations that its parts had rows to send for; empty of the token's own.
    pub(super) organizations: BTreeSet<String>,
    /// An older wxbulk began one of its parts and did not note them.
    pub(super) lacks_organizations: bool,
    /// One of its parts had several credentials.
    pub(super) is_by_several: bool,
    pub(super) end: Option<EndRecord>,
    /// Nothing was noted after it.
    pub(super) is_end_last: bool,
    /// The latest for each user.
    pub(super) gates: Vec<GateRecord>,
    pub(super) rate: RecentRate,
}

impl Index {
    pub(super) fn take(&mut self, offset: u64, entry: Entry) {
        self.is_end_last = matches!(entry, Entry::End(_));
        match entry {
            Entry::Row(record) => self.finish(record.row, offset),
            Entry::Carried(record) => self.carried.set(record.row, offset),
            Entry::Previous(record) => self.begin_row(record),
            Entry::Gate(record) => self.close_gate(record),
            Entry::Names(names) => self.names = Some(names),
            Entry::Begin(begin) => self.begin_part(begin),
            Entry::End(end) => self.end = Some(end),
            Entry::Traffic(interval) => self.rate.add(&interval),
            Entry::Run(_) | Entry::CredentialEnded(_) => {}
        }
    }

    pub(super) fn begin_part(&mut self, begin: BeginRecord) {
        self.rate.begin_part();
        self.is_by_several |= !begin.credentials.is_empty();
        let named = begin.organizations.iter().filter(|one| one.rows > 0);
        let ids: Vec<String> = named.map(|one| one.id.clone()).collect();
        // Of rows that name none.
        self.organizations
            .extend((!begin.own_organization.is_empty()).then(String::new));
        self.lacks_organizations |= ids.is_empty() && begin.rows_to_send != Some(0);
        self.organizations.extend(ids);
        let earlier = self.begin.replace(begin);
        if self.first_begin.is_none() {
            self.first_begin = earlier;
        }
    }

    pub(super) fn begin_row(&mut self, record: PreviousRecord) {
        // A later one may show the row's own change.
        self.in_flight.entry(record.row).or_insert(record);
    }

    pub(super) fn finish(&mut self, row: u64, offset: u64) {
        self.finished_count += u64::from(self.finished.of(row).is_none());
        self.finished.set(row, offset);
        self.in_flight.remove(&row);
    }

    pub(super) fn carry(&mut self, row: u64, offset: u64) {
        self.carried.set(row, offset);
    }

    pub(super) fn close_gate(&mut self, record: GateRecord) {
        match self.gates.iter_mut().find(|one| one.user == record.user) {
            Some(known) if known.until >= record.until => {}
            Some(known) => *known = record,
            None => self.gates.push(record),
        }
    }

    /// One past the last row that anything is known of.
    pub(super) fn rows(&self) -> u64 {
        let in_flight = self.in_flight.last_key_value();
        let in_flight = in_flight.map_or(0, |(row, _)| row.saturating_add(1));
        self.finished.rows().max(self.carried.rows()).max(in_flight)
    }
}
