//! Who made a run, when, where, why, of which sheet and by which plan: what a journal says of its run,
//! for the summary as JSON.

use serde_json::{Map, Value, json};

use crate::journal::{Author, BeginRecord, RecordedRun, RunHeader};

/// The facts by their names.
pub(super) fn of(run: &RecordedRun) -> Map<String, Value> {
    let RunHeader {
        id,
        started_at,
        input,
        settings,
        plan,
        follows,
        undoes,
        not_undone,
        ..
    } = run.header();
    let begin = run.last_begin().cloned().unwrap_or_default();
    let BeginRecord {
        command,
        person,
        credentials,
        machine,
        note,
        organizations,
        ..
    } = begin;
    let facts = json!({
        "run": id,
        "command": command,
        "startedAt": started_at,
        "person": person,
        "machine": machine,
        "note": note,
        "sheet": input,
        "part": settings.part,
        "organizations": organizations,
        "plan": plan,
        "follows": follows,
        "undoes": undoes,
        "notUndone": not_undone,
        "backup": settings.backup,
        "rehearsal": settings.rehearsal,
    });
    match facts {
        Value::Object(mut facts) => {
            let first = run.first_begin();
            let last = run.last_begin();
            let begun_by = first
                .zip(last)
                .and_then(|(first, last)| Author::of_another(first, last));
            if let Some(begun_by) = begun_by {
                facts.insert("begunBy".into(), json!(begun_by));
            }
            if !credentials.is_empty() {
                facts.insert("credentials".into(), json!(credentials));
            }
            facts
        }
        _ => Map::new(),
    }
}
