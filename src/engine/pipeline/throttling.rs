//! Tells a limit that everyone meets from one that a single location or organization meets. Only the
//! first is a matter of patience: a row that is rate limited again and again while others pass would
//! close the gate for all of them for ever.
//!
//! A row that was rate limited goes first when the gate opens. When it is limited a second time it
//! lets others go first. Once one of those passed, and no other row was limited since, the limit is the
//! row's own: it steps back behind all others, the pause it brings stays, and its further tries count. Where several rows of an
//! organization are so, the next ones of it step back before they are tried at all.
//!
//! Where nobody passes at all the limit may be everyone's, or that of the organization whose rows come
//! first in the sheet. Its rows are then passed over, to see whether others are let in. When one of its
//! own rows passes, those that were passed over go on.
//!
//! Where only such rows are left nobody can pass any more: after ten minutes they are given up.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::job::Job;
use crate::model::row::Row;

/// Tries of a row that meets a limit of its own; each costs everyone a pause.
const TRIES: u32 = 5;

/// When nobody has passed for so long, and a row was rate limited that often meanwhile, it is given up
/// if all rows that are left may be like it.
const PATIENCE: Duration = Duration::from_mins(10);
const PATIENT_TRIES: u32 = 8;

/// So many rows of one organization in a row, and it is the organization's limit.
const ROWS_OF_AN_ORGANIZATION: u32 = 3;

/// Who was let in, and who was not.
#[derive(Debug, Default)]
pub(super) struct Throttling {
    /// When the request left that left last of those that were processed.
    last_passed: Option<Instant>,
    /// When the request left that left last of those that were rate limited.
    last_refused: Option<Instant>,
    /// Rows with a limit of their own since a row of the organization last passed.
    organizations: HashMap<Option<String>, u32>,
    /// Rows that were rate limited twice since a row of the organization last passed.
    waiting: HashMap<Option<String>, u32>,
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
        if !self.organizations.is_empty() {
            self.organizations.remove(&key(row));
        }
        !self.waiting.is_empty()
            && self
                .waiting
                .remove(&key(row))
                .is_some_and(|rows| rows >= ROWS_OF_AN_ORGANIZATION)
    }

    /// A request of this row, which left at `departed`, was rate limited. `is_last`: the sheet has no
    /// further row that could pass.
    pub(super) fn refused(&mut self, job: &mut Job, departed: Instant, is_last: bool) -> Place {
        let before = job.throttled_at.replace(departed);
        job.throttles += 1;
        if job.throttles == 2 {
            *self.waiting.entry(key(&job.row)).or_default() += 1;
        }
        let since_passed = self
            .last_passed
            .map(|passed| departed.duration_since(passed));
        let is_hopeless = since_passed.is_some_and(|since| since >= PATIENCE);
        if is_last && is_hopeless && job.throttles >= PATIENT_TRIES {
            return Place::GivenUp;
        }
        // Where nothing passed since another row was rate limited, that may be everyone's limit.
        let others_passed = before.is_some() && self.last_passed > self.last_refused;
        self.last_refused = self.last_refused.max(Some(departed));
        let is_of_organization = self.steps_back(&job.row);
        if !others_passed && !is_of_organization && job.own_throttles == 0 {
            return match before {
                None => Place::First,
                Some(_) if self.is_passed_over(&job.row) => Place::Aside,
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

    /// Whether a row lets rows of other organizations go first.
    pub(super) fn is_passed_over(&self, row: &Row<'_>) -> bool {
        let is_many = |counts: &HashMap<Option<String>, u32>| {
            !counts.is_empty()
                && counts
                    .get(&key(row))
                    .is_some_and(|rows| *rows >= ROWS_OF_AN_ORGANIZATION)
        };
        is_many(&self.organizations) || is_many(&self.waiting)
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
