//! Whether a refusal is the limit's or noise: a service that refuses one request in fifty, whatever the rate, must not
//! be mistaken for a slow one.
//!
//! After each refusal the search goes on twice, as if the limit had been met and as if nothing had happened, and the
//! likelier of the two decides. What tells them apart: noise comes alone, while a limit takes along part of what left
//! right after; a limit is met where the rate is not proven yet, noise anywhere; and noise comes as often as it came before.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::time::Instant;

use super::estimate::Estimate;
use super::excess::Excess;
use super::search::Search;
use super::{InFlight, Phase};

/// Noise before anything was seen: refusals, and the requests they were among.
const NOISE_AT_FIRST: (f64, f64) = (0.5, 30.0);
/// More than this would be a limit that is not understood.
const MOST_NOISE: f64 = 0.06;
/// Refusals rarer than one in this number of requests cost too little to be taken for noise without a witness.
const RARE: f64 = 100.0;
/// Once this number of refusals was shown to be noise, a limit that was met is that much less likely.
const SHOWN: f64 = 1.0;
const LESS_LIKELY: f64 = 0.1;
/// A limit that was proven may have sunk since: the chance of it, and by what part.
const SUNK: f64 = 0.02;
/// Steps of a sum in place of an integral.
const STEPS: u32 = 16;

#[derive(Debug)]
pub(super) struct NoiseFilter {
    /// As if the last refusal was the limit's.
    search: Search,
    event: Option<Event>,
    answers: f64,
    noises: f64,
    /// Passed since the last event, and since the last that was not shown to be noise.
    since_event: f64,
    since_limit: f64,
}

/// The last event, and what became of the requests that left after its first.
#[derive(Debug)]
struct Event {
    /// As if it was noise.
    noise: Search,
    /// Events of the gate before, and the first request refused.
    events: u32,
    sequence: u64,
    /// How many times likelier noise was than a limit before the others were heard.
    prior_odds: f64,
    excess: Excess,
    noise_rate: f64,
    since_limit: f64,
    others_passed: i32,
    others_refused: i32,
}

impl Event {
    /// How many times likelier noise is than a limit, by what became of the others alone.
    fn others_odds(&self) -> f64 {
        let of = |refused: f64| {
            refused.powi(self.others_refused) * (1.0 - refused).powi(self.others_passed)
        };
        // All excesses are as likely.
        let steps = f64::from(STEPS);
        let excess = |step: u32| self.excess.most * (f64::from(step) + 0.5) / steps;
        let limit = (0..STEPS).map(|step| of(excess(step))).sum::<f64>() / steps;
        of(self.noise_rate) / limit.max(f64::MIN_POSITIVE)
    }

    fn odds(&self) -> f64 {
        self.prior_odds * self.others_odds()
    }

    fn is_noise(&self) -> bool {
        self.odds() > 1.0
    }

    /// How much the others show that this was noise: nothing where there are none. A refusal at a proven rate shows
    /// nothing, since another client may have come.
    fn shown(&self) -> f64 {
        let odds = self.odds();
        let witnessed = 1.0 - 1.0 / self.others_odds();
        witnessed.max(0.0) * odds / (1.0 + odds)
    }
}

impl NoiseFilter {
    pub(super) fn new(
        concurrency: NonZeroUsize,
        remembered: Option<Estimate>,
        now: Instant,
    ) -> Self {
        Self {
            search: Search::new(concurrency, remembered, now),
            event: None,
            answers: 0.0,
            noises: 0.0,
            since_event: 0.0,
            since_limit: 0.0,
        }
    }

    fn likelier(&self) -> &Search {
        match &self.event {
            Some(event) if event.is_noise() => &event.noise,
            _ => &self.search,
        }
    }

    fn both(&mut self) -> impl Iterator<Item = &mut Search> {
        let noise = self.event.as_mut().map(|event| &mut event.noise);
        std::iter::once(&mut self.search).chain(noise)
    }

    pub(super) fn permits(&self) -> usize {
        self.likelier().permits()
    }

    pub(super) fn turn(&self) -> Option<Instant> {
        self.likelier().turn()
    }

    pub(super) fn departed(&mut self, now: Instant) {
        self.both().for_each(|search| search.departed(now));
    }

    pub(super) fn accepted(&mut self, ticket: &InFlight, now: Instant) {
        self.answers += 1.0;
        self.since_event += 1.0;
        self.since_limit += 1.0;
        if let Some(event) = &mut self.event
            && event.events == ticket.events
            && ticket.sequence > event.sequence
        {
            event.others_passed = event.others_passed.saturating_add(1);
        }
        self.both().for_each(|search| search.accepted(ticket, now));
    }

    /// The first refusal of an event; `told` says whether the service announced the pause.
    pub(super) fn refused(&mut self, ticket: &InFlight, opens: Instant, told: bool) {
        self.settle();
        self.answers += 1.0;
        let noise_rate = (NOISE_AT_FIRST.0 + self.noises) / (NOISE_AT_FIRST.1 + self.answers);
        let noise_rate = noise_rate.min(MOST_NOISE);
        let mut excess = self.search.excess();
        excess.most = excess.most.clamp(SUNK, 1.0);
        excess.chance = if (1.0..=RARE).contains(&self.since_event) {
            excess.chance.clamp(SUNK, 1.0)
        } else {
            1.0
        };
        // A limit that was not met so far is met with the next request by one chance in as many, on any scale.
        let mut met = excess.chance / (1.0 + self.since_limit);
        if self.since_event >= 1.0 && self.noises > SHOWN {
            met *= LESS_LIKELY;
        }
        let mut noise = self.search.clone();
        noise.refused_by_noise(ticket, opens);
        self.event = Some(Event {
            noise,
            events: ticket.events,
            sequence: ticket.sequence,
            prior_odds: noise_rate / met,
            excess,
            noise_rate,
            since_limit: self.since_limit,
            others_passed: 0,
            others_refused: 0,
        });
        (self.since_event, self.since_limit) = (0.0, 0.0);
        self.search.refused(ticket, opens, told);
    }

    /// Another refusal of the same event.
    pub(super) fn refused_again(&mut self, ticket: &InFlight, opens: Instant) {
        self.answers += 1.0;
        if let Some(event) = &mut self.event {
            event.sequence = event.sequence.min(ticket.sequence);
            event.others_refused = event.others_refused.saturating_add(1);
            event.noise.refused_by_noise(ticket, opens);
        }
        self.search.refused_again(ticket, opens);
    }

    /// What is known of the last event is all that will ever be.
    fn settle(&mut self) {
        if let Some(event) = self.event.take() {
            let shown = event.shown();
            self.since_limit += shown * event.since_limit;
            self.noises += shown * f64::from(1 + event.others_refused);
            if event.is_noise() {
                self.search = event.noise;
            }
        }
    }

    /// The refusal that began the last event has nothing to do with how fast we are. Where others were refused along
    /// with it, theirs count.
    pub(super) fn take_back(&mut self, refused: &InFlight) {
        let is_it =
            |event: &mut Event| event.sequence == refused.sequence && event.others_refused == 0;
        if let Some(event) = self.event.take_if(is_it) {
            self.search = event.noise;
            self.since_limit += event.since_limit;
        }
    }

    /// A pause that says nothing about the rate.
    pub(super) fn held(&mut self, longer: Duration, opens: Instant) {
        self.both().for_each(|search| search.held(longer, opens));
    }

    pub(super) fn wait_and_see(&mut self, is_so: bool) {
        self.both().for_each(|search| search.wait_and_see(is_so));
    }

    pub(super) fn waits_and_sees(&self) -> bool {
        self.search.waits_and_sees()
    }

    pub(super) fn learn(&mut self, found: Estimate, sent: u64, now: Instant) {
        self.both()
            .for_each(|search| search.learn(found, sent, now));
    }

    pub(super) fn is_beyond(&self, found: Estimate, sent: u64, now: Instant) -> bool {
        self.search.is_beyond(found, sent, now)
    }

    pub(super) fn rate(&self) -> Option<f64> {
        self.likelier().rate()
    }

    pub(super) fn estimate(&self) -> Option<Estimate> {
        self.likelier().estimate()
    }

    pub(super) fn phase(&self) -> Phase {
        self.likelier().phase()
    }
}
