//! Sends the rows of a run, in one go or the first ones before the rest.

use crate::application::confirmation::other_rows::{RowsLeft, are_others_wanted};
use crate::application::earlier_runs::changes_by_us::OwnChanges;
use crate::application::plan_guard::PlanGuard;
use crate::application::progress::Progress;
use crate::application::recorder::{RunRecorder, SentRows};
use crate::application::row_name::RowNames;
use crate::application::rows_in_doubt::{self, Doubts};
use crate::application::run_lanes::{self, RunLane};
use crate::application::run_settings::RunSettings;
use crate::application::session::Session;
use crate::application::{first_rows, journal_guard};
use crate::engine::abort::AbortReason;
use crate::engine::pipeline::{self, RunPolicy, RunResult};
use crate::journal::Journal;
use crate::model::counts::Counts;
use crate::model::wording::plural;
use crate::platform::StopRequests;
use crate::sheet::check::CheckedSheet;
use crate::sheet::selection::Selection;
use crate::webex::Service;
use anyhow::Result;

/// What is to be sent, and how.
#[derive(Clone, Copy)]
pub(super) struct Sending<'a> {
    pub(super) settings: &'a RunSettings,
    pub(super) selection: &'a Selection<'a>,
    pub(super) checked: &'a CheckedSheet,
    pub(super) plan: &'a PlanGuard,
    /// Why some rows stay for later.
    pub(super) unmanaged: Option<&'a AbortReason>,
}

impl Sending<'_> {
    /// Sends the rows that are not done. Where somebody is to see the `first` ones, the rest goes once
    /// they say so.
    pub(super) async fn run<S: Service, T: StopRequests>(
        self,
        session: Session<S, T>,
        mut first: Option<u64>,
        journal: &mut Journal,
    ) -> Result<(RunResult, SentRows)> {
        let Session {
            mut lanes,
            mut stop,
            // It ends with the run.
            simulator: _simulator,
            ..
        } = session;
        for lane in &mut lanes {
            lane.freshen(self.settings);
        }
        if let Some(first) = lanes.first_mut() {
            first.pacer.look_for_itself();
        }
        let (mut requests, mut throttled, mut usage_unknown) = (0, 0, 0);
        let mut sent = SentRows::default();
        loop {
            let (mut ended, rows) = self
                .send_rows(&mut lanes, first, &mut stop, journal)
                .await?;
            let failed = first_rows::not_as_wanted(&rows.shown);
            if first.is_some() {
                let names = RowNames::of(journal.run().last_begin());
                first_rows::show(self.selection.columns.setting, &names, &rows.shown);
            }
            requests += ended.requests;
            throttled += ended.throttled;
            usage_unknown += ended.usage_unknown;
            sent.absorb(rows);
            let are_first_done = matches!(ended.reason, Some(AbortReason::FirstRowsDone));
            let goes_on = are_first_done && {
                journal_guard::note_first_rows_shown(journal, false)?;
                let ready = self.checked.rows_to_send();
                let left = RowsLeft::of(ready, self.plan.changes().map(|plan| plan.rows), journal)?;
                let are_wanted =
                    are_others_wanted(self.settings, self.checked, left, &mut stop).await?;
                // So that nobody takes the time for the answer for time at work.
                journal_guard::note_first_rows_shown(journal, are_wanted)?;
                are_wanted
            };
            if are_first_done && !goes_on && !failed.is_empty() {
                ended.reason = Some(AbortReason::FirstRowsFailed { rows: failed });
            }
            if !goes_on {
                let ended = RunResult {
                    requests,
                    throttled,
                    usage_unknown,
                    ..ended
                };
                return Ok((ended, sent));
            }
            first = None;
            for lane in &mut lanes {
                lane.go_on(self.settings);
            }
        }
    }

    async fn send_rows<S: Service, T: StopRequests>(
        self,
        lanes: &mut [RunLane<S>],
        first: Option<u64>,
        stop: &mut T,
        journal: &mut Journal,
    ) -> Result<(RunResult, SentRows)> {
        let Sending {
            settings,
            selection,
            unmanaged,
            ..
        } = self;
        let task = settings.spec.task;
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
        let progress = Progress::start(settings.progress, ready, already)
            .of_users(run_lanes::user_names(lanes));
        let counts_before = match settings.policy.failure_limit {
            Some(_) => journal.counts()?,
            None => Counts::default(),
        };
        // Before the rows to send, since readings of the sheet share their place in it.
        let Doubts {
            in_doubt,
            last_known,
            made,
        } = rows_in_doubt::of_earlier_parts(task, selection, self.plan, journal)?;
        let sent_up_to = rows_in_doubt::sent_up_to(task, selection, journal)?;
        let own_changes = if settings.spec.sheet.reading.rows.is_of_results() {
            OwnChanges::of(selection, journal)?
        } else {
            OwnChanges::default()
        };
        let batch = pipeline::Batch {
            setting: selection.columns.setting,
            duplicates: selection.duplicates,
            rows: self
                .plan
                .rows_to_send(selection, done_before, own_changes)?,
            in_doubt,
            last_known,
            made,
            counts_before,
            unmanaged: unmanaged.and_then(AbortReason::for_later),
        };
        let parts = lanes.iter_mut().map(|lane| lane.at_work(&settings.target));
        let (at_work, users) = parts.unzip();
        let mut recorder = RunRecorder::new(journal, progress, users, sent_up_to)
            .showing_rows(first.is_some())
            .forgetting_waits(settings.forget_wait);
        let is_undo = settings.spec.command == "undo";
        let policy = RunPolicy {
            task,
            usage_check: settings.spec.usage_check,
            even_if_used: settings.spec.even_if_used,
            first,
            back_already: is_undo.then(|| settings.lineage.back_already.places.clone()),
            ..settings.policy.clone()
        };
        let ended = pipeline::run(at_work, policy, batch, stop, &mut recorder).await;
        let sent = recorder.end();
        run_lanes::remember(lanes);
        Ok((ended, sent))
    }
}
