//! What the journal of a run tells of the places that its rows are for.

use std::collections::{HashMap, HashSet};

use super::related_runs::FolderRun;
use crate::journal::{self, Entry, Place, RecordedRun, Sent, may_have_been_applied};
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
    /// Runs before it changed them, or may have.
    pub(super) carried: HashSet<TargetField>,
}

impl Known {
    /// What can be read of it.
    pub(super) fn of(run: &FolderRun) -> Known {
        let mut known = Known::default();
        let mut in_flight = HashMap::new();
        // Several rows of a place may lead back to what was there before the first.
        let has_repeats = run.header.settings.allow_duplicates || run.header.plan.is_some();
        let mut first: HashMap<TargetField, CurrentValues> = HashMap::new();
        let mut in_doubt: HashSet<TargetField> = HashSet::new();
        let setting = Setting::named(&run.header.setting).unwrap_or(setting::ALL[0]);
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
                }
            }
            Entry::Previous(record) => {
                in_flight.insert(record.row, record);
            }
            Entry::Row(record) => {
                in_flight.remove(&record.row);
                let (place, sent, outcome) =
                    (record.place.as_ref(), record.sent.as_ref(), &record.outcome);
                let fields = || fields_at(setting, place, sent);
                if may_have_been_applied(outcome) {
                    let is_certain =
                        outcome.kind == OutcomeKind::Updated && !outcome.may_arrive_late;
                    let touched =
                        fields().filter(|field| !outcome.untouched.contains(&field.index));
                    for field in touched {
                        let earlier = first.get(&field).or(outcome.previous.as_ref());
                        if may_differ(setting, earlier, sent, field.index) {
                            known.changed.insert(field);
                        } else if is_certain && !in_doubt.contains(&field) {
                            known.changed.remove(&field);
                        }
                        if !is_certain {
                            in_doubt.insert(field);
                        }
                        if has_repeats && let Some(previous) = &outcome.previous {
                            first.entry(field).or_insert_with(|| previous.clone());
                        }
                    }
                    let also = outcome.also_changed.iter().map(|(index, _)| *index);
                    known.changed.extend(at(setting, place, also));
                }
                if outcome.kind.is_success() {
                    known.done.extend(fields());
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
            known.changed.extend(changed);
        }
        known
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
