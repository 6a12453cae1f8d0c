//! How a run stands, made of how its lanes stand.

use tokio::time::Instant;

use super::{LaneActivity, LaneStatus, Pipeline, Recorder, Status};
use crate::pace::{PaceStatus, Phase};
use crate::webex::Service;

impl<S: Service, R: Recorder> Pipeline<'_, S, R> {
    pub(super) fn status(&self, on_wire: usize, now: Instant) -> Status {
        let live = self.lanes.iter().filter(|lane| !lane.senders.is_empty());
        let paces: Vec<PaceStatus> = live.map(|lane| lane.pacer.status(now)).collect();
        let pace = together(&paces);
        let lanes = 0..self.lanes.len();
        Status {
            on_wire,
            backing_off: self.backing_off.len(),
            lanes: lanes.map(|lane| self.lane_status(lane, now)).collect(),
            pace,
            closed_for: pace.closed_until.map(|until| until.duration_since(now)),
            silent_for: self.circuit_breaker.silent_for(now),
            is_stopping: self.stopping.is_some(),
        }
    }

    fn lane_status(&self, lane: usize, now: Instant) -> LaneStatus {
        let state = &self.lanes[lane];
        let closed_until = state.pacer.status(now).closed_until;
        let activity = match closed_until {
            _ if state.senders.is_empty() => LaneActivity::Ended,
            _ if self.is_quiet(lane) => LaneActivity::Idle,
            Some(until) => LaneActivity::Waiting(until.duration_since(now)),
            None => LaneActivity::Sending,
        };
        LaneStatus {
            rows: state.rows,
            activity,
        }
    }
}

/// All lanes as if they were one: the rate is that of all, and it waits only while all wait.
fn together(paces: &[PaceStatus]) -> PaceStatus {
    if let [only] = paces {
        return *only;
    }
    let closed = paces.iter().map(|pace| pace.closed_until);
    let closed: Option<Vec<Instant>> = closed.collect();
    let rates = paces.iter().map(|pace| pace.rate);
    let rates: Option<Vec<f64>> = rates.collect();
    let has = |phase: Phase| paces.iter().any(|pace| pace.phase == phase);
    PaceStatus {
        closed_until: closed.and_then(|closed| closed.into_iter().min()),
        rate: rates.map(|rates| rates.iter().sum()),
        phase: if has(Phase::Starting) {
            Phase::Starting
        } else if has(Phase::Searching) {
            Phase::Searching
        } else {
            Phase::Holding
        },
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lanes_wait_together_only_while_all_of_them_wait() {
        let now = Instant::now();
        let pace = |seconds: Option<u64>, rate, phase| PaceStatus {
            closed_until: seconds.map(|seconds| now + Duration::from_secs(seconds)),
            rate,
            phase,
        };
        let one = pace(Some(9), Some(5.0), Phase::Holding);
        let other = pace(Some(4), Some(4.0), Phase::Searching);
        let open = pace(None, None, Phase::Starting);
        for (paces, wanted) in [
            (vec![one], one),
            (vec![one, other], pace(Some(4), Some(9.0), Phase::Searching)),
            (vec![one, open], pace(None, None, Phase::Starting)),
            (vec![one, one], pace(Some(9), Some(10.0), Phase::Holding)),
        ] {
            assert_eq!(together(&paces), wanted, "{paces:?}");
        }
    }
}
