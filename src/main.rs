//! The process: arguments, a runtime, the command, an exit code.

use std::process;

use clap::Parser;
use wxbulk::cli::Cli;
use wxbulk::summary::ExitCode;
use wxbulk::{commands, progress};

fn main() -> process::ExitCode {
    // Wrong flags end the process here, with clap's own message and exit code 2.
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let ended = runtime
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(commands::run(cli)));
    let code = ended.unwrap_or_else(|error| {
        progress::say(&format!("error: {error:#}"));
        ExitCode::NothingSent
    });
    process::ExitCode::from(code as u8)
}
