//! Many credentials for as long as it takes to see how fast they are together: in a short form each time, at
//! full length by hand.

#![expect(
    clippy::cast_precision_loss,
    reason = "a run of a test has a few thousand rows"
)]
#![expect(
    clippy::print_stderr,
    reason = "what was measured is shown to whoever asks for it"
)]

use std::fs;
use std::time::Duration;

use tokio::time::Instant;

use wxbulk::simulator::{Access, Bearer, Behavior, Location, Locations, Secret, User};

use crate::harness::{Ran, Stage, count, location_id, number, org_id, peak_memory};
use crate::lanes_apart::{apps, assert_hidden, refreshes, tokens_needed, write_apps};

/// What came of a run.
#[derive(Debug)]
struct Pace {
    seconds: f64,
    requests: usize,
    refused: usize,
}

impl Pace {
    fn share_refused(&self) -> f64 {
        self.refused as f64 / self.requests as f64
    }
}

/// Sends rows of one organization by several users, each with a limit of 5/s and a burst of 10.
fn pace_of(users: usize, rows: u64, organization_limit: &str) -> Pace {
    let one = |user: usize| User {
        name: format!("User {user}"),
        organizations: vec![org_id(0)],
        access: Access {
            bearer: Bearer::Exactly(Secret::new(format!("token-of-user-{user}"))),
            ..Access::default()
        },
        ..User::default()
    };
    let location = |row: u64| Location {
        id: location_id(row),
        organization: Some(org_id(0)),
        ..Location::default()
    };
    let stage = Stage::new(Behavior {
        locations: Locations::Exactly((2..rows + 2).map(location).collect()),
        users: (0..users).map(one).collect(),
        limit: "bucket:5/s,burst=10".parse().expect("a limit"),
        organization_limit: organization_limit.parse().expect("a limit"),
        latency: "200ms..300ms".parse().expect("a latency"),
        ..Behavior::instant()
    });
    fs::create_dir(stage.path("customers")).expect("a folder");
    for user in 0..users {
        let name = format!("customers/{user}.txt");
        stage.write_secret(&name, &format!("token-of-user-{user}"));
    }
    let mut text = String::from("orgId,locationId,n1\n");
    for row in 2..rows + 2 {
        text += &format!("{},{},{}\n", org_id(0), location_id(row), number(row));
    }
    stage.write("sheet.csv", text);
    stage.apply("sheet.csv --credentials customers").expect(0);
    let updated = count(&stage.results("sheet.results.csv"), "updated");
    assert_eq!(updated as u64, rows);
    let requests = stage.requests();
    let milliseconds = |key: &str| {
        let times = requests.iter().filter_map(|one| one[key].as_f64());
        times.collect::<Vec<f64>>()
    };
    let first = milliseconds("arrivedMs").into_iter().reduce(f64::min);
    let last = milliseconds("answeredMs").into_iter().reduce(f64::max);
    let pace = Pace {
        seconds: (last.expect("some") - first.expect("some")) / 1000.0,
        requests: requests.len(),
        refused: requests.iter().filter(|one| one["status"] == 429).count(),
    };
    eprintln!("{users} users, {rows} rows, {organization_limit}: {pace:?}");
    pace
}

/// Seconds that a bucket with a burst takes for a number of requests, and the way there and back.
fn allowed(rows: u64, per_second: f64, burst: f64) -> f64 {
    (rows as f64 - burst) / per_second + 0.25
}

#[test]
fn four_users_are_nearly_four_times_as_fast_as_one() {
    let pace = pace_of(4, 240, "none");
    let allowed = allowed(240, 20.0, 40.0);
    assert!(pace.seconds < 1.35 * allowed, "{pace:?}, {allowed}");
    assert!(pace.share_refused() < 0.13, "{pace:?}");
}

#[test]
#[ignore = "takes two minutes; by hand: cargo test --test it lanes_at_length -- --ignored --nocapture"]
fn four_users_send_two_thousand_rows_as_fast_as_twenty_a_second_allow() {
    let pace = pace_of(4, 2000, "none");
    let allowed = allowed(2000, 20.0, 40.0);
    assert!(pace.seconds < 1.08 * allowed, "{pace:?}, {allowed}");
    assert!(pace.share_refused() <= 0.02, "{pace:?}");
}

#[test]
#[ignore = "takes five minutes; by hand: cargo test --test it lanes_at_length -- --ignored --nocapture"]
fn two_users_behind_the_limit_of_their_organization_use_it_and_are_hardly_refused() {
    let pace = pace_of(2, 1800, "bucket:6/s,burst=10");
    let allowed = allowed(1800, 6.0, 10.0);
    assert!(pace.seconds < allowed / 0.95, "{pace:?}, {allowed}");
    assert!(pace.share_refused() <= 0.02, "{pace:?}");
}

/// How many rows each organization has: few have half of them, and each of those another number of rows.
fn rows_of_each(organizations: u64, rows: u64) -> Vec<u64> {
    let large = organizations / 25;
    let mean = rows * 9 / 20 / large;
    let of_large = |number: u64| mean * (2 * large + 2 * number) / (3 * large - 1);
    let mut of_each: Vec<u64> = (0..large).map(of_large).collect();
    let others = organizations - large;
    let left = rows - of_each.iter().sum::<u64>();
    of_each.extend((0..others).map(|number| left / others + u64::from(number < left % others)));
    of_each
}

/// Sends rows of all of them, organization by organization, by apps whose tokens end after 200 requests;
/// returns the seconds until the first change, and the most memory in KiB that the process had. It is that of
/// a build for tests, and one for release has less, since its code takes up less.
fn send_for_all(organizations: u64, rows: u64, latency: &str, limit: &str) -> (f64, u64) {
    let stage = Stage::new(Behavior {
        users: apps(organizations, 200),
        latency: latency.parse().expect("a latency"),
        limit: limit.parse().expect("a limit"),
        ..Behavior::instant()
    });
    write_apps(&stage, organizations);
    let mut text = String::from("orgId,locationId,n1\n");
    let mut row = 2;
    for (organization, rows) in (0..).zip(rows_of_each(organizations, rows)) {
        let org = org_id(organization);
        for _ in 0..rows {
            text += &format!("{org},{},{}\n", location_id(row), number(row));
            row += 1;
        }
    }
    assert_eq!(row, rows + 2);
    stage.write("sheet.csv", text);
    let began = Instant::now();
    let mut child = stage.start_apply("sheet.csv --credentials customers -q --log-file log.jsonl");
    let mut peak = 0;
    let status = loop {
        peak = peak_memory(&child).unwrap_or(peak).max(peak);
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        pause();
    };
    let took = began.elapsed().as_secs_f64();
    let ran = Ran::of(child.wait_with_output().expect("it ended"));
    assert!(status.success(), "{}", ran.stderr);
    let updated = count(&stage.results("sheet.results.csv"), "updated");
    assert_eq!(updated as u64, rows);
    let refreshes = refreshes(&stage);
    assert_eq!(
        refreshes,
        tokens_needed(&stage, organizations, 200),
        "each once"
    );
    assert!(refreshes > organizations, "some renew in mid-run");
    let requests = stage.all_requests();
    let at = |one: &serde_json::Value| one["arrivedMs"].as_f64().unwrap_or_default() / 1000.0;
    let is_change = |one: &&serde_json::Value| one["method"] == "PUT";
    let first = requests.iter().map(at).reduce(f64::min).expect("some");
    let change = requests.iter().filter(is_change).map(at).reduce(f64::min);
    let startup = change.expect("some") - first;
    let throttled = requests.iter().filter(|one| one["status"] == 429).count();
    eprintln!(
        "{organizations} organizations, {rows} rows: {took:.1} s, first change after {startup:.1} s, {peak} KiB, {refreshes} tokens, {} requests, {throttled} of them 429",
        requests.len()
    );
    assert_hidden(&stage, &[ran.stdout, ran.stderr]);
    (startup, peak)
}

/// The child has two processors to itself and the service, so nobody looks at it all the time.
#[expect(
    clippy::disallowed_methods,
    reason = "nothing is hoped for; it only makes way"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}

#[test]
fn many_service_apps_each_for_its_organization_send_their_rows_and_show_no_secret() {
    let (startup, _) = send_for_all(40, 1200, "20ms", "none");
    assert!(startup < 5.0, "{startup}");
}

#[test]
#[ignore = "takes a minute; by hand: cargo test --test it lanes_at_length -- --ignored --nocapture"]
fn three_hundred_service_apps_send_twenty_thousand_rows_in_little_memory() {
    let (startup, peak) = send_for_all(300, 20_000, "250ms", "bucket:25/s,burst=25");
    assert!(startup < 20.0, "{startup}");
    assert!(peak < 64 * 1024, "{peak} KiB");
}
