//! Settings whose body is one flat object: a text for each field, under its name there.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{ReadBody, Reading};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;

/// The object with the fields that change, under their `names`; the empty text clears one.
pub(super) fn write(names: &[&str], changes: &[Change<'_>]) -> Vec<u8> {
    let fields = names.iter().zip(changes);
    let object: BTreeMap<&str, &str> = fields
        .filter_map(|(name, change)| Some((*name, change.field()?)))
        .collect();
    // Texts under fixed names: there is nothing in it that cannot be written.
    serde_json::to_vec(&object).unwrap_or_default()
}

/// The fields that change.
pub(super) fn fields(
    names: &[&str],
    changes: &[Change<'_>],
) -> impl Iterator<Item = (String, Value)> {
    names.iter().zip(changes).filter_map(|(name, change)| {
        let value = Value::from(change.field()?);
        Some(((*name).to_string(), value))
    })
}

/// What an object says of the fields with these `names`. What is not set is `null`, the empty text,
/// or not there, as long as one of them is.
pub(super) fn read(names: &[&str], body: &[u8]) -> ReadBody {
    let Ok(object) = serde_json::from_slice::<Map<String, Value>>(body) else {
        return ReadBody::Other;
    };
    if object.is_empty() {
        return ReadBody::Empty;
    }
    let fields: Vec<Option<&Value>> = names.iter().map(|name| object.get(*name)).collect();
    let is_text = |value: &&Value| value.is_null() || value.is_string();
    let is_it = fields.iter().any(Option::is_some) && fields.iter().flatten().all(is_text);
    if !is_it {
        return ReadBody::Other;
    }
    let fields = fields.into_iter();
    ReadBody::Values(Reading {
        values: CurrentValues::of(fields.map(|value| value.and_then(Value::as_str))),
        ..Reading::default()
    })
}
