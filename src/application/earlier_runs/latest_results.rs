//! Results from which another run went on already: what became of their rows since stands in the results of
//! that run. Whoever names the older ones goes on from the newest, so that no two runs claim the same rows.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Error, Result};

use crate::application::command_line::join;
use crate::application::earlier_runs::EarlierRuns;
use crate::application::earlier_runs::same_service::base_url;
use crate::application::output_name::OutputNames;
use crate::application::run_settings::{RunSettings, Start, Target};
use crate::application::status::{
    FolderRun, OpenSuccessor, ensure_not_undone, open_branches, open_successors, runs_in,
};
use crate::application::suggested_commands;
use crate::journal::{self, Journal, RecordedRun};
use crate::model::hint::{Hinted, WithHint};
use crate::model::row::TargetKey;
use crate::model::run_id::RunId;
use crate::platform;
use crate::sheet::columns::Columns;
use crate::sheet::directory::Directory;
use crate::sheet::{self, NumberedRecord, ReadOptions, Sheet};
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
    let has_sent = runs.iter().any(|run| {
        let own = latest.with_file_name(run.results_name()) == latest;
        own && RecordedRun::open(&run.journal).is_ok_and(|run| run.finished() > 0)
    });
    let said = if has_sent {
        sent_already(&named, &latest)
    } else {
        format!(
            "another run went on from `{}` already and sent nothing, with results in `{}`",
            named.display(),
            latest.display()
        )
    };
    if latest != named && !have_same_rows(settings, &named, &latest)? {
        return Err(Hinted::new(
            said,
            format!(
                "its rows have other numbers, so name those of `{}`",
                latest.display()
            ),
        ));
    }
    if latest == named {
        return Ok(());
    }
    say(&format!("note: {said}, so this goes on from there"));
    if !settings.typed.has("output") && settings.spec.command == "apply" {
        settings.spec.output = OutputNames::of_sheet(&latest, "results").choose(Start::Fresh)?;
    }
    settings.typed.name_another_file(&latest.to_string_lossy());
    settings.spec.sheet.path = latest;
    Ok(())
}

/// Refuses to send rows of results that another run has sent again: an undo of what this run sets would know nothing
/// of what that one has set.
pub(in crate::application) fn ensure_not_sent_again(
    settings: &RunSettings,
    earlier: &EarlierRuns,
    sheet: &Sheet,
) -> Result<()> {
    if matches!(settings.target, Target::Rehearsal { .. }) {
        return Ok(());
    }
    let results = &settings.spec.sheet.path;
    let Some(again) = sent_again(results, &earlier.ids(), sheet)? else {
        return Ok(());
    };
    let mut typed = settings.typed.clone();
    typed.name_another_file(&again.by.results.to_string_lossy());
    Err(again.refuse(results, Some(join(&typed.words))))
}

/// The same for a run that is to go on after it has stopped.
pub(in crate::application) fn ensure_may_go_on(
    settings: &RunSettings,
    sheet: &Sheet,
) -> Result<()> {
    let results = &settings.spec.output;
    let Ok(run) = RecordedRun::open(&Journal::path_for(results)) else {
        return Ok(());
    };
    if run.final_end().is_some_and(|end| end.complete) {
        return Ok(());
    }
    let own = [run.header().id.clone()];
    let Some(again) = sent_again(results, &own, sheet)? else {
        return Ok(());
    };
    let command = suggested_commands::send_left_of(settings, &again.by.results);
    Err(again.refuse(results, command))
}

/// A run that has set something of the rows of results and is none of those that led to them.
struct SentAgain {
    by: OpenSuccessor,
    /// It went on from these results, and not from those before them.
    goes_on_from_these: bool,
    /// Its results have all the rows of these.
    has_all_rows: bool,
}

/// Finds the newest one. Rows that somebody took into a file of their own go a way of their own.
fn sent_again(results: &Path, own: &[RunId], sheet: &Sheet) -> Result<Option<SentAgain>> {
    let beside = journal::header_of(&Journal::path_for(results)).ok();
    if let Some(header) = beside.filter(|header| own.contains(&header.id))
        && let Some(by) = open_successors(results, &header.id).into_iter().next()
    {
        return Ok(Some(SentAgain {
            by,
            goes_on_from_these: true,
            has_all_rows: true,
        }));
    }
    let branches = open_branches(results, own);
    let (Ok(columns), false) = (&sheet.columns, branches.is_empty()) else {
        return Ok(None);
    };
    let requests = requests_of(sheet, columns)?;
    let places: HashSet<TargetKey> = requests.iter().map(|(place, _)| *place).collect();
    let mut branches = branches.into_iter();
    let Some(by) = branches.find(|branch| !branch.places.is_disjoint(&places)) else {
        return Ok(None);
    };
    let theirs = Sheet::open(&by.results, ReadOptions::default());
    let theirs = theirs.and_then(|sheet| match &sheet.columns {
        Ok(columns) => requests_of(&sheet, columns),
        Err(_) => Ok(HashSet::new()),
    });
    Ok(Some(SentAgain {
        has_all_rows: theirs.is_ok_and(|theirs| requests.is_subset(&theirs)),
        by,
        goes_on_from_these: false,
    }))
}

/// What the rows of a file ask for, and where.
fn requests_of(sheet: &Sheet, columns: &Columns) -> Result<HashSet<(TargetKey, u32)>> {
    let mut requests = HashSet::new();
    let mut records = sheet.records()?;
    let mut numbered = NumberedRecord::default();
    while records.read(&mut numbered)? {
        let row = sheet.read_row(columns, &numbered, &Directory::default());
        requests.extend(row.ok().map(|row| (row.key, row.changes_checksum())));
    }
    Ok(requests)
}

impl SentAgain {
    /// The `command` goes on from the results of that run.
    fn refuse(self, results: &Path, command: Option<String>) -> Error {
        let OpenSuccessor {
            results: newest,
            undo,
            resume,
            ..
        } = self.by;
        let said = sent_already(results, &newest);
        let undo = format!("or undo what that run has set first:\n  {undo}");
        let go_on = match (resume, command) {
            (Some(resume), _) => format!("to go on with that run:\n  {resume}"),
            _ if !self.has_all_rows => format!(
                "some of these rows are not in `{}`: put what is left of them into a sheet of its own, without the result columns, and send that",
                newest.display()
            ),
            (None, Some(command)) if newest.is_file() => format!(
                "`{}` tells what became of all these rows; correct there what has to be, then run:\n  {command}",
                newest.display()
            ),
            _ => return Hinted::new(said, undo),
        };
        let refused = Hinted::new(said, go_on);
        if self.goes_on_from_these {
            return refused;
        }
        refused.with_hint(undo)
    }
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
