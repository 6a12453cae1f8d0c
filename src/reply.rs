//! What came of one request: an answer of the service, or none and how far the request got.

use std::time::Duration;

use crate::present::Present;

/// What came of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    Answer(Answer),
    NoAnswer(NoAnswer),
}

impl Reply {
    /// What was said, or why nothing was.
    pub fn message(&self) -> &str {
        match self {
            Reply::Answer(answer) => &answer.message,
            Reply::NoAnswer(no_answer) => &no_answer.message,
        }
    }
}

/// What the service said, boiled down to what a row's result needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    pub status: u16,
    pub retry_after: RetryAfter,
    /// One code, or two as `25223/8363` where the answer gives two that differ.
    pub error_code: Box<str>,
    /// Empty on success.
    pub message: Box<str>,
    /// What Cisco support asks for.
    pub tracking_id: Box<str>,
    /// The numbers of the location, where they were asked for.
    pub present: Option<Present>,
}

impl Answer {
    /// An answer that says nothing but its status.
    pub fn bare(status: u16) -> Answer {
        Answer {
            status,
            ..Answer::default()
        }
    }
}

/// The `Retry-After` header as far as it could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetryAfter {
    #[default]
    Missing,
    /// There was one, but it says nothing usable (`rand(30),add(30)` is real).
    Unreadable,
    /// Counted from the moment the answer arrived; never zero.
    Wait(Duration),
}

/// A request that got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoAnswer {
    pub reach: Reach,
    /// What happened, for the person.
    pub message: Box<str>,
}

/// How far a request without an answer got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It never left: no name, no connection, no TLS.
    NotSent,
    /// It may have arrived, and may have taken effect.
    MaybeSent,
}
