//! What wxbulk notes for those who look closer: to stderr with `-v`, to a file as JSON lines.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts noting. `verbosity` is the number of `-v`s.
///
/// Only what wxbulk itself says is noted: the libraries below know the token.
pub fn start(verbosity: u8, file: Option<&Path>) -> Result<()> {
    let ours = |level| Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let on_stderr = match verbosity {
        0 => LevelFilter::OFF,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let to_stderr = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(false)
        .with_filter(ours(on_stderr));
    let to_file = match file {
        None => None,
        Some(path) => {
            let file = File::options()
                .create(true)
                .append(true)
                .open(path)
                .with_context(|| format!("cannot write the log `{}`", path.display()))?;
            let layer = tracing_subscriber::fmt::layer()
                .json()
                .with_writer(file)
                .with_filter(ours(LevelFilter::DEBUG));
            Some(layer)
        }
    };
    // Refused only when it is started twice, which harms nothing.
    let _ = tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_file)
        .try_init();
    Ok(())
}
