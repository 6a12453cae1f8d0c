//! One file a verb. Each assembles the parts below it; nothing else does.

mod apply;
mod check;
mod completions_and_man;
mod export;
mod plan;
mod report;
mod selftest;
mod simulator;
mod status;
mod undo;
mod whoami;

use std::io::{self, Write};

use anyhow::Result;

use crate::application::exit_code::ExitCode;
use crate::application::logging;
use crate::application::refused_sheet::RefusedSheet;
use crate::application::session::Connect;
use crate::application::summary::Summary;
use crate::cli::resolve::ensure_log_is_no_credential;
use crate::cli::{Cli, Command, FIRST_STEPS};
use crate::model::hint;
use crate::model::token_shape::without_tokens;
use crate::platform;
use crate::stderr::say;

/// Runs what the user asked for.
pub async fn run(cli: Cli, network: &impl Connect) -> Result<ExitCode> {
    let Some(command) = cli.command else {
        say(FIRST_STEPS);
        return Ok(ExitCode::NothingSent);
    };
    let refusal = Refusal::of(&command);
    let ended = dispatch(command, network).await;
    refusal.tell(&ended);
    match ended {
        Err(error) if error.is::<RefusedSheet>() => Ok(ExitCode::NothingSent),
        ended => ended,
    }
}

/// The same as JSON where what was typed is no command, and asks for JSON.
pub fn tell_mistake(typed: &[String], mistake: &str) {
    let has = |flag: &str| {
        let mut pairs = typed.windows(2);
        let joined = format!("{flag}=json");
        pairs.any(|pair| pair == [flag, "json"]) || typed.contains(&joined)
    };
    if has("--summary") || has("--format") {
        let said = mistake.strip_prefix("error: ").unwrap_or(mistake);
        // clap shows the usage below it.
        let said = said.split("\n\n").next().unwrap_or_default();
        let is_rehearsal = has("--summary").then(|| typed.iter().any(|word| word == "--rehearse"));
        print_refusal(said, Vec::new(), is_rehearsal, None);
    }
}

/// JSON for programs also where nothing was sent, or no sheet could be checked.
struct Refusal {
    is_wanted: bool,
    /// `None`: nothing was to be sent.
    is_rehearsal: Option<bool>,
}

impl Refusal {
    fn of(command: &Command) -> Refusal {
        let run = command.run_flags();
        let is_check = matches!(command, Command::Check(flags) if flags.format == "json");
        Refusal {
            is_wanted: is_check || run.is_some_and(|run| run.output.summary.is_some()),
            is_rehearsal: run.map(|run| run.rehearse),
        }
    }

    fn tell(&self, ended: &Result<ExitCode>) {
        let error = match ended {
            Err(error) => Some(error),
            // The check has said what is wrong.
            Ok(ExitCode::NothingSent) if self.is_rehearsal.is_some() => None,
            Ok(_) => return,
        };
        if self.is_wanted {
            let said = error.map(platform::describe_error).unwrap_or_default();
            let sheet = error.and_then(|error| error.downcast_ref::<RefusedSheet>());
            let of_sheet = sheet.into_iter().flat_map(|sheet| &sheet.hints);
            let of_error = error.into_iter().flat_map(hint::hints);
            let hints = of_sheet.map(String::as_str).chain(of_error);
            print_refusal(&said, hints.collect(), self.is_rehearsal, sheet);
        }
    }
}

/// What an error says may have hints below it.
fn print_refusal(
    said: &str,
    hints: Vec<&str>,
    is_rehearsal: Option<bool>,
    sheet: Option<&RefusedSheet>,
) {
    let said = without_tokens(said);
    let mut parts = said.split("\nhint: ");
    let why = parts.next().filter(|why| !why.is_empty());
    let hints: Vec<&str> = parts.chain(hints).collect();
    let mut summary = Summary::of_refusal(why, &hints);
    if let Some(is_rehearsal) = is_rehearsal {
        summary["rehearsal"] = is_rehearsal.into();
    }
    if let Some(sheet) = sheet {
        sheet.add_counts(&mut summary);
    }
    // Nothing can be done when nobody takes it.
    let _ = writeln!(io::stdout().lock(), "{summary:#}");
}

async fn dispatch(command: Command, network: &impl Connect) -> Result<ExitCode> {
    if let Some(flags) = command.run_flags() {
        ensure_log_is_no_credential(flags)?;
        let verbosity = &flags.verbosity;
        logging::start(verbosity.verbose, verbosity.log_file.as_deref())?;
    }
    match command {
        Command::Check(flags) => check::run(flags),
        Command::Apply(flags) => apply::run(*flags, network).await,
        Command::Whoami(flags) => whoami::run(&flags).await,
        Command::Plan(flags) => plan::run(*flags, network).await,
        Command::Undo(flags) => undo::run(*flags, network).await,
        Command::Report(flags) => report::run(flags),
        Command::Status(flags) => status::run(flags).await,
        Command::Export(flags) => export::run(*flags, network).await,
        Command::Selftest(flags) => selftest::run(*flags, network).await,
        Command::Simulator(flags) => simulator::run(flags).await,
        Command::Completions { shell } => completions_and_man::completions(shell),
        Command::Man { folder } => completions_and_man::man(&folder),
    }
}
