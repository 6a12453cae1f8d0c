//! The rows of a plan by the places that they are about: whatever became of their cells, a row that still
//! names its place is known.

use std::collections::HashMap;

use anyhow::Result;

use crate::application::earlier_runs::spreadsheet_losses::is_left_of;
use crate::application::plan_guard::plan_columns::EditedCell;
use crate::journal::{RecordReader, RecordedRun, RowRecord, Sent};
use crate::model::row::Row;
use crate::sheet::NumberedRecord;
use crate::sheet::cell_text::text_in;
use crate::sheet::columns::Columns;

/// Read when the first row is not as planned.
#[derive(Debug, Default)]
pub(super) struct PlannedPlaces(Option<HashMap<Box<str>, Vec<u64>>>);

impl PlannedPlaces {
    /// With the reader that is in use: those of one file share their place in it.
    fn read(
        &mut self,
        run: &RecordedRun,
        records: &mut RecordReader<'_>,
    ) -> Result<&HashMap<Box<str>, Vec<u64>>> {
        if self.0.is_none() {
            let mut places: HashMap<Box<str>, Vec<u64>> = HashMap::new();
            // The header of a sheet is row 1 at the least.
            for row in (2..).take(run.finished_rows().len()) {
                if let Some(place) = records.of_row(row)?.and_then(|record| record.place) {
                    places.entry(place.id).or_default().push(row);
                }
            }
            self.0 = Some(places);
        }
        Ok(self.0.get_or_insert_default())
    }

    /// The rows that were planned for the place that a row names, which cannot be read as a whole.
    pub(super) fn named_in(
        &mut self,
        run: &RecordedRun,
        records: &mut RecordReader<'_>,
        numbered: &NumberedRecord,
    ) -> Result<Vec<u64>> {
        let places = self.read(run, records)?;
        let cells = numbered.record.iter();
        let mut named = cells.filter_map(|cell| places.get(std::str::from_utf8(cell).ok()?.trim()));
        Ok(named.next().cloned().unwrap_or_default())
    }

    /// The cells in which a row asks for something else than was planned for its place.
    pub(super) fn edited(
        &mut self,
        run: &RecordedRun,
        records: &mut RecordReader<'_>,
        columns: &Columns,
        numbered: &NumberedRecord,
        row: &Row<'_>,
    ) -> Result<Vec<EditedCell>> {
        let rows = self.read(run, records)?.get(&*row.target_id);
        let rows = rows.map(Vec::as_slice).unwrap_or_default();
        let is_there = rows.contains(&row.number);
        let Some(planned) = is_there.then_some(&row.number).or(rows.first()) else {
            return Ok(Vec::new());
        };
        let Some(RowRecord {
            sent: Some(Sent(planned)),
            ..
        }) = records.of_row(*planned)?
        else {
            return Ok(Vec::new());
        };
        let fields = row.changes.iter().zip(&columns.fields).zip(&planned);
        let edited = fields.filter_map(|((change, column), planned)| {
            let planned = planned.as_deref();
            (change.field() != planned).then_some(())?;
            Some(EditedCell {
                row: row.number,
                column: (*column)?,
                found: text_in(&numbered.record, (*column)?),
                planned: match planned {
                    Some("") => "REMOVE".to_string(),
                    planned => planned.unwrap_or_default().to_string(),
                },
            })
        });
        Ok(edited.collect())
    }
}

impl EditedCell {
    /// Whether it only lacks what spreadsheets take off.
    pub(super) fn is_lost_in_a_spreadsheet(&self) -> bool {
        is_left_of(&self.found, &self.planned)
    }
}
