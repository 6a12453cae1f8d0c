//! `wxbulk plan`: read the present numbers and show what the sheet would change.

use anyhow::Result;

use crate::application;
use crate::application::exit_code::ExitCode;
use crate::application::output_name::OutputNames;
use crate::application::results::Form;
use crate::application::run_settings::{Backup, Confirmation, RunSettings, RunSpec, SheetSettings};
use crate::application::session::Connect;
use crate::cli::PlanFlags;
use crate::cli::resolve::output_path;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::sheet::is_standard_input;

pub(super) async fn run(flags: PlanFlags, network: &impl Connect) -> Result<ExitCode> {
    let sheet = SheetSettings::from_flags(flags.sheet, &flags.part)?;
    let word = if flags.run.rehearse {
        "plan.rehearsal"
    } else {
        "plan"
    };
    let is_verification = flags.exit_code && flags.output.is_none();
    let is_named = flags.output.is_some() || is_standard_input(&sheet.path);
    let output = match OutputNames::of_sheet(&sheet.path, word) {
        _ if is_named || flags.run.resume => {
            output_path(&sheet.path, flags.output, word, &flags.run)?
        }
        names if is_verification => names.free(),
        names => names.next_plan(),
    };
    let spec = RunSpec {
        command: "plan",
        form: Form::Plan,
        output,
        sheet,
        task: Task::Read,
        preconditions: None,
        // Nothing is changed.
        confirmation: Confirmation::Given,
        backup: Backup::No,
        first: None,
        fails_on_difference: flags.exit_code,
        is_kept_if_different: is_verification,
        usage_check: if flags.usage {
            UsageCheck::Always
        } else {
            UsageCheck::WhereCleared
        },
        // Who approves it sees what uses them.
        even_if_used: flags.even_if_used,
    };
    application::run(RunSettings::from_flags(spec, flags.run)?, network).await
}
