//! What a cell asks of one field.

use std::borrow::Cow;

/// What a cell asks of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// The cell is empty: the field is not sent and keeps its value.
    Keep,
    /// The cell says `REMOVE`: the field is cleared.
    Clear,
    /// The field gets this value.
    Set(Cow<'a, str>),
}

impl Change<'_> {
    /// The value of the field in the request; `None` where the field is left out.
    pub fn field(&self) -> Option<&str> {
        match self {
            Change::Keep => None,
            Change::Clear => Some(""),
            Change::Set(value) => Some(value),
        }
    }

    /// After it a field has this value; without one it has none.
    pub fn to(value: Option<&str>) -> Change<'static> {
        match value {
            None | Some("") => Change::Clear,
            Some(value) => Change::Set(value.to_string().into()),
        }
    }

    pub fn into_owned(self) -> Change<'static> {
        match self {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(value) => Change::Set(Cow::Owned(value.into_owned())),
        }
    }
}
