//! Plays a run on virtual time: a heap of events, no sleeping, the same every time.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;
use wxbulk::pace::{Feedback, SendDecision};

use super::limiters::{Answer, Arrival, Limiter};
use super::senders::{Sender, Stub};
use super::worlds::{World, chance_of};

/// Seconds a request spends on its parts; each is drawn evenly from its range.
#[derive(Debug, Clone, Copy, Default)]
pub struct Latency {
    /// Until the limiter sees it. A network's own jitter is a millisecond or two.
    pub up: (f64, f64),
    /// Inside the service and back.
    pub rest: (f64, f64),
}

/// What one sender's run came to.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    /// Seconds until the last answer.
    pub seconds: f64,
    pub sent: usize,
    pub accepted: usize,
    pub refused: usize,
    /// Of those, the ones that had no reason.
    pub noise: usize,
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

/// When a run is not looked at any longer.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    pub end: Duration,
    /// Refusals of the first party.
    pub refused: usize,
}

impl Until {
    pub const DONE: Self = Self {
        end: Duration::MAX,
        refused: usize::MAX,
    };
}

#[derive(Clone, Copy)]
struct Request {
    sender: usize,
    stub: Stub,
    attempts: u32,
    sequence: u64,
}

struct Party {
    sender: Box<dyn Sender>,
    starts: Duration,
    /// Rows that nobody took yet; parties may share them.
    fresh: Rc<Cell<usize>>,
    back: Vec<u32>,
    on_wire: usize,
    next_wake: Option<Duration>,
    last_sent: Duration,
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
    seed: u64,
}

fn within((from, to): (f64, f64), chance: f64) -> f64 {
    from + (to - from) * chance
}

impl Latency {
    /// Seconds of a request on its way there, and until its answer is back.
    pub fn of(self, seed: u64, party: usize, sequence: u64) -> (f64, f64) {
        let draw = |what| chance_of(seed, party, sequence, what);
        (within(self.up, draw(1)), within(self.rest, draw(2)))
    }
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
            seed,
        }
    }

    /// `sender` was started at `base + starts`.
    pub fn add(&mut self, sender: Box<dyn Sender>, rows: usize, starts: Duration) {
        self.add_sharing(sender, &Rc::new(Cell::new(rows)), starts);
    }

    /// Takes its rows from those of several.
    pub fn add_sharing(
        &mut self,
        sender: Box<dyn Sender>,
        rows: &Rc<Cell<usize>>,
        starts: Duration,
    ) {
        let party = self.parties.len();
        self.parties.push(Party {
            sender,
            starts,
            fresh: Rc::clone(rows),
            back: Vec::new(),
            on_wire: 0,
            next_wake: None,
            last_sent: starts,
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
    pub fn play(mut self, limiter: &mut dyn Limiter, until: Until) -> Vec<Outcome> {
        while let Some(Reverse((now, _, slot))) = self.agenda.pop() {
            if now > until.end || self.parties[0].outcome.refused > until.refused {
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
                    let (_, rest) = self.latency.of(self.seed, party, request.sequence);
                    let back = now + Duration::from_secs_f64(rest);
                    let arrival = Arrival {
                        party,
                        sequence: request.sequence,
                        until: back.as_secs_f64(),
                    };
                    let answer = limiter.meet(now.as_secs_f64(), arrival);
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
        let feedback = match answer {
            Answer::Accepted => Feedback::Accepted,
            Answer::Refused(wait) | Answer::Noise(wait) => Feedback::Throttled {
                wait: wait.map(Duration::from_secs_f64),
            },
        };
        let attempts = request.attempts + 1;
        let alone = party
            .sender
            .answered(request.stub, self.base + now, feedback, attempts);
        if answer == Answer::Accepted {
            limiter.finished();
            party.outcome.accepted += 1;
            party.outcome.seconds = now.saturating_sub(party.starts).as_secs_f64();
        } else {
            if let Feedback::Throttled { wait: Some(wait) } = feedback {
                party.announced = party.announced.max(now + wait);
            }
            party.outcome.refused += 1;
            party.outcome.noise += usize::from(matches!(answer, Answer::Noise(_)));
            if Rc::strong_count(&party.fresh) > 1 {
                // Whoever may send next takes it.
                let rows = Rc::clone(&party.fresh);
                rows.set(rows.get() + 1);
                for other in 0..self.parties.len() {
                    if rows.get() == 1 && Rc::ptr_eq(&self.parties[other].fresh, &rows) {
                        self.parties[other].next_wake = None;
                        self.plan(now, other, Event::Wake);
                    }
                }
            } else if alone.is_zero() {
                party.back.push(attempts);
            } else {
                self.plan(now + alone, request.sender, Event::RowReady { attempts });
            }
        }
    }

    fn send_what_may_leave(&mut self, index: usize, now: Duration) {
        loop {
            let party = &mut self.parties[index];
            if party.fresh.get() == 0 && party.back.is_empty() {
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
                party.fresh.set(party.fresh.get() - 1);
                0
            });
            let stub = party.sender.sent(self.base + now);
            let sequence = u64::try_from(party.outcome.sent).unwrap_or(u64::MAX);
            party.on_wire += 1;
            party.outcome.sent += 1;
            party.outcome.early += usize::from(now < party.announced);
            let pause = now.saturating_sub(party.last_sent).as_secs_f64();
            party.outcome.longest_pause = party.outcome.longest_pause.max(pause);
            party.last_sent = now;
            let (up, _) = self.latency.of(self.seed, index, sequence);
            let arrives = now + Duration::from_secs_f64(up);
            let request = Request {
                sender: index,
                stub,
                attempts,
                sequence,
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
    let mut on_wire = BinaryHeap::new();
    let mut inside = BinaryHeap::new();
    let nanos = |seconds: f64| Duration::from_secs_f64(seconds);
    let (mut arrived, mut last) = (0.0_f64, 0.0_f64);
    let slots = limiter.slots();
    for sequence in 0_u64.. {
        if sequence == u64::try_from(rows).unwrap_or(u64::MAX) {
            break;
        }
        let (up, rest) = latency.of(seed, 0, sequence);
        let mut may_leave = 0.0;
        if on_wire.len() >= concurrency {
            may_leave = on_wire
                .pop()
                .map_or(0.0, |Reverse(at): Reverse<Duration>| at.as_secs_f64());
        }
        let mut earliest = (may_leave + up).max(arrived);
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
        let returns = arrived + rest;
        on_wire.push(Reverse(nanos(returns)));
        inside.push(Reverse(nanos(returns)));
        last = last.max(returns);
    }
    last
}

/// Who is told everything about a world by its first refusal, and keeps the gate's promise: until then it sends all it
/// may, from then on each request leaves so as to arrive at the first instant it would pass. The noise it cannot know.
pub fn told_by_its_first_refusal(world: &World, rows: usize, concurrency: usize) -> Outcome {
    let mut limiter = world.for_oracle();
    // An answer: when it is back, and until when it closes the gate.
    let mut on_wire: BinaryHeap<Reverse<(Duration, Duration)>> = BinaryHeap::new();
    let (mut now, mut opens, mut arrived) = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut is_told = false;
    let mut outcome = Outcome::default();
    let mut left = rows;
    while left > 0 || !on_wire.is_empty() {
        let back = on_wire.peek().map(|Reverse((back, _))| back.as_secs_f64());
        let mut leaves = now.max(opens);
        let sequence = u64::try_from(outcome.sent).unwrap_or(u64::MAX);
        let (up, rest) = world.latency.of(world.seed, 0, sequence);
        let mut there = (leaves + up).max(arrived);
        let may_leave = left > 0 && on_wire.len() < concurrency;
        if may_leave && is_told {
            there = limiter.next_free(there);
            leaves = there - up;
        }
        match back {
            Some(back) if !may_leave || back <= leaves => {
                now = now.max(back);
                if let Some(Reverse((back, until))) = on_wire.pop()
                    && until > back
                {
                    is_told = true;
                    opens = opens.max(until.as_secs_f64());
                    left += 1;
                } else {
                    outcome.accepted += 1;
                    outcome.seconds = now;
                }
                continue;
            }
            _ => {}
        }
        now = now.max(leaves);
        arrived = there;
        outcome.sent += 1;
        left -= 1;
        let back = Duration::from_secs_f64(there + rest);
        let arrival = Arrival {
            party: 0,
            sequence,
            until: there + rest,
        };
        let answer = limiter.meet(there, arrival);
        let until = match answer {
            Answer::Accepted => back,
            Answer::Refused(wait) | Answer::Noise(wait) => {
                outcome.refused += 1;
                outcome.noise += usize::from(matches!(answer, Answer::Noise(_)));
                back + Duration::from_secs_f64(wait.unwrap_or(15.0))
            }
        };
        on_wire.push(Reverse((back, until)));
    }
    outcome
}
