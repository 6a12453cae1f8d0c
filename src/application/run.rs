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
use crate::application::recorder::{RunRecorder, SentRows};
use crate::application::session::{Connect, Session};
use crate::application::settings::RunSettings;
use crate::application::spool::{self, Spool};
use crate::application::{earlier_choices, first_rows, journal_guard};
use crate::engine::abort::AbortReason;
use crate::engine::pipeline::{self, RunPolicy, RunResult};
use crate::journal::Journal;
use crate::model::clock;
use crate::model::wording::plural;
use crate::pace::{PaceSettings, Pacer};
use crate::platform::StopRequests;
use crate::sheet::check::CheckedSheet;
use crate::sheet::directory::Directory;
use crate::sheet::selection::Selection;
use crate::sheet::{Origin, Sheet};
use crate::stderr::say;
use crate::webex::Service;

/// Carries a run out. What it holds of the outside comes from `network`.
pub async fn run(settings: RunSettings, network: &impl Connect) -> Result<ExitCode> {
    let mut settings = earlier_choices::take_over(settings)?;
    let spool = Spool::open(&settings)?;
    let mut sheet = open(&settings, &spool)?;
    let earlier_runs = carry_over::prepare(&mut settings, &mut sheet)?;
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
    let plan = plan_guard::open(&settings, &selection, &checked, &facts)?;
    let (renewal, stop) = (session.service.renewal(), &mut session.stop);
    let Some(settings) = confirm(settings, &checked, &facts, &earlier, renewal, stop).await? else {
        return Ok(ExitCode::NothingSent);
    };
    let first = earlier.first_rows_left(&settings)?;
    let mut journal = journal_guard::begin(&settings, earlier, &spool, &facts, &checked)?;
    carry_over::carry_over(&earlier_runs, &sheet, &mut journal)?;
    let work = Work {
        settings: &settings,
        selection: &selection,
        checked: &checked,
        plan: &plan,
    };
    let (ended, sent) = match facts.abort {
        // Asking showed that there is no point.
        Some(reason) => (RunResult::before_the_first_row(reason), SentRows::default()),
        None => work.send(session, first, &mut journal).await?,
    };
    Ok(finalize(
        &settings, &selection, &checked, journal, ended, &sent,
    ))
}

/// Opens the run's copy of the sheet, under the name of the person's own file.
fn open(settings: &RunSettings, spool: &Spool) -> Result<Sheet> {
    let path = &settings.spec.sheet.path;
    let reading = settings.spec.sheet.reading.clone();
    // The sheet of an undo was made of its part alone.
    let is_of_a_part = reading.origin == Origin::Person;
    let mut sheet = Sheet::of_file(path, spool.file()?, reading)?;
    if is_of_a_part && sheet.columns.is_ok() {
        sheet.choose_part(&settings.spec.sheet.part)?;
    }
    sheet.assumptions.iter().for_each(|said| say(said));
    spool::tell_changes(settings, &sheet)?;
    Ok(sheet)
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

/// What is to be sent, and how.
#[derive(Clone, Copy)]
struct Work<'a> {
    settings: &'a RunSettings,
    selection: &'a Selection<'a>,
    checked: &'a CheckedSheet,
    plan: &'a PlanGuard,
}

impl Work<'_> {
    /// Sends the rows that are not done. Where somebody is to see the `first` ones, the rest goes once
    /// they say so.
    async fn send<S: Service, T: StopRequests>(
        self,
        session: Session<S, T>,
        mut first: Option<u64>,
        journal: &mut Journal,
    ) -> Result<(RunResult, SentRows)> {
        let Session {
            service,
            pacer,
            mut stop,
            // It ends with the run.
            simulator: _simulator,
        } = session;
        let mut pacer = pacer.afresh(&self.settings.pace, Instant::now());
        let (mut requests, mut throttled, mut sent) = (0, 0, SentRows::default());
        loop {
            let (ended, rows) = self
                .send_rows(&service, pacer, first, &mut stop, journal)
                .await?;
            if first.is_some() {
                first_rows::show(self.selection, &rows.shown)?;
            }
            requests += ended.requests;
            throttled += ended.throttled;
            sent.absorb(rows);
            let goes_on = matches!(ended.reason, Some(AbortReason::FirstRowsDone)) && {
                journal_guard::note_first_rows_shown(journal)?;
                let left = self
                    .checked
                    .rows_to_send()
                    .saturating_sub(journal.finished());
                first_rows::are_others_wanted(self.settings, left, &mut stop).await?
            };
            if !goes_on {
                let ended = RunResult {
                    requests,
                    throttled,
                    ..ended
                };
                return Ok((ended, sent));
            }
            first = None;
            let now = Instant::now();
            let pace = PaceSettings {
                remembered: ended.rate.or(self.settings.pace.remembered),
                ..self.settings.pace.clone()
            };
            pacer = Pacer::new(&pace, now);
            if let Some(opens) = ended.closed_until {
                pacer.close_until(opens, now);
            }
        }
    }

    async fn send_rows<S: Service, T: StopRequests>(
        self,
        service: &S,
        pacer: Pacer,
        first: Option<u64>,
        stop: &mut T,
        journal: &mut Journal,
    ) -> Result<(RunResult, SentRows)> {
        let Work {
            settings,
            selection,
            ..
        } = self;
        let ready = self.checked.rows_to_send();
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
        let mut recorder = RunRecorder::new(journal, progress, settings.target.user())
            .showing_rows(first.is_some());
        let ended = pipeline::run(
            service,
            pacer,
            RunPolicy {
                task: settings.spec.task,
                first,
                ..settings.policy.clone()
            },
            pipeline::Batch {
                setting: selection.columns.setting,
                duplicates: selection.duplicates,
                rows: self.plan.rows_to_send(selection, done_before)?,
            },
            stop,
            &mut recorder,
        )
        .await;
        let sent = recorder.end();
        if let (Some(memory), Some(rate)) = (&settings.memory, ended.rate) {
            memory.remember(rate, clock::now());
        }
        Ok((ended, sent))
    }
}
