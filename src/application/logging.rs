//! Logs what a run does: to standard error with `-v`, to a file as JSON lines.
//!
//! A line of the file is an event, or a row: the span that closes when the row has its outcome.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
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

/// Starts logging. `verbosity` is the number of `-v`s.
///
/// Only wxbulk's own events are logged, since the libraries below it know the token.
pub fn start(verbosity: u8, file: Option<&Path>) -> Result<()> {
    let on_stderr = match verbosity {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let file = file.map(|path| {
        open(path).with_context(|| format!("cannot write the log `{}`", path.display()))
    });
    let file = file.transpose()?;
    if on_stderr == LevelFilter::OFF && file.is_none() {
        return Ok(());
    }
    let ours = |level| Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let message_only = debug_fn(|out, field, value| match field.name() {
        "message" => write!(out, "{value:?}"),
        _ => Ok(()),
    });
    let to_stderr = tracing_subscriber::fmt::layer()
        .event_format(EventLine)
        .fmt_fields(message_only)
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
            .with_writer(file)
            .with_filter(ours(LevelFilter::TRACE))
    });
    // Refused only when it is started twice, which harms nothing.
    let _ = tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_file)
        .try_init();
    Ok(())
}

/// Appends to the log at `path`. A file that is not a log is refused, since the next thing typed
/// after `--log-file` may be the sheet.
fn open(path: &Path) -> io::Result<File> {
    // Reading from a terminal or a pipe would wait.
    if path.is_file() {
        let mut first = Vec::new();
        File::open(path)?.take(1).read_to_end(&mut first)?;
        if !matches!(first[..], [] | [b'{']) {
            return Err(io::Error::other(
                "it exists and is not a log; name another file",
            ));
        }
    }
    File::options().create(true).append(true).open(path)
}

/// An event for people: the time of day and the message.
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
