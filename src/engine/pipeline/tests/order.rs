//! Several rows for one location.

use super::*;

#[tokio::test(start_paused = true)]
async fn rows_of_one_location_never_overlap_and_stay_in_order_retries_included() {
    const LOCATIONS: u64 = 7;
    for seed in 0..20 {
        let played = Case {
            rows: 140,
            locations: LOCATIONS,
            at_once: 20,
            ..Case::default()
        }
        .play(|row, turn| {
            let mut dice = dice(seed, row, turn);
            match dice.u8(0..20) {
                0 => throttled(dice.u64(1..20)),
                1 | 2 => status(500),
                3 | 4 => silence(Delivery::MaybeSent),
                5 => status(404),
                _ => status(204),
            }
        })
        .await;
        played.assert_all_finished(140);
        played.assert_nothing_left_early();
        let mut last: HashMap<u64, &Request> = HashMap::new();
        for request in &played.requests {
            let Some(before) = last.insert(request.row % LOCATIONS, request) else {
                continue;
            };
            assert!(
                before.back.expect("answered") <= request.left,
                "{before:?} {request:?}"
            );
            assert!(before.row <= request.row, "{before:?} {request:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_location_in_trouble_holds_up_no_other() {
    let mut case = Case {
        rows: 60,
        locations: 6,
        at_once: 3,
        ..Case::default()
    };
    case.policy.retry.first_delay = 1000 * SECOND;
    case.policy.retry.longest_delay = 1000 * SECOND;
    let played = case
        .play(|row, turn| {
            if (row, turn) == (6, 1) {
                status(500)
            } else {
                status(204)
            }
        })
        .await;
    played.assert_all_finished(60);
    let first_fifty = &played.notes.finished[..50];
    assert!(first_fifty.iter().all(|(row, _)| row % 6 != 0));
}
