//! How a run ends before its last row.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_longer_wait_than_is_allowed_stops_the_run() {
    let played = Case::default()
        .play(|row, _| {
            if row == 5 {
                throttled(7201)
            } else {
                status(204)
            }
        })
        .await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::WaitTooLong { .. })
    ));
    assert!(played.took < 10 * SECOND);
    assert_eq!(played.unfinished(OutcomeKind::NotAttempted), 1);
    assert_eq!(
        played.finished().len() + 1,
        played.requests.len(),
        "all answers count"
    );
}

#[tokio::test(start_paused = true)]
async fn a_few_silent_locations_at_the_end_do_not_stop_the_run() {
    let played = Case {
        rows: 100,
        at_once: 10,
        latency: 20 * SECOND,
        ..Case::default()
    }
    .play(|row, _| match row % 30 {
        0 => silence(Delivery::MaybeSent),
        _ => status(204),
    })
    .await;
    assert!(played.ended.reason.is_none(), "{:?}", played.ended.reason);
    played.assert_all_finished(100);
    let outcomes = played.notes.finished.iter();
    let unknown = outcomes.filter(|(_, outcome)| outcome.kind == OutcomeKind::Unknown);
    assert_eq!(unknown.count(), 3);
    assert!(played.took < 900 * SECOND, "{:?}", played.took);
}

#[tokio::test(start_paused = true)]
async fn five_minutes_without_any_answer_stop_the_run() {
    for (delivery, kind) in [
        (Delivery::NotSent, OutcomeKind::NotAttempted),
        (Delivery::MaybeSent, OutcomeKind::Unknown),
    ] {
        let played = Case {
            rows: 5000,
            at_once: 20,
            ..Case::default()
        }
        .play(|_, _| silence(delivery))
        .await;
        assert!(matches!(
            played.ended.reason,
            Some(AbortReason::Unreachable { .. })
        ));
        assert!(
            (300 * SECOND..330 * SECOND).contains(&played.took),
            "{:?}",
            played.took
        );
        let requests = &played.requests;
        assert!(requests.len() < 60, "{}", requests.len());
        let first = requests[0].back.expect("it failed");
        let mut probes = requests.iter().filter(|request| request.left > first);
        let overlaps = |pair: [&Request; 2]| pair[1].left < pair[0].back.expect("it failed");
        let mut before = probes.next().expect("it tried again");
        for probe in probes {
            assert!(!overlaps([before, probe]), "one at a time");
            before = probe;
        }
        let tried: BTreeSet<u64> = requests.iter().map(|request| request.row).collect();
        assert_eq!(
            played.unfinished(kind) + played.finished().len(),
            tried.len()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn ten_forbidden_answers_at_the_start_and_a_dead_token_stop_the_run() {
    let played = Case::default().play(|_, _| status(403)).await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::Forbidden { .. })
    ));
    assert!((10..14).contains(&played.requests.len()));
    assert_eq!(played.finished().len(), played.requests.len());

    let played = Case::default().play(|_, _| status(401)).await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::Unauthorized { .. })
    ));
    assert!(played.requests.len() <= 4);
    assert!(played.finished().is_empty());
    assert_eq!(
        played.unfinished(OutcomeKind::NotAttempted),
        played.requests.len()
    );
}

#[tokio::test(start_paused = true)]
async fn too_many_failures_stop_the_run() {
    let mut case = Case::default();
    case.policy.failure_limit = Some(FailureLimit::Rows(5));
    let played = case
        .play(|row, _| status(if row % 2 == 0 { 404 } else { 204 }))
        .await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::TooManyFailures { .. })
    ));
    assert!(played.requests.len() < 20);
}

#[tokio::test(start_paused = true)]
async fn the_first_stop_waits_for_answers_and_the_second_for_nothing() {
    let slow = || Case {
        latency: 10 * SECOND,
        ..Case::default()
    };
    let played = Case {
        stops: vec![15 * SECOND],
        ..slow()
    }
    .play(|_, _| status(204))
    .await;
    assert!(matches!(
        played.ended.reason,
        Some(AbortReason::Interrupted)
    ));
    assert_eq!(played.finished().len(), played.requests.len());
    // What left just before the stop took its ten seconds.
    assert!((15 * SECOND..=25 * SECOND).contains(&played.took));

    let played = Case {
        stops: vec![15 * SECOND, 16 * SECOND],
        ..slow()
    }
    .play(|_, _| status(204))
    .await;
    assert_eq!(played.took, 16 * SECOND);
    let answered = played
        .requests
        .iter()
        .filter(|request| request.back.is_some())
        .count();
    assert_eq!(played.finished().len(), answered);
    let on_wire = played.requests.len() - answered;
    assert!(on_wire > 0);
    assert_eq!(played.unfinished(OutcomeKind::Unknown), on_wire);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_every_kind_of_wait_at_once() {
    for (reply, kind) in [
        (throttled(3600), OutcomeKind::NotAttempted),
        (status(500), OutcomeKind::Unknown),
        (silence(Delivery::NotSent), OutcomeKind::NotAttempted),
    ] {
        let mut case = Case {
            rows: 1,
            stops: vec![10 * SECOND],
            ..Case::default()
        };
        case.policy.retry.first_delay = 1000 * SECOND;
        case.policy.retry.longest_delay = 1000 * SECOND;
        let played = case.play(|_, _| reply.clone()).await;
        assert!(matches!(
            played.ended.reason,
            Some(AbortReason::Interrupted)
        ));
        assert_eq!(played.took, 10 * SECOND, "{reply:?}");
        assert_eq!(played.unfinished(kind), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_stops_the_run_and_is_told() {
    for (ticks_fail, room) in [(false, Some(20)), (true, None)] {
        let played = Case {
            at_once: 10,
            latency: SECOND,
            notes: Notes {
                room,
                ticks_fail,
                ..Notes::default()
            },
            ..Case::default()
        }
        .play(|_, _| status(204))
        .await;
        assert!(matches!(
            played.ended.reason,
            Some(AbortReason::CannotRecord(_))
        ));
        let (finished, lost) = (played.finished(), &played.notes.lost);
        assert!((1..=10).contains(&lost.len()), "{lost:?}");
        assert_eq!(finished.len() + lost.len(), played.requests.len());
        assert_eq!(played.unfinished(OutcomeKind::Updated), lost.len());
    }
}
