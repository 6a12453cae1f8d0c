//! Prints the pacing table: our pacer and models of others against limiters they know nothing of.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]

#[path = "pacing/mod.rs"]
mod model;

use std::time::Duration;

use model::run::{Run, oracle};
use model::scenarios::all;
use model::senders::EVERYONE;
use tokio::time::Instant;

fn main() {
    let base = Instant::now();
    let only = std::env::args()
        .nth(1)
        .filter(|word| !word.starts_with('-'));
    let everyone = std::env::args().any(|word| word == "--all");
    for concurrency in [10, 50] {
        println!("concurrency {concurrency}");
        for scenario in all() {
            if only
                .as_ref()
                .is_some_and(|only| !scenario.name.contains(only.as_str()))
            {
                continue;
            }
            for who in EVERYONE.into_iter().take(if everyone { 5 } else { 1 }) {
                print!("{:42} {:18}", scenario.name, who.name());
                for rows in [200, 1_000, 10_000] {
                    let (mut share, mut refused, mut pause, mut sent) = (0.0, 0, 0.0_f64, 0);
                    for seed in [1_u64, 2, 3] {
                        let phase = fastrand::Rng::with_seed(seed).f64();
                        let best = oracle(
                            &mut *scenario.limiter_for_oracle(rows, phase),
                            scenario.latency,
                            seed,
                            rows,
                            concurrency,
                        );
                        let mut run = Run::new(base, scenario.latency, seed);
                        run.add(who.start(concurrency, base, seed), rows, Duration::ZERO);
                        let outcome =
                            run.play(&mut *scenario.limiter(rows, phase), Duration::MAX)[0];
                        share += best / outcome.seconds / 3.0;
                        refused += outcome.refused;
                        sent += outcome.sent;
                        pause = pause.max(outcome.longest_pause);
                    }
                    #[expect(clippy::cast_precision_loss, reason = "counts of one table")]
                    let waste = 100.0 * refused as f64 / sent as f64;
                    let (need, most) = match rows {
                        200 => (0.8, 100.0),
                        1000 => (0.85, 2.0),
                        _ => (0.98, 0.7),
                    };
                    let mark = if share < need { "T" } else { " " };
                    let mark2 = if waste > most { "R" } else { " " };
                    print!(
                        " | {:6.1}%{mark} {waste:5.2}%{mark2} {pause:6.1}s",
                        share * 100.0
                    );
                }
                println!();
            }
        }
    }
}
