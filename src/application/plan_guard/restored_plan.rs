//! Numbers of a plan that a spreadsheet has changed: the plan's own record tells what was approved.

use std::path::Path;

use anyhow::Result;

use super::planned_places::PlannedPlaces;
use crate::application::earlier_runs::restored_numbers::Restored;
use crate::application::earlier_runs::spreadsheet_losses::is_left_of;
use crate::journal::{Journal, RecordedRun, RowRecord, Sent};
use crate::sheet::cell_text::text_in;
use crate::sheet::columns::Columns;
use crate::sheet::{NumberedRecord, Sheet};

/// Takes the numbers that the plan recorded for those that a spreadsheet has made of them. Says so unless it is
/// to be quiet.
pub(super) fn restore(plan: &Path, sheet: &mut Sheet, is_quiet: bool) -> Result<()> {
    let (Ok(columns), Ok(run)) = (
        sheet.columns.clone(),
        RecordedRun::open(&Journal::path_for(plan)),
    ) else {
        return Ok(());
    };
    let mut places = PlannedPlaces::default();
    let mut planned = run.records()?;
    let restored = Restored::find(sheet, &columns, |restored, numbered| {
        let mut of_place = places.named_in(&run, &mut planned, numbered)?;
        // Where several rows are for one place, that of the same number comes first.
        of_place.sort_by_key(|row| *row != numbered.row);
        for row in of_place {
            let Some(RowRecord {
                sent: Some(Sent(sent)),
                ..
            }) = planned.of_row(row)?
            else {
                continue;
            };
            if asks_for(&columns, numbered, &sent) {
                restored.add(sheet, &columns, numbered, |index, _| {
                    sent.get(index)?.as_deref().map(String::from)
                });
                break;
            }
        }
        Ok(())
    })?;
    if !is_quiet {
        restored.tell(sheet, "what the plan recorded");
    }
    sheet.restore(restored.cells);
    Ok(())
}

/// Whether the cells of a row are those of a planned one, but for what a spreadsheet does.
fn asks_for(columns: &Columns, numbered: &NumberedRecord, sent: &[Option<Box<str>>]) -> bool {
    let mut fields = columns.fields.iter().zip(sent);
    let mut is_any_left = false;
    let are_alike = fields.all(|(column, sent)| {
        let (Some(column), Some(sent)) = (column, sent.as_deref()) else {
            return true;
        };
        let found = text_in(&numbered.record, *column);
        let is_left = is_left_of(&found, sent);
        is_any_left |= is_left;
        // What else was typed is compared when the row is read.
        is_left || !found.is_empty()
    });
    are_alike && is_any_left
}
