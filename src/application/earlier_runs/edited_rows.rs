//! Cells of results that are not what was sent, since somebody typed something else there.

use anyhow::{Result, bail};

use crate::application::earlier_runs::spreadsheet_losses::are_alike_but_for_losses;
use crate::journal::{Place, RowChange, Sent};
use crate::model::change::Change;
use crate::model::row::Row;
use crate::model::wording::plural;
use crate::setting::Setting;
use crate::sheet::row_check::{CheckedPart, RowCheck};
use crate::stderr::say;

/// Rows named; the others are counted.
const ROWS_NAMED: usize = 10;

/// What was found in the rows of a file.
#[derive(Debug, Default)]
pub(in crate::application) struct EditedRows {
    /// Rows that are done and ask for something else now, which is not sent.
    done: Vec<u64>,
    done_count: u64,
    /// Rows that are done and whose cells cannot be read any more, and the first of them.
    unreadable: Option<(u64, u64)>,
}

impl EditedRows {
    /// Compares a row as it stands there with what was done for it last. A cell that is as its run wrote it
    /// was not edited, even where a later row had set its field and it was not sent.
    pub(in crate::application) fn add(
        &mut self,
        setting: &Setting,
        row: &Row<'_>,
        change: &RowChange,
        check: Option<&RowCheck>,
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
            let (asked, sent) = (asked.field(), sent.as_deref());
            let is_as_written = || check.is_some_and(|check| is_as_checked(check, index, asked));
            let is_unsent = sent.is_none() && is_as_written();
            is_other |= !is_unsent && !is_as_sent(setting, index, asked, sent);
        }
        if is_done && is_other {
            self.note(row.number);
        }
    }

    /// Compares a row that is done with its own check, where no journal tells of it.
    pub(in crate::application) fn add_unrecorded(&mut self, row: &Row<'_>, check: &RowCheck) {
        if !asks_as_checked(check, row) {
            self.note(row.number);
        }
    }

    /// A row that is done and cannot be read as a whole. Each of its `fields` that can be read is
    /// compared, with the journal's `change` or else with the row's own check; whether something was
    /// typed into the others, nobody can tell.
    pub(in crate::application) fn add_unreadable(
        &mut self,
        setting: &Setting,
        row: u64,
        fields: &[Option<Change<'_>>],
        change: Option<&RowChange>,
        check: Option<&RowCheck>,
    ) {
        let sent = change.and_then(|change| change.sent.last());
        // A spreadsheet makes no number of a cell that has none.
        let had_no_value = |index| match (sent, check) {
            (_, Some(check)) => [None, Some("")]
                .iter()
                .any(|value| check.holds(CheckedPart::Sent(index), *value)),
            (Some(Sent(sent)), None) => sent.get(index).and_then(Option::as_deref) == Some(""),
            (None, None) => false,
        };
        let is_other = |(index, read): (usize, &Option<Change<'_>>)| {
            let Some(asked) = read.as_ref().map(Change::field) else {
                return had_no_value(index);
            };
            match (sent, check) {
                (Some(sent), _) => {
                    let sent = sent.0.get(index).and_then(Option::as_deref);
                    !is_as_sent(setting, index, asked, sent)
                }
                (None, Some(check)) => !is_as_checked(check, index, asked),
                (None, None) => false,
            }
        };
        if fields.iter().enumerate().any(is_other) {
            self.note(row);
        } else {
            self.unreadable.get_or_insert((0, row)).0 += 1;
        }
    }

    fn note(&mut self, row: u64) {
        self.done_count += 1;
        if self.done.len() < ROWS_NAMED {
            self.done.push(row);
        }
    }

    /// Refuses what would not be sent although somebody typed it.
    pub(in crate::application) fn tell(&self, shown: &str) -> Result<()> {
        if let Some((count, first)) = self.unreadable {
            say(&format!(
                "note: {} of `{shown}` that {} done cannot be read any more, as when a spreadsheet shortens numbers, the first is row {first}; whatever was typed there is not sent",
                plural(count, "row"),
                if count == 1 { "is" } else { "are" }
            ));
        }
        if self.done_count > 0 {
            let rows: Vec<String> = self.done.iter().map(ToString::to_string).collect();
            let more = if self.done_count > rows.len() as u64 {
                ", …"
            } else {
                ""
            };
            bail!(
                "rows of `{shown}` that are done ask for something else now, and --only-failed does not send them: row {}{more}\n\
                 hint: to send them, put them into a sheet of their own; to leave them, put their cells back or delete the rows",
                rows.join(", ")
            );
        }
        Ok(())
    }
}

/// Whether a cell asks for what was sent, but for what a spreadsheet takes off.
fn is_as_sent(setting: &Setting, index: usize, asked: Option<&str>, sent: Option<&str>) -> bool {
    match (asked, sent) {
        (Some(asked), Some(sent)) => {
            setting.is_same(index, asked, sent) || are_alike_but_for_losses(asked, sent)
        }
        (asked, sent) => asked == sent,
    }
}

/// Whether a row asks for what its own check says.
pub(in crate::application) fn asks_as_checked(check: &RowCheck, row: &Row<'_>) -> bool {
    let mut fields = row.changes.iter().enumerate();
    fields.all(|(index, change)| is_as_checked(check, index, change.field()))
}

/// The same of a cell.
fn is_as_checked(check: &RowCheck, index: usize, asked: Option<&str>) -> bool {
    let with_plus = asked.map(|asked| format!("+{asked}"));
    check.holds(CheckedPart::Sent(index), asked)
        || check.holds(CheckedPart::Sent(index), with_plus.as_deref())
}
