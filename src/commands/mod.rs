//! One file a verb. Each assembles the parts below it; nothing else does.

mod apply;
mod begin;
mod carry_out;
mod check;
mod confirm;
mod examination;
mod export;
mod invocation;
mod pages;
mod plan;
mod recorder;
mod rehearsal;
mod report;
mod rights;
mod settling;
mod simulator;
mod undo;
mod way;
mod whoami;

use anyhow::Result;

use crate::cli::{Cli, Command, FIRST_STEPS};
use crate::stderr::say;
use crate::summary::ExitCode;

/// Runs what the user asked for.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    let Some(command) = cli.command else {
        say(FIRST_STEPS);
        return Ok(ExitCode::NothingSent);
    };
    match command {
        Command::Check(flags) => check::run(flags),
        Command::Apply(flags) => apply::run(*flags).await,
        Command::Whoami(flags) => whoami::run(&flags).await,
        Command::Plan(flags) => plan::run(*flags).await,
        Command::Undo(flags) => undo::run(*flags).await,
        Command::Report(flags) => report::run(flags),
        Command::Export(flags) => export::run(*flags).await,
        Command::Simulator(flags) => simulator::run(flags).await,
        Command::Completions { shell } => pages::completions(shell),
        Command::Man { folder } => pages::man(&folder),
    }
}
