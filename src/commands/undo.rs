//! `wxbulk undo`: put back the values that a run with `--backup` found.
//!
//! What is to be put back is itself a sheet, with the values from before as those to set and those that
//! the run put as the ones to expect. It is written beside the results, where it can be looked at, and is
//! then sent like any other sheet, present values recorded: so an undo is paced, resumed, reported and
//! undone as any run is.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use crate::application;
use crate::application::earlier_runs::same_service::base_url;
use crate::application::exit_code::ExitCode;
use crate::application::later_changes;
use crate::application::output_name::OutputNames;
use crate::application::report::part_of_organization;
use crate::application::results::Form;
use crate::application::run_settings::{
    Backup, Confirmation, RunSettings, RunSpec, SheetSettings, Start,
};
use crate::application::session::Connect;
use crate::application::status::{self, OpenSuccessor};
use crate::application::suggested_commands;
use crate::application::undo_notes;
use crate::application::undo_sheet::{self, Named, UndoSheet, UndoSource};
use crate::cli::UndoFlags;
use crate::cli::flag_values::{read_org_flag, read_part};
use crate::cli::resolve::results_word;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::{self, EndRecord, Journal, RecordedRun, RunHeader};
use crate::model::clock;
use crate::model::hint::Hinted;
use crate::model::wording::{listed, plural};
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::result_columns::PREVIOUS;
use crate::sheet::row_selector::RowSelector;
use crate::sheet::{self, Origin, ReadOptions};
use crate::stderr::{self, say};

pub(super) async fn run(mut flags: UndoFlags, network: &impl Connect) -> Result<ExitCode> {
    let which = match status::results_of_journal(&flags.results) {
        Some(results) => {
            flags.results = results;
            Named::Journal
        }
        None => Named::Results,
    };
    let reading = ReadOptions {
        default_org: read_org_flag(flags.org.as_deref())?,
        ..ReadOptions::default()
    };
    let part = part_to_undo(&flags)?;
    let spec = description(&flags, &part);
    let names = OutputNames::of_undo(&flags.results, results_word(&flags.run));
    let mut settings = RunSettings::from_flags(spec, flags.run)?;
    let undone_undo = status::undone_undo(&flags.results);
    let (sheet, left_out) = if let Some(header) = begun(&mut settings, &names)? {
        // The sheet was made when the undo began, and its journal is bound to it.
        let name = Path::new(&header.input.name).file_name();
        let sheet = flags.results.with_file_name(name.unwrap_or_default());
        // What cannot be undone was said when it began.
        header.not_undone.iter().for_each(|line| say(line));
        (sheet, header.left_out)
    } else {
        let target = base_url(&settings.target);
        let journal = Journal::path_for(&flags.results);
        let by_journal = suggested_commands::undo_by_journal(&settings, &journal);
        let source = UndoSource::open(&flags.results, which, &by_journal, &reading, &part)?;
        let undo = write_sheet(&flags.results, &source, &target)?;
        let undoes = source.earlier.written_by();
        settings.lineage.gates = source.earlier.gates();
        settings.lineage.add_real(source.earlier.runs());
        undo_notes::ensure_not_all_hidden(&flags.results, &undo)?;
        undo_notes::tell(&flags.results, &undo, settings.is_quiet());
        if undo.rows == 0 {
            return Ok(if undo.rows_not_undone() == 0 {
                ExitCode::Success
            } else {
                ExitCode::NothingSent
            });
        }
        if flags.output.is_none() {
            settings.spec.output = names.next(&undo.path, status::is_in_force)?;
        }
        if let Some(run) = &undoes {
            let successors = status::open_successors(&flags.results, run);
            let can_ask = !flags.yes && stderr::can_ask();
            ensure_successors_come_first(&undo, &successors, flags.force, can_ask)?;
            if undo.hidden + undo.outside == 0 && !settings.is_quiet() {
                let branches = status::open_branches(&flags.results, &source.earlier.ids());
                tell_branches(&undo, &successors, &branches);
            }
        }
        // Whoever forces it, or names other results, has every row looked at once more.
        if !flags.force && flags.output.is_none() {
            let verify = suggested_commands::plan_of(&settings, &undo.path);
            let is_quiet = settings.is_quiet();
            let back = undo_notes::tell_what_is_back(&flags.results, &undo, &verify, is_quiet);
            if back.rows == undo.rows {
                return Ok(if undo.rows_not_undone() == 0 {
                    ExitCode::Success
                } else {
                    ExitCode::NothingSent
                });
            }
            settings.lineage.back_already = back;
        }
        ensure_not_done_already(&flags.results, &undo.path, &settings)?;
        let setting = source.columns()?.setting;
        let undo_all = suggested_commands::undo_all(&settings);
        settings.lineage.later =
            later_changes::find(&flags.results, &source.earlier, setting, &undo, undo_all);
        later_changes::tell(&settings.lineage.later, flags.force);
        let verify = suggested_commands::plan_of(&settings, &undo.path);
        undo_notes::tell_what_is_under_way(source.earlier.runs(), &verify);
        let undone = journal::header_of(&Journal::path_for(&flags.results));
        if undone.is_ok_and(|header| header.undoes.is_some()) {
            let before = undone_undo.as_ref();
            undo_notes::tell_what_it_leads_to(&flags.results, before, setting.target.plural);
        }
        settings.lineage.undoes = undoes;
        settings.lineage.left_out = undo.rows_not_undone();
        settings.lineage.not_undone = undo_notes::not_undone(&flags.results, &undo);
        (undo.path, settings.lineage.left_out)
    };
    let sets_again = undone_undo.filter(|undone| undone.sets_again);
    settings.lineage.sets_again = sets_again.map(|undone| undone.first);
    settings.spec.preconditions = (!flags.force).then(|| sheet.clone());
    settings.spec.sheet.path = sheet;
    let code = application::run(settings, network).await?;
    Ok(code.with_left_out(left_out))
}

/// The sheet is named once it is known.
fn description(flags: &UndoFlags, part: &RowSelector) -> RunSpec {
    RunSpec {
        command: "undo",
        form: Form::ResultsWithPrevious,
        output: flags.output.clone().unwrap_or_default(),
        preconditions: None,
        sheet: SheetSettings {
            path: PathBuf::new(),
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
        is_kept_if_different: false,
        even_if_used: flags.force || flags.even_if_used,
        usage_check: if flags.force || flags.even_if_used {
            UsageCheck::Never
        } else {
            UsageCheck::WhereCleared
        },
    }
}

/// The rows that were chosen, and of a run over several organizations only those of the one that is named.
fn part_to_undo(flags: &UndoFlags) -> Result<RowSelector> {
    let mut part = read_part(&flags.part)?;
    if let Some(org) = &flags.org
        && let Some(theirs) = part_of_organization(&flags.results, org)?
    {
        part.narrow(&theirs).map_err(|why| anyhow!(why))?;
    }
    Ok(part)
}

/// The undo to go on with, where one was begun. One that was killed before it recorded anything begins once more,
/// and undoes the same.
fn begun(settings: &mut RunSettings, names: &OutputNames) -> Result<Option<RunHeader>> {
    if settings.start == Start::Fresh {
        return Ok(None);
    }
    let output = Some(settings.spec.output.clone()).filter(|path| *path != PathBuf::new());
    let Some(output) = output.or_else(|| names.latest()) else {
        return Ok(None);
    };
    let journal = Journal::path_for(&output);
    if !journal::exists(&journal)? {
        return Ok(None);
    }
    let header = journal::header_of(&journal)?;
    settings.spec.output = output;
    settings.lineage.undoes.clone_from(&header.undoes);
    settings.lineage.left_out = header.left_out;
    settings.lineage.not_undone.clone_from(&header.not_undone);
    Ok(Some(header))
}

/// Says it where the same undo is done already.
fn ensure_not_done_already(results: &Path, sheet: &Path, settings: &RunSettings) -> Result<()> {
    let output = &settings.spec.output;
    let Ok(run) = RecordedRun::open(&Journal::path_for(output)) else {
        return Ok(());
    };
    let header = run.header();
    if header.settings.rehearsal || header.input.sha256 != sheet::sha256_of(sheet)? {
        return Ok(());
    }
    let is_done =
        |end: &&EndRecord| end.complete && end.outcomes.keys().all(|one| one.is_success());
    let Some(end) = run.last_end().filter(is_done) else {
        return Ok(());
    };
    let part = &settings.spec.sheet.part;
    let of_part = if part.is_whole_sheet() {
        String::new()
    } else {
        format!("{part} of ")
    };
    Err(Hinted::new(
        format!(
            "{of_part}`{}` was undone already, at {}; the results of that are in `{}`",
            results.display(),
            clock::date_and_time(end.finished_at),
            output.display()
        ),
        "to undo it once more, name other results with --output",
    ))
}

fn write_sheet(results: &Path, source: &UndoSource, base_url: &str) -> Result<UndoSheet> {
    source.ensure_same_service(base_url)?;
    let earlier = &source.earlier;
    let has_backup = |run: &RecordedRun| run.header().settings.backup;
    let columns = source.columns()?;
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
             hint: put back a copy of the journal from before the damage, then undo again"
        ));
    }
    undo_sheet::write(source, base_url)
}

/// Tells of runs that went on from the same results with other rows: these results know nothing of them.
fn tell_branches(undo: &UndoSheet, successors: &[OpenSuccessor], branches: &[OpenSuccessor]) {
    for OpenSuccessor {
        results,
        undo: command,
        places,
        ..
    } in branches
    {
        let is_successor = successors.iter().any(|one| one.results == *results);
        let mut undone = undo.places.iter();
        // Of one that changed the same it is said what comes first.
        if is_successor || undone.any(|(place, _)| places.contains(place)) {
            continue;
        }
        say(&format!(
            "note: `{}` went on with other rows of the same run, and what it changed stays as it is; to put that back too:\n  {command}",
            results.display()
        ));
    }
}

/// What was sent again from the results is undone with the results of that: it is named, and comes first
/// where it changed what this undo puts back.
fn ensure_successors_come_first(
    undo: &UndoSheet,
    successors: &[OpenSuccessor],
    is_forced: bool,
    can_ask: bool,
) -> Result<()> {
    if successors.is_empty() {
        return Ok(());
    }
    let rows = undo.places.iter().filter(|(place, _)| {
        let mut successors = successors.iter();
        successors.any(|one| one.places.contains(place))
    });
    let rows = rows.count() as u64;
    let names = successors
        .iter()
        .map(|one| format!("`{}`", one.results.display()));
    let names = listed(&names.collect::<Vec<_>>());
    let (goes, changed) = match successors {
        [_] => ("goes on", "it"),
        _ => ("go on", "they"),
    };
    let commands = successors.iter().map(|one| format!("\n  {}", one.undo));
    let commands: String = commands.collect();
    // Undoing one undoes what it went on from.
    let how = match successors {
        [_] => "undo that run instead",
        _ => "undo first, in this order",
    };
    if rows > 0 && !is_forced && !can_ask {
        let again = plural(rows, "row");
        return Err(Hinted::new(
            format!(
                "{names} {goes} from these results and may have changed {again} that this undo puts back"
            ),
            format!("to put back all, {how}:{commands}"),
        ));
    }
    say(&format!(
        "warning: {names} {goes} from these results, and what {changed} changed stays as it is; to put back all, {how}:{commands}"
    ));
    Ok(())
}
