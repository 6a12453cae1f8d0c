//! The table of several users behind one limit: those that have a name, and those that are drawn.

use std::ops::RangeInclusive;

use super::distribution::percentile;
use super::outer_limits::{Measured, Organizations, Users, drawn, float};
use super::worlds::Limit;

/// Drawn from these seeds,
pub const DRAWN: RangeInclusive<u64> = 100_001..=100_400;
/// and each that has a name is played with these.
pub const SEEDS: RangeInclusive<u64> = 1..=10;
const ROWS: usize = 2_000;

impl Measured {
    fn mean(all: &[Self], part: fn(&Self) -> f64) -> f64 {
        100.0 * all.iter().map(part).sum::<f64>() / float(all.len())
    }
}

/// All seeds of one that has a name.
pub fn measure_all(users: &Users) -> Vec<Measured> {
    SEEDS
        .map(|seed| users.with_seed(seed).measure(ROWS, 10))
        .collect()
}

pub fn draw_all() -> Vec<(Measured, Measured)> {
    let both = |seed| {
        let users = Users::draw(seed);
        (
            users.measure(ROWS, 10),
            users.first_alone().measure(ROWS, 10),
        )
    };
    DRAWN.map(both).collect()
}

/// A line of the table: means and worst of one that has a name, and the first user alone.
pub fn line(users: &Users) -> String {
    let (all, alone) = (measure_all(users), measure_all(&users.first_alone()));
    let slowest = all
        .iter()
        .map(|one| one.speed)
        .fold(f64::INFINITY, f64::min);
    let most = all.iter().map(|one| one.refused).fold(0.0, f64::max);
    format!(
        "| {} | {:.1} | {:.1} | {:.2} | {:.2} | {:.0} | {:.1} / {:.2} |",
        users.name,
        Measured::mean(&all, |one| one.speed),
        100.0 * slowest,
        Measured::mean(&all, |one| one.refused),
        100.0 * most,
        Measured::mean(&all, |one| one.least),
        Measured::mean(&alone, |one| one.speed),
        Measured::mean(&alone, |one| one.refused),
    )
}

/// A line of the table: how worlds that were drawn are spread.
pub fn spread(name: &str, all: &[Measured]) -> String {
    let at = |part: fn(&Measured) -> f64, percent| {
        100.0 * percentile(&mut all.iter().map(part).collect::<Vec<_>>(), percent)
    };
    format!(
        "| {name} | {} | {:.1} | {:.1} | {:.2} | {:.2} | {:.0} | {:.0} |",
        all.len(),
        at(|one| one.speed, 50.0),
        at(|one| one.speed, 10.0),
        at(|one| one.refused, 50.0),
        at(|one| one.refused, 90.0),
        at(|one| one.least, 50.0),
        at(|one| one.least, 10.0),
    )
}

/// Users without a limit behind them, by their own, beside whom one of 1/s is put.
pub fn beside_a_slow_user() -> [Vec<Option<f64>>; 4] {
    [
        vec![Some(5.0)],
        vec![Some(5.0); 3],
        vec![None],
        vec![None; 2],
    ]
}

/// Seconds on the average for this number of rows, sent by users with these limits.
pub fn seconds(inner: &[Option<f64>], rows: usize) -> f64 {
    let drawn = drawn(1000.0, 10.0);
    let outer = vec![(Limit::of_rule(drawn.bucket()), drawn)];
    let users = Users::of("", inner, outer, Organizations::One);
    let seconds = SEEDS.map(|seed| users.with_seed(seed).measure(rows, 10).seconds);
    let all: Vec<f64> = seconds.collect();
    all.iter().sum::<f64>() / float(all.len())
}

/// Those that have a name.
pub fn named() -> Vec<Users> {
    use Organizations::{Mixed, One, OneEach};
    let bucket = |rate: f64| {
        (
            Limit::of_rule(drawn(rate, 10.0).bucket()),
            drawn(rate, 10.0),
        )
    };
    let window = |rate: f64| (Limit::of_rule(drawn(rate, 1.0).window()), drawn(rate, 1.0));
    let log = |rate: f64| (Limit::of_rule(drawn(rate, 1.0).log()), drawn(rate, 1.0));
    let five = Some(5.0);
    vec![
        Users::of("none, four of 5/s", &[five; 4], vec![bucket(1000.0)], One),
        Users::of(
            "none, one of 1/s and three of 5/s",
            &[Some(1.0), five, five, five],
            vec![bucket(1000.0)],
            One,
        ),
        Users::of(
            "none, one of 5/s and one of 1/s",
            &[five, Some(1.0)],
            vec![bucket(1000.0)],
            One,
        ),
        Users::of(
            "none, one of 1/s and one without a limit",
            &[Some(1.0), None],
            vec![bucket(1000.0)],
            One,
        ),
        Users::of("6/s, two of 5/s", &[five; 2], vec![bucket(6.0)], One),
        Users::of("6/s, three of 5/s", &[five; 3], vec![bucket(6.0)], One),
        Users::of("12/s, four of 5/s", &[five; 4], vec![bucket(12.0)], One),
        Users::of("6/s, two of 2/s", &[Some(2.0); 2], vec![bucket(6.0)], One),
        Users::of(
            "6/s, one of 1/s and one of 10/s",
            &[Some(1.0), Some(10.0)],
            vec![bucket(6.0)],
            One,
        ),
        Users::of(
            "6/s, two without a limit",
            &[None; 2],
            vec![bucket(6.0)],
            One,
        ),
        Users::of(
            "20/s, four without a limit",
            &[None; 4],
            vec![bucket(20.0)],
            One,
        ),
        Users::of(
            "window of 360/min, two of 5/s",
            &[five; 2],
            vec![window(6.0)],
            One,
        ),
        Users::of(
            "sliding log of 360/min, two of 5/s",
            &[five; 2],
            vec![log(6.0)],
            One,
        ),
        Users::of(
            "at most 3 at once, two of 10/s",
            &[Some(10.0); 2],
            vec![(Limit::at_most(3), drawn(1.0, 1.0))],
            One,
        ),
        Users::of(
            "3/s each, two of 5/s",
            &[five; 2],
            vec![bucket(3.0); 2],
            OneEach,
        ),
        Users::of(
            "3/s and 9/s, mixed, two of 5/s",
            &[five; 2],
            vec![bucket(3.0), bucket(9.0)],
            Mixed,
        ),
        Users::of(
            "4/s each, mixed, two of 5/s",
            &[five; 2],
            vec![bucket(4.0), bucket(4.0)],
            Mixed,
        ),
    ]
}
