//! Cells of results that are not what was sent: typed since by a person, or changed by a spreadsheet.

use anyhow::{Result, bail};

use crate::journal::{Place, RowChange};
use crate::model::row::Row;
use crate::setting::Setting;
use crate::sheet::number::number_in;
use crate::stderr::say;

/// Rows named; the others are counted.
const ROWS_NAMED: usize = 10;

/// What was found in the rows of a file.
#[derive(Debug, Default)]
pub(super) struct EditedRows {
    /// Rows that are done and ask for something else now, which is not sent.
    done: Vec<u64>,
    done_count: u64,
    /// The first cell that lost its `+`: its row, its column and what was sent.
    without_plus: Option<(u64, &'static str, String)>,
}

impl EditedRows {
    /// Compares a row as it stands there with what was done for it last.
    pub(super) fn add(
        &mut self,
        setting: &Setting,
        row: &Row<'_>,
        change: &RowChange,
        is_done: bool,
    ) {
        let place = Place::of(row);
        let is_elsewhere = change.place.as_ref().is_some_and(|one| one.id != place.id);
        let sent = change
            .sent
            .last()
            .map(|sent| &sent.0[..])
            .unwrap_or_default();
        let mut is_other = is_elsewhere;
        for (index, (asked, sent)) in row.changes.iter().zip(sent).enumerate() {
            match (asked.field(), sent.as_deref()) {
                (Some(asked), Some(sent)) if sent.strip_prefix('+') == Some(asked) => {
                    let column = setting.fields.get(index).map_or("", |field| field.column);
                    let cell = (row.number, column, sent.to_string());
                    if !is_done && number_in(sent).is_some() {
                        self.without_plus.get_or_insert(cell);
                    }
                }
                (Some(asked), Some(sent)) => is_other |= !setting.is_same(index, asked, sent),
                (asked, sent) => is_other |= asked != sent,
            }
        }
        if is_done && is_other {
            self.done_count += 1;
            if self.done.len() < ROWS_NAMED {
                self.done.push(row.number);
            }
        }
    }

    /// Says what is not sent although somebody typed it, and refuses what a spreadsheet has harmed.
    pub(super) fn tell(&self, shown: &str) -> Result<()> {
        if let Some((row, column, sent)) = &self.without_plus {
            bail!(
                "row {row} of `{shown}`: the cell `{column}` has lost the `+` of `{sent}`, as spreadsheets do\n\
                 hint: format the column as text and type the number again, or save as .xlsx"
            );
        }
        if self.done_count > 0 {
            let rows: Vec<String> = self.done.iter().map(ToString::to_string).collect();
            let more = if self.done_count > rows.len() as u64 {
                ", …"
            } else {
                ""
            };
            say(&format!(
                "note: rows of `{shown}` that are done were changed in it since and are not sent again: row {}{more}\n\
                 hint: to send them, put them into a sheet of their own",
                rows.join(", ")
            ));
        }
        Ok(())
    }
}
