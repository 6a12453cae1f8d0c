//! What wxbulk notes for those who look closer: to stderr with `-v`, to a file as JSON lines.
//!
//! A line of the file is an event, or a row: the span that closes when the row has its outcome.

mod rotation;

use std::fmt;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context, Result};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FmtSpan, Writer, debug_fn};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::model::clock;
use crate::stderr;
use rotation::RotatingFile;

/// Starts noting. `verbosity` is the number of `-v`s.
///
/// Only what wxbulk itself says is noted: the libraries below know the token.
pub fn start(verbosity: u8, file: Option<&Path>) -> Result<()> {
    let on_stderr = match verbosity {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let file = file.map(|path| {
        RotatingFile::open(path)
            .with_context(|| format!("cannot write the log `{}`", path.display()))
    });
    let file = file.transpose()?;
    if on_stderr == LevelFilter::OFF && file.is_none() {
        return Ok(());
    }
    let ours = |level| Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let words_alone = debug_fn(|out, field, value| match field.name() {
        "message" => write!(out, "{value:?}"),
        _ => Ok(()),
    });
    let to_stderr = tracing_subscriber::fmt::layer()
        .event_format(EventLine)
        .fmt_fields(words_alone)
        .with_writer(stderr::lock)
        .with_filter(ours(on_stderr));
    let to_file = file.map(|file| {
        tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_target(false)
            .with_span_events(FmtSpan::CLOSE)
            .log_internal_errors(false)
            .with_writer(Mutex::new(file))
            .with_filter(ours(LevelFilter::TRACE))
    });
    // Refused only when it is started twice, which harms nothing.
    let _ = tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_file)
        .try_init();
    Ok(())
}

/// An event for people: the time of day and the words.
struct EventLine;

impl<S, N> FormatEvent<S, N> for EventLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let time = clock::time_of_day(clock::now(), Duration::ZERO);
        write!(out, "{time} ")?;
        context.format_fields(out.by_ref(), event)?;
        writeln!(out)
    }
}
