//! What an earlier part of a run, or the plan that it applies, has settled. A flag that is not given
//! again is no difference; an opposite one is refused.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use crate::application::earlier_runs::changed_results;
use crate::application::earlier_runs::latest_results;
use crate::application::earlier_runs::recorded_reading::{
    form_of_the_sheet, ignore_as_before, read_as_the_run, reading, same_or_missing,
};
use crate::application::plan_guard;
use crate::application::run_settings::{Backup, BadRows, RunSettings, RunSpec, Start, Target};
use crate::application::suggested_commands;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::{self, Journal, RecordedRun, RunHeader};
use crate::model::clock;
use crate::model::hint::{Hinted, WithHint};
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::{self, RowFilter};
use crate::stderr::say;

/// Takes over what the run to go on with, or the plan that is applied, has settled.
pub(in crate::application) fn take_over(mut settings: RunSettings) -> Result<RunSettings> {
    latest_results::go_on_from(&mut settings)?;
    let journal = Journal::path_for(&settings.spec.output);
    if settings.start == Start::Resume && !journal::exists(&journal)? {
        ensure_nothing_is_there(&settings)?;
        say("note: nothing was begun yet, so --resume begins with the first row");
        settings.start = Start::Fresh;
    }
    if settings.start == Start::Resume && is_blank(&journal, &settings) {
        say("note: nothing was sent yet, so --resume begins with the first row");
        settings.start = Start::Fresh;
    }
    if settings.start == Start::Resume {
        let header = journal::header_of(&journal)?;
        from_the_run(&mut settings, &header)?;
    }
    let sheet = &settings.spec.sheet.path;
    if settings.spec.sheet.reading.rows.is_of_results()
        && let Ok(header) = journal::header_of(&Journal::path_for(sheet))
    {
        read_as_the_run(&mut settings.spec.sheet.reading, &header);
    }
    ignore_as_before(&mut settings.spec.sheet.reading, sheet);
    // What a plan has seen of the use of numbers is known to what is made of it.
    if settings.spec.command == "plan"
        && plan_guard::is_plan(sheet)
        && journal::header_of(&Journal::path_for(sheet))?
            .settings
            .usage
    {
        settings.spec.usage_check = UsageCheck::Always;
    }
    if settings.spec.command == "apply" && plan_guard::is_plan(sheet) {
        let header = journal::header_of(&Journal::path_for(sheet))?;
        from_the_plan(&mut settings, &header)?;
    }
    let RunSpec {
        output,
        sheet,
        preconditions,
        ..
    } = &settings.spec;
    for path in [output, &sheet.path].into_iter().chain(preconditions) {
        let is_plan = preconditions.as_ref() == Some(path);
        settings.lineage.add(path, is_plan);
    }
    let earlier = note_of_the_run(&settings, &journal);
    settings.note =
        with_note_of_now(earlier, settings.note.take()).or_else(|| plan_guard::note(&settings));
    Ok(settings)
}

/// Rows were sent under the earlier note, so it stays where somebody goes on with another.
fn with_note_of_now(earlier: Option<String>, now: Option<String>) -> Option<String> {
    match (earlier, now) {
        (Some(earlier), Some(now))
            if !earlier.split("; ").any(|one| one == now) && earlier != now =>
        {
            Some(format!("{earlier}; {now}"))
        }
        (Some(earlier), _) => Some(earlier),
        (None, now) => now,
    }
}

/// Why the run was begun that goes on.
fn note_of_the_run(settings: &RunSettings, journal: &Path) -> Option<String> {
    if settings.start == Start::Fresh {
        return None;
    }
    let run = RecordedRun::open(journal).ok()?;
    run.last_begin()?.note.clone()
}

/// Whether the earlier run ended before it did anything, for this sheet as it is now, and nobody has
/// changed its results since. What was approved is not what another sheet asks for.
fn is_blank(journal: &Path, settings: &RunSettings) -> bool {
    let spec = &settings.spec;
    RecordedRun::open(journal).is_ok_and(|run| {
        let sheet = sheet::sha256_of(&spec.sheet.path);
        let is_as_written = changed_results::is_as_written(&run, &spec.output);
        run.is_blank(clock::now())
            && sheet.is_ok_and(|sheet| sheet == run.header().input.sha256)
            && is_as_written.unwrap_or_default()
    })
}

/// Results without their journal do not tell enough to go on with: what was on its way, what was there
/// before.
fn ensure_nothing_is_there(settings: &RunSettings) -> Result<()> {
    let results = &settings.spec.output;
    if !results.exists() {
        return Ok(());
    }
    let refused = anyhow!(
        "there is nothing to go on with: `{}` is there, and its journal `{}` is not",
        results.display(),
        Journal::path_for(results).display()
    );
    let refused = refused.with_hint("put the journal back beside it to go on");
    Err(match suggested_commands::send_failed(settings) {
        Some(command) => refused.with_hint(format!(
            "without it, to send again the rows of these results that are not done: {command}"
        )),
        None => refused.with_hint("without it, move the file away and begin again"),
    })
}

/// Whether each row of the run with these results has its outcome.
fn is_complete(results: &Path) -> bool {
    let run = RecordedRun::open(&Journal::path_for(results)).ok();
    run.is_some_and(|run| run.final_end().is_some_and(|end| end.complete))
}

fn from_the_run(settings: &mut RunSettings, header: &RunHeader) -> Result<()> {
    let was = &header.settings;
    let is_rehearsal = matches!(settings.target, Target::Rehearsal { .. });
    if was.rehearsal != is_rehearsal {
        bail!(
            "that run {} a rehearsal; go on with it {} --rehearse",
            if was.rehearsal { "was" } else { "was not" },
            if was.rehearsal { "with" } else { "without" },
        );
    }
    if was.plan != (settings.spec.task == Task::Read) {
        bail!(
            "`{}` is the output of another kind of run; name another file with --output",
            settings.spec.output.display()
        );
    }
    reading(&mut settings.spec.sheet.reading, header)?;
    form_of_the_sheet(&mut settings.spec.sheet.reading, was)?;
    let spec = &mut settings.spec;
    only_on(
        "--skip-invalid",
        settings.bad_rows == BadRows::Skip,
        was.skip_invalid,
    )?;
    only_on(
        "--allow-duplicates",
        spec.sheet.duplicates == DuplicatePolicy::InOrder,
        was.allow_duplicates,
    )?;
    only_on(
        "--only-failed",
        spec.sheet.reading.rows.is_of_results(),
        was.only_failed,
    )?;
    same_or_missing(
        "--first",
        spec.first.map(|rows| rows.to_string()).as_ref(),
        was.first.map(|rows| rows.to_string()).as_ref(),
    )?;
    spec.first = was.first;
    let part = &mut spec.sheet.part;
    if !part.is_within(&was.part) {
        bail!(
            "that run {}, and {part} is another part; leave it out to go on, or name other results with --output",
            if was.part.is_whole_sheet() {
                "was about the whole sheet".to_string()
            } else {
                format!("began with {}", was.part)
            }
        );
    }
    // Whoever names neither its part nor its results may mean another run, of the whole sheet, which never began.
    let is_named = settings.typed.has("output") || !part.is_whole_sheet();
    if !is_named && !was.part.is_whole_sheet() && is_complete(&spec.output) {
        return Err(Hinted::new(
            format!("that run is done, and it began with {}", was.part),
            "for the other rows, type the same command without --resume",
        ));
    }
    part.clone_from(&was.part);
    only_on("--backup", spec.task == Task::ReadThenWrite, was.backup)?;
    if spec.command == "apply" && spec.backup == Backup::No && was.backup {
        bail!("that run began with --backup; go on without --no-backup");
    }
    let planned = header.plan.as_ref().map(|plan| PathBuf::from(&plan.name));
    if spec.command == "undo" {
        // Where it is not forced it has its own sheet for a plan.
        only_on("--force", spec.preconditions.is_none(), planned.is_none())?;
    }
    if matches!(spec.command, "apply" | "undo") {
        only_on("--even-if-used", spec.even_if_used, was.even_if_used)?;
    }
    spec.even_if_used = was.even_if_used;
    if was.usage {
        spec.usage_check = UsageCheck::Always;
    }
    if was.even_if_used && !was.plan {
        spec.usage_check = UsageCheck::Never;
    } else if !was.plan {
        spec.usage_check = UsageCheck::WhereCleared;
    }
    if was.skip_invalid {
        settings.bad_rows = BadRows::Skip;
    }
    if was.allow_duplicates {
        spec.sheet.duplicates = DuplicatePolicy::InOrder;
    }
    if was.only_failed {
        spec.sheet.reading.rows = if was.include_conflicts {
            RowFilter::FailedAndConflicts
        } else {
            RowFilter::OnlyFailed
        };
    }
    if was.backup {
        spec.keep_current_values();
    }
    if spec.command == "undo" {
        spec.preconditions = spec.preconditions.take().filter(|_| planned.is_some());
    } else if spec.preconditions.is_none() {
        spec.preconditions = planned;
    }
    Ok(())
}

fn from_the_plan(settings: &mut RunSettings, header: &RunHeader) -> Result<()> {
    plan_guard::ensure_it_is_of_this_service(header, settings, &settings.spec.sheet.path)?;
    let spec = &mut settings.spec;
    reading(&mut spec.sheet.reading, header)?;
    let narrowed = spec.sheet.part.narrow(&header.settings.part);
    if let Err(says) = narrowed {
        let shown = spec.sheet.path.display();
        bail!("`{shown}` is the plan of a part of the sheet: {says}");
    }
    if header.settings.allow_duplicates {
        spec.sheet.duplicates = DuplicatePolicy::InOrder;
    }
    if header.settings.even_if_used {
        spec.even_if_used = true;
        spec.usage_check = UsageCheck::Never;
    }
    spec.keep_current_values();
    if spec.preconditions.is_none() {
        spec.preconditions = Some(spec.sheet.path.clone());
    }
    Ok(())
}

/// A flag that can only be given may not be given later.
fn only_on(flag: &str, is_given: bool, was: bool) -> Result<()> {
    if is_given && !was {
        bail!("that run began without {flag}; go on without it");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_note_of_the_run_stays_where_another_is_added() {
        for (earlier, now, note) in [
            (None, None, None),
            (None, Some("CHG-1"), Some("CHG-1")),
            (Some("CHG-1"), None, Some("CHG-1")),
            (Some("CHG-1"), Some("CHG-1"), Some("CHG-1")),
            (Some("CHG-1"), Some("CHG-2"), Some("CHG-1; CHG-2")),
            (Some("CHG-1; CHG-2"), Some("CHG-2"), Some("CHG-1; CHG-2")),
            (Some("CHG-12"), Some("CHG-1"), Some("CHG-12; CHG-1")),
            (Some("a; b"), Some("a; b"), Some("a; b")),
        ] {
            let joined = with_note_of_now(earlier.map(String::from), now.map(String::from));
            assert_eq!(joined.as_deref(), note, "{earlier:?}, {now:?}");
        }
    }
}
