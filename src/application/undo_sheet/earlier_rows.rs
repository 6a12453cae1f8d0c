//! What the journals of earlier runs know of the rows of a file of results, or of a run's own copy of
//! its sheet.

use anyhow::Result;

use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::is_older_than_row;
use crate::application::undo_sheet::CellProof;
use crate::journal::{Place, RecordReader, RecordedRun, RowHistory, RowOrder, Sent};
use crate::sheet::NumberedRecord;
use crate::sheet::directory::Directory;

/// Reads what is known of rows.
#[derive(Debug)]
pub(in crate::application) struct EarlierRows<'r> {
    earlier: &'r EarlierRuns,
    cells: CellProof<'r>,
    readers: Vec<RecordReader<'r>>,
}

/// What a run knows of one of its rows.
pub(in crate::application) type Recorded<'r> = (&'r RecordedRun, u64, RowHistory);

impl<'r> EarlierRows<'r> {
    pub(in crate::application) fn of(
        earlier: &'r EarlierRuns,
        cells: CellProof<'r>,
    ) -> Result<EarlierRows<'r>> {
        let readers = earlier.runs().iter().map(RecordedRun::records);
        Ok(EarlierRows {
            earlier,
            cells,
            readers: readers.collect::<Result<_>>()?,
        })
    }

    /// The same, and where the journal has lost its record of a row, as when its last lines did not
    /// survive a power cut, what the row itself proves.
    pub(in crate::application) fn known(
        &mut self,
        numbered: &NumberedRecord,
    ) -> Result<Option<Recorded<'r>>> {
        let mut recorded = self.history(numbered)?;
        if let Some((run, row, history)) = &mut recorded
            && !self.earlier.is_of_copy()
            && !run.has_record_of(*row)
            && is_older_than_row(history, self.cells.source().1, numbered)
            && let Some(proven) = self.cells.history(numbered)
        {
            proven.changes.into_iter().for_each(|one| history.add(one));
        }
        Ok(recorded)
    }

    /// The order of a row, where the runs tell it.
    pub(in crate::application) fn order_of(
        &mut self,
        numbered: &NumberedRecord,
    ) -> Result<Option<RowOrder>> {
        let (_, columns) = self.cells.source();
        let Some((run, row)) = self.earlier.locate_unsent(columns, numbered) else {
            return Ok(None);
        };
        let noted = self.readers[run].history_of(row)?.order;
        let header = self.earlier.runs()[run].header();
        Ok(Some(noted.unwrap_or_else(|| header.order_of(row))))
    }

    /// What is known of a row, and by which run; `None` where no journal tells of it for certain.
    pub(in crate::application) fn history(
        &mut self,
        numbered: &NumberedRecord,
    ) -> Result<Option<Recorded<'r>>> {
        let (sheet, columns) = self.cells.source();
        let Some((run, row)) = self.earlier.locate(columns, numbered) else {
            return Ok(None);
        };
        let recorded = &self.earlier.runs()[run];
        let reader = &mut self.readers[run];
        let mut history = reader.history_of(row)?;
        let has_check = self.earlier.check_in(columns, numbered).is_some();
        let is_certain = has_check || self.earlier.is_of_copy();
        let lacks_place = history.changes.iter().any(|change| change.place.is_none());
        if is_certain && !lacks_place {
            return Ok(Some((recorded, row, history)));
        }
        // Without a check, or in the journal of an older wxbulk, it is the row if it asks for the same.
        let read = sheet.read_row(columns, numbered, &Directory::default());
        let Ok(asked) = read else { return Ok(None) };
        let place = Place::of(&asked);
        let is_it = match reader.of_row(row)? {
            Some(record) => record.check == asked.fingerprint(),
            None => recorded.in_flight(row, asked.fingerprint()).is_some() || history.is_empty(),
        };
        let mut changes = history.changes.iter();
        if !is_it && !changes.all(|change| change.place.as_ref() == Some(&place)) {
            return Ok(None);
        }
        for change in &mut history.changes {
            change.place.get_or_insert_with(|| place.clone());
            if change.sent.is_empty() {
                change.sent.push(Sent::of(&asked));
            }
        }
        Ok(Some((recorded, row, history)))
    }
}
