//! What a column that is not read was probably meant for, and how that is called.

use crate::setting::{FieldKind, Setting, used_numbers};

/// What a column was probably meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant {
    OrgId,
    OrgName,
    TargetId,
    TargetName,
    /// One of the numbers, where its place is known.
    Number(Option<usize>),
    /// A number by words for phone numbers alone and its place: `Phone 2`, `Weiterleitung 1`; or by those for
    /// a transfer: `Forward to`. An extension may be one.
    PhoneNumber(Option<usize>),
    /// A number by words that many tables have: `DN 2`, `Room 2`, `Forwarded by`; its place, where
    /// that is known. Whether it is one, only its cells can tell.
    OtherNumber(Option<usize>),
    /// A field that is no number.
    Rule(usize),
    /// A rule, by its cells: for which calls, its name does not say.
    AnyRule,
}

impl Meant {
    /// A field, by its column.
    pub(super) fn field(column: &str, widest: &Setting) -> Meant {
        let mut fields = widest.fields.iter();
        match fields.position(|field| field.column == column) {
            Some(index) if widest.kind(index) != Some(FieldKind::Number) => Meant::Rule(index),
            index => Meant::Number(index),
        }
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
            Meant::Number(Some(index))
            | Meant::PhoneNumber(Some(index))
            | Meant::OtherNumber(Some(index))
                if setting.kind(index) == Some(FieldKind::Number) =>
            {
                setting.fields[index].column.to_string()
            }
            Meant::Number(_) | Meant::PhoneNumber(_) | Meant::OtherNumber(_) => {
                let numbers = used_numbers::numbers_of(setting).into_iter();
                let numbers = numbers.map(|index| setting.fields[index].column);
                match numbers.collect::<Vec<_>>()[..] {
                    [ref others @ .., last] => format!("{} or {last}", others.join(", ")),
                    [] => String::new(),
                }
            }
        }
    }
}
