//! Limits that one row or one organization meets, while all others pass.

use super::*;

#[expect(
    clippy::unnecessary_wraps,
    reason = "it stands for what a request comes to"
)]
fn told_to_wait(status: u16, seconds: u64) -> ApiResult {
    Ok(Response {
        status,
        retry_after: RetryAfter::Wait(Duration::from_secs(seconds)),
        ..Response::default()
    })
}

#[tokio::test(start_paused = true)]
async fn a_row_that_is_throttled_for_ever_fails_alone_and_holds_up_nobody() {
    for (code, kind) in [
        (429, OutcomeKind::Failed),
        (423, OutcomeKind::Failed),
        (503, OutcomeKind::Unknown),
    ] {
        for at_once in [1, 4, 20] {
            for place in [2, 1000, 2001] {
                let played = Case {
                    rows: 2000,
                    at_once,
                    ..Case::default()
                }
                .play(|row, _| {
                    if row == place {
                        told_to_wait(code, 1)
                    } else {
                        status(204)
                    }
                })
                .await;
                played.assert_all_finished(2000);
                played.assert_nothing_left_early();
                let others = played
                    .notes
                    .finished
                    .iter()
                    .filter(|(row, _)| *row != place);
                assert!(
                    others
                        .map(|(_, o)| o.kind)
                        .all(|kind| kind == OutcomeKind::Updated)
                );
                let (_, own) = played.notes.finished.last().expect("rows");
                assert_eq!((own.kind, own.status), (kind, Some(code)));
                assert!(played.ended.throttled <= 40, "{}", played.ended.throttled);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_is_throttled_for_ever_does_not_keep_the_others_waiting() {
    let played = Case {
        rows: 1000,
        organization_of: |row| row % 10,
        at_once: 10,
        ..Case::default()
    }
    .play(|row, _| {
        if row % 10 == 3 {
            told_to_wait(429, 1)
        } else {
            status(204)
        }
    })
    .await;
    played.assert_all_finished(1000);
    played.assert_nothing_left_early();
    let last_of_others = played
        .requests
        .iter()
        .rposition(|request| request.row % 10 != 3);
    let last_of_others = &played.requests[last_of_others.expect("some")];
    let start = played.requests[0].left;
    assert!(last_of_others.left - start < 200 * SECOND);
    let failed = played.notes.finished.iter();
    let failed = failed.filter(|(_, outcome)| outcome.kind == OutcomeKind::Failed);
    assert_eq!(failed.count(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_sheet_that_begins_with_a_throttled_organization_goes_on_with_the_others() {
    const THROTTLED: u64 = 1500;
    let played = Case {
        rows: THROTTLED + 50,
        organization_of: |row| u64::from(row < THROTTLED + 2),
        at_once: 10,
        stops: vec![1800 * SECOND],
        ..Case::default()
    }
    .play(|row, _| {
        if row < THROTTLED + 2 {
            told_to_wait(429, 5)
        } else {
            status(204)
        }
    })
    .await;
    played.assert_nothing_left_early();
    let finished = played.notes.finished.iter();
    let updated = finished.filter(|(_, outcome)| outcome.kind == OutcomeKind::Updated);
    assert_eq!(updated.count(), 50, "all others have had their turn");
}

#[tokio::test(start_paused = true)]
async fn an_organization_that_was_passed_over_goes_on_when_it_is_let_in() {
    let start = Instant::now();
    let played = Case {
        rows: 3000,
        at_once: 10,
        ..Case::default()
    }
    .play(|_, _| {
        if start.elapsed() < 90 * SECOND {
            told_to_wait(429, 10)
        } else {
            status(204)
        }
    })
    .await;
    played.assert_all_finished(3000);
    played.assert_nothing_left_early();
    let mut outcomes = played.notes.finished.iter();
    assert!(outcomes.all(|(_, outcome)| outcome.kind == OutcomeKind::Updated));
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_everyone_meets_costs_no_row() {
    // Whatever leaves in the first half of a minute is refused.
    let start = Instant::now();
    let played = Case {
        rows: 300,
        at_once: 20,
        ..Case::default()
    }
    .play(|_, _| {
        let second = start.elapsed().as_secs() % 60;
        if second < 30 {
            told_to_wait(429, 7)
        } else {
            status(204)
        }
    })
    .await;
    played.assert_all_finished(300);
    played.assert_nothing_left_early();
    let mut outcomes = played.notes.finished.iter();
    assert!(outcomes.all(|(_, outcome)| outcome.kind == OutcomeKind::Updated));
}

/// A sheet some of whose rows are throttled for ever, and the seconds within which the good rows and all rows have
/// to be done.
struct Sheet {
    rows: u64,
    organization_of: fn(u64) -> u64,
    is_limited: fn(u64) -> bool,
    good_within: u32,
    all_within: u32,
}

fn sheets() -> [(&'static str, Sheet); 8] {
    let one = |_| 0;
    [
        (
            "the first ten",
            Sheet {
                rows: 300,
                organization_of: one,
                is_limited: |row| row < 12,
                good_within: 120,
                all_within: 300,
            },
        ),
        (
            "the last row",
            Sheet {
                rows: 300,
                organization_of: one,
                is_limited: |row| row == 301,
                good_within: 120,
                all_within: 240,
            },
        ),
        (
            "twenty of them",
            Sheet {
                rows: 300,
                organization_of: one,
                is_limited: |row| row % 15 == 0,
                good_within: 260,
                all_within: 420,
            },
        ),
        (
            "the first organization",
            Sheet {
                rows: 300,
                organization_of: |row| u64::from(row < 102),
                is_limited: |row| row < 102,
                good_within: 200,
                all_within: 500,
            },
        ),
        (
            "the last organization",
            Sheet {
                rows: 300,
                organization_of: |row| u64::from(row >= 202),
                is_limited: |row| row >= 202,
                good_within: 200,
                all_within: 500,
            },
        ),
        (
            "every other organization",
            Sheet {
                rows: 300,
                organization_of: |row| row % 2,
                is_limited: |row| row % 2 == 0,
                good_within: 340,
                all_within: 800,
            },
        ),
        (
            "the only row",
            Sheet {
                rows: 1,
                organization_of: one,
                is_limited: |_| true,
                good_within: 0,
                all_within: 1200,
            },
        ),
        (
            "both rows",
            Sheet {
                rows: 2,
                organization_of: one,
                is_limited: |_| true,
                good_within: 0,
                all_within: 1200,
            },
        ),
    ]
}

#[tokio::test(start_paused = true)]
async fn rows_that_are_throttled_for_ever_keep_nobody_waiting_wherever_they_stand() {
    let mut late = Vec::new();
    for (what, case) in sheets() {
        for at_once in [1, 4, 20] {
            let start = Instant::now();
            let played = Case {
                rows: case.rows,
                organization_of: case.organization_of,
                at_once,
                stops: vec![7200 * SECOND],
                ..Case::default()
            }
            .play(|row, _| {
                if (case.is_limited)(row) {
                    told_to_wait(429, 1)
                } else {
                    status(204)
                }
            })
            .await;
            let place = format!("{what}, {at_once} at once");
            played.assert_nothing_left_early();
            let all = start.elapsed();
            let good = played.requests.iter();
            let good = good.filter(|request| !(case.is_limited)(request.row));
            let good = good.map(|request| request.left - start).max();
            let good = good.unwrap_or_default();
            if good > case.good_within * SECOND || all > case.all_within * SECOND {
                late.push(format!("{place}: {good:?}, {all:?}"));
            }
            played.assert_all_finished(case.rows);
            for (row, outcome) in &played.notes.finished {
                let wanted = if (case.is_limited)(*row) {
                    OutcomeKind::Failed
                } else {
                    OutcomeKind::Updated
                };
                assert_eq!(outcome.kind, wanted, "{place}: row {row}");
            }
        }
    }
    assert!(late.is_empty(), "{late:#?}");
}

#[tokio::test(start_paused = true)]
async fn one_row_that_is_throttled_for_ever_does_not_slow_the_others_down() {
    let mut late = Vec::new();
    for (wait, pauses) in [(None, 50), (Some(1), 8)] {
        for at_once in [1, 4, 20] {
            for limited in [2, 50, 150] {
                let start = Instant::now();
                let played = Case {
                    rows: 200,
                    at_once,
                    ..Case::default()
                }
                .play(|row, _| match wait {
                    _ if row != limited => status(204),
                    Some(seconds) => told_to_wait(429, seconds),
                    None => status(429),
                })
                .await;
                played.assert_all_finished(200);
                played.assert_nothing_left_early();
                let good = played.requests.iter().filter(|one| one.row != limited);
                let good = good.map(|request| request.left - start).max();
                let alone = 40 / u32::try_from(at_once).expect("few").min(4);
                let good = good.unwrap_or_default();
                if good > (alone + pauses) * SECOND {
                    late.push(format!(
                        "{wait:?}, {at_once} at once, row {limited}: {good:?}"
                    ));
                }
                let (_, own) = played.notes.finished.last().expect("rows");
                assert_eq!(own.kind, OutcomeKind::Failed);
            }
        }
    }
    assert!(late.is_empty(), "{late:#?}");
}
