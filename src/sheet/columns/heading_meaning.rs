//! What a column that is not read was probably meant for, and how that is called.

use crate::setting::{FieldKind, Setting, usage_after_row};

/// What a column was probably meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    OrgId,
    OrgName,
    TargetId,
    TargetName,
    /// One of the numbers; its place, where that is known.
    Number(Option<usize>, ByName),
    /// A field that is no number.
    Rule(usize),
    /// A rule, by its cells: for which calls, its name does not say.
    AnyRule,
}

/// What the name of a column that may have numbers tells, and so what its cells must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByName {
    /// It is near one of ours: whatever has a digit.
    Near,
    /// It has words for telephones and transfers alone, `Phone 2`, `Weiterleitung`: extensions.
    Telephone,
    /// It is none, `Column4`, `#2`, `-`: what is too long to count something.
    Nothing,
    /// It has a place and words that may mean anything, `Vara 2`: what is as long as the numbers that
    /// are read.
    Unknown,
    /// It has words for other things, `Room 2`, `Forwarded by`: phone numbers.
    Counted,
}

impl Meant {
    /// A field, by its column.
    pub(super) fn field(column: &str, widest: &Setting) -> Meant {
        let mut fields = widest.fields.iter();
        match fields.position(|field| field.column == column) {
            Some(index) if widest.kind(index) != Some(FieldKind::Number) => Meant::Rule(index),
            index => Meant::Number(index, ByName::Near),
        }
    }

    /// Whether the name alone tells it, whatever stands in the cells.
    pub(super) fn is_by_its_name(self) -> bool {
        !matches!(
            self,
            Meant::Number(_, ByName::Nothing | ByName::Unknown | ByName::Counted)
        )
    }

    /// The column to rename it to.
    pub fn name(self, setting: &Setting) -> String {
        match self {
            Meant::OrgId => "orgId".to_string(),
            Meant::OrgName => "orgName".to_string(),
            Meant::TargetId => setting.target.id_column.to_string(),
            Meant::TargetName => setting.target.name_column.to_string(),
            Meant::Rule(index) => {
                let field = setting.fields.get(index);
                field.map_or(String::new(), |field| field.column.to_string())
            }
            Meant::AnyRule => "a column of rules".to_string(),
            Meant::Number(Some(index), _) if setting.kind(index) == Some(FieldKind::Number) => {
                setting.fields[index].column.to_string()
            }
            Meant::Number(..) => {
                let numbers = usage_after_row::numbers_of(setting).into_iter();
                let numbers = numbers.map(|index| setting.fields[index].column);
                match numbers.collect::<Vec<_>>()[..] {
                    [ref others @ .., last] => format!("{} or {last}", others.join(", ")),
                    [] => String::new(),
                }
            }
        }
    }
}
