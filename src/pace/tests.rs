//! Claims about the whole pacer on explicit instants, and properties that hold whatever a service answers.

use std::collections::VecDeque;
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

fn found(per_second: f64) -> Estimate {
    Estimate {
        per_second,
        burst: 0.0,
        spread: 0.05,
        age: Duration::from_hours(1),
        is_of_another: false,
    }
}

fn throttled(wait: Duration) -> Feedback {
    Feedback::Throttled { wait: Some(wait) }
}

#[test]
fn one_throttled_row_holds_everyone_until_the_server_said() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let tickets = [pacer.sent(start), pacer.sent(start)];
    let told = start + 250 * MILLISECOND;
    pacer.answered(tickets[0], told, throttled(30 * SECOND));
    pacer.answered(tickets[1], told, Feedback::Accepted);
    let opens = told + 30 * SECOND;
    assert_eq!(pacer.next_send(told, 0), SendDecision::At(opens));
    let almost = opens.checked_sub(MILLISECOND).unwrap();
    assert_eq!(pacer.next_send(almost, 0), SendDecision::At(opens));
    assert_eq!(pacer.status(almost).closed_until, Some(opens));
    assert_eq!(pacer.next_send(opens, 0), SendDecision::Now);
    assert_eq!(pacer.status(opens).closed_until, None);
}

#[test]
fn a_rate_that_was_named_is_not_looked_for_unless_less_was_too_fast() {
    let start = Instant::now();
    for (ceiling, phase) in [
        (None, Phase::Searching),
        (Some("1/s"), Phase::Holding),
        (Some("50/s"), Phase::Searching),
    ] {
        let mut pacer = pacer(10, ceiling, start);
        pacer.learn(found(5.0), start);
        assert_eq!(pacer.status(start).phase, phase, "{ceiling:?}");
    }
}

#[test]
fn a_run_whose_very_first_request_is_refused_does_not_crawl_afterwards() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let first = pacer.sent(start);
    let told = start + 250 * MILLISECOND;
    pacer.answered(first, told, throttled(SECOND));
    let mut now = told + SECOND;
    for _ in 0..5 {
        if let SendDecision::At(turn) = pacer.next_send(now, 0) {
            assert!(turn <= now + SECOND, "{:?}", turn - now);
            now = turn;
        }
        let ticket = pacer.sent(now);
        now += 250 * MILLISECOND;
        pacer.answered(ticket, now, Feedback::Accepted);
    }
}

#[test]
fn a_late_429_of_the_same_burst_is_one_event() {
    let start = Instant::now();
    let mut pacer = pacer(10, None, start);
    let tickets: Vec<InFlight> = (0..5).map(|_| pacer.sent(start)).collect();
    let told = start + 250 * MILLISECOND;
    pacer.answered(tickets[0], told, throttled(SECOND));
    let rate = pacer.status(told).rate;
    assert!(rate.is_some());
    for ticket in &tickets[1..] {
        pacer.answered(*ticket, told + 100 * MILLISECOND, throttled(2 * SECOND));
    }
    assert_eq!(pacer.status(told).rate, rate, "one reaction");
    let extended = told + 100 * MILLISECOND + 2 * SECOND;
    assert_eq!(pacer.next_send(told, 0), SendDecision::At(extended));
}

#[test]
fn asking_spends_nothing() {
    let start = Instant::now();
    let mut pacer = pacer(10, Some("1/s"), start);
    for _ in 0..3 {
        assert_eq!(pacer.next_send(start, 0), SendDecision::Now);
    }
    let ticket = pacer.sent(start);
    pacer.answered(ticket, start + MILLISECOND, Feedback::Accepted);
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
    let ticket = pacer.sent(start);
    pacer.answered(ticket, start + 60 * SECOND, Feedback::Silent);
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
                let ticket = pacer.sent(now);
                last_minute.retain(|asked: &Instant| now - *asked < 60 * SECOND);
                let verdict = if last_minute.len() < 12 {
                    passed += 1;
                    Feedback::Accepted
                } else {
                    throttled(SECOND)
                };
                last_minute.push(now);
                now += 250 * MILLISECOND;
                pacer.answered(ticket, now, verdict);
            }
        }
        let took = now - start;
        assert!(took < 1_800 * SECOND, "{passed} rows in {took:?}");
    }
}

#[test]
fn a_remembered_rate_is_where_the_run_begins() {
    let start = Instant::now();
    let settings = PaceSettings {
        concurrency: NonZeroUsize::MIN,
        ceiling: None,
        remembered: Some(found(5.0)),
    };
    let pacer = Pacer::new(&settings, start);
    let rate = pacer.status(start).rate.unwrap();
    assert!(rate > 4.5 && rate < 5.0, "{rate}");
}

/// What a service or a network may do, one answer after the other.
#[derive(Debug, Clone)]
struct Answer {
    after: Duration,
    newest_first: bool,
    verdict: Feedback,
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
    let verdict = prop_oneof![
        6 => Just(Feedback::Accepted),
        3 => any_wait().prop_map(throttled),
        1 => Just(Feedback::Throttled { wait: None }),
        1 => Just(Feedback::Silent),
    ];
    (any_duration(), any::<bool>(), verdict).prop_map(|(after, newest_first, verdict)| Answer {
        after,
        newest_first,
        verdict,
    })
}

proptest! {
    #[test]
    fn no_departure_inside_a_pause_nor_above_the_ceiling_and_the_rate_stays_sane(
        answers in prop::collection::vec(any_answer(), 1..200),
        concurrency in 1_usize..60,
        capped in any::<bool>(),
        remembered in prop::option::of(any::<f64>().prop_map(found)),
    ) {
        let start = Instant::now();
        let settings = PaceSettings {
            concurrency: NonZeroUsize::new(concurrency).unwrap(),
            ceiling: capped.then(|| "20/s".parse().unwrap()),
            remembered,
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
            let ticket = if answer.newest_first { on_wire.pop() } else { Some(on_wire.remove(0)) };
            if let Some(ticket) = ticket {
                pacer.answered(ticket, now, answer.verdict);
            }
            if let Feedback::Throttled { wait } = answer.verdict {
                let year = Duration::from_hours(365 * 24);
                announced = announced.max(now + wait.unwrap_or(15 * SECOND).min(year));
            }
            if let Some(rate) = pacer.status(now).rate {
                prop_assert!((0.001..=100_000.0).contains(&rate), "{}", rate);
            }
        }
    }
}

#[test]
fn a_run_that_follows_waits_for_what_was_promised_before_it() {
    let start = Instant::now();
    let mut before = pacer(10, Some("1/min"), start);
    let ticket = before.sent(start);
    before.answered(ticket, start, throttled(90 * SECOND));
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

/// Sends a number of rows, ten at once, a quarter of a second each, to a service that says of each request how long to
/// wait, if at all. Returns the seconds it took and how many were refused.
fn play(pacer: &mut Pacer, rows: u32, mut service: impl FnMut(f64) -> Option<f64>) -> (f64, u32) {
    let start = Instant::now();
    let mut now = start;
    let (mut to_send, mut passed, mut refused) = (rows, 0, 0);
    let mut on_wire: VecDeque<(Instant, InFlight, Option<f64>)> = VecDeque::new();
    while passed < rows {
        let next = if to_send > 0 {
            pacer.next_send(now, on_wire.len())
        } else {
            SendDecision::WhenOneReturns
        };
        let returns = on_wire.front().map(|(at, ..)| *at);
        match (next, returns) {
            (SendDecision::Now, _) => {
                let wait = service((now - start).as_secs_f64());
                on_wire.push_back((now + 250 * MILLISECOND, pacer.sent(now), wait));
                to_send -= 1;
            }
            (SendDecision::At(turn), None) => now = turn,
            (SendDecision::At(turn), Some(returns)) if turn < returns => now = turn,
            _ => {
                let (at, ticket, wait) = on_wire.pop_front().expect("something is on the wire");
                now = at;
                let feedback = match wait {
                    None => Feedback::Accepted,
                    Some(wait) => throttled(Duration::from_secs_f64(wait)),
                };
                pacer.answered(ticket, now, feedback);
                passed += u32::from(wait.is_none());
                refused += u32::from(wait.is_some());
                to_send += u32::from(wait.is_some());
            }
        }
    }
    ((now - start).as_secs_f64(), refused)
}

/// A token bucket, full at first, that says in whole seconds how long to wait.
fn bucket(per_second: f64, burst: f64) -> impl FnMut(f64) -> Option<f64> {
    let (mut tokens, mut seen) = (burst, 0.0);
    move |now| {
        tokens = burst.min(tokens + per_second * (now - seen));
        seen = now;
        if tokens >= 1.0 {
            tokens -= 1.0;
            return None;
        }
        Some(((1.0 - tokens) / per_second).ceil())
    }
}

#[test]
fn short_runs_never_make_what_is_remembered_sink() {
    for (per_second, burst) in [
        (10.0, 10.0),
        (5.0, 5.0),
        (1.0, 5.0),
        (5.0, 1.0),
        (6.3, 20.0),
    ] {
        let run = |remembered, rows| {
            let settings = PaceSettings {
                concurrency: NonZeroUsize::new(10).unwrap(),
                ceiling: None,
                remembered,
            };
            let mut pacer = Pacer::new(&settings, Instant::now());
            let (took, _) = play(&mut pacer, rows, bucket(per_second, burst));
            let found = pacer.estimate().or(remembered);
            (took, found.map(|found| found.aged(Duration::from_mins(1))))
        };
        let (first_of_all, _) = run(None, 60);
        let remembered = (0..12).fold(None, |remembered, _| run(remembered, 12).1);
        let (at_last, _) = run(remembered, 60);
        // Half a percent for chance.
        assert!(
            at_last <= 1.005 * first_of_all,
            "{per_second}/s, burst {burst}: {at_last} after {first_of_all}, {remembered:?}"
        );
    }
}

#[test]
fn refusals_amid_neighbors_that_pass_do_not_slow_a_run_down() {
    for one_in in [20, 33, 100] {
        let mut pacer = pacer(10, None, Instant::now());
        let mut asked = 0;
        let (took, refused) = play(&mut pacer, 1_000, |_| {
            asked += 1;
            (asked % one_in == 0).then_some(1.0)
        });
        // Ten in a quarter of a second, and each refusal costs its pause and its own way.
        let best = 1_000.0 / 40.0 + 1.25 * f64::from(refused);
        assert!(
            took < 1.2 * best,
            "one in {one_in}: {took} s, at best {best}"
        );
    }
}

#[test]
fn a_limit_below_noise_is_still_found() {
    let mut pacer = pacer(10, None, Instant::now());
    let (mut limit, mut asked) = (bucket(10.0, 5.0), 0);
    let (took, refused) = play(&mut pacer, 1_000, |now| {
        asked += 1;
        if asked % 50 == 0 {
            Some(1.0)
        } else {
            limit(now)
        }
    });
    // A hundred seconds for the limit, and a quarter more for each pause of the noise.
    assert!(took < 180.0 && refused < 100, "{took} s, {refused} refused");
}

#[test]
fn at_most_one_in_three_is_refused_by_a_slow_service() {
    for per_minute in [3.0, 12.0, 40.0] {
        let mut pacer = pacer(10, None, Instant::now());
        let (_, refused) = play(&mut pacer, 200, bucket(per_minute / 60.0, 5.0));
        assert!(refused <= 100, "{per_minute} a minute: {refused} refused");
    }
}
