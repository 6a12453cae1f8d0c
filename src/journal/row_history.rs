//! What is known of one row over all runs that sent it: the values from before, what was sent, and
//! what became of it. Undo and resume are made from this, never from a results file.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::row::{Row, checksum_of_fields};

/// Whose setting a row changes, with the ids as they were sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// `None`: the token's own organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<Box<str>>,
    pub id: Box<str>,
    /// What it is called, where that is known.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Box<str>,
}

impl Place {
    pub fn of(row: &Row<'_>) -> Place {
        Place {
            org_id: row.org_id.as_deref().map(Into::into),
            id: row.target_id.as_ref().into(),
            name: row.name.as_ref().into(),
        }
    }

    /// Whether it has the same ids, whatever it is called.
    pub fn is_same(&self, other: &Place) -> bool {
        self.org_id == other.org_id && self.id == other.id
    }
}

/// The fields of a request in the order of the setting: `None` where one was left out, empty where
/// one was cleared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent(pub Vec<Option<Box<str>>>);

impl Sent {
    pub fn of(row: &Row<'_>) -> Sent {
        let fields = row.changes.iter().map(|change| change.field());
        Sent(fields.map(|field| field.map(Into::into)).collect())
    }

    /// What a row asks for that sends this.
    pub fn changes(&self) -> Vec<Change<'static>> {
        let fields = self.0.iter().map(Option::as_deref);
        let changes =
            fields.map(|field| field.map_or(Change::Keep, |value| Change::to(Some(value))));
        changes.collect()
    }

    /// As that of a row that asks for just this.
    pub fn checksum(&self) -> u32 {
        checksum_of_fields(self.0.iter().map(Option::as_deref))
    }

    /// Something was sent, and nobody knows what any more.
    pub fn unknown() -> Sent {
        Sent(Vec::new())
    }

    pub fn is_unknown(&self) -> bool {
        self.0.is_empty()
    }

    /// Which fields it sets or clears.
    pub fn fields(&self) -> impl Iterator<Item = usize> {
        let fields = self.0.iter().enumerate();
        fields.filter_map(|(index, value)| value.as_ref().map(|_| index))
    }
}

/// What was done to one place on behalf of a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RowChange {
    /// Missing where an older wxbulk wrote the journal: it is the place that the row names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The values before the first of our changes. `None`: they were not read, which is not the
    /// same as having read that none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<CurrentValues>,
    /// Where another run took them over: when the run began that read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_read_at: Option<Timestamp>,
    /// What may have been applied, oldest first; where nothing was, what was sent last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sent: Vec<Sent>,
    /// The fields of it that certainly were not changed, since only others were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untouched: Vec<usize>,
    /// Fields that changed with it although it did not ask for them, with what was found there then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_changed: Vec<(usize, Box<str>)>,
    /// Whether any of it may have taken effect.
    #[serde(default)]
    pub may_have_been_applied: bool,
    /// `None`: it was on its way when the program ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Where another run took it over: the order of its row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<RowOrder>,
}

/// Where a row has its place among all rows, whatever became of the order of the files since: when the first run
/// began that had it, and its number there. Rows for one location are sent in this order in each of the runs.
pub type RowOrder = (Timestamp, u64);

impl RowChange {
    /// Something was sent for the row besides what is known, and nobody knows what, or where to.
    pub fn elsewhere() -> RowChange {
        RowChange {
            place: Some(Place::default()),
            sent: vec![Sent::unknown()],
            may_have_been_applied: true,
            ..RowChange::default()
        }
    }

    /// Whether nobody knows where that was.
    pub fn is_elsewhere(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.id.is_empty())
    }

    /// Adds what was done later to the same place.
    fn absorb(&mut self, later: RowChange) {
        // What was read after a change may be our own. Else nobody knows who changed it since, but it was not us;
        // only what a conflict found, the next try must not find either.
        let is_conflict = later
            .outcome
            .as_ref()
            .is_some_and(|outcome| outcome.kind == OutcomeKind::Conflict);
        let keeps_first = self.may_have_been_applied || is_conflict;
        if later.earlier.is_some() && !(keeps_first && self.earlier.is_some()) {
            self.earlier = later.earlier;
            self.earlier_read_at = later.earlier_read_at;
        }
        if !self.may_have_been_applied && !later.sent.is_empty() {
            self.sent.clear();
        }
        if !self.may_have_been_applied {
            self.untouched.clone_from(&later.untouched);
        } else if later.may_have_been_applied {
            self.untouched
                .retain(|field| later.untouched.contains(field));
        }
        if later.may_have_been_applied || !self.may_have_been_applied {
            for sent in later.sent {
                if self.sent.last() != Some(&sent) {
                    self.sent.push(sent);
                }
            }
        }
        self.also_changed.extend(later.also_changed);
        self.may_have_been_applied |= later.may_have_been_applied;
        self.place = later.place.or(self.place.take());
        let was_late = self.outcome.take().is_some_and(|one| one.may_arrive_late);
        self.outcome = later.outcome;
        if let Some(outcome) = &mut self.outcome {
            outcome.may_arrive_late |= was_late;
        }
        self.finished_at = later.finished_at;
    }
}

/// All that is known of a row: one change for each place, since the place may have been corrected
/// between two runs. Oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowHistory {
    /// What an earlier run noted of its order.
    pub order: Option<RowOrder>,
    pub changes: Vec<RowChange>,
}

impl RowHistory {
    /// Adds what was done next.
    pub fn add(&mut self, mut change: RowChange) {
        change.order = change.order.or(self.order);
        let is_same = |one: &RowChange| match (&one.place, &change.place) {
            (Some(one), Some(other)) => one.is_same(other),
            _ => true,
        };
        match self.changes.iter_mut().rfind(|one| is_same(one)) {
            Some(known) => known.absorb(change),
            None => self.changes.push(change),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Whether any of it may have taken effect.
    pub fn may_have_changed(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.may_have_been_applied)
    }

    /// What was done last.
    pub fn latest(&self) -> Option<&RowChange> {
        self.changes.last()
    }

    /// What was done to this place.
    pub fn at(&self, place: &Place) -> Option<&RowChange> {
        let is_there = |one: &&RowChange| one.place.as_ref().is_none_or(|one| one.is_same(place));
        self.changes.iter().rfind(is_there)
    }
}

/// Whether a row may have changed something, or may do so yet.
pub fn may_have_been_applied(outcome: &Outcome) -> bool {
    outcome.may_arrive_late || says_changed(outcome.kind)
}

/// The same by the word alone.
pub fn says_changed(kind: OutcomeKind) -> bool {
    match kind {
        OutcomeKind::Updated | OutcomeKind::Partly | OutcomeKind::Unknown => true,
        OutcomeKind::Unchanged
        | OutcomeKind::Conflict
        | OutcomeKind::Failed
        | OutcomeKind::Invalid
        | OutcomeKind::Skipped
        | OutcomeKind::NotAttempted
        | OutcomeKind::Different => false,
    }
}

/// In format 1 a row was `failed` by its last answer, even where an earlier try may have taken
/// effect. Two requests are one to read and one to write.
pub(super) fn is_doubtful_in_format_1(outcome: &Outcome) -> bool {
    let had_no_effect = matches!(outcome.status, Some(400..500));
    outcome.kind == OutcomeKind::Failed && !(had_no_effect && outcome.attempts <= 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: &str) -> Place {
        Place {
            org_id: None,
            id: id.into(),
            name: Box::default(),
        }
    }

    fn change(id: &str, earlier: Option<&str>, sent: &str, kind: OutcomeKind) -> RowChange {
        RowChange {
            place: Some(place(id)),
            earlier: earlier.map(|earlier| CurrentValues::of([Some(earlier), None, None])),
            earlier_read_at: None,
            sent: vec![Sent(vec![Some(sent.into()), None, None])],
            untouched: Vec::new(),
            also_changed: Vec::new(),
            may_have_been_applied: says_changed(kind),
            outcome: Some(Outcome::unsent(kind, "")),
            finished_at: None,
            order: None,
        }
    }

    fn history(changes: impl IntoIterator<Item = RowChange>) -> RowHistory {
        let mut history = RowHistory::default();
        for change in changes {
            history.add(change);
        }
        history
    }

    fn sent(change: &RowChange) -> Vec<&str> {
        let all = change.sent.iter();
        all.map(|sent| sent.0[0].as_deref().unwrap_or_default())
            .collect()
    }

    #[test]
    fn a_later_reading_of_our_own_change_never_replaces_the_earlier_values() {
        use OutcomeKind::{Conflict, Failed, Unchanged, Unknown, Updated};
        for (first, second, earlier, all_sent) in [
            // Outcomes of two runs; the first read `1` and sent `2`, the second read `r` and sent `3`.
            (Unknown, Updated, "1", &["2", "3"][..]),
            (Unknown, Failed, "1", &["2"]),
            (Unknown, Unchanged, "1", &["2"]),
            (Updated, Updated, "1", &["2", "3"]),
            (Failed, Updated, "7", &["3"]),
            (Failed, Failed, "7", &["3"]),
            (Failed, Conflict, "1", &["3"]),
        ] {
            let row = history([
                change("a", Some("1"), "2", first),
                change("a", Some("7"), "3", second),
            ]);
            let [only] = &*row.changes else {
                panic!("one place: {row:?}")
            };
            let read = only.earlier.as_ref().expect("it was read");
            assert_eq!(read.text(0), earlier, "{first:?}, then {second:?}");
            assert_eq!(sent(only), all_sent, "{first:?}, then {second:?}");
            let is_ours = [first, second].into_iter().any(says_changed);
            assert_eq!(only.may_have_been_applied, is_ours);
        }
    }

    #[test]
    fn a_place_that_was_corrected_keeps_its_own_earlier_values() {
        let row = history([
            change("a", Some("1"), "2", OutcomeKind::Unknown),
            change("b", Some("5"), "2", OutcomeKind::Updated),
        ]);
        assert_eq!(row.changes.len(), 2);
        let there = row.at(&place("a")).expect("it was sent");
        let read = there.earlier.as_ref().expect("it was read");
        assert_eq!(read.text(0), "1");
    }

    #[test]
    fn not_read_and_read_that_none_is_set_are_told_apart() {
        let unread = change("a", None, "2", OutcomeKind::Updated);
        let none = RowChange {
            earlier: Some(CurrentValues::default()),
            ..unread.clone()
        };
        let back = |change: &RowChange| -> RowChange {
            let json = serde_json::to_string(change).expect("JSON");
            serde_json::from_str(&json).expect("the same")
        };
        assert_eq!(back(&unread), unread);
        assert_eq!(back(&none), none);
        assert_ne!(unread, none);
    }
}
