//! The rows of a run that a page for one customer is about: those of an organization, or those that
//! `--where` and `--rows` choose in its results. Nothing of the other rows gets onto the page.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::customer_cells::CustomerCells;
use super::earlier_section::{self, EarlierRun};
use super::organization_of_run::organization_called;
use super::page_choice::PageChoice;
use crate::application::earlier_runs::recorded_reading;
use crate::application::results::plan_cells;
use crate::application::status;
use crate::journal::{
    self, BeginRecord, EndRecord, Entry, Journal, Organization, Place, RecordedRun, Sent,
};
use crate::model::failure_groups::{FailureGroups, Rows};
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::{TargetField, TargetKey};
use crate::sheet::columns::Columns;
use crate::sheet::directory::is_same_organization_name;
use crate::sheet::managed_organizations::key_of;
use crate::sheet::row_selector::RowSelector;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet, names_of_row};
use crate::table;

/// The chosen rows, and what only the results tell of them.
#[derive(Debug, Default)]
pub(super) struct ChosenRows {
    /// What they are: `of Acme Ltd`, `--where wave=1`.
    pub(super) said: String,
    rows: HashSet<u64>,
    /// What rows came to that only earlier runs sent.
    pub(super) of_earlier_runs: Vec<OutcomeKind>,
    /// Rows of which the journal does not tell.
    pub(super) without_record: Vec<(u64, Outcome)>,
    organizations: Vec<Organization>,
    /// What they sent, and where.
    pub(super) fields: HashSet<TargetField>,
    /// The flags by which an undo chooses the same rows.
    pub(super) undo_flags: Vec<String>,
    /// Those of the organization alone, as cells of the results choose them.
    part: RowSelector,
}

impl ChosenRows {
    pub(super) fn find(
        results: &Path,
        journal: &Path,
        choice: &PageChoice,
        earlier: &[EarlierRun],
    ) -> Result<ChosenRows> {
        let run = RecordedRun::open(journal)?;
        let mut begin = run.last_begin().cloned().unwrap_or_default();
        earlier_section::add_organizations(&mut begin, earlier);
        let organizations = &begin.organizations;
        let wanted = choice.organization.as_deref();
        let wanted = wanted
            .map(|wanted| organization_called(wanted, organizations))
            .transpose()?;
        let places = places_of(journal)?;
        let sheet = open(results, &run, choice)?;
        let columns = sheet.columns.as_ref().map_err(|_| not_results(results))?;
        let mut chosen = ChosenRows {
            said: say(wanted, &choice.part),
            ..ChosenRows::default()
        };
        let mut cells = CustomerCells::of(&sheet, columns);
        let mut rows_of: HashMap<Option<TargetKey>, u64> = HashMap::new();
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let row = row_of(&run, columns, &numbered);
            let sent = places.get(&row);
            let place = sent.map(|(place, _)| place);
            let is_chosen = sheet.left_out_by(&numbered).is_none()
                && wanted.is_none_or(|wanted| match place {
                    Some(place) => {
                        is_same(begin.organization_of(place.org_id.as_deref()), &wanted.id)
                    }
                    None => is_of(wanted, &begin, columns, &numbered),
                });
            cells.note(&numbered, is_chosen);
            if !is_chosen {
                continue;
            }
            chosen.rows.insert(row);
            let kind = columns.outcome_in(&numbered.record);
            if let Some(place) = place {
                let id = begin.organization_of(place.org_id.as_deref());
                *rows_of.entry(key_of(id)).or_default() += 1;
                let sent = sent.and_then(|(_, sent)| sent.as_ref());
                let fields = status::fields_at(columns.setting, Some(place), sent);
                chosen.fields.extend(fields);
                if !run.has_record_of(row) {
                    chosen.of_earlier_runs.extend(kind);
                }
            } else if let Some(outcome) = kind
                .map(|kind| {
                    let message = columns.message_in(&numbered.record).unwrap_or_default();
                    Outcome::unsent(kind, message)
                })
                .or_else(|| plan_cells::unread_row(&sheet, columns.setting, &numbered.record))
            {
                chosen.without_record.push((row, outcome));
            }
        }
        if chosen.rows.is_empty() {
            bail!("no row of `{}` is {}", results.display(), chosen.said);
        }
        let of_rows = organizations.iter().filter_map(|one| {
            let rows = rows_of.get(&key_of(&one.id)).copied();
            let is_wanted = wanted.is_some_and(|wanted| wanted.id == one.id);
            (rows.is_some() || is_wanted).then(|| Organization {
                rows: rows.unwrap_or_default(),
                ..one.clone()
            })
        });
        chosen.organizations = of_rows.collect();
        chosen.undo_flags = choice.part.flags();
        if wanted.is_some() && organizations.len() > 1 {
            chosen.part = cells.selector();
            chosen.undo_flags.extend(chosen.part.flags());
        }
        Ok(chosen)
    }

    pub(super) fn contains(&self, row: u64) -> bool {
        self.rows.contains(&row)
    }

    pub(super) fn count(&self) -> u64 {
        self.rows.len() as u64
    }

    /// Without what is about other rows, or names those for whom they are.
    pub(super) fn narrow_begin(&self, begin: BeginRecord) -> BeginRecord {
        let left_out = self.without_record.iter();
        let left_out = left_out.filter(|(_, outcome)| outcome.kind != OutcomeKind::NotAttempted);
        BeginRecord {
            rows_to_send: Some(self.count() - left_out.count() as u64),
            deleted_from_plan: Rows::default(),
            skipped_in_plan: Rows::default(),
            credentials: Vec::new(),
            organizations: self.organizations.clone(),
            ..begin
        }
    }

    /// The same of an end, whose reason may name others.
    pub(super) fn narrow_end(end: &EndRecord) -> EndRecord {
        EndRecord {
            finished_at: end.finished_at,
            complete: end.complete,
            results: end.results,
            stopped: None,
            outcomes: BTreeMap::new(),
            without_record: FailureGroups::default(),
            skipped: FailureGroups::default(),
        }
    }
}

/// The rows of a run's results that are of one of its organizations, for an undo of these alone; `None`
/// where the run had rows of only one, or of none that is known.
pub fn part_of_organization(results: &Path, wanted: &str) -> Result<Option<RowSelector>> {
    let journal = Journal::path_for(results);
    if !journal::exists(&journal)? {
        return Ok(None);
    }
    let run = RecordedRun::open(&journal)?;
    let earlier = EarlierRun::all_before(&journal, run.header());
    let mut begin = run.last_begin().cloned().unwrap_or_default();
    earlier_section::add_organizations(&mut begin, &earlier);
    let organizations = &begin.organizations;
    if organizations.iter().all(|one| one.id.is_empty()) {
        return Ok(None);
    }
    let found = organization_called(wanted, organizations)?;
    if organizations.len() == 1 {
        return Ok(None);
    }
    if results.is_file() {
        let choice = PageChoice {
            organization: Some(wanted.to_string()),
            part: RowSelector::default(),
        };
        return Ok(Some(
            ChosenRows::find(results, &journal, &choice, &earlier)?.part,
        ));
    }
    let places = places_of(&journal)?.into_iter();
    let theirs = places.filter(|(_, (place, _))| {
        is_same(begin.organization_of(place.org_id.as_deref()), &found.id)
    });
    let rows = theirs.map(|(row, _)| row).collect();
    Ok(Some(RowSelector::of(Some(rows), Vec::new())))
}

fn say(wanted: Option<&Organization>, part: &RowSelector) -> String {
    let of = wanted.map(|one| match (&*one.name, &*one.id) {
        ("", id) => format!("of {id}"),
        (name, _) => format!("of {name}"),
    });
    let part = (!part.is_whole_sheet()).then(|| part.to_string());
    of.into_iter().chain(part).collect::<Vec<_>>().join(", ")
}

/// What each row of the run is for, and what it sent, as far as the journal tells.
fn places_of(journal: &Path) -> Result<HashMap<u64, (Place, Option<Sent>)>> {
    let mut places = HashMap::new();
    journal::read_through(journal, |entry| {
        let (row, place, sent) = match entry {
            Entry::Carried(record) => {
                let latest = record.changes.into_iter().next_back().unwrap_or_default();
                (
                    record.row,
                    latest.place,
                    latest.sent.into_iter().next_back(),
                )
            }
            Entry::Row(record) => (record.row, record.place, record.sent),
            Entry::Previous(record) => (record.row, record.place, record.sent),
            _ => return,
        };
        places.extend(place.map(|place| (row, (place, sent))));
    })?;
    Ok(places)
}

/// The results, with the part that was chosen.
fn open(results: &Path, run: &RecordedRun, choice: &PageChoice) -> Result<Sheet> {
    if !results.is_file() {
        bail!(
            "a page about a part of a run is made of its results as well, and `{}` is not there",
            results.display()
        );
    }
    let mut reading = ReadOptions::default();
    recorded_reading::read_as_the_run(&mut reading, run.header());
    let mut sheet = Sheet::open(results, reading)?;
    let columns = sheet.columns.as_ref().map_err(|_| not_results(results))?;
    // Only a check tells which row of the run it is, wherever it has been moved to.
    let is_as_written = run
        .last_end()
        .map(|end| Ok::<_, anyhow::Error>(end.results == table::checksum_of(results)?))
        .transpose()?;
    if !columns.has_checks() && is_as_written != Some(true) {
        bail!(
            "`{}` is not as the run wrote it, so which rows are of which customer is not certain",
            results.display()
        );
    }
    sheet.choose_part(&choice.part)?;
    Ok(sheet)
}

fn not_results(results: &Path) -> anyhow::Error {
    anyhow!("`{}` is not a results file", results.display())
}

/// The number of a row in the run's journal.
fn row_of(run: &RecordedRun, columns: &Columns, numbered: &NumberedRecord) -> u64 {
    let check = columns.check_in(&numbered.record);
    let check = check.filter(|check| check.run == run.header().id);
    let row = check.map(|check| check.row);
    row.or_else(|| columns.row_in(&numbered.record))
        .unwrap_or(numbered.row)
}

/// Whether a row of which the journal does not tell is of this organization by its cells.
fn is_of(
    wanted: &Organization,
    begin: &BeginRecord,
    columns: &Columns,
    numbered: &NumberedRecord,
) -> bool {
    let given = |column| names_of_row::text_in(column, &numbered.record);
    match (given(columns.org_id), given(columns.org_name)) {
        (Some(id), _) => key_of(id).is_some() && key_of(id) == key_of(&wanted.id),
        (None, Some(name)) => is_same_organization_name(name, &wanted.name),
        (None, None) => is_same(begin.organization_of(None), &wanted.id),
    }
}

/// Whether two ids are of one organization, however they are written; the empty one is the token's own.
fn is_same(one: &str, other: &str) -> bool {
    key_of(one) == key_of(other)
}
