//! Rows of results whose name was corrected while the id that the run wrote beside it stayed: sent by
//! the id they would change the old place once more.

use anyhow::{Result, bail};

use crate::application::earlier_runs::EarlierRuns;
use crate::journal::{Place, RowHistory};
use crate::model::row::Row;
use crate::model::wording::plural;
use crate::setting::target_kind::TargetKind;
use crate::sheet::columns::Columns;
use crate::sheet::directory::{Directory, is_same_name};
use crate::sheet::name_beside_id::{NameBesideId, contradicting};
use crate::sheet::row_check::CheckedPart;
use crate::sheet::{NumberedRecord, Sheet};

/// What was found in the rows of a file.
#[derive(Debug)]
pub(in crate::application) struct RenamedRows<'s> {
    sheet: &'s Sheet,
    columns: &'s Columns,
    earlier: &'s EarlierRuns,
    /// What names meant in the runs that wrote the rows.
    looked_up: Vec<Directory>,
    count: u64,
    /// Where the first of them stands, and what is wrong with it.
    first: Option<String>,
}

impl<'s> RenamedRows<'s> {
    pub(in crate::application) fn new(
        sheet: &'s Sheet,
        columns: &'s Columns,
        earlier: &'s EarlierRuns,
    ) -> RenamedRows<'s> {
        let names = earlier.runs().iter().filter_map(|run| run.names().cloned());
        RenamedRows {
            sheet,
            columns,
            earlier,
            looked_up: names
                .map(|names| Directory::default().with_names(names))
                .collect(),
            count: 0,
            first: None,
        }
    }

    /// Looks at a row that is to be sent, of which `history` is recorded.
    pub(in crate::application) fn add(
        &mut self,
        numbered: &NumberedRecord,
        asked: &Row<'_>,
        history: Option<&RowHistory>,
    ) {
        if !self.has_ids_of_its_run(numbered, asked) {
            return;
        }
        let record = &numbered.record;
        let (org_id, key) = (asked.org_id.as_deref(), Some(asked.key));
        let mut known = self.looked_up.iter();
        let other = known.find_map(|one| contradicting(one, self.columns, record, org_id, key));
        let other = other.or_else(|| {
            let change = history?.at(&Place::of(asked))?;
            let sent_as = change.place.as_ref().map(|place| &*place.name)?;
            let found = NameBesideId::of_target(self.columns, record)?;
            is_other_name(self.columns.setting.target, found.name, sent_as).then_some(found)
        });
        if let Some(other) = other {
            self.count += 1;
            self.first.get_or_insert_with(|| {
                let place = self.sheet.place_of(numbered.row, other.name_column);
                format!("{place}: {}", other.says(&self.sheet.header))
            });
        }
    }

    /// Whether the ids are those that the run wrote, as far as the row tells. Ids that were corrected
    /// are meant.
    fn has_ids_of_its_run(&self, numbered: &NumberedRecord, asked: &Row<'_>) -> bool {
        let check = self.earlier.check_in(self.columns, numbered);
        check.is_none_or(|check| {
            check.holds(CheckedPart::Organization, asked.org_id.as_deref())
                && check.holds(CheckedPart::Target, Some(&asked.target_id))
        })
    }

    /// Refuses to send them to their old places.
    pub(in crate::application) fn refuse(self) -> Result<()> {
        let Some(first) = self.first else {
            return Ok(());
        };
        let more = match self.count - 1 {
            0 => String::new(),
            more => format!("\n{} in the same way", plural(more, "more row")),
        };
        bail!("{first}{more}")
    }
}

/// Whether a name is another than the one by which something was sent. An empty one says nothing.
pub(in crate::application) fn is_other_name(kind: &TargetKind, found: &str, sent_as: &str) -> bool {
    !found.is_empty() && !sent_as.is_empty() && !is_same_name(kind, found, sent_as)
}
