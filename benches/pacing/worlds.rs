//! A generator of worlds: services that nobody listed, drawn from a seed.
//!
//! Everything in a world follows from its seed, so that all senders meet the same one: the limiter, what it writes into
//! Retry-After, which of a sender's requests are refused for no reason, how long each of them travels, and who else is
//! there.

use std::collections::VecDeque;

use super::change::Change;
use super::limiters::{Answer, Arrival, Limiter};
use super::rules::{Drawn, Rule};
use super::run::Latency;

/// Seconds that a caller waits where a service says zero; the program does the same.
const WAIT_FOR_ZERO: f64 = 1.0;
/// Where a request is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Routing {
    /// By every rule there is.
    All,
    /// By one rule, each in turn.
    RoundRobin,
    /// By one rule, at random.
    Random,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Says {
    /// Whole seconds until the next request would pass, at least one.
    Honest,
    /// To the nearest second, which may be too early.
    Rounded,
    Always(f64),
    /// Whole seconds, from one to this many.
    Random(f64),
    Missing,
    Zero,
}

/// Another program of the same user, or of the same organization.
#[derive(Debug, Clone)]
struct Other {
    habit: Habit,
    /// When each of its workers asks next.
    workers: Vec<f64>,
    opens: f64,
}

#[derive(Debug, Clone, Copy)]
enum Habit {
    /// At this rate, whatever it is answered.
    Steady(f64),
    /// A number of requests at once, each time after a number of seconds.
    Bursts(f64, f64),
    /// All its workers wait after a refusal, for a round trip of this many seconds.
    Gate(f64),
    /// Each worker waits for itself.
    Sleep(f64),
}

#[derive(Debug, Clone)]
pub struct World {
    pub seed: u64,
    pub kind: &'static str,
    pub latency: Latency,
    /// Requests a second, of all nodes together, and at once.
    pub rate: f64,
    pub burst: f64,
    rules: Vec<Rule>,
    routing: Routing,
    most_inside: usize,
    inside: Vec<f64>,
    change: Change,
    says: Says,
    noise: f64,
    cost_of_refusal: bool,
    /// After this number of refusals within a minute everything is refused for a number of seconds.
    ban: Option<(usize, f64)>,
    refusals: VecDeque<f64>,
    banned_until: f64,
    other: Option<Other>,
    /// Requests that reached the limiter.
    arrived: u64,
    random: fastrand::Rng,
}

/// What came of a request that is not refused for no reason.
pub enum Counted {
    Passed,
    /// And what is said of Retry-After.
    Refused(Option<f64>),
}

/// Evenly between zero and one, the same for the same numbers.
pub fn chance_of(seed: u64, party: usize, sequence: u64, what: u64) -> f64 {
    let party = u64::try_from(party).unwrap_or(0);
    let mut random = fastrand::Rng::with_seed(
        seed ^ sequence.wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ (party + 1).wrapping_mul(0xBF58_476D_1CE4_E5B9)
            ^ what.wrapping_mul(0x94D0_49BB_1331_11EB),
    );
    random.u64(..);
    random.f64()
}

pub fn log_uniform(random: &mut fastrand::Rng, low: f64, high: f64) -> f64 {
    (low.ln() + (high.ln() - low.ln()) * random.f64()).exp()
}

#[derive(Debug, Clone)]
pub struct Limit {
    pub kind: &'static str,
    rules: Vec<Rule>,
    routing: Routing,
    most_inside: usize,
}

impl Limit {
    pub fn of_rule(rule: Rule) -> Self {
        Self {
            kind: "bucket",
            rules: vec![rule],
            routing: Routing::All,
            most_inside: usize::MAX,
        }
    }

    pub fn at_most(most_inside: usize) -> Self {
        Self {
            kind: "concurrency",
            rules: Vec::new(),
            routing: Routing::All,
            most_inside,
        }
    }
}

pub fn draw_limit(random: &mut fastrand::Rng, drawn: Drawn) -> Limit {
    let Drawn {
        rate,
        burst,
        length,
        ..
    } = drawn;
    let mut routing = Routing::All;
    let mut most_inside = usize::MAX;
    let any = |random: &mut fastrand::Rng, drawn: Drawn| match random.u32(0..4) {
        0 => drawn.window(),
        1 => drawn.fading(),
        _ => drawn.bucket(),
    };
    let (kind, rules) = match random.u32(0..100) {
        0..25 => ("bucket", vec![drawn.bucket()]),
        25..40 => ("window", vec![drawn.window()]),
        40..50 => ("sliding log", vec![drawn.log()]),
        50..60 => ("fading counter", vec![drawn.fading()]),
        60..70 => {
            most_inside = random.usize(1..=20);
            ("concurrency", Vec::new())
        }
        70..85 => {
            let outer = Drawn {
                rate: rate * (0.3 + 0.6 * random.f64()),
                length: (10.0 * length).clamp(60.0, 3_600.0),
                ..drawn
            };
            let mut rules = vec![any(random, drawn), outer.window()];
            if random.bool() {
                rules[1] = outer.log();
            }
            ("several at once", rules)
        }
        _ => {
            let nodes = random.u32(2..=5);
            let share = Drawn {
                rate: rate / f64::from(nodes),
                burst: (burst / f64::from(nodes)).round().max(1.0),
                ..drawn
            };
            routing = if random.bool() {
                Routing::RoundRobin
            } else {
                Routing::Random
            };
            let one = any(random, share);
            ("nodes", vec![one; usize::try_from(nodes).unwrap_or(2)])
        }
    };
    Limit {
        kind,
        rules,
        routing,
        most_inside,
    }
}

pub fn draw_says(random: &mut fastrand::Rng) -> Says {
    match random.u32(0..100) {
        0..25 => Says::Honest,
        25..45 => Says::Rounded,
        45..70 => Says::Always(log_uniform(random, 1.0, 60.0).round()),
        70..80 => Says::Random(log_uniform(random, 2.0, 60.0).round()),
        80..90 => Says::Missing,
        _ => Says::Zero,
    }
}

pub fn draw_latency(random: &mut fastrand::Rng, round_trip: f64) -> Latency {
    let there = round_trip * (0.1 + 0.4 * random.f64());
    let (jitter, jitter_there) = (random.f64(), random.f64());
    let spread =
        |mean: f64, jitter: f64| (mean * (1.0 - jitter / 2.0), mean * (1.0 + jitter / 2.0));
    Latency {
        up: spread(there, jitter_there),
        rest: spread(round_trip - there, jitter),
    }
}

fn draw_change(random: &mut fastrand::Rng) -> Change {
    match random.u32(0..100) {
        0..70 => Change::Never,
        70..80 => {
            let first = log_uniform(random, 20.0, 2_000.0);
            let second = first + log_uniform(random, 20.0, 2_000.0);
            Change::steps(&[
                (first, log_uniform(random, 0.4, 2.5)),
                (second, log_uniform(random, 0.4, 2.5)),
            ])
        }
        // Drifting is breathing so slowly that a run sees one breath at most.
        80..90 => Change::Breathing {
            amplitude: 0.5 * random.f64(),
            period: log_uniform(random, 3_600.0, 14_400.0),
        },
        _ => Change::Breathing {
            amplitude: 0.5 * random.f64(),
            period: log_uniform(random, 60.0, 1_800.0),
        },
    }
}

fn draw_other(random: &mut fastrand::Rng, rate: f64, round_trip: f64) -> Other {
    let habit = match random.u32(0..4) {
        0 => Habit::Steady(rate * (0.1 + 0.4 * random.f64())),
        1 => {
            let every = log_uniform(random, 20.0, 200.0);
            Habit::Bursts((0.3 * rate * every).clamp(1.0, 200.0).round(), every)
        }
        2 => Habit::Gate(round_trip),
        _ => Habit::Sleep(round_trip),
    };
    let workers = match habit {
        Habit::Steady(_) | Habit::Bursts(..) => 1,
        Habit::Gate(_) | Habit::Sleep(_) => random.usize(1..=8),
    };
    let starts = 30.0 * random.f64();
    Other {
        habit,
        workers: vec![starts; workers],
        opens: 0.0,
    }
}

impl World {
    /// Nothing but a limit.
    pub fn of(limit: Limit, drawn: Drawn, says: Says, seed: u64) -> Self {
        Self {
            seed,
            kind: limit.kind,
            latency: Latency::default(),
            rate: drawn.rate,
            burst: drawn.burst,
            rules: limit.rules,
            routing: limit.routing,
            most_inside: limit.most_inside,
            inside: Vec::new(),
            change: Change::Never,
            says,
            noise: 0.0,
            cost_of_refusal: false,
            ban: None,
            refusals: VecDeque::new(),
            banned_until: 0.0,
            other: None,
            arrived: 0,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    pub fn draw(seed: u64) -> Self {
        let random = &mut fastrand::Rng::with_seed(seed.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let rate = log_uniform(random, 0.05, 200.0);
        let burst = log_uniform(random, 1.0, 500.0).round();
        let lengths = [1.0_f64, 10.0, 60.0, 60.0, 300.0];
        // A window that holds less than one request would be a slower service.
        let length = random.choice(lengths).unwrap_or(60.0).max(1.0 / rate);
        let drawn = Drawn {
            rate,
            burst,
            phase: random.f64(),
            length,
        };
        let limit = draw_limit(random, drawn);
        let says = draw_says(random);
        let noise = if random.bool() {
            0.05 * random.f64()
        } else {
            0.0
        };
        let cost_of_refusal = random.u32(0..100) < 10;
        let ban = (random.u32(0..100) < 5)
            .then(|| (random.usize(10..40), log_uniform(random, 20.0, 120.0)));
        let change = draw_change(random);
        let round_trip = log_uniform(random, 0.02, 2.0);
        let latency = draw_latency(random, round_trip);
        let other = (random.u32(0..100) < 15).then(|| draw_other(random, rate, round_trip));
        Self {
            latency,
            change,
            noise,
            cost_of_refusal,
            ban,
            other,
            ..Self::of(limit, drawn, says, seed)
        }
    }

    /// For whoever looks for what went wrong in one of them.
    pub fn describe(&self) -> String {
        format!(
            "{} {:.3}/s burst {} {:?} inside {} {:?} says {:?} noise {:.3} costs {} ban {:?} other {:?} up {:.3?} rest {:.3?} {}",
            self.kind,
            self.rate,
            self.burst,
            self.routing,
            self.most_inside,
            self.change,
            self.says,
            self.noise,
            self.cost_of_refusal,
            self.ban,
            self.other.as_ref().map(|other| other.habit),
            self.latency.up,
            self.latency.rest,
            self.rules
                .iter()
                .map(Rule::describe)
                .collect::<Vec<_>>()
                .join(", "),
        )
    }

    pub fn is_shared(&self) -> bool {
        self.other.is_some()
    }

    /// The part of the limit that is ours where others want some of it: all they leave, and half at least.
    fn fair_share(&self) -> f64 {
        let Some(other) = &self.other else { return 1.0 };
        match other.habit {
            Habit::Steady(rate) => (1.0 - rate / self.rate).max(0.5),
            Habit::Bursts(count, every) => (1.0 - count / every / self.rate).max(0.5),
            Habit::Gate(_) | Habit::Sleep(_) => 0.5,
        }
    }

    /// What the oracle has to itself.
    #[must_use]
    pub fn for_oracle(&self) -> Self {
        let share = self.fair_share();
        let mut world = Self {
            other: None,
            ..self.clone()
        };
        if share < 1.0 {
            for rule in &mut world.rules {
                match rule {
                    Rule::Bucket {
                        rate, burst, level, ..
                    } => {
                        *rate *= share;
                        *burst = (*burst * share).max(1.0);
                        *level = *burst;
                    }
                    Rule::Window { count, .. } | Rule::Fading { count, .. } => {
                        *count = (*count * share).round().max(1.0);
                    }
                    Rule::Log { count, .. } => {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            clippy::cast_precision_loss,
                            reason = "a count of at most some ten thousand"
                        )]
                        let part = (*count as f64 * share).round() as usize;
                        *count = part.max(1);
                    }
                }
            }
            world.most_inside = match world.most_inside {
                usize::MAX => usize::MAX,
                most => most.div_ceil(2),
            };
        }
        world
    }

    /// The rules that count the next request.
    fn counting(&self) -> std::ops::Range<usize> {
        let nodes = u64::try_from(self.rules.len()).unwrap_or(1).max(1);
        let node = match self.routing {
            Routing::All => return 0..self.rules.len(),
            Routing::RoundRobin => self.arrived % nodes,
            Routing::Random => {
                let chance = chance_of(self.seed, 0, self.arrived, 7);
                fastrand::Rng::with_seed(chance.to_bits()).u64(0..nodes)
            }
        };
        let node = usize::try_from(node).unwrap_or(0);
        node..node + 1
    }

    /// As `next_free`, of the rules alone.
    fn rules_free(&self, now: f64) -> f64 {
        let counting = self.counting();
        let mut shown = self.change.shown_at(now);
        let before = shown;
        loop {
            let free = self.rules[counting.clone()]
                .iter()
                .fold(shown, |free, rule| free.max(rule.free_at(shown)));
            if free <= shown {
                break;
            }
            shown = free;
        }
        if shown > before {
            // A hair later, as the inverse of the clock is not exact.
            (self.change.when_shown(shown) + 1e-6).max(now)
        } else {
            now
        }
    }

    fn inside_free(&self, now: f64) -> f64 {
        let mut until: Vec<f64> = self
            .inside
            .iter()
            .copied()
            .filter(|until| *until > now)
            .collect();
        if until.len() < self.most_inside {
            return now;
        }
        until.sort_by(f64::total_cmp);
        until[until.len() - self.most_inside]
    }

    /// Counts a request of anybody.
    pub fn count(&mut self, now: f64, until: f64) -> Counted {
        let counting = self.counting();
        let banned = self.banned_until > now;
        let free = if banned {
            self.banned_until
        } else {
            let inside = self.inside_free(now);
            self.rules_free(now).max(inside)
        };
        let shown = self.change.shown_at(now);
        self.arrived += 1;
        if free <= now {
            for rule in &mut self.rules[counting] {
                rule.take(shown);
            }
            if self.most_inside < usize::MAX {
                self.inside.retain(|until| *until > now);
                self.inside.push(until);
            }
            return Counted::Passed;
        }
        if self.cost_of_refusal {
            for rule in &mut self.rules[counting] {
                rule.take(shown);
            }
        }
        if let Some((most, seconds)) = self.ban {
            self.refusals.push_back(now);
            while self
                .refusals
                .front()
                .is_some_and(|first| first + 60.0 < now)
            {
                self.refusals.pop_front();
            }
            if self.refusals.len() >= most && !banned {
                self.banned_until = now + seconds;
                self.refusals.clear();
            }
        }
        Counted::Refused(self.say(free - now))
    }

    pub fn say(&mut self, until_free: f64) -> Option<f64> {
        let said = match self.says {
            Says::Honest => (until_free - 1e-4).ceil().max(1.0),
            Says::Rounded => until_free.round(),
            Says::Always(seconds) => seconds,
            Says::Random(most) => (self.random.f64() * most).ceil(),
            Says::Missing => return None,
            Says::Zero => 0.0,
        };
        Some(if said < 0.5 { WAIT_FOR_ZERO } else { said })
    }

    /// Lets the others do what they do until `now`.
    fn let_others(&mut self, now: f64) {
        while let Some(mut other) = self.other.take() {
            let next = other.workers.iter().copied().enumerate();
            let next = next.min_by(|one, two| one.1.total_cmp(&two.1));
            let Some((worker, at)) = next.filter(|next| next.1 <= now) else {
                self.other = Some(other);
                return;
            };
            let at = at.max(other.opens);
            if at > now {
                other.workers[worker] = at;
                self.other = Some(other);
                continue;
            }
            match other.habit {
                Habit::Steady(rate) => {
                    self.count(at, at);
                    other.workers[worker] = at + 1.0 / rate;
                }
                Habit::Bursts(count, every) => {
                    let mut left = count;
                    while left >= 1.0 {
                        self.count(at, at);
                        left -= 1.0;
                    }
                    other.workers[worker] = at + every;
                }
                Habit::Gate(round_trip) | Habit::Sleep(round_trip) => {
                    let said = self.count(at, at + round_trip);
                    let back = at + round_trip;
                    let wait = match said {
                        Counted::Passed => 0.0,
                        Counted::Refused(said) => said.unwrap_or(5.0),
                    };
                    other.workers[worker] = back + wait;
                    if matches!(other.habit, Habit::Gate(_)) {
                        other.opens = other.opens.max(back + wait);
                        other.workers[worker] = back;
                    }
                }
            }
            self.other = Some(other);
        }
    }
}

impl Limiter for World {
    fn arrive(&mut self, now: f64) -> Answer {
        self.meet(now, Arrival::default())
    }

    fn meet(&mut self, now: f64, arrival: Arrival) -> Answer {
        self.let_others(now);
        if self.noise > 0.0 && chance_of(self.seed, arrival.party, arrival.sequence, 3) < self.noise
        {
            return Answer::Noise(self.say(0.0));
        }
        match self.count(now, arrival.until) {
            Counted::Passed => Answer::Accepted,
            Counted::Refused(said) => Answer::Refused(said),
        }
    }

    fn next_free(&mut self, now: f64) -> f64 {
        let mut free = now;
        loop {
            self.let_others(free);
            let inside = self.inside_free(free);
            let next = self.rules_free(free).max(inside).max(self.banned_until);
            if next <= free {
                return free;
            }
            free = next;
        }
    }
}
