//! The sheet that undoes a run, made from its results and its journal.
//!
//! The results say which rows; what was there before, what was sent and what became of it the journal
//! says. Where it is missing or damaged a row of the results is enough, if its check proves that it is
//! intact. Rows that a workbook hides are left out: a filter is the choice.
//! Each location has one row, with the values from before the first of the run's changes in `n1` to
//! `n3` (`REMOVE` where none was set), and in `present1` to `present3` what the run put there, which is
//! what must be found now; several values, of which any will do, where nobody knows which took effect.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::application::earlier_runs::{self, EarlierRuns};
use crate::journal::RowHistory;
use crate::model::ids;
use crate::model::row::TargetKey;
use crate::setting::target_kind::TargetKind;
use crate::sheet::columns::Columns;
use crate::sheet::result_columns::UNDONE_ROW;
use crate::sheet::{NumberedRecord, Origin, ReadOptions, Sheet, SheetRecords};
use crate::table::{Existing, Table};

mod changed_row;
mod merged_changes;
mod place_cells;

use changed_row::{ChangedRow, RowVerdict, Verdicts};
use merged_changes::MergedChanges;
use place_cells::OwnCells;

/// A sheet that undoes a run.
#[derive(Debug, Default)]
pub struct UndoSheet {
    /// Locations to change back.
    pub rows: u64,
    /// Rows of the results that changed nothing.
    pub unchanged: u64,
    /// Rows that are hidden in the workbook, and so not chosen.
    pub hidden: u64,
    /// Rows outside of the part that was chosen.
    pub outside: u64,
    /// Rows that may have changed something and are left as they are, and why.
    pub left_out: Vec<LeftOut>,
}

/// A row that may have changed something and cannot be undone.
#[derive(Debug)]
pub struct LeftOut {
    pub row: u64,
    pub name: String,
    pub why: String,
}

/// Where the sheet stands: beside the results, as `….undo.csv`.
pub fn path_for(results: &Path) -> PathBuf {
    results.with_extension("undo.csv")
}

/// Opens a file of results. Those of an undo hold values that the service has, letter for letter.
pub fn open_results(results: &Path, reading: ReadOptions) -> Result<Sheet> {
    let reading = ReadOptions {
        setting: earlier_runs::setting_of(results),
        ..reading
    };
    let source = Sheet::open(results, reading.clone())?;
    let mut names = source.header.iter();
    if !names.any(|name| name == UNDONE_ROW.as_bytes()) {
        return Ok(source);
    }
    let origin = Origin::ResultsOfUndo;
    Sheet::open(results, ReadOptions { origin, ..reading })
}

/// The columns of a file that has to be one of results.
pub fn columns_of(source: &Sheet) -> Result<&Columns> {
    let shown = source.path.display();
    let columns = source.columns.as_ref().map_err(|problems| {
        let problem = problems.first().map(ToString::to_string);
        anyhow!(
            "`{shown}` is not a results file: {}",
            problem.unwrap_or_default()
        )
    })?;
    if columns.results.is_none() {
        return Err(anyhow!(
            "`{shown}` is not a results file: it has no columns `row`, `outcome`, … and so does not say what a run did"
        ));
    }
    Ok(columns)
}

/// Writes the sheet. One that stands there already is left alone unless it is the same.
pub fn write(
    source: &Sheet,
    earlier: &EarlierRuns,
    base_url: &str,
    path: &Path,
) -> Result<UndoSheet> {
    let columns = columns_of(source)?;
    let mut undo = UndoSheet::default();
    let pass = || Pass::new(source, columns, earlier, base_url);
    let (repeats, last_row) = pass()?.find_repeats()?;
    let mut merged = pass()?.merge(&repeats)?;

    let own = OwnCells::of(source, columns);
    let mut table = Table::create(path, source.csv_style())?;
    own.write_names(&mut table)?;
    let mut next_free = last_row + 1;
    let mut pass = pass()?;
    while let Some((numbered, verdict)) = pass.next()? {
        let changes = match verdict {
            RowVerdict::NothingChanged => {
                undo.unchanged += 1;
                continue;
            }
            RowVerdict::CannotBeUndone { why, changes } => {
                undo.left_out.push(LeftOut {
                    row: numbered.row,
                    name: own.name_of(&numbered.record),
                    why,
                });
                changes
            }
            RowVerdict::Changed(changes) => changes,
        };
        let mut number = numbered.row;
        for change in changes {
            let changes = if repeats.contains(&change.key) {
                // The first row of the location stands for all of them.
                match merged.remove(&change.key) {
                    Some(changes) => changes,
                    None => continue,
                }
            } else {
                MergedChanges::of([&change])
            };
            own.write_row(&mut table, number, &change, &changes, &numbered.record)?;
            undo.rows += 1;
            number = next_free;
            next_free += 1;
        }
    }
    undo.hidden = pass.hidden;
    undo.outside = pass.outside;
    table.persist(Existing::Expect)?;
    Ok(undo)
}

/// What the rows of results themselves prove that they did, for rows of which no journal tells.
pub(super) struct ProvenRows<'p>(Verdicts<'p>);

impl<'p> ProvenRows<'p> {
    pub(super) fn new(
        source: &'p Sheet,
        columns: &'p Columns,
        earlier: &'p EarlierRuns,
        base_url: &'p str,
    ) -> Result<ProvenRows<'p>> {
        Ok(ProvenRows(Verdicts::new(
            source, columns, earlier, base_url,
        )?))
    }

    pub(super) fn history(&self, numbered: &NumberedRecord) -> Option<RowHistory> {
        let change = self.0.proven_by_cells(numbered)?;
        Some(RowHistory {
            changes: vec![change],
        })
    }
}

/// Goes through the results once, row by row.
struct Pass<'p> {
    source: &'p Sheet,
    verdicts: Verdicts<'p>,
    records: SheetRecords<'p>,
    numbered: NumberedRecord,
    /// Rows that were passed over because they are hidden.
    hidden: u64,
    /// Rows outside of the part that was chosen, and the last row of all.
    outside: u64,
    last_row: u64,
}

impl<'p> Pass<'p> {
    fn new(
        source: &'p Sheet,
        columns: &'p Columns,
        earlier: &'p EarlierRuns,
        base_url: &'p str,
    ) -> Result<Pass<'p>> {
        Ok(Pass {
            source,
            verdicts: Verdicts::new(source, columns, earlier, base_url)?,
            records: source.records()?,
            numbered: NumberedRecord::default(),
            hidden: 0,
            outside: 0,
            last_row: 0,
        })
    }

    fn next(&mut self) -> Result<Option<(&NumberedRecord, RowVerdict)>> {
        loop {
            if !self.records.read(&mut self.numbered)? {
                return Ok(None);
            }
            self.last_row = self.last_row.max(self.numbered.row);
            if self.source.left_out_by(&self.numbered).is_some() {
                self.outside += 1;
            } else if self.source.hidden.is_row_hidden(self.numbered.row) {
                self.hidden += 1;
            } else {
                break;
            }
        }
        let verdict = self.verdicts.of(&self.numbered)?;
        Ok(Some((&self.numbered, verdict)))
    }

    /// The locations that several rows changed, and the number of the last row.
    fn find_repeats(mut self) -> Result<(HashSet<TargetKey>, u64)> {
        let mut keys = Vec::new();
        while let Some((_, verdict)) = self.next()? {
            keys.extend(verdict.changes().iter().map(|change| change.key));
        }
        keys.sort_unstable();
        let pairs = keys.windows(2).filter(|pair| pair[0] == pair[1]);
        Ok((pairs.map(|pair| pair[0]).collect(), self.last_row))
    }

    /// What all rows of each of these locations did, in the order in which they were sent.
    fn merge(mut self, repeats: &HashSet<TargetKey>) -> Result<HashMap<TargetKey, MergedChanges>> {
        let mut changes: HashMap<TargetKey, Vec<ChangedRow>> = HashMap::new();
        while !repeats.is_empty()
            && let Some((_, verdict)) = self.next()?
        {
            for change in verdict.into_changes() {
                if repeats.contains(&change.key) {
                    changes.entry(change.key).or_default().push(change);
                }
            }
        }
        Ok(changes
            .into_iter()
            .map(|(key, mut changes)| {
                changes.sort_by_key(|change| change.order);
                (key, MergedChanges::of(&changes))
            })
            .collect())
    }
}

/// The key by which two spellings of an id of this kind are one.
fn key_of(id: &str, kind: &TargetKind) -> Option<TargetKey> {
    ids::read(id, kind.id).ok().map(|id| id.key)
}
