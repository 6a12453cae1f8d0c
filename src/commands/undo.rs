//! `wxbulk undo`: put back the numbers that a run with `--backup` found.
//!
//! What is to be put back is itself a sheet, with the numbers from before as the numbers to set and
//! those that the run put as the numbers to expect. It is written beside the results, where it can
//! be looked at, and is then sent like any other sheet, present numbers recorded: so an undo is
//! paced, resumed, reported and undone as any run is.

use anyhow::Result;

use crate::cli::UndoFlags;
use crate::commands::carry_out::carry_out;
use crate::logging;
use crate::pipeline::Task;
use crate::results::Form;
use crate::reversal;
use crate::settings::{Consent, Deed, RunSettings, SheetSettings, read_org_flag};
use crate::sheet::Reading;
use crate::sheet::check::DuplicatePolicy;
use crate::stderr::say;
use crate::summary::{ExitCode, plural};

pub(super) async fn run(flags: UndoFlags) -> Result<ExitCode> {
    logging::start(
        flags.run.verbosity.verbose,
        flags.run.verbosity.log_file.as_deref(),
    )?;
    let reading = Reading {
        default_org: read_org_flag(flags.org.as_deref())?,
        ..Reading::default()
    };
    let reversal = reversal::write(&flags.results, reading.clone())?;
    if reversal.rows == 0 {
        say(&format!(
            "no row of `{}` was changed, so there is nothing to put back",
            flags.results.display()
        ));
        return Ok(ExitCode::AsAsked);
    }
    if reversal.rows_left_out > 0 {
        say(&format!(
            "left out: {} of the results that changed nothing",
            plural(reversal.rows_left_out, "row")
        ));
    }
    let deed = Deed {
        command: "undo",
        form: Form::ResultsWithPrevious,
        output: flags
            .output
            .unwrap_or_else(|| reversal.sheet.with_extension("results.csv")),
        expectations: (!flags.force).then(|| reversal.sheet.clone()),
        sheet: SheetSettings {
            path: reversal.sheet,
            reading,
            duplicates: DuplicatePolicy::InOrder,
        },
        task: Task::LookAndChange,
        consent: Consent::from_flag(flags.yes),
        question: "send the earlier numbers of",
    };
    let code = carry_out(RunSettings::from_flags(deed, flags.run)?).await?;
    if code == ExitCode::SomeNot && !flags.force {
        say(
            "hint: --force puts back even what somebody changed since; name other results with --output",
        );
    }
    Ok(code)
}
