//! The names in a header, sorted by what they mean.

use csv::ByteRecord;

use super::NearColumn;
use super::header_cell::{HeaderName, Known};
use super::heading_meaning::Meant;
use super::ignored_columns::IgnoredColumns;
use crate::model::ids;
use crate::setting::Setting;
use crate::sheet::plain_name::normalize;
use crate::sheet::problem::{Place, Problem, column_letters};

/// Which columns have which meaning.
#[derive(Debug)]
pub(super) struct HeaderNames {
    setting: &'static Setting,
    /// Where each known column stands.
    places: Vec<(Known, Vec<usize>)>,
    pub(super) near: Vec<NearColumn>,
    /// Columns of the person's own.
    pub(super) own: Vec<usize>,
    /// Those that are not even looked at.
    pub(super) ignored: Vec<usize>,
}

impl HeaderNames {
    pub(super) fn read(
        header: &ByteRecord,
        ignored: &IgnoredColumns,
        setting: &'static Setting,
        widest: &Setting,
    ) -> HeaderNames {
        let mut names = HeaderNames {
            setting,
            places: Known::all(setting)
                .map(|known| (known, Vec::new()))
                .collect(),
            near: Vec::new(),
            own: Vec::new(),
            ignored: Vec::new(),
        };
        let mut repeated = Vec::new();
        for (column, cell) in header.iter().enumerate() {
            let cell = String::from_utf8_lossy(cell);
            if ignored.has(header, column) {
                names.ignored.push(column);
                continue;
            }
            match HeaderName::read(&cell, setting, widest) {
                HeaderName::Known(known) => names.add(known, column),
                HeaderName::Repeated(known) => repeated.push((known, column)),
                HeaderName::Near(meant) => names.near.push(NearColumn { column, meant }),
                HeaderName::Own => names.own.push(column),
                HeaderName::Result => {}
            }
        }
        for (known, column) in repeated {
            let meant = match known {
                _ if names.first(known).is_some() => {
                    names.add(known, column);
                    continue;
                }
                Known::OrgId => Meant::OrgId,
                Known::OrgName => Meant::OrgName,
                Known::TargetId => Meant::TargetId,
                Known::TargetName => Meant::TargetName,
                Known::Field(index) => Meant::field(setting.fields[index].column, widest),
            };
            names.near.push(NearColumn { column, meant });
        }
        names
    }

    fn add(&mut self, known: Known, column: usize) {
        let mut places = self.places.iter_mut();
        if let Some((_, found)) = places.find(|(one, _)| *one == known) {
            found.push(column);
        }
    }

    fn of(&self, known: Known) -> &[usize] {
        let found = self.places.iter().find(|(one, _)| *one == known);
        found.map_or(&[], |(_, found)| found)
    }

    pub(super) fn first(&self, known: Known) -> Option<usize> {
        self.of(known).first().copied()
    }

    /// Where a name stands that nobody asks for if there are several.
    pub(super) fn only(&self, known: Known) -> Option<usize> {
        match self.of(known)[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// A problem for each column that is there more than once.
    pub(super) fn repeated(&self, row: u64, org_is_given: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (known, found) in &self.places {
            // Where there are ids nobody asks for names, which are the user's own business.
            let is_needed = match known {
                Known::OrgName => self.first(Known::OrgId).is_none() && !org_is_given,
                Known::TargetName => self.first(Known::TargetId).is_none(),
                _ => true,
            };
            let ([_, second, ..], true) = (&found[..], is_needed) else {
                continue;
            };
            let letters: Vec<_> = found.iter().map(|index| column_letters(*index)).collect();
            problems.push(Problem::new(
                Place::cell(row, *second, known.name(self.setting)),
                format!(
                    "there are {} columns `{}`: {}; rename or delete all but one",
                    found.len(),
                    known.name(self.setting),
                    letters.join(", ")
                ),
            ));
        }
        problems
    }
}

/// The name of a column as it can be typed after `--ignore-column`, however long it is: without what cannot
/// be typed, such as line breaks.
pub(in crate::sheet) fn typed_name(cell: &str) -> String {
    let typed = |character: char| match character {
        '"' | '`' | '$' | '\\' => ' ',
        other if other.is_control() || ids::is_blank(other) => ' ',
        other => other,
    };
    let plain: String = cell.chars().map(typed).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn is_called(cell: &str, name: &str) -> bool {
    match (normalize(cell), normalize(name)) {
        (plain, wanted) if plain.is_empty() || wanted.is_empty() => cell.trim() == name.trim(),
        (plain, wanted) => plain == wanted,
    }
}
