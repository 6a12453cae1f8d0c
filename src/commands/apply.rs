//! `wxbulk apply`: send the changes of a sheet.

use anyhow::Result;

use crate::cli::ApplyFlags;
use crate::commands::carry_out::carry_out;
use crate::logging;
use crate::pipeline::Task;
use crate::results::Form;
use crate::settings::{Consent, Deed, RunSettings, SheetSettings, output_path};
use crate::summary::ExitCode;

pub(super) async fn run(flags: ApplyFlags) -> Result<ExitCode> {
    logging::start(
        flags.run.verbosity.verbose,
        flags.run.verbosity.log_file.as_deref(),
    )?;
    let sheet = SheetSettings::from_flags(flags.sheet)?;
    let looks_first = flags.backup || flags.if_unchanged.is_some();
    let deed = Deed {
        command: "apply",
        form: if looks_first {
            Form::ResultsWithPrevious
        } else {
            Form::Results
        },
        output: output_path(&sheet.path, flags.output, "results.csv")?,
        sheet,
        task: if looks_first {
            Task::LookAndChange
        } else {
            Task::Change
        },
        expectations: flags.if_unchanged,
        consent: Consent::from_flag(flags.yes),
        question: "send the changes of",
    };
    carry_out(RunSettings::from_flags(deed, flags.run)?).await
}
