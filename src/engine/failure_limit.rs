//! When failures end a run: `--max-failures`, the wall of 403s that shows a token without the right,
//! and the wall of answers that shows that it is not the service that answers.

use std::fmt;
use std::str::FromStr;

use crate::engine::abort::AbortReason;
use crate::model::counts::Counts;
use crate::model::outcome::{OutcomeKind, with_status};
use crate::model::response::{ApiResult, Body, Response};

/// Answers at the start of a run that, all 403, show a token without the right.
pub(super) const FORBIDDEN_AT_THE_START: u32 = 10;

/// Answers at the start of a run none of which can be the service's.
pub(super) const FOREIGN_AT_THE_START: u32 = 5;

/// Finished rows before a share of failures means anything.
const SMALLEST_SAMPLE: u64 = 50;

/// `--max-failures`: so many rows, or such a share of the finished ones.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FailureLimit {
    Rows(u64),
    /// Percent, above 0 and up to 100.
    Share(f64),
}

impl fmt::Display for FailureLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureLimit::Rows(rows) => write!(formatter, "{rows}"),
            FailureLimit::Share(percent) => write!(formatter, "{percent}%"),
        }
    }
}

impl FromStr for FailureLimit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let limit = match text.strip_suffix('%') {
            Some(percent) => percent
                .trim()
                .parse()
                .ok()
                .filter(|percent| *percent > 0.0 && *percent <= 100.0)
                .map(FailureLimit::Share),
            None => text.parse().ok().map(FailureLimit::Rows),
        };
        limit.ok_or_else(|| {
            format!("`{text}` is neither a number of rows (`25`) nor a share (`5%`)")
        })
    }
}

/// Watches what comes back and says when going on is pointless.
#[derive(Debug)]
pub struct FailureWatch {
    limit: Option<FailureLimit>,
    /// 403s at the start of the run; `None` once anything else was answered.
    forbidden: Option<u32>,
    /// Answers at the start of the run that are not the service's; `None` once one was.
    foreign: Option<u32>,
    finished: u64,
    failures: u64,
}

impl FailureWatch {
    /// Watches a run of which an earlier part came to these counts.
    pub fn new(limit: Option<FailureLimit>, before: &Counts) -> FailureWatch {
        let failures = before.by_kind().iter();
        let failures = failures.filter(|(kind, _)| is_failure(**kind));
        FailureWatch {
            limit,
            forbidden: Some(0),
            foreign: Some(0),
            finished: before.rows,
            failures: failures.map(|(_, count)| count).sum(),
        }
    }

    pub fn answered(&mut self, reply: &ApiResult) -> Option<AbortReason> {
        let Ok(answer) = reply else {
            return None;
        };
        if let Some(reason) = self.note_origin(answer) {
            return Some(reason);
        }
        match (answer.status, &mut self.forbidden) {
            (403, Some(count)) => {
                *count += 1;
                (*count == FORBIDDEN_AT_THE_START).then(|| AbortReason::Forbidden {
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

    fn note_origin(&mut self, response: &Response) -> Option<AbortReason> {
        let count = self.foreign.as_mut()?;
        match origin(response) {
            Origin::Service => {
                self.foreign = None;
                None
            }
            Origin::Open => None,
            Origin::SomethingElse => {
                *count += 1;
                (*count == FOREIGN_AT_THE_START).then(|| AbortReason::NotTheService {
                    message: with_status(response.status, &response.message),
                })
            }
        }
    }

    pub fn finished(&mut self, kind: OutcomeKind) -> Option<AbortReason> {
        self.finished += 1;
        if is_failure(kind) {
            self.failures += 1;
        }
        self.passed()
    }

    /// Whether there are more failures than the user allows.
    #[expect(clippy::cast_precision_loss, reason = "no sheet has 2^52 rows")]
    pub fn passed(&self) -> Option<AbortReason> {
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

enum Origin {
    Service,
    SomethingElse,
    /// Either may say so.
    Open,
}

/// Each answer of the service has a tracking id. Without one these statuses are those of proxies,
/// sign-in pages and servers that know nothing of the path.
fn origin(response: &Response) -> Origin {
    match response.status {
        _ if response.body == Body::Invalid => Origin::SomethingElse,
        203 | 205..=299 => Origin::SomethingElse,
        300..=399 | 400 | 402 | 404..=407 | 410..=421 | 424 | 426 | 431 | 451 | 494..=499 | 511
            if response.tracking_id.is_empty() =>
        {
            Origin::SomethingElse
        }
        401 | 403 | 407 | 408 | 423 | 425 | 429 | 500..=599 => Origin::Open,
        _ => Origin::Service,
    }
}

/// A conflict is none: a guard did what it is there for.
fn is_failure(kind: OutcomeKind) -> bool {
    !kind.is_success() && kind != OutcomeKind::Conflict
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(watch.answered(&answer(403)).is_none());
            assert!(watch.answered(&answer(429)).is_none());
        }
        assert!(matches!(
            watch.answered(&answer(403)),
            Some(AbortReason::Forbidden { .. })
        ));
        let mut watch = FailureWatch::new(None, &Counts::default());
        watch.answered(&answer(204));
        assert!((0..100).all(|_| watch.answered(&answer(403)).is_none()));
    }

    #[test]
    fn five_answers_of_something_else_stop_a_run_unless_the_service_answered_first() {
        let foreign = || {
            Ok(Response {
                body: Body::Invalid,
                ..Response::bare(200)
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
            answer(451),
            answer(511),
        ] {
            let mut watch = FailureWatch::new(None, &Counts::default());
            for _ in 0..4 {
                assert!(watch.answered(&wall).is_none(), "{wall:?}");
                assert!(watch.answered(&answer(502)).is_none());
            }
            let reason = watch.answered(&wall).expect("it stops");
            assert_eq!(reason.word(), "not-the-service", "{wall:?}");

            for first in [answer(204), tracked(404)] {
                let mut watch = FailureWatch::new(None, &Counts::default());
                watch.answered(&first);
                assert!((0..100).all(|_| watch.answered(&wall).is_none()));
            }
        }
        let mut watch = FailureWatch::new(None, &Counts::default());
        assert!((0..100).all(|_| watch.answered(&tracked(404)).is_none()));
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

    #[test]
    fn limits_read_as_people_type_them() {
        assert_eq!("25".parse(), Ok(FailureLimit::Rows(25)));
        assert_eq!("0".parse(), Ok(FailureLimit::Rows(0)));
        assert_eq!("2.5 %".parse(), Ok(FailureLimit::Share(2.5)));
        for text in ["", "-1", "5%%", "0%", "101%", "many", "NaN%", "inf%"] {
            assert!(text.parse::<FailureLimit>().is_err(), "{text}");
        }
    }
}
