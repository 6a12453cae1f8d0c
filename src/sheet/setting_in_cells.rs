//! What a sheet sets, where its header does not tell.
//!
//! Numbers beside columns that are called as rules are: such a column is ours if most of its cells hold a
//! rule. Else it may be the person's own, and what the sheet sets has to be said. So it has where
//! a row has columns for two kinds of things.

use std::io;

use crate::setting::Setting;
use crate::setting::location_numbers::LOCATION_NUMBERS;
use crate::sheet::columns::{names_target, settings_of, told_by_results};
use crate::sheet::problem::{Place, Problem, shorten};
use crate::sheet::row_reader::read_field;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

/// What stands in a column that is called as rules are.
#[derive(Debug, Clone, Default)]
struct CellsSeen {
    rules: u64,
    others: u64,
    first_other: Option<(u64, String)>,
}

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
        let mut seen = vec![CellsSeen::default(); others.len()];
        let reading = ReadOptions::default();
        let mut records = self.records().map_err(io::Error::other)?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            // Below a second header nothing can be read; the check says so.
            if columns.is_header(&self.header, &numbered.record) {
                continue;
            }
            for ((field, column), seen) in others.iter().zip(&mut seen) {
                let cell = numbered.record.get(*column).unwrap_or_default();
                let cell = String::from_utf8_lossy(cell);
                if let Ok(change) = read_field(&cell, setting.fields[*field].kind, &reading) {
                    seen.rules += u64::from(change.field().is_some());
                } else {
                    seen.others += 1;
                    let first = || (numbered.row, shorten(&cell));
                    seen.first_other.get_or_insert_with(first);
                }
            }
        }
        drop(records);
        // A column in which most cells are rules is one of rules, and the others are problems of their rows.
        let of_whom = others.iter().zip(&seen);
        let mut of_whom = of_whom.filter(|(_, seen)| seen.others > seen.rules);
        let has_rules = seen.iter().any(|seen| seen.rules > 0);
        if let Some(((_, column), CellsSeen { first_other, .. })) = of_whom.next() {
            let (row, found) = first_other.clone().unwrap_or_default();
            let place = self.place_of(row, *column);
            let name = place.column.as_ref().map_or("", |(_, name)| name);
            let message = format!(
                "this column is named like one of calling rules, but `{found}` is not a rule; if the column is your own, add --ignore-column \"{name}\"; if it is to set rules, add --setting {}",
                setting.name
            );
            self.columns = Err(vec![Problem::new(place, message)]);
            if !has_rules {
                let when = "if the column is your own".to_string();
                self.possible_settings = vec![(when, &LOCATION_NUMBERS)];
            }
        } else if !has_rules && let Ok(columns) = &mut self.columns {
            columns.leave_out_rules(&self.header, &LOCATION_NUMBERS);
        }
        Ok(())
    }

    /// A row of it could be for a thing of more than one kind.
    fn refuse_two_kinds(&mut self, possible: Vec<&'static Setting>) {
        let kinds = possible.iter().map(|setting| {
            let ignored = &self.reading.ignored_columns;
            let named = names_target(&self.header, ignored, setting).unwrap_or_default();
            format!("{} (`{}`)", setting.target.plural, shorten(&named))
        });
        let kinds: Vec<String> = kinds.collect();
        let flags = possible.iter().map(|one| format!("--setting {}", one.name));
        let flags: Vec<String> = flags.collect();
        let message = format!(
            "there are columns for {}, and one run changes only one of them; add {}",
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
