//! What a sheet says must be found before its rows are sent: the numbers of an earlier plan.

use anyhow::{Context, Result, bail};

use crate::model::change::Change;
use crate::model::row::Row;
use crate::model::usage::Usage;
use crate::setting::target_kind::TargetKind;
use crate::setting::{Setting, usage_after_row};
use crate::sheet::directory::Directory;
use crate::sheet::plain_name::normalize;
use crate::sheet::result_columns::{AND, OR, PRESENT, used_by_column};
use crate::sheet::{NumberedRecord, Origin, Sheet, SheetRecords, verbatim};
use crate::table::strip_text_formula;

/// Reads a plan row by row beside the sheet it was made of.
#[derive(Debug)]
pub struct Preconditions<'p> {
    plan: &'p Sheet,
    kind: &'static TargetKind,
    /// Where the values that were found stand.
    present: Vec<usize>,
    /// Where it stands what used each number, in the sheet of an undo.
    used_by: Vec<Option<usize>>,
    /// `None`: the sheet holds them itself.
    records: Option<SheetRecords<'p>>,
    numbered: NumberedRecord,
}

impl<'p> Preconditions<'p> {
    pub fn read(plan: &'p Sheet, sheet: &Sheet, setting: &Setting) -> Result<Preconditions<'p>> {
        let shown = plan.path.display();
        let place = |name: String| {
            let mut names = plan.header.iter().map(String::from_utf8_lossy);
            names
                .position(|found| normalize(&found) == normalize(&name))
                .with_context(|| format!("`{shown}` is not a plan: it has no column `{name}`"))
        };
        let columns = setting.columns(PRESENT).into_iter();
        let is_undo = plan.reading.origin == Origin::Undo;
        let numbers = 0..usage_after_row::numbers_of(setting).len();
        let used_by = numbers.map(|number| {
            let name = used_by_column(number);
            plan.column_called(&name).filter(|_| is_undo)
        });
        Ok(Preconditions {
            used_by: used_by.collect(),
            plan,
            kind: setting.target,
            present: columns.map(place).collect::<Result<_>>()?,
            // Two readings of one sheet would share the place in the file.
            records: (!std::ptr::eq(plan, sheet))
                .then(|| plan.records())
                .transpose()?,
            numbered: NumberedRecord::default(),
        })
    }

    /// Goes on to the plan's next row; to be called for every row of the sheet, which is `current`.
    pub fn advance(&mut self, current: &NumberedRecord) -> Result<()> {
        let Some(records) = &mut self.records else {
            self.numbered.clone_from(current);
            return Ok(());
        };
        if !records.read(&mut self.numbered)? {
            bail!("{}", self.not_of_this_sheet("it has fewer rows"));
        }
        Ok(())
    }

    /// What the plan's row says of the sheet's row beside it. A number that the row leaves alone
    /// may be what it likes.
    pub fn of(&self, row: &Row<'_>, directory: &Directory) -> Result<Vec<Vec<Change<'static>>>> {
        let planned = self.plan.columns.as_ref().ok().and_then(|columns| {
            let row = self
                .plan
                .read_row(columns, &self.numbered, directory)
                .ok()?;
            Some(row.key)
        });
        if planned != Some(row.key) {
            let noun = self.kind.noun;
            let what = format!("row {} has another {noun} there", row.number);
            bail!("{}", self.not_of_this_sheet(&what));
        }
        let is_own = self.plan.reading.origin == Origin::Undo;
        let mut expected = vec![Vec::new(); row.changes.len()];
        for (index, change) in row.changes.iter().enumerate() {
            if *change == Change::Keep {
                continue;
            }
            let cell = self.numbered.record.get(self.present[index]);
            let text = String::from_utf8_lossy(cell.unwrap_or_default());
            expected[index] = if is_own {
                let mut values: Vec<_> = text
                    .split(OR)
                    .map(|one| value(verbatim::of_cell(one)))
                    .collect();
                // What is as it was before needs no change, whoever saw to that.
                values.push(change.clone().into_owned());
                values
            } else {
                let text = strip_text_formula(&text).trim().trim_start_matches('\'');
                vec![value(text)]
            };
        }
        Ok(expected)
    }

    /// What used the numbers that an undo clears already when they were not set.
    pub fn used_before(&self) -> Vec<Usage> {
        let numbers = self.used_by.iter().enumerate();
        let used = numbers.filter_map(|(number, column)| {
            let cell = self.numbered.record.get((*column)?)?;
            Some((number, std::str::from_utf8(cell).ok()?))
        });
        let used = used.flat_map(|(number, cell)| {
            let calls = cell.split(AND).filter(|calls| !calls.is_empty());
            calls.map(move |calls| Usage {
                number,
                calls: calls.into(),
            })
        });
        used.collect()
    }

    fn not_of_this_sheet(&self, what: &str) -> String {
        format!(
            "`{}` is not a plan of this sheet: {what}; make a new one with `wxbulk plan`",
            self.plan.path.display()
        )
    }
}

fn value(text: &str) -> Change<'static> {
    if text.is_empty() {
        Change::Clear
    } else {
        Change::Set(text.to_string().into())
    }
}
