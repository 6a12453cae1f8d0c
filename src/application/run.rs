//! A run, whatever it is to do: check the sheet, ask, send, write what came of it.

use anyhow::{Result, anyhow};
use tokio::time::Instant;

use crate::application::check_notes::say_doubts;
use crate::application::confirmation::is_wanted;
use crate::application::exit_code::ExitCode;
use crate::application::finalize::finalize;
use crate::application::precheck::{precheck, recheck};
use crate::application::progress::Progress;
use crate::application::recorder::RunRecorder;
use crate::application::report::page_file;
use crate::application::results;
use crate::application::session::Session;
use crate::application::settings::{RunSettings, Start, SummaryFormat};
use crate::application::{journal_guard, preflight};
use crate::engine::pipeline::{self, RunResult, Task};
use crate::journal::Journal;
use crate::model::clock;
use crate::model::wording::plural;
use crate::platform;
use crate::sheet::Sheet;
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::Selection;
use crate::stderr::say;

pub async fn run(settings: RunSettings) -> Result<ExitCode> {
    let mut sheet = Sheet::open(
        &settings.spec.sheet.path,
        settings.spec.sheet.reading.clone(),
    )?;
    sheet.assumptions.iter().for_each(|said| say(said));
    journal_guard::ensure_results_are_not_the_sheet(&settings)?;
    let results = &settings.spec.output;
    if let Some(report) = &settings.report {
        page_file::ensure_there_is_room(report, results)?;
    }

    let Some(mut checked) = precheck(&sheet, &settings)? else {
        return Ok(ExitCode::NothingSent);
    };
    let selected = selection(&settings, &sheet, &checked)?;
    let form = settings.spec.form.for_sheet(selected.columns);
    results::ensure_they_fit(results, form, selected.columns, checked.rows)?;
    let header = journal_guard::header(&settings, &sheet, &checked)?;
    let earlier = match settings.start {
        Start::Resume => Some(journal_guard::go_on(&settings, &header)?),
        Start::Fresh => {
            journal_guard::make_room(&settings)?;
            None
        }
    };

    let mut session = Session::open(&settings, &selected)?;
    let mut pointless = None;
    if checked.rows_to_send() > 0 {
        let mut api = preflight::api(
            &settings,
            &session.service,
            &mut session.pacer,
            &mut session.stop,
        );
        let known = earlier.as_ref().and_then(Journal::names);
        pointless = preflight::consult(&mut api, &mut sheet, &checked, known).await?;
        if !sheet.directory.is_empty() {
            let Some(again) = recheck(&sheet, &settings, &checked)? else {
                return Ok(ExitCode::NothingSent);
            };
            checked = again;
        }
        let has_to_read = pointless.is_none() && settings.spec.task != Task::Write;
        let selected = selection(&settings, &sheet, &checked)?;
        if has_to_read && let Some(first) = selected.rows_to_send(None, Vec::new())?.next() {
            let may = preflight::ensure_it_may_read(&mut api, &first?).await;
            pointless = may.err();
        }
    }
    for doubt in say_doubts(&checked) {
        say(&doubt);
    }

    let selected = selection(&settings, &sheet, &checked)?;
    let plan = settings.spec.preconditions.as_deref();
    let plan = plan
        .map(|path| Sheet::open(path, settings.spec.sheet.reading.clone()))
        .transpose()?;
    if plan.is_some() && pointless.is_none() {
        // All of it once, so that a plan of another sheet is noticed before anything is sent.
        let mut rows = selected.rows_to_send(plan.as_ref(), Vec::new())?;
        rows.try_for_each(|row| row.map(drop))?;
    }
    let mut journal = if let Some(journal) = earlier {
        journal
    } else {
        if pointless.is_none() && !is_wanted(&settings, &checked, &mut session.stop).await? {
            say("nothing was sent");
            return Ok(ExitCode::NothingSent);
        }
        let path = Journal::path_for(results);
        Journal::create(&path, header)?
    };
    if let (Some(names), None) = (sheet.directory.names(), journal.names()) {
        journal.note_names(names.clone())?;
    }
    journal.begin(journal_guard::record(&settings, &sheet, &checked))?;
    let started = Instant::now();
    let ended = match pointless {
        Some(reason) => RunResult::before_the_first_row(reason),
        None => {
            send(
                &settings,
                session,
                &selected,
                plan.as_ref(),
                &checked,
                &mut journal,
            )
            .await?
        }
    };
    let code = finalize(&settings, &selected, &checked, &mut journal, started, ended);
    // Windows lets nobody read it meanwhile.
    drop(journal);
    if let Some(report) = &settings.report {
        match page_file::write(results, report) {
            Ok(()) if settings.summary == SummaryFormat::Quiet => {}
            Ok(()) => page_file::say_where(report),
            Err(error) => say(&format!("error: {}", platform::describe_error(&error))),
        }
    }
    Ok(code)
}

fn selection<'a>(
    settings: &RunSettings,
    sheet: &'a Sheet,
    checked: &'a CheckedSheet,
) -> Result<Selection<'a>> {
    let columns = sheet.columns.as_ref();
    Ok(Selection {
        sheet,
        columns: columns.map_err(|_| anyhow!("the header of the sheet cannot be used"))?,
        duplicates: &checked.duplicates,
        duplicate_policy: settings.spec.sheet.duplicates,
    })
}

async fn send(
    settings: &RunSettings,
    session: Session,
    selection: &Selection<'_>,
    plan: Option<&Sheet>,
    checked: &CheckedSheet,
    journal: &mut Journal,
) -> Result<RunResult> {
    let done_before = journal.finished_rows();
    let already = journal.finished();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        sheet = %selection.sheet.path.display(),
        results = %settings.spec.output.display(),
        done_before = already,
        "{} to send, at most {} at once",
        plural(checked.rows_to_send().saturating_sub(already), "row"),
        settings.pace.concurrency,
    );
    let progress = Progress::start(settings.progress, checked.rows_to_send(), already);
    let mut recorder = RunRecorder::new(journal, progress);
    let ended = pipeline::run(
        &session.service,
        session.pacer.afresh(&settings.pace, Instant::now()),
        settings.policy.clone(),
        selection.duplicates,
        selection.rows_to_send(plan, done_before)?,
        session.stop,
        &mut recorder,
    )
    .await;
    recorder.end();
    if let (Some(memory), Some(rate)) = (&settings.memory, ended.rate) {
        memory.remember(rate, clock::now());
    }
    Ok(ended)
}
