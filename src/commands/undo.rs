//! `wxbulk undo`: put back the numbers that a run with `--backup` found.
//!
//! What is to be put back is itself a sheet, with the numbers from before as the numbers to set and
//! those that the run put as the numbers to expect. It is written beside the results, where it can
//! be looked at, and is then sent like any other sheet, present numbers recorded: so an undo is
//! paced, resumed, reported and undone as any run is.

use std::path::Path;

use anyhow::{Result, bail};

use crate::application;
use crate::application::earlier_runs::{EarlierRuns, base_url};
use crate::application::exit_code::ExitCode;
use crate::application::logging;
use crate::application::results::Form;
use crate::application::session::Connect;
use crate::application::settings::{
    Backup, Confirmation, RunSettings, RunSpec, SheetSettings, Start,
};
use crate::application::undo_sheet::{self, UndoSheet};
use crate::cli::UndoFlags;
use crate::cli::resolve::{read_org_flag, results_ending};
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::{self, Journal, RecordedRun};
use crate::model::wording::plural;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::{Origin, ReadOptions};
use crate::stderr::say;

/// Rows named that are left out; the others are counted.
const ROWS_NAMED: usize = 10;

pub(super) async fn run(flags: UndoFlags, network: &impl Connect) -> Result<ExitCode> {
    logging::start(
        flags.run.verbosity.verbose,
        flags.run.verbosity.log_file.as_deref(),
    )?;
    let reading = ReadOptions {
        default_org: read_org_flag(flags.org.as_deref())?,
        ..ReadOptions::default()
    };
    let sheet = undo_sheet::path_for(&flags.results);
    let spec = RunSpec {
        command: "undo",
        form: Form::ResultsWithPrevious,
        output: flags
            .output
            .unwrap_or_else(|| sheet.with_extension(results_ending(&flags.run))),
        preconditions: (!flags.force).then(|| sheet.clone()),
        sheet: SheetSettings {
            path: sheet.clone(),
            reading: ReadOptions {
                origin: Origin::Undo,
                ..ReadOptions::default()
            },
            duplicates: DuplicatePolicy::InOrder,
        },
        task: Task::ReadThenWrite,
        confirmation: Confirmation::from_flag(flags.yes),
        backup: Backup::No,
        usage_check: if flags.force {
            UsageCheck::Never
        } else {
            UsageCheck::WhereCleared
        },
        question: "Put back the earlier numbers of",
    };
    let settings = RunSettings::from_flags(spec, flags.run)?;
    let is_whole = if settings.start == Start::Resume && sheet.exists() {
        // It was made when the undo began, and its journal is bound to it.
        true
    } else {
        let undo = write_sheet(&flags.results, reading, &base_url(&settings.target))?;
        tell(&flags.results, &undo);
        if undo.rows == 0 {
            return Ok(if undo.left_out.is_empty() {
                ExitCode::Success
            } else {
                ExitCode::NothingSent
            });
        }
        undo.left_out.is_empty()
    };
    let code = application::run(settings, network).await?;
    if code == ExitCode::SomeRowsNotDone && !flags.force {
        say(
            "hint: --force puts back even what somebody changed since; name other results with --output",
        );
    }
    Ok(match code {
        ExitCode::Success if !is_whole => ExitCode::SomeRowsNotDone,
        code => code,
    })
}

fn write_sheet(results: &Path, reading: ReadOptions, base_url: &str) -> Result<UndoSheet> {
    let journal = Journal::path_for(results);
    if !results.exists() && journal::exists(&journal)? {
        bail!(
            "`{}` does not exist yet: its run was stopped before it could write them\nhint: go on with that run first, with --resume",
            results.display()
        );
    }
    let source = undo_sheet::open_results(results, reading)?;
    let columns = undo_sheet::columns_of(&source)?;
    let earlier = EarlierRuns::find(results, &source)?;
    earlier.ensure_same_service(results, &source, columns, base_url)?;
    let has_backup = |run: &RecordedRun| run.header().settings.backup;
    if columns.previous().is_none() && !earlier.runs().iter().any(has_backup) {
        bail!(
            "`{}` does not tell the numbers from before, in the columns `previous1` to `previous3`; only the results of a run with --backup can be undone",
            results.display()
        );
    }
    undo_sheet::write(&source, &earlier, base_url)
}

/// Says what is left out, and why.
fn tell(results: &Path, undo: &UndoSheet) {
    if undo.rows == 0 && undo.left_out.is_empty() {
        say(&format!(
            "no row of `{}` was changed, so there is nothing to put back",
            results.display()
        ));
        return;
    }
    if undo.unchanged > 0 {
        say(&format!(
            "left out: {} of the results that changed nothing",
            plural(undo.unchanged, "row")
        ));
    }
    for left_out in undo.left_out.iter().take(ROWS_NAMED) {
        say(&format!(
            "not undone: row {} ({}): {}",
            left_out.row, left_out.name, left_out.why
        ));
    }
    let count = undo.left_out.len();
    if count > ROWS_NAMED {
        say(&format!(
            "not undone: {} more",
            plural((count - ROWS_NAMED) as u64, "row")
        ));
    }
    if count > 0 {
        say(&format!(
            "warning: {} may have been changed and cannot be undone",
            plural(count as u64, "row")
        ));
    }
}
