//! What is said of columns that are needed and not there, and of those whose names are near them.

use csv::ByteRecord;

use super::heading_meaning::{ByName, Meant};
use super::{NearColumn, typed_name};
use crate::setting::Setting;
use crate::sheet::problem::{Place, Problem, shorten};

/// Names of columns that are listed; the others are counted.
const NAMES_LISTED: usize = 12;

/// A column that numbers are not meant for.
const OF_RULES: &str = "of rules, such as `international`";

/// The columns that are not there.
#[derive(Debug)]
pub(super) struct MissingColumns<'h> {
    header: &'h ByteRecord,
    row: u64,
    widest: &'static Setting,
    near: &'h [NearColumn],
    /// Columns that a hint tells to rename.
    pub(super) in_hints: Vec<usize>,
    pub(super) problems: Vec<Problem>,
}

impl<'h> MissingColumns<'h> {
    /// None yet, of a header that stands in `row`.
    pub(super) fn of(
        header: &'h ByteRecord,
        row: u64,
        widest: &'static Setting,
        near: &'h [NearColumn],
    ) -> MissingColumns<'h> {
        MissingColumns {
            header,
            row,
            widest,
            near,
            in_hints: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Nothing says what the setting is set on.
    pub(super) fn add_target(&mut self, setting: &Setting) {
        let target = setting.target;
        let hint = format!(" or `{}`, one of which is needed", target.name_column);
        let meant = [Meant::TargetId, Meant::TargetName];
        self.add(&format!("`{}`", target.id_column), &meant, &hint);
    }

    /// Nothing is set.
    pub(super) fn add_fields(&mut self, setting: &Setting) {
        let indices = 0..self.widest.fields.len();
        let rules = indices.clone().map(Meant::Rule).chain([Meant::AnyRule]);
        let places = [None].into_iter().chain(indices.map(Some));
        let numbers = places.flat_map(|place| {
            use ByName::{Counted, Near, Telephone, Unknown};
            [Near, Telephone, Unknown, Counted].map(|by_name| Meant::Number(place, by_name))
        });
        let meant: Vec<Meant> = numbers.chain(rules).collect();
        let numbers = format!("`{}`", one_of(&setting.column_names()));
        let may_be_rules = self.widest.has_rules() && !setting.has_rules();
        let is_near_number = |near: &NearColumn| {
            matches!(near.meant, Meant::Number(..)) && meant.contains(&near.meant)
        };
        let is_near_rule =
            |near: &NearColumn| matches!(near.meant, Meant::Rule(_) | Meant::AnyRule);
        let name = if !may_be_rules || self.near.iter().any(is_near_number) {
            numbers
        } else if self.near.iter().any(is_near_rule) {
            OF_RULES.to_string()
        } else {
            format!("{numbers}, and none {OF_RULES}")
        };
        self.add(&name, &meant, "");
    }

    fn add(&mut self, name: &str, meant: &[Meant], hint: &str) {
        let near = self.near.iter().filter(|near| meant.contains(&near.meant));
        let near: Vec<&NearColumn> = near.collect();
        self.in_hints.extend(near.iter().map(|near| near.column));
        let near: Vec<String> = near.into_iter().map(|near| self.ask_about(near)).collect();
        let hint = if near.is_empty() {
            format!("{hint}; rename the right one in row {}", self.row)
        } else {
            format!(" ({})", near.join("; "))
        };
        let found = list_of_names(self.header);
        self.problems.push(Problem::new(
            Place::row(self.row),
            format!("there is no column {name}{hint}; the columns found are {found}"),
        ));
    }

    fn ask_about(&self, near: &NearColumn) -> String {
        let found = shorten(&String::from_utf8_lossy(&self.header[near.column]));
        let wanted = match near.meant {
            Meant::AnyRule => {
                "the calls that its rules are for, such as international or premiumServices1"
                    .to_string()
            }
            meant => meant.name(self.widest),
        };
        format!("is it `{found}`? then rename that to {wanted}")
    }
}

/// A column that may have been meant for one that is read.
pub(super) fn looks_like(
    header: &ByteRecord,
    row: u64,
    widest: &Setting,
    near: &NearColumn,
) -> Problem {
    let name = String::from_utf8_lossy(&header[near.column]);
    let wanted = near.meant.name(widest);
    Problem::new(
        Place::cell(row, near.column, shorten(&name)),
        format!(
            "this looks like {wanted} and is not read; if it is, rename the column to {wanted}; if not, add --ignore-column \"{}\"",
            typed_name(&name)
        ),
    )
}

/// ``n1`, `n2` or `n3``, as it stands between two backticks.
fn one_of(names: &[&str]) -> String {
    match names {
        [others @ .., last] if !others.is_empty() => {
            format!("{}` or `{last}", others.join("`, `"))
        }
        _ => names.concat(),
    }
}

fn list_of_names(header: &ByteRecord) -> String {
    let names = header.iter().take(NAMES_LISTED);
    let names = names.map(|cell| format!("`{}`", shorten(&String::from_utf8_lossy(cell))));
    let mut names: Vec<String> = names.collect();
    if header.len() > NAMES_LISTED {
        names.push(format!("and {} more", header.len() - NAMES_LISTED));
    }
    names.join(", ")
}
