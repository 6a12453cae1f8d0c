//! A name that stands beside an id and is that of something else: one of the two was corrected and the
//! other forgotten, and the id alone would decide.

use csv::ByteRecord;

use crate::model::row::TargetKey;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::names_of_row::names_in;
use crate::sheet::problem::{Place, Problem, column_letters, shorten};
use crate::sheet::problem_kind::ProblemKind;

/// The name and the id that do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameBesideId<'r> {
    pub name: &'r str,
    /// Where the name stands.
    pub name_column: usize,
    pub id_column: usize,
    /// What both are of.
    pub noun: &'static str,
}

impl<'r> NameBesideId<'r> {
    /// The name of a row's organization that stands beside the organization's id.
    pub fn of_organization(columns: &Columns, record: &'r ByteRecord) -> Option<NameBesideId<'r>> {
        NameBesideId::of(
            names_in(columns, record).organization,
            columns.org_name,
            columns.org_id,
            record,
            "organization",
        )
    }

    /// The name of what a row is for that stands beside its id. It is held against what the service lists.
    pub fn of_target(columns: &Columns, record: &'r ByteRecord) -> Option<NameBesideId<'r>> {
        NameBesideId::of(
            names_in(columns, record).target,
            columns.target_name,
            columns.target_id,
            record,
            columns.setting.target.noun,
        )
    }

    fn of(
        name: Option<&'r str>,
        name_column: Option<usize>,
        id_column: Option<usize>,
        record: &ByteRecord,
        noun: &'static str,
    ) -> Option<NameBesideId<'r>> {
        let (id_column, name_column) = (id_column?, name_column?);
        let id = record.get(id_column).unwrap_or_default();
        (!id.trim_ascii().is_empty()).then_some(NameBesideId {
            name: name?,
            name_column,
            id_column,
            noun,
        })
    }

    pub(super) fn problem(&self, place: Place, header: &ByteRecord) -> Problem {
        Problem::of_kind(ProblemKind::OtherName, place, self.says(header))
    }

    /// What is wrong, and which cell to change for each of the two that may be meant.
    pub fn says(&self, header: &ByteRecord) -> String {
        let cell_in = |column: usize| {
            let name = header.get(column).unwrap_or_default();
            let name = shorten(&String::from_utf8_lossy(name));
            format!("column {} (`{name}`)", column_letters(column))
        };
        let (name, noun) = (shorten(self.name), self.noun);
        let (id_cell, name_cell) = (cell_in(self.id_column), cell_in(self.name_column));
        format!(
            "`{name}` is not the {noun} whose id stands in {id_cell} of this row; if `{name}` is meant, correct {id_cell}; if the id is right, correct {name_cell}"
        )
    }
}

/// The name of a row that is known to be of something else than the id beside it.
pub fn contradicting<'r>(
    directory: &Directory,
    columns: &Columns,
    record: &'r ByteRecord,
    org_id: Option<&str>,
    target: Option<TargetKey>,
) -> Option<NameBesideId<'r>> {
    if directory.is_empty() {
        return None;
    }
    let is_another = |one: &NameBesideId<'_>| {
        org_id.is_some_and(|id| directory.is_another_organization(id, one.name))
    };
    let organization = NameBesideId::of_organization(columns, record).filter(is_another);
    organization.or_else(|| {
        let kind = columns.setting.target;
        NameBesideId::of_target(columns, record).filter(|one| {
            target.is_some_and(|key| directory.is_another_target(kind, org_id, key, one.name))
        })
    })
}
