//! `wxbulk undo`: put back the values that a run with `--backup` found.
//!
//! What is to be put back is itself a sheet, with the values from before as those to set and those that
//! the run put as the ones to expect. It is written beside the results, where it can be looked at, and is
//! then sent like any other sheet, present values recorded: so an undo is paced, resumed, reported and
//! undone as any run is.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::application;
use crate::application::earlier_runs::{EarlierRuns, base_url};
use crate::application::exit_code::ExitCode;
use crate::application::logging;
use crate::application::output_name::OutputNames;
use crate::application::results::Form;
use crate::application::session::Connect;
use crate::application::settings::{
    Backup, Confirmation, RunSettings, RunSpec, SheetSettings, Start,
};
use crate::application::status;
use crate::application::undo_sheet::{self, UndoSheet};
use crate::cli::UndoFlags;
use crate::cli::resolve::{read_org_flag, read_part, results_word};
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::{self, Journal, RecordedRun};
use crate::model::run_id::RunId;
use crate::model::wording::plural;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::part::Part;
use crate::sheet::result_columns::PREVIOUS;
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
    let part = read_part(&flags.part)?;
    let sheet = sheet_path(&flags, &part);
    let spec = RunSpec {
        command: "undo",
        form: Form::ResultsWithPrevious,
        output: flags.output.clone().unwrap_or_default(),
        preconditions: (!flags.force).then(|| sheet.clone()),
        sheet: SheetSettings {
            path: sheet.clone(),
            reading: ReadOptions {
                origin: Origin::Undo,
                ..ReadOptions::default()
            },
            part: part.clone(),
            duplicates: DuplicatePolicy::InOrder,
        },
        task: Task::ReadThenWrite,
        confirmation: Confirmation::from_flag(flags.yes),
        backup: Backup::No,
        first: None,
        fails_on_difference: false,
        usage_check: if flags.force {
            UsageCheck::Never
        } else {
            UsageCheck::WhereCleared
        },
    };
    let names = OutputNames::new(&sheet, &flags.results, results_word(&flags.run));
    let mut settings = RunSettings::from_flags(spec, flags.run)?;
    if settings.start == Start::Resume && flags.output.is_none() {
        settings.spec.output = names.choose(Start::Resume)?;
    }
    let own_journal = Journal::path_for(&settings.spec.output);
    let left_out = if settings.start == Start::Resume && journal::exists(&own_journal)? {
        // The sheet was made when the undo began, and its journal is bound to it.
        journal::header_of(&own_journal)?.left_out
    } else {
        let target = base_url(&settings.target);
        let (undo, undoes) = write_sheet(&flags.results, reading, &part, &target, &sheet)?;
        tell(&flags.results, &undo);
        if undo.rows == 0 {
            return Ok(if undo.left_out.is_empty() {
                ExitCode::Success
            } else {
                ExitCode::NothingSent
            });
        }
        if let Some(run) = &undoes {
            tell_newer(&flags.results, run);
        }
        settings.lineage.undoes = undoes;
        settings.lineage.left_out = undo.left_out.len() as u64;
        settings.lineage.left_out
    };
    if flags.output.is_none() {
        settings.spec.output = names.choose(settings.start)?;
    }
    let code = application::run(settings, network).await?;
    if code == ExitCode::SomeRowsNotDone && !flags.force {
        // No command to paste: it would bypass what has just left rows alone.
        say(
            "hint: --force puts back even what somebody changed since; name other results with --output",
        );
    }
    Ok(match code {
        ExitCode::Success if left_out > 0 => ExitCode::SomeRowsNotDone,
        code => code,
    })
}

/// Where the undo's sheet is: beside the results that are undone, as that of the whole; that of a part
/// beside its own, so that another part can be undone too.
fn sheet_path(flags: &UndoFlags, part: &Part) -> PathBuf {
    let output = flags.output.as_deref();
    if flags.run.resume
        && let Some(output) = output
        && let Ok(header) = journal::header_of(&Journal::path_for(output))
    {
        return header.input.name.into();
    }
    match output {
        Some(output) if !part.is_whole_sheet() => output.with_extension("undo.csv"),
        _ => undo_sheet::path_for(&flags.results),
    }
}

fn write_sheet(
    results: &Path,
    reading: ReadOptions,
    part: &Part,
    base_url: &str,
    path: &Path,
) -> Result<(UndoSheet, Option<RunId>)> {
    let journal = Journal::path_for(results);
    if !results.exists() && journal::exists(&journal)? {
        bail!(
            "`{}` does not exist yet: its run was stopped before it could write them\nhint: go on with that run first, with --resume",
            results.display()
        );
    }
    let mut source = undo_sheet::open_results(results, reading)?;
    undo_sheet::columns_of(&source)?;
    source.choose_part(part)?;
    let columns = undo_sheet::columns_of(&source)?;
    let earlier = EarlierRuns::find(results, &source)?;
    earlier.ensure_same_service(results, &source, columns, base_url)?;
    let has_backup = |run: &RecordedRun| run.header().settings.backup;
    if columns.previous().is_none() && !earlier.runs().iter().any(has_backup) {
        let names = columns.setting.columns(PREVIOUS);
        bail!(
            "`{}` does not tell the {}s from before, in columns such as `{}`; only the results of a run with --backup can be undone",
            results.display(),
            columns.setting.noun,
            names.first().map_or(PREVIOUS, String::as_str)
        );
    }
    if let Some(said) = earlier.damage() {
        say(&format!(
            "warning: {said}; only rows of the results that prove to be as the run wrote them are undone\n\
             hint: put back a copy of the journal from before the damage, then undo again with another --output"
        ));
    }
    let undo = undo_sheet::write(&source, &earlier, base_url, path)?;
    Ok((undo, earlier.written_by()))
}

/// What was sent again from the results is undone with the newest ones, which have all of it.
fn tell_newer(results: &Path, run: &RunId) {
    if let Some(newest) = status::newest_results(results, run) {
        let newest = newest.display();
        say(&format!(
            "warning: `{newest}` goes on from these results, and what it changed stays as it is; to put back both, undo `{newest}`"
        ));
    }
}

/// Says what is left out, and why.
fn tell(results: &Path, undo: &UndoSheet) {
    if undo.hidden > 0 {
        say(&format!(
            "left out: {} of the results, hidden in the workbook",
            plural(undo.hidden, "row")
        ));
    }
    if undo.outside > 0 {
        say(&format!(
            "left out: {} outside of the chosen part",
            plural(undo.outside, "row")
        ));
    }
    if undo.rows == 0 && undo.left_out.is_empty() {
        let of_part = if undo.outside > 0 {
            " in that part"
        } else {
            ""
        };
        say(&format!(
            "no row of `{}`{of_part} was changed, so there is nothing to put back",
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
