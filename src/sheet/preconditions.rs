//! What a sheet says must be found before its rows are sent: the numbers of an earlier plan.

use anyhow::{Context, Result, bail};

use crate::model::change::Change;
use crate::model::row::Row;
use crate::setting::Setting;
use crate::sheet::columns::normalize;
use crate::sheet::directory::Directory;
use crate::sheet::result_columns::PRESENT;
use crate::sheet::{NumberedRecord, Records, Sheet, Text};
use crate::table::strip_text_formula;
use std::fs::File;

/// Reads a plan row by row beside the sheet it was made of.
#[derive(Debug)]
pub struct Preconditions<'p> {
    plan: &'p Sheet,
    /// Where the values that were found stand.
    present: Vec<usize>,
    records: Records<Text<&'p File>>,
    numbered: NumberedRecord,
}

impl<'p> Preconditions<'p> {
    pub fn read(plan: &'p Sheet, setting: &Setting) -> Result<Preconditions<'p>> {
        let shown = plan.path.display();
        let place = |name: String| {
            let mut names = plan.header.iter().map(String::from_utf8_lossy);
            names
                .position(|found| normalize(&found) == name)
                .with_context(|| format!("`{shown}` is not a plan: it has no column `{name}`"))
        };
        let columns = setting.columns(PRESENT).into_iter();
        Ok(Preconditions {
            plan,
            present: columns.map(place).collect::<Result<_>>()?,
            records: plan.records()?,
            numbered: NumberedRecord::default(),
        })
    }

    /// Goes on to the plan's next row; to be called for every row of the sheet.
    pub fn advance(&mut self) -> Result<()> {
        if !self.records.read(&mut self.numbered)? {
            bail!("{}", self.not_of_this_sheet("it has fewer rows"));
        }
        Ok(())
    }

    /// What the plan's row says of the sheet's row beside it. A number that the row leaves alone
    /// may be what it likes.
    pub fn of(&self, row: &Row<'_>, directory: &Directory) -> Result<Vec<Change<'static>>> {
        let planned = self.plan.columns.as_ref().ok().and_then(|columns| {
            let row = self
                .plan
                .read_row(columns, &self.numbered, directory)
                .ok()?;
            Some(row.key)
        });
        if planned != Some(row.key) {
            let what = format!("row {} has another location there", row.number);
            bail!("{}", self.not_of_this_sheet(&what));
        }
        let mut expected = vec![Change::Keep; row.changes.len()];
        for (index, expected) in expected.iter_mut().enumerate() {
            if row.changes[index] == Change::Keep {
                continue;
            }
            let cell = self.numbered.record.get(self.present[index]);
            let text = String::from_utf8_lossy(cell.unwrap_or_default());
            let text = strip_text_formula(&text).trim().trim_start_matches('\'');
            *expected = if text.is_empty() {
                Change::Clear
            } else {
                Change::Set(text.to_string().into())
            };
        }
        Ok(expected)
    }

    fn not_of_this_sheet(&self, what: &str) -> String {
        format!(
            "`{}` is not a plan of this sheet: {what}; make a new one with `wxbulk plan`",
            self.plan.path.display()
        )
    }
}
