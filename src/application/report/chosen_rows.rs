//! The rows of a run that a page for one customer is about: those of an organization, or those that
//! `--where` and `--rows` choose in its results. Nothing of the other rows gets onto the page.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use crate::application::earlier_runs::recorded_reading;
use crate::application::results::plan_cells;
use crate::journal::{
    self, BeginRecord, EndRecord, Entry, Journal, Organization, Place, RecordedRun,
};
use crate::model::failure_groups::{FailureGroups, Rows};
use crate::model::hint::Hinted;
use crate::model::ids;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::TargetKey;
use crate::model::wording::{listed, plural};
use crate::setting::Setting;
use crate::sheet::columns::Columns;
use crate::sheet::directory::{is_same_organization_name, key_of};
use crate::sheet::row_selector::{Condition, RowRanges, RowSelector, Where};
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};
use crate::table;

/// Organizations that are named where none is called as it was typed.
const MOST_NAMED: usize = 20;

/// What a person chose a page to be about; all rows where nothing is chosen.
#[derive(Debug, Default)]
pub struct PageChoice {
    /// The id or the name of an organization.
    pub organization: Option<String>,
    pub part: RowSelector,
}

impl PageChoice {
    pub fn is_all(&self) -> bool {
        self.organization.is_none() && self.part.is_whole_sheet()
    }

    /// What the name of the page's file says of it: `Acme-Ltd`.
    pub fn word(&self) -> String {
        let values = self
            .part
            .conditions()
            .iter()
            .map(|condition| match condition {
                Condition::Rows(rows) => rows.to_string(),
                Condition::Where(cell) => cell.value.clone(),
            });
        let texts: Vec<String> = self.organization.iter().cloned().chain(values).collect();
        let words = texts
            .iter()
            .flat_map(|text| text.split(|one: char| !one.is_alphanumeric()));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        match &*words.join("-") {
            "" => "part".to_string(),
            word => word.chars().take(60).collect(),
        }
    }

    /// The same for a page's stamp: no two choices have the same one.
    pub(super) fn stamp(&self) -> String {
        let organization = self.organization.iter().map(|one| format!("--org {one}"));
        let said = organization
            .chain(self.part.flags())
            .collect::<Vec<_>>()
            .join(" ");
        let mut stamp = String::new();
        for letter in said.chars() {
            // Writing into a text cannot fail.
            let _ = match letter {
                letter if letter.is_ascii_alphanumeric() => write!(stamp, "{letter}"),
                letter => write!(stamp, "-{:x}-", u32::from(letter)),
            };
        }
        stamp
    }
}

/// The chosen rows, and what only the results tell of them.
#[derive(Debug, Default)]
pub(super) struct ChosenRows {
    /// What they are: `of Acme Ltd`, `--where wave=1`.
    pub(super) said: String,
    rows: HashSet<u64>,
    /// Rows of which the journal does not tell.
    pub(super) without_record: Vec<(u64, Outcome)>,
    organizations: Vec<Organization>,
    pub(super) places: HashSet<TargetKey>,
    /// The flags by which an undo chooses the same rows.
    pub(super) undo_flags: Vec<String>,
    /// Those of the organization alone, as cells of the results choose them.
    part: RowSelector,
}

impl ChosenRows {
    pub(super) fn find(results: &Path, journal: &Path, choice: &PageChoice) -> Result<ChosenRows> {
        let run = RecordedRun::open(journal)?;
        let organizations = run
            .last_begin()
            .map_or(&[][..], |begin| &begin.organizations);
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
        let mut cells = UndoCells::of(&sheet, columns);
        let mut rows_of: HashMap<String, u64> = HashMap::new();
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let row = row_of(&run, columns, &numbered);
            let place = places.get(&row);
            let is_chosen = sheet.left_out_by(&numbered).is_none()
                && wanted.is_none_or(|wanted| match place {
                    Some(place) => place.org_id.as_deref().unwrap_or_default() == wanted.id,
                    None => is_of(wanted, columns, &numbered),
                });
            cells.note(&numbered, is_chosen);
            if !is_chosen {
                continue;
            }
            chosen.rows.insert(row);
            let kind = columns.outcome_in(&numbered.record);
            if let Some(place) = place {
                let id = place.org_id.as_deref().unwrap_or_default();
                *rows_of.entry(id.to_string()).or_default() += 1;
                chosen.places.extend(key_of_place(place, columns.setting));
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
            let rows = rows_of.get(&one.id).copied();
            let is_wanted = wanted.is_some_and(|wanted| wanted.id == one.id);
            (rows.is_some() || is_wanted).then(|| Organization {
                rows: rows.unwrap_or_default(),
                ..one.clone()
            })
        });
        chosen.organizations = of_rows.collect();
        chosen.undo_flags = choice.part.flags();
        if wanted.is_some() {
            chosen.part = cells.selector()?;
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
    let organizations = run
        .last_begin()
        .map_or(&[][..], |begin| &begin.organizations);
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
        return Ok(Some(ChosenRows::find(results, &journal, &choice)?.part));
    }
    let places = places_of(&journal)?.into_iter();
    let theirs = places.filter(|(_, place)| place.org_id.as_deref() == Some(&*found.id));
    let rows: Vec<String> = theirs.map(|(row, _)| row.to_string()).collect();
    let rows: RowRanges = rows.join(",").parse().map_err(|why: String| anyhow!(why))?;
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

fn organization_called<'o>(
    wanted: &str,
    organizations: &'o [Organization],
) -> Result<&'o Organization> {
    let key = key_of(wanted);
    let is_it = |one: &&Organization| match key {
        Some(key) => key_of(&one.id) == Some(key),
        None => !one.name.is_empty() && is_same_organization_name(&one.name, wanted),
    };
    let found: Vec<&Organization> = organizations.iter().filter(is_it).collect();
    let is_known = |one: &&Organization| !one.name.is_empty() || !one.id.is_empty();
    match found[..] {
        [only] => Ok(only),
        [] => {
            let known = organizations.iter().filter(is_known);
            let names = known.clone().map(|one| match &*one.name {
                "" => format!("`{}`", one.id),
                name => format!("`{name}`"),
            });
            let names: Vec<String> = names.take(MOST_NAMED).collect();
            let more = known.count().saturating_sub(MOST_NAMED);
            let more = (more > 0).then(|| plural(more as u64, "other"));
            let names = names.into_iter().chain(more).collect::<Vec<_>>();
            bail!(
                "the run has no row of an organization `{wanted}`{}",
                if names.is_empty() {
                    String::new()
                } else {
                    format!("; it has rows of {}", listed(&names))
                }
            )
        }
        ref several => {
            let ids: Vec<String> = several.iter().map(|one| format!("`{}`", one.id)).collect();
            Err(Hinted::new(
                format!("{} organizations are named `{wanted}`", several.len()),
                format!("name the right one's id with --org: {}", ids.join(", ")),
            ))
        }
    }
}

/// What each row of the run is for, as far as the journal tells.
fn places_of(journal: &Path) -> Result<HashMap<u64, Place>> {
    let mut places = HashMap::new();
    journal::read_through(journal, |entry| {
        let (row, place) = match entry {
            Entry::Row(record) => (record.row, record.place),
            Entry::Previous(record) => (record.row, record.place),
            _ => return,
        };
        places.extend(place.map(|place| (row, place)));
    })?;
    Ok(places)
}

fn key_of_place(place: &Place, setting: &Setting) -> Option<TargetKey> {
    Some(ids::read(&place.id, setting.target.id).ok()?.key)
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
fn is_of(wanted: &Organization, columns: &Columns, numbered: &NumberedRecord) -> bool {
    let text = |column: Option<usize>| {
        let cell = numbered.record.get(column?)?;
        let text = std::str::from_utf8(cell).ok()?.trim_matches(ids::is_blank);
        (!text.is_empty()).then_some(text)
    };
    match (text(columns.org_id), text(columns.org_name)) {
        (Some(id), _) => key_of(id).is_some() && key_of(id) == key_of(&wanted.id),
        (None, Some(name)) => is_same_organization_name(name, &wanted.name),
        (None, None) => wanted.id.is_empty(),
    }
}

/// By which cells the rows of an organization are told from the others.
struct UndoCells<'s> {
    sheet: &'s Sheet,
    /// Columns, with what stands there in chosen rows and in others.
    columns: Vec<(usize, BTreeSet<String>, BTreeSet<String>)>,
    rows: Vec<u64>,
    are_all_chosen: bool,
}

impl UndoCells<'_> {
    fn of<'s>(sheet: &'s Sheet, columns: &Columns) -> UndoCells<'s> {
        let candidates = [columns.org_name, columns.org_id].into_iter().flatten();
        UndoCells {
            sheet,
            columns: candidates
                .map(|column| (column, BTreeSet::new(), BTreeSet::new()))
                .collect(),
            rows: Vec::new(),
            are_all_chosen: true,
        }
    }

    fn note(&mut self, numbered: &NumberedRecord, is_chosen: bool) {
        self.are_all_chosen &= is_chosen;
        if is_chosen {
            self.rows.push(numbered.row);
        }
        for (column, chosen, others) in &mut self.columns {
            let cell = numbered.record.get(*column).unwrap_or_default();
            let text = String::from_utf8_lossy(cell).trim().to_string();
            let (into, text) = if is_chosen {
                (chosen, text)
            } else {
                (others, text.to_lowercase())
            };
            into.insert(text);
        }
    }

    fn selector(self) -> Result<RowSelector> {
        if self.are_all_chosen {
            return Ok(RowSelector::default());
        }
        for (column, chosen, others) in &self.columns {
            let name = self.sheet.header.get(*column).unwrap_or_default();
            let name = String::from_utf8_lossy(name).trim().to_string();
            let tells = chosen
                .iter()
                .all(|text| !others.contains(&text.to_lowercase()));
            if tells && !name.contains('=') {
                let cells = chosen.iter().map(|value| Where {
                    column: name.clone(),
                    value: value.clone(),
                });
                return Ok(RowSelector::of(None, cells.collect()));
            }
        }
        let rows: Vec<String> = self.rows.iter().map(ToString::to_string).collect();
        let rows: RowRanges = rows.join(",").parse().map_err(|why: String| anyhow!(why))?;
        Ok(RowSelector::of(Some(rows), Vec::new()))
    }
}
