//! Claims about the whole pacer on explicit instants, and properties that hold whatever a service answers.

use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

fn pacer(concurrency: usize, ceiling: Option<&str>, now: Instant) -> Pacer {
    Pacer::new(
        &PaceSettings {
            concurrency: NonZeroUsize::new(concurrency).unwrap(),
            ceiling: ceiling.map(|rate| rate.parse().unwrap()),
            remembered: None,
        },
        now,
    )
}

fn throttled(wait: Duration) -> Feedback {
    Feedback::Throttled { wait: Some(wait) }
}

#[test]
fn one_throttled_row_holds_everyone_until_the_server_said() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let requests = [pacer.sent(start), pacer.sent(start)];
    let told = start + 250 * MILLISECOND;
    pacer.answered(requests[0], told, throttled(30 * SECOND));
    pacer.answered(requests[1], told, Feedback::Accepted);
    let opens = told + 30 * SECOND;
    assert_eq!(pacer.next_send(told, 0), SendDecision::At(opens));
    let almost = opens.checked_sub(MILLISECOND).unwrap();
    assert_eq!(pacer.next_send(almost, 0), SendDecision::At(opens));
    assert_eq!(pacer.status(almost).closed_until, Some(opens));
    assert_eq!(pacer.next_send(opens, 0), SendDecision::Now);
    assert_eq!(pacer.status(opens).closed_until, None);
}

#[test]
fn a_run_whose_very_first_request_is_refused_does_not_crawl_afterwards() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let first = pacer.sent(start);
    let told = start + 250 * MILLISECOND;
    pacer.answered(first, told, throttled(SECOND));
    let took = run(&mut pacer, told + SECOND, 10) - told;
    assert!(took < 20 * SECOND, "{took:?}");
}

#[test]
fn a_late_429_of_the_same_burst_is_one_event() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let requests: Vec<InFlight> = (0..5).map(|_| pacer.sent(start)).collect();
    let told = start + 250 * MILLISECOND;
    pacer.answered(requests[0], told, throttled(SECOND));
    let rate = pacer.status(told).rate.unwrap();
    for request in &requests[1..] {
        pacer.answered(*request, told + 100 * MILLISECOND, throttled(2 * SECOND));
    }
    let after = pacer.status(told).rate.unwrap();
    assert!((after - rate).abs() < 1e-6, "one reaction");
    let extended = told + 100 * MILLISECOND + 2 * SECOND;
    let next = pacer.next_send(told, 0);
    assert!(
        matches!(next, SendDecision::At(at) if at >= extended),
        "{next:?}"
    );
}

#[test]
fn asking_spends_nothing() {
    let start = Instant::now();
    let mut pacer = pacer(10, Some("1/s"), start);
    for _ in 0..3 {
        assert_eq!(pacer.next_send(start, 0), SendDecision::Now);
    }
    let request = pacer.sent(start);
    pacer.answered(request, start + MILLISECOND, Feedback::Accepted);
    for _ in 0..3 {
        let next = pacer.next_send(start + MILLISECOND, 0);
        assert_eq!(next, SendDecision::At(start + SECOND));
    }
}

#[test]
fn a_full_wire_waits_for_an_answer_and_not_for_a_time() {
    let start = Instant::now();
    let mut pacer = pacer(3, None, start);
    assert_eq!(pacer.next_send(start, 3), SendDecision::WhenOneReturns);
}

#[test]
fn a_silent_failure_teaches_nothing() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let request = pacer.sent(start);
    pacer.answered(request, start + 60 * SECOND, Feedback::Silent);
    assert_eq!(pacer.status(start + 60 * SECOND).phase, Phase::Starting);
    assert_eq!(pacer.estimate(), None);
}

#[test]
fn a_service_that_counts_what_it_refuses_and_says_too_little_is_got_through() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let (mut now, mut passed, mut last_minute) = (start, 0, Vec::new());
    while passed < 40 {
        match pacer.next_send(now, 0) {
            SendDecision::At(turn) => now = turn,
            SendDecision::WhenOneReturns => panic!("nothing is on the wire"),
            SendDecision::Now => {
                let request = pacer.sent(now);
                last_minute.retain(|asked: &Instant| now - *asked < 60 * SECOND);
                let feedback = if last_minute.len() < 12 {
                    passed += 1;
                    Feedback::Accepted
                } else {
                    throttled(SECOND)
                };
                last_minute.push(now);
                now += 250 * MILLISECOND;
                pacer.answered(request, now, feedback);
            }
        }
        let took = now - start;
        assert!(took < 1_800 * SECOND, "{passed} rows in {took:?}");
    }
}

fn found(per_second: f64) -> Estimate {
    Estimate {
        per_second,
        burst: 1.0,
        spread: 0.05,
    }
}

/// Sends so many, each answered after 100 ms, and returns when the last of them is.
fn run(pacer: &mut Pacer, mut now: Instant, requests: u32) -> Instant {
    for _ in 0..requests {
        while let SendDecision::At(turn) = pacer.next_send(now, 0) {
            now = turn;
        }
        let request = pacer.sent(now);
        now += 100 * MILLISECOND;
        pacer.answered(request, now, Feedback::Accepted);
    }
    now
}

#[test]
fn what_is_remembered_is_where_a_run_begins_and_never_sinks_without_a_refusal() {
    let start = Instant::now();
    let mut remembered = found(5.0);
    let mut first = None;
    for _ in 0..12 {
        let settings = PaceSettings {
            concurrency: NonZeroUsize::MIN,
            ceiling: None,
            remembered: Some(remembered),
        };
        let mut pacer = Pacer::new(&settings, start);
        let took = run(&mut pacer, start, 12) - start;
        assert!(took <= *first.get_or_insert(took), "{took:?}");
        let after = pacer.estimate().unwrap();
        assert!(after.per_second >= remembered.per_second, "{after:?}");
        remembered = after;
    }
    assert!(first.is_some_and(|took| took < 4 * SECOND), "{first:?}");
}

#[test]
fn a_row_that_is_refused_for_itself_closes_the_gate_and_leaves_the_rate() {
    let start = Instant::now();
    let settings = PaceSettings {
        concurrency: NonZeroUsize::MIN,
        ceiling: None,
        remembered: Some(found(5.0)),
    };
    let mut pacer = Pacer::new(&settings, start);
    let now = run(&mut pacer, start, 3);
    let rate = pacer.status(now).rate;
    let request = pacer.sent(now);
    let wait = Some(7 * SECOND);
    pacer.answered(request, now, Feedback::Held { wait });
    assert_eq!(pacer.closed_until(now), Some(now + 7 * SECOND));
    assert_eq!(pacer.status(now).rate, rate);
}

#[test]
fn a_gate_that_another_process_closed_stays_closed() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    pacer.close_until(start + 9 * SECOND, start);
    let opens = SendDecision::At(start + 9 * SECOND);
    assert_eq!(pacer.next_send(start, 0), opens);
}

#[test]
fn one_refusal_amid_others_that_pass_hardly_slows_a_run_down() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let mut now = run(&mut pacer, start, 30);
    let requests: Vec<InFlight> = (0..8)
        .map(|_| {
            now += 20 * MILLISECOND;
            pacer.sent(now)
        })
        .collect();
    for (index, request) in requests.into_iter().enumerate() {
        now += 20 * MILLISECOND;
        let feedback = if index == 2 {
            throttled(SECOND)
        } else {
            Feedback::Accepted
        };
        pacer.answered(request, now, feedback);
    }
    let took = run(&mut pacer, now + SECOND, 20) - now;
    assert!(took < 5 * SECOND, "{took:?}");
}

/// What a service or a network may do, one answer after the other.
#[derive(Debug, Clone)]
struct Answer {
    after: Duration,
    newest_first: bool,
    feedback: Feedback,
}

fn any_duration() -> impl Strategy<Value = Duration> {
    prop_oneof![
        4 => (0_u64..3_000).prop_map(Duration::from_millis),
        1 => (0_u64..100_000).prop_map(Duration::from_secs),
    ]
}

fn any_wait() -> impl Strategy<Value = Duration> {
    prop_oneof![5 => any_duration(), 1 => Just(Duration::MAX), 1 => any::<u64>().prop_map(Duration::from_secs)]
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let feedback = prop_oneof![
        6 => Just(Feedback::Accepted),
        3 => any_wait().prop_map(throttled),
        1 => Just(Feedback::Throttled { wait: None }),
        1 => Just(Feedback::Silent),
    ];
    (any_duration(), any::<bool>(), feedback).prop_map(|(after, newest_first, feedback)| Answer {
        after,
        newest_first,
        feedback,
    })
}

proptest! {
    #[test]
    fn no_departure_inside_a_pause_nor_above_the_ceiling_and_the_rate_stays_sane(
        answers in prop::collection::vec(any_answer(), 1..200),
        concurrency in 1_usize..60,
        capped in any::<bool>(),
        remembered in prop::option::of((any::<f64>(), any::<f64>(), any::<f64>())),
    ) {
        let start = Instant::now();
        let settings = PaceSettings {
            concurrency: NonZeroUsize::new(concurrency).unwrap(),
            ceiling: capped.then(|| "20/s".parse().unwrap()),
            remembered: remembered.map(|(per_second, burst, spread)| Estimate {
                per_second,
                burst,
                spread,
            }),
        };
        let mut pacer = Pacer::new(&settings, start);
        let mut now = start;
        let mut announced = start;
        let mut on_wire: Vec<InFlight> = Vec::new();
        let mut last: Option<Instant> = None;
        for answer in answers {
            loop {
                match pacer.next_send(now, on_wire.len()) {
                    SendDecision::Now => {
                        prop_assert!(now >= announced, "left inside a pause");
                        prop_assert!(on_wire.len() < concurrency);
                        if let (true, Some(last)) = (capped, last) {
                            prop_assert!(now.duration_since(last) >= 50 * MILLISECOND);
                        }
                        last = Some(now);
                        on_wire.push(pacer.sent(now));
                    }
                    SendDecision::WhenOneReturns => {
                        prop_assert!(!on_wire.is_empty(), "nothing would ever return");
                        break;
                    }
                    SendDecision::At(instant) => {
                        prop_assert!(instant > now);
                        if on_wire.len() * 2 >= concurrency {
                            break;
                        }
                        now = instant;
                    }
                }
            }
            now += answer.after;
            let request = if answer.newest_first { on_wire.pop() } else { Some(on_wire.remove(0)) };
            if let Some(request) = request {
                pacer.answered(request, now, answer.feedback);
            }
            if let Feedback::Throttled { wait } = answer.feedback {
                let year = Duration::from_hours(365 * 24);
                announced = announced.max(now + wait.unwrap_or(15 * SECOND).min(year));
            }
            if let Some(rate) = pacer.status(now).rate {
                prop_assert!((0.001..=100_001.0).contains(&rate), "{}", rate);
            }
        }
    }
}

#[test]
fn a_run_that_follows_waits_for_what_was_promised_before_it() {
    let start = Instant::now();
    let mut before = pacer(10, Some("1/min"), start);
    let request = before.sent(start);
    before.answered(request, start, throttled(90 * SECOND));
    let settings = PaceSettings {
        concurrency: NonZeroUsize::MIN,
        ceiling: None,
        remembered: None,
    };
    let opens = start + 90 * SECOND;
    let mut pacer = before.afresh(&settings, start + SECOND);
    assert_eq!(pacer.next_send(start + SECOND, 0), SendDecision::At(opens));
    assert_eq!(pacer.next_send(opens, 0), SendDecision::Now);
    assert_eq!(pacer.estimate(), None);
    // And for the rate that a person said must not be passed.
    pacer.sent(opens);
    let mut pacer = pacer.afresh(&settings, opens);
    let next = SendDecision::At(opens + 60 * SECOND);
    assert_eq!(pacer.next_send(opens, 0), next);
}
