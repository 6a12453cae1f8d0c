//! A run, whatever it is to do: open, check, compare with what stands on disk, look up, ask, send,
//! finish.

use anyhow::{Result, anyhow};
use tokio::time::Instant;

use crate::application::carry_over;
use crate::application::confirmation::confirm;
use crate::application::exit_code::ExitCode;
use crate::application::finalize::finalize;
use crate::application::plan_guard::{self, PlanGuard};
use crate::application::precheck::{precheck, recheck};
use crate::application::preflight;
use crate::application::progress::Progress;
use crate::application::recorder::RunRecorder;
use crate::application::results::Form;
use crate::application::session::{Connect, Session};
use crate::application::settings::RunSettings;
use crate::application::spool::{self, Spool};
use crate::application::{earlier_choices, journal_guard};
use crate::engine::abort::AbortReason;
use crate::engine::pipeline::{self, RunPolicy, RunResult, Task};
use crate::journal::Journal;
use crate::model::clock;
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::sheet::Sheet;
use crate::sheet::check::CheckedSheet;
use crate::sheet::directory::Directory;
use crate::sheet::selection::Selection;
use crate::stderr::say;
use crate::webex::Service;

/// Carries a run out. What it holds of the outside comes from `network`.
pub async fn run(settings: RunSettings, network: &impl Connect) -> Result<ExitCode> {
    let mut settings = earlier_choices::take_over(settings)?;
    let spool = Spool::open(&settings)?;
    let mut sheet = open(&settings, &spool)?;
    let earlier_runs = carry_over::prepare(&mut settings, &mut sheet)?;
    read_first(&mut settings, &sheet);
    let Some(checked) = precheck(&sheet, &settings)? else {
        return Ok(ExitCode::NothingSent);
    };
    let earlier = journal_guard::compare(&settings, &sheet, &checked)?;
    let offline = Directory::default();
    let selection = select(&settings, &sheet, &checked, &offline)?;
    let mut session = network.connect(&settings, &selection)?;
    earlier.keep_waiting(&settings, &mut session.pacer);
    let known = earlier.names();
    let facts = preflight::look_up(&settings, &mut session, &selection, &checked, known).await?;
    let Some(checked) = recheck(&sheet, &settings, &facts.directory, checked)? else {
        return Ok(ExitCode::NothingSent);
    };
    let selection = select(&settings, &sheet, &checked, &facts.directory)?;
    let plan = plan_guard::open(&settings, &selection, &facts)?;
    let stop = &mut session.stop;
    let Some(settings) = confirm(settings, &checked, &facts, &earlier, stop).await? else {
        return Ok(ExitCode::NothingSent);
    };
    let mut journal = journal_guard::begin(&settings, earlier, &spool, &facts, &checked)?;
    carry_over::carry_over(&earlier_runs, &sheet, &mut journal)?;
    let started = Instant::now();
    let sent = send(
        &settings,
        session,
        facts.abort,
        &selection,
        &checked,
        &plan,
        &mut journal,
    )
    .await?;
    Ok(finalize(
        &settings, &selection, &checked, journal, started, sent,
    ))
}

/// Opens the run's copy of the sheet, under the name of the person's own file.
fn open(settings: &RunSettings, spool: &Spool) -> Result<Sheet> {
    let path = &settings.spec.sheet.path;
    let sheet = Sheet::of_file(path, spool.file()?, settings.spec.sheet.reading.clone())?;
    sheet.assumptions.iter().for_each(|said| say(said));
    spool::tell_changes(settings, &sheet)?;
    Ok(sheet)
}

/// What has to be read before it is changed is kept as well, so that it can be undone.
fn read_first(settings: &mut RunSettings, sheet: &Sheet) {
    let columns = sheet.columns.as_ref();
    let needs_read = columns.is_ok_and(|columns| columns.setting.needs_read);
    if needs_read && settings.spec.task == Task::Write {
        settings.spec.task = Task::ReadThenWrite;
        settings.spec.form = Form::ResultsWithPrevious;
    }
}

fn select<'a>(
    settings: &RunSettings,
    sheet: &'a Sheet,
    checked: &'a CheckedSheet,
    directory: &'a Directory,
) -> Result<Selection<'a>> {
    let columns = sheet.columns.as_ref();
    Ok(Selection {
        sheet,
        columns: columns.map_err(|_| anyhow!("the header of the sheet cannot be used"))?,
        directory,
        duplicates: &checked.duplicates,
        duplicate_policy: settings.spec.sheet.duplicates,
    })
}

/// Sends the rows that are not done. Where asking showed that there is no point, nothing is sent.
async fn send<S: Service, T: StopRequests>(
    settings: &RunSettings,
    session: Session<S, T>,
    abort: Option<AbortReason>,
    selection: &Selection<'_>,
    checked: &CheckedSheet,
    plan: &PlanGuard,
    journal: &mut Journal,
) -> Result<RunResult> {
    if let Some(reason) = abort {
        return Ok(RunResult::before_the_first_row(reason));
    }
    let ready = checked.rows_to_send();
    let done_before = journal.finished_rows();
    let already = journal.finished();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        sheet = %selection.sheet.path.display(),
        results = %settings.spec.output.display(),
        done_before = already,
        "{} to send, at most {} at once",
        plural(ready.saturating_sub(already), "row"),
        settings.pace.concurrency,
    );
    let progress = Progress::start(settings.progress, ready, already);
    let mut recorder = RunRecorder::new(journal, progress, settings.target.user());
    let sent = pipeline::run(
        &session.service,
        session.pacer.afresh(&settings.pace, Instant::now()),
        RunPolicy {
            task: settings.spec.task,
            usage_check: settings.spec.usage_check,
            ..settings.policy.clone()
        },
        pipeline::Batch {
            setting: selection.columns.setting,
            duplicates: selection.duplicates,
            rows: plan.rows_to_send(selection, done_before)?,
        },
        session.stop,
        &mut recorder,
    )
    .await;
    recorder.end();
    if let (Some(memory), Some(rate)) = (&settings.memory, sent.rate) {
        memory.remember(rate, clock::now());
    }
    Ok(sent)
}
