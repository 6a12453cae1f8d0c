//! Prints the pacing table: our pacer and models of others against limiters they know nothing of.
//!
//! `cargo bench --bench pacing > benches/pacing.md`; with the words of a limiter's name, only that one, and with
//! `101-108`, on those seeds. `worlds=1-400` prints only the worlds of those seeds.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the table is what this program is for"
)]

#[path = "pacing/mod.rs"]
mod model;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Duration;

use model::distribution::{self, JUDGING, Measured};
use model::outer_limits::{self, Organizations};
use model::outer_table;
use model::scenarios::{Kind, all};
use model::senders::{EVERYONE, Who};
use model::table::{
    CONCURRENCIES, Cell, SEEDS, SIZES, Shares, beside, line, measure, side_by_side, verdict,
};
use tokio::time::Instant;
use wxbulk::pace::{Feedback, PaceSettings, Pacer, SendDecision};

/// Seeds that nothing was tuned on.
const UNSEEN: std::ops::RangeInclusive<u64> = 601..=660;

fn main() {
    let words = || {
        std::env::args()
            .skip(1)
            .filter(|word| !word.starts_with('-'))
    };
    let drawn = words().find_map(|word| {
        let (first, last) = word.strip_prefix("worlds=")?.split_once('-')?;
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    if let Some(seeds) = drawn {
        println!("{}", distribution::HEAD);
        return print_worlds(1_000, 10, seeds);
    }
    let seeds = words().find_map(|word| {
        let (first, last) = word.split_once('-')?;
        Some((first.parse().ok()?..=last.parse().ok()?).collect::<Vec<u64>>())
    });
    let only = words().find(|word| word.contains(char::is_alphabetic));
    let seeds = &seeds.unwrap_or_else(|| SEEDS.to_vec());
    let scenarios = all();
    let chosen = || {
        let names = |name: &str| {
            only.as_ref()
                .is_none_or(|only| name.contains(only.as_str()))
        };
        scenarios
            .iter()
            .filter(move |scenario| names(scenario.name))
    };
    println!("{}", include_str!("pacing/notes.md"));
    if only.is_none() {
        print_all_worlds();
        print_outer_limits();
        print_short_runs();
    }
    println!(
        "## wxbulk\n\n| limiter | at once | 200 rows | 1,000 rows | 10,000 rows | target |\n|---|---|---|---|---|---|"
    );
    for concurrency in CONCURRENCIES {
        for scenario in chosen() {
            let cells = |who| SIZES.map(|rows| measure(scenario, who, rows, concurrency, seeds));
            let rivals: Vec<Vec<Cell>> = match scenario.kind {
                Kind::Hard => EVERYONE[1..]
                    .iter()
                    .map(|who| cells(*who).to_vec())
                    .collect(),
                Kind::Ordinary | Kind::Extra => Vec::new(),
            };
            let ours = cells(Who::Us);
            let verdict = verdict(scenario.kind, &ours, &rivals);
            println!("{}", line(scenario.name, concurrency, &ours, &verdict));
        }
    }
    println!(
        "\n## The others, ten at once\n\nThe last column is the share of all requests sent before an instant the service had announced, at 10,000 rows; wxbulk's is always 0.\n\n| limiter: who | at once | 200 rows | 1,000 rows | 10,000 rows | early |\n|---|---|---|---|---|---|"
    );
    for scenario in chosen() {
        for who in &EVERYONE[1..] {
            let cells = SIZES.map(|rows| measure(scenario, *who, rows, CONCURRENCIES[0], seeds));
            let name = format!("{}: {}", scenario.name, who.name());
            let early = format!("{:.0} %", cells[SIZES.len() - 1].early);
            println!("{}", line(&name, CONCURRENCIES[0], &cells, &early));
        }
    }
    print_two_runs();
    print_beside_others();
    eprintln!(
        "{:.0} ns a request in the pacer while nothing is refused",
        hot_path()
    );
}

fn print_all_worlds() {
    println!("## A thousand worlds\n\n{}", distribution::HEAD);
    for (rows, concurrency, worlds) in [
        (1_000, 10, 1_000),
        (50, 10, 1_000),
        (200, 10, 1_000),
        (10_000, 10, 60),
        (1_000, 50, 100),
        (200, 50, 100),
    ] {
        print_worlds(
            rows,
            concurrency,
            *JUDGING.start()..=*JUDGING.start() + worlds - 1,
        );
    }
}

fn print_worlds(rows: usize, concurrency: usize, seeds: std::ops::RangeInclusive<u64>) {
    let all: Vec<Measured> = seeds
        .clone()
        .map(|seed| distribution::measure(Who::Us, seed, rows, concurrency, true))
        .collect();
    let name = format!("**{rows} rows, {concurrency} at once**");
    println!("{}", distribution::line(&name, all.iter()));
    if (rows, concurrency) != (1_000, 10) {
        return;
    }
    let alone = || all.iter().filter(|one| !one.is_shared);
    println!("{}", distribution::line("nobody else there", alone()));
    let met = alone().filter(|one| one.meets_limit);
    println!("{}", distribution::line("and the limit is met", met));
    for kind in [
        "bucket",
        "window",
        "sliding log",
        "fading counter",
        "concurrency",
        "several at once",
        "nodes",
    ] {
        let of_kind = alone().filter(|one| one.kind == kind);
        println!("{}", distribution::line(kind, of_kind));
    }
    let shared = all.iter().filter(|one| one.is_shared);
    println!("{}", distribution::line("with others", shared));
    for who in &EVERYONE[1..] {
        let theirs: Vec<Measured> = seeds
            .clone()
            .map(|seed| distribution::measure(*who, seed, rows, concurrency, false))
            .collect();
        let name = format!("all, sent by: {}", who.name());
        println!("{}", distribution::line(&name, theirs.iter()));
    }
    let early: usize = all.iter().map(|one| one.early).sum();
    eprintln!("{early} requests of wxbulk were early");
}

fn print_outer_limits() {
    println!(
        "\n## Several users behind one limit\n\n2,000 rows, ten on the wire for each user. Speed and 429s in percent: the mean and the worst of ten seeds. **Least** is what the user got who got least, in percent of a fair share. The last column is one user alone behind the outer limit.\n\n| outer limit, users | speed | worst | 429s | worst | least | one alone: speed / 429s |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    for users in outer_table::named() {
        println!("{}", outer_table::line(&users));
    }
    println!(
        "\nDrawn as the worlds above, with two to four users, one of them in a quarter of the worlds far more limited than the others, and noise in a quarter.\n\n| drawn | | speed: median | p10 | 429s: median | p90 | least: median | p10 |\n|---|---:|---:|---:|---:|---:|---:|---:|"
    );
    let drawn = outer_table::draw_all();
    let of = |is_in: &dyn Fn(&outer_limits::Measured) -> bool| -> Vec<_> {
        let ours = drawn.iter().map(|(ours, _)| *ours);
        ours.filter(|one| is_in(one)).collect()
    };
    println!("{}", outer_table::spread("all", &of(&|_| true)));
    println!(
        "{}",
        outer_table::spread("without noise", &of(&|one| !one.has_noise))
    );
    for (name, organizations) in [
        ("one organization", Organizations::One),
        ("an organization each", Organizations::OneEach),
        ("two organizations, mixed", Organizations::Mixed),
    ] {
        let of_these = of(&|one| one.organizations == organizations);
        println!("{}", outer_table::spread(name, &of_these));
    }
    let alone: Vec<_> = drawn.iter().map(|(_, alone)| *alone).collect();
    println!("{}", outer_table::spread("one user alone", &alone));
}

fn print_short_runs() {
    println!(
        "\n## Short runs\n\nTwelve runs of 12 rows and one of 60, a minute apart, each with what the one before remembered. Seconds.\n\n| bucket | first run | twelfth | the one of 60 rows |\n|---|---:|---:|---:|"
    );
    for (rate, burst) in [(10.0, 10.0), (5.0, 5.0), (1.0, 5.0), (5.0, 1.0)] {
        let took = distribution::short_runs(rate, burst, 1);
        println!(
            "| {rate}/s, burst {burst} | {:.1} | {:.1} | {:.1} |",
            took[0], took[11], took[12]
        );
    }
    println!();
}

/// The same three seeds one by one, and sixty that nothing was tuned on together.
fn print_two_runs() {
    println!(
        "\n## Two runs with one token, a bucket of 10/s, burst 10\n\n| second starts after | seed | first, a second | second, a second | 429s, % |\n|---|---|---|---|---|"
    );
    let starts = [0, 60, 300].map(Duration::from_secs);
    for after in starts {
        for seed in SEEDS {
            let shares = side_by_side(after, seed);
            let Shares {
                first,
                second,
                refused,
            } = shares;
            println!(
                "| {} s | {seed} | {first:.2} | {second:.2} | {refused:.2} |",
                after.as_secs()
            );
        }
    }
    println!(
        "\n| second starts after | seeds | within 40:60 | least together, a second |\n|---|---|---|---|"
    );
    for after in starts {
        let all = UNSEEN.map(|seed| side_by_side(after, seed));
        let even = all.clone().filter(Shares::are_even).count();
        let least = all
            .map(|shares| shares.first + shares.second)
            .fold(f64::INFINITY, f64::min);
        println!(
            "| {} s | {} to {} | {even} of {} | {least:.2} |",
            after.as_secs(),
            UNSEEN.start(),
            UNSEEN.end(),
            UNSEEN.count()
        );
    }
}

/// What is left to us by clients that always try again, as scripts for this service do.
fn print_beside_others() {
    println!(
        "\n## Beside another client with the same token, a bucket of 10/s, burst 10\n\n| the other, a minute before us | theirs, a second | ours, a second |\n|---|---|---|"
    );
    for who in &EVERYONE[1..] {
        let all: Vec<Shares> = UNSEEN.map(|seed| beside(*who, seed)).collect();
        let mean = |part: fn(&Shares) -> f64| {
            all.iter().map(part).sum::<f64>() / f64::from(u32::try_from(all.len()).unwrap_or(1))
        };
        println!(
            "| {} | {:.2} | {:.2} |",
            who.name(),
            mean(|shares| shares.first),
            mean(|shares| shares.second)
        );
    }
}

/// Nanoseconds for one question, one departure and one answer.
fn hot_path() -> f64 {
    const REQUESTS: u32 = 5_000_000;
    let start = Instant::now();
    let settings = PaceSettings {
        concurrency: NonZeroUsize::new(50).unwrap_or(NonZeroUsize::MIN),
        ceiling: None,
        remembered: None,
    };
    let mut pacer = Pacer::new(&settings, start);
    let mut now = start;
    for _ in 0..REQUESTS {
        now += Duration::from_micros(25);
        if black_box(pacer.next_send(now, 0)) == SendDecision::Now {
            let request = pacer.sent(now);
            pacer.answered(request, now + Duration::from_millis(1), Feedback::Accepted);
        }
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(REQUESTS)
}
