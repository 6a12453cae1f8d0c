//! `wxbulk apply`: send the changes of a sheet.

use anyhow::Result;

use crate::application;
use crate::application::exit_code::ExitCode;
use crate::application::logging;
use crate::application::results::Form;
use crate::application::session::Connect;
use crate::application::settings::{Confirmation, RunSettings, RunSpec, SheetSettings};
use crate::cli::ApplyFlags;
use crate::cli::resolve::output_path;
use crate::engine::pipeline::Task;

pub(super) async fn run(flags: ApplyFlags, network: &impl Connect) -> Result<ExitCode> {
    logging::start(
        flags.run.verbosity.verbose,
        flags.run.verbosity.log_file.as_deref(),
    )?;
    let sheet = SheetSettings::from_flags(flags.sheet)?;
    let looks_first = flags.backup || flags.if_unchanged.is_some();
    let spec = RunSpec {
        command: "apply",
        form: if looks_first {
            Form::ResultsWithPrevious
        } else {
            Form::Results
        },
        output: output_path(&sheet.path, flags.output, "results.csv")?,
        sheet,
        task: if looks_first {
            Task::ReadThenWrite
        } else {
            Task::Write
        },
        preconditions: flags.if_unchanged,
        confirmation: Confirmation::from_flag(flags.yes),
        question: "send the changes of",
    };
    application::run(RunSettings::from_flags(spec, flags.run)?, network).await
}
