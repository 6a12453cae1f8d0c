//! Tells a limit that everyone meets from one that a single location or organization meets. Only the
//! first is a matter of patience: a row that is rate limited again and again while others pass would
//! close the gate for all of them for ever.
//!
//! A row that was rate limited goes first when the gate opens. When it is limited a second time it
//! lets others go first. Once one of those passed, and no other row was limited since, the limit is the
//! row's own: it steps back behind all others, the pause it brings stays, and its further tries count. Where it brings none,
//! since the service does not say how long to wait, it waits for a while by itself, and nobody else does; and the pace forgets
//! that it was refused. Where several rows of an organization are so, the next ones of it step back before they are tried at all.
//!
//! Where nobody passes at all the limit may be everyone's, or that of the rows that come first in the sheet,
//! or of their organization. While nothing passes, each row that was tried steps back behind all that were
//! not, so that whoever may pass is found soon; and a request that left alone and was limited says nothing
//! about the rate. The rows of an organization are then passed over. When one of its own rows passes, those
//! that were passed over go on.
//!
//! Where only such rows are left nobody can pass any more. Two minutes after the last one passed they are given
//! up, longer than a limit for each minute lasts. Where nothing passed in the whole run, the limit is likely
//! everyone's, and ten minutes are given. An organization whose rows never passed while others did is given
//! up at the end with one further try for each row.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use super::job::Job;
use crate::model::row::Row;

/// Tries of a row that meets a limit of its own; each costs everyone a pause.
const TRIES: u32 = 5;

/// When nobody has passed for so long, and a row was rate limited that often, it is given up if all rows
/// that are left may be like it.
const PATIENCE: Duration = Duration::from_mins(2);
const PATIENT_TRIES: u32 = 8;

/// The same where nobody ever passed.
const PATIENCE_AT_THE_START: Duration = Duration::from_mins(10);
const PATIENT_TRIES_AT_THE_START: u32 = 20;

/// Refusals of a row after which its organization may have a limit of its own.
const TRIES_OF_AN_ORGANIZATION: u32 = 2;

/// After how many rows of one organization in a row it is the organization's limit.
const ROWS_OF_AN_ORGANIZATION: u32 = 3;

impl Job {
    /// Whether the limit that it meets is its own, and not that of its organization.
    pub(super) fn waits_by_itself(&self) -> bool {
        self.own_throttles > 1 || (self.own_throttles == 1 && self.throttles > 1)
    }
}

/// Who was let in, and who was not.
#[derive(Debug, Default)]
pub(super) struct Throttling {
    /// When the request left that left last of those that were processed.
    last_passed: Option<Instant>,
    /// When the request left that left last of those that were rate limited.
    last_refused: Option<Instant>,
    /// When the last answer came that said so, and the first.
    last_told: Option<Instant>,
    first_told: Option<Instant>,
    /// Organizations of which a row passed.
    let_in: HashSet<Option<String>>,
    /// Rows with a limit of their own since a row of the organization last passed.
    organizations: HashMap<Option<String>, u32>,
    /// Rows that were rate limited twice since a row of the organization last passed.
    waiting: HashMap<Option<String>, Waiting>,
}

/// Rows of an organization that wait, and since when.
#[derive(Debug)]
struct Waiting {
    rows: u32,
    since: Instant,
}

/// Where a row that was rate limited goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    First,
    /// A moment after the gate opens.
    BehindTheNext,
    /// Behind the rows of other organizations, if there are any: it may be this one's limit.
    Aside,
    /// It is the row's own limit.
    AtTheEnd,
    GivenUp,
}

impl Throttling {
    /// A request of this row, which left at `departed`, was processed. True where rows of its
    /// organization were passed over until now.
    pub(super) fn passed(&mut self, row: &Row<'_>, departed: Instant) -> bool {
        let latest = self.last_passed.map_or(departed, |last| last.max(departed));
        self.last_passed = Some(latest);
        let organization = key(row);
        if !self.let_in.contains(&organization) {
            self.let_in.insert(organization);
        }
        if !self.organizations.is_empty() {
            self.organizations.remove(&key(row));
        }
        !self.waiting.is_empty()
            && self
                .waiting
                .remove(&key(row))
                .is_some_and(|waiting| waiting.rows >= ROWS_OF_AN_ORGANIZATION)
    }

    /// A request of this row, which left at `departed`, was rate limited, as is known `now`. `is_last`: the
    /// sheet has no further row that could pass.
    pub(super) fn refused(
        &mut self,
        job: &mut Job,
        departed: Instant,
        now: Instant,
        is_last: bool,
    ) -> Place {
        let before = job.throttled_at.replace(departed);
        job.throttles += 1;
        let told_before = self.last_told.replace(now);
        self.first_told.get_or_insert(now);
        if job.throttles == 2 {
            let waiting = self.waiting.entry(key(&job.row)).or_insert(Waiting {
                rows: 0,
                since: departed,
            });
            waiting.rows += 1;
        }
        if is_last && (self.is_hopeless(job, departed) || self.is_left_alone(job, departed)) {
            return Place::GivenUp;
        }
        let nothing_passes = told_before.is_some_and(|told| told <= departed)
            && self.last_passed <= self.last_refused;
        // Where nothing passed since another row was rate limited, that may be everyone's limit.
        let others_passed = before.is_some() && self.last_passed > self.last_refused;
        self.last_refused = self.last_refused.max(Some(departed));
        let is_of_organization = self.steps_back(&job.row);
        if !others_passed && !is_of_organization && job.own_throttles == 0 {
            return match before {
                _ if nothing_passes && !is_last => Place::Aside,
                _ if self.is_passed_over(&job.row) => Place::Aside,
                None => Place::First,
                Some(_) => Place::BehindTheNext,
            };
        }
        if job.own_throttles == 0 {
            *self.organizations.entry(key(&job.row)).or_default() += 1;
        }
        job.own_throttles += 1;
        if job.own_throttles >= TRIES || is_of_organization {
            Place::GivenUp
        } else {
            Place::AtTheEnd
        }
    }

    pub(super) fn has_any_passed(&self) -> bool {
        self.last_passed.is_some()
    }

    /// Whether nobody has passed for so long that this row will not.
    fn is_hopeless(&self, job: &Job, departed: Instant) -> bool {
        let (since, patience, tries) = match self.last_passed {
            Some(passed) => (Some(passed), PATIENCE, PATIENT_TRIES),
            None => (
                self.first_told,
                PATIENCE_AT_THE_START,
                PATIENT_TRIES_AT_THE_START,
            ),
        };
        job.throttles >= tries
            && since.is_some_and(|since| departed.saturating_duration_since(since) >= patience)
    }

    /// Whether others passed after the first rows of the organization were limited, and none of its own; or
    /// none of its own passed in the whole run, and by now nobody does any more.
    fn is_left_alone(&self, job: &Job, departed: Instant) -> bool {
        let organization = key(&job.row);
        let (Some(waiting), Some(passed)) = (self.waiting.get(&organization), self.last_passed)
        else {
            return false;
        };
        let is_quiet = departed.saturating_duration_since(passed) >= PATIENCE;
        let has_passed = self.let_in.contains(&organization);
        job.throttles >= TRIES_OF_AN_ORGANIZATION
            && waiting.rows >= ROWS_OF_AN_ORGANIZATION
            && (passed > waiting.since || (is_quiet && !has_passed))
    }

    /// Whether a row lets rows of other organizations go first.
    pub(super) fn is_passed_over(&self, row: &Row<'_>) -> bool {
        self.steps_back(row)
            || (!self.waiting.is_empty()
                && (self.waiting.get(&key(row)))
                    .is_some_and(|waiting| waiting.rows >= ROWS_OF_AN_ORGANIZATION))
    }

    /// Whether a row is of an organization that meets a limit of its own.
    pub(super) fn steps_back(&self, row: &Row<'_>) -> bool {
        !self.organizations.is_empty()
            && self
                .organizations
                .get(&key(row))
                .is_some_and(|rows| *rows >= ROWS_OF_AN_ORGANIZATION)
    }
}

fn key(row: &Row<'_>) -> Option<String> {
    row.org_id.as_deref().map(String::from)
}
