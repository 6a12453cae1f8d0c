//! What goes over the wire second by second, and how long answers take: summed up as it happens, so
//! that a run of any length can be told about later and each request costs a few additions.

mod gate_watch;
mod latency_histogram;
mod recent_rate;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::response::ApiResult;
pub use gate_watch::GateWatch;
pub use latency_histogram::{LatencyCounts, LatencyHistogram};
pub use recent_rate::RecentRate;

/// The most seconds of traffic that a killed run loses.
const INTERVAL_SECONDS: i64 = 5;

const THROTTLED: u16 = 429;

/// The end of a pause is told once, unless it moves by more than this.
const SAME_PAUSE: Duration = Duration::from_millis(250);

/// A few seconds of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// The whole second it begins with, by the clock.
    pub from: Timestamp,
    /// Requests that ended in each second from there on, answered or not.
    pub requests: Vec<u64>,
    /// Those of them that were answered with 429.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub throttled: Vec<u64>,
    /// Requests without an answer.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unanswered: u64,
    /// How long answers took, but for those that were 429.
    #[serde(default, skip_serializing_if = "LatencyCounts::is_empty")]
    pub latencies: LatencyCounts,
    /// When the service was not asked since it said so: from, until.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pauses: Vec<(Timestamp, Timestamp)>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Sums up the traffic of a run while it goes on.
#[derive(Debug)]
pub struct Traffic {
    /// The second that is being counted.
    second: i64,
    requests: u64,
    throttled: u64,
    unanswered: u64,
    latencies: LatencyHistogram,
    /// The seconds before it that were not handed over yet; none without requests or pauses.
    interval: Option<Interval>,
    /// The pause that goes on.
    pause: Option<(Timestamp, Timestamp)>,
}

impl Traffic {
    pub fn start(now: Timestamp) -> Traffic {
        Traffic {
            second: now.as_second(),
            requests: 0,
            throttled: 0,
            unanswered: 0,
            latencies: LatencyHistogram::default(),
            interval: None,
            pause: None,
        }
    }

    /// A request ended.
    pub fn ended(&mut self, reply: &ApiResult, took: Duration) {
        self.requests += 1;
        match reply {
            // Nothing was done for it, so how fast it came says nothing about the service.
            Ok(answer) if answer.status == THROTTLED => self.throttled += 1,
            Ok(_) => self.latencies.add(took),
            Err(_) => self.unanswered += 1,
        }
    }

    /// To be called some ten times a second, with how long the service is not to be asked. Returns
    /// what is ripe to be kept.
    pub fn tick(&mut self, now: Timestamp, closed_for: Option<Duration>) -> Option<Interval> {
        self.note_pause(now, closed_for);
        let second = now.as_second();
        if second == self.second {
            return None;
        }
        self.close_second();
        let is_back_in_time = second < self.second;
        self.second = second;
        let ripe = self.interval.take_if(|interval| {
            is_back_in_time || second - interval.from.as_second() >= INTERVAL_SECONDS
        });
        ripe.map(|interval| self.with_totals(interval))
    }

    /// What is left when the run ends.
    pub fn end(mut self) -> Option<Interval> {
        self.close_second();
        let rest = self.interval.take()?;
        Some(self.with_totals(rest))
    }

    fn close_second(&mut self) {
        if self.requests == 0 {
            return;
        }
        let (requests, throttled) = (
            std::mem::take(&mut self.requests),
            std::mem::take(&mut self.throttled),
        );
        let second = self.second;
        let interval = self.interval_at(second);
        let index = usize::try_from(second - interval.from.as_second()).unwrap_or_default();
        put(&mut interval.requests, index, requests);
        if throttled > 0 {
            put(&mut interval.throttled, index, throttled);
        }
    }

    fn interval_at(&mut self, second: i64) -> &mut Interval {
        self.interval.get_or_insert_with(|| Interval {
            from: Timestamp::from_second(second).unwrap_or_default(),
            ..Interval::default()
        })
    }

    fn with_totals(&mut self, interval: Interval) -> Interval {
        Interval {
            unanswered: std::mem::take(&mut self.unanswered),
            latencies: self.latencies.take(),
            ..interval
        }
    }

    /// Notes a pause when it begins, so that a run that is killed in a long one has told of it.
    fn note_pause(&mut self, now: Timestamp, closed_for: Option<Duration>) {
        let until = closed_for.and_then(|closed_for| now.checked_add(closed_for).ok());
        let Some(until) = until.map(in_milliseconds) else {
            self.pause = None;
            return;
        };
        let from = match self.pause {
            Some((_, told)) if until.duration_since(told).unsigned_abs() <= SAME_PAUSE => return,
            Some((from, _)) => from,
            None => in_milliseconds(now),
        };
        self.pause = Some((from, until));
        let second = self.second;
        self.interval_at(second).pauses.push((from, until));
    }
}

/// Nobody needs it finer.
fn in_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn put(counts: &mut Vec<u64>, index: usize, count: u64) {
    if counts.len() <= index {
        counts.resize(index + 1, 0);
    }
    counts[index] += count;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::response::{Delivery, Response, TransportCause, TransportError};

    #[expect(
        clippy::unnecessary_wraps,
        reason = "it stands for what a request comes to"
    )]
    fn answer(status: u16) -> ApiResult {
        Ok(Response::bare(status))
    }

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).expect("a time")
    }

    #[test]
    fn five_seconds_become_one_record() {
        let took = Duration::from_millis(200);
        let mut traffic = Traffic::start(at(1000));
        let mut kept = Vec::new();
        for tenth in 10..=60 {
            if tenth < 40 {
                traffic.ended(&answer(if tenth == 25 { 429 } else { 204 }), took);
            }
            let closed_for = (40..45)
                .contains(&tenth)
                .then(|| Duration::from_millis(4500 - tenth * 100));
            kept.extend(traffic.tick(at(tenth.cast_signed() * 100), closed_for));
        }
        let silence = Err(TransportError {
            cause: TransportCause::Broken,
            delivery: Delivery::NotSent,
            message: "".into(),
        });
        traffic.ended(&silence, took);
        kept.extend(traffic.end());
        let lines: Vec<String> = kept
            .iter()
            .map(|interval| serde_json::to_string(interval).expect("JSON"))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        {"from":"1970-01-01T00:00:01Z","requests":[11,10,9],"throttled":[0,1],"latencies":{"atMost":[[204799,29]],"slowest":200000},"pauses":[["1970-01-01T00:00:04Z","1970-01-01T00:00:04.5Z"]]}
        {"from":"1970-01-01T00:00:06Z","requests":[1],"unanswered":1}
        "#);
    }

    #[test]
    fn a_second_without_anything_is_not_worth_a_record() {
        let mut traffic = Traffic::start(at(0));
        for second in 1..100 {
            assert_eq!(traffic.tick(at(second * 1000), None), None);
        }
        assert_eq!(traffic.end(), None);
    }

    #[test]
    fn a_clock_that_jumps_loses_no_request() {
        let mut traffic = Traffic::start(at(10_000));
        let mut kept = Vec::new();
        for now in [
            10_500, 11_000, 3_600_000, 3_601_000, 5_000, 6_000, 90_000, 7_000,
        ] {
            traffic.ended(&answer(204), Duration::ZERO);
            kept.extend(traffic.tick(at(now), None));
        }
        kept.extend(traffic.end());
        let requests: u64 = kept.iter().flat_map(|interval| &interval.requests).sum();
        assert_eq!(requests, 8);
        assert!(kept.iter().all(|interval| interval.requests.len() <= 5));
    }

    #[test]
    fn a_pause_that_is_made_longer_is_told_again_from_where_it_began() {
        let mut traffic = Traffic::start(at(0));
        traffic.tick(at(100), Some(Duration::from_secs(10)));
        traffic.tick(at(200), Some(Duration::from_millis(9_900)));
        traffic.tick(at(300), Some(Duration::from_secs(20)));
        let interval = traffic.end().expect("a pause");
        assert_eq!(
            interval.pauses,
            [(at(100), at(10_100)), (at(100), at(20_300))]
        );
    }
}
