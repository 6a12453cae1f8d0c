//! How long the very first answer is waited for. Somebody sits before a command that has just begun,
//! and what is wrong then is mostly wrong for good: an address, a proxy, a VPN that is not up.
//!
//! So while nothing was ever answered, what is tried and why it fails is said within seconds, and after
//! a quarter of a minute it is given up. A failure that cannot pass by itself is given up at once.
//! An error of something in front of the service is no answer of it (`engine::first_answer`). After the first answer all is as patient as usual: `retry` and `engine::circuit_breaker` decide.

use std::time::Duration;

use tokio::time::Instant;

use crate::model::clock;
use crate::model::response::{Delivery, TransportCause, TransportError};

/// Silence that a person takes for work.
const SILENCE: Duration = Duration::from_secs(2);

/// Long enough for a name server, a VPN or a sleeping laptop to come back; short enough to sit it out.
const PATIENCE: Duration = Duration::from_secs(15);

/// The first wait between two tries; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// Whether anything was ever answered, and what was tried until then.
#[derive(Debug, Default)]
pub(super) struct FirstContact {
    is_made: bool,
    began: Option<Instant>,
    failures: u32,
    has_spoken: bool,
    last: Option<TransportError>,
}

/// What follows a failed try.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NextTry {
    After(Duration),
    GivenUp,
    /// There was an answer before: the usual patience decides.
    AsUsual,
}

impl FirstContact {
    pub(super) fn begins(&mut self, now: Instant) {
        self.began.get_or_insert(now);
    }

    /// Any answer of the service, whatever it says.
    pub(super) fn answered(&mut self) {
        self.is_made = true;
    }

    pub(super) fn is_made(&self) -> bool {
        self.is_made
    }

    pub(super) fn failed(&mut self, error: &TransportError, now: Instant) -> NextTry {
        if self.is_made {
            return NextTry::AsUsual;
        }
        let ends = self.ends_at(now);
        self.last = Some(error.clone());
        if error.cause.is_permanent() || now >= ends {
            return NextTry::GivenUp;
        }
        let wait = FIRST_WAIT
            .saturating_mul(1 << self.failures.min(16))
            .min(LONGEST_WAIT);
        self.failures += 1;
        NextTry::After(wait.min(ends - now))
    }

    /// When somebody should be told that an answer is still waited for.
    pub(super) fn speaks_at(&self) -> Option<Instant> {
        let is_due = !self.is_made && !self.has_spoken;
        self.began.filter(|_| is_due).map(|began| began + SILENCE)
    }

    /// When a request that is still under way is given up.
    pub(super) fn gives_up_at(&self) -> Option<Instant> {
        let began = self.began.filter(|_| !self.is_made)?;
        Some(began + PATIENCE)
    }

    /// What is tried, and how it goes; said once. `silence` is said where nothing came yet: who has not answered,
    /// with the way there, of which an error tells itself.
    pub(super) fn word(&mut self, address: &str, silence: &str, now: Instant) -> Option<String> {
        if self.is_made || std::mem::replace(&mut self.has_spoken, true) {
            return None;
        }
        let left = clock::in_words(self.ends_at(now) - now);
        Some(match &self.last {
            Some(error) => format!("{address}: {}; trying again for {left}", error.message),
            None => format!("{silence}; waiting for {left} more"),
        })
    }

    /// Why it was given up: the last failure, or that nothing came at all.
    pub(super) fn last_error(&self) -> TransportError {
        self.last.clone().unwrap_or_else(|| TransportError {
            delivery: Delivery::MaybeSent,
            cause: TransportCause::TimedOut,
            message: format!("no answer within {}", clock::in_words(PATIENCE)).into(),
        })
    }

    fn ends_at(&self, now: Instant) -> Instant {
        (self.began.unwrap_or(now) + PATIENCE).max(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(cause: TransportCause) -> TransportError {
        TransportError {
            delivery: Delivery::NotSent,
            cause,
            message: "could not connect: connection refused".into(),
        }
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_for_a_quarter_of_a_minute_and_said_once() {
        let start = Instant::now();
        let refused = failure(TransportCause::ConnectionRefused);
        let mut contact = FirstContact::default();
        contact.begins(start);
        let mut at = Duration::ZERO;
        let mut tries = Vec::new();
        let mut words = Vec::new();
        loop {
            tries.push(at.as_secs());
            let next = contact.failed(&refused, start + at);
            words.extend(contact.word("https://x", "silence", start + at));
            match next {
                NextTry::After(wait) => at += wait,
                NextTry::GivenUp => break,
                NextTry::AsUsual => panic!("nothing was answered"),
            }
        }
        assert_eq!(tries, [0, 1, 3, 7, 11, 15]);
        assert_eq!(
            words,
            ["https://x: could not connect: connection refused; trying again for 15 s"]
        );
        assert_eq!(contact.last_error(), refused);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_the_request_and_is_silent_counts_too() {
        let start = Instant::now();
        let mut contact = FirstContact::default();
        contact.begins(start);
        contact.begins(start + seconds(9));
        assert_eq!(contact.speaks_at(), Some(start + seconds(2)));
        assert_eq!(contact.gives_up_at(), Some(start + seconds(15)));
        assert_eq!(
            contact
                .word(
                    "https://x",
                    "https://x has not answered yet",
                    start + seconds(2)
                )
                .as_deref(),
            Some("https://x has not answered yet; waiting for 13 s more")
        );
        assert_eq!(contact.speaks_at(), None);
        assert_eq!(&*contact.last_error().message, "no answer within 15 s");
    }

    #[tokio::test(start_paused = true)]
    async fn what_cannot_pass_is_given_up_at_once_and_an_answer_ends_it_all() {
        let start = Instant::now();
        let password = failure(TransportCause::ProxyPassword);
        let mut contact = FirstContact::default();
        contact.begins(start);
        assert_eq!(contact.failed(&password, start), NextTry::GivenUp);
        let mut contact = FirstContact::default();
        contact.begins(start);
        contact.answered();
        assert_eq!(contact.failed(&password, start), NextTry::AsUsual);
        assert_eq!((contact.speaks_at(), contact.gives_up_at()), (None, None));
        assert_eq!(contact.word("https://x", "silence", start), None);
    }
}
