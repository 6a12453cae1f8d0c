//! A token that ends, and the one that follows.

use super::*;

/// A service whose token ends after a number of requests; each renewal brings another.
fn refuses_every(requests: usize) -> impl Fn(u64, usize) -> ApiResult {
    let asked = Cell::new(0_usize);
    move |_, turn| {
        asked.set(asked.get() + 1);
        // The request that finds the token ended is sent again and must pass.
        status(if turn == 1 && asked.get().is_multiple_of(requests) {
            401
        } else {
            204
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ends_is_replaced_once_for_all_rows_that_wait() {
    let case = Case {
        rows: 100,
        at_once: 10,
        renewals: Some(|_| status(200)),
        ..Case::default()
    };
    let ended = Cell::new(false);
    let played = case
        .play(|row, turn| {
            // Everything on the wire with row 50 finds it ended.
            ended.set(ended.get() || row == 50);
            status(if ended.get() && turn == 1 && row < 60 {
                401
            } else {
                204
            })
        })
        .await;
    played.assert_all_finished(100);
    assert_eq!(played.renewed, 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_that_keep_ending_cost_no_row() {
    let case = Case {
        rows: 200,
        renewals: Some(|_| status(200)),
        ..Case::default()
    };
    let played = case.play(refuses_every(20)).await;
    played.assert_all_finished(200);
    assert!(played.renewed >= 10, "{}", played.renewed);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_is_tried_again_and_no_row_leaves_meanwhile() {
    let case = Case {
        renewals: Some(|turn| match turn {
            1 => throttled(7),
            2 => status(503),
            _ => status(200),
        }),
        ..Case::default()
    };
    let played = case
        .play(|row, turn| status(if row == 10 && turn == 1 { 401 } else { 204 }))
        .await;
    played.assert_all_finished(50);
    assert_eq!(played.renewed, 3);
    let gap = played.requests.windows(2);
    let longest = gap.map(|two| two[1].left - two[0].left).max();
    assert!(longest >= Some(7 * SECOND), "{longest:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_is_refused_stops_the_run() {
    let case = Case {
        renewals: Some(|_| status(400)),
        ..Case::default()
    };
    let played = case.play(|_, _| status(401)).await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::NotRenewed { .. })
    ));
    assert_eq!(played.renewed, 1);
    assert!(played.notes.finished.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_no_better_stops_the_run() {
    let case = Case {
        renewals: Some(|_| status(200)),
        ..Case::default()
    };
    let played = case.play(|_, _| status(401)).await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::Unauthorized { .. })
    ));
    assert_eq!(played.renewed, 1);
}

#[tokio::test(start_paused = true)]
async fn one_row_that_no_token_opens_fails_alone() {
    let case = Case {
        renewals: Some(|_| status(200)),
        ..Case::default()
    };
    let played = case
        .play(|row, _| status(if row == 5 { 401 } else { 204 }))
        .await;
    played.assert_all_finished(50);
    let failed = (played.notes.finished.iter()).filter(|(_, o)| o.kind == OutcomeKind::Failed);
    assert_eq!(failed.count(), 1);
    assert!(played.renewed <= 6, "{}", played.renewed);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_withdrawn_in_the_middle_costs_no_row() {
    for renewals in [None, Some((|_| status(200)) as fn(usize) -> ApiResult)] {
        let case = Case {
            renewals,
            ..Case::default()
        };
        let played = case
            .play(|row, _| status(if (1..20).contains(&row) { 204 } else { 401 }))
            .await;
        assert!(matches!(
            played.ended.reason,
            Some(AbortReason::Unauthorized { .. })
        ));
        let outcomes = &played.notes.finished;
        assert!(outcomes.iter().all(|(_, o)| o.kind == OutcomeKind::Updated));
    }
}

#[tokio::test(start_paused = true)]
async fn rows_that_the_token_does_not_open_fail_alone_where_there_is_no_other_token() {
    // The first, neighbors, and the last: a resumed run may be left with these only.
    for rows in [1, 2, 50] {
        let case = Case {
            rows,
            ..Case::default()
        };
        let played = case
            .play(|row, _| {
                status(if matches!(row, 2 | 3 | 20..30 | 51) {
                    401
                } else {
                    204
                })
            })
            .await;
        played.assert_all_finished(rows);
        let mut failed = (played.notes.finished.iter())
            .filter(|(_, outcome)| outcome.kind == OutcomeKind::Failed);
        assert!(failed.all(|(_, outcome)| outcome.status == Some(401)));
    }
}
