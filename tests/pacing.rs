//! The committed pacing table still holds: wxbulk is no slower and no more refused than it says.

#[path = "../benches/pacing/mod.rs"]
mod model;

use std::time::Duration;

use model::distribution::{measure as measure_world, percentile};
use model::scenarios::all;
use model::senders::Who;
use model::table::{CONCURRENCIES, SEEDS, SIZES, measure, read_line, side_by_side};

const TABLE: &str = include_str!("../benches/pacing.md");
/// Points of speed, and of refusals, that a change may cost before the table must be looked at again.
const A_LITTLE: (f64, f64) = (1.0, 0.2);

#[test]
fn pacing_is_not_worse_than_the_committed_table() {
    let ours = TABLE.split("\n## ").find(|part| part.starts_with("wxbulk"));
    let committed: Vec<_> = ours.unwrap().lines().filter_map(read_line).collect();
    assert_eq!(committed.len(), all().len() * CONCURRENCIES.len());
    let mut worse = Vec::new();
    for (name, concurrency, cells) in committed {
        let scenarios = all();
        let scenario = scenarios.iter().find(|scenario| scenario.name == name);
        if concurrency > CONCURRENCIES[0] {
            continue;
        }
        // The largest takes a minute where nothing is optimized.
        for (rows, (speed, refused)) in SIZES.into_iter().zip(cells).take(2) {
            let now = measure(scenario.unwrap(), Who::Us, rows, concurrency, &SEEDS);
            if now.speed < speed - A_LITTLE.0 || now.refused > refused + A_LITTLE.1 {
                worse.push(format!(
                    "{name}, {concurrency} at once, {rows} rows: {now:?}, was {speed} / {refused}"
                ));
            }
            assert!(now.early < f64::EPSILON, "{name}: sent before it was told");
        }
    }
    assert!(worse.is_empty(), "{}", worse.join("\n"));
}

#[test]
fn without_a_limit_the_search_does_not_hold_a_run_back() {
    let scenarios = all();
    let free = scenarios
        .iter()
        .find(|scenario| scenario.name == "no limit");
    let cell = measure(free.unwrap(), Who::Us, 200, 10, &SEEDS);
    assert!(cell.speed > 100.0 / 1.15, "{cell:?}");
}

#[test]
fn in_worlds_nobody_listed_most_runs_are_nearly_as_fast_as_can_be() {
    let measured: Vec<_> = (1..=60)
        .map(|seed| measure_world(Who::Us, seed, 300, 10, false))
        .collect();
    assert!(measured.iter().all(|one| one.early == 0));
    let mut speeds: Vec<f64> = measured.iter().map(|one| one.speed).collect();
    assert!(percentile(&mut speeds, 50.0) > 0.8, "{speeds:?}");
    let mut refused: Vec<f64> = measured.iter().map(|one| one.refused).collect();
    assert!(percentile(&mut refused, 50.0) < 0.05, "{refused:?}");
}

#[test]
fn two_runs_of_one_token_leave_nothing_unused() {
    for seed in 601..=603 {
        let both = side_by_side(Duration::from_secs(60), seed);
        assert!(both.first + both.second > 9.5, "{both:?}");
    }
}
