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

    /// Puts in what was read of the fields from `start` on, of which there are `count`.
    pub fn put(&mut self, start: usize, count: usize, values: &CurrentValues) {
        if start == 0 && self.0.is_empty() {
            self.clone_from(values);
            return;
        }
        let mut all = std::mem::take(&mut self.0).into_vec();
        if all.len() < start + count {
            all.resize(start + count, None);
        }
        for index in 0..count {
            all[start + index] = values.get(index).map(Into::into);
        }
        self.0 = all.into();
    }

    /// The values once some of the fields have others; the empty text clears one.
    #[must_use]
    pub fn with(&self, others: &[(usize, Box<str>)]) -> CurrentValues {
        let mut all = self.0.to_vec();
        for (index, value) in others {
            if let Some(field) = all.get_mut(*index) {
                *field = Some(value.clone()).filter(|value| !value.is_empty());
            }
        }
        CurrentValues(all.into())
    }

    /// The values of some fields, as those of a setting of its own.
    #[must_use]
    pub fn part(&self, fields: std::ops::Range<usize>) -> CurrentValues {
        CurrentValues(
            fields
                .map(|index| self.get(index).map(Into::into))
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
