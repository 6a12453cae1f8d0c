//! What one user has learned of the limit is where the others begin: limits of users are likely alike. One
//! looks for it, and the others have few requests on the wire until it is found, or until none was met for a
//! while.

use std::time::Duration;

use tokio::time::Instant;

use super::{Pipeline, Recorder};
use crate::pace::Estimate;
use crate::webex::Service;

/// A rate that is less sure is not handed on: give or take a half.
const SURE: f64 = 0.5;

/// After this long without a limit the others look for it too; and after this long where one was met, since
/// who met it may have no rows left to find it with.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_PATIENCE: Duration = Duration::from_secs(15);

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    pub(super) fn share_what_was_learned(&mut self, began: Instant, now: Instant) {
        let is_settled = |lane: &super::LaneState<'_>| !lane.pacer.knows_nothing();
        if self.lanes.len() == 1 || self.lanes.iter().all(is_settled) {
            return;
        }
        let found = self.lanes.iter().filter_map(|lane| lane.pacer.estimate());
        let surest = found.min_by(|one, other| one.spread.total_cmp(&other.spread));
        let surest: Option<Estimate> = surest.filter(|found| found.spread <= SURE);
        let is_met = self.lanes.iter().any(is_settled);
        let patience = if is_met { LONGEST_PATIENCE } else { PATIENCE };
        let is_late = now.duration_since(began) >= patience;
        for lane in &mut self.lanes {
            match surest {
                Some(found) => lane.pacer.learn(found, now),
                None if is_late => lane.pacer.look_for_itself(),
                None => {}
            }
        }
    }
}
