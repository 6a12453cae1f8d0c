//! What a sheet sets, where its header does not tell.
//!
//! Numbers beside columns that are called as rules are: such a column is ours only if every cell in it
//! holds a rule. Else it may be the person's own, and what the sheet sets has to be said. So it has where
//! a row has columns for two kinds of things.

use std::io;

use crate::setting::Setting;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::sheet::columns::{Columns, settings_of, told_by_results};
use crate::sheet::problem::{Place, Problem, shorten};
use crate::sheet::row_reader::read_field;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

impl Sheet {
    /// Looks at the cells where the names of the columns may mean two things.
    pub(super) fn find_setting(&mut self) -> io::Result<()> {
        let Ok(columns) = &self.columns else {
            return Ok(());
        };
        let setting = columns.setting;
        if self.reading.setting.is_none() {
            let possible = settings_of(&self.header, &self.reading.ignored_columns);
            if possible.len() > 1 {
                self.refuse_two_kinds(possible);
                return Ok(());
            }
        }
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
            let when = "if the column is your own".to_string();
            self.possible_settings = vec![(when, &LOCATION_NUMBERS)];
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

    /// A row of it could be for a thing of more than one kind.
    fn refuse_two_kinds(&mut self, possible: Vec<&'static Setting>) {
        let kinds = possible.iter().map(|setting| setting.target.plural);
        let kinds: Vec<&str> = kinds.collect();
        let flags = possible.iter().map(|one| format!("--setting {}", one.name));
        let flags: Vec<String> = flags.collect();
        let message = format!(
            "there are columns for {}, and a row can be for one thing only; add {}",
            kinds.join(" and for "),
            flags.join(" or ")
        );
        self.columns = Err(vec![Problem::new(Place::row(self.header_row), message)]);
        let named = possible.into_iter().map(|setting| {
            let when = format!("to change {}", setting.target.plural);
            (when, setting)
        });
        self.possible_settings = named.collect();
    }
}
