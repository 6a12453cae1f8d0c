//! What the log hears of a row: a span from its first request to its outcome, and in it each
//! answer. Where nobody listens none of it is computed.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;
use tracing::field::Empty;

use super::job::Job;
use crate::model::clock;
use crate::model::outcome::{Outcome, code_after, with_status};
use crate::model::response::{ApiResult, Response};
use crate::model::row::Row;
use crate::retry::RetryDecision;

/// A row's way through the run; empty until it leaves, and where no log wants it.
#[derive(Debug, Default)]
pub(super) struct RowSpan(Option<Box<Way>>);

#[derive(Debug)]
struct Way {
    span: Span,
    /// When it first left.
    began: Option<Instant>,
    departed: Option<Instant>,
    returned: Option<Instant>,
    on_wire: Duration,
}

impl RowSpan {
    fn begin(row: &Row<'_>) -> RowSpan {
        let span = tracing::debug_span!(
            "row",
            row = row.number,
            location = %row.target_id,
            outcome = Empty,
            status = Empty,
            error_code = Empty,
            tracking_id = Empty,
            attempts = Empty,
            took_ms = Empty,
            waited_ms = Empty,
        );
        RowSpan((!span.is_disabled()).then(|| {
            Box::new(Way {
                span,
                began: None,
                departed: None,
                returned: None,
                on_wire: Duration::ZERO,
            })
        }))
    }

    pub(super) fn span(&self) -> Span {
        let way = self.0.as_ref();
        way.map_or_else(Span::none, |way| way.span.clone())
    }

    pub(super) fn departs(&mut self, row: &Row<'_>, now: Instant) {
        if self.0.is_none() {
            *self = RowSpan::begin(row);
        }
        if let Some(way) = &mut self.0 {
            way.began.get_or_insert(now);
            way.departed = Some(now);
        }
    }

    /// How long the last attempt took.
    fn took_ms(&self) -> Option<u64> {
        let way = self.0.as_ref()?;
        Some(clock::milliseconds(between(way.departed, way.returned)))
    }

    pub(super) fn returns(&mut self, now: Instant) {
        if let Some(way) = &mut self.0 {
            way.returned = Some(now);
            way.on_wire += between(way.departed, way.returned);
        }
    }
}

fn between(start: Option<Instant>, end: Option<Instant>) -> Duration {
    let both = start.zip(end);
    both.map_or(Duration::ZERO, |(start, end)| end.duration_since(start))
}

impl Job {
    /// Notes one answer, or that there was none, and what follows from it: at `-v` where it was
    /// not the end of it, at `-vv` always.
    pub(super) fn note_answer(&self, reply: &ApiResult, next: RetryDecision) {
        let (row, attempt, status) = (self.row.number, self.attempts, status(reply));
        let (answer, following) = (InWords(reply), Following(next));
        let _in = self.row_span.span().entered();
        match next {
            RetryDecision::Succeeded | RetryDecision::GiveUp => {
                tracing::debug!(
                    attempt,
                    status,
                    took_ms = self.row_span.took_ms(),
                    "row {row}: {answer}"
                );
            }
            RetryDecision::Throttled { .. }
            | RetryDecision::Retry { .. }
            | RetryDecision::Unauthorized => {
                tracing::info!(
                    attempt,
                    status,
                    took_ms = self.row_span.took_ms(),
                    "row {row}: {answer}; {following}"
                );
            }
        }
    }

    pub(super) fn note_outcome(&self, outcome: &Outcome) {
        let Some(way) = &self.row_span.0 else { return };
        let took = between(way.began, way.returned);
        way.span.record("outcome", outcome.kind.word());
        way.span.record("status", outcome.status);
        way.span.record("error_code", &*outcome.error_code);
        way.span.record("tracking_id", &*outcome.tracking_id);
        way.span.record("attempts", outcome.attempts);
        way.span.record("took_ms", clock::milliseconds(took));
        way.span.record(
            "waited_ms",
            clock::milliseconds(took.saturating_sub(way.on_wire)),
        );
    }
}

pub(super) fn note_token_answer(result: &ApiResult) {
    tracing::info!(
        status = status(result),
        "the access token: {}",
        InWords(result)
    );
}

fn status(reply: &ApiResult) -> Option<u16> {
    match reply {
        Ok(answer) => Some(answer.status),
        Err(_) => None,
    }
}

/// A reply for people: `404 Location not found (25008)`.
struct InWords<'a>(&'a ApiResult);

impl fmt::Display for InWords<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Ok(Response {
                status,
                message,
                error_code,
                ..
            }) => {
                formatter.write_str(with_status(*status, message).trim_end_matches('.'))?;
                formatter.write_str(&code_after(error_code))
            }
            Err(error) => formatter.write_str(&error.message),
        }
    }
}

/// What follows a reply, for people.
struct Following(RetryDecision);

impl fmt::Display for Following {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            RetryDecision::Succeeded | RetryDecision::GiveUp => Ok(()),
            RetryDecision::Throttled { wait: Some(wait) } => {
                write!(
                    formatter,
                    "nothing of this user is sent for {}",
                    clock::in_words(wait)
                )
            }
            RetryDecision::Throttled { wait: None } => {
                formatter.write_str("nothing of this user is sent for a while")
            }
            RetryDecision::Retry { after, .. } => {
                write!(formatter, "again in {}", clock::in_words(after))
            }
            RetryDecision::Unauthorized => formatter.write_str("a new access token is needed"),
        }
    }
}
