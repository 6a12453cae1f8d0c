//! A file of results that has lost one of its columns, or the column's name, is no new sheet: which of its rows
//! are done could not be told, and all of them would be sent again.

use anyhow::{Result, bail};

use crate::application::run_settings::{RunSettings, Start};
use crate::engine::pipeline::Task;
use crate::sheet::result_columns::{CHECK, RESULT_COLUMNS};
use crate::sheet::row_check::RowCheck;
use crate::sheet::{NumberedRecord, Sheet};

/// Refuses to send such a file.
pub(in crate::application) fn refuse(settings: &RunSettings, sheet: &Sheet) -> Result<()> {
    let Some(column) = sheet.column_called(CHECK) else {
        return Ok(());
    };
    if settings.spec.task == Task::Read || settings.start != Start::Fresh {
        return Ok(());
    }
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let check = numbered.record.get(column).unwrap_or_default();
        let check = std::str::from_utf8(check).unwrap_or_default();
        if check.trim().parse::<RowCheck>().is_err() {
            continue;
        }
        let names = RESULT_COLUMNS.iter();
        let mut missing = names.filter(|name| sheet.column_called(name).is_none());
        let what = missing.next().map_or_else(
            || "its columns do not stand in their order any more".to_string(),
            |name| format!("its column `{name}` is missing, or has another name"),
        );
        bail!(
            "`{}` has the rows of a run in it, and {what}; so which of them are done is not known\n\
             hint: put the columns back as they were; to send every row again, delete the column `{CHECK}`",
            sheet.path.display()
        );
    }
    Ok(())
}
