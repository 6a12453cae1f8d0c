//! What the journal of a run tells of the places that its rows are for.

use std::collections::{HashMap, HashSet};

use super::related_runs::FolderRun;
use crate::journal::{self, Entry, Place, RecordedRun, may_have_been_applied};
use crate::model::ids;
use crate::model::row::TargetKey;
use crate::setting::{self, Setting};

/// What a journal tells of places.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The run changed them, or may have.
    pub(super) changed: HashSet<TargetKey>,
    /// They are as the run asked.
    pub(super) done: HashSet<TargetKey>,
    /// Runs before it changed them, or may have.
    pub(super) carried: HashSet<TargetKey>,
}

impl Known {
    /// What can be read of it.
    pub(super) fn of(run: &FolderRun) -> Known {
        let mut known = Known::default();
        let mut in_flight: HashMap<u64, Option<Place>> = HashMap::new();
        let setting = Setting::named(&run.header.setting).unwrap_or(setting::ALL[0]);
        let key = |place: Option<&Place>| {
            let read = place.and_then(|place| ids::read(&place.id, setting.target.id).ok());
            read.map(|id| id.key)
        };
        let read = journal::read_through(&run.journal, |entry| match entry {
            Entry::Carried(record) => {
                let changes = record.changes.iter();
                let applied = changes.filter(|change| change.may_have_been_applied);
                let keys = applied.filter_map(|change| key(change.place.as_ref()));
                known.carried.extend(keys);
            }
            Entry::Previous(record) => {
                in_flight.insert(record.row, record.place);
            }
            Entry::Row(record) => {
                in_flight.remove(&record.row);
                let key = key(record.place.as_ref());
                if may_have_been_applied(&record.outcome) {
                    known.changed.extend(key);
                }
                if record.outcome.kind.is_success() {
                    known.done.extend(key);
                }
            }
            _ => {}
        });
        if let Err(error) = read {
            tracing::debug!("{}: {error:#}", run.journal.display());
        }
        let places = in_flight.values();
        known
            .changed
            .extend(places.filter_map(|place| key(place.as_ref())));
        known
    }
}

/// Whether a run may have sent something.
pub(super) fn may_have_sent(run: &FolderRun) -> bool {
    !Known::of(run).changed.is_empty()
        || RecordedRun::open(&run.journal).is_ok_and(|run| run.finished() > 0)
}
