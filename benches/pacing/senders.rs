//! Who sends: our pacer, and models of what other clients do about a limit.

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;
use wxbulk::pace::{
    Estimate, Feedback, InFlight, PaceSettings, Pacer, SendDecision, share_what_was_learned,
};

/// What a sender wants back with the answer.
#[derive(Debug, Clone, Copy)]
pub enum Stub {
    Pacer(InFlight),
    Rival,
}

pub trait Sender {
    fn next(&mut self, now: Instant, on_wire: usize) -> SendDecision;
    fn sent(&mut self, now: Instant) -> Stub;
    /// Some time for this row alone to wait before it is ready again; `attempts` counts its refusals.
    fn answered(&mut self, stub: Stub, now: Instant, feedback: Feedback, attempts: u32)
    -> Duration;
}

impl Sender for Pacer {
    fn next(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        self.next_send(now, on_wire)
    }

    fn sent(&mut self, now: Instant) -> Stub {
        Stub::Pacer(self.sent(now))
    }

    fn answered(&mut self, stub: Stub, now: Instant, feedback: Feedback, _: u32) -> Duration {
        if let Stub::Pacer(request) = stub {
            self.answered(request, now, feedback);
        }
        Duration::ZERO
    }
}

/// One pacer after the other, each with what the one before found.
#[derive(Default)]
pub struct Remembering {
    found: Rc<Cell<Option<(Instant, Estimate)>>>,
}

struct Remembered {
    pacer: Pacer,
    found: Rc<Cell<Option<(Instant, Estimate)>>>,
}

impl Remembering {
    pub fn start(&mut self, now: Instant) -> Box<dyn Sender> {
        let settings = PaceSettings {
            concurrency: NonZeroUsize::new(10).unwrap_or(NonZeroUsize::MIN),
            ceiling: None,
            remembered: self
                .found
                .get()
                .map(|(at, found)| found.aged(now.saturating_duration_since(at))),
        };
        Box::new(Remembered {
            pacer: Pacer::new(&settings, now),
            found: Rc::clone(&self.found),
        })
    }
}

impl Sender for Remembered {
    fn next(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        self.pacer.next_send(now, on_wire)
    }

    fn sent(&mut self, now: Instant) -> Stub {
        Stub::Pacer(self.pacer.sent(now))
    }

    fn answered(&mut self, stub: Stub, now: Instant, feedback: Feedback, _: u32) -> Duration {
        if let Stub::Pacer(request) = stub {
            self.pacer.answered(request, now, feedback);
            let found = self.pacer.estimate().map(|found| (now, found));
            self.found.set(found.or(self.found.get()));
        }
        Duration::ZERO
    }
}

/// One user of several in one run.
struct LaneOf {
    began: Instant,
    pacers: Rc<RefCell<Vec<Pacer>>>,
    lane: usize,
}

/// The users of one run.
pub fn lanes(count: usize, concurrency: usize, now: Instant) -> Vec<Box<dyn Sender>> {
    let settings = PaceSettings {
        concurrency: NonZeroUsize::new(concurrency).unwrap_or(NonZeroUsize::MIN),
        ceiling: None,
        remembered: None,
    };
    let first = Pacer::new(&settings, now);
    let mut pacers: Vec<Pacer> = (1..count).map(|_| first.beside(&settings, now)).collect();
    pacers.insert(0, first);
    let pacers = Rc::new(RefCell::new(pacers));
    let lane = |lane| LaneOf {
        began: now,
        pacers: Rc::clone(&pacers),
        lane,
    };
    (0..count)
        .map(|number| Box::new(lane(number)) as Box<dyn Sender>)
        .collect()
}

impl Sender for LaneOf {
    fn next(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        let mut pacers = self.pacers.borrow_mut();
        let mut all: Vec<_> = pacers.iter_mut().collect();
        share_what_was_learned(&mut all, self.began, now);
        pacers[self.lane].next_send(now, on_wire)
    }

    fn sent(&mut self, now: Instant) -> Stub {
        Stub::Pacer(self.pacers.borrow_mut()[self.lane].sent(now))
    }

    fn answered(&mut self, stub: Stub, now: Instant, feedback: Feedback, _: u32) -> Duration {
        if let Stub::Pacer(request) = stub {
            self.pacers.borrow_mut()[self.lane].answered(request, now, feedback);
        }
        Duration::ZERO
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Us,
    RequestSleep,
    GateOnly,
    Vector,
    Aws,
}

pub const EVERYONE: [Who; 5] = [
    Who::Us,
    Who::RequestSleep,
    Who::GateOnly,
    Who::Vector,
    Who::Aws,
];

impl Who {
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "wxbulk",
            Self::RequestSleep => "request sleep",
            Self::GateOnly => "gate only",
            Self::Vector => "AIMD concurrency",
            Self::Aws => "CUBIC rate",
        }
    }

    pub fn start(self, concurrency: usize, now: Instant, seed: u64) -> Box<dyn Sender> {
        match self {
            Self::Us => Box::new(Pacer::new(
                &PaceSettings {
                    concurrency: NonZeroUsize::new(concurrency).unwrap_or(NonZeroUsize::MIN),
                    ceiling: None,
                    remembered: None,
                },
                now,
            )),
            Self::RequestSleep => Box::new(RequestSleep {
                workers: concurrency,
                sleeping: Vec::new(),
            }),
            Self::GateOnly => Box::new(GateOnly {
                workers: concurrency,
                opens: now,
            }),
            Self::Vector => Box::new(Vector {
                workers: concurrency,
                limit: 1,
                on_wire: 0,
                reached: false,
                pushed_back: false,
                window_ends: None,
                random: fastrand::Rng::with_seed(seed),
            }),
            Self::Aws => Box::new(Aws::new(concurrency, now, seed)),
        }
    }
}

#[expect(
    clippy::option_option,
    reason = "refused or not, and told how long or not"
)]
fn wait_of(feedback: Feedback) -> Option<Option<Duration>> {
    match feedback {
        Feedback::Throttled { wait } | Feedback::Held { wait } => Some(wait),
        Feedback::Accepted | Feedback::Silent => None,
    }
}

/// `wxc_sdk`: each worker sleeps out its own refusal and keeps its slot; five seconds when not told.
struct RequestSleep {
    workers: usize,
    sleeping: Vec<Instant>,
}

impl Sender for RequestSleep {
    fn next(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        self.sleeping.retain(|until| *until > now);
        if on_wire + self.sleeping.len() < self.workers {
            return SendDecision::Now;
        }
        let first = self.sleeping.iter().min();
        first.map_or(SendDecision::WhenOneReturns, |until| {
            SendDecision::At(*until)
        })
    }

    fn sent(&mut self, _: Instant) -> Stub {
        Stub::Rival
    }

    fn answered(&mut self, _: Stub, now: Instant, feedback: Feedback, _: u32) -> Duration {
        let Some(wait) = wait_of(feedback) else {
            return Duration::ZERO;
        };
        let wait = wait.unwrap_or(Duration::from_secs(5));
        self.sleeping.push(now + wait);
        wait
    }
}

/// A refusal stops every worker until the instant it names, and nothing paces in between.
struct GateOnly {
    workers: usize,
    opens: Instant,
}

impl Sender for GateOnly {
    fn next(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        if on_wire >= self.workers {
            SendDecision::WhenOneReturns
        } else if now < self.opens {
            SendDecision::At(self.opens)
        } else {
            SendDecision::Now
        }
    }

    fn sent(&mut self, _: Instant) -> Stub {
        Stub::Rival
    }

    fn answered(&mut self, _: Stub, now: Instant, feedback: Feedback, _: u32) -> Duration {
        if let Some(wait) = wait_of(feedback) {
            self.opens = self
                .opens
                .max(now + wait.unwrap_or(Duration::from_secs(15)));
        }
        Duration::ZERO
    }
}

/// Vector's adaptive request concurrency: one more a round trip, a tenth less on push-back, refused rows back off.
struct Vector {
    workers: usize,
    limit: usize,
    on_wire: usize,
    reached: bool,
    pushed_back: bool,
    window_ends: Option<Instant>,
    random: fastrand::Rng,
}

impl Sender for Vector {
    fn next(&mut self, _: Instant, on_wire: usize) -> SendDecision {
        self.on_wire = on_wire;
        if on_wire < self.limit {
            SendDecision::Now
        } else {
            self.reached = true;
            SendDecision::WhenOneReturns
        }
    }

    fn sent(&mut self, now: Instant) -> Stub {
        self.on_wire += 1;
        self.reached |= self.on_wire >= self.limit;
        self.window_ends
            .get_or_insert(now + Duration::from_millis(250));
        Stub::Rival
    }

    fn answered(&mut self, _: Stub, now: Instant, feedback: Feedback, attempts: u32) -> Duration {
        let wait = wait_of(feedback);
        self.pushed_back |= wait.is_some();
        if self.window_ends.is_some_and(|ends| now >= ends) {
            if self.pushed_back {
                self.limit = (self.limit * 9 / 10).max(1);
            } else if self.reached {
                self.limit = (self.limit + 1).min(self.workers);
            }
            self.pushed_back = false;
            self.reached = false;
            self.window_ends = None;
        }
        let Some(wait) = wait else {
            return Duration::ZERO;
        };
        // Fibonacci back-off with full jitter, as its retry policy does.
        let (mut seconds, mut after) = (1.0, 1.0);
        for _ in 1..attempts.min(10) {
            (seconds, after) = (after, seconds + after);
        }
        wait.unwrap_or(Duration::from_secs_f64(seconds * self.random.f64()))
    }
}

/// The adaptive retry mode of the AWS SDKs: a CUBIC-driven token bucket on the client.
struct Aws {
    workers: usize,
    start: Instant,
    random: fastrand::Rng,
    enabled: bool,
    fill: f64,
    capacity: f64,
    level: f64,
    filled: f64,
    measured: f64,
    bucket: f64,
    in_bucket: f64,
    last_max: f64,
    last_throttle: f64,
}

impl Aws {
    fn new(workers: usize, start: Instant, seed: u64) -> Self {
        Self {
            workers,
            start,
            random: fastrand::Rng::with_seed(seed),
            enabled: false,
            fill: 0.0,
            capacity: 1.0,
            level: 0.0,
            filled: 0.0,
            measured: 0.0,
            bucket: 0.0,
            in_bucket: 0.0,
            last_max: 0.0,
            last_throttle: 0.0,
        }
    }

    fn seconds(&self, now: Instant) -> f64 {
        (now - self.start).as_secs_f64()
    }

    fn refill(&mut self, now: f64) {
        self.level = (self.level + (now - self.filled) * self.fill).min(self.capacity);
        self.filled = now;
    }
}

impl Sender for Aws {
    fn next(&mut self, now: Instant, on_wire: usize) -> SendDecision {
        if on_wire >= self.workers {
            return SendDecision::WhenOneReturns;
        }
        if !self.enabled {
            return SendDecision::Now;
        }
        let seconds = self.seconds(now);
        self.refill(seconds);
        if self.level >= 1.0 - 1e-6 {
            return SendDecision::Now;
        }
        let wait = (1.0 - self.level) / self.fill + 1e-6;
        SendDecision::At(now + Duration::from_secs_f64(wait))
    }

    fn sent(&mut self, _: Instant) -> Stub {
        if self.enabled {
            self.level -= 1.0;
        }
        Stub::Rival
    }

    fn answered(&mut self, _: Stub, now: Instant, feedback: Feedback, attempts: u32) -> Duration {
        const BETA: f64 = 0.7;
        const SCALE: f64 = 0.4;
        let seconds = self.seconds(now);
        let bucket = (seconds * 2.0).floor() / 2.0;
        self.in_bucket += 1.0;
        if bucket > self.bucket {
            let rate = self.in_bucket / (bucket - self.bucket);
            self.measured = rate * 0.8 + self.measured * 0.2;
            self.bucket = bucket;
            self.in_bucket = 0.0;
        }
        let wait = wait_of(feedback);
        let rate = if wait.is_some() {
            let used = if self.enabled {
                self.measured.min(self.fill)
            } else {
                self.measured
            };
            self.last_max = used;
            self.last_throttle = seconds;
            self.enabled = true;
            used * BETA
        } else {
            let window = (self.last_max * (1.0 - BETA) / SCALE).cbrt();
            SCALE * (seconds - self.last_throttle - window).powi(3) + self.last_max
        };
        self.refill(seconds);
        self.fill = rate.min(2.0 * self.measured).max(0.5);
        self.capacity = self.fill.max(1.0);
        self.level = self.level.min(self.capacity);
        let Some(wait) = wait else {
            return Duration::ZERO;
        };
        let back_off = (self.random.f64() * f64::from(1 << attempts.min(5))).min(20.0);
        wait.unwrap_or(Duration::from_secs_f64(back_off))
    }
}
