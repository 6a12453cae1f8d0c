//! The table: what is measured for each world, and whether that is what must be seen.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use super::run::{Run, Until, oracle};
use super::scenarios::{Kind, Scenario};
use super::senders::Who;

pub const SIZES: [usize; 3] = [200, 1_000, 10_000];
/// The default, and what someone in a hurry types.
pub const CONCURRENCIES: [usize; 2] = [10, 50];
/// The table is judged on these; what is tuned is tuned on others.
pub const SEEDS: [u64; 3] = [1, 2, 3];

/// Means over the seeds, for one number of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The oracle's time as a share of ours, in percent: 98 means 2 % slower than one who knows.
    pub speed: f64,
    /// Requests answered 429, in percent.
    pub refused: f64,
    /// Requests sent before an announced instant, in percent.
    pub early: f64,
    /// Seconds; of the worst seed.
    pub pause: f64,
}

/// What must be seen: least speed and most refusals, in percent.
fn target(rows: usize) -> (f64, f64) {
    match rows {
        200 => (80.0, f64::INFINITY),
        1_000 => (85.0, 2.0),
        _ => (98.0, 0.7),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run")]
fn float(count: usize) -> f64 {
    count as f64
}

pub fn measure(
    scenario: &Scenario,
    who: Who,
    rows: usize,
    concurrency: usize,
    seeds: &[u64],
) -> Cell {
    let base = Instant::now();
    let mut cell = Cell {
        speed: 0.0,
        refused: 0.0,
        early: 0.0,
        pause: 0.0,
    };
    for &seed in seeds {
        let phase = fastrand::Rng::with_seed(seed).f64();
        let limiter = &mut *scenario.limiter_for_oracle(rows, phase);
        let best = oracle(limiter, scenario.latency, seed, rows, concurrency);
        let mut run = Run::new(base, scenario.latency, seed);
        run.add(who.start(concurrency, base, seed), rows, Duration::ZERO);
        let limiter = &mut *scenario.limiter(rows, phase);
        let outcome = run.play(limiter, Until::DONE)[0];
        let share = 100.0 / float(seeds.len());
        cell.speed += share * best / outcome.seconds;
        cell.refused += share * float(outcome.refused) / float(outcome.sent);
        cell.early += share * float(outcome.early) / float(outcome.sent);
        cell.pause = cell.pause.max(outcome.longest_pause);
    }
    cell
}

pub fn line(name: &str, concurrency: usize, cells: &[Cell], last: &str) -> String {
    let mut line = format!("| {name} | {concurrency} |");
    for cell in cells {
        let Cell {
            speed,
            refused,
            pause,
            ..
        } = cell;
        // Writing to a string cannot fail.
        let _ = write!(line, " {speed:.1} / {refused:.2} / {pause:.0} |");
    }
    let _ = write!(line, " {last} |");
    line
}

pub type Committed = (String, usize, Vec<(f64, f64)>);

/// The name, the concurrency and (speed, refused) for each size, as `line` wrote them.
pub fn read_line(line: &str) -> Option<Committed> {
    let mut columns = line.split('|').map(str::trim).skip(1);
    let name = columns.next()?.to_owned();
    let concurrency = columns.next()?.parse().ok()?;
    let cells = columns.take(SIZES.len()).map(|cell| {
        let mut numbers = cell.split('/').map(|number| number.trim().parse().ok());
        Some((numbers.next()??, numbers.next()??))
    });
    Some((name, concurrency, cells.collect::<Option<_>>()?))
}

pub fn verdict(kind: Kind, cells: &[Cell], rivals: &[Vec<Cell>]) -> String {
    let mut missed = Vec::new();
    for (index, (rows, cell)) in SIZES.into_iter().zip(cells).enumerate() {
        match kind {
            Kind::Extra => return "–".to_owned(),
            Kind::Ordinary => {
                let (speed, refused) = target(rows);
                if cell.speed < speed {
                    missed.push(format!("{rows}: speed"));
                }
                if cell.refused > refused {
                    missed.push(format!("{rows}: 429s"));
                }
            }
            Kind::Hard => {
                let others = || rivals.iter().map(|rival| &rival[index]);
                if others().any(|rival| rival.speed > cell.speed) {
                    missed.push(format!("{rows}: speed"));
                }
                if others().any(|rival| rival.refused < cell.refused) {
                    missed.push(format!("{rows}: 429s"));
                }
            }
        }
    }
    if missed.is_empty() {
        "met".to_owned()
    } else {
        format!("missed ({})", missed.join(", "))
    }
}

/// What two runs of one token get out of a bucket of ten a second once both are under way.
#[derive(Debug, Clone, Copy)]
pub struct Shares {
    /// Rows a second.
    pub first: f64,
    pub second: f64,
    /// Percent of their requests.
    pub refused: f64,
}

impl Shares {
    pub fn are_even(&self) -> bool {
        (0.4..=0.6).contains(&(self.first / (self.first + self.second)))
    }
}

pub fn side_by_side(second_starts: Duration, seed: u64) -> Shares {
    shares_of([Who::Us, Who::Us], second_starts, seed)
}

/// What we get beside another client that began a minute before us, and never ends.
pub fn beside(other: Who, seed: u64) -> Shares {
    shares_of([other, Who::Us], Duration::from_mins(1), seed)
}

fn shares_of(both: [Who; 2], second_starts: Duration, seed: u64) -> Shares {
    let base = Instant::now();
    let scenarios = super::scenarios::all();
    let latency = scenarios[0].latency;
    let play = |end: Duration| {
        let mut run = Run::new(base, latency, seed);
        for (who, starts) in both.into_iter().zip([Duration::ZERO, second_starts]) {
            run.add(who.start(10, base + starts, seed), 1_000_000, starts);
        }
        let until = Until { end, ..Until::DONE };
        run.play(&mut super::limiters::Bucket::new(10.0, 10.0), until)
    };
    let settled = second_starts + Duration::from_mins(2);
    let (before, after) = (play(settled), play(settled + Duration::from_mins(20)));
    let rate = |party: usize| float(after[party].accepted - before[party].accepted) / 1_200.0;
    let sent: usize = after.iter().map(|outcome| outcome.sent).sum();
    let refused: usize = after.iter().map(|outcome| outcome.refused).sum();
    Shares {
        first: rate(0),
        second: rate(1),
        refused: 100.0 * float(refused) / float(sent),
    }
}
