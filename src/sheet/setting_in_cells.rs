//! Numbers beside columns that are called as rules are: such a column is ours only if every cell in it
//! holds a rule. Else it may be the person's own, and what the sheet sets has to be said.

use std::io;

use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::sheet::columns::{Columns, told_by_results};
use crate::sheet::problem::{Problem, shorten};
use crate::sheet::row_reader::read_field;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

impl Sheet {
    /// Looks at the cells where the names of the columns may mean two things.
    pub(super) fn find_setting(&mut self) -> io::Result<()> {
        let Ok(columns) = &self.columns else {
            return Ok(());
        };
        let setting = columns.setting;
        let is_clear = self.reading.setting.is_some()
            || setting.is_one_resource()
            || !told_by_results(&self.header, setting).is_empty();
        if is_clear {
            return Ok(());
        }
        let others = columns.fields.iter().enumerate();
        let others = others.skip(LOCATION_NUMBERS.fields.len());
        let others: Vec<(usize, usize)> = others
            .filter_map(|(field, column)| Some((field, (*column)?)))
            .collect();
        let mut has_rules = false;
        let mut problem = None;
        let reading = ReadOptions::default();
        let mut records = self.records().map_err(io::Error::other)?;
        let mut numbered = NumberedRecord::default();
        while problem.is_none() && records.read(&mut numbered)? {
            for (field, column) in &others {
                let cell = numbered.record.get(*column).unwrap_or_default();
                let cell = String::from_utf8_lossy(cell);
                let kind = setting.fields[*field].kind;
                if let Ok(change) = read_field(&cell, kind, &reading) {
                    has_rules |= change.field().is_some();
                    continue;
                }
                let message = format!(
                    "beside the numbers this column may be yours or one of rules, and `{}` is no rule; if it is yours add --setting {}, if rules are to be set add --setting {}",
                    shorten(&cell),
                    LOCATION_NUMBERS.name,
                    setting.name
                );
                problem = Some(Problem::new(self.place_of(numbered.row, *column), message));
                break;
            }
        }
        drop(records);
        if let Some(problem) = problem {
            self.columns = Err(vec![problem]);
            self.has_unclear_setting = true;
        } else if !has_rules {
            self.columns = Columns::find(
                &self.header,
                self.header_row,
                self.reading.default_org.is_some(),
                &self.reading.ignored_columns,
                Some(&LOCATION_NUMBERS),
            );
        }
        Ok(())
    }
}
