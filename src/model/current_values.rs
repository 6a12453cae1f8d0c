//! The values that the fields of a setting have at the moment, as the service tells them.

use serde::{Deserialize, Serialize};

/// A value for each field, letter for letter as it was read; `None` where none is set.
///
/// The service spells some otherwise than they were set: what was `+12025550101` may read
/// `2025550101`. [`crate::setting::Setting::is_same`] compares them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentValues(Box<[Option<Box<str>>]>);

impl CurrentValues {
    /// Takes each value as it was read; an empty one is not set.
    pub fn of<'v>(read: impl IntoIterator<Item = Option<&'v str>>) -> CurrentValues {
        let values = read.into_iter();
        CurrentValues(
            values
                .map(|value| value.filter(|text| !text.is_empty()).map(Box::from))
                .collect(),
        )
    }

    /// The value of a field, if it is set.
    pub fn get(&self, index: usize) -> Option<&str> {
        self.0.get(index)?.as_deref()
    }

    /// The value of a field; the empty text where none is set.
    pub fn text(&self, index: usize) -> &str {
        self.get(index).unwrap_or_default()
    }
}
