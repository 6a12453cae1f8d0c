//! How each of several credentials stands, as far as a journal tells it: who waits, and who has ended.

use jiff::Timestamp;
use serde::Serialize;

use crate::journal::{CredentialEndRecord, CredentialRecord, GateRecord};
use crate::model::clock;
use crate::model::wording::grouped;

/// Credentials that are named where they wait or have ended; of more, how many.
const MOST_NAMED: usize = 4;

/// One of several credentials.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialStatus {
    #[serde(flatten)]
    pub credential: CredentialRecord,
    /// The service said not to ask before a time that is still to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_until: Option<Timestamp>,
    /// Why nothing more is sent by it in this part of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

impl CredentialStatus {
    pub(super) fn of(
        credential: &CredentialRecord,
        gates: &[GateRecord],
        ended: &[CredentialEndRecord],
        now: Timestamp,
    ) -> CredentialStatus {
        let person = credential.person.as_ref().map_or("", |person| &person.id);
        let is_for = |gate: &&GateRecord| {
            gate.is_for(&credential.fingerprint) || (!person.is_empty() && gate.is_for(person))
        };
        let mut ends = ended.iter();
        let end = ends.rfind(|end| end.fingerprint == credential.fingerprint);
        CredentialStatus {
            credential: credential.clone(),
            waiting_until: gates
                .iter()
                .filter(is_for)
                .map(|gate| gate.until)
                .filter(|until| *until > now)
                .max(),
            ended: end.map(|end| end.why.clone()),
        }
    }

    fn is_waiting(&self) -> bool {
        self.waiting_until.is_some() && self.ended.is_none()
    }

    /// `customers/ajax.txt (Ben Brown)`
    fn name(&self) -> String {
        let CredentialRecord { name, person, .. } = &self.credential;
        match person {
            Some(person) if !person.name.is_empty() => format!("{name} ({})", person.name),
            _ => name.clone(),
        }
    }
}

/// Those that wait or have ended: a line each of a few, the sum of more.
pub(super) fn lines(credentials: &[CredentialStatus], now: Timestamp) -> Vec<String> {
    let held = credentials
        .iter()
        .filter(|one| one.is_waiting() || one.ended.is_some());
    if held.clone().count() > MOST_NAMED {
        return sum(credentials, now).into_iter().collect();
    }
    let lines = held.map(|one| match (&one.ended, one.waiting_until) {
        (Some(why), _) => format!("{}: ended: {why}", one.name()),
        (None, until) => {
            let until = until.map(|until| clock::time_of_day_at(until, now));
            format!(
                "{}: rate limited until {}",
                one.name(),
                until.unwrap_or_default()
            )
        }
    });
    lines.collect()
}

/// `1 of 4 credentials rate limited until 14:02:31, 1 ended`; `None` where none waits or has ended.
pub(super) fn sum(credentials: &[CredentialStatus], now: Timestamp) -> Option<String> {
    let waiting = credentials.iter().filter(|one| one.is_waiting());
    let ended = credentials.iter().filter(|one| one.ended.is_some());
    let (waiting, ended) = (waiting, ended.count());
    let latest = waiting.clone().filter_map(|one| one.waiting_until).max();
    let mut parts = Vec::new();
    if let Some(latest) = latest {
        let count = waiting.count();
        let end = if count == 1 { "" } else { " at the latest" };
        let until = clock::time_of_day_at(latest, now);
        parts.push(format!(
            "{} rate limited until {until}{end}",
            grouped(count as u64)
        ));
    }
    if ended > 0 {
        parts.push(format!("{} ended", grouped(ended as u64)));
    }
    let all = grouped(credentials.len() as u64);
    (!parts.is_empty()).then(|| format!("of {all} credentials {}", parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Person;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    fn gate(user: &str, person: &str, until: i64) -> GateRecord {
        GateRecord {
            until: at(until),
            told_at: at(0),
            user: user.into(),
            person: person.into(),
            others: Vec::new(),
            status: Some(429),
            tracking_id: "".into(),
        }
    }

    #[test]
    fn both_tokens_of_a_user_wait_and_only_one_has_ended() {
        let of = |name: &str, person: &str| CredentialRecord {
            name: name.into(),
            fingerprint: name.into(),
            person: Some(Person {
                id: person.into(),
                name: person.into(),
                ..Person::default()
            }),
            organizations: 1,
            is_service_app: false,
        };
        let gates = [gate("a1", "Ada", 3600), gate("b", "Ben", 20)];
        let ended = [CredentialEndRecord {
            ended_at: at(1),
            fingerprint: "a2".into(),
            why: "Webex rejected the access token".into(),
        }];
        let all = [
            of("a1", "Ada"),
            of("a2", "Ada"),
            of("b", "Ben"),
            of("c", "Cyd"),
        ];
        let told = |now| {
            let all = all.iter();
            let all = all.map(|one| CredentialStatus::of(one, &gates, &ended, at(now)));
            let all: Vec<CredentialStatus> = all.collect();
            let mut told = lines(&all, at(now));
            told.extend(sum(&all, at(now)));
            told.join("\n")
        };
        insta::assert_snapshot!(told(10), @"
        a1 (Ada): rate limited until 09:00:00
        a2 (Ada): ended: Webex rejected the access token
        b (Ben): rate limited until 08:00:20
        of 4 credentials 2 rate limited until 09:00:00 at the latest, 1 ended
        ");
        insta::assert_snapshot!(told(5000), @"
        a2 (Ada): ended: Webex rejected the access token
        of 4 credentials 1 ended
        ");
    }
}
