//! What a sheet sets, where its header does not tell.
//!
//! Numbers beside columns that are called as rules are, or as whether the numbers are used: such a column is
//! ours if each of its cells holds a rule, or nothing. Else it may be the person's own, and what the sheet
//! sets has to be said. So it has where a row has columns for two kinds of things.

use std::io;

use crate::setting::{self, FieldKind, Setting};
use crate::sheet::columns::{Columns, names_target, settings_of, told_by_results};
use crate::sheet::field_count::wrong_width;
use crate::sheet::problem::{Place, Problem, shorten};
use crate::sheet::row_reader::read_field;
use crate::sheet::{NumberedRecord, ReadOptions, Sheet};

/// A column whose name may mean one of ours, and what stands in it.
#[derive(Debug)]
struct CellsSeen {
    field: usize,
    column: usize,
    rules: u64,
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
        let is_clear =
            self.reading.setting.is_some() || !told_by_results(&self.header, setting).is_empty();
        if is_clear {
            return Ok(());
        }
        let fields = columns.fields.iter().enumerate();
        let fields = fields.filter_map(|(field, column)| Some((field, (*column)?)));
        let is_number =
            |(field, _): &(usize, usize)| setting.kind(*field) == Some(FieldKind::Number);
        let (numbers, others): (Vec<_>, Vec<_>) = fields.partition(is_number);
        if numbers.is_empty() || others.is_empty() {
            return Ok(());
        }
        let seen = self.cells_of(columns, &others)?;
        let has_rules = seen.iter().any(|seen| seen.rules > 0);
        let alone = numbers_alone(setting);
        if let Some(own) = seen.iter().find(|seen| seen.first_other.is_some()) {
            let problem = self.may_be_own(setting, own);
            self.columns = Err(vec![problem]);
            if let (false, Some(alone)) = (has_rules, alone) {
                let when = "if the column is your own".to_string();
                self.possible_settings.push((when, alone));
            }
            if own.rules > 0 {
                let when = format!(
                    "if the column is to set {}",
                    what_it_sets(setting, own.field)
                );
                self.possible_settings.push((when, setting));
            }
        } else if let (false, Some(alone), Ok(columns)) = (has_rules, alone, &mut self.columns) {
            columns.leave_out_rules(&self.header, alone);
        }
        Ok(())
    }

    /// What stands in columns, each of which stands for a field.
    fn cells_of(&self, columns: &Columns, fields: &[(usize, usize)]) -> io::Result<Vec<CellsSeen>> {
        let seen = fields.iter().map(|(field, column)| CellsSeen {
            field: *field,
            column: *column,
            rules: 0,
            first_other: None,
        });
        let mut seen: Vec<CellsSeen> = seen.collect();
        let reading = ReadOptions::default();
        let mut records = self.records().map_err(io::Error::other)?;
        let mut numbered = NumberedRecord::default();
        while records.read(&mut numbered)? {
            let NumberedRecord { row, record, .. } = &numbered;
            // Below a second header nothing can be read, nor where cells are missing; the check says so.
            if columns.is_header(&self.header, record)
                || wrong_width(*row, record, columns).is_some()
            {
                continue;
            }
            for seen in &mut seen {
                let cell = record.get(seen.column).unwrap_or_default();
                let cell = String::from_utf8_lossy(cell);
                match read_field(&cell, columns.setting.fields[seen.field].kind, &reading) {
                    Ok(change) => seen.rules += u64::from(change.field().is_some()),
                    Err(_) if seen.first_other.is_none() => {
                        seen.first_other = Some((*row, shorten(&cell)));
                    }
                    Err(_) => {}
                }
            }
        }
        Ok(seen)
    }

    /// A column is called as one of ours, and has something else in a cell.
    fn may_be_own(&self, setting: &Setting, seen: &CellsSeen) -> Problem {
        let (row, found) = seen.first_other.clone().unwrap_or_default();
        let place = self.place_of(row, seen.column);
        let name = place.column.as_ref().map_or("", |(_, name)| name);
        let (like, wanted) = if setting.has_rules() {
            ("one of calling rules".to_string(), "a rule")
        } else {
            let column = setting.fields[seen.field].column;
            (format!("wxbulk's `{column}`"), "yes or no")
        };
        let set = what_it_sets(setting, seen.field);
        let message = format!(
            "this column is named like {like}, but `{found}` is not {wanted}; if the column is your own, add --ignore-column \"{name}\"; if it is to set {set}, correct the cell, or add --setting {}",
            setting.name
        );
        Problem::new(place, message)
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

/// What a field of a setting that has numbers as well sets.
fn what_it_sets(setting: &Setting, field: usize) -> String {
    if setting.has_rules() {
        "rules".to_string()
    } else {
        format!("`{}`", setting.fields[field].column)
    }
}

/// The setting of the same things that has numbers and nothing else.
fn numbers_alone(setting: &Setting) -> Option<&'static Setting> {
    let mut all = setting::ALL.into_iter();
    all.find(|other| {
        let mut fields = other.fields.iter();
        other.target == setting.target && fields.all(|field| field.kind == FieldKind::Number)
    })
}
