//! A setting is a value: what it is set on, its fields and the columns they stand in, the requests that
//! read and write it, and how two of its values compare. Everything else takes it as an argument: to
//! add a setting, add a module here and name it in [`ALL`].
//!
//! Its fields may stand in several resources of the service. They are read one after the other, and
//! written by one request or more, in an order in which no call goes astray. A setting whose one
//! request needs no present values is sent without reading anything.

pub mod all_locations;
mod flat_json_body;
pub mod location_numbers;
pub mod location_rules;
mod number_usage;
mod own_numbers;
pub mod person_numbers;
pub mod target_kind;
pub mod usage_after_row;
pub mod virtual_line_numbers;
pub mod workspace_numbers;

use std::ops::Range;

use target_kind::TargetKind;

use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::phone_number;
use crate::model::usage::Usage;

/// All settings, the one that is meant when nothing else is said first. A sheet is for the first that
/// has all columns that the sheet has.
pub const ALL: [&Setting; 6] = [
    &location_numbers::LOCATION_NUMBERS,
    &location_rules::LOCATION_RULES,
    &all_locations::ALL_LOCATIONS,
    &workspace_numbers::WORKSPACE_NUMBERS,
    &person_numbers::PERSON_NUMBERS,
    &virtual_line_numbers::VIRTUAL_LINE_NUMBERS,
];

/// One setting of the service.
#[derive(Debug)]
pub struct Setting {
    /// As a person types it and the journal has it.
    pub name: &'static str,
    /// What it is set on.
    pub target: &'static TargetKind,
    /// What its values are, such as `number`.
    pub noun: &'static str,
    /// What its values are in a heading.
    pub title: &'static str,
    pub fields: &'static [Field],
    /// What a token needs in order to read it, and to write it.
    pub read_scope: &'static str,
    pub write_scope: &'static str,
    /// Where its fields are, in the order in which they are read.
    pub resources: &'static [Resource],
    /// The requests that change it, in the order in which they are sent.
    pub writes: &'static [WriteRequest],
    /// A request needs the present values, so they are read before each change.
    pub needs_read: bool,
    /// Adds what the cells of a row imply of the fields that it leaves alone.
    pub imply: fn(&mut [Change<'_>]),
    /// Why a change was answered with a success and has changed nothing, and what to switch on then; of a
    /// setting for which that is known to happen. Each change of it is read back.
    pub when_ignored: Option<&'static str>,
    /// Where it is told, besides, what uses its numbers. That is read before one of them is cleared. Of
    /// rules alone: which numbers of the location are set, and then what else uses them.
    pub used_in: &'static [Resource],
}

/// Something of the service that is read by one request.
#[derive(Debug)]
pub struct Resource {
    /// The path below the base URL, around the id of what it is set on.
    pub path: [&'static str; 2],
    /// Which fields of the setting it has.
    pub fields: Range<usize>,
    /// All names that its body is made of, as far as is known.
    pub names: &'static [&'static str],
    /// What the body of a GET's answer says.
    pub read_body: fn(&[u8]) -> ReadBody,
}

/// One request that changes a setting.
#[derive(Debug)]
pub struct WriteRequest {
    /// Where it goes.
    pub resource: &'static Resource,
    /// Which changes of the resource's fields it makes.
    pub takes: Takes,
    /// Its body, of the changes to the resource's fields and their present values.
    pub body: fn(&[Change<'_>], &CurrentValues) -> Vec<u8>,
}

/// Which changes a request makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    All,
    /// Those that set a value, before others rely on it.
    Set,
    /// Those that clear one, once nothing relies on it any more.
    Cleared,
}

/// One field of a setting.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The column it stands in, such as `n1`.
    pub column: &'static str,
    /// What the service calls it.
    pub name: &'static str,
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
    /// What becomes of calls: an action of the service, such as `BLOCK`.
    Action,
    /// `yes` or `no`.
    YesOrNo,
}

/// What a success says of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadBody {
    /// At least one of its fields is there, or what uses them.
    Values(Reading),
    /// An object without any of its fields. Whether the service leaves out what is not set is not
    /// known, so this may mean that nothing is.
    Empty,
    /// Something else: not the answer to this question.
    Other,
}

/// What a resource says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Those of its own fields.
    pub values: CurrentValues,
    /// Which of them the service does not let anybody change.
    pub restricted: Vec<usize>,
    /// What uses numbers beside its own fields.
    pub usages: Vec<Usage>,
    /// There may be more that uses them: a part was not understood.
    pub is_partial: bool,
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
        match self.kind(index) {
            Some(FieldKind::Number) => phone_number::is_same(one, other),
            _ => one == other,
        }
    }

    /// A value as it is written for a person, and for whoever sends it again.
    pub fn plain(&self, index: usize, value: &str) -> String {
        match self.kind(index) {
            Some(FieldKind::Number) => phone_number::for_reading(value),
            _ => value.to_string(),
        }
    }

    /// What the service may have listed where a value is written so for a person.
    pub fn listings(&self, index: usize, value: &str) -> Vec<String> {
        match self.kind(index) {
            Some(FieldKind::Number) => phone_number::listings(value).collect(),
            _ => vec![value.to_string()],
        }
    }

    /// A value as the service would list it beside the one that it listed.
    pub fn listed_like(&self, index: usize, value: &str, listed: Option<&str>) -> String {
        match self.kind(index) {
            Some(FieldKind::Number) => phone_number::listed_like(value, listed),
            _ => value.to_string(),
        }
    }

    pub fn kind(&self, index: usize) -> Option<FieldKind> {
        self.fields.get(index).map(|field| field.kind)
    }

    /// What one of its requests sends of the changes; of a setting that is read first only what is not
    /// so already. The other fields are kept.
    pub fn part<'c>(
        &self,
        request: &WriteRequest,
        changes: &[Change<'c>],
        current: &CurrentValues,
    ) -> Vec<Change<'c>> {
        let mut part = vec![Change::Keep; changes.len()];
        for index in request.resource.fields.clone() {
            let change = changes.get(index).unwrap_or(&Change::Keep);
            let is_taken = match request.takes {
                Takes::All => true,
                Takes::Set => matches!(change, Change::Set(_)),
                Takes::Cleared => *change == Change::Clear,
            };
            let is_there = self.needs_read && self.is_met(index, change, current.get(index));
            if is_taken && !is_there {
                part[index] = change.clone();
            }
        }
        part
    }

    /// The body of one of its requests, of its part of the changes.
    pub fn body(
        &self,
        request: &WriteRequest,
        part: &[Change<'_>],
        current: &CurrentValues,
    ) -> Vec<u8> {
        let fields = request.resource.fields.clone();
        let changes = part.get(fields.clone()).unwrap_or_default();
        (request.body)(changes, &current.part(fields))
    }

    /// Whether it has rules, which say what becomes of calls.
    pub fn has_rules(&self) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|field| field.kind == FieldKind::Action)
    }

    /// Whether all of it stands in one place of the service.
    pub fn is_one_resource(&self) -> bool {
        self.resources.len() == 1
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

/// What the settings are called: `a, b or c`.
pub fn names() -> String {
    match ALL.map(|setting| setting.name) {
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

/// The names of the columns that changes are for: `n1, n2`.
pub fn columns_of(setting: &Setting, changes: &[Change<'_>]) -> String {
    let fields = setting.fields.iter().zip(changes);
    let columns = fields.filter_map(|(field, change)| {
        let is_kept = *change == Change::Keep;
        (!is_kept).then_some(field.column)
    });
    columns.collect::<Vec<_>>().join(", ")
}
