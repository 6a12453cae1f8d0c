//! The log of the requests received, in order of arrival, and the counts over all of them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde_json::{Value, json};

/// A request on arrival.
#[derive(Debug, Default)]
pub(super) struct RequestInfo {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) organization: Option<String>,
    /// The id of the location or entity that it addresses.
    pub(super) target: Option<String>,
    pub(super) is_location: bool,
    pub(super) tracking_id: String,
    pub(super) user_agent: Option<String>,
}

/// How it was handled.
#[derive(Debug, Default, Clone)]
pub(super) struct Handling {
    /// The name of the user whose token it had.
    pub(super) user: Option<String>,
    pub(super) applied: bool,
    pub(super) fault: Option<String>,
    /// Empty where it would contain a secret.
    pub(super) body: String,
}

#[derive(Debug)]
struct LogEntry {
    arrived: Duration,
    answered: Option<Duration>,
    arrival: RequestInfo,
    handling: Handling,
    status: Option<u16>,
    retry_after: Option<String>,
}

/// Times are in real time since the simulator's start.
#[derive(Debug)]
pub(super) struct RequestLog {
    keeps: usize,
    entries: VecDeque<LogEntry>,
    arrived: u64,
    answered: u64,
    without_answer: u64,
    statuses: BTreeMap<u16, u64>,
    faults: BTreeMap<String, u64>,
    applied: u64,
    concurrently_edited: u64,
    in_flight: u64,
    most_in_flight: u64,
    in_flight_by_location: HashMap<String, u64>,
    most_in_flight_at_one_location: u64,
}

impl RequestLog {
    /// Counts all requests, and keeps the latest `keeps` of them.
    pub(super) fn new(keeps: usize) -> RequestLog {
        RequestLog {
            keeps,
            entries: VecDeque::new(),
            arrived: 0,
            answered: 0,
            without_answer: 0,
            statuses: BTreeMap::new(),
            faults: BTreeMap::new(),
            applied: 0,
            concurrently_edited: 0,
            in_flight: 0,
            most_in_flight: 0,
            in_flight_by_location: HashMap::new(),
            most_in_flight_at_one_location: 0,
        }
    }

    pub(super) fn next_sequence(&self) -> u64 {
        self.arrived
    }

    /// Adds a request and returns its sequence number.
    pub(super) fn arrived(&mut self, now: Duration, arrival: RequestInfo) -> u64 {
        let sequence = self.arrived;
        self.arrived += 1;
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
        if let Some(location) = &arrival.target {
            let here = self
                .in_flight_by_location
                .entry(location.clone())
                .or_default();
            *here += 1;
            let here = *here;
            self.most_in_flight_at_one_location = self.most_in_flight_at_one_location.max(here);
        }
        if self.keeps > 0 {
            if self.entries.len() == self.keeps {
                self.entries.pop_front();
            }
            self.entries.push_back(LogEntry {
                arrived: now,
                answered: None,
                arrival,
                handling: Handling::default(),
                status: None,
                retry_after: None,
            });
        }
        sequence
    }

    pub(super) fn handled(&mut self, sequence: u64, handling: Handling) {
        self.applied += u64::from(handling.applied);
        if let Some(fault) = &handling.fault {
            *self.faults.entry(fault.clone()).or_default() += 1;
        }
        if let Some(entry) = self.entry(sequence) {
            entry.handling = handling;
        }
    }

    /// The response was handed to the connection.
    pub(super) fn answered(
        &mut self,
        sequence: u64,
        now: Duration,
        status: u16,
        retry_after: Option<String>,
    ) {
        self.answered += 1;
        *self.statuses.entry(status).or_default() += 1;
        if let Some(entry) = self.entry(sequence) {
            entry.answered = Some(now);
            entry.status = Some(status);
            entry.retry_after = retry_after;
        }
    }

    /// The request has ended, answered or not.
    pub(super) fn left(&mut self, location: Option<&str>, was_answered: bool) {
        self.in_flight -= 1;
        self.without_answer += u64::from(!was_answered);
        if let Some(location) = location
            && let Some(here) = self.in_flight_by_location.get_mut(location)
        {
            *here -= 1;
            if *here == 0 {
                self.in_flight_by_location.remove(location);
            }
        }
    }

    /// Another client changed a location in between.
    pub(super) fn concurrently_edited(&mut self) {
        self.concurrently_edited += 1;
    }

    fn dropped(&self) -> u64 {
        self.arrived - self.entries.len() as u64
    }

    fn entry(&mut self, sequence: u64) -> Option<&mut LogEntry> {
        let at = sequence.checked_sub(self.dropped())?;
        self.entries.get_mut(usize::try_from(at).ok()?)
    }

    /// The requests from a sequence number on.
    pub(super) fn requests(&self, from: u64) -> Value {
        let dropped = self.dropped();
        let numbered = (dropped..).zip(&self.entries);
        let wanted = numbered.filter(|(sequence, _)| *sequence >= from);
        let requests: Vec<Value> = wanted
            .map(|(sequence, entry)| entry.as_json(sequence))
            .collect();
        json!({"dropped": dropped, "requests": requests})
    }

    pub(super) fn summary(&self) -> Value {
        json!({
            "requests": self.arrived,
            "answered": self.answered,
            "withoutAnswer": self.without_answer,
            "inFlight": self.in_flight,
            "mostInFlight": self.most_in_flight,
            "mostInFlightAtOneLocation": self.most_in_flight_at_one_location,
            "applied": self.applied,
            "concurrentEdits": self.concurrently_edited,
            "statuses": self.statuses,
            "faults": self.faults,
            "dropped": self.dropped(),
        })
    }
}

impl LogEntry {
    fn as_json(&self, sequence: u64) -> Value {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let body = match self.handling.body.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        };
        json!({
            "sequence": sequence,
            "arrivedMs": milliseconds(self.arrived),
            "answeredMs": self.answered.map(milliseconds),
            "method": self.arrival.method,
            "path": self.arrival.path,
            "orgId": self.arrival.organization,
            "locationId": self.arrival.target.as_ref().filter(|_| self.arrival.is_location),
            "entityId": self.arrival.target.as_ref().filter(|_| !self.arrival.is_location),
            "user": self.handling.user,
            "trackingId": self.arrival.tracking_id,
            "userAgent": self.arrival.user_agent,
            "authorized": self.handling.user.is_some(),
            "body": body,
            "status": self.status,
            "retryAfter": self.retry_after,
            "fault": self.handling.fault,
            "applied": self.handling.applied,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_millis(5);

    fn at(location: &str) -> RequestInfo {
        RequestInfo {
            target: Some(location.to_owned()),
            is_location: true,
            ..RequestInfo::default()
        }
    }

    #[test]
    fn the_log_keeps_the_latest_and_counts_all() {
        let mut log = RequestLog::new(2);
        for _ in 0..3 {
            let sequence = log.arrived(NOW, at("a"));
            log.answered(sequence, NOW, 204, None);
            log.left(Some("a"), true);
        }
        let report = log.requests(0);
        assert_eq!(report["dropped"], 1);
        assert_eq!(report["requests"][0]["sequence"], 1);
        assert_eq!(report["requests"][1]["answeredMs"], 5.0);
        assert_eq!(log.requests(2)["requests"].as_array().unwrap().len(), 1);
        assert_eq!(log.summary()["statuses"]["204"], 3);
    }

    #[test]
    fn an_answer_to_a_request_no_longer_kept_only_counts() {
        let mut log = RequestLog::new(1);
        let first = log.arrived(NOW, at("a"));
        log.arrived(NOW, at("b"));
        log.answered(first, NOW, 500, None);
        assert_eq!(log.requests(0)["requests"][0]["status"], Value::Null);
        assert_eq!(log.summary()["statuses"]["500"], 1);
        let mut none = RequestLog::new(0);
        let sequence = none.arrived(NOW, at("a"));
        none.handled(sequence, Handling::default());
        assert_eq!(none.summary()["dropped"], 1);
    }

    #[test]
    fn the_most_at_once_is_counted_over_all_and_for_each_location() {
        let mut log = RequestLog::new(9);
        log.arrived(NOW, at("a"));
        log.arrived(NOW, at("b"));
        log.arrived(NOW, at("a"));
        log.left(Some("a"), false);
        log.left(Some("a"), true);
        log.arrived(NOW, at("a"));
        let summary = log.summary();
        assert_eq!(summary["mostInFlight"], 3);
        assert_eq!(summary["mostInFlightAtOneLocation"], 2);
        assert_eq!(summary["inFlight"], 2);
        assert_eq!(summary["withoutAnswer"], 1);
    }
}
