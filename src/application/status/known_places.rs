//! What the journal of a run tells of the places that its rows are for.

use std::collections::{HashMap, HashSet};

use super::related_runs::FolderRun;
use crate::journal::{
    self, Entry, Place, RecordedRun, RowChange, RowRecord, Sent, may_have_been_applied,
};
use crate::model::change::Change;
use crate::model::current_values::CurrentValues;
use crate::model::ids;
use crate::model::outcome::OutcomeKind;
use crate::model::row::TargetField;
use crate::setting::{self, Setting};

/// What a journal tells of the fields of places.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The run changed them, or may have.
    pub(super) changed: HashSet<TargetField>,
    /// They are as the run asked.
    pub(super) done: HashSet<TargetField>,
    /// Runs before it sent them, or may have.
    pub(super) carried: HashSet<TargetField>,
    /// It changed them, or a run before it did whose rows it has taken over, or either may have. An undo of
    /// it puts all of these back.
    pub(super) changed_in_all: HashSet<TargetField>,
}

impl Known {
    /// What can be read of it.
    pub(super) fn of(run: &FolderRun) -> Known {
        let mut known = Known::default();
        let mut in_flight = HashMap::new();
        let setting = Setting::named(&run.header.setting).unwrap_or(setting::ALL[0]);
        let has_repeats = run.header.settings.allow_duplicates || run.header.plan.is_some();
        let mut own = Differences::of(setting, has_repeats);
        // A row that was taken over may have set what another row of this run finds.
        let mut in_all = Differences::of(setting, true);
        let read = journal::read_through(&run.journal, |entry| match entry {
            Entry::Carried(record) => {
                let changes = record.changes.iter();
                for change in changes.filter(|change| change.may_have_been_applied) {
                    let place = change.place.as_ref();
                    if change.sent.is_empty() {
                        known.carried.extend(fields_at(setting, place, None));
                    }
                    for sent in &change.sent {
                        known.carried.extend(fields_at(setting, place, Some(sent)));
                    }
                    in_all.add_carried(change);
                }
            }
            Entry::Previous(record) => {
                in_flight.insert(record.row, record);
            }
            Entry::Row(record) => {
                in_flight.remove(&record.row);
                own.add(&record);
                in_all.add(&record);
                if record.outcome.kind.is_success() {
                    let (place, sent) = (record.place.as_ref(), record.sent.as_ref());
                    known.done.extend(fields_at(setting, place, sent));
                }
            }
            _ => {}
        });
        if let Err(error) = read {
            tracing::debug!("{}: {error:#}", run.journal.display());
        }
        for record in in_flight.values() {
            let (place, sent) = (record.place.as_ref(), record.sent.as_ref());
            let fields = fields_at(setting, place, sent);
            let before = Some(&record.values);
            let changed = fields.filter(|field| may_differ(setting, before, sent, field.index));
            own.changed.extend(changed);
        }
        known.changed_in_all = &in_all.changed | &own.changed;
        known.changed = own.changed;
        known
    }
}

/// Which fields rows have changed, or may have.
struct Differences {
    setting: &'static Setting,
    changed: HashSet<TargetField>,
    /// Several rows of a place may lead back to what was there before the first.
    has_repeats: bool,
    first: HashMap<TargetField, CurrentValues>,
    in_doubt: HashSet<TargetField>,
}

impl Differences {
    fn of(setting: &'static Setting, has_repeats: bool) -> Differences {
        Differences {
            setting,
            changed: HashSet::new(),
            has_repeats,
            first: HashMap::new(),
            in_doubt: HashSet::new(),
        }
    }

    fn add(&mut self, record: &RowRecord) {
        let (place, sent, outcome) = (record.place.as_ref(), record.sent.as_ref(), &record.outcome);
        if !may_have_been_applied(outcome) {
            return;
        }
        let is_certain = outcome.kind == OutcomeKind::Updated && !outcome.may_arrive_late;
        let touched = fields_at(self.setting, place, sent);
        for field in touched.filter(|field| !outcome.untouched.contains(&field.index)) {
            self.add_field(field, outcome.previous.as_ref(), sent, is_certain);
        }
        let also = outcome.also_changed.iter().map(|(index, _)| *index);
        self.changed.extend(at(self.setting, place, also));
    }

    /// What runs before this one did.
    fn add_carried(&mut self, change: &RowChange) {
        let place = change.place.as_ref();
        let earlier = change.earlier.as_ref();
        let is_certain = change.outcome.as_ref().is_some_and(|outcome| {
            outcome.kind == OutcomeKind::Updated && !outcome.may_arrive_late
        });
        let unknown = [Sent::unknown()];
        let sent = if change.sent.is_empty() {
            &unknown[..]
        } else {
            &change.sent
        };
        for (index, one) in sent.iter().enumerate() {
            // What came of it is that of the last.
            let is_certain = is_certain && index + 1 == sent.len();
            let touched = fields_at(self.setting, place, Some(one));
            for field in touched.filter(|field| !change.untouched.contains(&field.index)) {
                self.add_field(field, earlier, Some(one), is_certain);
            }
        }
        let also = change.also_changed.iter().map(|(index, _)| *index);
        self.changed.extend(at(self.setting, place, also));
    }

    fn add_field(
        &mut self,
        field: TargetField,
        previous: Option<&CurrentValues>,
        sent: Option<&Sent>,
        is_certain: bool,
    ) {
        let earlier = self.first.get(&field).or(previous);
        if may_differ(self.setting, earlier, sent, field.index) {
            self.changed.insert(field);
        } else if is_certain && !self.in_doubt.contains(&field) {
            self.changed.remove(&field);
        }
        if !is_certain {
            self.in_doubt.insert(field);
        }
        if self.has_repeats
            && let Some(previous) = previous
        {
            self.first.entry(field).or_insert_with(|| previous.clone());
        }
    }
}

/// The fields of a place that were sent; all of them where nobody knows which.
pub(in crate::application) fn fields_at(
    setting: &Setting,
    place: Option<&Place>,
    sent: Option<&Sent>,
) -> impl Iterator<Item = TargetField> + use<> {
    let fields: Vec<usize> = match sent.filter(|sent| !sent.is_unknown()) {
        Some(sent) => sent.fields().collect(),
        None => (0..setting.fields.len()).collect(),
    };
    at(setting, place, fields)
}

fn at<I: IntoIterator<Item = usize>>(
    setting: &Setting,
    place: Option<&Place>,
    fields: I,
) -> impl Iterator<Item = TargetField> + use<I> {
    let read = place.and_then(|place| ids::read(&place.id, setting.target.id).ok());
    let key = read.map(|id| id.key);
    let fields = fields.into_iter();
    fields.filter_map(move |index| Some(TargetField { key: key?, index }))
}

/// Whether what was sent for a field may be another value than the one `before`: an undo need not put back one
/// that is the same.
fn may_differ(
    setting: &Setting,
    before: Option<&CurrentValues>,
    sent: Option<&Sent>,
    index: usize,
) -> bool {
    let value = sent.and_then(|Sent(values)| values.get(index)?.as_deref());
    let (Some(before), Some(value)) = (before, value) else {
        return true;
    };
    !setting.is_met(index, &Change::to(Some(value)), before.get(index))
}

/// Whether a run may have sent something.
pub(super) fn may_have_sent(run: &FolderRun) -> bool {
    !Known::of(run).changed.is_empty()
        || RecordedRun::open(&run.journal).is_ok_and(|run| run.finished() > 0)
}
