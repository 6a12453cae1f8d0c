//! A run, whatever it is to do: check the sheet, ask, send, write what came of it.

use anyhow::{Result, anyhow};
use tokio::time::Instant;

use crate::clock;
use crate::commands::check::say_doubts;
use crate::commands::confirm::is_wanted;
use crate::commands::examination::{examine, examine_again};
use crate::commands::recorder::RunRecorder;
use crate::commands::settling::settle;
use crate::commands::way::Way;
use crate::commands::{begin, report, rights};
use crate::journal::Journal;
use crate::pipeline::{self, Ended, Task};
use crate::platform;
use crate::progress::{Progress, say};
use crate::results;
use crate::selection::Selection;
use crate::settings::{RunSettings, Start, SummaryFormat};
use crate::sheet::Sheet;
use crate::sheet::check::Checked;
use crate::summary::{ExitCode, plural};

pub(super) async fn carry_out(settings: RunSettings) -> Result<ExitCode> {
    let mut sheet = Sheet::open(
        &settings.deed.sheet.path,
        settings.deed.sheet.reading.clone(),
    )?;
    sheet.assumptions.iter().for_each(|said| say(said));
    begin::ensure_results_are_not_the_sheet(&settings)?;
    let results = &settings.deed.output;
    if let Some(report) = &settings.report {
        report::ensure_there_is_room(report, results)?;
    }

    let Some(mut checked) = examine(&sheet, &settings)? else {
        return Ok(ExitCode::NothingSent);
    };
    let selected = selection(&settings, &sheet, &checked)?;
    let form = settings.deed.form.for_sheet(selected.columns);
    results::ensure_they_fit(results, form, selected.columns, checked.rows)?;
    let header = begin::header(&settings, &sheet, &checked)?;
    let earlier = match settings.start {
        Start::Resume => Some(begin::go_on(&settings, &header)?),
        Start::Fresh => {
            begin::make_room(&settings)?;
            None
        }
    };

    let mut way = Way::open(&settings, &selected)?;
    let mut pointless = None;
    if checked.rows_to_send() > 0 {
        let mut inquiry = rights::inquiry(&settings, &way.service, &mut way.pacer, &mut way.stop);
        let known = earlier.as_ref().and_then(Journal::names);
        pointless = rights::consult(&mut inquiry, &mut sheet, &checked, known).await?;
        if !sheet.register.is_empty() {
            let Some(again) = examine_again(&sheet, &settings, &checked)? else {
                return Ok(ExitCode::NothingSent);
            };
            checked = again;
        }
        let has_to_read = pointless.is_none() && settings.deed.task != Task::Change;
        let selected = selection(&settings, &sheet, &checked)?;
        if has_to_read && let Some(first) = selected.rows_to_send(None, Vec::new())?.next() {
            let may = rights::ensure_it_may_read(&mut inquiry, &first?).await;
            pointless = may.err();
        }
    }
    for doubt in say_doubts(&checked) {
        say(&doubt);
    }

    let selected = selection(&settings, &sheet, &checked)?;
    let plan = settings.deed.expectations.as_deref();
    let plan = plan
        .map(|path| Sheet::open(path, settings.deed.sheet.reading.clone()))
        .transpose()?;
    if plan.is_some() && pointless.is_none() {
        // All of it once, so that a plan of another sheet is noticed before anything is sent.
        let mut rows = selected.rows_to_send(plan.as_ref(), Vec::new())?;
        rows.try_for_each(|row| row.map(drop))?;
    }
    let mut journal = if let Some(journal) = earlier {
        journal
    } else {
        if pointless.is_none() && !is_wanted(&settings, &checked, &mut way.stop).await? {
            say("nothing was sent");
            return Ok(ExitCode::NothingSent);
        }
        let path = Journal::path_for(results);
        Journal::create(&path, header, settings.durability)?
    };
    if let (Some(names), None) = (sheet.register.names(), journal.names()) {
        journal.note_names(names.clone())?;
    }
    journal.begin(begin::record(&settings, &sheet, &checked))?;
    let started = Instant::now();
    let ended = match pointless {
        Some(reason) => Ended::before_the_first_row(reason),
        None => {
            send(
                &settings,
                way,
                &selected,
                plan.as_ref(),
                &checked,
                &mut journal,
            )
            .await?
        }
    };
    let code = settle(&settings, &selected, &checked, &mut journal, started, ended);
    // Windows lets nobody read it meanwhile.
    drop(journal);
    if let Some(report) = &settings.report {
        match report::write(results, report) {
            Ok(()) if settings.summary == SummaryFormat::Quiet => {}
            Ok(()) => report::say_where(report),
            Err(error) => say(&format!("error: {}", platform::in_words(&error))),
        }
    }
    Ok(code)
}

fn selection<'a>(
    settings: &RunSettings,
    sheet: &'a Sheet,
    checked: &'a Checked,
) -> Result<Selection<'a>> {
    let columns = sheet.columns.as_ref();
    Ok(Selection {
        sheet,
        columns: columns.map_err(|_| anyhow!("the header of the sheet cannot be used"))?,
        duplicates: &checked.duplicates,
        duplicate_policy: settings.deed.sheet.duplicates,
    })
}

async fn send(
    settings: &RunSettings,
    way: Way,
    selection: &Selection<'_>,
    plan: Option<&Sheet>,
    checked: &Checked,
    journal: &mut Journal,
) -> Result<Ended> {
    let done_before = journal.finished_rows();
    let already = journal.finished();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        sheet = %selection.sheet.path.display(),
        results = %settings.deed.output.display(),
        done_before = already,
        "{} to send, at most {} at once",
        plural(checked.rows_to_send().saturating_sub(already), "row"),
        settings.pace.concurrency,
    );
    let progress = Progress::start(settings.manner, checked.rows_to_send(), already);
    let mut recorder = RunRecorder::new(journal, progress);
    let ended = pipeline::run(
        &way.service,
        way.pacer.afresh(&settings.pace, Instant::now()),
        settings.course.clone(),
        selection.duplicates,
        selection.rows_to_send(plan, done_before)?,
        way.stop,
        &mut recorder,
    )
    .await;
    recorder.end();
    if let (Some(memory), Some(found)) = (&settings.memory, ended.estimate) {
        memory.remember(found, clock::now());
    }
    Ok(ended)
}
