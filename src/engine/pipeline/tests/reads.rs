//! Rows whose numbers are read before they are changed, or instead.

use super::*;

fn case(task: Task) -> Case {
    let mut case = Case {
        rows: 20,
        ..Case::default()
    };
    case.policy.task = task;
    case
}

/// The first request of a row finds no number, the second changes them.
fn found_then_changed(_row: u64, turn: usize) -> ApiResult {
    status(if turn == 1 { 200 } else { 204 })
}

#[tokio::test(start_paused = true)]
async fn looking_changes_nothing() {
    let played = case(Task::Read).play(found_then_changed).await;
    played.assert_all_finished(20);
    assert_eq!(played.requests.len(), 20);
    let mut outcomes = played.notes.finished.iter();
    assert!(outcomes.all(|(_, outcome)| outcome.kind == OutcomeKind::Different));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_changed_before_what_was_there_is_recorded() {
    let mut case = case(Task::ReadThenWrite);
    // Half of them were on their way in an earlier run.
    case.notes.known = (2..=11).collect();
    let played = case.play(found_then_changed).await;
    played.assert_all_finished(20);
    let changes: HashMap<u64, Instant> = played
        .requests
        .iter()
        .filter(|request| request.reply == status(204))
        .map(|request| (request.row, request.left))
        .collect();
    assert_eq!(changes.len(), 20);
    assert!(!played.notes.found.is_empty());
    for (row, recorded) in &played.notes.found {
        assert!(*row > 11, "what was recorded first counts");
        assert!(*recorded <= changes[row], "row {row}");
    }
    for (_, outcome) in &played.notes.finished {
        assert_eq!(outcome.kind, OutcomeKind::Updated);
        assert_eq!(outcome.previous, Some(CurrentValues::default()));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_is_not_changed() {
    let mut case = case(Task::ReadThenWrite);
    case.notes.room = Some(0);
    let played = case.play(found_then_changed).await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::CannotRecord(_))
    ));
    assert!(
        played
            .requests
            .iter()
            .all(|request| request.reply == status(200))
    );
}

#[tokio::test(start_paused = true)]
async fn a_row_that_could_only_be_looked_at_is_never_in_doubt() {
    let played = case(Task::ReadThenWrite).play(|_, _| status(504)).await;
    played.assert_all_finished(20);
    let mut outcomes = played.notes.finished.iter();
    assert!(outcomes.all(|(_, outcome)| outcome.kind == OutcomeKind::Failed));
}
