//! The sheet that undoes a run, made from its results and its journal.
//!
//! The results say which rows; what was there before, what was sent and what became of it the journal
//! says. Where it is missing or damaged a row of the results is enough, if its check proves that it is
//! intact. Rows that a workbook hides are left out: a filter is the choice.
//! Each location has one row, with the values from before the first of the run's changes in `n1` to
//! `n3` (`REMOVE` where none was set), and in `present1` to `present3` what the run put there, which is
//! what must be found now; several values, of which any will do, where nobody knows which took effect.
//! A number that the run sent as it was before is not among them.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use anyhow::Result;

use crate::application::earlier_runs::lost_rows::{self, LostRow};
use crate::application::output_name::undo_sheets_of;
use crate::application::row_name::RowNames;
use crate::application::status;
use crate::application::values_put_back::ValuesPutBack;
use crate::journal::{RecordedRun, Sent};
use crate::model::ids;
use crate::model::row::{TargetField, TargetKey};
use crate::model::wording::listed;
use crate::setting::Setting;
use crate::setting::target_kind::TargetKind;
use crate::sheet::columns::Columns;
use crate::sheet::{NumberedRecord, SheetRecords};
use crate::table::{Table, is_workbook};

mod cell_proof;
mod changed_row;
mod earlier_rows;
mod merged_changes;
mod older_results;
mod place_cells;
mod row_cells;
mod row_verdicts;
mod sheet_of_journal;
mod undo_source;

pub(super) use cell_proof::CellProof;
use changed_row::{ChangedRow, RowVerdict};
pub(in crate::application) use earlier_rows::EarlierRows;
use merged_changes::MergedChanges;
use place_cells::OwnCells;
use row_verdicts::Verdicts;
pub use undo_source::{Named, UndoSource};

const ORDER_UNKNOWN: &str =
    "other rows are for its location, too, and only a journal that is not there tells their order";

/// Rows whose cells are named.
const ROWS_NAMED: usize = 3;

/// A sheet that undoes a run.
#[derive(Debug, Default)]
pub struct UndoSheet {
    pub path: PathBuf,
    /// Locations to change back.
    pub rows: u64,
    /// Which ones, and their rows in the results.
    pub places: Vec<(TargetKey, u64)>,
    /// What is put back there.
    pub fields: Vec<TargetField>,
    /// How many values are put back at each of these.
    pub values: Vec<ValuesPutBack>,
    /// Rows of the results that changed nothing.
    pub unchanged: u64,
    /// Rows that are hidden in the workbook, and so not chosen.
    pub hidden: u64,
    /// Those of them that the run may have changed.
    pub changed_hidden: u64,
    /// Rows outside of the part that was chosen.
    pub outside: u64,
    /// Locations of these of which later rows of the results changed the same fields, which are outside of that
    /// part.
    pub changed_outside: HashSet<TargetKey>,
    /// Locations of several rows, of which earlier undos have put back only some.
    pub back_in_part: HashSet<TargetKey>,
    /// Rows that somebody added to the results.
    pub foreign: Vec<u64>,
    /// Rows that changed nothing by their outcome alone.
    pub unproven: Vec<u64>,
    /// Rows of which a journal tells and whose cells are not what the run wrote, and the first of them.
    pub changed: u64,
    pub changed_named: Vec<String>,
    /// Rows that may have changed something and are left as they are, and why.
    pub left_out: Vec<LeftOut>,
    /// Rows that no results tell of any more.
    pub(super) lost: Vec<LostRow>,
    /// Those of them whose locations are put back all the same, as other rows are for these.
    pub(super) found_again: Vec<LostRow>,
    /// The journal of a run that wrote rows is not there.
    pub lacks_journal: bool,
}

impl UndoSheet {
    /// How many rows may have been changed and are left as they are.
    pub fn rows_not_undone(&self) -> u64 {
        (self.left_out.len() + self.lost.len()) as u64
    }

    /// Adds a row that is left as it is. The first reason that is found counts.
    fn leave_out(&mut self, row: u64, name: String, why: String) {
        let is_new = self.left_out.last().is_none_or(|left| left.row != row);
        self.left_out
            .extend(is_new.then_some(LeftOut { row, name, why }));
    }

    /// Notes rows that are not in the results any more, once all others are known.
    fn note_lost(&mut self, lost: Vec<LostRow>, verdicts: &Verdicts<'_>) {
        let places: HashSet<TargetKey> = self.places.iter().map(|(place, _)| *place).collect();
        let is_put_back = |row: &LostRow| match verdicts.of_lost(row) {
            RowVerdict::Changed(changes) => changes.iter().all(|one| places.contains(&one.key)),
            _ => false,
        };
        let (found_again, mut lost): (Vec<_>, Vec<_>) = lost.into_iter().partition(is_put_back);
        self.found_again = found_again;
        // Of a part that was chosen these are none.
        lost.retain(|row| !row.is_of_last_run);
        if self.hidden + self.outside == 0 {
            self.lost = lost;
        }
    }

    /// Adds a row whose cells are not what the run wrote, and what its journal says was there `before`.
    fn add_changed(&mut self, row: u64, cells: &[String], before: &str) {
        self.changed += 1;
        if self.changed_named.len() < ROWS_NAMED {
            let is = if cells.len() == 1 { "is" } else { "are" };
            self.changed_named.push(format!(
                "row {row}: {} {is} ignored, and before the run {before}",
                listed(cells)
            ));
        }
    }
}

/// A row that may have changed something and cannot be undone.
#[derive(Debug)]
pub struct LeftOut {
    pub row: u64,
    pub name: String,
    pub why: String,
}

/// Writes the sheet beside the results. Of several undos each has its own; the same undo has the same.
pub fn write(undone: &UndoSource, base_url: &str) -> Result<UndoSheet> {
    let (source, columns) = (&undone.sheet, undone.columns()?);
    let mut undo = UndoSheet::default();
    let pass = || Pass::new(undone, columns, base_url);
    let Repeats {
        places: repeats,
        without_order,
        last_row,
        outside,
        changed_hidden,
        lost,
    } = pass()?.find_repeats()?;
    let back = if repeats.is_empty() {
        HashMap::new()
    } else {
        // By the first of the runs, since undos of each of them may have put back something.
        let first = lost.last().map_or(&source.path, |row| &row.results);
        status::put_back(first)
    };
    let mut merged = pass()?.merge(&repeats, &lost, &back)?;

    let last_run = undone.earlier.runs().last();
    let names_of_rows = RowNames::of(last_run.and_then(RecordedRun::last_begin));
    let mut names = undo_sheets_of(&source.path).peekable();
    let first = names.peek().cloned().unwrap_or_default();
    let mut table = Table::create(&first, source.detectable_csv_style())?;
    let own = OwnCells::of(source, columns, is_workbook(&first));
    own.write_names(&mut table)?;
    let name = |numbered: &NumberedRecord| own.name_of(&names_of_rows, &numbered.record);
    let mut next_free = last_row + 1;
    let mut pass = pass()?;
    while let Some((numbered, changed_cells, verdict)) = pass.next_with_cells()? {
        let changes = match verdict {
            RowVerdict::NothingChanged => {
                undo.unchanged += 1;
                continue;
            }
            RowVerdict::Foreign => {
                undo.foreign.push(numbered.row);
                continue;
            }
            RowVerdict::Unproven => {
                undo.unproven.push(numbered.row);
                continue;
            }
            RowVerdict::CannotBeUndone { why, changes } => {
                undo.leave_out(numbered.row, name(numbered), why);
                changes
            }
            RowVerdict::Changed(changes) => {
                // Without a journal such a row could not be undone.
                if !changed_cells.is_empty() {
                    let before = say_before(columns.setting, &changes);
                    undo.add_changed(numbered.row, &changed_cells, &before);
                }
                changes
            }
        };
        let mut number = numbered.row;
        for change in changes {
            if without_order.contains(&change.key) {
                undo.leave_out(numbered.row, name(numbered), ORDER_UNKNOWN.into());
                continue;
            }
            let is_repeated = repeats.contains(&change.key);
            let changes = if is_repeated {
                // The first row of the location stands for all of them.
                match merged.remove(&change.key) {
                    Some(changes) => changes,
                    None => continue,
                }
            } else {
                MergedChanges::of([&change])
            };
            let changes = changes.without_what_was_the_same(columns.setting);
            let back = back.get(&change.key).filter(|_| is_repeated);
            if back.is_some_and(|back| !changes.is_back(back)) {
                undo.back_in_part.insert(change.key);
            }
            own.write_row(&mut table, number, &change, &changes, &numbered.record)?;
            let index_to_field = |index| TargetField {
                key: change.key,
                index,
            };
            let fields: Vec<TargetField> = changes.fields().map(index_to_field).collect();
            let mut later = fields.iter().filter_map(|field| outside.get(field));
            if later.any(|outside| *outside > number) {
                undo.changed_outside.insert(change.key);
            }
            undo.fields.extend(fields);
            undo.rows += 1;
            undo.places.push((change.key, number));
            undo.values.push(changes.values());
            number = next_free;
            next_free += 1;
        }
    }
    undo.lacks_journal = undone.earlier.lacks_journal();
    undo.hidden = pass.hidden;
    undo.changed_hidden = changed_hidden;
    undo.outside = pass.outside;
    undo.note_lost(lost, &pass.verdicts);
    undo.path = table.persist_as_first(names)?;
    Ok(undo)
}

/// Goes through the results once, row by row.
struct Pass<'p> {
    source: &'p UndoSource,
    verdicts: Verdicts<'p>,
    records: SheetRecords<'p>,
    numbered: NumberedRecord,
    /// Rows that were passed over because they are hidden.
    hidden: u64,
    changed_hidden: u64,
    /// Rows outside of the part that was chosen, and the last row of all.
    outside: u64,
    last_row: u64,
    /// The last row outside for each field that these changed.
    changed_outside: HashMap<TargetField, u64>,
    /// Locations that hidden rows changed.
    places_hidden: HashSet<TargetKey>,
    /// All rows of which a run tells: which run, and their numbers there.
    recorded: Vec<(usize, u64)>,
    looks_outside: bool,
}

/// What is known of the locations before the sheet is written.
struct Repeats {
    /// Those that several rows of the part changed.
    places: HashSet<TargetKey>,
    /// Those of them of which only a journal that is not there tells the order of their rows.
    without_order: HashSet<TargetKey>,
    last_row: u64,
    /// What rows outside of the part changed, with the last of these.
    outside: HashMap<TargetField, u64>,
    changed_hidden: u64,
    /// Rows that were deleted before another run went on.
    lost: Vec<LostRow>,
}

impl<'p> Pass<'p> {
    fn new(source: &'p UndoSource, columns: &'p Columns, base_url: &'p str) -> Result<Pass<'p>> {
        let UndoSource {
            sheet,
            earlier,
            are_cells_unproven,
        } = source;
        Ok(Pass {
            source,
            verdicts: Verdicts::new(sheet, columns, earlier, base_url, *are_cells_unproven)?,
            records: sheet.records()?,
            numbered: NumberedRecord::default(),
            hidden: 0,
            changed_hidden: 0,
            outside: 0,
            last_row: 0,
            changed_outside: HashMap::new(),
            places_hidden: HashSet::new(),
            recorded: Vec::new(),
            looks_outside: false,
        })
    }

    fn next(&mut self) -> Result<Option<(&NumberedRecord, RowVerdict)>> {
        loop {
            if !self.records.read(&mut self.numbered)? {
                return Ok(None);
            }
            self.last_row = self.last_row.max(self.numbered.row);
            if self.looks_outside {
                self.recorded.extend(self.verdicts.locate(&self.numbered));
            }
            if self.source.sheet.left_out_by(&self.numbered).is_some() {
                self.outside += 1;
                if self.looks_outside {
                    let verdict = self.verdicts.of(&self.numbered)?;
                    let changes = verdict.changes().iter();
                    let fields = changes.flat_map(ChangedRow::fields);
                    let row = self.numbered.row;
                    self.changed_outside
                        .extend(fields.map(|field| (field, row)));
                }
            } else if self.source.hides(&self.numbered) {
                self.hidden += 1;
                if self.looks_outside {
                    let verdict = self.verdicts.of(&self.numbered)?;
                    self.changed_hidden += u64::from(!verdict.changes().is_empty());
                    let places = verdict.changes().iter().map(|change| change.key);
                    self.places_hidden.extend(places);
                }
            } else {
                break;
            }
        }
        let verdict = self.verdicts.of(&self.numbered)?;
        Ok(Some((&self.numbered, verdict)))
    }

    /// The same with the cells that are not what the run wrote.
    fn next_with_cells(&mut self) -> Result<Option<(&NumberedRecord, Vec<String>, RowVerdict)>> {
        let Some((_, verdict)) = self.next()? else {
            return Ok(None);
        };
        let cells = self.verdicts.changed_cells(&self.numbered);
        Ok(Some((&self.numbered, cells, verdict)))
    }

    /// The locations that several rows changed, and the number of the last row.
    fn find_repeats(mut self) -> Result<Repeats> {
        self.looks_outside = true;
        let mut keys = Vec::new();
        let mut in_doubt = HashSet::new();
        while let Some((_, verdict)) = self.next()? {
            let changes = verdict.changes().iter();
            keys.extend(changes.clone().map(|change| change.key));
            if matches!(verdict, RowVerdict::CannotBeUndone { .. }) {
                let without_journal = changes.filter(|change| change.is_told_by_cells());
                in_doubt.extend(without_journal.map(|change| change.key));
            }
        }
        let UndoSource { sheet, earlier, .. } = self.source;
        let mut lost = lost_rows::find(&sheet.path, earlier, &self.recorded)?;
        // Whoever has left out rows for a location has not chosen these either.
        let mut outside = std::mem::take(&mut self.places_hidden);
        outside.extend(self.changed_outside.keys().map(|one| one.key));
        let is_outside = |change: &ChangedRow| outside.contains(&change.key);
        lost.retain(|row| !self.verdicts.of_lost(row).changes().iter().any(is_outside));
        for row in &lost {
            let verdict = self.verdicts.of_lost(row);
            keys.extend(verdict.changes().iter().map(|change| change.key));
        }
        keys.sort_unstable();
        let pairs = keys.windows(2).filter(|pair| pair[0] == pair[1]);
        let places: HashSet<TargetKey> = pairs.map(|pair| pair[0]).collect();
        Ok(Repeats {
            without_order: &places & &in_doubt,
            places,
            last_row: self.last_row,
            outside: self.changed_outside,
            changed_hidden: self.changed_hidden,
            lost,
        })
    }

    /// What all rows of each of these locations did, in the order in which they were sent.
    /// `back` is what earlier undos have put back.
    fn merge(
        mut self,
        repeats: &HashSet<TargetKey>,
        lost: &[LostRow],
        back: &HashMap<TargetKey, Vec<Sent>>,
    ) -> Result<HashMap<TargetKey, MergedChanges>> {
        let mut changes: HashMap<TargetKey, Vec<ChangedRow>> = HashMap::new();
        let mut add = |verdict: RowVerdict| {
            for change in verdict.into_changes() {
                if repeats.contains(&change.key) {
                    changes.entry(change.key).or_default().push(change);
                }
            }
        };
        while !repeats.is_empty()
            && let Some((_, verdict)) = self.next()?
        {
            add(verdict);
        }
        for row in lost {
            add(self.verdicts.of_lost(row));
        }
        Ok(changes
            .into_iter()
            .map(|(key, mut changes)| {
                changes.sort_by_key(|change| change.order);
                let merged = MergedChanges::of(&changes);
                let back = back.get(&key).map(Vec::as_slice).unwrap_or_default();
                (key, merged.with_later_rows_undone(&changes, back))
            })
            .collect())
    }
}

/// What a row puts back: `n1 was not set, n2 was 5501`.
fn say_before(setting: &Setting, changes: &[ChangedRow]) -> String {
    let MergedChanges(fields) = MergedChanges::of(changes).without_what_was_the_same(setting);
    let named = setting.fields.iter().zip(&fields).enumerate();
    let named = named.filter_map(|(index, (field, undo))| {
        let earlier = undo.as_ref()?.earlier.as_deref();
        Some(match earlier {
            Some(value) => format!("{} was {}", field.column, setting.plain(index, value)),
            None => format!("{} was not set", field.column),
        })
    });
    named.collect::<Vec<_>>().join(", ")
}

/// The key by which two spellings of an id of this kind are one.
fn key_of(id: &str, kind: &TargetKind) -> Option<TargetKey> {
    ids::read(id, kind.id).ok().map(|id| id.key)
}
