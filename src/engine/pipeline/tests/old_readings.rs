//! Readings from before what is known to have been written since.

use std::collections::HashSet;

use super::doubts::{Effect, found, play_rows};
use super::*;

fn answered(readings: &[&str]) -> impl Fn(ApiResult) -> ApiResult {
    let turn = Cell::new(0);
    move |_| {
        turn.set(turn.get() + 1);
        found(readings.get(turn.get() - 1).copied())
    }
}

#[tokio::test(start_paused = true)]
async fn an_undo_looks_twice_at_what_is_as_before_and_sends_what_the_run_has_changed_last() {
    use OutcomeKind::{Unchanged, Updated};
    // What the run may have set, the readings, what becomes of the row that puts back `2`, how often it is sent,
    // and what is kept of what was there before that.
    type Undo = (
        &'static [&'static str],
        &'static [&'static str],
        OutcomeKind,
        usize,
        &'static str,
    );
    let cases: [Undo; 8] = [
        (&["9"], &["9"], Updated, 1, "9"),
        (&["9"], &["2", "9"], Updated, 1, "9"),
        (&["9"], &["2", "2"], Updated, 1, "9"),
        (&["8", "9"], &["2", "2"], Updated, 1, "9"),
        // It may not have changed it.
        (&["9", "2"], &["2", "9"], Updated, 1, "9"),
        (&["9", "2"], &["2", "2"], Unchanged, 0, "2"),
        (&["2", "9"], &["2", "2"], Updated, 1, "9"),
        (&["2"], &["2"], Unchanged, 0, "2"),
    ];
    for (set, readings, kind, writes, kept) in cases {
        let expected = set.iter().chain(&["2"]);
        let expected = expected.map(|one| Change::Set((*one).into())).collect();
        let undone = Row {
            expected: vec![expected, vec![], vec![]],
            ..row(2, u64::MAX)
        };
        let policy = RunPolicy {
            task: Task::ReadThenWrite,
            back_already: Some(HashSet::new()),
            ..Case::default().policy
        };
        let write = |_, _| (Effect::Now, status(204));
        let ended = play_rows(
            policy,
            &[undone],
            Notes::default(),
            write,
            answered(readings),
        )
        .await;
        let sent = ended.writes.get(&2).copied().unwrap_or_default();
        let previous = ended.outcomes[&2].previous.as_ref();
        let previous = previous.and_then(|previous| previous.get(0));
        let came = (ended.kind(2), sent, ended.reads, previous);
        let wanted = (kind, writes, readings.len(), Some(kept));
        assert_eq!(came, wanted, "{set:?}, {readings:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_an_earlier_row_is_not_what_a_later_one_has_made() {
    let rows = [row(2, 1), row(3, 1)];
    for (last, also_changed) in [("1", None), ("7", Some("7"))] {
        let policy = RunPolicy {
            task: Task::ReadThenWrite,
            first: Some(9),
            ..Case::default().policy
        };
        let write = |_, _| (Effect::Now, status(204));
        let readings = ["1", "2", "2", last, last];
        let ended = play_rows(policy, &rows, Notes::default(), write, answered(&readings)).await;
        assert_eq!(ended.kind(3), OutcomeKind::Unknown);
        let also = ended.outcomes[&3].also_changed.first();
        assert_eq!(also.map(|(_, found)| &**found), also_changed, "{last}");
    }
}
