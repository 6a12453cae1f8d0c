//! Numbers of results that a spreadsheet has changed: the journal tells what was sent, and where it does not
//! the row's own check proves which number was written. What a person has typed stays as it is.

use anyhow::Result;

use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::restored_numbers::{Restored, proven};
use crate::application::earlier_runs::spreadsheet_losses::{is_left_of, is_shortened};
use crate::application::undo_sheet::{CellProof, EarlierRows};
use crate::sheet::Sheet;
use crate::sheet::columns::Columns;
use crate::sheet::row_check::CheckedPart;

/// Takes the numbers that were sent for those that a spreadsheet has made of them.
pub(in crate::application) fn restore(
    earlier: &EarlierRuns,
    sheet: &mut Sheet,
    base_url: &str,
    is_quiet: bool,
) -> Result<()> {
    let Ok(columns) = sheet.columns.clone() else {
        return Ok(());
    };
    let restored = find(earlier, sheet, &columns, base_url)?;
    if !is_quiet {
        restored.tell(sheet, "what the run recorded");
    }
    sheet.restore(restored.cells);
    Ok(())
}

fn find(
    earlier: &EarlierRuns,
    sheet: &Sheet,
    columns: &Columns,
    base_url: &str,
) -> Result<Restored> {
    let cells = CellProof::new(sheet, columns, earlier, base_url);
    let mut rows = EarlierRows::of(earlier, cells)?;
    Restored::find(sheet, columns, |restored, numbered| {
        let recorded = rows.history(numbered)?;
        let change = recorded
            .as_ref()
            .and_then(|(_, _, history)| history.latest());
        let check = earlier.check_in(columns, numbered);
        let is_as_written = |index, found: &str| {
            let mut check = check.iter();
            check.any(|check| check.holds(CheckedPart::Sent(index), Some(found)))
        };
        restored.add(sheet, columns, numbered, |index, found| {
            if is_as_written(index, found) {
                return None;
            }
            let sent = change
                .into_iter()
                .flat_map(|change| change.sent.iter().rev());
            let sent = sent.filter_map(|sent| sent.0.get(index)?.as_deref());
            let mut sent = sent.peekable();
            let is_told = sent.peek().is_some();
            // Of a shortened one nobody can tell whether a person had typed another number before.
            let is_left = |sent: &&str| is_left_of(found, sent) && !is_shortened(found, sent);
            match sent.find(is_left) {
                Some(recorded) => Some(recorded.to_string()),
                // Where the journal tells of the field, a person has typed this.
                None if is_told => None,
                None => proven(check.as_ref()?, index, found),
            }
        });
        restored.add_lost(columns, numbered, |index, found| {
            let Some(change) = change else {
                // Without its journal the row's check says only that another number was written.
                return check.is_some() && !is_as_written(index, found);
            };
            let sent = change.sent.iter();
            let mut sent = sent.filter_map(|sent| sent.0.get(index)?.as_deref());
            !is_as_written(index, found) && sent.any(|sent| is_shortened(found, sent))
        });
        Ok(())
    })
}
