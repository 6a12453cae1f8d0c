//! All that was done to one location, put together: where to go back to, and what must be found there.

use super::changed_row::ChangedRow;
use crate::application::values_put_back::ValuesPutBack;
use crate::journal::Sent;
use crate::model::change::Change;
use crate::setting::Setting;

/// What is to be put back of each field; `None` where the field was never touched.
#[derive(Debug)]
pub(super) struct MergedChanges(pub(super) Vec<Option<FieldUndo>>);

/// One field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FieldUndo {
    /// The value before the first change; `None` where none was set.
    pub(super) earlier: Option<Box<str>>,
    /// Values of which one must be found, the latest one last; empty where none is set.
    pub(super) expected: Vec<Box<str>>,
    /// Those of them that were in doubt: they may arrive even after a later change that is certain.
    in_doubt: Vec<Box<str>>,
}

impl MergedChanges {
    /// Of changes in the order in which they were sent.
    pub(super) fn of<'c>(changes: impl IntoIterator<Item = &'c ChangedRow>) -> MergedChanges {
        let changes: Vec<&ChangedRow> = changes.into_iter().collect();
        // A row that could not be read at first found in a later run what the rows after it had set.
        let mut as_read = changes.clone();
        as_read.sort_by_key(|change| change.read_at);
        let earlier = |index: usize| {
            let mut as_read = as_read.iter();
            let first = as_read.find(|change| change.sends(index));
            first.and_then(|change| change.earlier.get(index))
        };
        let mut fields: Vec<Option<FieldUndo>> = Vec::new();
        for change in &changes {
            for sent in &change.sent {
                if fields.len() < sent.0.len() {
                    fields.resize_with(sent.0.len(), || None);
                }
                for (index, value) in sent.0.iter().enumerate() {
                    let Some(value) = value else { continue };
                    let field = fields[index].get_or_insert_with(|| FieldUndo {
                        earlier: earlier(index).map(Into::into),
                        expected: Vec::new(),
                        in_doubt: Vec::new(),
                    });
                    if change.is_certain {
                        field.expected.clone_from(&field.in_doubt);
                    } else if !field.in_doubt.contains(value) {
                        field.in_doubt.push(value.clone());
                    }
                    field.expected.retain(|one| one != value);
                    field.expected.push(value.clone());
                }
            }
        }
        MergedChanges(fields)
    }

    /// The same where an undo of some rows has put `back` what was there before them: that will do, too.
    pub(super) fn with_later_rows_undone(
        mut self,
        changes: &[ChangedRow],
        back: &[Sent],
    ) -> MergedChanges {
        for (index, field) in self.0.iter_mut().enumerate() {
            let (Some(field), Some(value)) = (field, last_sent(back, index)) else {
                continue;
            };
            let mut later = changes.iter().skip(1).filter(|change| change.sends(index));
            let is_of_ours =
                later.any(|change| change.earlier.get(index).unwrap_or_default() == value);
            if is_of_ours && !field.expected.iter().any(|one| **one == *value) {
                field.expected.push(value.into());
            }
        }
        self
    }

    /// Whether all of it is `back`.
    pub(super) fn is_back(&self, back: &[Sent]) -> bool {
        let mut fields = self.0.iter().enumerate();
        fields.all(|(index, field)| {
            let Some(field) = field else { return true };
            let earlier = field.earlier.as_deref().unwrap_or_default();
            last_sent(back, index) == Some(earlier)
        })
    }

    /// Which fields are put back.
    pub(super) fn fields(&self) -> impl Iterator<Item = usize> {
        let fields = self.0.iter().enumerate();
        fields.filter_map(|(index, field)| field.as_ref().map(|_| index))
    }

    /// How many values are put back.
    pub(super) fn values(&self) -> ValuesPutBack {
        let mut values = ValuesPutBack::default();
        for field in self.0.iter().flatten() {
            match field.put_back() {
                Change::Clear => values.cleared += 1,
                Change::Set(_) | Change::Keep => values.set += 1,
            }
        }
        values
    }

    /// Without the fields that were sent with the value they had: there is nothing to put back, and
    /// what somebody set there since is no reason to leave the others. Where that is so of all fields
    /// they stay, since the row of a location asks for something; and so do those that the others imply.
    pub(super) fn without_what_was_the_same(mut self, setting: &Setting) -> MergedChanges {
        let MergedChanges(fields) = &mut self;
        let indexed = fields.iter().enumerate();
        let needed = indexed.map(|(index, field)| match field {
            Some(field) if field.differs(setting, index) => field.put_back(),
            _ => Change::Keep,
        });
        let mut needed: Vec<Change<'static>> = needed.collect();
        if needed.iter().all(|change| *change == Change::Keep) {
            return self;
        }
        (setting.imply)(&mut needed);
        for (field, change) in fields.iter_mut().zip(&needed) {
            if *change == Change::Keep {
                *field = None;
            }
        }
        self
    }
}

/// What of all this was sent last for a field.
fn last_sent(sent: &[Sent], index: usize) -> Option<&str> {
    let mut latest_first = sent.iter().rev();
    latest_first.find_map(|Sent(values)| values.get(index)?.as_deref())
}

impl FieldUndo {
    fn put_back(&self) -> Change<'static> {
        Change::to(self.earlier.as_deref())
    }

    /// Whether some value that may be there now is not the one from before.
    fn differs(&self, setting: &Setting, index: usize) -> bool {
        let earlier = self.earlier.as_deref().unwrap_or_default();
        let mut expected = self.expected.iter();
        expected.any(|value| match (&**value, earlier) {
            ("", earlier) | (earlier, "") => !earlier.is_empty(),
            (value, earlier) => !setting.is_same(index, value, earlier),
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::journal::Place;
    use crate::model::current_values::CurrentValues;
    use crate::model::row::TargetKey;
    use crate::setting::location_numbers::LOCATION_NUMBERS;

    fn change(
        earlier: [Option<&str>; 2],
        sent: &[[Option<&str>; 2]],
        is_certain: bool,
    ) -> ChangedRow {
        let sent = sent
            .iter()
            .map(|sent| Sent(sent.iter().map(|one| one.map(Into::into)).collect()));
        ChangedRow {
            key: TargetKey(1),
            order: (Timestamp::UNIX_EPOCH, 1),
            place: Place {
                org_id: None,
                id: "place".into(),
                name: Box::default(),
            },
            earlier: CurrentValues::of(earlier),
            usages: Vec::new(),
            read_at: Timestamp::UNIX_EPOCH,
            sent: sent.collect(),
            is_certain,
        }
    }

    fn merged(changes: &[ChangedRow]) -> Vec<Option<(Option<&str>, Vec<&str>)>> {
        let MergedChanges(fields) = MergedChanges::of(changes);
        let fields: &'static [Option<FieldUndo>] = Box::leak(fields.into_boxed_slice());
        let parts = fields.iter().map(|field| {
            let field = field.as_ref()?;
            let expected = field.expected.iter().map(|value| &**value).collect();
            Some((field.earlier.as_deref(), expected))
        });
        parts.collect()
    }

    #[test]
    fn what_was_read_first_is_what_was_there_first() {
        let sent = [[Some("2"), None]];
        let late = ChangedRow {
            read_at: Timestamp::from_second(60).expect("a time"),
            ..change([Some("3"), Some("9")], &sent, true)
        };
        let early = change([Some("1"), Some("8")], &[[Some("3"), None]], false);
        assert_eq!(
            merged(&[late, early]),
            [Some((Some("1"), vec!["2", "3"])), None]
        );
    }

    #[test]
    fn several_changes_go_back_to_the_first_and_expect_the_last() {
        let first = change([Some("1"), None], &[[Some("2"), None]], true);
        let second = change([Some("2"), None], &[[Some(""), Some("7")]], true);
        assert_eq!(
            merged(&[first, second]),
            [Some((Some("1"), vec![""])), Some((None, vec!["7"]))]
        );
    }

    #[test]
    fn where_nobody_knows_what_took_effect_any_of_it_will_do() {
        let first = change([Some("1"), None], &[[Some("2"), None]], true);
        let second = change(
            [Some("2"), None],
            &[[Some("3"), None], [Some("4"), None]],
            false,
        );
        assert_eq!(
            merged(&[first, second]),
            [Some((Some("1"), vec!["2", "3", "4"])), None]
        );
    }

    #[test]
    fn what_was_there_before_a_change_in_doubt_may_be_there_after_it() {
        let first = change([Some("1"), None], &[[Some("2"), None]], true);
        let without_effect = [Some("2"), None];
        let second = change(without_effect, &[[Some("3"), None], without_effect], false);
        assert_eq!(
            merged(&[first, second]),
            [Some((Some("1"), vec!["3", "2"])), None]
        );
    }

    #[test]
    fn what_was_in_doubt_may_arrive_after_a_later_change() {
        let first = change([Some("1"), None], &[[Some("2"), None]], false);
        let second = change([Some("1"), None], &[[Some("3"), None]], true);
        let third = change([Some("3"), None], &[[Some("4"), None]], true);
        assert_eq!(
            merged(&[first, second, third]),
            [Some((Some("1"), vec!["2", "4"])), None]
        );
    }

    #[test]
    fn only_fields_that_differ_are_put_back_unless_none_does() {
        let kept = |earlier, sent: &[[Option<&str>; 2]], is_certain| {
            let merged = MergedChanges::of([&change(earlier, sent, is_certain)]);
            let MergedChanges(fields) = merged.without_what_was_the_same(&LOCATION_NUMBERS);
            let kept = fields.iter().map(Option::is_some);
            kept.collect::<Vec<_>>()
        };
        let spelled = [Some("2025550101"), None];
        for (earlier, sent, is_certain, expected) in [
            (
                [Some("1"), Some("2")],
                vec![[Some("3"), Some("2")]],
                true,
                [true, false],
            ),
            (
                spelled,
                vec![[Some("+12025550101"), Some("5501")]],
                true,
                [false, true],
            ),
            (
                [Some("1"), None],
                vec![[Some(""), Some("")]],
                true,
                [true, false],
            ),
            (
                [Some("1"), Some("2")],
                vec![[Some("1"), Some("2")]],
                true,
                [true, true],
            ),
            // Nobody knows which one took effect.
            (
                [Some("1"), Some("2")],
                vec![[Some("1"), Some("3")], [Some("4"), Some("2")]],
                false,
                [true, true],
            ),
        ] {
            assert_eq!(kept(earlier, &sent, is_certain), expected, "{sent:?}");
        }
    }
}
