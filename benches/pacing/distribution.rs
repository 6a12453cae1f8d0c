//! What happens in a thousand worlds, as a distribution.

use std::time::Duration;

use tokio::time::Instant;

use std::ops::RangeInclusive;

use super::limiters::Bucket;
use super::run::{Run, Until, told_by_its_first_refusal};
use super::senders::{EVERYONE, Remembering, Who};
use super::worlds::World;

/// What one world came to.
#[derive(Debug, Clone)]
pub struct Measured {
    pub kind: &'static str,
    pub is_shared: bool,
    /// Whether the oracle is refused at all, but for noise.
    pub meets_limit: bool,
    /// The oracle's time as a share of ours.
    pub speed: f64,
    /// The share of requests answered 429, without those that had no reason.
    pub refused: f64,
    pub early: usize,
    pub rivals: Vec<Rival>,
}

/// A rival that was done before us, with at most twice our 429s.
#[derive(Debug, Clone, Copy)]
pub struct Rival {
    pub who: Who,
    pub early: usize,
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run")]
fn float(count: usize) -> f64 {
    count as f64
}

pub fn measure(
    who: Who,
    seed: u64,
    rows: usize,
    concurrency: usize,
    with_rivals: bool,
) -> Measured {
    let base = Instant::now();
    let world = World::draw(seed);
    let oracle = told_by_its_first_refusal(&world, rows, concurrency);
    let play = |who: Who, until: Until| {
        let mut run = Run::new(base, world.latency, seed);
        run.add(who.start(concurrency, base, seed), rows, Duration::ZERO);
        run.play(&mut world.clone(), until)[0]
    };
    // Who takes thirty times as long as the oracle is slow, however much longer it would take.
    let most = Until {
        end: Duration::from_secs_f64(30.0 * oracle.seconds),
        refused: 40 * rows,
    };
    let ours = play(who, most);
    let seconds = if ours.accepted < rows {
        most.end.as_secs_f64() * float(rows) / float(ours.accepted.max(1))
    } else {
        ours.seconds
    };
    let mut rivals = Vec::new();
    if with_rivals {
        for rival in &EVERYONE[1..] {
            let theirs = play(
                *rival,
                Until {
                    end: Duration::from_secs_f64(seconds / 1.03),
                    refused: 2 * ours.refused,
                },
            );
            if theirs.accepted == rows && theirs.refused <= 2 * ours.refused {
                rivals.push(Rival {
                    who: *rival,
                    early: theirs.early,
                });
            }
        }
    }
    Measured {
        kind: world.kind,
        is_shared: world.is_shared(),
        meets_limit: oracle.refused > oracle.noise,
        speed: oracle.seconds / seconds,
        refused: float(ours.refused - ours.noise) / float(ours.sent),
        early: ours.early,
        rivals,
    }
}

/// The value that this many of a hundred are below.
pub fn percentile(values: &mut [f64], percent: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    if values.is_empty() {
        return f64::NAN;
    }
    let place = percent / 100.0 * float(values.len() - 1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place within the values"
    )]
    let place = place.round() as usize;
    values[place]
}

/// The search was tuned on these,
pub const TUNING: RangeInclusive<u64> = 1..=600;
/// never on these,
pub const JUDGING: RangeInclusive<u64> = 100_001..=101_000;
/// and these are looked at once, at the end: `cargo bench --bench pacing -- worlds=900001-901000`.
pub const THIRD: RangeInclusive<u64> = 900_001..=901_000;

pub const HEAD: &str = "| worlds | | speed: median | p10 | p1 | 429s: median | p90 | p99 | a rival is better |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|";

/// A line of the table: speed in percent of the oracle's, 429s beyond noise in percent of all requests, and in how many
/// worlds a rival that sent nothing early is faster with at most twice our 429s.
pub fn line<'a>(name: &str, measured: impl Iterator<Item = &'a Measured> + Clone) -> String {
    let mut speeds: Vec<f64> = measured.clone().map(|one| 100.0 * one.speed).collect();
    let mut refused: Vec<f64> = measured.clone().map(|one| 100.0 * one.refused).collect();
    let beaten = measured.filter(|one| one.rivals.iter().any(|rival| rival.early == 0));
    let beaten = 100.0 * float(beaten.count()) / float(speeds.len().max(1));
    format!(
        "| {name} | {} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.1} | {beaten:.1} % |",
        speeds.len(),
        percentile(&mut speeds, 50.0),
        percentile(&mut speeds, 10.0),
        percentile(&mut speeds, 1.0),
        percentile(&mut refused, 50.0),
        percentile(&mut refused, 90.0),
        percentile(&mut refused, 99.0),
    )
}

/// Seconds that thirteen runs with one memory take after each other, a minute apart: twelve of 12 rows, one of 60.
pub fn short_runs(rate: f64, burst: f64, seed: u64) -> Vec<f64> {
    let base = Instant::now();
    let mut limiter = Bucket::new(rate, burst);
    let mut pacers = Remembering::default();
    let mut now = Duration::ZERO;
    let mut took = Vec::new();
    for run in 0..13 {
        let rows = if run == 12 { 60 } else { 12 };
        let world = World::draw(seed);
        let mut play = Run::new(base, world.latency, seed + run);
        play.add(pacers.start(base + now), rows, now);
        let outcome = play.play(&mut limiter, Until::DONE)[0];
        took.push(outcome.seconds);
        now += Duration::from_secs_f64(outcome.seconds) + Duration::from_mins(1);
    }
    took
}
