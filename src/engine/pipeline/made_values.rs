//! What the rows of a run make of a location with several of them. What the run itself has written is newer than
//! any reading that shows a value from before it: a service may answer from before a change for a while. So such
//! a reading is taken for what was written, and where that may not have been applied it proves nothing.

use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::setting::Setting;

/// What rows make of some fields of their location, by their places; the empty text clears one.
pub type MadeValues = Vec<(usize, Box<str>)>;

/// What the rows so far have made of a location, or of a plan would make.
#[derive(Debug, Clone, Default)]
pub struct MadeByRows {
    values: MadeValues,
    /// What was there before each of their changes, by the places of the fields.
    replaced: Vec<(usize, Option<Box<str>>)>,
    /// Fields of which the last change may not have been applied, or may arrive late.
    in_doubt: Vec<usize>,
}

impl MadeByRows {
    /// Adds what became of a further row, and of what was there before it where that is known.
    pub fn add_row(
        &mut self,
        changes: &[Change<'_>],
        before: Option<&CurrentValues>,
        outcome: &Outcome,
    ) {
        let sent = changes.iter().enumerate().map(|(index, change)| {
            let is_sent = !outcome.untouched.contains(&index);
            if is_sent {
                change.clone()
            } else {
                Change::Keep
            }
        });
        let sent: Vec<Change<'_>> = sent.collect();
        match outcome.kind {
            OutcomeKind::Updated | OutcomeKind::Different => self.add(&sent, before),
            OutcomeKind::Partly if !outcome.may_arrive_late => self.add(&sent, before),
            OutcomeKind::Partly | OutcomeKind::Unknown => self.add_doubtful(&sent, before),
            _ if outcome.may_arrive_late => self.add_doubtful(&sent, before),
            _ => {}
        }
    }

    fn add(&mut self, changes: &[Change<'_>], before: Option<&CurrentValues>) {
        self.replace(changes, before);
        for (index, change) in changes.iter().enumerate() {
            if let Some(value) = change.field() {
                self.values.retain(|(field, _)| *field != index);
                self.values.push((index, value.into()));
                self.in_doubt.retain(|field| *field != index);
            }
        }
    }

    fn add_doubtful(&mut self, changes: &[Change<'_>], before: Option<&CurrentValues>) {
        self.replace(changes, before);
        let changes = changes.iter().enumerate();
        let sent = changes.filter(|(_, change)| **change != Change::Keep);
        self.in_doubt.extend(sent.map(|(index, _)| index));
    }

    fn replace(&mut self, changes: &[Change<'_>], before: Option<&CurrentValues>) {
        let Some(before) = before else {
            return;
        };
        let changes = changes.iter().enumerate();
        for (index, _) in changes.filter(|(_, change)| **change != Change::Keep) {
            let old = (index, before.get(index).map(Box::from));
            if !self.replaced.contains(&old) {
                self.replaced.push(old);
            }
        }
    }

    /// What they have certainly made.
    pub fn values(&self) -> &MadeValues {
        &self.values
    }

    /// What is there by a reading: what the rows have made where it shows a value from before them.
    pub(super) fn newest(&self, setting: &Setting, found: &CurrentValues) -> CurrentValues {
        let is_old = |(index, _): &&(usize, Box<str>)| self.is_replaced(setting, *index, found);
        let newer: MadeValues = self.values.iter().filter(is_old).cloned().collect();
        found.with(&newer)
    }

    /// Whether a reading may be from before a change of these fields of which it is not known that it was applied.
    pub(super) fn leaves_in_doubt(
        &self,
        setting: &Setting,
        changes: &[Change<'_>],
        found: &CurrentValues,
    ) -> bool {
        let is_asked = |index: usize| changes.get(index).is_some_and(|one| *one != Change::Keep);
        let mut in_doubt = self.in_doubt.iter();
        in_doubt.any(|index| is_asked(*index) && self.is_replaced(setting, *index, found))
    }

    fn is_replaced(&self, setting: &Setting, index: usize, found: &CurrentValues) -> bool {
        let mut replaced = self.replaced.iter().filter(|(field, _)| *field == index);
        replaced.any(|(_, old)| match (old, found.get(index)) {
            (Some(old), Some(found)) => setting.is_same(index, old, found),
            (old, found) => old.is_none() && found.is_none(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setting::location_numbers::LOCATION_NUMBERS;

    const A: Option<&str> = Some("5501");
    const B: Option<&str> = Some("5502");
    const C: Option<&str> = Some("5503");
    const D: Option<&str> = Some("5504");

    fn to(value: Option<&'static str>) -> Vec<Change<'static>> {
        vec![Change::to(value)]
    }

    #[test]
    fn a_reading_from_before_the_rows_is_taken_for_what_they_have_made() {
        // What was found before each row, what it made of it, what is read then, and what is there.
        type Case = (
            &'static [(Option<&'static str>, Option<&'static str>)],
            Option<&'static str>,
            Option<&'static str>,
        );
        let cases: [Case; 10] = [
            (&[], A, A),
            (&[(A, B)], A, B),
            (&[(A, B)], B, B),
            // What somebody else has set is no reading from before.
            (&[(A, B)], D, D),
            (&[(A, B)], None, None),
            (&[(None, B)], None, B),
            (&[(A, None)], A, None),
            (&[(A, B), (B, C)], A, C),
            (&[(A, B), (B, C)], B, C),
            (&[(A, B), (B, A)], B, A),
        ];
        for (rows, read, there) in cases {
            let mut made = MadeByRows::default();
            for (before, after) in rows {
                made.add(&to(*after), Some(&CurrentValues::of([*before])));
            }
            let found = made.newest(&LOCATION_NUMBERS, &CurrentValues::of([read]));
            assert_eq!(found.get(0), there, "{rows:?} {read:?}");
        }
    }

    #[test]
    fn a_reading_from_before_a_change_in_doubt_proves_nothing() {
        let mut made = MadeByRows::default();
        made.add(&to(B), Some(&CurrentValues::of([A])));
        made.add_doubtful(&to(C), Some(&CurrentValues::of([B])));
        let proves_nothing = |made: &MadeByRows, read, wanted: &[Change<'_>]| {
            made.leaves_in_doubt(&LOCATION_NUMBERS, wanted, &CurrentValues::of([read]))
        };
        for (read, in_doubt) in [(A, true), (B, true), (C, false), (D, false)] {
            assert_eq!(proves_nothing(&made, read, &to(A)), in_doubt, "{read:?}");
        }
        assert!(!proves_nothing(&made, A, &[Change::Keep]));
        made.add(&to(D), Some(&CurrentValues::of([C])));
        assert!(!proves_nothing(&made, A, &to(A)));
    }
}
