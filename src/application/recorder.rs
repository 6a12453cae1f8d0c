//! Takes down what happens in a run: first into the journal, then on the screen.

use std::time::Duration;

use anyhow::Result;

use crate::application::progress::Progress;
use crate::engine::pipeline::{Recorder, RowResult, Status};
use crate::journal::{Journal, Place, PreviousRecord, RowRecord, Sent};
use crate::model::clock;
use crate::model::current_values::CurrentValues;
use crate::model::outcome::{Outcome, OutcomeKind};
use crate::model::response::ApiResult;
use crate::model::row::Row;
use crate::stderr::say;
use crate::traffic::Traffic;

#[derive(Debug)]
pub(super) struct RunRecorder<'j> {
    journal: &'j mut Journal,
    progress: Progress,
    traffic: Traffic,
}

impl<'j> RunRecorder<'j> {
    pub(super) fn new(journal: &'j mut Journal, progress: Progress) -> RunRecorder<'j> {
        RunRecorder {
            journal,
            progress,
            traffic: Traffic::start(clock::now()),
        }
    }

    pub(super) fn end(mut self) {
        self.progress.end();
        if let Some(interval) = self.traffic.end() {
            // Only a report misses it; the rows matter more, and what ails the disk they will tell.
            let _ = self.journal.note_traffic(interval);
        }
    }
}

impl Recorder for RunRecorder<'_> {
    fn previous_of(&self, row: &Row<'_>) -> Option<CurrentValues> {
        self.journal
            .previous_of(row.number, row.fingerprint())
            .cloned()
    }

    fn found(&mut self, row: &Row<'_>, current: &CurrentValues) -> Result<()> {
        self.journal.note_previous(PreviousRecord {
            row: row.number,
            check: row.fingerprint(),
            values: current.clone(),
            place: Some(Place::of(row)),
            sent: Some(Sent::of(row)),
        })
    }

    fn ended(&mut self, reply: &ApiResult, took: Duration) {
        self.traffic.ended(reply, took);
    }

    fn finished(&mut self, finished: &[RowResult]) -> Result<()> {
        let now = clock::now();
        let records = finished.iter().map(|RowResult { row, outcome }| RowRecord {
            row: row.number,
            check: row.fingerprint(),
            finished_at: now,
            place: Some(Place::of(row)),
            sent: Some(Sent::of(row)),
            outcome: outcome.clone(),
        });
        self.journal.finish_rows(records)?;
        for RowResult { row, outcome } in finished {
            self.progress.finished(row.number, outcome);
        }
        Ok(())
    }

    fn tick(&mut self, status: &Status) -> Result<()> {
        self.progress.show(status);
        if let Some(interval) = self.traffic.tick(clock::now(), status.closed_for) {
            self.journal.note_traffic(interval)?;
        }
        self.journal.tick()
    }

    fn cannot_record(&mut self, RowResult { row, outcome }: &RowResult) {
        self.progress.end();
        let Outcome {
            kind,
            status,
            message,
            ..
        } = outcome;
        let status = status.map_or(String::new(), |status| format!(", status {status}"));
        let said = if *kind == OutcomeKind::Updated {
            String::new()
        } else {
            format!(": {message}")
        };
        say(&format!(
            "not recorded: row {} is {}{status}{said}",
            row.number,
            kind.word()
        ));
    }
}
