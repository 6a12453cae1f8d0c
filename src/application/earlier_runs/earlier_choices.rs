//! What an earlier part of a run, or the plan that it applies, has settled. A flag that is not given
//! again is no difference; an opposite one is refused.

use std::path::{Path, PathBuf};

use anyhow::{Result, anyhow, bail};

use crate::application::journal_guard;
use crate::application::plan_guard;
use crate::application::run_settings::{Backup, BadRows, RunSettings, RunSpec, Start, Target};
use crate::application::suggested_commands;
use crate::engine::pipeline::{Task, UsageCheck};
use crate::journal::{self, Journal, MeaningfulSettings, RecordedRun, RunHeader};
use crate::model::clock;
use crate::model::hint::WithHint;
use crate::setting::Setting;
use crate::sheet::check::DuplicatePolicy;
use crate::sheet::country::Country;
use crate::sheet::{self, ReadOptions, RowFilter};
use crate::stderr::say;

/// Takes over what the run to go on with, or the plan that is applied, has settled.
pub(in crate::application) fn take_over(mut settings: RunSettings) -> Result<RunSettings> {
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
        settings.lineage.add_gates_of(path);
    }
    if settings.note.is_none() {
        settings.note =
            note_of_the_run(&settings, &journal).or_else(|| plan_guard::note(&settings));
    }
    Ok(settings)
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
        let is_as_written = journal_guard::is_as_written(&run, &spec.output);
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
    part.clone_from(&was.part);
    only_on("--backup", spec.task == Task::ReadThenWrite, was.backup)?;
    if spec.command == "apply" && spec.backup == Backup::No && was.backup {
        bail!("that run began with --backup; go on without --no-backup");
    }
    if spec.command == "apply" {
        only_on("--even-if-used", spec.even_if_used, was.even_if_used)?;
    }
    spec.even_if_used = was.even_if_used;
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
    let planned = header.plan.as_ref().map(|plan| PathBuf::from(&plan.name));
    if spec.command == "undo" {
        // Where it is not forced it has its own sheet for a plan.
        only_on("--force", spec.preconditions.is_none(), planned.is_none())?;
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

/// Results are read as the run read its sheet, where no flag says otherwise. They are a file of our own
/// but for the separator and the cells of the person's columns.
pub(in crate::application) fn read_as_the_run(reading: &mut ReadOptions, header: &RunHeader) {
    let was = &header.settings;
    let ReadOptions {
        default_org,
        country,
        setting,
        separator,
        ignored_columns,
        ..
    } = reading;
    *setting = setting.or_else(|| Setting::named(&header.setting));
    *default_org = default_org.take().or_else(|| was.org.clone());
    let parsed = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
    *country = country.take().or_else(|| parsed(&was.country));
    let name = was.separator.as_ref();
    *separator = separator.or_else(|| name.and_then(|name| name.parse().ok()));
    if ignored_columns.is_empty() {
        ignored_columns.clone_from(&was.ignored_columns);
    }
}

/// How a run read its sheet.
pub(in crate::application) fn reading_of(header: &RunHeader) -> Result<ReadOptions> {
    let mut options = ReadOptions::default();
    reading(&mut options, header)?;
    form_of_the_sheet(&mut options, &header.settings)?;
    Ok(options)
}

/// How the sheet is read.
fn reading(reading: &mut ReadOptions, header: &RunHeader) -> Result<()> {
    let was = &header.settings;
    let given = reading.setting.map(|setting| setting.name.to_string());
    same_or_missing("--setting", given.as_ref(), Some(&header.setting))?;
    let Some(setting) = Setting::named(&header.setting) else {
        bail!(
            "that run is about `{}`, which this wxbulk does not know; go on with wxbulk {} or a newer one",
            header.setting,
            header.wxbulk
        );
    };
    reading.setting = Some(setting);
    let country = reading.country.as_ref().map(Country::code);
    same_or_missing("--org", reading.default_org.as_ref(), was.org.as_ref())?;
    same_or_missing("--country", country.as_ref(), was.country.as_ref())?;
    reading.default_org.clone_from(&was.org);
    let are_given = !reading.ignored_columns.is_empty();
    if are_given && reading.ignored_columns != was.ignored_columns {
        bail!(
            "that run began with a different --ignore-column; leave it out, or name it as it was"
        );
    }
    reading.ignored_columns.clone_from(&was.ignored_columns);
    if let (None, Some(code)) = (&reading.country, &was.country) {
        let country: Country = code
            .parse()
            .map_err(|why| anyhow!("the country `{code}` of that run {why}"))?;
        reading.country = Some(country);
    }
    Ok(())
}

/// What holds of that very file.
fn form_of_the_sheet(reading: &mut ReadOptions, was: &MeaningfulSettings) -> Result<()> {
    let encoding = reading.encoding.map(|encoding| encoding.to_string());
    let separator = reading.separator.map(|separator| separator.to_string());
    let hidden = reading.hidden.map(|policy| policy.to_string());
    same_or_missing("--sheet", reading.sheet.as_ref(), was.sheet.as_ref())?;
    same_or_missing("--encoding", encoding.as_ref(), was.encoding.as_ref())?;
    same_or_missing("--separator", separator.as_ref(), was.separator.as_ref())?;
    same_or_missing("--hidden", hidden.as_ref(), was.hidden.as_ref())?;
    // What these say was read once already.
    reading.sheet.clone_from(&was.sheet);
    reading.encoding = was.encoding.as_ref().and_then(|name| name.parse().ok());
    reading.separator = was.separator.as_ref().and_then(|name| name.parse().ok());
    reading.hidden = was.hidden.as_ref().and_then(|word| word.parse().ok());
    Ok(())
}

fn same_or_missing(flag: &str, given: Option<&String>, was: Option<&String>) -> Result<()> {
    if given.is_some() && given != was {
        bail!("that run began with a different {flag}; leave it out, or name it as it was");
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
