//! The waits that a journal tells of, and how a wait is put into words.

use jiff::Timestamp;

use crate::journal::GateRecord;
use crate::model::clock;
use crate::pace::KeptWait;

/// Until when one of these waits holds a user, by a name that they are known by.
pub(super) fn longest_wait<'g>(
    gates: impl IntoIterator<Item = &'g GateRecord>,
    user: &str,
) -> Option<KeptWait> {
    let theirs = gates.into_iter().filter(|gate| gate.is_for(user));
    let gate = theirs.max_by_key(|gate| gate.until)?;
    Some(KeptWait {
        until: gate.until,
        told_at: gate.told_at,
        status: gate.status,
        tracking_id: gate.tracking_id.clone(),
    })
}

/// `Webex asked at 11:02:31 to wait until 14:02:31 (status 429, tracking id ROUTER_1)`
pub(super) fn describe(wait: &KeptWait, now: Timestamp) -> String {
    let mut answer: Vec<String> = Vec::new();
    answer.extend(wait.status.map(|status| format!("status {status}")));
    if !wait.tracking_id.is_empty() {
        answer.push(format!("tracking id {}", wait.tracking_id));
    }
    let answer = if answer.is_empty() {
        String::new()
    } else {
        format!(" ({})", answer.join(", "))
    };
    let left = wait.left(now).unwrap_or_default();
    format!(
        "Webex asked at {} to wait until {}{answer}",
        clock::time_of_day_at(wait.told_at, now),
        clock::time_of_day(now, left)
    )
}
