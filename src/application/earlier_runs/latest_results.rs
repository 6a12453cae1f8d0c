//! Results from which another run went on already: what became of their rows since stands in the results of
//! that run. Whoever names the older ones goes on from the newest, so that no two runs claim the same rows.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow};

use crate::application::command_line::join;
use crate::application::earlier_runs::same_service::base_url;
use crate::application::output_name::OutputNames;
use crate::application::run_settings::{RunSettings, Start, Target};
use crate::application::status::{FolderRun, ensure_not_undone, open_successors, runs_in};
use crate::application::suggested_commands;
use crate::journal::{self, Journal, RecordedRun};
use crate::model::hint::Hinted;
use crate::platform;
use crate::sheet::{self, NumberedRecord, Sheet};
use crate::stderr::say;

/// Takes the newest results for those that were named, where another run went on from just these.
pub(in crate::application) fn go_on_from(settings: &mut RunSettings) -> Result<()> {
    let is_real = matches!(settings.target, Target::Service { .. });
    let is_of_results = settings.spec.sheet.reading.rows.is_of_results();
    if !is_real || !is_of_results || settings.start != Start::Fresh {
        return Ok(());
    }
    let named = settings.spec.sheet.path.clone();
    if !named.is_file() {
        return Ok(());
    }
    let runs = runs_in(platform::folder_of(&named));
    let service = base_url(&settings.target);
    let latest = newest_from(&runs, named.clone(), &service)?;
    let changed = match sent_before_it_was_changed(&runs, &latest, &service)? {
        Some(next) => Some(newest_from(&runs, next, &service)?),
        None => None,
    };
    if latest != named && !have_same_rows(settings, &named, &latest)? {
        return Err(Hinted::new(
            sent_already(&named, &latest),
            format!(
                "its rows have other numbers, so name those of `{}`",
                latest.display()
            ),
        ));
    }
    if let Some(next) = changed {
        let mut typed = settings.typed.clone();
        typed.name_another_file(&next.to_string_lossy());
        return Err(Hinted::new(
            format!(
                "{}, and `{}` was changed since",
                sent_already(&latest, &next),
                latest.display()
            ),
            format!(
                "correct the rows in `{}`, which tells what became of all of them, then run:\n  {}",
                next.display(),
                join(&typed.words)
            ),
        ));
    }
    if latest == named {
        return Ok(());
    }
    say(&format!(
        "note: {}, so this goes on from there",
        sent_already(&named, &latest)
    ));
    if !settings.typed.has("output") && settings.spec.command == "apply" {
        settings.spec.output = OutputNames::of_sheet(&latest, "results").choose(Start::Fresh)?;
    }
    settings.typed.name_another_file(&latest.to_string_lossy());
    settings.spec.sheet.path = latest;
    Ok(())
}

/// Refuses to go on with a run from whose results another one went on: that one has sent these rows, as they were
/// corrected since, or has left them out.
pub(in crate::application) fn ensure_not_sent_again(settings: &RunSettings) -> Result<()> {
    let results = &settings.spec.output;
    let Ok(run) = RecordedRun::open(&Journal::path_for(results)) else {
        return Ok(());
    };
    let is_done = run.final_end().is_some_and(|end| end.complete);
    let successors = open_successors(results, &run.header().id);
    let Some(newest) = successors.first().filter(|_| !is_done) else {
        return Ok(());
    };
    let said = sent_already(results, &newest.results);
    let command = suggested_commands::send_left_of(settings, &newest.results);
    Err(match command {
        Some(command) => Hinted::new(said, format!("to go on from there: {command}")),
        None => anyhow!(said),
    })
}

/// Follows the runs that went on from results as they are to the newest of them.
fn newest_from(runs: &[FolderRun], results: PathBuf, service: &str) -> Result<PathBuf> {
    let mut latest = results;
    for _ in runs {
        let Some(next) = next_results(runs, &latest, service)? else {
            break;
        };
        latest = next;
    }
    Ok(latest)
}

fn sent_already(results: &Path, next: &Path) -> String {
    format!(
        "what is not done in `{}` was sent again already, with results in `{}`",
        results.display(),
        next.display()
    )
}

/// The results of the run that went on from these as they are.
fn next_results(runs: &[FolderRun], results: &Path, service: &str) -> Result<Option<PathBuf>> {
    let sha256 = sheet::sha256_of(results)?;
    let went_on = |run: &&FolderRun| run.header.input.sha256 == sha256 && went_on(run, service);
    let next = runs.iter().rfind(went_on);
    Ok(next.map(|run| results.with_file_name(run.results_name())))
}

/// The results of the run that went on from these before somebody changed them, if something that it set may
/// still be there.
fn sent_before_it_was_changed(
    runs: &[FolderRun],
    results: &Path,
    service: &str,
) -> Result<Option<PathBuf>> {
    let Ok(own) = journal::header_of(&Journal::path_for(results)) else {
        return Ok(None);
    };
    let sha256 = sheet::sha256_of(results)?;
    let went_on = |run: &&FolderRun| {
        let header = &run.header;
        let name = Path::new(&header.input.name).file_name();
        header.follows.as_ref() == Some(&own.id)
            && name == results.file_name()
            && header.input.sha256 != sha256
            && went_on(run, service)
    };
    let next = runs.iter().rfind(went_on);
    let next = next.filter(|_| !open_successors(results, &own.id).is_empty());
    Ok(next.map(|run| results.with_file_name(run.results_name())))
}

/// Whether a run sent again what was left of results and reached its end, its results are there, and nobody
/// has undone it.
fn went_on(run: &FolderRun, service: &str) -> bool {
    let settings = &run.header.settings;
    let is_one = settings.only_failed
        && !settings.plan
        && !settings.rehearsal
        && run.header.follows.is_some()
        && settings.base_url == service;
    is_one
        && run.journal.with_file_name(run.results_name()).is_file()
        && RecordedRun::open(&run.journal)
            .is_ok_and(|run| run.last_end().is_some_and(|end| end.complete))
        && ensure_not_undone(&run.journal).is_ok()
}

/// Whether rows that were named by their numbers are the same in both files.
fn have_same_rows(settings: &RunSettings, named: &Path, latest: &Path) -> Result<bool> {
    if !settings.spec.sheet.part.names_rows() {
        return Ok(true);
    }
    let reading = &settings.spec.sheet.reading;
    let open = |path: &Path| Sheet::open(path, reading.clone());
    let sheets = [open(named)?, open(latest)?];
    let [mut ones, mut others] = [sheets[0].records()?, sheets[1].records()?];
    let [mut one, mut other] = [NumberedRecord::default(), NumberedRecord::default()];
    loop {
        match (ones.read(&mut one)?, others.read(&mut other)?) {
            (false, false) => return Ok(true),
            (true, true) if one.row == other.row => {}
            _ => return Ok(false),
        }
    }
}
