//! `wxbulk plan`: read the present numbers and show what the sheet would change.

use anyhow::Result;

use crate::cli::PlanFlags;
use crate::commands::carry_out::carry_out;
use crate::logging;
use crate::pipeline::Task;
use crate::results::Form;
use crate::settings::{Consent, Deed, RunSettings, SheetSettings, output_path};
use crate::summary::ExitCode;

pub(super) async fn run(flags: PlanFlags) -> Result<ExitCode> {
    logging::start(
        flags.run.verbosity.verbose,
        flags.run.verbosity.log_file.as_deref(),
    )?;
    let sheet = SheetSettings::from_flags(flags.sheet)?;
    let deed = Deed {
        command: "plan",
        form: Form::Plan,
        output: output_path(&sheet.path, flags.output, "plan.csv")?,
        sheet,
        task: Task::Look,
        expectations: None,
        // Nothing is changed.
        consent: Consent::Given,
        question: "",
    };
    carry_out(RunSettings::from_flags(deed, flags.run)?).await
}
