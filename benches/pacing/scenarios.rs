//! The worlds the table measures: which limiter, how far away, how many rows.

use super::limiters::{AtOnce, AtRandom, Bucket, FixedWindow, Limiter, RetryAfter, SlidingLog};
use super::run::Latency;

/// 250 ms a round trip, give or take a tenth.
pub const USUAL: Latency = Latency {
    up: (0.020, 0.022),
    rest: (0.205, 0.255),
};
/// What Webex calls have been seen to take.
const JITTERY: Latency = Latency {
    up: (0.020, 0.030),
    rest: (0.180, 0.770),
};

/// A server on the same machine.
const NEAR: Latency = Latency {
    up: (0.000_2, 0.000_3),
    rest: (0.000_6, 0.001),
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Ordinary,
    Hard,
    /// Not in the list of targets, shown because people meet it.
    Extra,
}

pub struct Scenario {
    pub name: &'static str,
    pub kind: Kind,
    pub latency: Latency,
    build: Box<dyn Fn(f64, f64) -> Box<dyn Limiter>>,
    oracle: Option<Box<dyn Fn() -> Box<dyn Limiter>>>,
}

impl Scenario {
    /// `phase` is between zero and one.
    pub fn limiter(&self, rows: usize, phase: f64) -> Box<dyn Limiter> {
        (self.build)(f64::from(u32::try_from(rows).unwrap_or(u32::MAX)), phase)
    }

    /// What the oracle is measured against: the same, but for a fair share where a limit is shared.
    pub fn limiter_for_oracle(&self, rows: usize, phase: f64) -> Box<dyn Limiter> {
        match &self.oracle {
            Some(oracle) => oracle(),
            None => self.limiter(rows, phase),
        }
    }
}

fn scenario<L: Limiter + 'static>(
    kind: Kind,
    name: &'static str,
    build: impl Fn(f64, f64) -> L + 'static,
) -> Scenario {
    Scenario {
        name,
        kind,
        latency: USUAL,
        build: Box::new(move |rows, phase| Box::new(build(rows, phase))),
        oracle: None,
    }
}

pub fn all() -> Vec<Scenario> {
    use Kind::{Extra, Hard, Ordinary};
    let five = || Bucket::new(5.0, 10.0);
    vec![
        scenario(Ordinary, "bucket 1/s, burst 5", |_, _| {
            Bucket::new(1.0, 5.0)
        }),
        scenario(Ordinary, "bucket 1/s, burst 50", |_, _| {
            Bucket::new(1.0, 50.0)
        }),
        scenario(Ordinary, "bucket 5/s, burst 5", |_, _| {
            Bucket::new(5.0, 5.0)
        }),
        scenario(Ordinary, "bucket 5/s, burst 50", |_, _| {
            Bucket::new(5.0, 50.0)
        }),
        scenario(Ordinary, "bucket 20/s, burst 5", |_, _| {
            Bucket::new(20.0, 5.0)
        }),
        scenario(Ordinary, "bucket 20/s, burst 50", |_, _| {
            Bucket::new(20.0, 50.0)
        }),
        scenario(Ordinary, "bucket 50/s, burst 5", |_, _| {
            Bucket::new(50.0, 5.0)
        }),
        scenario(Ordinary, "bucket 50/s, burst 50", |_, _| {
            Bucket::new(50.0, 50.0)
        }),
        scenario(Ordinary, "fixed window 300/min", |_, phase| {
            FixedWindow::per_minute(300, 60.0 * phase)
        }),
        scenario(Ordinary, "fixed window 1000/min", |_, phase| {
            FixedWindow::per_minute(1_000, 60.0 * phase)
        }),
        scenario(Ordinary, "sliding log 300/min", |_, _| {
            SlidingLog::per_minute(300)
        }),
        scenario(Ordinary, "leaky bucket 5/s, no burst", |_, _| {
            Bucket::new(5.0, 1.0)
        }),
        scenario(Ordinary, "bucket 10/s, burst 10, refusals cost", |_, _| {
            Bucket::new(10.0, 10.0).refusals_cost(1.0)
        }),
        scenario(Hard, "at most 5 at once", |_, _| AtOnce::at_most(5)),
        scenario(Hard, "limit 10, then 5, then 20/s", |rows, _| {
            // A third of the rows is what each of the first two phases has room for.
            Bucket::new(10.0, 10.0).changing(vec![
                (0.0, 10.0),
                (rows / 30.0, 5.0),
                (rows / 30.0 + rows / 15.0, 20.0),
            ])
        }),
        scenario(Hard, "bucket 5/s, Retry-After always 30 s", move |_, _| {
            five().retry_after(RetryAfter::Always(30.0))
        }),
        scenario(Hard, "bucket 5/s, no Retry-After", move |_, _| {
            five().retry_after(RetryAfter::Missing)
        }),
        // The caller turns a Retry-After of zero into one second.
        scenario(Hard, "bucket 5/s, Retry-After 0", move |_, _| {
            five().retry_after(RetryAfter::Always(1.0))
        }),
        Scenario {
            oracle: Some(Box::new(|| Box::new(Bucket::new(5.0, 10.0)))),
            ..scenario(Hard, "bucket 10/s, another client takes half", |_, _| {
                Bucket::new(10.0, 10.0).shared_with(5.0)
            })
        },
        scenario(Extra, "no limit", |_, _| Bucket::new(1e9, 1e9)),
        Scenario {
            latency: NEAR,
            ..scenario(Extra, "no limit, 1 ms a call", |_, _| Bucket::new(1e9, 1e9))
        },
        scenario(Extra, "no limit, one in 20 refused", |_, phase| {
            AtRandom::one_in(20.0, phase)
        }),
        // What `burst=5 nodelay` of nginx is: five more than the one that always passes.
        Scenario {
            latency: NEAR,
            ..scenario(Extra, "nginx 50/s, burst 5, 1 ms a call", |_, _| {
                Bucket::new(50.0, 6.0).retry_after(RetryAfter::Always(1.0))
            })
        },
        Scenario {
            latency: JITTERY,
            ..scenario(Extra, "bucket 5/s, 200 to 800 ms", move |_, _| five())
        },
    ]
}
