//! Notices that the service has said for how long not to ask, and which answer said so, when the
//! wait is long enough to outlive the process.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::response::{ApiResult, RetryAfter};
use crate::pace::KeptWait;

/// A shorter wait is over before anyone could start the program again.
const SHORTEST: Duration = Duration::from_secs(2);

/// The end of a wait is told once, unless it moves by more than this.
const SAME: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
pub struct GateWatch {
    /// The last answer that asked to wait.
    asked_by: Option<(u16, Box<str>)>,
    told: Option<Timestamp>,
}

impl GateWatch {
    /// A request ended.
    pub fn ended(&mut self, result: &ApiResult) {
        if let Ok(response) = result
            && response.retry_after != RetryAfter::Missing
        {
            self.asked_by = Some((response.status, response.tracking_id.clone()));
        }
    }

    /// To be called after each answer, with how long the service is not to be asked. Returns a wait
    /// when it begins, and again when it is made longer.
    pub fn note(&mut self, now: Timestamp, closed_for: Option<Duration>) -> Option<KeptWait> {
        let closed_for = closed_for.filter(|closed_for| *closed_for >= SHORTEST)?;
        let until = now.checked_add(closed_for).ok()?;
        let is_told = self
            .told
            .is_some_and(|told| until <= told || until.duration_since(told).unsigned_abs() <= SAME);
        if is_told {
            return None;
        }
        self.told = Some(until);
        let asked_by = self.asked_by.clone();
        let (status, tracking_id) =
            asked_by.map_or((None, Box::default()), |(status, id)| (Some(status), id));
        Some(KeptWait {
            until,
            told_at: now,
            status,
            tracking_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::response::Response;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).expect("a time")
    }

    #[test]
    fn a_long_wait_is_told_once_with_the_answer_that_asked_for_it() {
        let mut watch = GateWatch::default();
        watch.ended(&Ok(Response {
            retry_after: RetryAfter::Wait(Duration::from_hours(3)),
            tracking_id: "ROUTER_1".into(),
            ..Response::bare(503)
        }));
        watch.ended(&Ok(Response::bare(204)));
        let wait = |milliseconds| Some(Duration::from_millis(milliseconds));
        let told = watch.note(at(0), wait(5000)).expect("a wait");
        assert_eq!((told.until, told.status), (at(5000), Some(503)));
        assert_eq!(&*told.tracking_id, "ROUTER_1");
        assert_eq!(watch.note(at(100), wait(4900)), None);
        assert_eq!(watch.note(at(200), wait(4801)), None, "the same, rounded");
        let longer = watch.note(at(300), wait(9000)).expect("a longer wait");
        assert_eq!(longer.until, at(9300));
    }

    #[test]
    fn a_short_wait_and_none_are_not_told() {
        let mut watch = GateWatch::default();
        assert_eq!(watch.note(at(0), None), None);
        assert_eq!(watch.note(at(0), Some(Duration::from_millis(1900))), None);
    }
}
