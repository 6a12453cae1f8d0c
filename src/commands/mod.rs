//! One file a verb. Each assembles the parts below it; nothing else does.

mod apply;
mod check;
mod export;
mod pages;
mod plan;
mod report;
mod simulator;
mod status;
mod undo;
mod whoami;

use anyhow::Result;

use crate::application::exit_code::ExitCode;
use crate::application::session::Connect;
use crate::cli::{Cli, Command, FIRST_STEPS};
use crate::stderr::say;

/// Runs what the user asked for.
pub async fn run(cli: Cli, network: &impl Connect) -> Result<ExitCode> {
    let Some(command) = cli.command else {
        say(FIRST_STEPS);
        return Ok(ExitCode::NothingSent);
    };
    match command {
        Command::Check(flags) => check::run(flags),
        Command::Apply(flags) => apply::run(*flags, network).await,
        Command::Whoami(flags) => whoami::run(&flags).await,
        Command::Plan(flags) => plan::run(*flags, network).await,
        Command::Undo(flags) => undo::run(*flags, network).await,
        Command::Report(flags) => report::run(flags),
        Command::Status(flags) => status::run(flags).await,
        Command::Export(flags) => export::run(*flags, network).await,
        Command::Simulator(flags) => simulator::run(flags).await,
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { folder } => pages::man(&folder),
    }
}
