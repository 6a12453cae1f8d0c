//! Finds the columns wxbulk knows by their names in the header.

mod earlier_results;
mod header_cell;
mod header_recognition;
mod header_row;
mod heading_meaning;
mod heading_words;
mod ignored_columns;
mod missing_columns;
mod near_heading;
mod near_number_heading;
mod number_heading_words;
mod rule_heading_words;
mod setting_of_header;

use csv::ByteRecord;

use crate::model::ids::Kind;
use crate::setting::{self, FieldKind, Setting, usage_after_row};
use crate::sheet::problem::{Place, Problem};
use crate::table::COLUMNS;
pub use earlier_results::ResultColumns;
use earlier_results::result_columns;
pub(in crate::sheet) use earlier_results::told_by_results;
use header_cell::Known;
use header_row::HeaderNames;
pub(super) use header_row::typed_name;
pub use heading_meaning::{ByName, Meant};
pub use ignored_columns::IgnoredColumns;
use missing_columns::{MissingColumns, looks_like};
use setting_of_header::widest;
pub(super) use setting_of_header::{names_target, settings_of};

/// Where the known columns stand, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// `None`: every row belongs to the default organization.
    pub org_id: Option<usize>,
    /// Names, which may stand in where an id does not stand.
    pub org_name: Option<usize>,
    /// The same of what the setting is set on. One of these two is there.
    pub target_id: Option<usize>,
    pub target_name: Option<usize>,
    /// What the sheet sets.
    pub setting: &'static Setting,
    /// What else it may have been meant to set: columns in question are called as those of this setting.
    pub widest: &'static Setting,
    /// A flag or the columns of an earlier run tell what the sheet sets.
    pub is_told: bool,
    /// Columns that are not read may have been meant for rules: some setting of these things has rules, or
    /// none has and nobody was asked yet.
    pub may_be_rules: bool,
    /// Where each of its fields stands.
    pub fields: Vec<Option<usize>>,
    /// Cells in the header but for empty ones at its end, and so in every row. Where columns without a name
    /// are the person's own, these count as well.
    pub width: usize,
    /// All cells of the header, and so those of columns without a name.
    pub named_or_not: usize,
    /// Columns without a name are the person's own.
    ignores_nameless: bool,
    /// The result columns of an earlier run, where the sheet is a results file.
    pub results: Option<ResultColumns>,
    /// Columns that may have been meant for others.
    pub near: Vec<NearColumn>,
    /// Columns that are not read and are the person's own, or may be.
    pub own: Vec<OwnColumn>,
    /// Columns that the person has called their own, although they may be named like others.
    pub ignored: Vec<usize>,
}

/// A column that is not read although its name is near one that is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearColumn {
    pub column: usize,
    pub meant: Meant,
}

/// A column that is not read, and whose cells may tell more than its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnColumn {
    pub column: usize,
    pub about: About,
}

/// What the name of such a column is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct About {
    /// Of what a UUID in it may be the id.
    pub id: Option<Kind>,
    /// How far a project has come, so that its cells are no rules.
    pub is_project: bool,
    /// Calls that rules are for, be there such a column or not.
    pub is_rule: bool,
    /// Numbers to call and nothing else, so that short numbers are such.
    pub is_number: bool,
}

impl Columns {
    /// Finds the columns in the header, which stands in `row`; else everything that is wrong
    /// with it. `org_is_given`: an organization for the rows without one was named. The columns that
    /// are called as one of `ignored` are the person's own. What the sheet sets is found by its columns
    /// where `setting` does not say it.
    #[expect(clippy::too_many_lines, reason = "one header, looked at once")]
    pub fn find(
        header: &ByteRecord,
        row: u64,
        org_is_given: bool,
        ignored: &IgnoredColumns,
        setting: Option<&'static Setting>,
    ) -> Result<Columns, Vec<Problem>> {
        if is_too_wide(header) {
            let says = format!(
                "there are {} columns, and no spreadsheet has more than {COLUMNS}; save the sheet again from the program that it is of",
                header.len()
            );
            return Err(vec![Problem::new(Place::row(row), says)]);
        }
        let is_said = setting.is_some();
        let setting = setting.unwrap_or_else(|| settings_of(header, ignored)[0]);
        let is_of_results = !told_by_results(header, setting).is_empty();
        let is_told = is_said || is_of_results;
        let widest = if is_told { setting } else { widest(setting) };
        let all = setting::ALL.into_iter();
        let mut same_things = all.filter(|other| other.target == setting.target);
        let has_none = !is_of_results && !same_things.any(Setting::has_rules);
        let may_be_rules = widest.has_rules() || has_none;
        let mut names = HeaderNames::read(header, ignored, setting, widest);
        let mut problems = names.repeated(row, org_is_given);
        problems.extend(ignored.unknown(header, row));
        let [target_id, org_id] = [Known::TargetId, Known::OrgId].map(|known| names.first(known));
        let [target_name, org_name] =
            [Known::TargetName, Known::OrgName].map(|known| names.only(known));
        let fields: Vec<Option<usize>> = (0..setting.fields.len())
            .map(|index| names.first(Known::Field(index)))
            .collect();
        let mut missing = MissingColumns::of(header, row, widest, &names.near);
        if target_id.or(target_name).is_none() {
            missing.add_target(setting);
        }
        if fields.iter().all(Option::is_none) {
            missing.add_fields(setting);
        }
        let MissingColumns {
            in_hints,
            problems: missing,
            ..
        } = missing;
        problems.extend(missing);
        let is_without = |index: usize| {
            let wanted = widest.fields.get(index);
            let found = setting.fields.iter().zip(&fields);
            let mut found = found.filter(|(_, column)| column.is_some());
            wanted.is_some_and(|wanted| found.all(|(field, _)| field.column != wanted.column))
        };
        let is_number_without =
            |index: usize| widest.kind(index) == Some(FieldKind::Number) && is_without(index);
        // `_1` beside `n1` may be any other.
        for near in &mut names.near {
            if let Meant::Number(Some(index), by_name @ ByName::Nothing) = near.meant
                && !is_number_without(index)
            {
                near.meant = Meant::Number(None, by_name);
            }
        }
        let is_in_question = |near: &NearColumn| match near.meant {
            Meant::Number(_, ByName::Near) | Meant::Rule(_) | Meant::AnyRule | Meant::OrgId => true,
            Meant::Number(Some(index), _) => is_number_without(index),
            Meant::Number(None, _) => usage_after_row::numbers_of(widest)
                .into_iter()
                .any(is_without),
            Meant::TargetId => target_id.is_none(),
            Meant::OrgName => org_name.is_none(),
            Meant::TargetName => false,
        };
        if !problems.is_empty() {
            // What its cells have to tell is left for when they can be read.
            let is_certain = |near: &&NearColumn| {
                let is_settled = match near.meant {
                    Meant::Number(_, ByName::Near) => false,
                    Meant::Number(..) | Meant::Rule(_) | Meant::AnyRule => true,
                    Meant::OrgId => org_id.is_some(),
                    Meant::OrgName => org_id.is_some() || org_is_given,
                    _ => false,
                };
                !is_settled && !in_hints.contains(&near.column) && is_in_question(near)
            };
            let unnamed = names.near.iter().filter(is_certain);
            problems.extend(unnamed.map(|near| looks_like(header, row, widest, near)));
            return Err(problems);
        }
        let (near, mut own): (Vec<_>, Vec<_>) = names.near.into_iter().partition(is_in_question);
        // `Ort-ID` is one letter from `orgId`.
        let may_be_own = |near: &&NearColumn| match near.meant {
            Meant::Number(_, by_name) => by_name != ByName::Near,
            meant => meant == Meant::OrgId,
        };
        own.extend(near.iter().filter(may_be_own).cloned());
        let own = own.iter().map(|near| near.column);
        let mut own: Vec<usize> = own.chain(names.own).collect();
        own.sort_unstable();
        let about = |column: usize| near_heading::about(&String::from_utf8_lossy(&header[column]));
        let own = own.into_iter().map(|column| OwnColumn {
            column,
            about: about(column),
        });
        let ignores_nameless = ignored.have_nameless();
        Ok(Columns {
            org_id,
            org_name,
            target_id,
            target_name,
            setting,
            widest,
            is_told,
            may_be_rules,
            fields,
            width: if ignores_nameless {
                header.len()
            } else {
                used_width(header)
            },
            named_or_not: header.len(),
            ignores_nameless,
            results: result_columns(header, setting),
            near,
            own: own.collect(),
            ignored: names.ignored,
        })
    }

    /// Counts the cells at the end of a header that were left out, as far as the widest row has some.
    pub(super) fn make_room(&mut self, header: &mut ByteRecord, widest_row: usize) {
        self.named_or_not = self.named_or_not.max(widest_row);
        if self.ignores_nameless {
            self.width = self.named_or_not;
            while header.len() < self.width {
                header.push_field(b"");
            }
        }
    }

    /// Whether the field of this column is read.
    pub fn reads(&self, column: &str) -> bool {
        let mut fields = self.setting.fields.iter().zip(&self.fields);
        fields.any(|(field, at)| field.column == column && at.is_some())
    }

    /// Where a row says what it is for.
    pub fn target(&self) -> usize {
        self.target_id.or(self.target_name).unwrap_or_default()
    }

    /// Takes columns of numbers for the person's own.
    pub(super) fn leave_out_numbers(&mut self, is_left_out: impl Fn(usize) -> bool) {
        for column in &mut self.fields {
            *column = column.filter(|column| !is_left_out(*column));
        }
    }

    /// Takes a sheet whose columns of rules are all empty for one of numbers.
    pub(super) fn leave_out_rules(&mut self, header: &ByteRecord, numbers: &'static Setting) {
        self.setting = numbers;
        self.fields.truncate(numbers.fields.len());
        self.results = result_columns(header, numbers);
    }

    /// All columns that are read.
    pub fn read(&self) -> impl Iterator<Item = usize> {
        let ids = [self.org_id, self.target_id];
        // A name beside an id is only for the person.
        let org_name = self.org_name.filter(|_| self.org_id.is_none());
        let target_name = self.target_name.filter(|_| self.target_id.is_none());
        let names = [org_name, target_name];
        let fields = self.fields.iter().copied();
        ids.into_iter().chain(names).chain(fields).flatten()
    }

    /// Which field of the setting stands in a column.
    pub fn field_at(&self, column: usize) -> Option<usize> {
        self.fields.iter().position(|at| *at == Some(column))
    }

    /// Whether a column is the user's own, not the result of an earlier run.
    pub fn is_own(&self, index: usize) -> bool {
        !self
            .results
            .as_ref()
            .is_some_and(|results| results.contains(index))
    }
}

/// Each name is looked at closely, so a file of anything else would take minutes.
fn is_too_wide(header: &ByteRecord) -> bool {
    used_width(header) > COLUMNS.into()
}

/// Spreadsheets like to add empty columns.
fn used_width(header: &ByteRecord) -> usize {
    let is_used = |cell: &[u8]| !cell.trim_ascii().is_empty();
    header.iter().rposition(is_used).map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests;
