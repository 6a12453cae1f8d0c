//! Several users of one run behind limits of their organizations: each has a pace of its own, and none knows of the
//! other's refusals.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::limiters::{Answer, Arrival, Limiter};
use super::rules::Drawn;
use super::run::{Latency, Outcome, Run, Until};
use super::scenarios::USUAL;
use super::senders::lanes;
use super::worlds::{
    Counted, Limit, Says, World, chance_of, draw_latency, draw_limit, draw_says, log_uniform,
};

/// Whose limit a request meets beside that of its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Organizations {
    /// All users work on one.
    One,
    /// Each user works on one of their own.
    OneEach,
    /// Every request goes to one of two.
    Mixed,
}

#[derive(Debug, Clone)]
pub struct Users {
    pub name: String,
    pub organizations: Organizations,
    seed: u64,
    latency: Latency,
    /// `None` where a user has no limit of their own.
    inner: Vec<Option<World>>,
    outer: Vec<World>,
    /// The share of requests refused for no reason.
    noise: f64,
}

/// What a run came to.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    pub organizations: Organizations,
    pub has_noise: bool,
    /// The least time that the limits allow as a share of ours.
    pub speed: f64,
    pub refused: f64,
    /// What the user who got least got, as a share of what is fair: the same for all but those whose own limit is lower.
    pub least: f64,
    pub early: usize,
    pub seconds: f64,
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run")]
pub fn float(count: usize) -> f64 {
    count as f64
}

pub fn drawn(rate: f64, burst: f64) -> Drawn {
    Drawn {
        rate,
        burst,
        phase: 0.3,
        length: 60.0,
    }
}

impl Users {
    /// 250 ms a round trip, and buckets with a burst of ten for the users.
    pub fn of(
        name: &str,
        inner: &[Option<f64>],
        outer: Vec<(Limit, Drawn)>,
        organizations: Organizations,
    ) -> Self {
        let bucket = |rate: f64| {
            World::of(
                Limit::of_rule(drawn(rate, 10.0).bucket()),
                drawn(rate, 10.0),
                Says::Honest,
                1,
            )
        };
        Self {
            name: name.to_owned(),
            organizations,
            seed: 1,
            latency: USUAL,
            inner: inner.iter().map(|rate| rate.map(bucket)).collect(),
            outer: outer
                .into_iter()
                .map(|(limit, drawn)| World::of(limit, drawn, Says::Honest, 1))
                .collect(),
            noise: 0.0,
        }
    }

    pub fn draw(seed: u64) -> Self {
        let random = &mut fastrand::Rng::with_seed(seed.wrapping_mul(0x2545_F491_4F6C_DD1D));
        let users = random.usize(2..=4);
        let organizations = match random.u32(0..100) {
            0..70 => Organizations::One,
            70..85 => Organizations::OneEach,
            _ => Organizations::Mixed,
        };
        let round_trip = log_uniform(random, 0.02, 2.0);
        let latency = draw_latency(random, round_trip);
        let says = draw_says(random);
        let world = |random: &mut fastrand::Rng, rate: f64| {
            let length = random
                .choice([1.0_f64, 10.0, 60.0, 60.0, 300.0])
                .unwrap_or(60.0)
                .max(1.0 / rate);
            let drawn = Drawn {
                rate,
                burst: log_uniform(random, 1.0, 100.0).round(),
                phase: random.f64(),
                length,
            };
            World::of(draw_limit(random, drawn), drawn, says, random.u64(..))
        };
        let rate = log_uniform(random, 0.5, 50.0);
        let outer = match organizations {
            Organizations::One => 1,
            Organizations::OneEach => users,
            Organizations::Mixed => 2,
        };
        let outer: Vec<World> = (0..outer)
            .map(|_| {
                let share = 0.5 + random.f64();
                world(random, rate * share)
            })
            .collect();
        let (has_inner, one_is_low) = (random.u32(0..4) > 0, random.u32(0..4) == 0);
        let inner = (0..users)
            .map(|user| {
                let share = if user == 0 && one_is_low {
                    0.05 + 0.25 * random.f64()
                } else {
                    0.3 + 1.2 * random.f64()
                };
                (has_inner || (user == 0 && one_is_low)).then(|| world(random, rate * share))
            })
            .collect();
        let noise = if random.u32(0..4) == 0 {
            0.05 * random.f64()
        } else {
            0.0
        };
        Self {
            name: String::new(),
            organizations,
            seed,
            latency,
            inner,
            outer,
            noise,
        }
    }

    /// The same with other jitter.
    #[must_use]
    pub fn with_seed(&self, seed: u64) -> Self {
        Self {
            seed,
            ..self.clone()
        }
    }

    /// Only the first user, without a limit of their own.
    #[must_use]
    pub fn first_alone(&self) -> Self {
        Self {
            inner: vec![None],
            ..self.clone()
        }
    }

    fn outer_of(&self, arrival: Arrival) -> usize {
        match self.organizations {
            Organizations::One => 0,
            Organizations::OneEach => arrival.party,
            Organizations::Mixed => {
                usize::from(chance_of(self.seed, arrival.party, arrival.sequence, 9) < 0.5)
            }
        }
    }

    fn free(&mut self, now: f64, arrival: Arrival) -> f64 {
        let outer = self.outer_of(arrival);
        let mut free = now;
        loop {
            let inner = self.inner[arrival.party].as_mut();
            let next = inner.map_or(free, |inner| inner.next_free(free));
            let next = self.outer[outer].next_free(next);
            if next <= free {
                return free;
            }
            free = next;
        }
    }

    fn take(&mut self, now: f64, arrival: Arrival) {
        let outer = self.outer_of(arrival);
        for world in self.inner[arrival.party]
            .iter_mut()
            .chain([&mut self.outer[outer]])
        {
            let counted = world.count(now, arrival.until);
            assert!(matches!(counted, Counted::Passed), "both let it in");
        }
    }

    /// Seconds for one who knows all limits: each row arrives by whoever is let in first.
    fn ideal(&self, rows: usize, concurrency: usize) -> f64 {
        let mut world = self.clone();
        let mut on_wire = vec![VecDeque::new(); self.inner.len()];
        let mut sent = vec![0_u64; self.inner.len()];
        let (mut now, mut last) = (0.0_f64, 0.0_f64);
        for _ in 0..rows {
            let next = (0..self.inner.len()).map(|party| {
                let sequence = sent[party];
                let (up, rest) = self.latency.of(self.seed, party, sequence);
                let full = on_wire[party].len() >= concurrency;
                let leaves = if full {
                    on_wire[party].front().copied().unwrap_or(0.0)
                } else {
                    0.0
                };
                let arrival = Arrival {
                    party,
                    sequence,
                    until: 0.0,
                };
                (world.free(now.max(leaves + up), arrival), rest, arrival)
            });
            let next = next.min_by(|one, other| one.0.total_cmp(&other.0));
            let Some((at, rest, arrival)) = next else {
                break;
            };
            (now, last) = (at, last.max(at + rest));
            world.take(
                at,
                Arrival {
                    until: at + rest,
                    ..arrival
                },
            );
            let on_wire = &mut on_wire[arrival.party];
            if on_wire.len() >= concurrency {
                on_wire.pop_front();
            }
            on_wire.push_back(at + rest);
            sent[arrival.party] += 1;
        }
        last
    }

    pub fn measure(&self, rows: usize, concurrency: usize) -> Measured {
        let base = Instant::now();
        let ideal = self.ideal(rows, concurrency);
        let mut run = Run::new(base, self.latency, self.seed);
        let pool = Rc::new(Cell::new(rows));
        for lane in lanes(self.inner.len(), concurrency, base) {
            run.add_sharing(lane, &pool, Duration::ZERO);
        }
        let until = Until {
            end: Duration::from_secs_f64(30.0 * ideal),
            ..Until::DONE
        };
        let outcomes = run.play(&mut self.clone(), until);
        let all = |part: fn(&Outcome) -> usize| outcomes.iter().map(part).sum::<usize>();
        let accepted = all(|outcome| outcome.accepted);
        let last = outcomes
            .iter()
            .map(|outcome| outcome.seconds)
            .fold(0.0, f64::max);
        let seconds = last * float(rows) / float(accepted.max(1));
        Measured {
            organizations: self.organizations,
            has_noise: self.noise > 0.0,
            speed: ideal / seconds,
            refused: float(all(|outcome| outcome.refused - outcome.noise))
                / float(all(|outcome| outcome.sent)),
            least: self.least(&outcomes, last),
            early: all(|outcome| outcome.early),
            seconds,
        }
    }

    fn least(&self, outcomes: &[Outcome], seconds: f64) -> f64 {
        let own = |lane: usize| {
            self.inner[lane]
                .as_ref()
                .map_or(f64::INFINITY, |world| world.rate * seconds)
        };
        let mut by_limit: Vec<usize> = (0..outcomes.len()).collect();
        by_limit.sort_by(|one, other| own(*one).total_cmp(&own(*other)));
        let mut left: f64 = outcomes.iter().map(|outcome| float(outcome.accepted)).sum();
        let mut least = f64::INFINITY;
        for (before, lane) in by_limit.iter().enumerate() {
            let fair = own(*lane).min(left / float(outcomes.len() - before));
            left -= fair;
            least = least.min(float(outcomes[*lane].accepted) / fair);
        }
        least
    }
}

impl Limiter for Users {
    fn arrive(&mut self, now: f64) -> Answer {
        self.meet(now, Arrival::default())
    }

    fn meet(&mut self, now: f64, arrival: Arrival) -> Answer {
        let outer = self.outer_of(arrival);
        if self.noise > 0.0 && chance_of(self.seed, arrival.party, arrival.sequence, 3) < self.noise
        {
            return Answer::Noise(self.outer[outer].say(0.0));
        }
        let free = self.free(now, arrival);
        if free <= now {
            self.take(now, arrival);
            return Answer::Accepted;
        }
        Answer::Refused(self.outer[outer].say(free - now))
    }

    fn next_free(&mut self, now: f64) -> f64 {
        self.free(now, Arrival::default())
    }
}
