//! What one user has learned of the limit is where the others begin: limits of users are likely alike. One
//! looks for it, and the others have few requests on the wire until it is found, or until none was met for a
//! while.
//!
//! Behind a limit of their organization they are refused together, and what is found then is not the limit of
//! one. So whoever is refused while others look for a limit has met one, which is never taken for noise, and finds
//! a rate of their own. After that all keep under the common limit as several runs of one user do (`fairness`).
//!
//! Limits need not be alike, and a slow user must make no other slower. Who has sent clearly more than all who have met a
//! limit could have sent looks for their own, and who begins with the limit of another and is not refused there
//! doubles it every other second.

use std::time::Duration;

use tokio::time::Instant;

use super::{Estimate, Pacer};

/// A rate that is less sure is not handed on: give or take a half.
const SURE: f64 = 0.5;

/// After this long without a limit the others look for it too; and after this long where one was met, since
/// who met it may have no rows left to find it with.
const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_PATIENCE: Duration = Duration::from_secs(15);

/// For the users of a run that `began` then.
pub fn share_what_was_learned(pacers: &mut [&mut Pacer], began: Instant, now: Instant) {
    if pacers.len() == 1 || pacers.iter().all(|pacer| !pacer.knows_nothing()) {
        return;
    }
    let found: Vec<Estimate> = pacers.iter().filter_map(|one| one.estimate()).collect();
    let surest = found.iter().copied();
    let surest = surest.min_by(|one, other| one.spread.total_cmp(&other.spread));
    let surest = surest.filter(|found| found.spread <= SURE);
    let is_met = pacers.iter().any(|pacer| !pacer.knows_nothing());
    let patience = if is_met { LONGEST_PATIENCE } else { PATIENCE };
    let is_late = now.duration_since(began) >= patience;
    for pacer in pacers {
        match surest {
            _ if pacer.is_beyond(&found, now) => pacer.look_for_itself(),
            Some(found) => pacer.learn(found, now),
            None if is_late => pacer.look_for_itself(),
            None => {}
        }
    }
}
