//! Plays a run on virtual time: a heap of events, no sleeping, the same every time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use tokio::time::Instant;
use wxbulk::pace::{Feedback, SendDecision};

use super::limiters::{Answer, Limiter};
use super::scenarios::Latency;
use super::senders::{Sender, Stub};

/// What one sender's run came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Seconds until the last answer.
    pub seconds: f64,
    pub sent: usize,
    pub accepted: usize,
    pub refused: usize,
    /// Sent before an instant the service had announced to this sender.
    pub early: usize,
    /// Seconds between two departures.
    pub longest_pause: f64,
}

/// Sorted by time, then by the order of planning, so that equal times have one order.
type Agenda = BinaryHeap<Reverse<(Duration, u64, usize)>>;

#[derive(Clone, Copy)]
enum Event {
    Wake,
    RowReady { attempts: u32 },
    Arrives { request: Request },
    Returns { request: Request, answer: Answer },
}

#[derive(Clone, Copy)]
struct Request {
    sender: usize,
    stub: Stub,
    attempts: u32,
}

struct Party {
    sender: Box<dyn Sender>,
    starts: Duration,
    fresh: usize,
    back: Vec<u32>,
    left: usize,
    on_wire: usize,
    next_wake: Option<Duration>,
    last_departure: Duration,
    announced: Duration,
    outcome: Outcome,
}

pub struct Run {
    base: Instant,
    agenda: Agenda,
    events: Vec<(usize, Event)>,
    vacant: Vec<usize>,
    planned: u64,
    parties: Vec<Party>,
    latency: Latency,
    random: fastrand::Rng,
}

fn draw(random: &mut fastrand::Rng, (from, to): (f64, f64)) -> f64 {
    from + (to - from) * random.f64()
}

impl Run {
    pub fn new(base: Instant, latency: Latency, seed: u64) -> Self {
        Self {
            base,
            agenda: BinaryHeap::new(),
            events: Vec::new(),
            vacant: Vec::new(),
            planned: 0,
            parties: Vec::new(),
            latency,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// `sender` was started at `base + starts`.
    pub fn add(&mut self, sender: Box<dyn Sender>, rows: usize, starts: Duration) {
        let party = self.parties.len();
        self.parties.push(Party {
            sender,
            starts,
            fresh: rows,
            back: Vec::new(),
            left: rows,
            on_wire: 0,
            next_wake: None,
            last_departure: starts,
            announced: starts,
            outcome: Outcome::default(),
        });
        self.plan(starts, party, Event::Wake);
    }

    fn plan(&mut self, at: Duration, party: usize, event: Event) {
        let slot = if let Some(slot) = self.vacant.pop() {
            self.events[slot] = (party, event);
            slot
        } else {
            self.events.push((party, event));
            self.events.len() - 1
        };
        self.agenda.push(Reverse((at, self.planned, slot)));
        self.planned += 1;
    }

    /// Until everyone is done, or until `end`.
    pub fn play(mut self, limiter: &mut dyn Limiter, end: Duration) -> Vec<Outcome> {
        while let Some(Reverse((now, _, slot))) = self.agenda.pop() {
            if now > end {
                break;
            }
            let (party, event) = self.events[slot];
            self.vacant.push(slot);
            match event {
                Event::Wake => {
                    // An earlier wake was planned since: this one would start a second chain of them.
                    if self.parties[party]
                        .next_wake
                        .is_some_and(|wake| wake != now)
                    {
                        continue;
                    }
                    self.parties[party].next_wake = None;
                }
                Event::RowReady { attempts } => self.parties[party].back.push(attempts),
                Event::Arrives { request } => {
                    let answer = limiter.arrive(now.as_secs_f64());
                    let back =
                        now + Duration::from_secs_f64(draw(&mut self.random, self.latency.rest));
                    self.plan(back, party, Event::Returns { request, answer });
                    continue;
                }
                Event::Returns { request, answer } => self.returned(request, answer, now, limiter),
            }
            self.send_what_may_leave(party, now);
        }
        self.parties.iter().map(|party| party.outcome).collect()
    }

    fn returned(
        &mut self,
        request: Request,
        answer: Answer,
        now: Duration,
        limiter: &mut dyn Limiter,
    ) {
        let party = &mut self.parties[request.sender];
        party.on_wire -= 1;
        let verdict = match answer {
            Answer::Accepted => Feedback::Accepted,
            Answer::Refused(wait) => Feedback::Throttled {
                wait: wait.map(Duration::from_secs_f64),
            },
        };
        let attempts = request.attempts + 1;
        let alone = party
            .sender
            .answered(request.stub, self.base + now, verdict, attempts);
        if answer == Answer::Accepted {
            limiter.finished();
            party.left -= 1;
            party.outcome.accepted += 1;
            party.outcome.seconds = now.saturating_sub(party.starts).as_secs_f64();
        } else {
            if let Feedback::Throttled { wait: Some(wait) } = verdict {
                party.announced = party.announced.max(now + wait);
            }
            party.outcome.refused += 1;
            if alone.is_zero() {
                party.back.push(attempts);
            } else {
                self.plan(now + alone, request.sender, Event::RowReady { attempts });
            }
        }
    }

    fn send_what_may_leave(&mut self, index: usize, now: Duration) {
        loop {
            let party = &mut self.parties[index];
            if party.fresh == 0 && party.back.is_empty() {
                return;
            }
            match party.sender.next(self.base + now, party.on_wire) {
                SendDecision::Now => {}
                SendDecision::WhenOneReturns => return,
                SendDecision::At(instant) => {
                    // tokio's timers wake on the next whole millisecond.
                    let nanos = (instant - self.base).as_nanos().div_ceil(1_000_000) * 1_000_000;
                    let wake = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
                    assert!(wake > now, "asked to wait for the past");
                    if party.next_wake.is_none_or(|planned| wake < planned) {
                        party.next_wake = Some(wake);
                        self.plan(wake, index, Event::Wake);
                    }
                    return;
                }
            }
            let attempts = party.back.pop().unwrap_or_else(|| {
                party.fresh -= 1;
                0
            });
            let stub = party.sender.depart(self.base + now);
            party.on_wire += 1;
            party.outcome.sent += 1;
            party.outcome.early += usize::from(now < party.announced);
            let pause = now.saturating_sub(party.last_departure).as_secs_f64();
            party.outcome.longest_pause = party.outcome.longest_pause.max(pause);
            party.last_departure = now;
            let arrives = now + Duration::from_secs_f64(draw(&mut self.random, self.latency.up));
            let request = Request {
                sender: index,
                stub,
                attempts,
            };
            self.plan(arrives, index, Event::Arrives { request });
        }
    }
}

/// Seconds needed by one who knows the limiter and is never refused: each row leaves so as to arrive at the first
/// instant it would pass.
pub fn oracle(
    limiter: &mut dyn Limiter,
    latency: Latency,
    seed: u64,
    rows: usize,
    concurrency: usize,
) -> f64 {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut on_wire = BinaryHeap::new();
    let mut inside = BinaryHeap::new();
    let nanos = |seconds: f64| Duration::from_secs_f64(seconds);
    let (mut arrived, mut last) = (0.0_f64, 0.0_f64);
    let slots = limiter.slots();
    for _ in 0..rows {
        let mut may_leave = 0.0;
        if on_wire.len() >= concurrency {
            may_leave = on_wire
                .pop()
                .map_or(0.0, |Reverse(at): Reverse<Duration>| at.as_secs_f64());
        }
        let mut earliest = (may_leave + draw(&mut random, latency.up)).max(arrived);
        if inside.len() >= slots {
            let free = inside
                .pop()
                .map_or(0.0, |Reverse(at): Reverse<Duration>| at.as_secs_f64());
            earliest = earliest.max(free);
        }
        arrived = limiter.next_free(earliest);
        limiter.arrive(arrived);
        if slots < usize::MAX {
            limiter.finished();
        }
        let returns = arrived + draw(&mut random, latency.rest);
        on_wire.push(Reverse(nanos(returns)));
        inside.push(Reverse(nanos(returns)));
        last = last.max(returns);
    }
    last
}
