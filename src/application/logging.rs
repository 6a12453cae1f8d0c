//! Logs what a run does: to standard error with `-v`, to a file as JSON lines.
//!
//! A line of the file is an event, or a row: the span that closes when the row has its outcome.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FmtSpan, Writer, debug_fn};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::model::clock;
use crate::platform;
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
        let file =
            open(path).with_context(|| format!("cannot write the log `{}`", path.display()))?;
        let shown = path.display().to_string();
        anyhow::Ok(LogFile { file, shown })
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

/// Whether a line of the log could not be written. Events come from anywhere in the process.
static HAS_FAILED: AtomicBool = AtomicBool::new(false);

/// Whether the log that was asked for lacks something.
pub fn has_failed() -> bool {
    HAS_FAILED.load(Ordering::Relaxed)
}

/// A log that says once when it cannot be written.
#[derive(Debug)]
struct LogFile {
    file: File,
    shown: String,
}

/// A line on its way into the log.
struct LogLine<'l>(&'l LogFile);

impl<'l> MakeWriter<'l> for LogFile {
    type Writer = LogLine<'l>;

    fn make_writer(&'l self) -> LogLine<'l> {
        LogLine(self)
    }
}

impl Write for LogLine<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let written = (&self.0.file).write(line);
        if let Err(error) = &written
            && error.kind() != io::ErrorKind::Interrupted
            && !HAS_FAILED.swap(true, Ordering::Relaxed)
        {
            let why = platform::describe_error(&anyhow::anyhow!(io::Error::from(error.kind())));
            stderr::say(&format!(
                "warning: the log `{}` cannot be written: {why}",
                self.0.shown
            ));
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.0.file).flush()
    }
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
    platform::open_to_append(path)
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
