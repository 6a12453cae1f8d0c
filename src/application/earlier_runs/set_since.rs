//! What other rows of the runs have set for the locations of the rows that are sent again: later rows since, and
//! rows before them, which is no change of somebody else. The journals tell it, since the rows of results can be
//! sorted, deleted or hidden.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::Result;
use jiff::Timestamp;

use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::just_before::JustBefore;
use crate::application::earlier_runs::lost_rows::followed;
use crate::journal::{RecordReader, RecordedRun, RowChange, RowOrder, Sent};
use crate::model::change::Change;
use crate::model::hint::Hinted;
use crate::model::ids;
use crate::model::outcome::OutcomeKind;
use crate::model::row::TargetKey;
use crate::model::wording::rows_listed;
use crate::setting::Setting;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::duplicates::{Fields, SetSince, Superseded};
use crate::sheet::{NumberedRecord, Sheet};

/// Rows that are named; the others are counted.
const ROWS_NAMED: usize = 10;

/// A row that is sent again.
#[derive(Debug)]
struct RowAgain {
    location: TargetKey,
    row: u64,
    /// In the run that wrote the results.
    number: u64,
    /// Rows are sent in this order.
    order: RowOrder,
    /// Of a row that was left out as it was the same as another one: that row.
    same_as: Option<RowOrder>,
    changes: u32,
}

impl RowAgain {
    /// Whether sending it would only repeat what the row has set that it was the same as.
    fn repeats(&self, order: RowOrder, sent: &Sent) -> bool {
        self.same_as == Some(order) && self.changes == sent.checksum()
    }
}

/// A row that has set something of which no journal tells.
#[derive(Debug)]
struct SetHere {
    location: TargetKey,
    order: RowOrder,
    row: u64,
    fields: Fields,
    changes: u32,
    asked: Vec<Change<'static>>,
}

/// The rows that are sent again of which the order is known.
#[derive(Debug, Default)]
struct RowsAgain {
    /// By location, and then in the order of the file.
    rows: Vec<RowAgain>,
    known: Vec<bool>,
    set_without_journal: Vec<SetHere>,
}

/// Makes sure of the order where all rows of results are sent or planned once more.
pub(in crate::application) fn ensure_order(
    earlier: &EarlierRuns,
    sheet: &Sheet,
    duplicates: DuplicatePolicy,
) -> Result<()> {
    match &sheet.columns {
        Ok(columns) if duplicates == DuplicatePolicy::InOrder => {
            RowsAgain::read(earlier, sheet, columns)?.ensure_their_order(&sheet.path)
        }
        _ => Ok(()),
    }
}

/// Tells the sheet. Of several rows for one location that are sent again, the order must be that of the run.
pub(in crate::application) fn note(
    earlier: &EarlierRuns,
    sheet: &mut Sheet,
    duplicates: DuplicatePolicy,
) -> Result<()> {
    let Ok(columns) = &sheet.columns else {
        return Ok(());
    };
    let again = RowsAgain::read(earlier, sheet, columns)?;
    if duplicates == DuplicatePolicy::InOrder {
        again.ensure_their_order(&sheet.path)?;
    }
    let (found, after_another) = again.find_set_since(earlier, columns.setting, &sheet.path)?;
    let Found { since, before } = found;
    let superseded = in_file(since, earlier, sheet, columns)?;
    sheet.note_set_since(SetSince {
        known: again.known,
        superseded,
        after_another,
        before,
    });
    Ok(())
}

impl RowsAgain {
    fn read(earlier: &EarlierRuns, sheet: &Sheet, columns: &Columns) -> Result<RowsAgain> {
        let mut again = RowsAgain::default();
        let readers = earlier.runs().iter().map(RecordedRun::records);
        let mut readers: Vec<RecordReader<'_>> = readers.collect::<Result<_>>()?;
        let mut records = sheet.records()?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let located = earlier.locate_unsent(columns, &numbered);
            // Without any journal the row itself says where the run had it.
            let told = columns.row_in(&numbered.record);
            let told = told.filter(|_| earlier.runs().is_empty());
            let Some(number) = located.map(|(_, row)| row).or(told) else {
                continue;
            };
            let kind = columns.outcome_in(&numbered.record);
            let is_set_here = located.is_none() && kind.is_some_and(is_set);
            let is_left = sheet.is_settled(columns, &numbered) || sheet.leaves_out(&numbered);
            if is_left && !is_set_here {
                continue;
            }
            let Ok(asked) = sheet.read_row(columns, &numbered, &Directory::default()) else {
                continue;
            };
            let mut order_of = |row| -> Result<RowOrder> {
                let Some((run, _)) = located else {
                    return Ok((Timestamp::UNIX_EPOCH, row));
                };
                let noted = readers[run].history_of(row)?.order;
                Ok(noted.unwrap_or_else(|| earlier.runs()[run].header().order_of(row)))
            };
            let order = order_of(number)?;
            let same_as = columns.same_as(&numbered.record);
            if is_set_here {
                again.set_without_journal.push(SetHere {
                    location: asked.key,
                    order,
                    row: numbered.row,
                    fields: Fields::of(&asked),
                    changes: asked.changes_checksum(),
                    asked: asked.into_owned().changes,
                });
                continue;
            }
            again.rows.push(RowAgain {
                location: asked.key,
                row: numbered.row,
                number,
                order,
                same_as: same_as.map(order_of).transpose()?,
                changes: asked.changes_checksum(),
            });
            let index = usize::try_from(numbered.row)?;
            again.known.resize(index + 1, false);
            again.known[index] = true;
        }
        again.rows.sort_by_key(|one| one.location);
        Ok(again)
    }

    /// Which of two rows for one location comes last is what it has in the end.
    fn ensure_their_order(&self, results: &Path) -> Result<()> {
        let locations = self
            .rows
            .chunk_by(|one, next| one.location == next.location);
        let pairs = locations.flat_map(|rows| {
            let mut last = &rows[0];
            rows[1..].iter().filter_map(move |next| {
                if next.order > last.order {
                    last = next;
                    return None;
                }
                (next.changes != last.changes).then_some([last, next])
            })
        });
        let pairs: Vec<[&RowAgain; 2]> = pairs.collect();
        let mut rows: Vec<u64> = pairs
            .iter()
            .flat_map(|pair| pair.iter().map(|one| one.row))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        if rows.is_empty() {
            return Ok(());
        }
        // Results of results that were sorted have the numbers of the sorted file.
        let can_be_sorted = pairs.iter().all(|pair| pair[1].number < pair[0].number);
        let order = if can_be_sorted {
            "sort the rows by the column `row`, from the lowest to the highest".to_string()
        } else {
            let moves = pairs.iter().take(ROWS_NAMED);
            let moves = moves.map(|pair| format!("row {} above row {}", pair[1].row, pair[0].row));
            format!("put {}", moves.collect::<Vec<_>>().join(", "))
        };
        Err(Hinted::new(
            format!(
                "the rows of `{}` stand in another order than the run had them in, and the last of several rows for one location is what it has in the end: {}",
                results.display(),
                rows_listed(&rows, ROWS_NAMED)
            ),
            format!("{order}, and type the same command again"),
        ))
    }

    fn at(&self, location: TargetKey) -> &[RowAgain] {
        let from = self.rows.partition_point(|one| one.location < location);
        let to = self.rows.partition_point(|one| one.location <= location);
        &self.rows[from..to]
    }

    fn find_set_since(
        &self,
        earlier: &EarlierRuns,
        setting: &Setting,
        results: &Path,
    ) -> Result<(Found, HashSet<u64>)> {
        let mut found = Found::default();
        if self.rows.is_empty() {
            return Ok((found, HashSet::new()));
        }
        let mut just_before = JustBefore::default();
        let mut repeated = Vec::new();
        for one in &self.rows {
            for other in self.at(one.location) {
                just_before.add(one.row, one.order, (other.order, other.changes));
            }
        }
        let mut add_those_of = |run: &RecordedRun| -> Result<()> {
            let mut records = run.records()?;
            let place = earlier.place_of(&run.header().id);
            for row in 0..run.rows() {
                for change in records.history_of(row)?.changes {
                    let Some((location, sent)) = sent_by(setting, &change) else {
                        continue;
                    };
                    let order = change.order.unwrap_or_else(|| run.header().order_of(row));
                    let by = place.map_or(By::Unknown, |run| By::RowOfRun(run, row));
                    let is_done = is_done(&change);
                    for one in self.at(location) {
                        if is_done || change.may_have_been_applied {
                            just_before.add(one.row, one.order, (order, sent.checksum()));
                            let sent = change.sent.iter().map(Sent::changes);
                            found.add_before(one, order, sent);
                        }
                        let fields = Fields::sent(&sent.0);
                        if is_done && order > one.order {
                            found.add(one.row, order, by, fields);
                        } else if is_done && one.repeats(order, sent) {
                            repeated.push((one, order, by, fields));
                        }
                    }
                }
            }
            Ok(())
        };
        earlier.runs().iter().try_for_each(&mut add_those_of)?;
        followed(results, earlier)?
            .iter()
            .try_for_each(add_those_of)?;
        for set in &self.set_without_journal {
            for one in self.at(set.location) {
                just_before.add(one.row, one.order, (set.order, set.changes));
                if set.order > one.order {
                    found.add(one.row, set.order, By::RowHere(set.row), set.fields);
                }
                found.add_before(one, set.order, [set.asked.clone()]);
            }
        }
        // Where another row came between, it is to be sent after all.
        repeated.retain(|(one, ..)| !just_before.is_another(one.row, one.changes));
        for (one, order, by, fields) in repeated {
            found.add(one.row, order, by, fields);
        }
        let after_another = self.rows.iter();
        let after_another =
            after_another.filter(|one| just_before.is_another(one.row, one.changes));
        Ok((found, after_another.map(|one| one.row).collect()))
    }
}

/// The row that has set something.
#[derive(Debug, Clone, Copy)]
enum By {
    RowHere(u64),
    /// Which run, and its number there.
    RowOfRun(usize, u64),
    Unknown,
}

/// Fields that later rows have set since, and the first of these rows.
type FoundSince = BTreeMap<u64, (RowOrder, By, Fields)>;

/// What other rows have set, by the rows that are sent again.
#[derive(Debug, Default)]
struct Found {
    since: FoundSince,
    /// What rows before them have set, or may have.
    before: HashMap<u64, Vec<Vec<Change<'static>>>>,
}

impl Found {
    fn add(&mut self, row: u64, order: RowOrder, by: By, fields: Fields) {
        let (first, known_by, known) = self.since.entry(row).or_insert((order, by, fields));
        *known = known.and(fields);
        if order < *first {
            (*first, *known_by) = (order, by);
        }
    }

    fn add_before(
        &mut self,
        one: &RowAgain,
        order: RowOrder,
        sent: impl IntoIterator<Item = Vec<Change<'static>>>,
    ) {
        if order < one.order {
            self.before.entry(one.row).or_default().extend(sent);
        }
    }
}

/// With the places of those rows in the file, whatever was sorted or deleted there.
fn in_file(
    since: FoundSince,
    earlier: &EarlierRuns,
    sheet: &Sheet,
    columns: &Columns,
) -> Result<BTreeMap<u64, Superseded>> {
    if since.is_empty() {
        return Ok(BTreeMap::new());
    }
    let wanted = since.values().filter_map(|(_, by, _)| match by {
        By::RowOfRun(run, row) => Some((*run, *row)),
        By::RowHere(_) | By::Unknown => None,
    });
    let wanted: HashSet<(usize, u64)> = wanted.collect();
    let mut there: HashMap<(usize, u64), u64> = HashMap::new();
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let place = earlier.locate(columns, &numbered);
        if let Some(place) = place.filter(|place| wanted.contains(place)) {
            there.insert(place, numbered.row);
        }
    }
    let found = since.into_iter().map(|(row, (_, by, fields))| {
        let by = match by {
            By::RowHere(row) => Some(row),
            By::RowOfRun(run, row) => there.get(&(run, row)).copied(),
            By::Unknown => None,
        };
        (row, Superseded { by, fields })
    });
    Ok(found.collect())
}

/// What a change sent last, and where.
fn sent_by<'c>(setting: &Setting, change: &'c RowChange) -> Option<(TargetKey, &'c Sent)> {
    let sent = change.sent.last()?;
    let place = change.place.as_ref()?;
    let id = ids::read(&place.id, setting.target.id).ok()?;
    Some((id.key, sent))
}

/// Whether a change set for certain what it sent.
fn is_done(change: &RowChange) -> bool {
    let outcome = change.outcome.as_ref();
    outcome.is_some_and(|outcome| is_set(outcome.kind))
}

/// Whether a row with this outcome has set what it asks for.
fn is_set(kind: OutcomeKind) -> bool {
    matches!(kind, OutcomeKind::Updated | OutcomeKind::Unchanged)
}
