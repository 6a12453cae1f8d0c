//! What the journals of earlier runs know of the rows of a file of results, or of a run's own copy of
//! its sheet.

use anyhow::Result;

use crate::application::earlier_runs::EarlierRuns;
use crate::journal::{Place, RecordReader, RecordedRun, RowHistory, Sent};
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::{NumberedRecord, Sheet};

/// Reads what is known of rows.
#[derive(Debug)]
pub(super) struct EarlierRows<'r> {
    earlier: &'r EarlierRuns,
    readers: Vec<RecordReader<'r>>,
}

impl<'r> EarlierRows<'r> {
    pub(super) fn of(earlier: &'r EarlierRuns) -> Result<EarlierRows<'r>> {
        let readers = earlier.runs().iter().map(RecordedRun::records);
        Ok(EarlierRows {
            earlier,
            readers: readers.collect::<Result<_>>()?,
        })
    }

    /// What is known of a row, and by which run; `None` where no journal tells of it for certain.
    pub(super) fn history(
        &mut self,
        sheet: &Sheet,
        columns: &Columns,
        numbered: &NumberedRecord,
    ) -> Result<Option<(&RecordedRun, u64, RowHistory)>> {
        let Some((run, row)) = self.earlier.locate(columns, numbered) else {
            return Ok(None);
        };
        let recorded = &self.earlier.runs()[run];
        let reader = &mut self.readers[run];
        let mut history = reader.history_of(row)?;
        let has_check = columns.check_in(&numbered.record).is_some();
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
