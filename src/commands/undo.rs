//! `wxbulk undo`: put back the numbers that a run with `--backup` found.
//!
//! What is to be put back is itself a sheet, with the numbers from before as the numbers to set and
//! those that the run put as the numbers to expect. It is written beside the results, where it can
//! be looked at, and is then sent like any other sheet, present numbers recorded: so an undo is
//! paced, resumed, reported and undone as any run is.

use anyhow::Result;

use crate::application;
use crate::application::exit_code::ExitCode;
use crate::application::logging;
use crate::application::results::Form;
use crate::application::session::Connect;
use crate::application::settings::{Backup, Confirmation, RunSettings, RunSpec, SheetSettings};
use crate::application::undo_sheet;
use crate::cli::UndoFlags;
use crate::cli::resolve::read_org_flag;
use crate::engine::pipeline::Task;
use crate::model::wording::plural;
use crate::sheet::ReadOptions;
use crate::sheet::check::DuplicatePolicy;
use crate::stderr::say;

pub(super) async fn run(flags: UndoFlags, network: &impl Connect) -> Result<ExitCode> {
    logging::start(
        flags.run.verbosity.verbose,
        flags.run.verbosity.log_file.as_deref(),
    )?;
    let reading = ReadOptions {
        default_org: read_org_flag(flags.org.as_deref())?,
        ..ReadOptions::default()
    };
    let undo_sheet = undo_sheet::write(&flags.results, reading.clone())?;
    if undo_sheet.rows == 0 {
        say(&format!(
            "no row of `{}` was changed, so there is nothing to put back",
            flags.results.display()
        ));
        return Ok(ExitCode::Success);
    }
    if undo_sheet.rows_left_out > 0 {
        say(&format!(
            "left out: {} of the results that changed nothing",
            plural(undo_sheet.rows_left_out, "row")
        ));
    }
    let spec = RunSpec {
        command: "undo",
        form: Form::ResultsWithPrevious,
        output: flags
            .output
            .unwrap_or_else(|| undo_sheet.sheet.with_extension("results.csv")),
        preconditions: (!flags.force).then(|| undo_sheet.sheet.clone()),
        sheet: SheetSettings {
            path: undo_sheet.sheet,
            reading,
            duplicates: DuplicatePolicy::InOrder,
        },
        task: Task::ReadThenWrite,
        confirmation: Confirmation::from_flag(flags.yes),
        backup: Backup::No,
        question: "Put back the earlier numbers of",
    };
    let code = application::run(RunSettings::from_flags(spec, flags.run)?, network).await?;
    if code == ExitCode::SomeRowsNotDone && !flags.force {
        say(
            "hint: --force puts back even what somebody changed since; name other results with --output",
        );
    }
    Ok(code)
}
