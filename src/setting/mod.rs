//! A setting is a value: what it is set on, its fields and the columns they stand in, the requests that
//! read and write it, and how two of its values compare. Everything else takes it as an argument: to
//! add a setting, add a module here and name it in [`ALL`].

mod flat_object;
pub mod location_numbers;

use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::phone_number;

/// All settings, the one that is meant when nothing else is said first.
pub const ALL: [&Setting; 1] = [&location_numbers::LOCATION_NUMBERS];

/// One setting of the service.
#[derive(Debug)]
pub struct Setting {
    /// As a person types it and the journal has it.
    pub name: &'static str,
    pub fields: &'static [Field],
    /// What a token needs in order to read it, and to write it.
    pub read_scope: &'static str,
    pub write_scope: &'static str,
    /// The path below the base URL, around the id of what it is set on.
    pub path: [&'static str; 2],
    /// The body of the PUT: only the fields that change.
    pub write_body: fn(&[Change<'_>]) -> Vec<u8>,
    /// What the body of a GET's answer says.
    pub read_body: fn(&[u8]) -> ReadBody,
}

/// One field of a setting.
#[derive(Debug)]
pub struct Field {
    /// The column it stands in, such as `n1`.
    pub column: &'static str,
    /// What else the column may be called; as [`crate::sheet::columns`] leaves it.
    pub spellings: &'static [&'static str],
    /// What follows `previous`, `present` and `new` in the columns of results and plans.
    pub suffix: &'static str,
    pub kind: FieldKind,
}

/// What the cells of a field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// A phone number or an extension.
    Number,
}

/// What a success says of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadBody {
    /// At least one of its fields is there.
    Values(CurrentValues),
    /// An object without any of its fields. Whether the service leaves out what is not set is not
    /// known, so this may mean that nothing is.
    Empty,
    /// Something else: not the answer to this question.
    Other,
}

/// There is one value of each name.
impl PartialEq for Setting {
    fn eq(&self, other: &Setting) -> bool {
        self.name == other.name
    }
}

impl Eq for Setting {}

impl Setting {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<&'static Setting> {
        ALL.into_iter().find(|setting| setting.name == name)
    }

    /// Whether the changes would change nothing.
    pub fn are_met(&self, changes: &[Change<'_>], current: &CurrentValues) -> bool {
        let mut changes = changes.iter().enumerate();
        changes.all(|(index, change)| self.is_met(index, change, current.get(index)))
    }

    /// Whether each field has one of the values that are expected of it.
    pub fn is_as_expected(&self, expected: &[Vec<Change<'_>>], current: &CurrentValues) -> bool {
        let mut fields = expected.iter().enumerate();
        fields.all(|(index, changes)| self.is_one_of(index, changes, current))
    }

    /// Whether a field is as one of the changes would have it; where there are none, anything will do.
    pub fn is_one_of(&self, index: usize, changes: &[Change<'_>], current: &CurrentValues) -> bool {
        let mut wanted = changes.iter();
        changes.is_empty() || wanted.any(|change| self.is_met(index, change, current.get(index)))
    }

    /// Whether the value of a field, `None` where it is not set, is what a change asks for.
    pub fn is_met(&self, index: usize, change: &Change<'_>, current: Option<&str>) -> bool {
        match (change, current) {
            (Change::Keep, _) | (Change::Clear, None) => true,
            (Change::Set(wanted), Some(current)) => self.is_same(index, wanted, current),
            (Change::Clear, Some(_)) | (Change::Set(_), None) => false,
        }
    }

    /// Whether two spellings of a field's value mean the same.
    pub fn is_same(&self, index: usize, one: &str, other: &str) -> bool {
        match self.fields.get(index).map(|field| field.kind) {
            Some(FieldKind::Number) => phone_number::is_same(one, other),
            None => one == other,
        }
    }

    /// A value as it is best written for a person and for whoever sends it again.
    pub fn plain(&self, index: usize, value: &str) -> String {
        match self.fields.get(index).map(|field| field.kind) {
            Some(FieldKind::Number) => phone_number::international(value),
            None => value.to_string(),
        }
    }

    /// A value as it is compared by eye with another one of its field.
    pub fn spelled_like(&self, index: usize, value: &str, other: &str) -> String {
        match self.fields.get(index).map(|field| field.kind) {
            Some(FieldKind::Number) => phone_number::spelled_like(value, other),
            None => value.to_string(),
        }
    }

    /// The columns of results and plans that tell a value of each field: `previous1`, `previous2`, ….
    pub fn columns(&self, prefix: &str) -> Vec<String> {
        let fields = self.fields.iter();
        fields
            .map(|field| format!("{prefix}{}", field.suffix))
            .collect()
    }

    /// The names of its columns in a sheet.
    pub fn column_names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.column).collect()
    }
}
