//! When requests leave, and when they must not.

use super::*;

#[tokio::test(start_paused = true)]
async fn one_throttled_row_holds_everyone_until_the_server_said() {
    let mut times = 0;
    for seed in 0..20 {
        let played = Case {
            rows: 300,
            at_once: 20,
            ..Case::default()
        }
        .play(|row, turn| {
            let mut dice = dice(seed, row, turn);
            match dice.u8(0..50) {
                0 => throttled(dice.u64(1..300)),
                1 => status(500),
                2 => silence(Delivery::MaybeSent),
                _ => status(204),
            }
        })
        .await;
        played.assert_all_finished(300);
        played.assert_nothing_left_early();
        times += played.ended.throttled;
    }
    assert!(times > 50, "{times}");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_row_goes_first() {
    let played = Case::default()
        .play(|row, turn| match (row, turn) {
            (4, 1) => throttled(30),
            _ => status(204),
        })
        .await;
    played.assert_all_finished(50);
    played.assert_nothing_left_early();
    let requests = &played.requests;
    let refused = requests.iter().find(|request| request.row == 4);
    let refused = refused.and_then(|request| request.back).expect("it was");
    let next = requests.iter().find(|request| request.left > refused);
    assert_eq!(next.map(|request| request.row), Some(4));
}

#[tokio::test(start_paused = true)]
async fn a_row_that_backs_off_holds_no_place_on_the_wire() {
    let mut case = Case {
        at_once: 1,
        ..Case::default()
    };
    case.policy.retry.first_delay = 1000 * SECOND;
    case.policy.retry.longest_delay = 1000 * SECOND;
    let played = case
        .play(|row, turn| {
            if (row, turn) == (2, 1) {
                status(503)
            } else {
                status(204)
            }
        })
        .await;
    played.assert_all_finished(50);
    assert_eq!(played.notes.finished.last().map(|(row, _)| *row), Some(2));
    let others = &played.requests[..50];
    assert!(
        others[49].left - others[0].left < 60 * SECOND,
        "nobody waited for it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_run_goes_on_by_itself_when_the_network_is_back() {
    let start = Instant::now();
    let played = Case {
        rows: 500,
        ..Case::default()
    }
    .play(|_, _| {
        let out = (10 * SECOND..200 * SECOND).contains(&start.elapsed());
        if out {
            silence(Delivery::NotSent)
        } else {
            status(204)
        }
    })
    .await;
    played.assert_all_finished(500);
    assert!(played.took < 260 * SECOND, "{:?}", played.took);
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_when_trouble_is_everywhere_and_the_rows_held_are_many() {
    let played = Case {
        rows: 3000,
        at_once: 50,
        ..Case::default()
    }
    .play(|_, turn| if turn < 4 { status(500) } else { status(204) })
    .await;
    played.assert_all_finished(3000);
    assert_eq!(played.requests.len(), 12_000);
}

#[tokio::test(start_paused = true)]
async fn a_time_to_wait_counts_on_whatever_status_it_comes() {
    for code in [
        204, 202, 302, 403, 404, 408, 409, 423, 425, 429, 500, 501, 502, 503, 504,
    ] {
        let played = Case::default()
            .play(|row, turn| match (row, turn) {
                (10, 1) => Ok(Response {
                    status: code,
                    retry_after: RetryAfter::Wait(100 * SECOND),
                    ..Response::default()
                }),
                _ => status(204),
            })
            .await;
        played.assert_all_finished(50);
        played.assert_nothing_left_early();
        assert!(played.took > 100 * SECOND, "{code}");
    }
}
