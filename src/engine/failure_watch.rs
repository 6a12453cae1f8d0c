//! Watches what comes back and says when failures end a run: `--max-failures`, the wall of 403s that shows
//! a token without the right, and the wall of answers that shows that it is not, or no longer, the service that
//! answers.

use std::collections::HashSet;

use crate::engine::abort::AbortReason;
use crate::engine::failure_limit::{FORBIDDEN_AT_THE_START, FOREIGN_IN_A_ROW, FailureLimit};
use crate::engine::origin::Origin;
use crate::model::counts::Counts;
use crate::model::outcome::{OutcomeKind, with_status};
use crate::model::response::{ApiResult, Body, Response};

/// Finished rows before a share of failures means anything.
const SMALLEST_SAMPLE: u64 = 50;

/// Watches what comes back and says when going on is pointless.
#[derive(Debug)]
pub(super) struct FailureWatch {
    limit: Option<FailureLimit>,
    /// 403s at the start of the run, told each time there are ten more; `None` once anything else was answered.
    forbidden: Option<u32>,
    /// What the answers since the service's last one count that are not the service's.
    foreign: u32,
    /// The rows that were answered so: once the service has answered, each counts once, since something in front
    /// of it may take offense at a single row.
    foreign_rows: HashSet<u64>,
    /// The service has answered, and by an answer with a tracking id.
    has_answered: bool,
    is_tracked: bool,
    finished: u64,
    failures: u64,
}

impl FailureWatch {
    /// Watches a run of which an earlier part came to these counts.
    pub(super) fn new(limit: Option<FailureLimit>, before: &Counts) -> FailureWatch {
        let failures = before.by_kind().iter();
        let failures = failures.filter(|(kind, _)| is_failure(**kind));
        FailureWatch {
            limit,
            forbidden: Some(0),
            foreign: 0,
            foreign_rows: HashSet::new(),
            has_answered: false,
            is_tracked: false,
            finished: before.rows,
            failures: failures.map(|(_, count)| count).sum(),
        }
    }

    /// Whether the service itself has answered a request.
    pub(super) fn has_answered(&self) -> bool {
        self.has_answered
    }

    /// Takes note of what a request of this row came to.
    pub(super) fn answered(&mut self, reply: &ApiResult, row: u64) -> Option<AbortReason> {
        let Ok(answer) = reply else {
            return None;
        };
        if let Some(reason) = self.note_origin(answer, row) {
            return Some(reason);
        }
        match (answer.status, &mut self.forbidden) {
            (403, Some(count)) => {
                *count += 1;
                (*count)
                    .is_multiple_of(FORBIDDEN_AT_THE_START)
                    .then(|| AbortReason::Forbidden {
                        message: answer.message.to_string(),
                    })
            }
            // A throttle says nothing about rights.
            (429, _) => None,
            _ => {
                self.forbidden = None;
                None
            }
        }
    }

    fn note_origin(&mut self, response: &Response, row: u64) -> Option<AbortReason> {
        let origin = Origin::of(response);
        let is_tracked = !response.tracking_id.is_empty();
        if origin == Origin::Service || (origin == Origin::Open && is_tracked) {
            self.has_answered = true;
            self.is_tracked |= is_tracked;
            self.foreign = 0;
            self.foreign_rows.clear();
            return None;
        }
        let weight = match origin {
            // The service gives each of its own a tracking id, as was seen.
            Origin::Open if self.is_tracked && matches!(response.status, 401 | 403) => ELSEWHERE,
            Origin::Service | Origin::Open => return None,
            // What is in front of the service answers so while it is down for a while.
            Origin::Gateway if self.has_answered => return None,
            // The service itself answers so as well when it is down.
            Origin::Gateway
                if matches!(response.status, 500 | 502..=504) && response.body != Body::Invalid =>
            {
                return None;
            }
            Origin::Gateway => A_GATEWAY,
            Origin::SomethingElse => ELSEWHERE,
        };
        let is_new = self.foreign_rows.insert(row);
        self.foreign += if is_new || !self.has_answered {
            weight
        } else {
            0
        };
        (self.foreign >= FOREIGN_IN_A_ROW).then(|| AbortReason::NotTheService {
            message: with_status(response.status, &response.message),
        })
    }

    pub(super) fn finished(&mut self, kind: OutcomeKind) -> Option<AbortReason> {
        self.finished += 1;
        if is_failure(kind) {
            self.failures += 1;
        }
        self.passed()
    }

    /// Whether there are more failures than the user allows.
    #[expect(clippy::cast_precision_loss, reason = "no sheet has 2^52 rows")]
    pub(super) fn passed(&self) -> Option<AbortReason> {
        let limit = self.limit?;
        let is_too_much = match limit {
            FailureLimit::Rows(rows) => self.failures > rows,
            FailureLimit::Share(percent) => {
                self.finished >= SMALLEST_SAMPLE
                    && self.failures as f64 * 100.0 > percent * self.finished as f64
            }
        };
        is_too_much.then_some(AbortReason::TooManyFailures {
            failures: self.failures,
            limit,
        })
    }
}

/// What a single answer of something else counts. A gateway's counts less, as it is waited for longer: what
/// is behind it may be down itself.
const ELSEWHERE: u32 = 10;
const A_GATEWAY: u32 = 1;

/// A conflict is none: a guard did what it is there for.
fn is_failure(kind: OutcomeKind) -> bool {
    !kind.is_success() && kind != OutcomeKind::Conflict
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::response::RetryAfter;

    #[expect(
        clippy::unnecessary_wraps,
        reason = "it stands for what a request comes to"
    )]
    fn answer(status: u16) -> ApiResult {
        Ok(Response::bare(status))
    }

    #[test]
    fn ten_forbidden_answers_stop_a_run_only_when_nothing_else_came_before() {
        let mut watch = FailureWatch::new(None, &Counts::default());
        for _ in 0..9 {
            assert!(watch.answered(&answer(403), 2).is_none());
            assert!(watch.answered(&answer(429), 2).is_none());
        }
        assert!(matches!(
            watch.answered(&answer(403), 2),
            Some(AbortReason::Forbidden { .. })
        ));
        let mut watch = FailureWatch::new(None, &Counts::default());
        watch.answered(&answer(204), 2);
        assert!((0..100).all(|_| watch.answered(&answer(403), 2).is_none()));
    }

    #[test]
    fn five_answers_of_something_else_stop_a_run_and_later_on_those_of_five_rows() {
        let foreign = || {
            Ok(Response {
                body: Body::Invalid,
                ..Response::bare(200)
            })
        };
        let page = |status| {
            Ok(Response {
                body: Body::Invalid,
                ..Response::bare(status)
            })
        };
        let tracked = |status| {
            Ok(Response {
                tracking_id: "NA_1".into(),
                ..Response::bare(status)
            })
        };
        for wall in [
            foreign(),
            answer(203),
            answer(302),
            answer(400),
            answer(404),
            answer(405),
            answer(407),
            answer(409),
            answer(422),
            answer(444),
            answer(451),
            answer(460),
            answer(511),
            answer(600),
            answer(999),
            tracked(302),
            page(401),
            page(403),
        ] {
            let mut watch = FailureWatch::new(None, &Counts::default());
            for _ in 0..4 {
                assert!(watch.answered(&wall, 3).is_none(), "{wall:?}");
                assert!(watch.answered(&answer(502), 2).is_none());
            }
            let reason = watch.answered(&wall, 3).expect("it stops");
            assert_eq!(reason.word(), "not-the-service", "{wall:?}");

            for first in [answer(204), tracked(404)] {
                let mut watch = FailureWatch::new(None, &Counts::default());
                watch.answered(&first, 2);
                // Something in front of the service may take offense at one row.
                assert!((0..100).all(|_| watch.answered(&wall, 3).is_none()));
                assert!((4..7).all(|row| watch.answered(&wall, row).is_none()));
                watch.answered(&first, 2);
                assert!((4..8).all(|row| watch.answered(&wall, row).is_none()));
                assert!(watch.answered(&answer(502), 8).is_none());
                assert!(watch.answered(&wall, 8).is_some(), "{wall:?}");
            }
        }
        // Of these it shows only where the service is known by its tracking ids.
        for wall in [answer(401), answer(403)] {
            for (first, is_foreign) in [(answer(204), false), (tracked(204), true)] {
                let mut watch = FailureWatch::new(None, &Counts::default());
                watch.answered(&first, 2);
                let reason = (3..20).find_map(|row| watch.answered(&wall, row));
                assert_eq!(reason.is_some(), is_foreign, "{wall:?} {first:?}");
            }
        }
        for open in [tracked(404), tracked(502), answer(429), answer(408)] {
            let mut watch = FailureWatch::new(None, &Counts::default());
            assert!((0..100).all(|_| watch.answered(&open, 3).is_none()));
        }
    }

    #[test]
    fn a_gateway_that_is_down_is_waited_for_longer_and_not_for_ever() {
        let waits = || {
            Ok(Response {
                retry_after: RetryAfter::Unreadable,
                ..Response::bare(503)
            })
        };
        let page = |status| {
            Ok(Response {
                body: Body::Invalid,
                ..Response::bare(status)
            })
        };
        let pages = [500, 502, 503, 504].map(page);
        let odd = [501, 505, 520, 530, 598].map(answer);
        for down in pages.into_iter().chain(odd) {
            let mut watch = FailureWatch::new(None, &Counts::default());
            for _ in 0..49 {
                assert!(watch.answered(&down, 3).is_none(), "{down:?}");
                assert!(watch.answered(&waits(), 3).is_none());
                assert!(watch.answered(&answer(502), 2).is_none());
            }
            let reason = watch.answered(&down, 3).expect("it stops");
            assert_eq!(reason.word(), "not-the-service", "{down:?}");
            let mut watch = FailureWatch::new(None, &Counts::default());
            watch.answered(&answer(204), 2);
            assert!((0..100).all(|_| watch.answered(&down, 3).is_none()));
        }
    }

    #[test]
    fn a_number_of_failures_may_be_reached_but_not_passed() {
        let mut watch = FailureWatch::new(Some(FailureLimit::Rows(1)), &Counts::default());
        assert!(watch.finished(OutcomeKind::Failed).is_none());
        assert!(watch.finished(OutcomeKind::Updated).is_none());
        assert!(watch.finished(OutcomeKind::Unknown).is_some());
    }

    #[test]
    fn what_failed_in_an_earlier_part_of_the_run_counts_and_a_conflict_does_not() {
        let mut before = Counts::default();
        for kind in [
            OutcomeKind::Failed,
            OutcomeKind::Conflict,
            OutcomeKind::Updated,
        ] {
            before.add_kind(kind);
        }
        let limit = |rows| Some(FailureLimit::Rows(rows));
        assert!(FailureWatch::new(limit(0), &before).passed().is_some());
        let mut watch = FailureWatch::new(limit(1), &before);
        assert!(watch.passed().is_none());
        assert!(watch.finished(OutcomeKind::Conflict).is_none());
        assert!(watch.finished(OutcomeKind::Failed).is_some());
    }

    #[test]
    fn a_share_of_failures_needs_a_sample() {
        let mut watch = FailureWatch::new(Some(FailureLimit::Share(5.0)), &Counts::default());
        assert!((0..49).all(|_| watch.finished(OutcomeKind::Failed).is_none()));
        assert!(watch.finished(OutcomeKind::Updated).is_some());
    }
}
