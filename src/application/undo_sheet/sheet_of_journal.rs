//! A sheet of the rows that a journal tells of, for whoever has lost all else: where each was sent and
//! what was sent, under the numbers that the rows have in the journal.

use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result, bail};
use csv::Writer;

use crate::application::spool;
use crate::journal::{Place, RecordedRun, Sent};
use crate::setting::Setting;
use crate::sheet::number::REMOVE;
use crate::sheet::result_columns::{ORG_ID, UNDONE_ROW};
use crate::sheet::{Origin, ReadOptions, Sheet, verbatim};

/// Opens it under the name of the results that the run would have.
pub(super) fn open(results: &Path, run: &RecordedRun) -> Result<Sheet> {
    let header = run.header();
    let shown = run.path().display();
    let Some(setting) = Setting::named(&header.setting) else {
        bail!(
            "`{shown}` is about `{}`, which this wxbulk does not know",
            header.setting
        );
    };
    let file = spool::nameless(results)?;
    write(&file, run, setting).with_context(|| format!("cannot read the rows of `{shown}`"))?;
    let reading = ReadOptions {
        setting: Some(setting),
        origin: Origin::Undo,
        ..ReadOptions::default()
    };
    Sheet::of_file(results, file, reading)
}

fn write(file: &File, run: &RecordedRun, setting: &Setting) -> Result<()> {
    let mut table = Writer::from_writer(file);
    let target = setting.target;
    let ours = [UNDONE_ROW, ORG_ID, target.id_column, target.name_column].into_iter();
    table.write_record(ours.chain(setting.column_names()))?;
    let mut records = run.records()?;
    for row in 0..run.rows() {
        let history = records.history_of(row)?;
        let Some(change) = history.latest() else {
            continue;
        };
        let Some(Place { org_id, id, name }) = &change.place else {
            bail!("an older wxbulk wrote it, which did not note where each row was sent");
        };
        let sent = change.sent.last().map_or(&[][..], |Sent(sent)| sent);
        let cells = (0..setting.fields.len()).map(|index| match sent.get(index) {
            None | Some(None) => "".into(),
            Some(Some(value)) if value.is_empty() => REMOVE.into(),
            Some(Some(value)) => verbatim::to_cell(value),
        });
        let number = row.to_string();
        let place = [&number, org_id.as_deref().unwrap_or_default(), id, name];
        let place = place.into_iter().map(Cow::Borrowed);
        table.write_record(place.chain(cells).map(Cow::into_owned))?;
    }
    table.flush()?;
    Ok(())
}
