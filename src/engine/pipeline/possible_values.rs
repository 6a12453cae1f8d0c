//! What may be there after a row that was sent or left alone: the later rows for its location are sent only
//! while that is so.

use super::conflict::changed_fields;
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::setting::Setting;

/// The values from before a row, and what it may have made of them.
#[derive(Debug, Clone)]
pub struct LastKnown {
    before: CurrentValues,
    sent: Vec<Change<'static>>,
}

impl LastKnown {
    /// The row was left alone, so only what was there before it is expected.
    #[must_use]
    pub fn left_alone(before: CurrentValues) -> LastKnown {
        LastKnown {
            before,
            sent: Vec::new(),
        }
    }

    /// The row was left alone, since what it found was not as expected: later rows find what was expected
    /// first where it was not, and else what was found.
    #[must_use]
    pub fn not_as_expected(
        setting: &Setting,
        expected: &[Vec<Change<'_>>],
        found: &CurrentValues,
    ) -> LastKnown {
        let fields = 0..setting.fields.len();
        let values = fields.map(|index| match expected.get(index).map(Vec::as_slice) {
            Some(wanted @ [first, ..]) if !setting.is_one_of(index, wanted, found) => first.field(),
            _ => found.get(index),
        });
        LastKnown::left_alone(CurrentValues::of(values))
    }

    /// Each of the changes may have been applied.
    #[must_use]
    pub fn perhaps_changed(before: CurrentValues, sent: Vec<Change<'static>>) -> LastKnown {
        LastKnown { before, sent }
    }

    pub(super) fn before(&self) -> &CurrentValues {
        &self.before
    }

    /// The fields that somebody else has changed since: they are neither as before nor as sent.
    pub(super) fn others(&self, setting: &Setting, found: &CurrentValues) -> Vec<usize> {
        let is_sent = |index: &usize| match self.sent.get(*index) {
            None | Some(Change::Keep) => false,
            Some(change) => setting.is_met(*index, change, found.get(*index)),
        };
        let changed = changed_fields(setting, &self.before, found);
        changed.filter(|index| !is_sent(index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::location_numbers::LOCATION_NUMBERS;

    #[test]
    fn each_field_may_be_as_before_or_as_sent() {
        let before = CurrentValues::of([Some("5501"), Some("5502"), None]);
        let sent = vec![
            Change::Set("+12025550101".into()),
            Change::Clear,
            Change::Keep,
        ];
        let known = LastKnown::perhaps_changed(before.clone(), sent);
        let left_alone = LastKnown::left_alone(before);
        for (found, others, others_alone) in [
            ([Some("5501"), Some("5502"), None], &[][..], &[][..]),
            // The service spells a number otherwise than it was sent.
            ([Some("2025550101"), None, None], &[], &[0, 1]),
            ([Some("5501"), None, None], &[], &[1]),
            ([Some("5501"), Some("5502"), Some("5503")], &[2], &[2]),
            ([Some("9999"), None, None], &[0], &[0, 1]),
        ] {
            let found = CurrentValues::of(found);
            assert_eq!(known.others(&LOCATION_NUMBERS, &found), others, "{found:?}");
            assert_eq!(
                left_alone.others(&LOCATION_NUMBERS, &found),
                others_alone,
                "{found:?}"
            );
        }
    }
}
